"""Stations that are killed at any moment: everything committed arrives, in order, twice only under the same id."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from station.genealogy.follow import entries_behind, position
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

from .receiver import Receiver

ROOT = Path(__file__).parents[3]


def station(genealogy: Genealogy, url: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.mes.push.worker", str(genealogy.home.path), url, str(count)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_killed_at_any_moment(genealogy: Genealogy, receiver: Receiver):
    chance = random.Random(11)
    for _ in range(6):
        receiver.script = [chance.choice([204, 204, 204, 204, 500, 429, lambda handler: None]) for _ in range(40)]
        process = station(genealogy, receiver.url, 100_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.1, 0.9))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    receiver.script = []
    process = station(genealogy, receiver.url, 5)
    output, _ = process.communicate(timeout=120)
    assert output == "ready\nsent\n"

    committed: list[str] = []
    while page := entries_behind(genealogy, len(committed), 500):
        committed += [entry.id for entry in page]
    first_times = list(dict.fromkeys(receiver.accepted))
    assert len(committed) > 20
    assert first_times == committed, "each arrives, in the order of commits"
    assert len(receiver.accepted) > len(committed), "no kill fell between answer and position: the test shows nothing"
    place = {id: number for number, id in enumerate(committed)}
    steps = [place[b] - place[a] for a, b in pairwise(receiver.accepted)]
    assert max(steps) == 1, "nothing is ever left out, nor sent ahead of its turn"
    assert sum(step < 0 or step == 0 for step in steps) <= 6, "it goes back only after a kill"
    assert receiver.forged == 0
    assert position(genealogy, "webhook:mes") == len(committed)
    assert verify_home(genealogy.home).faults == ()

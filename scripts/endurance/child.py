"""One process of the endurance run: cycles with troubles drawn at random until it is done, or killed.

What happens is told to a log that is only ever added to, a line at a time: what was written is there after a kill.
"""

from __future__ import annotations

import argparse
import os
import threading
from pathlib import Path

import numpy as np

from station.background import share_one_heap
from station.cycle.state import Snapshot
from station.cycle.transitions import State
from station.genealogy.inspection import Inspection
from station.twin.troubles import Trouble

from .world import TOLERANCE_MM, World, resident_mb

TROUBLED = 0.3  # share of parts before which something goes wrong
BAD = 0.5  # share of parts that are
OFF_MM = 0.03  # so far beyond a limit, or within both, is every part: the truth is never in doubt


class Log:
    """Lines that are whole in the file, whatever happens next."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def __call__(self, *words: object) -> None:
        """One line."""
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


def main() -> None:
    """Runs `--parts` parts from number `--first` on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--parts", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    asked = parser.parse_args()
    share_one_heap()  # as `station run` does
    rng, log = np.random.default_rng((asked.seed, asked.first)), Log(asked.folder / "log.txt")
    log("start")
    world = World(asked.folder / "home", asked.seed + asked.first)
    left, number, inside = asked.parts, asked.first, False

    def tell() -> None:
        nonlocal inside
        history = world.rig.history
        for event in history:
            if event.device == "feeder":
                log(event.what)
                inside = event.what.startswith("present")
        world.rig.forget(len(history))

    def next_part() -> None:
        """One more into the feeder, and perhaps a trouble with it."""
        nonlocal left, number
        if left == 0:
            return
        bad = rng.random() < BAD
        size = TOLERANCE_MM + (OFF_MM if bad else -OFF_MM)
        serial = f"{'BAD' if bad else 'GOOD'}-{number}"
        world.add(serial, float(size * rng.choice([-1.0, 1.0])), asked.folder)
        log("begin", serial)
        if rng.random() < TROUBLED:
            trouble = list(Trouble)[int(rng.integers(len(Trouble)))]
            log("trouble", trouble.name)
            world.misbehave(trouble)
        left, number = left - 1, number + 1

    def alive() -> None:
        """Called every turn: a person who mends things after a while and says so."""
        tell()
        shown: Snapshot = world.board.latest()
        if shown.state is State.FAULT:
            if rng.random() < 0.5:
                world.misbehave()
                world.cell.acknowledged.give("a person")
        elif not inside and world.rig.feeder.is_finished():
            world.misbehave()
            next_part()

    def done(inspection: Inspection) -> None:
        log("recorded", inspection.serial, inspection.id, inspection.verdict)
        if number % 50 == 0:
            world.cell.beside.wait()  # what is drawn just now is no growth
            log("memory", number, f"{resident_mb():.1f}")

    world.run(threading.Event(), alive, done)
    tell()
    log("end")
    world.close()


if __name__ == "__main__":
    main()

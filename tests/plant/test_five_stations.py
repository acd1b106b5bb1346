"""Five stations, a hub, a database and a plant, all of them processes that are killed at random, again and again: in
the end every record is at the plant exactly once, and all chains verify.

STATION_PLANT_SECONDS says how long the trouble lasts, STATION_PLANT_SEED which it is.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from station.genealogy.home import StationHome
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from station.plant.database import PlantDatabase
from station.plant.schema import feed, refused, waiting
from station.plant.verify import verify_plant

from .peers import Hub, Server, free_port, until
from .test_intake import count

ROOT = Path(__file__).parents[2]
NAMES = ("cell-1", "cell-2", "Zelle 3", "cell.4", "cell-5")
SECONDS = float(os.environ.get("STATION_PLANT_SECONDS", "30"))
SEED = int(os.environ.get("STATION_PLANT_SEED", "11"))
SETTINGS = "[stream]\nduplicates_s = 5.0\ndeliver_again_s = 3.0\n"


class Process:
    """A program that is killed and started again; what it printed over all its lives is in `said`."""

    def __init__(self, folder: Path, *command: str) -> None:
        self._command, self.said = command, folder / "said"
        self._log = folder / "log"
        self._running: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    def start(self) -> None:
        with self.said.open("ab") as said, self._log.open("ab") as log:
            self._running = subprocess.Popen([sys.executable, *self._command], cwd=ROOT, stdout=said, stderr=log)

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def end(self) -> None:
        """Asked to; returns its exit status as a check that it was well."""
        assert self._running is not None
        self._running.terminate()
        status = self._running.wait(30)
        self._running = None
        assert status == 0, self._log.read_text()


@pytest.mark.skipif("STATION_PLANT_SECONDS" not in os.environ, reason="takes minutes: run scripts/test_plant")
def test_every_record_is_at_the_plant_exactly_once(tmp_path: Path, hub: Hub, server: Server, database_url: str) -> None:
    rng = random.Random(SEED)
    homes = {name: StationHome(tmp_path / f"station-{n}") for n, name in enumerate(NAMES)}
    stations = []
    for name, home in homes.items():
        stations.append(Process(home.path, "-m", "tests.plant.station", str(home.path), hub.url, name, "0.1"))
        (home.path / "produce").touch()
    folder, port = tmp_path / "plant", str(free_port())
    plant = Process(
        folder, "-m", "station", "plant", "run",
        "--nats", hub.url, "--database", database_url, "--home", str(folder), "--port", port,
    )  # fmt: skip
    (folder / "plant.toml").write_text(SETTINGS)
    done = dict.fromkeys(("a station killed", "the hub killed", "the hub's disk lost", "PostgreSQL killed",
                          "the plant killed"), 0)  # fmt: skip

    def trouble() -> None:
        what = rng.choices(list(done), weights=(8, 3, 1, 2, 3))[0]
        done[what] += 1
        pause_s = rng.uniform(0.0, 3.0)
        if what == "a station killed":
            station = rng.choice(stations)
            station.kill()
            time.sleep(pause_s / 3)
            station.start()
        elif what == "PostgreSQL killed":
            server.stop()
            time.sleep(pause_s)
            server.start()
        elif what == "the plant killed":
            plant.kill()
            time.sleep(pause_s)
            plant.start()
        else:
            hub.lose_everything() if what == "the hub's disk lost" else hub.kill()
            time.sleep(pause_s)
            hub.start()

    try:
        for process in (*stations, plant):
            process.start()
        until(lambda: all(home.database.exists() for home in homes.values()))
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or 0 in done.values():
            trouble()
            time.sleep(rng.uniform(0.2, 2.0))
        for home in homes.values():
            (home.path / "produce").unlink()
        time.sleep(0.5)
        with PlantDatabase.open(tmp_path / "looks-on", database_url) as opened:
            entries = {name: entries_of(home) for name, home in homes.items()}
            until(lambda: {one.id: one.cursor for one in opened.stations()} == {n: len(e) for n, e in entries.items()},
                  180.0)  # fmt: skip
            for process in (*stations, plant):
                process.end()
            judge(opened, homes, stations)
    finally:
        for process in (*stations, plant):
            process.kill()
    records = sum(map(len, entries.values()))
    sys.__stdout__.write(
        f"\n{records} entries of {len(homes)} stations; {json.dumps(done)}\n"
    )  # for who runs it with -s


def entries_of(home: StationHome) -> list[tuple[int, str, str, bytes]]:
    with Genealogy.open(home, read_only=True) as genealogy, genealogy.engine.connect() as connection:
        rows = map(as_entry, connection.execute(select(chain).order_by(chain.c.cursor)))
        return [(one.cursor, one.id, one.hash, one.body) for one in rows]


def judge(plant: PlantDatabase, homes: dict[str, StationHome], stations: list[Process]) -> None:
    with plant.engine.connect() as connection:
        listed = connection.execute(select(feed).order_by(feed.c.position)).all()
    assert [row.position for row in listed] == list(range(1, len(listed) + 1))
    schemas = plant.schemas()
    for process, (name, home) in zip(stations, homes.items(), strict=True):
        original = entries_of(home)
        assert verify_home(home).is_intact
        with plant.reader(schemas[name]).engine.connect() as connection:
            copies = map(as_entry, connection.execute(select(chain).order_by(chain.c.cursor)))
            assert [(one.cursor, one.id, one.hash, one.body) for one in copies] == original
        assert [(row.cursor, row.id, row.hash) for row in listed if row.station == name] == [e[:3] for e in original]
        promised = process.said.read_text().split()
        assert len(promised) > 5
        assert set(promised) <= {id for _, id, _, _ in original}
    assert [count(plant, table) for table in (waiting, refused)] == [0, 0]
    report = verify_plant(plant)
    assert report.is_intact, report.to_document()

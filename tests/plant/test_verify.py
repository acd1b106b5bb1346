"""`station plant verify` and `status` name what is wrong, where, and at which station."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.plant.database import PlantDatabase, schema_of
from station.plant.intake import Intake
from station.plant.outbox import Outbox
from station.plant.verify import verify_plant
from tests.genealogy.builders import NOW

from .test_intake import fill

ROOT = Path(__file__).parents[2]
CELL = schema_of("cell-3")


@pytest.fixture
def filled(plant: PlantDatabase, genealogy: Genealogy, tmp_path: Path) -> PlantDatabase:
    fill(genealogy, 3)
    with Genealogy.open(StationHome(tmp_path / "other")) as other:
        fill(other, 2, "T")
        for station, one in (("cell-3", genealogy), ("cell-4", other)):
            Intake(plant, lambda: NOW).take([message for message, _ in Outbox(one, station).messages(0)])
    return plant


def command(plant: PlantDatabase, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "station", "plant", *arguments, "--database", plant.url, "--home", str(plant.home.path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_sound_plant(filled: PlantDatabase) -> None:
    report = verify_plant(filled)
    assert report.is_intact, report.to_document()
    assert report.entries == 10
    status, said = command(filled, "verify")
    assert (status, "✓ cell-3: 3 inspections, 3 events" in said) == (0, True), said
    status, said = command(filled, "status", "--json")
    assert status == 0
    assert [(one["id"], one["cursor"], one["trouble"]) for one in json.loads(said)["stations"]] == [
        ("cell-3", 6, ""), ("cell-4", 4, ""),
    ]  # fmt: skip


def sql(*statements: str) -> Callable[[PlantDatabase], None]:
    def act(plant: PlantDatabase) -> None:
        with plant.engine.begin() as connection:
            connection.exec_driver_sql(
                "SET LOCAL session_replication_role = replica"
            )  # as somebody who may do anything
            for statement in statements:
                connection.exec_driver_sql(statement.replace("STATION", CELL))

    return act


def wrong_picture(plant: PlantDatabase) -> None:
    with plant.engine.connect() as connection:
        digest = connection.exec_driver_sql(
            f"SELECT sha256 FROM {CELL}.inspection_frames ORDER BY cursor DESC"
        ).scalar()
    path = plant.home.frames / str(digest)[:2] / f"{digest}.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"another")
    assert ContentFolder(plant.home.frames).find(str(digest)) == path


@pytest.mark.parametrize(
    ("act", "place", "words"),
    [
        (sql("UPDATE STATION.chain SET body = 'x' WHERE cursor = 2"), "chain 2", "does not fit"),
        (sql("DELETE FROM plant.about WHERE position = 6; DELETE FROM plant.feed WHERE position = 6"),
         "cell-3, chain 6", "does not list"),
        (sql("UPDATE plant.feed SET hash = 'x' WHERE position = 3"), "feed, cell-3 3", "no such entry, or another"),
        (sql("DELETE FROM plant.feed WHERE position = 2"), "feed", "9 entries up to position 10"),
        (sql("DELETE FROM STATION.mentions WHERE cursor = 6", "DELETE FROM STATION.events WHERE cursor = 6",
             "DELETE FROM STATION.chain WHERE cursor = 6"), "feed, cell-3 6", "no such entry"),
        (sql("UPDATE plant.stations SET hash = 'x' WHERE id = 'cell-3'"), "stations, cell-3", "another than the one"),
        (sql("DELETE FROM STATION.documents"), "document ", "missing"),
        (wrong_picture, "frames/", "not what was stored"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    filled: PlantDatabase, act: Callable[[PlantDatabase], None], place: str, words: str
) -> None:
    act(filled)
    report = verify_plant(filled)
    assert not report.is_intact
    found = [*report.faults, *report.stations["cell-3"].faults]
    assert [one for one in found if one.place.startswith(place) and words in one.sentence], found
    assert report.stations["cell-4"].is_intact
    status, said = command(filled, "verify")
    assert (status, words in " ".join(said.split())) == (1, True), said


def test_a_database_that_is_none(tmp_path: Path) -> None:
    for url, words in (("sqlite:///x", "in PostgreSQL"), ("postgresql://nobody@127.0.0.1:1/x", "cannot be used")):
        done = subprocess.run(
            [sys.executable, "-m", "station", "plant", "status", "--database", url, "--home", str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, words in done.stderr, done.stderr.count("\n")) == (2, True, 1), done.stderr

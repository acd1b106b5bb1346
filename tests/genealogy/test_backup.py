"""A copy that anybody can check, made while the station works; a record made of it goes on where it ended."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from station.errors import InputError, IntegrityError, StorageError
from station.genealogy import backup
from station.genealogy.backup import RESTORED, back_up, restore
from station.genealogy.calibrations import accept
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.retention import RetentionRule, thin_out
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from tests.genealogy.builders import NOW, at, draft, evidence


def fill(genealogy: Genealogy, first: int, count: int) -> list[str]:
    return [
        genealogy.commit(draft(serial=f"S-{n}"), evidence(n), committed=at(n)).id for n in range(first, first + count)
    ]


def test_there_and_back_again(genealogy: Genealogy, home: StationHome, tmp_path: Path) -> None:
    ids = fill(genealogy, 0, 300)  # more than one subtree
    accept(genealogy, b'{"schema": "calibration/1"}', at=at(300), by="Ann")
    genealogy.add_overlay(ids[0], b"drawn", at=at(301))
    (home.keys / "signing.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    (home.keys / "signing.pub.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\n")
    steps: list[tuple[int, int]] = []
    copied = back_up(home, tmp_path / "copy", progress=lambda done, total: steps.append((done, total)))
    assert copied.entries == 302
    assert copied.files == 302  # frames, a calibration, an overlay
    assert steps[-1] == (302, 302)
    copy = StationHome(tmp_path / "copy")
    report = verify_home(copy)
    assert (report.is_intact, report.head) == (True, copied.head)
    assert {path.name for path in copy.keys.iterdir()} == {"signing.pub.pem"}
    assert {path.name for path in copy.path.iterdir()} == {"station.db", "frames", "overlays", "calibrations", "keys"}

    again = StationHome(tmp_path / "again")
    assert restore(copy.path, again, at=at(400), by="Ann").head == genealogy_head(again)
    with Genealogy.open(again) as restored:
        assert restored.inspection(ids[7]) == genealogy.inspection(ids[7])
        (said,) = restored.events(RESTORED)
        assert said.payload["head"] == copied.head
        fill(restored, 1000, 3)
    assert verify_home(again).is_intact


def genealogy_head(home: StationHome) -> str:
    with Genealogy.open(home, read_only=True) as found:
        return str(found.events(RESTORED)[0].payload["head"])


def test_the_next_backup_copies_what_is_new(genealogy: Genealogy, home: StationHome, tmp_path: Path) -> None:
    fill(genealogy, 0, 5)
    assert back_up(home, tmp_path / "copy").files == 5
    assert back_up(home, tmp_path / "copy").files == 0
    fill(genealogy, 5, 2)
    assert back_up(home, tmp_path / "copy").files == 2
    assert verify_home(StationHome(tmp_path / "copy")).inspections == 7


def test_beside_a_station_that_works(genealogy: Genealogy, home: StationHome, tmp_path: Path) -> None:
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            fill(genealogy, number, 1)
            number += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        seen = []
        for _ in range(5):
            back_up(home, tmp_path / "copy")
            report = verify_home(StationHome(tmp_path / "copy"))
            assert report.is_intact, report.faults
            seen.append(report.inspections)
    finally:
        stop.set()
        thread.join()
    assert seen == sorted(seen)
    assert seen[-1] > 0


def test_what_retention_removed_stays_in_the_backup(genealogy: Genealogy, home: StationHome, tmp_path: Path) -> None:
    fill(genealogy, 0, 3)
    back_up(home, tmp_path / "copy")
    rule = RetentionRule(keep_days=1.0, keep_one_in=10**9)
    assert thin_out(genealogy, rule, now=NOW + timedelta(days=9), by="rule").pictures == 3
    back_up(home, tmp_path / "copy")
    assert len(list((tmp_path / "copy" / "frames").glob("??/*"))) == 3


def test_what_goes_while_the_database_is_copied(
    genealogy: Genealogy, home: StationHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy of the database speaks of these pictures and does not know yet that they were removed."""
    fill(genealogy, 0, 3)
    rule = RetentionRule(keep_days=1.0, keep_one_in=10**9)
    copy_database, tries = backup.copy_database, 0

    def slow(engine: Engine, target: Path) -> None:
        nonlocal tries
        tries += 1
        if stubborn or tries == 1:  # young ones, which the first look did not see
            fill(genealogy, 100 * tries, 2)
        copy_database(engine, target)
        thin_out(genealogy, rule, now=NOW + timedelta(days=9), by="rule")

    monkeypatch.setattr(backup, "copy_database", slow)
    stubborn = False
    assert back_up(home, tmp_path / "copy").entries == 6
    assert tries == 2
    assert verify_home(StationHome(tmp_path / "copy")).is_intact
    stubborn = True
    with pytest.raises(StorageError, match="make the backup again"):
        back_up(home, tmp_path / "copy")
    assert verify_home(StationHome(tmp_path / "copy")).is_intact  # the earlier one


def test_a_station_that_starts_meanwhile(home: StationHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At rest the file is read as if it could not change; a copy that was made while it did is none."""
    with Genealogy.open(home) as genealogy:
        fill(genealogy, 0, 2)
    copy_database, tries = backup.copy_database, 0

    def late(engine: Engine, target: Path) -> None:
        nonlocal tries
        tries += 1
        copy_database(engine, target)
        if tries == 1:
            with Genealogy.open(home) as station:
                fill(station, 5, 1)

    monkeypatch.setattr(backup, "copy_database", late)
    assert back_up(home, tmp_path / "copy").entries == 3
    assert tries == 2


def test_a_copy_of_the_folder_with_its_log_is_restored_whole(
    genealogy: Genealogy, home: StationHome, tmp_path: Path
) -> None:
    fill(genealogy, 0, 3)
    shutil.copytree(home.path, tmp_path / "copied")  # by hand, while the station holds it open
    assert (tmp_path / "copied" / "station.db-wal").stat().st_size > 0
    again = StationHome(tmp_path / "again")
    assert restore(tmp_path / "copied", again, at=at(400), by="Ann").entries == 3
    assert verify_home(again).inspections == 3


def test_a_restored_record_says_so_from_its_first_moment(
    genealogy: Genealogy, home: StationHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(genealogy, 0, 2)
    back_up(home, tmp_path / "copy")
    again = StationHome(tmp_path / "again")

    def killed(path: Path) -> None:
        if path == again.path:
            raise KeyboardInterrupt

    monkeypatch.setattr(backup, "synchronise", killed)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "copy", again, at=at(400), by="Ann")
    with Genealogy.open(again) as restored:
        assert [event.kind for event in restored.events()] == [RESTORED]
    assert verify_home(again).is_intact


def test_refusals(genealogy: Genealogy, home: StationHome, tmp_path: Path) -> None:
    fill(genealogy, 0, 2)
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="no backup"):
        back_up(home, other)
    with pytest.raises(InputError, match="folder that it is of"):
        back_up(home, home.path / "copy")
    with Genealogy.open(StationHome(tmp_path / "second")) as second:
        fill(second, 5, 1)
        back_up(second.home, tmp_path / "copy")
    with pytest.raises(InputError, match="another record"):
        back_up(home, tmp_path / "copy")
    with pytest.raises(InputError, match="where there is none"):
        restore(tmp_path / "copy", home, at=NOW, by="Ann")
    with pytest.raises(StorageError):
        back_up(StationHome(tmp_path / "nowhere"), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_damaged_picture_is_named_and_the_earlier_copy_stays(
    genealogy: Genealogy, home: StationHome, tmp_path: Path
) -> None:
    fill(genealogy, 0, 2)
    back_up(home, tmp_path / "copy")
    fill(genealogy, 2, 1)
    newest = genealogy.inspection(genealogy.records(2).records[0].id)["frames"][0]["sha256"]
    path = ContentFolder(home.frames).find(newest)
    assert path is not None
    path.write_bytes(b"changed")
    with pytest.raises(IntegrityError, match="not what was stored"):
        back_up(home, tmp_path / "copy")
    assert verify_home(StationHome(tmp_path / "copy")).inspections == 2


def test_a_damaged_backup_is_not_restored(genealogy: Genealogy, home: StationHome, tmp_path: Path) -> None:
    fill(genealogy, 0, 2)
    back_up(home, tmp_path / "copy")
    next((tmp_path / "copy" / "frames").glob("??/*")).write_bytes(b"changed")
    with pytest.raises(IntegrityError, match="not intact"):
        restore(tmp_path / "copy", StationHome(tmp_path / "again"), at=NOW, by="Ann")
    assert not (tmp_path / "again").exists()

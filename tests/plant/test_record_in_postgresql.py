"""A station whose record lies in PostgreSQL: everything that the store promises, on a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from station.errors import InputError
from station.genealogy.backup import RESTORED, back_up, restore
from station.genealogy.calibrations import accept
from station.genealogy.database import writing
from station.genealogy.family import family_of
from station.genealogy.home import StationHome
from station.genealogy.parts import Decision, Material, PartKey, add_link, dispose
from station.genealogy.retention import RetentionRule, thin_out
from station.genealogy.schema import APPEND_ONLY, metadata
from station.genealogy.store import Genealogy
from station.genealogy.tree import ChainTree
from station.genealogy.verify import verify_home
from tests.genealogy.builders import NOW, at, draft, evidence

from .peers import Server

ROOT = Path(__file__).parents[2]


def fill(genealogy: Genealogy, first: int, count: int) -> list[str]:
    return [
        genealogy.commit(draft(serial=f"S-{n}"), evidence(n), committed=at(n)).id for n in range(first, first + count)
    ]


def test_the_tests_of_the_genealogy_that_need_a_server(database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "test_postgresql",
         "tests/genealogy/test_database.py"],
        cwd=ROOT, env={**os.environ, "STATION_TEST_POSTGRESQL": database_url}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout[:1]) == (0, "."), done.stdout + done.stderr  # neither failed nor skipped


def test_the_whole_store(home: StationHome, database_url: str) -> None:
    with Genealogy.open(home, url=database_url) as genealogy:
        with genealogy.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        accept(genealogy, b'{"schema": "calibration/1"}', at=at(0), by="Ann")
        ids = fill(genealogy, 0, 300)  # more than one subtree
        genealogy.add_overlay(ids[0], b"drawn", at=at(301))
        part = PartKey("MO-2026-000417", "S-7")
        add_link(genealogy, part, Material("LOT-7"), by="mes", at=at(302))
        dispose(genealogy, ids[7], Decision.SCRAP, reason_code="R1", by="ann", at=at(303))
        (seventh,) = (one for one in family_of(genealogy, part.order_id).parts if one.part == part)
        assert [one.payload["lot"] for one in seventh.materials] == ["LOT-7"]
        assert genealogy.overlay(ids[0]) == b"drawn"
        assert [len(genealogy.records(after, 100).records) for after in (1, 101, 290)] == [100, 100, 11]
        with genealogy.engine.connect() as connection:
            assert ChainTree(connection).root(304) != ChainTree(connection).root(303)
        for table in APPEND_ONLY:
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                with pytest.raises(DBAPIError, match="append-only"), writing(genealogy.engine) as connection:
                    connection.exec_driver_sql(statement)
    report = verify_home(home, url=database_url)
    assert (report.faults, report.inspections, report.events) == ((), 300, 4)
    assert not home.database.exists()


def test_writers_take_turns(home: StationHome, database_url: str) -> None:
    with Genealogy.open(home, url=database_url) as first, Genealogy.open(home, url=database_url) as second:
        attempts: list[int] = []

        def work(genealogy: Genealogy, number: int) -> None:
            attempts.extend(genealogy.commit(draft(), evidence(number + n), committed=at(n)).attempt for n in range(20))

        threads = [threading.Thread(target=work, args=(one, k * 100)) for k, one in enumerate((first, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(attempts) == list(range(1, 41))
    assert verify_home(home, url=database_url).is_intact


def test_retention(home: StationHome, database_url: str) -> None:
    with Genealogy.open(home, url=database_url) as genealogy:
        fill(genealogy, 0, 5)
        genealogy.commit(draft(serial="bad", verdict="FAIL"), evidence(9), committed=at(9))
        rule = RetentionRule(keep_days=1.0, keep_one_in=10**9)
        assert thin_out(genealogy, rule, now=NOW + timedelta(days=9), by="rule").pictures == 5
        assert thin_out(genealogy, rule, now=NOW + timedelta(days=9), by="rule").pictures == 0
        assert len(genealogy.events("pictures-removed")) == 1
    assert len(list(home.frames.glob("??/*.png"))) == 1


def test_backup_into_a_folder_and_back_into_postgresql(
    home: StationHome, database_url: str, server: Server, tmp_path: Path
) -> None:
    with Genealogy.open(home, url=database_url) as genealogy:
        ids = fill(genealogy, 0, 20)
        copied = back_up(home, tmp_path / "copy", url=database_url)
        fill(genealogy, 20, 2)
        later = back_up(home, tmp_path / "copy", url=database_url)
    assert (copied.entries, later.entries, later.files) == (20, 22, 2)
    copy = StationHome(tmp_path / "copy")
    assert (verify_home(copy).is_intact, verify_home(copy).head) == (True, later.head)
    anew, url = StationHome(tmp_path / "anew"), server.database()
    assert restore(copy.path, anew, url=url, at=at(400), by="Ann").entries == 22
    with Genealogy.open(anew, url=url) as restored:
        assert restored.inspection(ids[7])["serial"] == "S-7"
        assert restored.events(RESTORED)[0].payload["head"] == later.head
        fill(restored, 1000, 3)  # and it goes on
        assert [one.cursor for one in restored.records(22).records] == [24, 25, 26]
    assert verify_home(anew, url=url).is_intact
    with pytest.raises(InputError, match="where there is none"):
        restore(copy.path, StationHome(tmp_path / "third"), url=url, at=NOW, by="Ann")

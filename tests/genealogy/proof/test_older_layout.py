"""A home of the layout before checkpoints is read and verified as it is, and nothing in it changes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from station.errors import StorageError
from station.genealogy.home import StationHome
from station.genealogy.proof.checkpoints import newest
from station.genealogy.schema import APPEND_ONLY, FIRST_TABLES, HEAD
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

from ..builders import at, draft, evidence


@pytest.fixture
def older(home: StationHome) -> StationHome:
    """As `r0001` left it: its migration alone, filled through plain SQL with what the store wrote elsewhere."""
    with Genealogy.open(home) as genealogy:
        for number in range(3):
            record = genealogy.commit(draft(), evidence(number), committed=at(number))
        genealogy.add_overlay(record.id, b"drawn", at=at(4))
        genealogy.add_event("stopped", "cell-3", {"reason": "x", "order_id": "MO-2026-000417"}, at=at(5))
    connection = sqlite3.connect(home.database)
    for table in {*APPEND_ONLY} - {*FIRST_TABLES} | {"tokens", "positions"}:
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DROP INDEX events_by_subject")
    connection.execute("UPDATE alembic_version SET version_num = 'r0001'")
    connection.commit()
    connection.close()
    return home


def test_it_is_read_and_verified_without_a_trace(older: StationHome):
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in older.path.rglob("*")}
    report = verify_home(older)
    assert report.faults == ()
    assert (report.inspections, report.events) == (3, 2)
    assert report.signatures.checkpoints == 0
    with Genealogy.open(older, read_only=True) as genealogy:
        last = genealogy.records().records[-1]
        assert genealogy.overlay(last.id) == b"drawn"
        assert [event.kind for event in genealogy.events_about([last.id])] == ["overlay"]
        assert genealogy.frame(genealogy.inspection(last.id)["frames"][0]["sha256"]) == evidence(2).frames[0].data
        assert newest(genealogy) is None
        with pytest.raises(StorageError):
            genealogy.add_event("stopped", "x", {}, at=at(9))
    after = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in older.path.rglob("*")}
    assert after == before


def test_what_is_changed_in_it_is_found(older: StationHome):
    connection = sqlite3.connect(older.database)
    connection.execute("DROP TRIGGER chain_no_update")
    connection.execute("UPDATE chain SET body = CAST(replace(body, '23.6684', '23.7') AS BLOB) WHERE cursor = 2")
    connection.commit()
    connection.close()
    sentences = [f"{fault.place}: {fault.sentence}" for fault in verify_home(older).faults]
    assert any("chain 2" in sentence for sentence in sentences)
    assert any("chain_no_update" in sentence for sentence in sentences)


def test_a_writer_brings_it_up_to_date(older: StationHome, tmp_path: Path):
    shutil.copytree(older.path, tmp_path / "copy")
    home = StationHome(tmp_path / "copy")
    with Genealogy.open(home) as genealogy:
        genealogy.commit(draft(), evidence(9), committed=at(9))
    connection = sqlite3.connect(home.database)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
    connection.close()
    faults = [fault.sentence for fault in verify_home(home).faults]
    assert faults == []


def test_any_other_layout_is_refused(older: StationHome):
    connection = sqlite3.connect(older.database)
    connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="its layout is r9999"):
        Genealogy.open(older, read_only=True)

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest

from station.documents import canonical
from station.errors import InputError, IntegrityError, StorageError
from station.genealogy import rows
from station.genealogy.chain import INSPECTION
from station.genealogy.database import open_database, writing
from station.genealogy.evidence import StoredFrame, ties
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text
from station.genealogy.verify import verify_home

from .builders import NOW, at, diameter, draft, evidence


def test_what_was_committed_is_what_is_read(genealogy: Genealogy):
    given = evidence(1)
    record = genealogy.commit(draft(), given, committed=NOW)
    assert record.attempt == 1
    assert record.order_sha256 == hashlib.sha256(given.order).hexdigest()
    document = genealogy.inspection(record.id)
    assert document == json.loads(json.dumps(record.to_document()))
    assert document["calibration"]["sha256"] == hashlib.sha256(given.calibration or b"").hexdigest()
    assert genealogy.frame(document["frames"][0]["sha256"]) == given.frames[0].data
    assert genealogy.document(record.order_sha256) == given.order
    assert genealogy.document(record.drawing_sha256) == given.drawing


def test_the_contract_keys_are_there(genealogy: Genealogy):
    record = genealogy.commit(draft(), evidence(1), committed=NOW)
    document = genealogy.inspection(record.id)
    contract = [
        "schema",
        "id",
        "order_id",
        "order_sha256",
        "serial",
        "attempt",
        "verdict",
        "reason",
        "station",
        "started",
        "finished",
        "operator",
        "characteristics",
        "calibration",
        "models",
        "frames",
        "conditions",
    ]
    assert set(contract) <= set(document)
    characteristic = [
        "id",
        "type",
        "verdict",
        "value",
        "unit",
        "nominal",
        "deviation",
        "lower_limit",
        "upper_limit",
        "standard_uncertainty",
        "expanded_uncertainty",
        "coverage_factor",
        "conformance_probability",
        "guard_band",
        "points",
        "reason",
    ]
    assert set(characteristic) <= set(document["characteristics"][0])
    assert document["started"] == "2026-11-22T09:12:03.512Z"
    assert document["characteristics"][0]["value"] == 23.6684


def test_attempts_count_per_order_and_serial(genealogy: Genealogy):
    assert genealogy.attempts("MO-2026-000417", "RING-237-0001") == 0
    for expected in (1, 2, 3):
        assert genealogy.commit(draft(), evidence(expected), committed=NOW).attempt == expected
    assert genealogy.commit(draft(serial="other"), evidence(9), committed=NOW).attempt == 1
    assert genealogy.commit(draft(order_id="other"), evidence(9), committed=NOW).attempt == 1
    assert genealogy.attempts("MO-2026-000417", "RING-237-0001") == 3


def test_a_home_is_opened_again(home: StationHome):
    with Genealogy.open(home) as first:
        record = first.commit(draft(), evidence(), committed=NOW)
    with Genealogy.open(home) as second:
        assert second.inspection(record.id)["id"] == record.id
        assert second.commit(draft(), evidence(), committed=NOW).attempt == 2


def test_evidence_that_contradicts_the_draft_is_refused(genealogy: Genealogy):
    given = evidence()
    for wrong in (
        draft(order_sha256="0" * 64),
        draft(calibration=None),
    ):
        with pytest.raises(IntegrityError):
            genealogy.commit(wrong, given, committed=NOW)
    with pytest.raises(IntegrityError, match="size of a picture"):
        genealogy.commit(draft(), replace(given, frames=(StoredFrame("front", b"x"),)), committed=NOW)
    assert genealogy.records().records == ()


def test_what_is_drawn_is_added_afterwards(genealogy: Genealogy, home: StationHome):
    record = genealogy.commit(draft(), evidence(), committed=NOW)
    assert genealogy.overlay(record.id) is None
    for number in range(2):
        genealogy.add_overlay(record.id, b"overlay %d" % number, at=NOW)
        assert genealogy.overlay(record.id) == b"overlay %d" % number
    report = verify_home(home)
    assert report.faults == ()
    assert report.pictures == 3


def test_an_older_record_names_its_overlay_itself(genealogy: Genealogy, home: StationHome):
    digest, _ = ContentFolder(home.overlays).keep(b"drawn", ".png")
    engine = open_database(home)
    with writing(engine) as connection:
        record = replace(draft(), id="A-1", attempt=1, **ties(draft(), evidence()))
        body = canonical({**record.to_document(), "overlay_sha256": digest})
        for data in evidence().documents():
            rows.add_document(connection, data)
        rows.append_link(connection, INSPECTION, record.id, utc_text(NOW), body)
    engine.dispose()
    assert genealogy.overlay("A-1") == b"drawn"
    (home.overlays / digest[:2] / f"{digest}.png").unlink()
    assert any(digest in fault.place for fault in verify_home(home).faults)


def test_an_id_is_used_once(genealogy: Genealogy):
    genealogy.commit(draft(id="A-1"), evidence(), committed=NOW)
    with pytest.raises(IntegrityError, match="committed already"):
        genealogy.commit(draft(id="A-1"), evidence(5), committed=NOW)
    assert len(genealogy.records().records) == 1
    assert sorted(path.suffix for path in genealogy.home.frames.glob("??/*")) == [".png"]  # no orphan of the second


def test_what_does_not_exist_is_said(genealogy: Genealogy):
    with pytest.raises(InputError, match="no inspection"):
        genealogy.inspection("nothing")
    with pytest.raises(InputError, match="not a SHA-256"):
        genealogy.frame("../../etc/passwd")
    with pytest.raises(InputError, match="no document"):
        genealogy.document("0" * 64)
    with pytest.raises(IntegrityError, match="missing"):
        genealogy.frame("0" * 64)


def test_a_moment_without_zone_is_refused(genealogy: Genealogy):
    with pytest.raises(IntegrityError, match="time zone"):
        genealogy.commit(draft(), evidence(), committed=datetime(2026, 1, 1))


def test_a_failed_part_is_recorded_too(genealogy: Genealogy):
    failed = draft(verdict="FAIL", reason="diameter 1", characteristics=(diameter(verdict="FAIL", value=24.0),))
    record = genealogy.commit(failed, evidence(), committed=NOW)
    assert genealogy.inspection(record.id)["verdict"] == "FAIL"


@pytest.mark.parametrize("table", ["chain", "documents", "inspections", "inspection_frames", "events"])
def test_the_database_refuses_every_change(genealogy: Genealogy, table: str):
    genealogy.commit(draft(), evidence(), committed=NOW)
    genealogy.add_event("note", "cell-3", {"text": "x"}, at=at(1))
    connection = sqlite3.connect(genealogy.home.database)
    try:
        column = connection.execute(f"PRAGMA table_info({table})").fetchall()[-1][1]
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        ):
            with pytest.raises(sqlite3.IntegrityError, match=r"append-only|are missing"):
                connection.execute(statement)
    finally:
        connection.close()


def test_events_stand_in_the_same_chain(genealogy: Genealogy):
    first = genealogy.commit(draft(), evidence(), committed=NOW)
    noted = genealogy.add_event("disposition", first.id, {"code": "scrap", "by": "ann"}, at=at(1))
    second = genealogy.commit(draft(), evidence(), committed=at(2))
    assert [entry.cursor for entry in genealogy.records().records] == [1, 3]
    assert genealogy.entry(second.id).previous_hash != genealogy.entry(first.id).hash
    assert genealogy.events("disposition", first.id) == (noted,)
    assert genealogy.events("other") == ()
    with pytest.raises(IntegrityError):
        genealogy.add_event("bad", "x", {"a": [float("nan")]}, at=NOW)


def test_a_reader_changes_nothing(home: StationHome):
    with pytest.raises(StorageError, match="no record database"):
        Genealogy.open(home, read_only=True)
    assert not home.path.exists()
    with Genealogy.open(home) as writer:
        record = writer.commit(draft(), evidence(), committed=NOW)
    before = {path: path.stat().st_mtime_ns for path in home.path.rglob("*")}
    with Genealogy.open(home, read_only=True) as reader:
        assert reader.inspection(record.id)["attempt"] == 1
        with pytest.raises(StorageError, match="cannot be written"):
            reader.commit(draft(), evidence(), committed=NOW)
    assert {path: path.stat().st_mtime_ns for path in home.path.rglob("*")} == before


def test_a_file_that_is_no_database(home: StationHome):
    home.prepare()
    home.database.write_bytes(b"not a database " * 1000)
    with pytest.raises(StorageError, match="not a record database"):
        Genealogy.open(home)


def test_a_layout_of_newer_software_is_refused(home: StationHome):
    Genealogy.open(home).close()
    connection = sqlite3.connect(home.database)
    connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="newer software"):
        Genealogy.open(home)
    with pytest.raises(StorageError, match="r9999"):
        Genealogy.open(home, read_only=True)


def test_nothing_is_appended_where_the_newest_entry_was_removed(genealogy: Genealogy):
    """Going on would hide the removal; SQLite's own count of the cursors tells."""
    genealogy.commit(draft(), evidence(), committed=NOW)
    genealogy.add_event("note", "cell-3", {}, at=at(1))
    connection = sqlite3.connect(genealogy.home.database)
    for table in ("chain", "events"):
        connection.execute(f"DROP TRIGGER {table}_no_delete")
        connection.execute(f"DELETE FROM {table} WHERE cursor = 2")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="newest entries of the chain are missing"):
        genealogy.commit(draft(), evidence(), committed=at(2))

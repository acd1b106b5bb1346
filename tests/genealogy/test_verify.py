"""Every kind of tampering is found, and named. The tampering is done with plain sqlite3, as anybody could."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from station.errors import InputError, StorageError
from station.genealogy import rows
from station.genealogy.calibrations import accept
from station.genealogy.chain import link_hash
from station.genealogy.database import open_database, writing
from station.genealogy.evidence import ties
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.pictures import PendingPictures
from station.genealogy.store import Genealogy
from station.genealogy.values import new_id, utc_text
from station.genealogy.verify import verify_home

from .builders import at, draft, evidence

COUNT = 6
OVERLAYS = 2


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> StationHome:
    home = StationHome(tmp_path_factory.mktemp("original") / "home")
    with Genealogy.open(home) as genealogy:
        for number in range(COUNT):
            genealogy.commit(draft(serial=f"S-{number % 2}"), evidence(number), committed=at(number))
        accept(genealogy, b'{"schema": "calibration/1", "id": "CAL-8"}', at=at(10), by="ann")
        for number, record in enumerate(genealogy.records().records[:OVERLAYS]):
            genealogy.add_overlay(record.id, b"overlay %d" % number, at=at(11))
    return home


@pytest.fixture
def copy(original: StationHome, tmp_path: Path) -> StationHome:
    shutil.copytree(original.path, tmp_path / "copy")
    return StationHome(tmp_path / "copy")


@contextmanager
def tampering(home: StationHome) -> Iterator[sqlite3.Connection]:
    """A connection on which everything is allowed; the triggers are back afterwards, as a careful forger does it."""
    connection = sqlite3.connect(home.database)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    for _, statement in triggers:
        connection.execute(statement)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def found(home: StationHome) -> str:
    report = verify_home(home)
    assert report.is_intact == (not report.faults)
    return "\n".join(f"{fault.place}: {fault.sentence}" for fault in report.faults)


def test_an_untouched_home_is_intact(copy: StationHome):
    before = {path: path.stat().st_mtime_ns for path in copy.path.rglob("*")}
    calls: list[tuple[int, int]] = []
    report = verify_home(copy, lambda done, total: calls.append((done, total)))
    assert report.faults == ()
    assert (report.inspections, report.events, report.documents, report.pictures) == (
        COUNT,
        1 + OVERLAYS,
        4,
        COUNT + OVERLAYS,
    )
    assert calls[-1][0] == calls[-1][1] == len(calls)
    assert {path: path.stat().st_mtime_ns for path in copy.path.rglob("*")} == before, "verifying left a trace"
    assert report.to_document()["intact"] is True


def test_a_folder_without_a_record(tmp_path: Path):
    with pytest.raises(InputError, match="no record of a station"):
        verify_home(StationHome(tmp_path))


def test_a_changed_record(copy: StationHome):
    with tampering(copy) as connection:
        connection.execute("UPDATE chain SET body = CAST(replace(body, '23.6684', '23.6999') AS BLOB) WHERE cursor = 3")
    assert "chain 3" in found(copy)
    assert "is not what was committed" in found(copy)


def test_a_changed_record_with_its_hash_computed_anew(copy: StationHome):
    with tampering(copy) as connection:
        row = connection.execute("SELECT kind, committed, previous_hash, body FROM chain WHERE cursor = 3").fetchone()
        body = row[3].replace(b"23.6684", b"23.6999")
        changed = link_hash(3, row[0], row[1], row[2], body)
        connection.execute("UPDATE chain SET body = ?, hash = ? WHERE cursor = 3", (body, changed))
    assert "chain 4: the entry does not follow the one before it" in found(copy)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE chain SET committed = '2026-01-01T00:00:00.000Z' WHERE cursor = 2", "chain 2"),
        ("UPDATE chain SET id = 'another' WHERE cursor = 2", "the id in its body"),
        ("UPDATE chain SET kind = 'event' WHERE cursor = 2", "chain 2"),
        ("UPDATE chain SET kind = 'gossip' WHERE cursor = 2", "does not exist"),
        ("UPDATE chain SET previous_hash = hash WHERE cursor = 2", "does not follow"),
        ("UPDATE chain SET body = x'7b' WHERE cursor = 2", "not a JSON document"),
        ("UPDATE chain SET body = CAST('{}' AS BLOB) WHERE cursor = 2", "not a complete inspection"),
        ("UPDATE chain SET body = CAST(body || ' ' AS BLOB) WHERE cursor = 2", "not canonical"),
        ("UPDATE inspections SET verdict = 'FAIL' WHERE cursor = 2", "chain 2"),
        ("UPDATE inspections SET attempt = 9 WHERE cursor = 2", "chain 2"),
        ("UPDATE inspections SET serial = 'x' WHERE cursor = 2", "chain 2"),
        ("UPDATE inspection_frames SET view = 'front' WHERE cursor = 2", "chain 2"),
        ("UPDATE inspection_frames SET position = 7 WHERE cursor = 2", "chain 2"),
        ("DELETE FROM inspection_frames WHERE cursor = 2", "table inspection_frames"),
        ("DELETE FROM inspections WHERE cursor = 2", "table inspections: it has 5 rows, the chain speaks of 6"),
        ("INSERT INTO inspections VALUES (99, 'a', 'b', 1, 'PASS', NULL)", "table inspections"),
        ("UPDATE events SET subject = 'other'", "chain 7"),
        ("DELETE FROM events", "table events"),
        ("DELETE FROM chain WHERE cursor = 4", "chain 4: 1 entries are missing from here"),
        ("DELETE FROM chain WHERE cursor = 1", "chain 1: 1 entries are missing from here"),
        ("DELETE FROM chain WHERE cursor = 9", "chain 9: the newest entries are missing"),
        ("DELETE FROM chain", "chain 1: the newest entries are missing"),
        ("DELETE FROM documents WHERE hex(data) LIKE '300A%'", "the document is missing"),
        (
            "UPDATE documents SET data = CAST('x' AS BLOB) WHERE hex(data) LIKE '300A%'",
            "not what was stored under this hash",
        ),
        ("INSERT INTO documents VALUES ('" + "0" * 64 + "', x'00')", "nothing in the chain refers"),
        ("UPDATE chain SET hash = CAST(x'ff31' AS TEXT) WHERE cursor = 2", "chain 2"),
    ],
)
def test_what_is_changed_is_found(copy: StationHome, statement: str, expected: str):
    with tampering(copy) as connection:
        assert connection.execute(statement).rowcount > 0
    assert expected in found(copy)


def test_reordered_records(copy: StationHome):
    with tampering(copy) as connection:
        for table in ("inspection_frames", "inspections", "chain"):
            for before, after in ((2, 99), (4, 2), (99, 4)):
                connection.execute(f"UPDATE {table} SET cursor = {after} WHERE cursor = {before}")
    assert "chain 2" in found(copy)
    assert "chain 4" in found(copy)


def test_an_inserted_record(copy: StationHome):
    """Between 3 and 4, with all later cursors moved up and the forged entry's own hash right."""
    with tampering(copy) as connection:
        for table in ("inspection_frames", "inspections", "events", "chain"):
            for cursor in range(COUNT + 1 + OVERLAYS, 3, -1):
                connection.execute(f"UPDATE {table} SET cursor = {cursor + 1} WHERE cursor = {cursor}")
        committed, previous, body = connection.execute(
            "SELECT committed, hash, body FROM chain WHERE cursor = 3"
        ).fetchone()
        forged = body.replace(b'"attempt":2', b'"attempt":3')
        row = (4, "inspection", "forged", committed, previous, link_hash(4, "inspection", committed, previous, forged))
        connection.execute("INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, forged))
    assert "chain 5" in found(copy)
    assert "does not follow" in found(copy)


def test_a_dropped_attempt_in_a_chain_computed_anew(copy: StationHome):
    """Somebody who recomputes everything still has to keep the numbering of attempts."""
    with tampering(copy) as connection:
        for table in ("inspection_frames", "inspections", "chain"):
            connection.execute(f"DELETE FROM {table} WHERE cursor = 1")
        previous = "0" * 64
        for table in ("inspection_frames", "inspections", "events", "chain"):
            for cursor in range(2, COUNT + 2):
                connection.execute(f"UPDATE {table} SET cursor = {cursor - 1} WHERE cursor = {cursor}")
        for cursor, kind, committed, body in connection.execute(
            "SELECT cursor, kind, committed, body FROM chain ORDER BY cursor"
        ).fetchall():
            digest = link_hash(cursor, kind, committed, previous, body)
            connection.execute(
                "UPDATE chain SET previous_hash = ?, hash = ? WHERE cursor = ?", (previous, digest, cursor)
            )
            previous = digest
        connection.execute("UPDATE sqlite_sequence SET seq = 6")
    assert "stands where attempt 1 is due" in found(copy)


def test_removed_triggers(copy: StationHome):
    connection = sqlite3.connect(copy.database)
    connection.execute("DROP TRIGGER chain_no_delete")
    connection.commit()
    connection.close()
    assert "trigger chain_no_delete" in found(copy)


def picture(home: StationHome, folder: str, index: int) -> Path:
    return sorted((home.path / folder).glob("??/*"))[index]


@pytest.mark.parametrize("folder", ["frames", "overlays"])
@pytest.mark.parametrize("kind", ["missing", "flipped", "swapped", "cut", "empty", "folder"])
def test_pictures(copy: StationHome, folder: str, kind: str):
    path, other = picture(copy, folder, 0), picture(copy, folder, 1)
    data = path.read_bytes()
    if kind == "swapped":
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
        assert other.name in found(copy)
    elif kind == "flipped":
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    elif kind in ("cut", "empty"):
        path.write_bytes(data[:-1] if kind == "cut" else b"")
    else:
        path.unlink()
        if kind == "folder":
            path.mkdir()
    assert path.stem in found(copy)
    assert "refers to it" in found(copy)


def test_the_copy_of_a_calibration(copy: StationHome):
    path = picture(copy, "calibrations", 0)
    path.write_bytes(b"{}")
    assert f"{path.name}: the copy is not what was accepted" in found(copy)


def test_any_flipped_bit_of_a_body_in_the_file(copy: StationHome):
    """Bits flipped in the database file itself, wherever bodies, hashes and documents lie in it."""
    whole = copy.database.read_bytes()
    connection = sqlite3.connect(copy.database)
    bodies = [row[0] for row in connection.execute("SELECT body FROM chain")]
    connection.close()
    chance = random.Random(1)
    for _ in range(40):
        body = chance.choice(bodies)
        piece = chance.randrange(0, len(body) - 60)
        place = whole.find(body[piece : piece + 60])
        if place < 0:
            continue  # across a page boundary
        changed = bytearray(whole)
        changed[place + chance.randrange(60)] ^= 1 << chance.randrange(8)
        copy.database.write_bytes(bytes(changed))
        assert found(copy)


def test_noise_in_the_file_never_crashes_the_verification(copy: StationHome):
    whole = copy.database.read_bytes()
    chance = random.Random(2)
    used = [place for place in range(100, len(whole)) if whole[place]]
    seen = 0
    for _ in range(60):
        changed = bytearray(whole)
        start = chance.choice(used)
        for place in range(start, min(start + 64, len(changed))):
            changed[place] = chance.randrange(256)
        copy.database.write_bytes(bytes(changed))
        try:
            seen += bool(found(copy))
        except StorageError:  # the layout itself is unreadable: said so
            seen += 1
    assert seen > 30  # the rest fell on what SQLite has freed


def test_a_truncated_database(copy: StationHome):
    whole = copy.database.read_bytes()
    copy.database.write_bytes(whole[: len(whole) // 2])
    assert "station.db" in found(copy)


def test_while_the_station_runs(home: StationHome):
    with Genealogy.open(home) as genealogy:
        for number in range(4):
            genealogy.commit(draft(), evidence(number), committed=at(number))
            report = verify_home(home)
            assert report.faults == ()
            assert report.inspections == number + 1

        def commit_meanwhile(done: int, total: int) -> None:
            if done == 2:
                genealogy.commit(draft(), evidence(99), committed=at(99))

        report = verify_home(home, commit_meanwhile)
        assert report.faults == ()
        assert report.inspections == 4


def test_a_copy_made_of_a_running_station_with_its_log(home: StationHome, tmp_path: Path):
    with Genealogy.open(home) as genealogy:
        genealogy.commit(draft(), evidence(), committed=at(0))
        shutil.copytree(home.path, tmp_path / "copy", ignore=shutil.ignore_patterns("*-shm"))
    assert (tmp_path / "copy" / "station.db-wal").stat().st_size > 0
    report = verify_home(StationHome(tmp_path / "copy"))
    assert report.faults == ()
    assert report.inspections == 1


def test_two_thousand_records_are_quick(home: StationHome, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)  # the record is not what is measured here
    Genealogy.open(home).close()
    engine = open_database(home)
    frames = ContentFolder(home.frames)
    with writing(engine) as connection:
        for data in evidence().documents():
            rows.add_document(connection, data)
        for number in range(2000):
            given = evidence(number)
            one = draft(serial=f"S-{number}")
            record = replace(one, id=new_id(at(number)), **ties(one, given))
            rows.add_inspection(connection, replace(record, attempt=1), utc_text(at(number)))
            PendingPictures(frames, given).keep()
    engine.dispose()
    start = time.perf_counter()
    report = verify_home(home)
    elapsed = time.perf_counter() - start
    print(elapsed)
    assert report.faults == ()
    assert report.inspections == 2000
    assert elapsed < 10.0, f"{elapsed:.1f} s"


def test_the_hash_is_what_sha256sum_says():
    body = b"{}"
    text = f"station-chain/1\n1\nevent\n2026-11-22T09:12:03.512Z\n{'0' * 64}\n{hashlib.sha256(body).hexdigest()}\n"
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert link_hash(1, "event", "2026-11-22T09:12:03.512Z", "0" * 64, body) == expected

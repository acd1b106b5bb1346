"""Killed, full, forbidden, contended: whatever happens, whole records only, numbered without a gap."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import event

from station.errors import StorageError
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

from .builders import at, draft, evidence

ROOT = Path(__file__).parents[2]


def worker(home: StationHome, count: int, *options: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    command = [sys.executable, "-m", "genealogy.worker", str(home.path), str(count), *options]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def outcome(process: subprocess.Popen[str]) -> list[str]:
    output, _ = process.communicate(timeout=60)
    return output.split("\n")[:-1]


def assert_whole(home: StationHome, at_least: int) -> int:
    """The home verifies, opens, and holds at least so many records; returns how many."""
    report = verify_home(home)
    assert report.faults == ()
    with Genealogy.open(home) as genealogy:
        page = genealogy.records(limit=1000)
        assert [record.cursor for record in page.records] == list(range(1, len(page.records) + 1))
        for record in page.records:
            assert genealogy.inspection(record.id)["attempt"] == record.attempt
        assert not list(home.frames.glob("incoming/*")), "opening removes what was half written"
    assert len(page.records) == report.inspections >= at_least
    return len(page.records)


def test_killed_at_any_moment(home: StationHome):
    """No record whose commit returned is lost, and none is half there; kill -9 at random moments."""
    chance = random.Random(3)
    returned = 0
    deadline = time.monotonic() + 14.0
    rounds = 0
    while rounds < 10 and time.monotonic() < deadline:
        process = worker(home, 100_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(chance.randrange(6)):
            returned = int(process.stdout.readline())
        time.sleep(chance.uniform(0.0, 0.02))  # a commit takes about as long
        process.send_signal(signal.SIGKILL)
        lines = outcome(process)
        returned = max([returned, *(int(line) for line in lines if line.isdigit())])
        returned = assert_whole(home, returned)
        rounds += 1
    assert rounds > 0


def test_killed_while_the_home_is_created(home: StationHome):
    chance = random.Random(4)
    for _ in range(4):
        process = worker(home, 1)
        time.sleep(chance.uniform(0.3, 1.0))
        process.kill()
        process.communicate()
    Genealogy.open(home).close()
    assert verify_home(home).faults == ()


@pytest.mark.parametrize(("limit", "size"), [(400_000, 20_000), (150_000, 300_000)])
def test_a_file_that_cannot_grow(home: StationHome, limit: int, size: int):
    """The kernel refuses to let the database's log (first case) or a picture (second case) grow."""
    Genealogy.open(home).close()
    lines = outcome(worker(home, 2000, "--limit", str(limit), "--size", str(size)))
    assert "disk is full" in lines[-1]
    assert "nothing was recorded" in lines[-1]
    committed = len([line for line in lines if line.isdigit()])
    assert assert_whole(home, committed) == committed
    assert len(list(home.frames.glob("??/*"))) == committed, "the picture of the failed record stayed behind"


def commit_until_it_fails(genealogy: Genealogy, size: int) -> None:
    for number in range(5_000):
        genealogy.commit(draft(), evidence(number, size=size), committed=at(number))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip("no right to mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("size", [100, 30_000])
def test_a_full_disk(small_disk: Path, size: int):
    home = StationHome(small_disk / "home")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    with Genealogy.open(home) as genealogy:
        with pytest.raises(StorageError, match=r"disk is full.*nothing was recorded"):
            commit_until_it_fails(genealogy, size)
        committed = genealogy.attempts("MO-2026-000417", "RING-237-0001")
        with pytest.raises(StorageError):
            genealogy.commit(draft(), evidence(-1, size=10**6), committed=at(0))
        assert len(genealogy.records(limit=1000).records) == min(committed, 1000)
        report = verify_home(home)
        assert report.faults == ()
        assert report.inspections == committed > 5
        ballast.unlink()
        assert genealogy.commit(draft(), evidence(-2), committed=at(0)).attempt == committed + 1
    assert len(list(home.frames.glob("??/*"))) == committed + 1


def test_a_database_that_may_not_grow(home: StationHome):
    with Genealogy.open(home) as genealogy:

        @event.listens_for(genealogy.engine, "begin")
        def limit(connection: Any) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {min(pages, 40)}")

        with pytest.raises(StorageError, match="the disk is full: nothing was recorded"):
            commit_until_it_fails(genealogy, 300)
        committed = genealogy.attempts("MO-2026-000417", "RING-237-0001")
    assert assert_whole(home, committed) == committed
    assert len(list(home.frames.glob("??/*"))) == committed


def test_a_home_that_cannot_be_written(home: StationHome):
    Genealogy.open(home).close()
    home.path.parent.chmod(0o755)
    for path in (home.path, *home.path.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        lines = outcome(worker(home, 1, *(["--nobody"] if os.geteuid() == 0 else [])))
    finally:
        for path in (home.path, *home.path.rglob("*")):
            path.chmod(0o755)
    assert len(lines) == 1
    assert "cannot be written by this user" in lines[0]


def test_a_home_that_cannot_be_created(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="folder"):
        Genealogy.open(StationHome(tmp_path / "file"))
    with pytest.raises(StorageError, match="cannot be created"):
        Genealogy.open(StationHome(tmp_path / "file" / "below"))


def test_three_processes_commit_at_once(home: StationHome):
    """All create the home, all count attempts of the same part; no number is given twice or left out."""
    processes = [worker(home, 25, "--serial", "S") for _ in range(3)]
    attempts = [int(line) for process in processes for line in outcome(process) if line != "ready"]
    assert sorted(attempts) == list(range(1, 76))
    assert assert_whole(home, 75) == 75


def test_threads_read_while_one_writes(genealogy: Genealogy):
    seen: list[int] = []

    def follow() -> None:
        cursor = 0
        deadline = time.monotonic() + 20
        while len(seen_here) < 30 and time.monotonic() < deadline:
            page = genealogy.records(after=cursor, limit=7)
            seen_here.extend(record.cursor for record in page.records)
            cursor = page.next
        seen.extend(seen_here)

    seen_here: list[int] = []
    reader = Thread(target=follow)
    reader.start()
    writers = [
        Thread(target=lambda: [genealogy.commit(draft(), evidence(n), committed=at(n)) for n in range(10)])
        for _ in range(3)
    ]
    for thread in writers:
        thread.start()
    for thread in (*writers, reader):
        thread.join()
    assert seen == list(range(1, 31)), "a reader who follows the cursor sees every record once"


def test_another_process_holds_the_database(genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("station.genealogy.database.BUSY_TIMEOUT_S", 0.05)
    with Genealogy.open(genealogy.home) as impatient:
        other = sqlite3.connect(genealogy.home.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(StorageError, match="held by another process: nothing was recorded"):
                impatient.commit(draft(), evidence(), committed=at(0))
        finally:
            other.close()
        assert impatient.commit(draft(), evidence(), committed=at(0)).attempt == 1


def test_pictures_that_another_process_took_away_are_written_again(genealogy: Genealogy):
    """Between storing the pictures and the transaction, another process that failed removes the same picture."""
    given = evidence()

    @event.listens_for(genealogy.engine, "begin")
    def remove(connection: Any) -> None:
        for path in genealogy.home.frames.glob("??/*"):
            path.unlink()

    genealogy.commit(draft(), given, committed=at(0))
    event.remove(genealogy.engine, "begin", remove)
    assert verify_home(genealogy.home).faults == ()

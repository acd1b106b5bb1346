"""What a commit of an inspection without pictures costs, against one bare durable row in SQLite with the same bytes."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from station.genealogy.evidence import Evidence
from station.genealogy.home import StationHome
from station.genealogy.inspection import BudgetLine, CharacteristicRecord, Inspection, StationRecord
from station.genealogy.store import Genealogy

from .part import Part, Row, Sizes, Table, Tell

COMMIT_TARGET = 3.0
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ORDER = b'{"schema":"order/1","order_id":"MO-1"}' + b" " * 2000
CHARACTERISTICS = 10


def commits(sizes: Sizes, tell: Tell) -> Part:
    """Medians of both, done in turn on the same file system; the ratio is what is judged."""
    count = 400 if sizes.orders >= 10_000 else 60
    tell("commits")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, Genealogy.open(StationHome(Path(folder) / "h")) as ours:
        bare = _bare(Path(folder) / "bare.db", _draft(0).to_json())
        for number in range(10):  # the first ones make files and plans
            ours.commit(_draft(-1 - number), Evidence(ORDER), committed=AT)
            bare()
        taken_ms: tuple[list[float], list[float]] = ([], [])
        for number in range(count):
            draft = _draft(number)
            taken_ms[0].append(_ms(lambda draft=draft: ours.commit(draft, Evidence(ORDER), committed=AT)))
            taken_ms[1].append(_ms(bare))
    ours_ms, bare_ms = map(statistics.median, taken_ms)
    ratio = ours_ms / bare_ms
    row = Row(
        f"a commit of {CHARACTERISTICS} characteristics without pictures, against a bare durable row",
        f"≤ {COMMIT_TARGET}",
        f"{ratio:.2f} ({ours_ms:.1f} ms, {bare_ms:.1f} ms)",
        ratio <= COMMIT_TARGET,
    )
    lines = tuple(
        (name, f"{statistics.median(times):.2f}", f"{statistics.quantiles(times, n=20)[-1]:.2f}")
        for name, times in zip(("commit", "bare row"), taken_ms, strict=True)
    )
    return Part((row,), (Table("Commits", ("what", "median, ms", "95 %, ms"), lines),), {"commit": ratio})


def _draft(number: int) -> Inspection:
    budget = tuple(
        BudgetLine(source=f"source {n}", standard_uncertainty=1e-4, sensitivity=1.0, contribution=1e-4, unit="mm")
        for n in range(6)
    )
    rows = tuple(
        CharacteristicRecord(
            id=str(n), type="diameter", verdict="PASS", value=4.0, unit="mm", nominal=4.0, deviation=0.0,
            lower_limit=3.9, upper_limit=4.1, standard_uncertainty=1e-3, expanded_uncertainty=2e-3,
            coverage_factor=2.0, conformance_probability=1.0, guard_band=1e-3, points=1000, budget=budget,
        )
        for n in range(CHARACTERISTICS)
    )  # fmt: skip
    station = StationRecord(id="bench", software="0", rig="bench", simulated=True)
    return Inspection(
        order_id="MO-1", serial=f"S-{number}", verdict="PASS", station=station, started=AT, finished=AT,
        characteristics=rows,
    )  # fmt: skip


def _bare(path: Path, body: bytes) -> Callable[[], object]:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE bare (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    return lambda: database.execute("INSERT INTO bare (body) VALUES (?)", (body,))


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)

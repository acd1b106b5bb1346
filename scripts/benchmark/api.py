"""How fast a MES pulls the record over HTTP: against a bare dump by `sqlite3`, and however long the record is.

The record is filled row by row with what a commit writes, without its fsync; chain, hashes and searching tables are
those of a real one. The API is served as it is in a station, in a process of its own.
"""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from station.cycle.state import Board, Snapshot
from station.genealogy.chain import INSPECTION, link_hash
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text
from station.hmi.app import create_app
from station.hmi.server import listen, serve
from station.mes.app import api_app
from station.mes.cursors import cursor_text
from station.mes.facts import ApiFacts
from station.mes.tokens import make_token

from .part import Part, Row, Sizes, Table, Tell

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)
PULL_TARGET = 0.5
PAGE_TARGET = 1.3
_PAGE = 100
_DUMP = """SELECT '{"position":' || cursor || ',"kind":"' || kind || '","id":"' || id || '","committed":"' || committed
 || '","previous_hash":"' || previous_hash || '","hash":"' || hash || '","body":' || CAST(body AS TEXT) || '}'
 FROM chain WHERE kind = 'inspection' ORDER BY cursor"""


@dataclass(frozen=True, slots=True)
class Pulled:
    """One record's pull: bytes a second of the API and of the dump, best of several."""

    records: int
    body_bytes: int
    api_mb_s: float
    dump_mb_s: float

    @property
    def ratio(self) -> float:
        """What the API reaches of the dump."""
        return self.api_mb_s / self.dump_mb_s


def api(sizes: Sizes, tell: Tell, *, pulled: int = 20_000, long: int = 1_000_000) -> Part:
    """Both figures; `long` is how many records the long record has."""
    if sizes.orders < 10_000:  # a quick look
        pulled, long = 5_000, 50_000
    with tempfile.TemporaryDirectory() as folder:
        tell("pulling records")
        pull = pull_throughput(Path(folder) / "pull", pulled)
        tell("pages of records")
        short_ms, long_ms = page_latency(Path(folder) / "pages", 1_000, long)
    growth = long_ms / short_ms
    rows = (
        Row(
            f"pulling {pulled:,} records as JSON lines, against sqlite3's dump of the same rows",
            f"≥ {PULL_TARGET}",
            f"{pull.ratio:.2f} ({pull.api_mb_s:.0f} of {pull.dump_mb_s:.0f} MB/s)",
            None if pull.dump_mb_s == 0.0 else pull.ratio >= PULL_TARGET,
        ),
        Row(
            f"a page of {_PAGE} at {long:,} records, against one at 1,000",
            f"≤ {PAGE_TARGET}",
            f"{growth:.2f} ({long_ms:.1f} ms, {short_ms:.1f} ms)",
            growth <= PAGE_TARGET if long >= 1_000_000 else None,
        ),
    )
    lines = ((f"{pulled:,} × {pull.body_bytes:,} bytes", f"{pull.api_mb_s:.0f}", f"{pull.dump_mb_s:.0f}"),)
    table = Table("Pulling the record", ("records", "API, MB/s", "sqlite3, MB/s"), lines)
    return Part(rows, (table,), {"pull": pull.ratio, "page": growth})


def pull_throughput(folder: Path, records: int, *, repeats: int = 5) -> Pulled:
    """The API's stream of all records against `sqlite3` printing them; interleaved, the best of each."""
    token = fill(folder, records, characteristics=8)
    with served(folder) as port:
        api_s, dump_s = [], []
        for _ in range(repeats):
            got, seconds = _pull(port, token)
            api_s.append(seconds)
            dumped, seconds = _dump(folder)
            dump_s.append(seconds)
    return Pulled(records, got // records, got / min(api_s) / 1e6, dumped / min(dump_s) / 1e6 if dumped else 0.0)


def page_latency(folder: Path, short: int, long: int, *, pages: int = 300, rounds: int = 4) -> tuple[float, float]:
    """Milliseconds a page takes, spread over a short and over a long record, asked in turn: the tenth
    percentile, which what else runs on the machine hardly moves."""
    homes = {records: folder / str(records) for records in (short, long)}
    tokens = {records: fill(home, records, characteristics=1) for records, home in homes.items()}
    taken: dict[int, list[float]] = {records: [] for records in homes}
    with ExitStack() as stack:
        askers = {
            records: _Asker(stack.enter_context(served(home)), tokens[records], _starts(home, records, pages))
            for records, home in homes.items()
        }
        for asker in askers.values():
            stack.callback(asker.close)
        for _ in range(rounds):  # the first warms up
            for page in range(pages):
                for records, asker in askers.items():
                    taken[records].append(asker.ask(page))
    quick = {records: statistics.quantiles(times, n=10)[0] for records, times in taken.items()}
    return quick[short], quick[long]


def fill(folder: Path, records: int, *, characteristics: int) -> str:
    """A new home with that many records of so many characteristics; the secret of a token for it."""
    with Genealogy.open(StationHome(folder)) as genealogy:
        _, secret = make_token(genealogy, "bench", "mes", by="bench", at=BEGAN)
        with genealogy.engine.connect() as connection:
            first = connection.exec_driver_sql("SELECT cursor, hash FROM chain ORDER BY cursor DESC LIMIT 1").one()
    database = sqlite3.connect(folder / "station.db")
    database.execute("PRAGMA synchronous = OFF")
    with database:
        chain, inspections = [], []
        for row in _rows(first[0] + 1, first[1], records, characteristics):
            chain.append(row[:7])
            inspections.append((row[0], *row[7:]))
            if len(chain) == 10_000 or row[0] == first[0] + records:
                database.executemany("INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?, ?)", chain)
                database.executemany("INSERT INTO inspections VALUES (?, ?, ?, ?, ?, NULL)", inspections)
                chain, inspections = [], []
    database.close()
    return secret


def _rows(first: int, previous: str, records: int, characteristics: int) -> Iterator[tuple[object, ...]]:
    asked = [
        {
            "coverage_factor": 2, "deviation": -0.0316, "expanded_uncertainty": 0.0018, "guard_band": 0.0015,
            "id": str(number), "lower_limit": 23.65, "nominal": 23.7, "points": 4271, "reason": "", "type": "diameter",
            "unit": "mm", "upper_limit": 23.75, "value": 23.6684, "verdict": "PASS",
        }
        for number in range(characteristics)
    ]  # fmt: skip
    measured = json.dumps(asked, separators=(",", ":"))
    for cursor in range(first, first + records):
        at = utc_text(BEGAN + timedelta(seconds=4 * cursor))
        id, order, serial = f"bench-{cursor:012}", f"MO-{cursor:09}", f"RING-{cursor:09}"
        body = (
            f'{{"attempt":1,"characteristics":{measured},"finished":"{at}","id":"{id}","order_id":"{order}",'
            f'"schema":"inspection/1","serial":"{serial}","started":"{at}","verdict":"PASS"}}'
        ).encode()
        digest = link_hash(cursor, INSPECTION, at, previous, body)
        yield cursor, INSPECTION, id, at, previous, digest, body, order, serial, 1, "PASS"
        previous = digest


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The API over the home in a process of its own; its port."""
    command = [sys.executable, "-c", f"from benchmark.api import main; main({str(folder)!r})"]
    here = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def main(folder: str) -> None:
    """Serves until standard input ends."""
    listener, stop = listen("127.0.0.1", 0), threading.Event()
    facts = replace(ApiFacts(), requests_per_s=1e6, burst=1_000_000)
    with Genealogy.open(StationHome(Path(folder))) as genealogy:
        board = Board(Snapshot())
        machines = api_app(board, genealogy, facts, stop=stop, clock=lambda: BEGAN)
        app = create_app(board, genealogy, stop=stop, api=machines)
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
        serve(app, "127.0.0.1", 0, stop, listener=listener)


def _pull(port: int, token: str) -> tuple[int, float]:
    """Bytes and seconds of one pull, by a client that does nothing but read."""
    request = (
        f"GET /v1/records.ndjson HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        "Connection: close\r\n\r\n"
    )
    got = 0
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as talking:
        talking.sendall(request.encode())
        while chunk := talking.recv(1 << 20):
            got += len(chunk)
    assert got > 1000, "the API refused"
    return got, time.perf_counter() - start


def _dump(folder: Path) -> tuple[int, float]:
    """Bytes and seconds of what Debian's sqlite3 prints; nothing where there is none."""
    if shutil.which("sqlite3") is None:
        return 0, 0.0
    command = ["sqlite3", "-readonly", str(folder / "station.db"), _DUMP]
    got = 0
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read1(1 << 20):  # type: ignore[attr-defined]
            got += len(chunk)
    return got, time.perf_counter() - start


def _starts(home: Path, records: int, pages: int) -> list[str]:
    """Cursors spread evenly over a record."""
    with closing(sqlite3.connect(home / "station.db")) as database:
        places = (1 + (records - _PAGE) * number // pages for number in range(pages))
        query = "SELECT cursor, hash FROM chain WHERE cursor = ?"
        return [cursor_text(*database.execute(query, (place,)).fetchone()) for place in places]


class _Asker:
    """A client that keeps its connection."""

    def __init__(self, port: int, token: str, starts: list[str]) -> None:
        self._talking = HTTPConnection("127.0.0.1", port)
        self._headers = {"Authorization": f"Bearer {token}", "Host": "localhost"}
        self._starts = starts

    def close(self) -> None:
        """Hangs up."""
        self._talking.close()

    def ask(self, page: int) -> float:
        """Milliseconds until a page was there."""
        start = time.perf_counter()
        self._talking.request("GET", f"/v1/records?limit={_PAGE}&after={self._starts[page]}", headers=self._headers)
        answer = self._talking.getresponse()
        assert answer.status == 200
        answer.read()
        return 1e3 * (time.perf_counter() - start)

"""The API for its tests: a record with a few parts, served with the pages by the real server on a loopback port."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from station.cycle.state import Board, Snapshot
from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.exports.formats import Format
from station.genealogy.home import StationHome
from station.genealogy.inspection import Inspection
from station.genealogy.store import Genealogy
from station.hmi.app import create_app
from station.hmi.server import listen, serve
from station.mes.app import api_app
from station.mes.facts import ApiFacts
from station.mes.tokens import Role, make_token
from tests.cli.small import ring_order
from tests.genealogy.builders import NOW, draft, evidence
from tests.hmi.cell import png

ORDER_ID = "MO-1"
SERIAL = "RING-4-0001"
OTHER_ID = "WH/MO/00002"
OTHER_SERIAL = "RING-4-0002"
AT_ONCE = ApiFacts(requests_per_s=1e6, burst=1_000_000, wrong_tokens_per_minute=1e6)  # tests ask often
FORMATS = {"echo": Format(".txt", "text/plain", lambda dossier: f"{dossier.order.order_id} ü\n".encode())}


def order_bytes(order_id: str = ORDER_ID, serial: str = SERIAL, **changes: Any) -> bytes:
    """An order for a small ring, as a MES writes it."""
    part = {"part_number": "RING-4", "serial": serial}
    return json.dumps(ring_order(order_id=order_id, part=part, **changes)).encode()


def commit(
    genealogy: Genealogy, order_id: str = ORDER_ID, serial: str = SERIAL, *, picture: bytes = b"", **changes: Any
) -> Inspection:
    """One inspection in the record, with an order that can be read, a picture of its own and an overlay."""
    frame = StoredFrame("backlight", picture or png(8, 4) + f"{order_id}/{serial}".encode(), ".png", 8, 4)
    proof = Evidence(order_bytes(order_id, serial), None, evidence().calibration, (frame,))
    record = genealogy.commit(draft(order_id=order_id, serial=serial, **changes), proof, committed=NOW)
    genealogy.add_overlay(record.id, png(16, 10) + order_id.encode(), at=NOW)
    return record


@dataclass(frozen=True, slots=True)
class Api:
    """The API as served. `secrets` has a token for each role; the customer's is for `ORDER_ID`."""

    board: Board
    genealogy: Genealogy
    port: int
    stop: threading.Event
    secrets: Mapping[str, str]
    http: httpx.Client

    def get(self, path: str, role: str = "mes", **options: Any) -> httpx.Response:
        return self.ask("GET", path, role, **options)

    def put(self, path: str, role: str = "mes", **options: Any) -> httpx.Response:
        return self.ask("PUT", path, role, **options)

    def post(self, path: str, role: str = "mes", **options: Any) -> httpx.Response:
        return self.ask("POST", path, role, **options)

    def ask(self, method: str, path: str, role: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.secrets[role]}"} if role else {}
        headers |= options.pop("headers", {})
        return self.http.request(method, f"/v1{path}", headers=headers, **options)


@contextmanager
def served(folder: Path, facts: ApiFacts = AT_ONCE, *, fill: Any = lambda _: None, **options: Any) -> Iterator[Api]:
    """The API over a new home in `folder`, which `fill` puts something into, until the block ends."""
    with Genealogy.open(StationHome(folder)) as genealogy:
        fill(genealogy)
        secrets = {
            role: make_token(
                genealogy, f"{role}-1", role, by="test", at=NOW, order_id=ORDER_ID if role is Role.CUSTOMER else None
            )[1]
            for role in Role
        }
        board, stop = Board(Snapshot(station_id="cell-3", rig="twin", simulated=True)), threading.Event()
        api = api_app(
            board, genealogy, facts, stop=stop, clock=lambda: datetime.now(UTC), **{"formats": FORMATS, **options}
        )
        app = create_app(board, genealogy, stop=stop, api=api)
        listener = listen("127.0.0.1", 0)
        port, tls = listener.getsockname()[1], facts.tls
        thread = threading.Thread(
            target=serve, args=(app, "127.0.0.1", port, stop), kwargs={"listener": listener, "tls": tls}
        )
        thread.start()
        address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=address, timeout=10.0, trust_env=False, verify=False) as http:
                yield Api(board, genealogy, port, stop, secrets, http)
        finally:
            stop.set()
            thread.join(5.0)
        assert not thread.is_alive()


def problem(answer: httpx.Response, status: int) -> str:
    """The sentence of a refusal, which is a problem document with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["type"] == "about:blank"
    place = document.get("place", "")
    return f"{place}: {document['detail']}" if place else str(document["detail"])


def two_orders(genealogy: Genealogy) -> None:
    """Two attempts at one order's part, one at another's."""
    commit(genealogy, verdict="FAIL", reason="Characteristic 1 is too large.")
    commit(genealogy)
    commit(genealogy, OTHER_ID, OTHER_SERIAL)


__all__ = ["AT_ONCE", "FORMATS", "Api", "commit", "order_bytes", "problem", "replace", "served", "two_orders"]

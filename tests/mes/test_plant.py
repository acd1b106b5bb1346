"""The reading half of the API over any record, as a plant serves it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import httpx

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.hmi.server import listen, serve
from station.mes.app import record_api_app
from station.mes.source import StoredRecords
from station.mes.tokens import find_token, make_token

from .service import AT_ONCE, FORMATS, order_bytes, problem, two_orders


def test_the_same_without_what_only_a_station_has(tmp_path: Path) -> None:
    with Genealogy.open(StationHome(tmp_path / "home")) as genealogy:
        two_orders(genealogy)
        stop, listener, now = threading.Event(), listen("127.0.0.1", 0), datetime.now(UTC)
        _, secret = make_token(genealogy, "plant", "mes", by="test", at=now)
        app = record_api_app(
            StoredRecords(genealogy),
            lambda token, moment: find_token(genealogy, token, moment),
            AT_ONCE,
            stop=stop,
            clock=lambda: datetime.now(UTC),
            formats=FORMATS,
        )
        thread = threading.Thread(target=serve, args=(app, "127.0.0.1", 0, stop), kwargs={"listener": listener})
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"}, trust_env=False)
        page = http.get("/records").json()
        assert len(page["records"]) == 3
        assert (
            http.get("/records", params={"after": page["records"][1]["cursor"]}).json()["records"]
            == page["records"][2:]
        )
        assert http.get("/orders/WH%2FMO%2F00002").status_code == 200
        assert http.get("/health").json() == {"status": "ok"}
        assert "station_entries" in http.get("/metrics").text
        paths = http.get("/openapi.json").json()["paths"]
        assert "/state" not in paths
        assert set(paths["/orders/{order_id}"]) == {"get"}
        assert "GET" in problem(http.put("/orders/MO-9", content=order_bytes("MO-9")), 405)
        problem(http.get("/state"), 404)
        http.close()
        stop.set()
        thread.join(5.0)

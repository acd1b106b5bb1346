"""The API of a plant is that of a station, over all stations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from station.documents import canonical, sha256_hex
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.parts import Assembly, Decision, Material, PartKey, add_link, dispose
from station.genealogy.store import Genealogy
from station.hmi.server import listen, serve
from station.mes.tokens import make_token
from station.plant.database import PlantDatabase
from station.plant.intake import Intake
from station.plant.outbox import Outbox
from station.plant.serving import plant_app
from tests.genealogy.builders import NOW, at
from tests.mes.service import AT_ONCE, ORDER_ID, OTHER_ID, OTHER_SERIAL, SERIAL, commit, order_bytes

PICTURE = b"\x89PNG of the part"


@dataclass(frozen=True, slots=True)
class Served:
    first: Genealogy
    second: Genealogy
    plant: PlantDatabase
    http: httpx.Client
    customer: dict[str, str]
    ids: dict[str, str]


@pytest.fixture
def served(plant: PlantDatabase, tmp_path: Path) -> Iterator[Served]:
    """A part inspected at two stations and built into one of the second; a plant that has both stations' records."""
    with Genealogy.open(StationHome(tmp_path / "1")) as first, Genealogy.open(StationHome(tmp_path / "2")) as second:
        ids = {"fail": commit(first, verdict="FAIL", reason="Too large.", picture=PICTURE).id}
        add_link(first, PartKey(ORDER_ID, SERIAL), Material("LOT-7"), by="mes", at=at(1))
        dispose(first, ids["fail"], Decision.REWORK, reason_code="R1", by="ann", at=at(2))
        ids["pass"] = commit(second).id
        add_link(second, PartKey(ORDER_ID, SERIAL), Assembly(OTHER_ID, OTHER_SERIAL), by="mes", at=at(3))
        ids["other"] = commit(second, OTHER_ID, OTHER_SERIAL).id
        intake = Intake(plant, lambda: NOW)
        for station, genealogy in (("cell-1", first), ("cell-2", second)):
            intake.take([message for message, _ in Outbox(genealogy, station).messages(0)])
        plant.head("cell-1", "https://cell-1:8080/", level=True, at=NOW)
        secrets = [
            make_token(plant.own, name, name, by="test", at=NOW, order_id=order)[1]
            for name, order in (("mes", None), ("customer", ORDER_ID))
        ]
        mes, customer = ({"Authorization": f"Bearer {secret}"} for secret in secrets)
        stop, listener = threading.Event(), listen("127.0.0.1", 0)
        app = plant_app(plant, AT_ONCE, stop=stop, clock=lambda: datetime.now(UTC))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        thread = threading.Thread(target=serve, args=(app, "", 0, stop), kwargs={"listener": listener})
        thread.start()
        try:
            with httpx.Client(base_url=address, headers=mes, timeout=10.0, trust_env=False) as http:
                yield Served(first, second, plant, http, customer, ids)
        finally:
            stop.set()
            thread.join(5.0)


def test_records_by_position(served: Served) -> None:
    first = served.http.get("/records", params={"limit": 2}).json()
    rest = served.http.get("/records", params={"after": first["next"]}).json()
    assert [one["id"] for one in first["records"] + rest["records"]] == list(served.ids.values())
    again = served.http.get("/records", params={"after": rest["next"], "include": "body"})
    assert again.json() == {"records": [], "next": rest["next"]}
    bodies = served.http.get("/records", params={"include": "body"}).json()["records"]
    assert [one["inspection"]["id"] for one in bodies] == list(served.ids.values())
    lines = served.http.get("/entries.ndjson").text.splitlines()
    assert len(lines) == 4 + 4 + 1  # with the overlays
    foreign = served.http.get("/records", params={"after": "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    assert foreign.status_code == 400


def test_a_record_is_its_stations_own(served: Served) -> None:
    for genealogy, name in ((served.first, "fail"), (served.second, "pass")):
        got = served.http.get(f"/records/{served.ids[name]}")
        assert got.content == canonical(genealogy.inspection(served.ids[name]))
    assert served.http.get("/records/nothing-of-ours").status_code == 404
    exported = served.http.get(f"/records/{served.ids['pass']}/exports/csv")
    assert exported.status_code == 200
    assert SERIAL in exported.text


def test_a_familys_tree_over_stations(served: Served) -> None:
    tree = served.http.get(f"/orders/{ORDER_ID}/genealogy").json()
    (part,) = tree["parts"]
    assert [(one["verdict"], one["stands"]) for one in part["attempts"]] == [("FAIL", False), ("PASS", True)]
    assert part["attempts"][0]["dispositions"][0]["payload"]["decision"] == "rework"
    assert [one["payload"]["lot"] for one in part["materials"]] == ["LOT-7"]
    (above,) = served.http.get(f"/orders/{OTHER_ID.replace('/', '%2F')}/genealogy").json()["parts"]
    (component,) = above["components"]
    assert component["serial"] == SERIAL
    assert len(component["attempts"]) == 2
    assert served.http.get("/orders/MO-9/genealogy").status_code == 404


def test_pictures(served: Served) -> None:
    there, elsewhere = sha256_hex(PICTURE), served.second.inspection(served.ids["pass"])["frames"][0]["sha256"]
    sent = served.http.get(f"/frames/{there}")
    assert (sent.status_code, sent.headers["Location"]) == (307, f"https://cell-1:8080/v1/frames/{there}")
    assert served.http.get(f"/frames/{elsewhere}").status_code == 410  # cell-2 said no address
    assert served.http.get(f"/frames/{'0' * 64}").status_code == 404
    ContentFolder(served.plant.home.frames).keep(PICTURE, ".png")
    assert served.http.get(f"/frames/{there}").content == PICTURE
    assert served.http.get(f"/records/{served.ids['fail']}/overlay").status_code == 404  # it stayed at the station


def test_orders_and_documents(served: Served) -> None:
    assert served.http.get(f"/orders/{ORDER_ID}").content == order_bytes()
    assert served.http.get(f"/documents/{sha256_hex(order_bytes())}").content == order_bytes()
    assert served.http.get(f"/documents/{'0' * 64}").status_code == 404
    assert served.http.get("/orders/MO-9").status_code == 404


def test_a_customer_sees_one_order(served: Served) -> None:
    asked = {
        path: served.http.get(path, headers=served.customer).status_code
        for path in (
            f"/records/{served.ids['pass']}",
            f"/orders/{ORDER_ID}/genealogy",
            f"/records/{served.ids['other']}",
            f"/orders/{OTHER_ID.replace('/', '%2F')}/genealogy",
            f"/documents/{sha256_hex(order_bytes())}",
            f"/documents/{sha256_hex(order_bytes(OTHER_ID, OTHER_SERIAL))}",
            "/entries.ndjson",
        )
    }
    assert list(asked.values()) == [200, 200, 404, 404, 200, 404, 404]
    records = served.http.get("/records", headers=served.customer).json()["records"]
    assert [one["id"] for one in records] == [served.ids["fail"], served.ids["pass"]]
    assert served.http.get("/records", headers={"Authorization": "Bearer st_x"}).status_code == 401

"""A customer's token sees one order, and cannot tell what else there is."""

from __future__ import annotations

import itertools
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from station.genealogy.exports.formats import FORMATS, Format
from tests.genealogy.builders import NOW

from .service import (
    ORDER_ID,
    OTHER_ID,
    OTHER_SERIAL,
    SERIAL,
    Api,
    commit,
    order_bytes,
    problem,
    served,
    two_orders,
)

IS_JSON = {"Content-Type": "application/json"}
QUOTED = OTHER_ID.replace("/", "%2F")


def others(api: Api) -> dict[str, str]:
    """Paths of what belongs to the other order."""
    line = next(one for one in api.genealogy.records().records if one.order_id == OTHER_ID)
    document = api.genealogy.inspection(line.id)
    return {
        "record": f"/records/{line.id}",
        "overlay": f"/records/{line.id}/overlay",
        "export": f"/records/{line.id}/exports/echo",
        "frame": f"/frames/{document['frames'][0]['sha256']}",
        "order document": f"/documents/{document['order_sha256']}",
        "order": f"/orders/{QUOTED}",
        "drawing": f"/orders/{QUOTED}/drawing",
        "tree": f"/orders/{QUOTED}/genealogy",
        "list": f"/records?order_id={OTHER_ID}",
    }


def own(api: Api) -> list[str]:
    line = api.genealogy.records().records[0]
    document = api.genealogy.inspection(line.id)
    return [
        f"/records/{line.id}",
        f"/records/{line.id}/overlay",
        f"/records/{line.id}/exports/echo",
        f"/frames/{document['frames'][0]['sha256']}",
        f"/documents/{document['order_sha256']}",
        f"/documents/{document['calibration']['sha256']}",
        f"/orders/{ORDER_ID}",
        f"/records?order_id={ORDER_ID}",
    ]


def test_he_sees_what_is_his(still: Api) -> None:
    for path in own(still):
        assert still.get(path, "customer").content == still.get(path, "quality").content, path


def test_others_look_like_what_is_not_there(still: Api) -> None:
    """The same answer, byte for byte, as for what never was; also to one who guesses an entity tag."""
    nothing = still.get("/records/nothing", "customer")
    for name, path in others(still).items():
        for headers in ({}, {"If-None-Match": "*"}):
            answer = still.get(path, "customer", headers=headers)
            assert (answer.status_code, answer.content) == (404, nothing.content), name
            if name != "drawing":
                assert still.get(path, "quality").status_code == 200, name


@pytest.mark.parametrize("path", ["/state", "/metrics", "/entries.ndjson"])
def test_the_station_is_not_for_him(still: Api, path: str) -> None:
    assert still.get(path).status_code == 200
    problem(still.get(path, "customer"), 404)


def test_lists_and_streams_have_his_records_alone(still: Api) -> None:
    mine = [one.id for one in still.genealogy.records().records if one.order_id == ORDER_ID]
    page = still.get("/records?include=body", "customer").json()
    assert [one["id"] for one in page["records"]] == mine
    assert {one["inspection"]["order_id"] for one in page["records"]} == {ORDER_ID}
    lines = [json.loads(line) for line in still.get("/records.ndjson", "customer").content.splitlines()]
    assert [line["id"] for line in lines] == mine
    everybody = still.get("/records").json()
    for after in (one["cursor"] for one in everybody["records"]):
        found = still.get("/records", "customer", params={"after": after}).json()["records"]
        assert {one["order_id"] for one in found} <= {ORDER_ID}


def test_his_stream_has_neither_states_nor_others(api: Api) -> None:
    with api.http.stream("GET", "/v1/events", headers={"Authorization": f"Bearer {api.secrets['customer']}"}) as answer:
        lines = answer.iter_lines()
        assert "event: position" in (next(lines) for _ in range(5))
        commit(api.genealogy, OTHER_ID, OTHER_SERIAL)
        api.board.publish(message="secret")
        record = commit(api.genealogy)
        data = next(json.loads(line[6:]) for line in lines if line.startswith("data: ") and line != "data: {}")
        assert data["id"] == record.id


def test_his_stream_is_alive_whatever_others_do(tmp_path: Path) -> None:
    """Neither silent for as long as others' records come, nor a clock of them."""
    with served(tmp_path / "home", fill=two_orders, heartbeat_s=0.5) as api:
        stop = threading.Event()

        def others() -> None:
            while not stop.wait(0.1):
                api.board.publish(message="again")

        busy = threading.Thread(target=others)
        busy.start()
        headers = {"Authorization": f"Bearer {api.secrets['customer']}"}
        try:
            with api.http.stream("GET", "/v1/events", headers=headers, timeout=10.0) as answer:
                began = time.monotonic()
                lines = answer.iter_lines()
                assert sum(1 for line in itertools.islice(lines, 9) if line == ": alive") >= 2
                assert time.monotonic() - began < 8.0
        finally:
            stop.set()
            busy.join()


def test_his_tree_says_nothing_of_other_orders_nor_of_tokens(api: Api) -> None:
    events: list[Any] = [
        {"kind": "material-consumed", "order_id": ORDER_ID, "lot": "L-1"},
        {"kind": "built-into", "order_id": ORDER_ID, "parent_order_id": OTHER_ID, "parent_serial": OTHER_SERIAL},
    ]
    for event in events:
        assert api.post(f"/parts/{SERIAL}/events", json=event).status_code == 201
    tree = api.get(f"/orders/{ORDER_ID}/genealogy", "customer")
    assert "L-1" in tree.text
    for secret in (OTHER_ID, OTHER_SERIAL, "mes-1", "127.0.0.1", '"access"'):
        assert secret not in tree.text.replace('"by": "mes-1"', ""), secret
    assert OTHER_SERIAL in api.get(f"/orders/{ORDER_ID}/genealogy").text


def test_his_exports_say_nothing_of_other_orders_nor_of_tokens(tmp_path: Path) -> None:
    """Of assemblies, of orders for a part with the same serial, of who sent what: nothing, in any format."""
    bundle = Format(".zip", "application/zip", lambda _: b"", has_others=True)
    formats = {name: one for name, one in FORMATS.items() if name != "pdf"} | {"bundle": bundle}
    with served(tmp_path / "home", fill=two_orders, formats=formats) as api:
        assert api.put(f"/orders/{QUOTED}-2", content=order_bytes(f"{OTHER_ID}-2", SERIAL), headers=IS_JSON).is_success
        sent: list[tuple[str, Any]] = [
            (SERIAL, {"kind": "material-consumed", "order_id": ORDER_ID, "lot": "L-1"}),
            (SERIAL, {"kind": "built-into", "order_id": ORDER_ID, "parent_order_id": OTHER_ID, "parent_serial": "P"}),
            (OTHER_SERIAL, {
                "kind": "built-into", "order_id": OTHER_ID, "parent_order_id": ORDER_ID, "parent_serial": SERIAL,
            }),
        ]  # fmt: skip
        for serial, event in sent:
            assert api.post(f"/parts/{serial}/events", json=event).status_code == 201
        api.genealogy.add_event("part-held", SERIAL, {"reason": f"{OTHER_ID} is for this part too"}, at=NOW)
        id = next(one.id for one in api.genealogy.records().records if one.order_id == ORDER_ID)
        for format in formats:
            path = f"/records/{id}/exports/{format}"
            assert f"{OTHER_ID}-2" not in api.get(path).text.replace("%2F", "/")
            answer = api.get(path, "customer")
            if format == "bundle":
                assert "bundle" not in problem(answer, 404)
                continue
            assert answer.status_code == 200, answer.text
            text = answer.text.replace("%2F", "/")
            for secret in (OTHER_ID, OTHER_SERIAL, "127.0.0.1", '"access"', "content_sha256"):
                assert secret not in text, (format, secret)
        assert "L-1" in api.get(f"/records/{id}/exports/epcis", "customer").text


def test_he_changes_nothing(api: Api) -> None:
    id = api.genealogy.records().records[0].id
    before = api.genealogy.events(limit=1)
    for path in (f"/records/{id}/disposition", f"/records/{id}/withdrawal", f"/parts/{SERIAL}/events"):
        problem(api.post(path, "customer", json={}), 404)
    assert api.genealogy.events(limit=1) == before

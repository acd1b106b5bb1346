"""What happened to parts and what was decided: once, by whom, and in the tree."""

from __future__ import annotations

from typing import Any

import pytest

from station.genealogy.parts import BUILT_INTO, CORRECTION, DISPOSITION, MATERIAL_CONSUMED, WITHDRAWN
from station.genealogy.verify import verify_home
from station.mes.behalf import ACCESS

from .service import ORDER_ID, OTHER_ID, OTHER_SERIAL, SERIAL, Api, problem

EVENTS = f"/parts/{SERIAL}/events"
MATERIAL = {
    "kind": "material-consumed", "order_id": ORDER_ID, "lot": "HT-4711", "material": "1.4310", "quantity": 0.25,
    "unit": "kg", "supplier": "Foil AG",
}  # fmt: skip
BUILT = {"kind": "built-into", "order_id": ORDER_ID, "parent_order_id": OTHER_ID, "parent_serial": OTHER_SERIAL}
DONE = {
    "kind": "operation-done", "order_id": ORDER_ID, "operation": "etch", "organisation": "Sub GmbH",
    "done_at": "2026-11-20T10:00:00+01:00",
}  # fmt: skip
USE = {"decision": "use-as-is", "reason_code": "CONC-118", "remark": "agreed with C-88121"}


def newest(api: Api) -> str:
    return api.genealogy.records().records[1].id


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def test_events_come_into_the_record_and_the_tree(api: Api) -> None:
    for event in (MATERIAL, BUILT, DONE):
        answer = api.post(EVENTS, json=event)
        assert answer.status_code == 201, answer.text
        assert answer.json()["kind"] == event["kind"]
    (part,) = api.get(f"/orders/{ORDER_ID}/genealogy").json()["parts"]
    assert part["materials"][0]["payload"]["lot"] == "HT-4711"
    assert part["operations"][0]["payload"]["done_at"] == "2026-11-20T09:00:00.000Z"
    assert part["built_into"][0]["payload"]["parent_serial"] == OTHER_SERIAL
    (parent,) = api.get(f"/orders/{OTHER_ID.replace('/', '%2F')}/genealogy").json()["parts"]
    assert [one["serial"] for one in parent["components"]] == [SERIAL]
    assert verify_home(api.genealogy.home).faults == ()


def test_who_did_it_is_said_by_the_token_and_not_by_the_body(api: Api) -> None:
    api.post(EVENTS, json={**MATERIAL, "by": "anna"})
    (event,) = api.genealogy.events(MATERIAL_CONSUMED, SERIAL)
    assert event.payload["by"] == "anna"
    access = event.payload[ACCESS]
    assert (access["name"], access["role"], access["address"]) == ("mes-1", "mes", "127.0.0.1")
    assert api.genealogy.events("token-made", access["token"])[0].payload["name"] == "mes-1"


def test_sent_again_is_recorded_once(api: Api) -> None:
    first = api.post(EVENTS, json=MATERIAL)
    again = api.post(EVENTS, json=MATERIAL)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert api.post(EVENTS, json={**MATERIAL, "lot": "HT-4712"}).status_code == 201
    assert api.post(EVENTS, json=MATERIAL).status_code == 200
    assert len(api.genealogy.events(MATERIAL_CONSUMED, SERIAL)) == 2


def test_a_key_names_one_event(api: Api) -> None:
    first = api.post(EVENTS, json=MATERIAL, headers=key("msg-1"))
    second = api.post(EVENTS, json=MATERIAL, headers=key("msg-2"))  # the same twice, and meant
    assert (first.status_code, second.status_code) == (201, 201)
    again = api.post(EVENTS, json=MATERIAL, headers=key("msg-1"))
    assert (again.status_code, again.json()) == (200, first.json())
    other = api.post(EVENTS, json={**MATERIAL, "lot": "X"}, headers=key("msg-1"))
    assert "used for something else" in problem(other, 422)
    elsewhere = api.post(EVENTS, json=BUILT, headers=key("msg-1"))
    assert "used for something else" in problem(elsewhere, 422)
    by_another = api.post(EVENTS, "quality", json=MATERIAL, headers=key("msg-1"))  # keys are a token's own
    assert by_another.status_code == 201
    assert len(api.genealogy.events(MATERIAL_CONSUMED, SERIAL)) == 3
    assert verify_home(api.genealogy.home).faults == ()


@pytest.mark.parametrize("bad", ["", "a b", "ü", "x" * 129])
def test_a_key_is_printable(api: Api, bad: str) -> None:
    answer = api.post(EVENTS, json=MATERIAL, headers={b"Idempotency-Key": bad.encode()})
    assert "Idempotency-Key" in problem(answer, 422)


def test_people_change_their_minds_twice(api: Api) -> None:
    path = f"/records/{newest(api)}/disposition"
    hold = {"decision": "hold", "reason_code": "WAIT"}
    statuses = [api.post(path, "quality", json=one).status_code for one in (USE, USE, hold, hold, USE, USE)]
    assert statuses == [201, 200, 201, 200, 201, 200]
    (part,) = api.get(f"/orders/{ORDER_ID}/genealogy").json()["parts"]
    decided = [one["payload"]["decision"] for one in part["attempts"][1]["dispositions"]]
    assert decided == ["use-as-is", "hold", "use-as-is"]
    assert part["attempts"][1]["verdict"] == "PASS"


def test_a_disposition_never_changes_the_verdict(api: Api) -> None:
    id = api.genealogy.records().records[0].id
    body = api.get(f"/records/{id}").content
    assert api.post(f"/records/{id}/disposition", "quality", json=USE).status_code == 201
    assert api.get(f"/records/{id}").content == body
    assert api.genealogy.events(DISPOSITION, id)[0].payload["serial"] == SERIAL


def test_an_inspection_that_does_not_stand(api: Api) -> None:
    id, why = newest(api), {"reason": "the wrong part lay there"}
    path = f"/records/{id}/withdrawal"
    assert [api.post(path, "quality", json=why).status_code for _ in range(2)] == [201, 200]
    assert "was withdrawn" in problem(api.post(path, "quality", json={"reason": "again"}), 422)
    assert "was withdrawn" in problem(api.post(f"/records/{id}/disposition", "quality", json=USE), 422)
    (part,) = api.get(f"/orders/{ORDER_ID}/genealogy").json()["parts"]
    assert [one["stands"] for one in part["attempts"]] == [True, False]
    assert len(api.genealogy.events(WITHDRAWN, id)) == 1


def test_an_event_that_does_not_stand(api: Api) -> None:
    wrong = api.post(EVENTS, json=MATERIAL).json()["id"]
    why = {"reason": "another lot"}
    assert api.post(f"/events/{wrong}/correction", "quality", json=why).status_code == 201
    assert api.post(f"/events/{wrong}/correction", "quality", json=why).status_code == 200
    assert api.genealogy.events(CORRECTION, wrong)[0].payload["corrects"] == wrong
    assert api.post(EVENTS, json=MATERIAL).status_code == 201  # and after all it was this lot
    received = api.genealogy.events("token-made")[0].id
    assert "not corrected" in problem(api.post(f"/events/{received}/correction", "quality", json=why), 422)


@pytest.mark.parametrize(
    ("path", "body", "role"),
    [
        (EVENTS, MATERIAL, "operator"),
        ("/records/ID/disposition", USE, "mes"),
        ("/records/ID/disposition", USE, "operator"),
        ("/records/ID/withdrawal", {"reason": "x"}, "mes"),
        ("/events/ID/correction", {"reason": "x"}, "mes"),
    ],
)
def test_who_may_not(api: Api, path: str, body: Any, role: str) -> None:
    before = api.genealogy.events(limit=1)
    place = path.replace("ID", newest(api))
    assert "this is for tokens with the role" in problem(api.post(place, role, json=body), 403)
    problem(api.post(place, "customer", json=body), 404)
    problem(api.post(place, "", json=body), 401)
    assert api.genealogy.events(limit=1) == before


@pytest.mark.parametrize(
    ("serial", "event"),
    [
        ("RING-4-OOO1", MATERIAL),  # a slip of the pen
        (SERIAL, {**MATERIAL, "order_id": "nothing"}),
        (OTHER_SERIAL, MATERIAL),
    ],
)
def test_nothing_is_recorded_for_a_part_that_no_order_names(api: Api, serial: str, event: Any) -> None:
    problem(api.post(f"/parts/{serial}/events", json=event), 404)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"quantity": "0.25"}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"lot": ""}, "lot"),
        ({"lot": "a\x00"}, "lot"),
        ({"lot": "x" * 129}, "lot"),
        ({"more": 1}, "more"),
        ({"kind": "destroyed"}, "body"),
        ({"remark": "x" * 1001}, "remark"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(api: Api, change: dict[str, Any], place: str) -> None:
    assert place in problem(api.post(EVENTS, json={**MATERIAL, **change}), 422)
    assert api.genealogy.events(MATERIAL_CONSUMED) == ()


def test_a_part_is_not_built_into_itself(api: Api) -> None:
    event = {**BUILT, "parent_order_id": ORDER_ID, "parent_serial": SERIAL}
    assert "cannot be built into itself" in problem(api.post(EVENTS, json=event), 422)
    assert api.genealogy.events(BUILT_INTO) == ()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 2000, b'{"kind": NaN}', b"null"])
def test_what_is_no_json_is_refused(api: Api, body: bytes) -> None:
    answer = api.post(EVENTS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"

"""A real Tryton takes a day's records through docs/examples/tryton, and agrees with the verdicts number by number."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from station.mes.cursors import cursor_text
from station.mes.facts import ApiFacts
from tests.mes.service import AT_ONCE, served

from .demo_set import a_day, part, remeasured, size
from .tryton_world import Tryton, needs_tryton, tryton_server

pytestmark = needs_tryton

# What becomes of each order: the production, its inspections, and the alerts of the last one.
EXPECTED = {
    "MO-AGAIN": ("done", ["failed", "passed"], []),  # the first was left open, and closed by the second
    "MO-BAD-THEN-GOOD": ("running", ["failed", "passed"], []),  # somebody has to resolve the alert of the first
    "MO-BAD": ("running", ["failed"], ["open"]),
    "MO-GOOD": ("done", ["passed"], []),
    "MO-ON-LIMIT": ("done", ["passed"], []),
    "MO-INSIDE-GUARD": ("running", ["pending"], ["open"]),
    "MO-OUTSIDE-GUARD": ("running", ["pending"], ["open"]),
    "MO-WIDE-U": ("running", ["pending"], ["open"]),
    "MO-DIRT": ("running", ["pending"], ["open"]),
    "MO-NOTHING": ("running", ["pending"], ["open"]),
    "MO-HALF": ("running", ["failed"], ["open"]),
    "MO-BURR": ("running", ["failed"], ["open"]),
    "MO-WRONG-MARK": ("running", ["failed"], ["open"]),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with tryton_server(tmp_path_factory.mktemp("tryton"), "day", "killed", "together", "orders", "refused") as address:
        yield address


@contextmanager
def world(server: str, database: str, folder: Path, fill: Any, facts: ApiFacts = AT_ONCE) -> Iterator[SimpleNamespace]:
    """A station whose record `fill` filled, and a database of Tryton's that is still empty."""
    with served(folder / "home", facts, fill=fill) as api:
        tryton = Tryton(f"{server}/{database}/rpc/", folder, f"http://127.0.0.1:{api.port}", api.secrets["mes"])
        yield SimpleNamespace(api=api, tryton=tryton)


@pytest.fixture(scope="module")
def day(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """All records of a day, pulled once."""
    with world(server, "day", tmp_path_factory.mktemp("day"), a_day) as here:
        status, said, refused = here.tryton.pull("--limit", "4")
        assert (status, refused) == (0, "")
        here.said = said.splitlines()
        here.records = here.api.get("/records?include=body&limit=100").json()["records"]
        here.books = here.tryton.books()
        here.alone = here.tryton.ask("alone")
        yield here


def entered(books: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inspections of all productions by their records' ids."""
    return {one["record"]: one for production in books.values() for one in production["inspections"]}


def test_every_record_becomes_what_its_verdict_says(day):
    assert len(day.said) == len(day.records) == 16
    found = {
        order: (
            production["state"],
            [one["state"] for one in production["inspections"]],
            [state for state, *_ in production["inspections"][-1]["alerts"]],
        )
        for order, production in day.books.items()
    }
    assert found == EXPECTED
    products = {"MO-GOOD": "WHEEL-64", "MO-DIRT": "MO-DIRT-1"}  # the last one's order has no part number
    for order, production in day.books.items():
        moved = "done" if production["state"] == "done" else "draft"
        assert production["made"] == [[products.get(order, "RING-4"), f"{order}-1", 1.0, moved]]
    # Nothing but a PASS is passed, and nothing else lets a production be done.
    verdicts = {record["id"]: record["verdict"] for record in day.records}
    for production in day.books.values():
        for one in production["inspections"]:
            assert (one["state"] == "passed") == (verdicts[one["record"]] == "PASS")
        if production["state"] == "done":
            assert verdicts[production["inspections"][-1]["record"]] == "PASS"


def test_alerts_say_what_the_station_said(day):
    books = day.books
    assert books["MO-HALF"]["inspections"][0]["alerts"] == [
        ["open", "MO-HALF, MO-HALF-1, attempt 1: FAIL. It is FAIL.", None]
    ]
    assert books["MO-AGAIN"]["inspections"][0]["alerts"] == [
        [
            "resolved",
            "MO-AGAIN, MO-AGAIN-1, attempt 1: UNDECIDED. It is UNDECIDED.",
            "Superseded: MO-AGAIN, MO-AGAIN-1, attempt 2: PASS",
        ]
    ]


def test_what_a_simulated_rig_says_is_not_entered(day):
    assert day.said[-1] == "MO-TWIN, MO-TWIN-1: simulated, not entered."
    assert "MO-TWIN" not in day.books


def test_points_are_the_records_numbers_bit_for_bit(day):
    books = entered(day.books)
    compared = 0
    for record in day.records:
        if record["order_id"] == "MO-TWIN":
            continue
        points = list(books[record["id"]]["points"].values())
        assert points.pop(0) == ["Passed by the station", "boolean", record["verdict"] == "PASS", None, None]
        for point, one in zip(points, record["inspection"]["characteristics"], strict=True):
            label, kind, *numbers = point
            assert label.startswith(f"{one['id']} {one['type']}")
            if one["type"] in ("code", "text", "surface") or one["value"] is None:
                assert (kind, numbers) == ("boolean", [one["verdict"] == "PASS", None, None])
                continue
            assert label.endswith("[mm]") == (one["unit"] == "mm")
            # A double has one shortest text (repr): equal texts are equal bits.
            wanted = [one["value"], one["lower_limit"], one["upper_limit"]]
            assert [repr(number) for number in numbers] == [repr(w if w is None else float(w)) for w in wanted]
            assert kind == "float"
            compared += 3
    assert compared == 3 * 19


def why(one: dict[str, Any], alone: str) -> str:
    """Why Tryton alone would not say what the station says of a number; empty where they agree."""
    if (one["verdict"], alone) in (("PASS", "passed"), ("FAIL", "failed")):
        return ""
    assert one["verdict"] == "UNDECIDED", one
    limits = [limit for limit in (one["lower_limit"], one["upper_limit"]) if limit is not None]
    to_limit = min(abs(one["value"] - limit) for limit in limits)
    inside = "inside" if alone == "passed" else "outside"
    if one["reason"] == "Dirt hides the edge.":
        return f"{inside} the limits, and dirt hides a part of the edge"
    if one["guard_band"] is None:
        return f"{inside} the limits, and u is too large against the tolerance to show anything"
    assert to_limit < one["guard_band"]
    return f"{inside} a limit by {to_limit:.4f}, less than the guard band"


def test_tryton_alone_agrees_with_every_verdict_or_knows_too_little(day):
    """Tryton decides every number again, from its own limits in a control without the station's point."""
    numbers = {
        (record["id"], f"{one['id']} {one['type']}"): (record, one)
        for record in day.records
        for one in record["inspection"]["characteristics"]
    }
    states = {id: one["state"] for id, one in entered(day.books).items()}
    reasons, decimals, rows = [], [], []
    for id, label, value, lower, upper, alone, as_decimal in day.alone:
        record, one = numbers[id, label.partition(" [")[0]]
        inside = (lower is None or lower <= value) and (upper is None or value <= upper)
        assert alone == ("passed" if inside else "failed")
        if one["verdict"] == "PASS":
            assert alone == "passed"
        if one["verdict"] == "FAIL":
            assert alone == "failed"
        if one["verdict"] == "UNDECIDED":
            assert states[id] != "passed"  # whatever Tryton alone says
            reasons.append((record["order_id"], alone))
        if as_decimal != alone:
            decimals.append((value, lower, upper))
        limits = " … ".join("" if limit is None else repr(limit) for limit in (lower, upper))
        guard = "" if one["guard_band"] is None else f"{one['guard_band']:.2g}"
        rows.append((record["order_id"], label, repr(value), limits, guard, alone, one["verdict"], why(one, alone)))
    assert sorted(reasons) == [
        ("MO-AGAIN", "passed"),
        ("MO-DIRT", "passed"),
        ("MO-INSIDE-GUARD", "passed"),
        ("MO-INSIDE-GUARD", "passed"),
        ("MO-OUTSIDE-GUARD", "failed"),
        ("MO-OUTSIDE-GUARD", "failed"),
        ("MO-WIDE-U", "passed"),
    ]
    # Why the points are floats: as decimals, two good parts on their limits would be refused.
    assert decimals == [(23.7, None, 23.7), (8.9, 8.9, None)]
    assert len(rows) == 19
    if table := os.environ.get("STATION_TRYTON_TABLE"):
        Path(table).write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def test_a_finding_or_a_wrong_mark_fails_though_every_number_passes(day):
    for order, numbers in (("MO-BURR", ["passed"]), ("MO-WRONG-MARK", ["passed"])):
        (one,) = day.books[order]["inspections"]
        said = [row[5] for row in day.alone if row[0] == one["record"]]
        assert (said, one["state"]) == (numbers, "failed")


def test_pulling_again_enters_nothing_twice(day):
    assert day.tryton.pull() == (0, "", "")
    status, said, refused = day.tryton.pull(cursor="another")  # from the beginning
    assert (status, refused) == (0, "")
    assert len(said.splitlines()) == 16
    assert day.tryton.books() == day.books


def test_tryton_finishes_no_production_without_a_passed_inspection(day):
    for order, production in EXPECTED.items():
        if production[0] != "done":
            assert day.tryton.ask("do", order) != "done"
    planned = day.tryton.ask("plan", "RING-4")
    assert day.tryton.ask("do", planned) != "done"


def test_a_cursor_of_another_record_is_refused_and_said(day):
    (day.tryton.folder / "strange").write_text(cursor_text(1, "ab" * 32) + "\n")
    status, said, refused = day.tryton.pull(cursor="strange")
    assert (status, said) == (2, "")
    assert refused.startswith("The station refuses: this cursor is of another record")
    assert refused.endswith("strange to begin anew: nothing is entered twice.\n")


def test_a_wrong_token_is_said(day):
    status, said, refused = replace(day.tryton, token="wrong").pull()
    assert (status, said) == (2, "")
    assert refused.startswith("The station refuses: ")


def test_killed_after_every_write_it_leaves_what_it_leaves_undisturbed(day, server, tmp_path):
    with world(server, "killed", tmp_path, remeasured) as here:
        kills = 0
        while (run := here.tryton.pull(kill_after=1))[0] == -9:
            kills += 1
            assert kills < 100
        assert run[0] == 0, run
        assert kills > 30
        found = here.tryton.books()
    assert anonymous(found) == {order: anonymous(day.books)[order] for order in found}
    assert len(found) == 3


def test_two_at_once_take_turns(day, server, tmp_path):
    with world(server, "together", tmp_path, remeasured) as here, ThreadPoolExecutor() as pool:
        runs = [run.result() for run in [pool.submit(here.tryton.pull) for _ in range(2)]]
        assert [(status, refused) for status, _, refused in runs] == [(0, "")] * 2
        assert sorted(len(said.splitlines()) for _, said, _ in runs) == [0, 5]
        found = here.tryton.books()
    assert anonymous(found) == {order: anonymous(day.books)[order] for order in found}


def anonymous(books: dict[str, Any]) -> dict[str, Any]:
    """Books without the records' ids, which differ from station to station."""
    return {
        order: {**production, "inspections": [{**one, "record": ""} for one in production["inspections"]]}
        for order, production in books.items()
    }


def test_after_a_person_resolved_the_alert_the_production_goes_on(day):
    bad, _ = day.books["MO-BAD-THEN-GOOD"]["inspections"]
    assert "alerts" in day.tryton.ask("do", "MO-BAD-THEN-GOOD")
    assert day.tryton.ask("resolve", bad["record"]) == "failed"
    assert day.tryton.ask("do", "MO-BAD-THEN-GOOD") == "done"


def test_orders_go_out_and_their_records_come_back(server, tmp_path):
    order = {
        "schema": "order/1",
        "order_id": "NUMBER",
        "part": {"part_number": "RING-4", "serial": "NUMBER-1"},
        "geometry": {
            "features": [{"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 4.0}],
        },
        "characteristics": [
            {"id": "1", "type": "diameter", "feature": "OD", "nominal": 4.0, "lower_tol": -0.05, "upper_tol": 0.05}
        ],
    }
    file = tmp_path / "order.json"
    file.write_text(json.dumps(order))
    with world(server, "orders", tmp_path, lambda genealogy: part(genealogy, "MO-1", size(4.0, 3.9, 4.1))) as here:
        assert here.tryton.pull()[0] == 0  # brings the product
        number = here.tryton.ask("plan", "RING-4", file)
        assert here.tryton.send() == (0, f"{number}: sent.\n", "")
        assert here.tryton.send() == (0, f"{number}: was there already.\n", "")
        assert here.api.get(f"/orders/{number}").json() == {
            **order,
            "order_id": number,
            "part": {"part_number": "RING-4", "serial": f"{number}-1"},
        }
        part(here.api.genealogy, number, size(4.001, 3.95, 4.05))
        status, said, _ = here.tryton.pull()
        assert (status, said) == (0, f"{number}, {number}-1, attempt 1: PASS; the production is done.\n")
        books = here.tryton.books()
        assert sorted(books) == sorted(["MO-1", number])
        assert books[number]["state"] == "done"

        other = here.tryton.ask("plan", "RING-4", _altered(tmp_path, order, number))
        status, said, refused = here.tryton.send()
        assert (status, said) == (1, "")
        assert refused == f"{other}: the order was not sent: it is for {number}.\n"


def test_what_tryton_refuses_to_finish_is_said_and_stops_nothing(server, tmp_path):
    with world(server, "refused", tmp_path, lambda genealogy: part(genealogy, "MO-1", size(4.0, 3.9, 4.1))) as here:
        assert here.tryton.pull()[0] == 0  # brings the product
        starved, cancelled = here.tryton.ask("starved", "RING-4"), here.tryton.ask("cancelled", "RING-4")
        for number in (starved, cancelled, "MO-2"):
            part(here.api.genealogy, number, size(4.001, 3.95, 4.05))
        status, said, refused = here.tryton.pull()
        assert (status, refused) == (0, "")
        waits, gone, done = said.splitlines()
        assert waits.startswith(f"{starved}, {starved}-1, attempt 1: PASS; the production stays waiting: ")
        assert gone == f"{cancelled}, {cancelled}-1, attempt 1: PASS; the production is cancelled."
        assert done == "MO-2, MO-2-1, attempt 1: PASS; the production is done."
        assert [one["state"] for one in here.tryton.books()[starved]["inspections"]] == ["passed"]


def _altered(folder: Path, order: dict[str, Any], number: str) -> Path:
    """An order under another production's number."""
    (folder / "other").mkdir()
    file = folder / "other/order.json"
    file.write_text(json.dumps({**order, "order_id": number}))
    return file

"""Orders that are sent: checked, recorded, laid where the cell finds them; once."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from station.app.beside import home_orders
from station.documents import sha256_hex
from station.genealogy.parts import ORDER_RECEIVED
from station.genealogy.verify import verify_home
from station.mes.laying import folder_name, lay_waiting
from station.order.folder import OrderFolder
from station.order.read import read_order, still_says
from tests.cli.small import ring_order
from tests.genealogy.builders import NOW
from tests.order.builders import box, drawn

from .service import ORDER_ID, Api, commit, order_bytes, problem

NEW, PART = "MO-9", "RING-4-0009"
JSON = {"Content-Type": "application/json"}


def put(api: Api, data: bytes, order_id: str = NEW, **options: Any) -> Any:
    return api.put(f"/orders/{order_id}", content=data, headers=JSON, **options)


def waiting(api: Api) -> dict[str, Path]:
    return dict(OrderFolder(api.genealogy.home.orders))


def drawn_order() -> tuple[bytes, bytes]:
    """An order for what a drawing shows, and the drawing."""
    geometry = {"drawing": "plate é.dxf", "features": {"from": "drawing"}}
    wanted = ring_order(order_id=NEW, part={"serial": PART}, geometry=geometry, datums={}, characteristics=[])
    wanted["characteristics"] = [{"id": "c", "type": "code", "symbology": "datamatrix", "expected": "X"}]
    return json.dumps(wanted).encode(), drawn(lambda document: box(document.modelspace(), 0, 0, 8, 4))


def test_an_order_is_recorded_and_the_cell_finds_it(api: Api) -> None:
    data = order_bytes(NEW, PART)
    answer = put(api, data)
    assert answer.status_code == 201
    assert answer.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert answer.json() == {
        "order_id": NEW, "serial": PART, "sha256": hashlib.sha256(data).hexdigest(), "drawing_sha256": None,
        "created": True,
    }  # fmt: skip
    (event,) = api.genealogy.events(ORDER_RECEIVED, NEW)
    assert api.genealogy.document(event.document_sha256 or "") == data
    assert event.payload["by"] == "mes-1"
    assert event.payload["access"]["address"] == "127.0.0.1"
    assert api.get(f"/orders/{NEW}").content == data
    assert waiting(api)[PART].read_bytes() == data
    assert read_order(waiting(api)[PART]).order_id == NEW
    assert verify_home(api.genealogy.home).faults == ()


def test_the_same_again_changes_nothing(api: Api) -> None:
    data = order_bytes(NEW, PART)
    tag = put(api, data).headers["ETag"]
    before = api.genealogy.events(limit=1)
    spaced = json.dumps(dict(reversed(json.loads(data).items())), indent=3).encode()
    for again in (data, spaced):
        answer = put(api, again)
        assert (answer.status_code, answer.headers["ETag"], answer.json()["created"]) == (200, tag, False)
    assert api.genealogy.events(limit=1) == before
    assert api.get(f"/orders/{NEW}").content == data


@pytest.mark.parametrize("change", [{"customer_reference": "C-1"}, {"part": {"serial": "OTHER"}}, {"datums": {}}])
def test_other_content_under_the_same_name_is_refused(api: Api, change: dict[str, Any]) -> None:
    put(api, order_bytes(NEW, PART))
    other = ring_order(**{"order_id": NEW, "part": {"part_number": "RING-4", "serial": PART}, **change})
    if "datums" in change:
        other["characteristics"] = other["characteristics"][:2]
    assert "another order with this order_id" in problem(put(api, json.dumps(other).encode()), 409)
    assert waiting(api)[PART].read_bytes() == order_bytes(NEW, PART)


def test_a_number_with_another_last_digit_is_another_order(api: Api) -> None:
    """Beyond what a double holds: orders are compared in decimals."""
    put(api, order_bytes(NEW, PART).replace(b'"diameter": 4.0', b'"diameter": 4.00000000000000000001'))
    same = order_bytes(NEW, PART).replace(b'"diameter": 4.0', b'"diameter": 4.000000000000000000010')
    other = order_bytes(NEW, PART).replace(b'"diameter": 4.0', b'"diameter": 4.00000000000000000002')
    assert put(api, same).status_code == 200
    assert put(api, other).status_code == 409


def test_an_order_that_was_measured_from_a_file_is_known(api: Api) -> None:
    assert put(api, order_bytes(), ORDER_ID).status_code == 201
    assert waiting_or_none(api) == {}  # it is done
    assert put(api, order_bytes(customer_reference="C-1"), ORDER_ID).status_code == 409


def test_a_drawing_comes_with_its_order_or_not_at_all(api: Api) -> None:
    data, drawing = drawn_order()
    assert "came without its drawing" in problem(put(api, data), 422)
    assert waiting_or_none(api) == {}
    form = {"order": ("order.json", data, "application/json"), "drawing": ("any name.dxf", drawing)}
    answer = api.put(f"/orders/{NEW}", files=form)
    assert answer.status_code == 201, answer.text
    assert answer.json()["drawing_sha256"] == sha256_hex(drawing)
    path = waiting(api)[PART]
    assert (path.parent / "plate é.dxf").read_bytes() == drawing
    assert still_says(path, read_order(path))
    assert api.get(f"/orders/{NEW}/drawing").content == drawing
    assert api.put(f"/orders/{NEW}", files=form).status_code == 200
    other = {**form, "drawing": ("d.dxf", drawn(lambda document: box(document.modelspace(), 0, 0, 8, 5)))}
    problem(api.put(f"/orders/{NEW}", files=other), 409)
    assert verify_home(api.genealogy.home).faults == ()


def waiting_or_none(api: Api) -> dict[str, Path]:
    return waiting(api) if api.genealogy.home.orders.is_dir() else {}


@pytest.mark.parametrize(
    ("files", "status", "sentence"),
    [
        ({"drawing": ("a.dxf", b"0\nEOF\n")}, 400, "no part 'order'"),
        ({"order": ("o", order_bytes(NEW, PART)), "drawing": ("a.dxf", b"0\nEOF\n")}, 422, "the order names none"),
        ({"order": ("o", order_bytes(NEW, PART)), "more": ("x", b"")}, 400, "'more'"),
        ([("order", ("o", b"{}")), ("order", ("o", b"{}"))], 400, "twice"),
    ],
)
def test_a_form_with_other_parts_is_refused(api: Api, files: Any, status: int, sentence: str) -> None:
    assert sentence in problem(api.put(f"/orders/{NEW}", files=files), status)


def test_bytes_in_a_form_are_not_decoded(api: Api) -> None:
    """A field that is no UTF-8 must not become another text on its way."""
    body = b'--b\r\nContent-Disposition: form-data; name="order"\r\n\r\n' + order_bytes(NEW, "\xff").replace(
        b"\\u00ff", b"\xff"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = api.put(f"/orders/{NEW}", content=body + b"\r\n--b--\r\n", headers=headers)
    assert "not UTF-8" in problem(answer, 422)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "multipart/mixed; boundary=b", "json"])
def test_another_kind_of_body_is_refused(api: Api, kind: str) -> None:
    answer = api.put(f"/orders/{NEW}", content=order_bytes(NEW), headers={"Content-Type": kind})
    assert "an order comes as" in problem(answer, 415)


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "b" * 71])
def test_a_form_without_a_boundary_is_refused(api: Api, boundary: str) -> None:
    headers = {"Content-Type": f"multipart/form-data{boundary}"}
    assert "boundary" in problem(api.put(f"/orders/{NEW}", content=b"x", headers=headers), 400)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "this is not JSON"),
        (b"[]", "an order is a JSON object"),
        (order_bytes("MO-8", PART), "order_id: the address says 'MO-9', the order says 'MO-8'"),
        (order_bytes(NEW, PART, extra=1), "the key 'extra' is not known here"),
        (order_bytes(NEW, PART).replace(b"4.0", b"NaN"), "NaN is not a finite number"),
        (order_bytes(NEW, PART).replace(b'"A": "OD"', b'"A": "XX"'), "datums.A: there is no feature 'XX'"),
        (order_bytes(NEW, PART, geometry={"drawing": "../x.dxf"}), "geometry.drawing: the drawing must be a file"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_order_is_refused_with_its_place(api: Api, data: bytes, sentence: str) -> None:
    before = api.genealogy.events(limit=1)
    assert sentence in problem(put(api, data), 422)
    assert api.genealogy.events(limit=1) == before
    assert not api.genealogy.home.orders.exists()


@pytest.mark.parametrize("name", ["x.json", "é" * 127 + ".dxf"])
def test_a_drawing_that_would_be_no_file_beside_its_order(api: Api, name: str) -> None:
    data, drawing = drawn_order()
    data = data.replace(json.dumps("plate é.dxf").encode(), json.dumps(name).encode())
    answer = api.put(f"/orders/{NEW}", files={"order": ("o", data), "drawing": ("d", drawing)})
    assert "geometry.drawing" in problem(answer, 422)


def test_only_a_mes_sends_orders(api: Api) -> None:
    for role in ("operator", "quality"):
        assert "role mes" in problem(put(api, order_bytes(NEW, PART), role=role), 403)
    problem(put(api, order_bytes(NEW, PART), role="customer"), 404)
    problem(put(api, order_bytes(), ORDER_ID, role="customer"), 404)
    problem(put(api, order_bytes(NEW, PART), role=""), 401)
    assert not api.genealogy.home.orders.exists()


def test_the_power_went_between_record_and_folder(api: Api) -> None:
    put(api, order_bytes(NEW, PART))
    shutil.rmtree(api.genealogy.home.orders)
    assert put(api, order_bytes(NEW, PART)).status_code == 200
    assert waiting(api)[PART].read_bytes() == order_bytes(NEW, PART)
    assert len(api.genealogy.events(ORDER_RECEIVED, NEW)) == 1


def test_what_waits_lies_there_again_when_the_station_starts(api: Api) -> None:
    """And neither what is done, nor what the power left half written; what cannot be read is said."""
    data, drawing = drawn_order()
    api.put(f"/orders/{NEW}", files={"order": ("o", data), "drawing": ("d", drawing)})
    put(api, order_bytes("MO-10", "S-10"), "MO-10")
    put(api, order_bytes("MO-11", "S-11"), "MO-11")
    commit(api.genealogy, "MO-10", "S-10")
    api.genealogy.add_event(ORDER_RECEIVED, "MO-12", {"drawing_sha256": None}, at=NOW, document=b"{}")
    folder = api.genealogy.home.orders
    for path in folder.iterdir():
        shutil.rmtree(path)
    (folder / ".incoming-ab").mkdir()
    said: list[str] = []
    lay_waiting(api.genealogy, said.append)
    assert sorted(waiting(api)) == [PART, "S-11"]
    assert read_order(waiting(api)[PART]).drawing == drawing
    assert sorted(path.name for path in folder.iterdir()) == sorted([folder_name(NEW), folder_name("MO-11")])
    assert [sentence.split(" was received and ")[0] for sentence in said] == [
        f"The order {NEW}", "The order MO-11", "The order MO-12",
    ]  # fmt: skip
    assert "cannot be measured" in said[2]
    said.clear()
    lay_waiting(api.genealogy, said.append)
    assert len(said) == 1


def test_the_folder_of_a_starting_cell_has_them(api: Api) -> None:
    put(api, order_bytes(NEW, PART))
    shutil.rmtree(api.genealogy.home.orders)
    assert list(OrderFolder(home_orders(api.genealogy, print))) == [PART]


def test_a_part_for_which_an_order_waits_gets_no_second(api: Api) -> None:
    put(api, order_bytes(NEW, PART))
    assert "the order MO-9 waits for this part" in problem(put(api, order_bytes("MO-10", PART), "MO-10"), 409)
    commit(api.genealogy, NEW, PART)
    assert put(api, order_bytes("MO-10", PART), "MO-10").status_code == 201  # the next step of its routing
    assert [read_order(path).order_id for path in waiting(api).values()] == ["MO-10"]
    assert put(api, order_bytes(NEW, PART)).status_code == 200  # done, so it does not come back
    assert [read_order(path).order_id for path in waiting(api).values()] == ["MO-10"]


def test_many_at_once_are_one(api: Api) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(put(api, order_bytes(NEW, PART)).status_code)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 7 + [201]
    assert len(api.genealogy.events(ORDER_RECEIVED, NEW)) == 1


def test_names_of_folders_are_safe_and_differ() -> None:
    names = ["MO-1", "mo-1", "WH/MO/1", "WH_MO_1", "..", ".hidden", "a" * 128, "é", "\u202e", "MO-1 "]
    folders = [folder_name(name) for name in names]
    assert len({name.lower() for name in folders}) == len(names)
    assert all(name.isascii() and "/" not in name and not name.startswith(".") and len(name) <= 80 for name in folders)


def test_a_full_disk_is_said(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("station.mes.laying._write", full)
    assert "the disk is full" in problem(put(api, order_bytes(NEW, PART)), 503)
    assert list(api.genealogy.home.orders.iterdir()) == []
    monkeypatch.undo()
    assert put(api, order_bytes(NEW, PART)).status_code == 200
    assert waiting(api)[PART].read_bytes() == order_bytes(NEW, PART)

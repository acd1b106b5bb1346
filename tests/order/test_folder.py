"""The folder of orders: what comes, changes and goes; and the queue that people see of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from station.cycle.queue import QUEUE_KEPT, queue_of, without_oldest
from station.cycle.state import Progress, QueueEntry
from station.errors import InputError
from station.order.folder import OrderFolder
from tests.cli.small import ring_order, write_order


def put(folder: Path, serial: str, order_id: str = "MO-1", name: str = "", **changes: object) -> Path:
    return write_order(
        folder, ring_order(part={"serial": serial}, order_id=order_id, **changes), f"{name or serial}.json"
    )


def test_orders_are_found_by_serial_and_sorted_by_their_id(tmp_path: Path) -> None:
    second, first = put(tmp_path, "A", "MO-2"), put(tmp_path, "B", "MO-1")
    folder = OrderFolder(tmp_path)
    assert list(folder.items()) == [("B", first), ("A", second)]
    assert "C" not in folder


def test_orders_come_change_and_go(tmp_path: Path) -> None:
    folder = OrderFolder(tmp_path)
    assert len(folder) == 0
    assert not folder.look()
    path = put(tmp_path, "A")
    assert folder.look()
    assert list(folder) == ["A"]
    assert not folder.look()
    put(tmp_path, "B", name="A")
    os.utime(path, ns=(1, 1))
    assert folder.look()
    assert list(folder) == ["B"]
    path.unlink()
    assert folder.look()
    assert list(folder) == []


def test_a_part_that_two_orders_are_for_has_none_until_one_goes(tmp_path: Path) -> None:
    put(tmp_path, "A")
    other = put(tmp_path, "A", "MO-2", name="other")
    folder = OrderFolder(tmp_path)
    assert "A" not in folder
    assert {one.fault for one in folder.listed} == {"2 orders are for the part A: A.json, other.json"}
    other.unlink()
    folder.look()
    assert list(folder) == ["A"]
    assert folder.listed[0].fault == ""


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"schema": "order/1"}', b"\xff\xfe", b""])
def test_a_half_written_order_is_no_order_yet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "A.json").write_bytes(content)
    folder = OrderFolder(tmp_path)
    assert len(folder) == 0
    assert folder.listed[0].fault
    put(tmp_path, "A")
    folder.look()
    assert list(folder) == ["A"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        OrderFolder(tmp_path / "none")
    folder = OrderFolder(tmp_path)
    tmp_path.rename(tmp_path.with_name("away"))
    with pytest.raises(InputError, match="no such folder"):
        folder.look()
    tmp_path.with_name("away").rename(tmp_path)


def test_the_queue_keeps_what_was_begun_and_lists_what_waits(tmp_path: Path) -> None:
    put(tmp_path, "A")
    put(tmp_path, "B")
    put(tmp_path, "C", colour="red")
    done = QueueEntry("MO-1", "A", "RING-4", Progress.DONE, "PASS", "", "I-1")
    queue = queue_of(OrderFolder(tmp_path).listed, (done, QueueEntry("MO-0", "GONE", "")))
    assert queue[0] is done
    assert [(entry.serial, entry.progress) for entry in queue[1:]] == [
        ("C.json", Progress.WAITING),
        ("B", Progress.WAITING),
    ]
    assert "colour" in queue[1].reason
    assert queue[2].reason == ""


def test_the_queue_has_an_end() -> None:
    done = tuple(QueueEntry("", str(n), "", Progress.DONE) for n in range(QUEUE_KEPT))
    assert without_oldest(done[1:]) == done[1:]
    assert without_oldest(done) == done[1:]


def test_an_order_may_have_a_folder_of_its_own_with_its_drawing(tmp_path: Path) -> None:
    inside = tmp_path / "MO-2-abc"
    inside.mkdir()
    first, second = put(tmp_path, "A"), put(inside, "B", "MO-2")
    (inside / "ring.dxf").write_bytes(b"")
    folder = OrderFolder(tmp_path)
    assert dict(folder) == {"A": first, "B": second}
    assert not folder.look()
    third = put(inside, "C", "MO-3")
    assert folder.look()
    assert dict(folder) == {"A": first, "B": second, "C": third}
    shutil.rmtree(inside)
    assert folder.look()
    assert dict(folder) == {"A": first}


def test_what_is_hidden_or_lies_deeper_is_no_order(tmp_path: Path) -> None:
    for place in (".incoming-1", "deep/deeper"):
        (tmp_path / place).mkdir(parents=True)
        put(tmp_path / place, "A")
    assert dict(OrderFolder(tmp_path)) == {}


def test_several_folders_are_one(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for place in (one, other, one / "sub", other / "sub"):
        place.mkdir()
    paths = {
        serial: put(place, serial, f"MO-{serial}")
        for serial, place in zip("ABCD", (one, other, one / "sub", other / "sub"), strict=True)
    }
    folder = OrderFolder(one, other)
    assert dict(folder) == paths
    put(other, "A", "MO-9", name="again")
    assert folder.look()
    assert "A" not in folder
    other.rename(tmp_path / "gone")
    with pytest.raises(InputError, match="no such folder"):
        folder.look()

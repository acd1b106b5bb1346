"""Where orders come in: each is checked completely, then recorded, then laid where the running cell finds it.

In the record it is an event with the order's bytes and its drawing's; `laying` says how it comes into the folder.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.documents import parse_json, sha256_hex
from station.errors import InputError
from station.genealogy.parts import ORDER_RECEIVED
from station.genealogy.store import Genealogy
from station.mes.behalf import OnBehalf
from station.mes.laying import kept, lay
from station.mes.problems import Problem
from station.mes.source import KnownOrder, StoredRecords
from station.order.folder import Listed, OrderFolder
from station.order.model import Order
from station.order.read import parse_order


@dataclass(frozen=True, slots=True)
class Received:
    """An order that lies here now; `created` says whether it came just now."""

    order: Order
    known: KnownOrder
    created: bool


class OrderDesk:
    """Takes orders into the record of one station and into its folder of orders. Thread-safe."""

    def __init__(self, genealogy: Genealogy, clock: Callable[[], datetime]) -> None:
        self._genealogy, self._clock = genealogy, clock
        self._source = StoredRecords(genealogy)
        self._folder = genealogy.home.orders
        self._listed: OrderFolder | None = None  # what lies there, looked at anew and read once
        self._one_at_a_time = threading.Lock()

    def receive(self, order_id: str, data: bytes, drawing: bytes | None, signature: Mapping[str, Any]) -> Received:
        """Takes an order; the same one again changes nothing.

        Raises:
            InputError: it is no order that could be measured, or not the one of this name.
            Problem (409): another order of this name is here, or another order waits for this part.
            StorageError: nothing was recorded.
        """
        order = parse_order(data, None, "the order", drawing=drawing)
        _check(order, order_id, drawing)
        with self._one_at_a_time:
            known = self._source.known_order(order_id)
            if known is not None and not self._is_same(known, order):
                raise Problem(409, "another order with this order_id is here already", place="order_id")
            if known is not None and known.received is not None:
                lay(self._genealogy, order, self._genealogy.document(known.sha256))
                return Received(order, known, created=False)
            self._make_room(order)
            by = {"serial": order.part.serial, "drawing_sha256": _digest(order), "by": signature["name"]}
            event = OnBehalf(self._genealogy, signature).add_event(
                ORDER_RECEIVED, order_id, by, at=self._clock(), document=data, attached=_drawings(order)
            )
            lay(self._genealogy, order, data)
        return Received(order, KnownOrder(order_id, sha256_hex(data), _digest(order), event.at), created=True)

    def _is_same(self, known: KnownOrder, order: Order) -> bool:
        """Whether it says the same with the same drawing; white space and the sequence of keys say nothing."""
        if known.drawing_sha256 != _digest(order):
            return False
        if known.sha256 == order.sha256:
            return True
        before = self._genealogy.document(known.sha256)
        return bool(parse_json(before, "the order") == parse_json(order.document, "the order"))

    def _make_room(self, order: Order) -> None:
        """One order lies here for a part. One that was inspected makes room for the next step's; one that waits does
        not, because the cell could not know which of the two is meant."""
        for one in self._waiting():
            if one.serial != order.part.serial or one.order_id == order.order_id:
                continue
            if not self._genealogy.attempts(one.order_id, one.serial):
                raise Problem(409, f"the order {one.order_id} waits for this part", place="part.serial")
            with kept("an order that is done cannot be taken away"):
                shutil.rmtree(one.path.parent)

    def _waiting(self) -> tuple[Listed, ...]:
        if not self._folder.is_dir():
            return ()
        if self._listed is None:
            self._listed = OrderFolder(self._folder)
        else:
            self._listed.look()
        return self._listed.listed


def _check(order: Order, order_id: str, drawing: bytes | None) -> None:
    if order.order_id != order_id:
        raise InputError(f"the address says {order_id!r}, the order says {order.order_id!r}", place="order_id")
    name = order.geometry.drawing
    if drawing is not None and not name:
        raise InputError("a drawing came with it, and the order names none", place="geometry.drawing")
    if name.endswith(".json"):
        raise InputError("a drawing's name cannot end with .json", place="geometry.drawing")
    if any(len(piece.encode()) > 255 for piece in name.split("/")):
        raise InputError("the drawing's name is too long for a file", place="geometry.drawing")


def _digest(order: Order) -> str | None:
    return order.geometry.drawing_sha256 or None


def _drawings(order: Order) -> tuple[bytes, ...]:
    return (order.drawing,) if order.geometry.drawing else ()

"""The parts of a live study: which orders they follow, what is certified of them, and how the twin makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from station.cycle.inspect import Instrument
from station.cycle.repeat import Subject, subject_of
from station.errors import InputError
from station.order.model import Order
from station.order.read import read_order
from station.twin.bench import Workpiece, workpiece_of_order

SPREAD = 0.5  # of the tolerance: how unlike the twin makes several parts of one order


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What is asked for. `orders` are order files with the certified value of the characteristic where one is known;
    `copies` names several parts of one order; `operators` none: whoever is logged in; `certified`: the study needs the
    parts' certified values."""

    table: Path
    orders: tuple[tuple[Path, float | None], ...]
    characteristic: str
    trials: int
    operators: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    occasions: int = 0
    once: bool = False
    certified: bool = False
    rig: Path | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of the study."""

    name: str
    subject: Subject
    reference: float | None
    workpiece: Workpiece


def pieces_of(request: LiveRequest, instrument: Instrument, moment: datetime) -> list[Piece]:
    """Every part of the study, planned.

    Raises:
        InputError: the orders, the characteristic, or no certified value where the study needs one.
    """
    orders = [(read_order(path), certified) for path, certified in request.orders]
    serials = [order.part.serial for order, _ in orders]
    if len(set(serials)) < len(serials):
        raise InputError("two of the orders are for one part", place="--live")
    if request.copies and len(orders) > 1:
        raise InputError("--parts names several parts of one order; several orders are several parts by themselves")
    found: list[Piece] = []
    for order, certified in orders:
        subject = subject_of(order, request.characteristic, instrument, moment)
        # The twin makes a part exactly as ordered, so what it is ordered to be is certain.
        known = certified if certified is not None else subject.nominal if not request.copies else None
        if request.certified and known is None:
            raise InputError(f"characteristic {request.characteristic} has no nominal that the twin could have made "
                             "exactly: give its certified value, --live ORDER=VALUE", place=order.order_id)  # fmt: skip
        found += [Piece(name, subject, known, piece) for name, piece in made_of(order, subject, request.copies)]
    return found


def made_of(order: Order, subject: Subject, copies: tuple[str, ...]) -> list[tuple[str, Workpiece]]:
    """The part as ordered; or several, their edges grown evenly over part of the tolerance."""
    whole = workpiece_of_order(order)
    if not copies:
        return [(order.part.serial, whole)]
    width = width_of(subject) or 0.0
    middle, steps = (len(copies) - 1) / 2.0, max(len(copies) - 1, 1)
    growths = [SPREAD * width * (i - middle) / steps / 2.0 for i in range(len(copies))]
    return [(name, replace(whole, part=replace(whole.part, growth_mm=g)))
            for name, g in zip(copies, growths, strict=True)]  # fmt: skip


def width_of(subject: Subject) -> float | None:
    """The width between the limits; a geometrical tolerance begins at its natural zero."""
    limits = subject.item.characteristic.limits
    if limits.upper is not None and limits.lower is None and limits.nominal is None:
        return float(limits.upper)
    return None if limits.lower is None or limits.upper is None else float(limits.upper - limits.lower)

"""The folder of orders that came to this station: each in a folder of its own that appears whole or not at all.

The record comes first. What is in it and not in the folder (the power went between the two, a backup was restored) is
laid there when the station starts, or when the same order is sent again.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import exists, select

from station.documents import sha256_hex
from station.durable import synchronise
from station.errors import StationError, StorageError
from station.genealogy.database import translated
from station.genealogy.parts import ORDER_RECEIVED
from station.genealogy.reading import NOTHING_READ
from station.genealogy.schema import events, inspections
from station.genealogy.store import Genealogy
from station.order.model import Order
from station.order.read import parse_order

_NAME = "order.json"
_INCOMING = ".incoming-"


def folder_name(order_id: str) -> str:
    """A name for the folder of an order: readable, safe, and of no other order."""
    readable = re.sub(r"[^0-9A-Za-z._-]+", "_", order_id).lstrip(".")[:60]
    return f"{readable}-{sha256_hex(order_id.encode())[:16]}"


def lay(genealogy: Genealogy, order: Order, data: bytes) -> bool:
    """Lays an order of these bytes where the cell finds it; whether it was not there. One whose part was inspected is
    done: the record has it.

    Raises:
        StorageError: it does not lie there.
    """
    folder = genealogy.home.orders
    target = folder / folder_name(order.order_id)
    if target.is_dir() or genealogy.attempts(order.order_id, order.part.serial):
        return False
    incoming = folder / f"{_INCOMING}{secrets.token_hex(8)}"
    with kept("the order is recorded and cannot be laid into the folder of orders: send it again"):
        try:
            folder.mkdir(exist_ok=True)
            incoming.mkdir()
            _write(incoming / _NAME, data)
            if order.geometry.drawing:
                _write(incoming / order.geometry.drawing, order.drawing)
            synchronise(incoming)
            incoming.rename(target)
            synchronise(folder)
        except BaseException:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
    return True


def lay_waiting(genealogy: Genealogy, say: Callable[[str], None]) -> None:
    """Lays every order that was received and whose part was never inspected, when the station starts; `say` hears of
    each that was missing, or cannot be laid. What was begun and never became an order is cleared away."""
    for begun in genealogy.home.orders.glob(f"{_INCOMING}*"):
        shutil.rmtree(begun, ignore_errors=True)
    inspected = exists().where(inspections.c.order_id == events.c.subject)
    query = select(events.c.subject).where(events.c.kind == ORDER_RECEIVED, ~inspected).order_by(events.c.cursor)
    with translated(NOTHING_READ), genealogy.engine.connect() as connection:
        waiting = tuple(dict.fromkeys(connection.execute(query).scalars()))
    for order_id in waiting:
        if (genealogy.home.orders / folder_name(order_id)).is_dir():
            continue
        try:
            if lay(genealogy, *_received(genealogy, order_id)):
                say(f"The order {order_id} was received and did not lie in the folder of orders; now it does.")
        except StationError as error:
            say(f"The order {order_id} was received and cannot be measured: {error}")


def _received(genealogy: Genealogy, order_id: str) -> tuple[Order, bytes]:
    (event,) = genealogy.events(ORDER_RECEIVED, order_id, 1)
    data, drawing = genealogy.document(event.document_sha256 or ""), event.payload.get("drawing_sha256")
    return parse_order(data, None, order_id, drawing=genealogy.document(drawing) if drawing else None), data


@contextmanager
def kept(consequence: str) -> Iterator[None]:
    """Says what follows from a disk that does not do what it should. Raises: StorageError."""
    try:
        yield
    except OSError as error:
        cause = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else str(error.strerror)
        raise StorageError(f"{cause}: {consequence}") from error


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())

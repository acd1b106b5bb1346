"""What of the record is for whom: a customer sees his own order, and neither others' nor who works here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from station.genealogy.dossier import Dossier
from station.genealogy.events import OVERLAY, Event
from station.genealogy.parts import (
    BUILT_INTO,
    CORRECTION,
    DISPOSITION,
    MATERIAL_CONSUMED,
    OPERATION_DONE,
    ORDER_RECEIVED,
    WITHDRAWN,
    order_of,
)
from station.genealogy.reading import RecordReader
from station.mes.behalf import ACCESS

_OTHERS = ("components", "built_into")  # where the part came to lie, and what lies in it, is of other orders
_ABOUT_PARTS = (
    MATERIAL_CONSUMED, BUILT_INTO, OPERATION_DONE, DISPOSITION, WITHDRAWN, CORRECTION, ORDER_RECEIVED,
)  # fmt: skip


def seen_by(only_order: str | None, value: Any) -> Any:
    """A tree as it is shown: positions in the chain are called so (cursors are opaque); for a customer without what
    is of other orders and without what the station keeps of those who ask."""
    if isinstance(value, list):
        return [seen_by(only_order, child) for child in value]
    if not isinstance(value, dict):
        return value
    hidden = () if only_order is None else (ACCESS, *_OTHERS)
    return {
        "position" if key == "cursor" else key: seen_by(only_order, child)
        for key, child in value.items()
        if key not in hidden
    }


def dossier_for(only_order: str | None, dossier: Dossier) -> Dossier:
    """A dossier as it is exported for somebody; for a customer, whatever the format, from what is about his order."""
    if only_order is None:
        return dossier
    seen = _OneOrder(dossier.reader, only_order)
    return replace(dossier, reader=seen, events=seen.shown(dossier.events))


class _OneOrder(RecordReader):
    """The record without events that name another order, or no order but a serial that others may use too."""

    def __init__(self, reader: RecordReader, order_id: str) -> None:
        super().__init__(reader.home, reader.engine)
        self._order_id = order_id

    def events_about(self, names: Collection[str]) -> tuple[Event, ...]:
        """As `RecordReader.events_about`."""
        return self.shown(super().events_about(names))

    def events_about_part(self, order_id: str, serial: str) -> tuple[Event, ...]:
        """As `RecordReader.events_about_part`."""
        return self.shown(super().events_about_part(order_id, serial))

    def shown(self, events: Collection[Event]) -> tuple[Event, ...]:
        """Those that are his to see, without who had them recorded."""
        return tuple(
            replace(event, payload={key: value for key, value in event.payload.items() if key != ACCESS})
            for event in events
            if event.kind == OVERLAY or self._is_his(event)
        )

    def _is_his(self, event: Event) -> bool:
        of_parent = event.payload.get("parent_order_id", self._order_id)
        return event.kind in _ABOUT_PARTS and order_of(event) == of_parent == self._order_id

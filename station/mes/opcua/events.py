"""Events to whoever subscribed to the vision system or to the whole server."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asyncua import ua
from asyncua.common.events import Event

from station.mes.opcua.nodes import Nodes
from station.mes.opcua.states import Where, transition
from station.mes.opcua.structures import Structures
from station.mes.opcua.table import TableNode

INFORMATION, WARNING, FAULT = 100, 500, 800  # severities, 1 to 1000
Fields = Mapping[str, tuple[Any, ua.VariantType]]  # values with their types, by name
_log = logging.getLogger(__name__)


class _Event(Event):  # type: ignore[misc]
    """One event; a client that asks for a field which it does not have gets null, whatever it asks for."""

    def to_event_fields(self, select_clauses: list[ua.SimpleAttributeOperand]) -> list[ua.Variant]:
        return [self._field(clause) for clause in select_clauses]

    def _field(self, clause: ua.SimpleAttributeOperand) -> ua.Variant:
        name = "/".join(str(part.Name) for part in clause.BrowsePath or ())
        value = getattr(self, name) if name in self.data_types else None
        return ua.Variant(None) if value is None else ua.Variant(value, self.data_types[name])


@dataclass(frozen=True, slots=True)
class Events:
    """Tells the clients; `system` is the node of the vision system, `sources` its parts by name."""

    nodes: Nodes
    structures: Structures
    system: ua.NodeId
    sources: Mapping[str, ua.NodeId]

    async def tell(
        self, kind: str, source: str, message: str, fields: Fields | None = None, *, severity: int = INFORMATION
    ) -> None:
        """One event of a type of the table; `fields` are values with their types, by name."""
        event = self._event(kind, source, message, severity, fields or {})
        for emitting in (self.system, ua.NodeId(ua.ObjectIds.Server)):
            event.emitting_node = emitting
            try:
                await self.nodes.server.iserver.subscription_service.trigger_event(event)
            except Exception as error:  # what one client subscribed to must not keep events from the others
                _log.warning("an event of OPC UA could not be delivered: %s", error)

    def _event(self, kind: str, source: str, message: str, severity: int, fields: Fields) -> _Event:
        now = datetime.now(UTC)
        event = _Event()
        for name, value, of_type in (
            ("EventId", uuid.uuid4().bytes, ua.VariantType.ByteString),
            ("EventType", self.nodes.id(self.nodes.table.named(kind).id), ua.VariantType.NodeId),
            ("SourceNode", self.sources[source], ua.VariantType.NodeId),
            ("SourceName", source.rpartition("/")[2], ua.VariantType.String),
            ("Time", now, ua.VariantType.DateTime),
            ("ReceiveTime", now, ua.VariantType.DateTime),
            ("Message", ua.LocalizedText(message), ua.VariantType.LocalizedText),
            ("Severity", severity, ua.VariantType.UInt16),
        ):
            event.add_property(name, value, of_type)
        for name, (value, of_type) in fields.items():
            event.add_property(name, value, of_type)
        return event

    async def state_changed(self, machine: str, before: Where, after: Where, message: str) -> None:
        """One step of a state machine (8.2.4): the change, and with it an error that came or went."""
        step = transition(before, after)
        table = self.nodes.table.nodes
        fields = {
            **self._named("Transition", step),
            **self._named("FromState", table[step.from_state]),
            **self._named("ToState", table[step.to_state]),
        }
        severity = FAULT if after == ("Error",) else INFORMATION
        await self.tell("StateChangedEventType", machine, message, fields, severity=severity)
        if after == ("Error",):
            await self.tell("ErrorEventType", machine, message, fields, severity=FAULT)
        elif before == ("Error",):
            await self.tell("ErrorResolvedEventType", machine, message, fields)

    def _named(self, name: str, node: TableNode) -> dict[str, tuple[Any, ua.VariantType]]:
        return {
            name: (ua.LocalizedText(node.name), ua.VariantType.LocalizedText),
            f"{name}/Id": (self.nodes.id(node.id), ua.VariantType.NodeId),
        }

    def structure(self, name: str, **fields: Any) -> tuple[Any, ua.VariantType]:
        """A structure as a field of an event."""
        return self.structures.make(name, **fields), ua.VariantType.ExtensionObject

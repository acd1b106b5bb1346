"""The one vision system of the station in the address space, and what of it changes.

Its nodes have texts as numbers: the way to them (``Station/VisionStateMachine/CurrentState``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asyncua import Server, ua

from station.mes.opcua.methods import Methods
from station.mes.opcua.nodes import Nodes
from station.mes.opcua.states import Where, transition
from station.mes.opcua.structures import Structures
from station.mes.opcua.table import TableNode

OUTER, INNER = "VisionStateMachine", "VisionStateMachine/AutomaticModeStateMachine"
_STATE_MACHINE = "i=2771"  # FiniteStateMachineType, OPC 10000-16


@dataclass(frozen=True, slots=True)
class VisionSystem:
    """`nodes` by their way below the system's node, which is ``""``."""

    server: Server
    made: Nodes
    structures: Structures
    nodes: Mapping[str, ua.NodeId]

    async def write(self, path: str, value: Any, kind: ua.VariantType) -> None:
        """A variable's value; clients that watch it are told."""
        variant = ua.Variant(value, kind)
        status = await self.server.iserver.aspace.write_attribute_value(
            self.nodes[path], ua.AttributeIds.Value, ua.DataValue(variant)
        )
        status.check()

    async def write_structure(self, path: str, value: Any) -> None:
        """A variable whose value is a structure."""
        await self.write(path, value, ua.VariantType.ExtensionObject)

    async def stand(self, place: Where, before: Where | None = None) -> None:
        """Both state machines' state, and the transition that led there."""
        table = self.made.table
        outer = table.named("VisionStateMachineType").id
        await self._state(OUTER, table.child(outer, place[0]))
        if len(place) > 1:
            inner = table.named("VisionAutomaticModeStateMachineType").id
            await self._state(INNER, table.child(inner, place[1]))
        else:
            await self._no_state(INNER)
        if before is not None:
            step = transition(before, place)
            machine = OUTER if step.parent == str(outer) else INNER
            await self._named(f"{machine}/LastTransition", step)

    async def _state(self, machine: str, state: TableNode) -> None:
        await self._named(f"{machine}/CurrentState", state)

    async def _named(self, path: str, node: TableNode) -> None:
        await self.write(f"{path}/Id", self.made.id(node.id), ua.VariantType.NodeId)
        await self.write(f"{path}/Number", node.number[1], ua.VariantType.UInt32)
        await self.write(path, ua.LocalizedText(node.name), ua.VariantType.LocalizedText)

    async def _no_state(self, machine: str) -> None:
        """OPC 10000-16, 4.4.17: a sub state machine whose parent's state is not active has no state."""
        bad = ua.DataValue(ua.Variant(None), StatusCode=ua.StatusCode(ua.StatusCodes.BadStateNotActive))
        for path in ("CurrentState", "CurrentState/Id", "CurrentState/Number"):
            node = self.nodes[f"{machine}/{path}"]
            await self.server.iserver.aspace.write_attribute_value(node, ua.AttributeIds.Value, bad)


async def add_system(server: Server, nodes: Nodes, structures: Structures, methods: Methods, name: str) -> VisionSystem:
    """The instance of `VisionSystemType` below Objects."""
    builder = _Builder(nodes, methods, name, {})
    kind = nodes.table.named("VisionSystemType")
    root = ua.QualifiedName(name, nodes.own)
    await builder.object("", root, ua.NodeId(ua.ObjectIds.ObjectsFolder), "Organizes", kind)
    await nodes.refer(ua.NodeId(ua.ObjectIds.Server), ua.NodeId(ua.ObjectIds.HasNotifier), builder.made[""])
    for part in ("VisionStateMachine", "ResultManagement", "RecipeManagement", "SafetyStateManagement"):
        await nodes.refer(builder.made[""], ua.NodeId(ua.ObjectIds.HasEventSource), builder.made[part])
    for event in nodes.table.nodes.values():
        if event.name.endswith("EventType"):
            await nodes.refer(builder.made[""], ua.NodeId(ua.ObjectIds.GeneratesEvent), nodes.id(event.id))
    return VisionSystem(server, nodes, structures, builder.made)


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes objects like their types; `made` holds what was."""

    nodes: Nodes
    methods: Methods
    root: str
    made: dict[str, ua.NodeId]

    def _id(self, path: str) -> ua.NodeId:
        return ua.NodeId(f"{self.root}/{path}".rstrip("/"), self.nodes.own)

    async def object(
        self, path: str, name: ua.QualifiedName, parent: ua.NodeId, reference: str, kind: TableNode
    ) -> None:
        """An object of a type of the table with all that the table says of that type."""
        notifies = ua.EventNotifier.SubscribeToEvents.mask if not path else 0
        id = await self.nodes.add(
            "Object", self._id(path), name, parent, reference, type=self.nodes.id(kind.id), EventNotifier=notifies
        )
        self.made[path] = id
        if kind.parent == _STATE_MACHINE:
            await self._state_variables(path, id)
        for child in self.nodes.table.children(kind.id):
            if child.rule:  # states and transitions stay with the type
                await self._child(f"{path}/{child.name}".lstrip("/"), id, child)

    async def _child(self, path: str, parent: ua.NodeId, child: TableNode) -> None:
        name = self.nodes.name(child.name)
        match child.node_class:
            case "Object":
                kind = self.nodes.table.nodes[int(child.type)]
                await self.object(path, name, parent, child.reference, kind)
            case "Method":
                await self._method(path, name, parent, child)
            case _:
                self.made[path] = await self.nodes.variable(
                    self._id(path),
                    name,
                    parent,
                    self.nodes.data_type(child.data_type),
                    is_array=child.data_type.is_array,
                    reference=child.reference,
                    type=self.nodes.id(child.type),
                )

    async def _method(self, path: str, name: ua.QualifiedName, parent: ua.NodeId, method: TableNode) -> None:
        may = self.methods.is_answered(method)
        id = await self.nodes.add(
            "Method", self._id(path), name, parent, method.reference, Executable=may, UserExecutable=may
        )
        self.made[path] = id
        for said, called in ((method.inputs, "InputArguments"), (method.outputs, "OutputArguments")):
            await self.nodes.add_arguments(id, said, called, self._id(f"{path}/{called}"))
        session = self.nodes.server.iserver.isession
        for node in (id, self.nodes.id(method.id)):  # a client may name the type's method, OPC 10000-4, 5.11.2
            session.add_method_callback(node, self.methods.callback(method))

    async def _state_variables(self, path: str, machine: ua.NodeId) -> None:
        """What every finite state machine has: its state, and the transition that led there."""
        kinds = ua.ObjectIds
        for name, kind in (("CurrentState", 2760), ("LastTransition", 2767)):
            below = f"{path}/{name}"
            variable = await self.nodes.variable(
                self._id(below),
                ua.QualifiedName(name),
                machine,
                ua.NodeId(kinds.LocalizedText),
                reference="HasComponent",
                type=ua.NodeId(kind),
            )
            self.made[below] = variable
            for part, data_type in (("Id", kinds.NodeId), ("Number", kinds.UInt32)):
                self.made[f"{below}/{part}"] = await self.nodes.variable(
                    self._id(f"{below}/{part}"), ua.QualifiedName(part), variable, ua.NodeId(data_type)
                )

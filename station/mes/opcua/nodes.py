"""Nodes into an address space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asyncua import Server, ua

from station.mes.opcua.table import BASE_TYPES, Arguments, Field, Table

_ATTRIBUTES = {
    "Object": ua.ObjectAttributes,
    "Variable": ua.VariableAttributes,
    "Method": ua.MethodAttributes,
    "ObjectType": ua.ObjectTypeAttributes,
    "DataType": ua.DataTypeAttributes,
    "ReferenceType": ua.ReferenceTypeAttributes,
}


@dataclass(frozen=True, slots=True)
class Nodes:
    """Adds nodes to `server`; `standard` is the index of OPC 40100-1's namespace, `own` of the station's."""

    server: Server
    table: Table
    standard: int
    own: int

    def id(self, number: int | str) -> ua.NodeId:
        """A node of the table: ``3019`` is the standard's, ``i=22`` OPC UA's own."""
        text = str(number)
        return ua.NodeId(int(text[2:])) if text.startswith("i=") else ua.NodeId(int(text), self.standard)

    def name(self, text: str) -> ua.QualifiedName:
        """A browse name of the table's namespace; with ``0:`` in front of OPC UA's own."""
        return ua.QualifiedName(text.removeprefix("0:"), 0 if text.startswith("0:") else self.standard)

    def data_type(self, field: Field) -> ua.NodeId:
        """The node of a field's type."""
        if field.data_type in BASE_TYPES:
            return ua.NodeId(BASE_TYPES[field.data_type])
        return self.id(self.table.named(field.data_type).id)

    async def add(
        self,
        node_class: str,
        id: ua.NodeId,
        name: ua.QualifiedName,
        parent: ua.NodeId,
        reference: str,
        *,
        type: ua.NodeId | None = None,
        **attributes: Any,
    ) -> ua.NodeId:
        """One node; `attributes` are those of its class."""
        filled = _ATTRIBUTES[node_class]()
        filled.DisplayName = ua.LocalizedText(name.Name)
        for key, value in attributes.items():
            setattr(filled, key, value)
        item = ua.AddNodesItem(
            ParentNodeId=parent,
            ReferenceTypeId=ua.NodeId(getattr(ua.ObjectIds, reference)),
            RequestedNewNodeId=id,
            BrowseName=name,
            NodeClass=ua.NodeClass[node_class],
            NodeAttributes=filled,
            TypeDefinition=type or ua.NodeId(),
        )
        result = (await self.server.iserver.isession.add_nodes([item]))[0]
        result.StatusCode.check()
        return result.AddedNodeId

    async def variable(
        self,
        id: ua.NodeId,
        name: ua.QualifiedName,
        parent: ua.NodeId,
        data_type: ua.NodeId,
        *,
        value: ua.Variant | None = None,
        is_array: bool = False,
        reference: str = "HasProperty",
        type: ua.NodeId | None = None,
    ) -> ua.NodeId:
        """A variable that clients read and only the station writes."""
        rank = ua.ValueRank.OneDimension if is_array else ua.ValueRank.Scalar
        return await self.add(
            "Variable",
            id,
            name,
            parent,
            reference,
            type=type or ua.NodeId(ua.ObjectIds.PropertyType),
            DataType=data_type,
            ValueRank=rank,
            ArrayDimensions=[0] if is_array else None,
            Value=value or ua.Variant(None, ua.VariantType.Null),
            AccessLevel=ua.AccessLevel.CurrentRead.mask,
            UserAccessLevel=ua.AccessLevel.CurrentRead.mask,
        )

    async def refer(self, source: ua.NodeId, reference: ua.NodeId, target: ua.NodeId) -> None:
        """A reference, seen from both its ends."""
        session = self.server.iserver.isession
        for start, end, is_forward in ((source, target, True), (target, source, False)):
            item = ua.AddReferencesItem(
                SourceNodeId=start, ReferenceTypeId=reference, IsForward=is_forward, TargetNodeId=end
            )
            item.TargetNodeClass = ua.NodeClass.Unspecified
            for status in await session.add_references([item]):
                status.check()

    async def add_arguments(self, method: ua.NodeId, said: Arguments | None, name: str, id: ua.NodeId) -> None:
        """What a method takes or gives."""
        if said is None:
            return
        value = [
            ua.Argument(
                Name=field.name,
                DataType=self.data_type(field),
                ValueRank=ua.ValueRank.OneDimension if field.is_array else ua.ValueRank.Scalar,
                ArrayDimensions=[0] if field.is_array else [],
            )
            for field in said.fields
        ]
        await self.variable(
            id,
            ua.QualifiedName(name),
            method,
            ua.NodeId(ua.ObjectIds.Argument),
            value=ua.Variant(value, ua.VariantType.ExtensionObject, is_array=True),
            is_array=True,
        )

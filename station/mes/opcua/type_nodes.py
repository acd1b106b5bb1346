"""The types of the table in an address space, and which version of the standard they are of."""

from __future__ import annotations

from datetime import datetime

from asyncua import ua

from station.mes.opcua.facts import NAMESPACE
from station.mes.opcua.nodes import Nodes
from station.mes.opcua.table import TableNode

VERSION, PUBLISHED = "1.0.0", "2019-07-11T10:18:27Z"  # of the information model
_METADATA = 5009  # its node in the specification's own namespace
_RULES = {"M": ua.ObjectIds.ModellingRule_Mandatory, "O": ua.ObjectIds.ModellingRule_Optional}


async def add_types(nodes: Nodes) -> None:
    """Every node of the table, and what says which namespace that is and that not all of it is here."""
    for node in nodes.table.nodes.values():
        await _add_type_node(nodes, node)
    for node in nodes.table.nodes.values():
        await _add_references(nodes, node)
    await _add_metadata(nodes)


async def _add_type_node(nodes: Nodes, node: TableNode) -> None:
    id, name, parent = nodes.id(node.id), nodes.name(node.name), nodes.id(node.parent)
    definition = nodes.id(node.type) if node.type else None
    match node.node_class:
        case "Variable":
            await nodes.variable(
                id,
                name,
                parent,
                nodes.data_type(node.data_type),
                is_array=node.data_type.is_array,
                reference=node.reference,
                type=definition,
            )
        case "Method":
            await nodes.add("Method", id, name, parent, node.reference, Executable=True, UserExecutable=True)
        case "DataType":
            more = {"DataTypeDefinition": _definition(nodes, node)} if node.encoding or node.values else {}
            await nodes.add("DataType", id, name, parent, node.reference, IsAbstract=node.is_abstract, **more)
        case "ObjectType":
            await nodes.add("ObjectType", id, name, parent, node.reference, IsAbstract=node.is_abstract)
        case "ReferenceType":
            await nodes.add("ReferenceType", id, name, parent, node.reference, IsAbstract=False)
        case _:
            await nodes.add("Object", id, name, parent, node.reference, type=definition)
    for said, called in ((node.inputs, "InputArguments"), (node.outputs, "OutputArguments")):
        await nodes.add_arguments(id, said, called, nodes.id(said.id) if said else id)
    if node.encoding:
        encoded = ua.NodeId(ua.ObjectIds.DataTypeEncodingType)
        binary = ua.QualifiedName("Default Binary")
        await nodes.add("Object", nodes.id(node.encoding), binary, id, "HasEncoding", type=encoded)
    if node.values:
        listed = [
            ua.EnumValueType(Value=value, DisplayName=ua.LocalizedText(word)) for word, value in node.values.items()
        ]
        values = ua.Variant(listed, ua.VariantType.ExtensionObject, is_array=True)
        kind = ua.NodeId(ua.ObjectIds.EnumValueType)
        called_values = ua.QualifiedName("EnumValues")
        await nodes.variable(nodes.id(node.number[0]), called_values, id, kind, value=values, is_array=True)
    elif node.number[0]:
        called_number = ua.QualifiedName("StateNumber" if node.type == "i=2307" else "TransitionNumber")
        number = ua.Variant(node.number[1], ua.VariantType.UInt32)
        await nodes.variable(nodes.id(node.number[0]), called_number, id, ua.NodeId(ua.ObjectIds.UInt32), value=number)


def _definition(nodes: Nodes, node: TableNode) -> ua.StructureDefinition | ua.EnumDefinition:
    if node.values:
        return ua.EnumDefinition(Fields=[ua.EnumField(Name=word, Value=value) for word, value in node.values.items()])
    fields = nodes.table.all_fields(node)
    has_options = any(field.is_optional for field in fields)
    return ua.StructureDefinition(
        DefaultEncodingId=nodes.id(node.encoding),
        BaseDataType=nodes.id(node.parent),
        StructureType=ua.StructureType.StructureWithOptionalFields if has_options else ua.StructureType.Structure,
        Fields=[
            ua.StructureField(
                Name=field.name,
                DataType=nodes.data_type(field),
                ValueRank=ua.ValueRank.OneDimension if field.is_array else ua.ValueRank.Scalar,
                ArrayDimensions=[0] if field.is_array else None,
                IsOptional=field.is_optional,
            )
            for field in fields
        ],
    )


async def _add_references(nodes: Nodes, node: TableNode) -> None:
    id, table = nodes.id(node.id), nodes.table

    def kind(name: str) -> ua.NodeId:
        return ua.NodeId(getattr(ua.ObjectIds, name))

    if node.rule:
        await nodes.refer(id, kind("HasModellingRule"), ua.NodeId(_RULES[node.rule]))
    said = (node.inputs.id if node.inputs else 0, node.outputs.id if node.outputs else 0, node.number[0])
    for property in filter(None, said):
        await nodes.refer(nodes.id(property), kind("HasModellingRule"), ua.NodeId(_RULES["M"]))
    for cause in node.causes:
        await nodes.refer(id, kind("HasCause"), nodes.id(cause))
    for effect in node.effects:
        await nodes.refer(id, kind("HasEffect"), nodes.id(effect))
    if node.from_state:
        await nodes.refer(id, kind("FromState"), nodes.id(node.from_state))
        await nodes.refer(id, kind("ToState"), nodes.id(node.to_state))
        await nodes.refer(nodes.id(node.from_state), nodes.id(table.named("ToTransition").id), id)
        if table.nodes[node.to_state].parent == node.parent:
            await nodes.refer(nodes.id(node.to_state), nodes.id(table.named("FromTransition").id), id)
    if node.name == "Operational":
        inner = table.child(int(node.parent), "AutomaticModeStateMachine")
        await nodes.refer(id, kind("HasSubStateMachine"), nodes.id(inner.id))


async def _add_metadata(nodes: Nodes) -> None:
    """OPC 40100-1, 13.1; it says that this is a part of the namespace."""
    parent, kind = ua.NodeId(ua.ObjectIds.Server_Namespaces), ua.NodeId(ua.ObjectIds.NamespaceMetadataType)
    id = await nodes.add(
        "Object", nodes.id(_METADATA), ua.QualifiedName(NAMESPACE, nodes.standard), parent, "HasComponent", type=kind
    )
    published = ua.Variant(datetime.fromisoformat(PUBLISHED), ua.VariantType.DateTime)
    numeric = ua.Variant([ua.IdType.Numeric], ua.VariantType.Int32, is_array=True)
    for number, name, data_type, value in (
        (6549, "IsNamespaceSubset", "Boolean", ua.Variant(True)),
        (6552, "NamespacePublicationDate", "DateTime", published),
        (6553, "NamespaceUri", "String", ua.Variant(NAMESPACE)),
        (6554, "NamespaceVersion", "String", ua.Variant(VERSION)),
        (6556, "StaticNodeIdTypes", "IdType", numeric),
        (6558, "StaticNumericNodeIdRange", "NumericRange", ua.Variant(["1:65535"], is_array=True)),
        (6559, "StaticStringNodeIdPattern", "String", ua.Variant("")),
    ):
        of_type = ua.NodeId(getattr(ua.ObjectIds, data_type))
        is_array = bool(value.is_array)
        await nodes.variable(nodes.id(number), ua.QualifiedName(name), id, of_type, value=value, is_array=is_array)

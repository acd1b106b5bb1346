"""Our types against the OPC Foundation's own NodeSet2 of OPC 40100-1, node by node and reference by reference."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Any

import pytest
from asyncua import Server, ua

from station.mes.opcua.facts import NAMESPACE
from station.mes.opcua.nodes import Nodes
from station.mes.opcua.table import machine_vision
from station.mes.opcua.type_nodes import PUBLISHED, VERSION, add_types
from tests.cli.program import ROOT

OFFICIAL = ROOT.parent / "shared" / "schemas" / "opcua" / "MachineVision" / "Opc.Ua.MachineVision.NodeSet2.xml"
SET = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"
TYPES = "{http://opcfoundation.org/UA/2008/02/Types.xsd}"
INDEX = 2  # of the namespace in the server under test
Reference = tuple[str, str, str]  # from, kind, to; ``ns=2;i=1003``, ``i=58``

pytestmark = pytest.mark.skipif(not OFFICIAL.is_file(), reason="the official nodeset (../shared/schemas) is not here")


@dataclass(frozen=True)
class Official:
    nodes: dict[str, ElementTree.Element]
    names: dict[str, str]  # of types by node
    references: set[Reference]
    aliases: dict[str, str]

    def id(self, text: str | None) -> str:
        found = self.aliases.get((text or "i=24").strip(), (text or "i=24").strip())
        return found.replace("ns=1;", f"ns={INDEX};")

    def children(self, parent: str) -> set[str]:
        return {to for start, kind, to in self.references if start == parent and kind in ("i=46", "i=47")}

    def rule(self, node: str) -> str:
        return next((to for start, kind, to in self.references if start == node and kind == "i=37"), "")


@pytest.fixture(scope="module")
def official() -> Official:
    root = ElementTree.parse(OFFICIAL).getroot()
    aliases = {one.get("Alias", ""): one.text or "" for one in root.iter(f"{SET}Alias")}
    plain = Official({}, {}, set(), aliases)
    for node in root:
        if (text := node.get("NodeId")) is None:
            continue
        id = plain.id(text)
        plain.nodes[id] = node
        for one in node.iter(f"{SET}Reference"):
            kind, other = plain.id(one.get("ReferenceType")), plain.id(one.text)
            ends = (other, id) if one.get("IsForward") == "false" else (id, other)
            plain.references.add((ends[0], kind, ends[1]))
    return plain


@pytest.fixture(scope="module")
def ours() -> Server:
    """The address space as the station builds it."""

    async def build() -> Server:
        server = Server()
        await server.init()
        standard = await server.register_namespace(NAMESPACE)
        assert standard == INDEX
        await add_types(Nodes(server, machine_vision(), standard, standard + 1))
        return server

    return asyncio.run(build())


def text(id: ua.NodeId) -> str:
    return id.to_string()


def value(server: Server, id: str, attribute: str) -> Any:
    found = server.iserver.aspace.read_attribute_value(ua.NodeId.from_string(id), getattr(ua.AttributeIds, attribute))
    return found.Value.Value if found.Value is not None else None


def offered(server: Server) -> list[str]:
    every = server.iserver.aspace.keys()
    return [text(id) for id in every if id.NamespaceIndex == INDEX]


def test_every_node_of_ours_is_one_of_theirs(official: Official, ours: Server) -> None:
    ids = offered(ours)
    assert len(ids) > 200
    for id in ids:
        theirs = official.nodes[id]
        kind = theirs.tag.removeprefix(f"{SET}UA")
        name = theirs.get("BrowseName", "")
        in_namespace = name.startswith("1:")
        expected = ua.QualifiedName(name.removeprefix("1:"), INDEX if in_namespace else 0)
        assert value(ours, id, "NodeClass") == ua.NodeClass[kind], id
        assert value(ours, id, "BrowseName") == expected, id
        if kind.endswith("Type"):
            assert bool(value(ours, id, "IsAbstract")) == (theirs.get("IsAbstract") == "true"), id
        if kind == "Variable":
            assert text(value(ours, id, "DataType")) == official.id(theirs.get("DataType")), id
            assert int(value(ours, id, "ValueRank")) == int(theirs.get("ValueRank", "-1")), id


def test_every_reference_between_nodes_of_ours_is_theirs_and_the_other_way_round(
    official: Official, ours: Server
) -> None:
    ids = set(offered(ours))
    mine = set()
    for id in ids:
        for one in ours.iserver.aspace[ua.NodeId.from_string(id)].references:
            ends = (id, text(one.NodeId)) if one.IsForward else (text(one.NodeId), id)
            mine.add((ends[0], text(one.ReferenceTypeId), ends[1]))
    known = {ref for ref in official.references if all(end in ids or end.startswith("i=") for end in (ref[0], ref[2]))}
    assert mine - known == set()
    assert known - mine == set()


def test_arguments_of_methods_and_fields_of_structures_are_theirs(official: Official, ours: Server) -> None:
    methods, structures, enumerations = 0, 0, 0
    for id in offered(ours):
        theirs = official.nodes[id]
        if theirs.get("BrowseName") in ("InputArguments", "OutputArguments"):
            said = [
                (
                    one.findtext(f"{TYPES}Name"),
                    official.id(one.findtext(f"{TYPES}DataType/{TYPES}Identifier")),
                    int(one.findtext(f"{TYPES}ValueRank") or 0),
                )
                for one in theirs.iter(f"{TYPES}Argument")
            ]
            assert [(one.Name, text(one.DataType), int(one.ValueRank)) for one in value(ours, id, "Value")] == said, id
            methods += 1
        definition = theirs.find(f"{SET}Definition")
        if definition is None:
            continue
        mine = value(ours, id, "DataTypeDefinition")
        if isinstance(mine, ua.EnumDefinition):
            listed = [(one.get("Name"), int(one.get("Value", "0"))) for one in definition]
            assert [(one.Name, one.Value) for one in mine.Fields] == listed, id
            enumerations += 1
            continue
        listed_fields = [
            (
                one.get("Name"),
                official.id(one.get("DataType")),
                int(one.get("ValueRank", "-1")),
                one.get("IsOptional") == "true",
            )
            for one in definition
        ]
        own = mine.Fields[len(mine.Fields) - len(listed_fields) :] if listed_fields else []
        assert [(f.Name, text(f.DataType), int(f.ValueRank), f.IsOptional) for f in own] == listed_fields, id
        structures += 1
    assert (methods, structures, enumerations) == (39, 13, 2)


def test_numbers_of_states_and_transitions_are_theirs(official: Official, ours: Server) -> None:
    checked = set()
    for id in offered(ours):
        theirs = official.nodes[id]
        if theirs.get("BrowseName") in ("StateNumber", "TransitionNumber"):
            found = theirs.find(f"{SET}Value")
            assert found is not None
            assert value(ours, id, "Value") == int("".join(found.itertext())), id
            checked.add(id)
    machines = [f"ns={INDEX};i=1017", f"ns={INDEX};i=1021"]
    parts = {part for machine in machines for part in official.children(machine)}
    numbers = {to for part in parts for to in official.children(part)}
    wanted = {id for id in numbers if official.nodes[id].get("BrowseName") in ("StateNumber", "TransitionNumber")}
    assert checked == wanted


def test_nothing_mandatory_is_missing(official: Official, ours: Server) -> None:
    """Of every type that is here; what is optional and missing is left out on purpose."""
    ids = set(offered(ours))
    for id in ids:
        theirs = official.nodes[id]
        if not theirs.tag.endswith("ObjectType"):
            continue
        for child in official.children(id) - ids:
            name = official.nodes[child].get("BrowseName", "").removeprefix("1:")
            assert official.rule(child) != "i=78", (id, name)


def test_the_version_is_theirs(official: Official) -> None:
    model = next(ElementTree.parse(OFFICIAL).getroot().iter(f"{SET}Model"))
    assert (model.get("ModelUri"), model.get("Version"), model.get("PublicationDate")) == (
        NAMESPACE,
        VERSION,
        PUBLISHED,
    )

"""The nodes of OPC 40100-1 that the station offers, as a table: `machine_vision.csv`, one node a line.

Numbers, names and structure are those of the specification (OPC 40100-1:2019, information model 1.0.0, © OPC
Foundation, MIT License 1.00); a test compares them with the official NodeSet2 node by node. References to nodes are
their numbers, with ``i=`` in front for those of OPC UA itself.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

BASE_TYPES = {
    "Boolean": 1,
    "Int32": 6,
    "UInt32": 7,
    "String": 12,
    "ByteString": 15,
    "LocalizedText": 21,
    "BaseDataType": 24,
    "Duration": 290,
    "UtcTime": 294,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a structure, or an argument of a method; `data_type` is a name."""

    name: str
    data_type: str
    is_array: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a method takes or gives: the node that says it, and what it says."""

    id: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class TableNode:
    """One node. `rule` is M (mandatory) or O (optional) for what instances have, else empty.

    `values` are those of an enumeration, `fields` the own ones of a structure, `encoding` its binary encoding's node.
    `number` is the node of a state's or transition's number (of an enumeration: of its values) and the number itself.
    """

    id: int
    node_class: str
    name: str
    parent: str
    reference: str
    type: str
    rule: str
    is_abstract: bool
    data_type: Field
    fields: tuple[Field, ...]
    values: Mapping[str, int]
    encoding: int
    inputs: Arguments | None
    outputs: Arguments | None
    number: tuple[int, int]
    from_state: int
    to_state: int
    causes: tuple[int, ...]
    effects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All of them, by number, in an order in which each comes after its parent."""

    nodes: Mapping[int, TableNode]

    def named(self, name: str) -> TableNode:
        """The type of that name."""
        return next(node for node in self.nodes.values() if node.name == name and node.node_class.endswith("Type"))

    def children(self, parent: int) -> tuple[TableNode, ...]:
        """What the type `parent` is made of."""
        return tuple(n for n in self.nodes.values() if n.parent == str(parent) and n.reference != "HasSubtype")

    def child(self, parent: int, name: str) -> TableNode:
        """The one part of the type `parent` with that name."""
        return next(node for node in self.children(parent) if node.name == name)

    def all_fields(self, structure: TableNode) -> tuple[Field, ...]:
        """Its fields, those that it inherits first."""
        inherited = () if structure.parent.startswith("i=") else self.all_fields(self.nodes[int(structure.parent)])
        return (*inherited, *structure.fields)


@cache
def machine_vision() -> Table:
    """The table, read once."""
    text = files(__package__).joinpath("machine_vision.csv").read_text(encoding="utf-8")
    return Table({node.id: node for node in map(_node, csv.DictReader(text.splitlines()))})


def _node(row: Mapping[str, str]) -> TableNode:
    values = dict(word.split("=") for word in row["fields"].split() if "=" in word)
    number = [int(word) for word in row["number"].split()]
    return TableNode(
        id=int(row["id"]),
        node_class=row["node_class"],
        name=row["name"],
        parent=row["parent"],
        reference=row["reference"],
        type=row["type"],
        rule=row["rule"],
        is_abstract=row["abstract"] == "yes",
        data_type=_field(f":{row['data_type'] or 'BaseDataType'}"),
        fields=tuple(_field(word) for word in row["fields"].split() if ":" in word),
        values={name: int(value) for name, value in values.items()},
        encoding=int(row["encoding"] or 0),
        inputs=_arguments(row["inputs"]),
        outputs=_arguments(row["outputs"]),
        number=(number[0] if number else 0, number[1] if len(number) > 1 else 0),
        from_state=int(row["from_state"] or 0),
        to_state=int(row["to_state"] or 0),
        causes=tuple(map(int, row["causes"].split())),
        effects=tuple(map(int, row["effects"].split())),
    )


def _field(word: str) -> Field:
    """``Name:Type``, ``Name:Type[]``, ``Name:Type?``."""
    name, _, kind = word.partition(":")
    is_optional = kind.endswith("?")
    kind = kind.removesuffix("?")
    return Field(name, kind.removesuffix("[]"), kind.endswith("[]"), is_optional)


def _arguments(text: str) -> Arguments | None:
    if not text:
        return None
    id, *words = text.split()
    return Arguments(int(id), tuple(map(_field, words)))

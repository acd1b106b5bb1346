"""Elements of a QIF document: numbers as decimals, texts that XML can carry, ids, counts and attributes of our own."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from lxml import etree

from station.documents import plain

NAMESPACE = "http://qifstandards.org/xsd/qif3"
PREFIX = "station."  # of every attribute that is ours
_QPIDS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:station:qif")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element: TypeAlias = etree._Element
Value: TypeAlias = str | int | float | Decimal | bool


class Ids:
    """QIF ids of one document: 1, 2, 3, …"""

    def __init__(self) -> None:
        self.last = 0

    def new(self) -> str:
        """The next id."""
        self.last += 1
        return str(self.last)


def qpid(*names: str) -> str:
    """The persistent id (QPId) of what these names say: UUID version 5, always the same."""
    return str(uuid.uuid5(_QPIDS, json.dumps(names)))


def text(value: Value) -> str:
    """A value as XML content: decimals in full and without exponent, texts with pictures for what XML cannot carry."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _NOT_XML.sub(_picture, value)
    return format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def root(name: str, **attributes: str) -> Element:
    """The document's outermost element."""
    return etree.Element(f"{{{NAMESPACE}}}{name}", attributes, nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # lxml-stubs know no default namespace


def add(parent: Element, name: str, content: Value | None = None, /, **attributes: Value) -> Element:
    """A new last child of `parent`."""
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", {key: text(value) for key, value in attributes.items()})
    if content is not None:
        made.text = text(content)
    return made


def add_if(parent: Element, name: str, content: Value | None) -> None:
    """A new last child, unless there is nothing to say."""
    if content not in (None, ""):
        add(parent, name, content)


def counted(made: Element) -> None:
    """Say in `n` how many children there are; without any the element goes."""
    if len(made):
        made.set("n", str(len(made)))
        return
    parent = made.getparent()
    assert parent is not None
    parent.remove(made)


def references(parent: Element, name: str, ids: Iterable[str]) -> None:
    """A list of ids, unless it is empty."""
    made = add(parent, name)
    for id in ids:
        add(made, "Id", id)
    counted(made)


def vector(*values: float) -> str:
    """A point or a unit vector in the plane z = 0, or wherever its three values say."""
    return " ".join(text(value) for value in (*values, 0.0, 0.0, 0.0)[:3])


def attributes(parent: Element, values: Mapping[str, Any]) -> None:
    """What QIF has no place for: typed attributes, those without a value left out; call it first in `parent`."""
    made = add(parent, "Attributes")
    for key, value in values.items():
        name = PREFIX + key
        if value is None or value in ("", (), [], {}):
            continue
        if isinstance(value, bool):
            add(made, "AttributeBool", name=name, value=value)
        elif isinstance(value, int):
            add(made, "AttributeI1", name=name, value=value)
        elif isinstance(value, float | Decimal):
            add(made, "AttributeD1", name=name).set("value", repr(float(value)))
        elif isinstance(value, str):
            add(made, "AttributeStr", name=name, value=value)
            if text(value) != value:
                add(made, "AttributeStr", name=f"{name}.json", value=json.dumps(value))
        else:
            add(made, "AttributeStr", name=name, value=json.dumps(plain(value), ensure_ascii=True, sort_keys=True))
    counted(made)


def written(document: Element) -> bytes:
    """The document's bytes, indented for people."""
    etree.indent(document, "  ")
    return etree.tostring(document, encoding="UTF-8", xml_declaration=True) + b"\n"

"""The XML of a QIF document, read as hostile input, and what stands in its elements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from lxml import etree

from station.documents import parse_json
from station.errors import InputError, OrderError

NAMESPACE = "http://qifstandards.org/xsd/qif3"
MAX_QIF_BYTES = 16 * 1024 * 1024
MAX_NUMBER = 64  # characters
MAX_EXPONENT = 30
OURS = "station."  # what the attributes of our own exports begin with
_DECLARED = re.compile(r"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "ascii", "ascii": "ascii"} | {
    name: name for name in ("iso-8859-1", "windows-1252", "utf-16")
}

Element: TypeAlias = etree._Element


def read_document(data: bytes, place: str) -> Element:
    """The root of a QIF 3 document.

    Raises:
        InputError: this is none, it is too large, or it has what a document from outside must not have.
    """
    if len(data) > MAX_QIF_BYTES:
        raise InputError(f"the document is larger than the {MAX_QIF_BYTES:,} bytes allowed", place=place)
    text = _decoded(data, place)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("the document has a document type or entities, which are refused", place=place)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise InputError(f"this is not XML{f' (line {line})' if line else ''}", place=place) from error
    if root.tag != f"{{{NAMESPACE}}}QIFDocument":
        raise InputError(f"this is not a QIF 3 document: its root is {_short(str(root.tag))!r}", place=place)
    _check_ids(root, place)
    return root


def _check_ids(root: Element, place: str) -> None:
    """Two elements of one id are refused: which of them is meant, every reader would decide for itself."""
    seen: set[str] = set()
    for element in root.iter(f"{{{NAMESPACE}}}*"):
        id = element.get("id")
        if id is not None and id in seen:
            raise InputError(f"two elements have the id {_short(id)!r}", place=f"{place}, {name_of(element)}")
        seen.add(id or "")


def _decoded(data: bytes, place: str) -> str:
    """The text, by its mark or by the encoding it declares; only encodings whose characters are what they seem."""
    head = data[:200].decode("latin-1")
    declared = _DECLARED.match(head.removeprefix("\xef\xbb\xbf"))
    name = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else declared[1].lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        raise InputError(f"the encoding {_short(name)!r} is not read; UTF-8 is", place=place)
    try:
        return data.decode(_ENCODINGS[name])
    except UnicodeError as error:
        raise InputError(f"the document is not {name.upper()}, though it should be", place=place) from error


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def name_of(element: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of this name, and of that the next, …; None where there is none."""
    for name in path:
        if element is None:
            return None
        element = element.find(f"{{{NAMESPACE}}}{name}")
    return element


def children(element: Element | None, name: str = "*") -> Iterator[Element]:
    """Every child, or every child of this name."""
    if element is not None:
        yield from element.iterchildren(f"{{{NAMESPACE}}}{name}")


def content(element: Element | None, *path: str) -> str:
    """The text of an element or of what lies below it, without spaces around; empty where there is none.

    Raises:
        OrderError: there are elements within the text, so that it would be read in part.
    """
    found = child(element, *path)
    if found is None or found.text is None:
        return ""
    text = " ".join(found.text.split())
    if text and len(found):
        raise OrderError(f"{name_of(found)} has elements within its text")
    return text


def by_id(elements: Iterable[Element]) -> dict[str, Element]:
    """Elements by their QIF id."""
    return {element.get("id", ""): element for element in elements}


def attribute(element: Element | None, key: str) -> Any:
    """The value of an attribute of our own exports; None where there is none. Raises: OrderError."""
    found: Any = None
    for one in children(child(element, "Attributes")):
        name = one.get("name", "")
        if name == f"{OURS}{key}.json":
            return _json(one.get("value", ""))
        if name == OURS + key:
            found = one.get("value")
    return found


def json_attribute(element: Element | None, key: str) -> Any:
    """The same, of a value that is JSON."""
    found = attribute(element, key)
    return None if found is None else _json(found)


def _json(text: str) -> Any:
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"), "Attributes")
    except (InputError, json.JSONDecodeError, ValueError) as error:
        raise OrderError("an attribute of it is not the JSON it should be") from error


def number(text: str) -> Decimal:
    """An exact number. Raises: OrderError: it is none, or out of all proportion."""
    try:
        found = Decimal(text) if len(text) <= MAX_NUMBER else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or (found and abs(found.adjusted()) > MAX_EXPONENT):
        raise OrderError(f"{_short(text)!r} is not a number that can be used")
    return found


def triple(text: str) -> tuple[Decimal, Decimal, Decimal]:
    """A point or a vector. Raises: OrderError."""
    values = text.split()
    if len(values) != 3:
        raise OrderError(f"{_short(text)!r} are not three numbers")
    x, y, z = (number(value) for value in values)
    return x, y, z


def only(element: Element, *known: str) -> None:
    """Refuse what is not understood: any child but those `known`, unless it says false, and any of them that is there
    twice (but for the parts of a compound `Datum`). Raises: OrderError."""
    there: set[str] = set()
    for one in children(element):
        if name_of(one) in there and name_of(one) != "Datum":
            raise OrderError(f"its {name_of(element)} has {name_of(one)} twice")
        there.add(name_of(one))
        if name_of(one) not in known and content(one) not in ("false", "0"):
            raise OrderError(f"its {name_of(element)} has {name_of(one)}, which is not supported")

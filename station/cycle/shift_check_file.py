"""What a shift check is made of, from a file (`shift-check/1`) or from words on a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from station.cycle.certificates import Certificate, read_certificates
from station.cycle.pictures import read_picture
from station.cycle.shift_check import TOO_LARGE, TOO_SMALL, Because, CheckedMaster
from station.documents import parse_json, read_limited
from station.errors import InputError
from station.order.read import read_order

SCHEMA = "shift-check/1"
MOST_MASTERS = 100
_VIEWS = ("backlight", "front", "ring", "dark")


def read_check(path: Path) -> list[CheckedMaster]:
    """The masters of a `shift-check/1` file; orders, pictures and certificates lie relative to it.

    Raises:
        InputError: with the key or the file.
    """
    document = parse_json(read_limited(path), str(path))
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        raise InputError(f"this is not a {SCHEMA} document", place=str(path))
    _known(document, {"schema", "certificates", "masters"}, str(path))
    rows = document.get("masters")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_MASTERS:
        raise InputError(f"this must be a list of 1 to {MOST_MASTERS} masters", place=f"{path}: masters")
    table = document.get("certificates")
    certificates = [] if table is None else read_certificates(path.parent / _text(table, f"{path}: certificates"))
    return [_master(row, path, certificates, f"{path}: masters[{n}]") for n, row in enumerate(rows)]


def master_of(
    name: str, order: Path, image: Path, because: Sequence[Because], certificates: Sequence[Certificate], view: str
) -> CheckedMaster:
    """One master with everything it needs read. Raises: InputError with the file."""
    picture = read_picture(image, view)
    own = tuple(c for c in certificates if c.image.resolve() == image.resolve())
    return CheckedMaster(name, read_order(order), picture, tuple(because), own)


def because_from(text: str, place: str) -> Because:
    """`3:too large`, or `3` alone, or a kind of finding. Raises: InputError."""
    what, _, way = (part.strip() for part in text.partition(":"))
    if not what or way not in ("", TOO_LARGE, TOO_SMALL):
        raise InputError(f"{text[:60]!r} is not CHARACTERISTIC, with :{TOO_LARGE} or :{TOO_SMALL} behind", place=place)
    return Because(what, way)


def _master(row: Any, path: Path, certificates: Sequence[Certificate], place: str) -> CheckedMaster:
    if not isinstance(row, Mapping):
        raise InputError("this must be an object", place=place)
    _known(row, {"master", "order", "image", "view", "expect", "because"}, place)
    for key in ("order", "image", "expect"):
        if key not in row:
            raise InputError(f"the key {key!r} is missing", place=place)
    because = row.get("because", [])
    if not isinstance(because, list):
        raise InputError("this must be a list", place=f"{place}.because")
    reasons = [because_from(_text(one, f"{place}.because"), f"{place}.because") for one in because]
    if row["expect"] not in ("PASS", "FAIL"):
        raise InputError("a master is expected to PASS or to FAIL", place=f"{place}.expect")
    if (row["expect"] == "FAIL") is not bool(reasons):
        raise InputError("a bad master says why (because), a good one does not", place=place)
    view = _text(row.get("view", "backlight"), f"{place}.view")
    if view not in _VIEWS:
        raise InputError(f"{view!r} is none of {', '.join(_VIEWS)}", place=f"{place}.view")
    order, image = (path.parent / _text(row[key], f"{place}.{key}") for key in ("order", "image"))
    name = _text(row.get("master", image.stem), f"{place}.master")
    return master_of(name, order, image, reasons, certificates, view)


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value or len(value) > 1000:
        raise InputError("this must be a text", place=place)
    return value


def _known(row: Mapping[str, Any], keys: set[str], place: str) -> None:
    for key in row:
        if key not in keys:
            raise InputError(f"the key {key[:60]!r} is unknown here", place=place)

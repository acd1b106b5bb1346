"""Facts from a table of a TOML file: a dataclass whose keys are its fields; an unknown, missing or mistyped key is an
error that names it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Set
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from station.documents import read_limited
from station.errors import InputError

_Facts = TypeVar("_Facts")
_MOST = 1e15  # of a number; TOML knows inf and nan, and whole numbers of any length
_WORDS = {"float": "a number", "int": "a whole number", "str": "a text", "bool": "true or false"}


def read_table(path: Path) -> Mapping[str, Any]:
    """The whole of a TOML file.

    Raises:
        InputError: the file is not there, or is not TOML.
    """
    try:
        return tomllib.loads(read_limited(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not TOML ({error})", place=str(path)) from error


def facts_of(kind: type[_Facts], entry: Any, place: str) -> _Facts:
    """A frozen dataclass from a table; what has no default must be there.

    Fields are float (finite), int, str, bool, a `Point` (two numbers), `tuple[X, ...]` or `dict[str, X]` of those.

    Raises:
        InputError: with the key's place.
    """
    table = table_of(entry, place)
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]  # a type variable cannot say "dataclass"
    needed = {name for name, one in known.items() if one.default is MISSING and one.default_factory is MISSING}
    check_keys(table, set(known), place, needed)
    return kind(**{key: value_of(value, str(known[key].type), f"{place}.{key}") for key, value in table.items()})


def check_keys(table: Mapping[str, Any], known: Set[str], place: str, needed: Set[str] = frozenset()) -> None:
    """Raises InputError for a key that is not known, or one that is needed and missing."""
    for key in table:
        if key not in known:
            raise InputError(f"the key {key!r} is unknown here", place=place)
    for key in sorted(needed - set(table)):
        raise InputError(f"the key {key!r} is missing", place=place)


def table_of(entry: Any, place: str) -> Mapping[str, Any]:
    """The entry, if it is a table. Raises: InputError."""
    if not isinstance(entry, dict):
        raise InputError("this must be a table", place=place)
    return entry


def value_of(value: Any, kind: str, place: str) -> Any:
    """The value if it is of the annotated kind; whole numbers do for fractions. Raises: InputError."""
    kind = kind.removesuffix(" | None")  # TOML has no null: what may be missing is left out
    if kind.startswith("Point"):
        if isinstance(value, list) and len(value) == 2:
            return tuple(value_of(one, "float", place) for one in value)
        raise InputError("this must be two numbers", place=place)
    if kind.startswith("tuple[") and kind.endswith(", ...]"):
        if isinstance(value, list):
            return tuple(value_of(one, kind[6:-6], f"{place}[{at}]") for at, one in enumerate(value))
        raise InputError("this must be a list", place=place)
    if kind.startswith("dict[str, "):
        return {key: value_of(one, kind[10:-1], f"{place}.{key}") for key, one in table_of(value, place).items()}
    if isinstance(value, bool):
        if kind == "bool":
            return value
    elif kind == "float" and isinstance(value, (int, float)):
        if abs(value) <= _MOST:  # no NaN either
            return float(value)
        raise InputError("this must be a finite number", place=place)
    elif (kind == "int" and isinstance(value, int)) or (kind == "str" and isinstance(value, str)):
        return value
    raise InputError(f"this must be {_WORDS.get(kind, kind)}", place=place)

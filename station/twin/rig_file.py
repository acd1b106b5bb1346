"""The twin's facts from its TOML file; an unknown, missing or mistyped key is an error that names it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Set
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from station.devices.protocols import View
from station.documents import read_limited
from station.errors import InputError
from station.twin.scene import Lamp, Optics, Polarity

_Facts = TypeVar("_Facts")
SHIFT_CHECKS = ("off", "warn", "required")


@dataclass(frozen=True, slots=True)
class CameraTable:
    """The simulated sensor; at `exposure_us` the lamps give their levels."""

    model: str
    serial: str
    exposure_us: float
    bit_depth: int
    full_well_e: float
    read_noise_e: float


@dataclass(frozen=True, slots=True)
class LampTable:
    """One view's lamp; levels are fractions of full scale."""

    polarity: str
    field_level: float
    part_level: float
    uneven: float = 0.0


@dataclass(frozen=True, slots=True)
class FieldTable:
    """What lies on the lamp's glass, and how a front-lit surface looks."""

    specks: int = 0
    fibres: int = 0
    grain: float = 0.0


@dataclass(frozen=True, slots=True)
class TwinFacts:
    """Everything the twin's file says; `shift_check` is off, warn or required."""

    name: str
    seed: int
    optics: Optics
    camera: CameraTable
    settle_s: float
    lamps: tuple[tuple[View, Lamp], ...]
    field: FieldTable
    shift_check: str = "off"

    def lamp(self, view: View) -> Lamp | None:
        """The lamp of a view, None when the rig has none."""
        return dict(self.lamps).get(view)


def read_twin(path: Path) -> TwinFacts:
    """The facts of a twin rig's file.

    Raises:
        InputError: the file is not there, is not TOML, or has an unknown, missing or mistyped key.
    """
    place = str(path)
    try:
        table: dict[str, Any] = tomllib.loads(read_limited(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not TOML ({error})", place=place) from error
    _known(
        table,
        {"name", "seed", "optics", "camera", "lamps", "field", "shift_check"},
        place,
        needed={"name", "seed", "camera", "lamps"},
    )
    shift_check = _value(table.get("shift_check", "off"), "str", f"{place}: shift_check")
    if shift_check not in SHIFT_CHECKS:
        raise InputError(f"{shift_check!r} is none of {', '.join(SHIFT_CHECKS)}", place=f"{place}: shift_check")
    name, seed = _value(table["name"], "str", f"{place}: name"), _value(table["seed"], "int", f"{place}: seed")
    camera = _facts(CameraTable, table["camera"], f"{place}: camera")
    lamps = dict(_table(table["lamps"], f"{place}: lamps"))
    settle_s = _value(lamps.pop("settle_s", 0.0), "float", f"{place}: lamps.settle_s")
    _known(lamps, {view.value for view in View}, f"{place}: lamps")
    return TwinFacts(
        name,
        seed,
        _facts(Optics, table.get("optics", {}), f"{place}: optics"),
        camera,
        settle_s,
        tuple((View(view), _lamp(entry, camera, f"{place}: lamps.{view}")) for view, entry in lamps.items()),
        _facts(FieldTable, table.get("field", {}), f"{place}: field"),
        shift_check,
    )


def _lamp(entry: Any, camera: CameraTable, place: str) -> Lamp:
    table = _facts(LampTable, entry, place)
    try:
        polarity = Polarity(table.polarity)
    except ValueError:
        raise InputError(f"the polarity {table.polarity!r} is neither backlit nor frontlit", place=place) from None
    return Lamp(
        table.field_level,
        table.part_level,
        polarity,
        table.uneven,
        camera.full_well_e,
        camera.read_noise_e,
        camera.bit_depth,
    )


def _facts(kind: type[_Facts], entry: Any, place: str) -> _Facts:
    """A dataclass from a table whose keys are its fields."""
    table = _table(entry, place)
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]  # a type variable cannot say "dataclass"
    _known(table, set(known), place, {name for name, one in known.items() if one.default is MISSING})
    return kind(**{key: _value(value, str(known[key].type), f"{place}.{key}") for key, value in table.items()})


def _known(table: Mapping[str, Any], known: Set[str], place: str, needed: Set[str] = frozenset()) -> None:
    for key in table:
        if key not in known:
            raise InputError(f"the key {key!r} is unknown here", place=place)
    for key in sorted(needed - set(table)):
        raise InputError(f"the key {key!r} is missing", place=place)


def _table(entry: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise InputError("this must be a table", place=place)
    return entry


def _value(value: Any, kind: str, place: str) -> Any:
    """The value if it is of the annotated kind; whole numbers do for fractions, two numbers for a point."""
    if kind.startswith("Point"):
        if isinstance(value, list) and len(value) == 2:
            return tuple(_value(one, "float", place) for one in value)
        raise InputError("this must be two numbers", place=place)
    if kind == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if (kind == "int" and isinstance(value, int) and not isinstance(value, bool)) or (
        kind == "str" and isinstance(value, str)
    ):
        return value
    words = {"float": "a number", "int": "a whole number", "str": "a text"}
    raise InputError(f"this must be {words.get(kind, kind)}", place=place)

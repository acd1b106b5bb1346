"""The twin's facts from its TOML file; an unknown, missing or mistyped key is an error that names it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.devices.protocols import View
from station.devices.shift_check import ShiftCheck, shift_check_of
from station.errors import InputError
from station.facts import check_keys, facts_of, read_table, table_of, value_of
from station.twin.finish import Finish
from station.twin.scene import Lamp, Optics, Polarity


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
    """One view's lamp; levels are fractions of full scale. `steep`, `slant` and `from_deg` as of a `Lamp`."""

    polarity: str
    field_level: float
    part_level: float
    uneven: float = 0.0
    steep: float = -1.0
    slant: float = 0.2
    from_deg: float = 120.0


@dataclass(frozen=True, slots=True)
class FieldTable:
    """What lies on the lamp's glass, and how a front-lit surface looks: `finish` by its name, none: plain grain."""

    specks: int = 0
    fibres: int = 0
    grain: float = 0.0
    finish: str = ""

    @property
    def machined(self) -> Finish | None:
        """How the faces of the parts were made, None where nothing is said."""
        return Finish(self.finish) if self.finish else None


@dataclass(frozen=True, slots=True)
class TwinFacts:
    """Everything the twin's file says."""

    name: str
    seed: int
    optics: Optics
    camera: CameraTable
    settle_s: float
    lamps: tuple[tuple[View, Lamp], ...]
    field: FieldTable
    shift_check: ShiftCheck = ShiftCheck.OFF

    def lamp(self, view: View) -> Lamp | None:
        """The lamp of a view, None when the rig has none."""
        return dict(self.lamps).get(view)


def read_twin(path: Path) -> TwinFacts:
    """The facts of a twin rig's file.

    Raises:
        InputError: the file is not there, is not TOML, or has an unknown, missing or mistyped key.
    """
    place = str(path)
    table = read_table(path)
    check_keys(
        table,
        {"name", "seed", "optics", "camera", "lamps", "field", "shift_check"},
        place,
        needed={"name", "seed", "camera", "lamps"},
    )
    asked = value_of(table.get("shift_check", ShiftCheck.OFF.value), "str", f"{place}: shift_check")
    name, seed = value_of(table["name"], "str", f"{place}: name"), value_of(table["seed"], "int", f"{place}: seed")
    camera = facts_of(CameraTable, table["camera"], f"{place}: camera")
    lamps = dict(table_of(table["lamps"], f"{place}: lamps"))
    settle_s = value_of(lamps.pop("settle_s", 0.0), "float", f"{place}: lamps.settle_s")
    check_keys(lamps, {view.value for view in View}, f"{place}: lamps")
    return TwinFacts(
        name,
        seed,
        facts_of(Optics, table.get("optics", {}), f"{place}: optics"),
        camera,
        settle_s,
        tuple((View(view), _lamp(entry, camera, f"{place}: lamps.{view}")) for view, entry in lamps.items()),
        _field(table.get("field", {}), f"{place}: field"),
        shift_check_of(asked, f"{place}: shift_check"),
    )


def _field(entry: Any, place: str) -> FieldTable:
    field = facts_of(FieldTable, entry, place)
    if field.finish and field.finish not in set(Finish):
        known = ", ".join(Finish)
        raise InputError(f"there is no finish {field.finish!r}; there are {known}", place=f"{place}.finish")
    return field


def _lamp(entry: Any, camera: CameraTable, place: str) -> Lamp:
    table = facts_of(LampTable, entry, place)
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
        steep=table.steep,
        slant=table.slant,
        from_deg=table.from_deg,
    )

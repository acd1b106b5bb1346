"""A rig's file: one TOML with what is attached where. An unknown key is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.devices.drivers import CONTROLLER, CONTROLLER_DRIVER, DRIVERS, Driver, driver_of, facts_for
from station.devices.shift_check import ShiftCheck, shift_check_of
from station.errors import InputError
from station.facts import check_keys, facts_of, read_table

NEEDED = {"camera", "light", "gate", "tower"}
FEEDERS = ("attended", "line", "pallet")
MOST_FRAMES = 64


@dataclass(frozen=True, slots=True)
class CellFacts:
    """`exposure_us` of every frame; `frames`: of how many of them a picture is the mean; `settles`: whether frames are
    looked at until the part lies still, before those that count; `shift_check`: what a missing one does (off, warn,
    required); `lights_out`: nobody watches, and the line stops by itself after `stop_after_held` parts in a row that
    were held."""

    exposure_us: float
    frames: int = 1
    settles: bool = False
    shift_check: str = ShiftCheck.WARN.value
    lights_out: bool = False
    stop_after_held: int = 3


@dataclass(frozen=True, slots=True)
class FeederFacts:
    """How parts come: `attended` (a person scans, places, presses start), `line` (its controller triggers), `pallet`
    (the stage brings one place after the other under the camera)."""

    driver: str = "attended"
    places_mm: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class RigFacts:
    """Everything that a rig's file says: of each kind of device its driver and that one's facts."""

    name: str
    place: str
    cell: CellFacts
    feeder: FeederFacts
    devices: Mapping[str, tuple[Driver, Any]]
    controller: Any = None

    def named(self) -> dict[str, tuple[Driver, Any]]:
        """Every device with its driver and facts, in the order of opening: what others hang on comes first."""
        first = {} if self.controller is None else {CONTROLLER: (CONTROLLER_DRIVER, self.controller)}
        return {**first, **self.devices}


def is_twin(path: Path) -> bool:
    """Whether the file is one of a simulated rig. Raises: InputError when it cannot be read."""
    return "seed" in read_table(path)


def read_rig(path: Path) -> RigFacts:
    """The facts of a rig of real devices.

    Raises:
        InputError: the file is not there, is not TOML, or has an unknown, missing, mistyped or impossible key.
    """
    place = str(path)
    table = read_table(path)
    check_keys(table, {"name", "cell", "feeder", CONTROLLER, *DRIVERS}, place, {"name", "cell", *NEEDED})
    if not isinstance(table["name"], str) or not table["name"]:
        raise InputError("this must be a text", place=f"{place}: name")
    cell = facts_of(CellFacts, table["cell"], f"{place}: cell")
    shift_check_of(cell.shift_check, f"{place}: cell.shift_check")
    if cell.stop_after_held < 1:
        raise InputError("a line stops after one part that was held, or more", place=f"{place}: cell.stop_after_held")
    if not cell.exposure_us > 0.0:
        raise InputError("an exposure must be longer than nothing", place=f"{place}: cell.exposure_us")
    if not 1 <= cell.frames <= MOST_FRAMES:
        raise InputError(
            f"a picture is the mean of 1 to {MOST_FRAMES} frames, not {cell.frames}", place=f"{place}: cell.frames"
        )
    devices = {}
    for kind in DRIVERS:
        if kind in table:
            driver = driver_of(kind, table[kind], f"{place}: {kind}")
            devices[kind] = driver, facts_for(driver, table[kind], f"{place}: {kind}")
    if devices["camera"][0].module == "camera_files":
        for key, asked in (("frames", cell.frames > 1), ("settles", cell.settles)):
            if asked:
                told = "files are handed out once: a picture is one frame of them"
                raise InputError(told, place=f"{place}: cell.{key}")
    feeder = _feeder(table.get("feeder", {}), devices, f"{place}: feeder")
    controller = None
    if CONTROLLER in table:
        controller = facts_for(CONTROLLER_DRIVER, table[CONTROLLER], f"{place}: {CONTROLLER}")
    elif hung := [kind for kind, (driver, _) in devices.items() if driver.module == CONTROLLER]:
        raise InputError(f"{', '.join(hung)} hang on the controller, and there is no table [controller]", place=place)
    return RigFacts(table["name"], place, cell, feeder, devices, controller)


def _feeder(entry: Any, devices: Mapping[str, Any], place: str) -> FeederFacts:
    facts = facts_of(FeederFacts, entry, place)
    if facts.driver not in FEEDERS:
        raise InputError(
            f"there is no feeder {facts.driver!r}; there are {', '.join(FEEDERS)}", place=f"{place}.driver"
        )
    needs = {"attended": "scanner", "line": "handshake", "pallet": "stage"}[facts.driver]
    if needs not in devices:
        raise InputError(f"a feeder {facts.driver!r} needs a [{needs}]", place=place)
    if bool(facts.places_mm) is not (facts.driver == "pallet"):
        raise InputError("a pallet, and nothing else, has places", place=f"{place}.places_mm")
    return facts

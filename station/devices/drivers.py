"""Which drivers there are: by the kind of device, and by the name that a rig's file gives them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from station.devices.found import Found
from station.errors import InputError
from station.facts import facts_of, table_of

CONTROLLER = "controller"


class Driver(NamedTuple):
    """A class of a module of this package, and the facts it is made of."""

    module: str
    name: str
    facts: str = ""


CONTROLLER_DRIVER = Driver("controller", "Controller", "ControllerFacts")
DRIVERS: dict[str, dict[str, Driver]] = {
    "camera": {
        "picamera2": Driver("camera_picamera2", "Picamera2Camera", "Picamera2Facts"),
        "v4l2": Driver("camera_v4l2", "V4l2Camera", "V4l2Facts"),
        "aravis": Driver("camera_aravis", "AravisCamera", "AravisFacts"),
        "files": Driver("camera_files", "FilesCamera", "FilesFacts"),
    },
    "light": {
        "controller": Driver("controller", "Light", "LightFacts"),
        "gpio": Driver("gpio", "Light", "LightFacts"),
        "gardasoft": Driver("light_gardasoft", "Light", "LightFacts"),
        "modbus": Driver("modbus", "Light", "LightFacts"),
    },
    "gate": {
        "controller": Driver("controller", "Gate", "GateFacts"),
        "gpio": Driver("gpio", "Gate", "GateFacts"),
    },
    "tower": {
        "controller": Driver("controller", "Tower"),
        "gpio": Driver("gpio", "Tower", "TowerFacts"),
    },
    "interlock": {
        "controller": Driver("controller", "Interlock", "InterlockFacts"),
        "gpio": Driver("gpio", "Interlock", "InterlockFacts"),
    },
    "button": {
        "controller": Driver("controller", "Button"),
        "gpio": Driver("gpio", "Button", "InputFacts"),
    },
    "scanner": {
        "serial": Driver("scanner_serial", "Scanner", "ScannerFacts"),
        "keyboard": Driver("scanner_keyboard", "Scanner", "ScannerFacts"),
    },
    "stage": {"grbl": Driver("grbl", "GrblStage", "GrblFacts")},
    "thermometer": {
        "w1": Driver("thermometer_w1", "W1Thermometer", "W1ThermometerFacts"),
        "file": Driver("thermometer_file", "FileThermometer", "FileThermometerFacts"),
    },
    "handshake": {
        "gpio": Driver("gpio", "Handshake", "HandshakeFacts"),
        "modbus": Driver("modbus", "Handshake", "HandshakeFacts"),
    },
}
_SEARCHED = (
    "camera_picamera2", "camera_v4l2", "camera_aravis", "controller", "grbl", "scanner_serial", "scanner_keyboard",
    "thermometer_w1", "thermometer_file",
)  # fmt: skip


def driver_of(kind: str, entry: Any, place: str) -> Driver:
    """The driver that a device's table names. Raises: InputError."""
    name = table_of(entry, place).get("driver")
    known = DRIVERS[kind]
    if name not in known:
        said = "the key 'driver' is missing" if name is None else f"there is no driver {name!r} for a {kind}"
        raise InputError(f"{said}; there are {', '.join(known)}", place=place)
    return known[str(name)]


def facts_for(driver: Driver, entry: Any, place: str) -> Any:
    """What the device's table says, without the driver's name; None where it needs nothing. Raises: InputError."""
    own = {key: value for key, value in table_of(entry, place).items() if key != "driver"}
    if not driver.facts:
        for key in own:
            raise InputError(f"the key {key!r} is unknown here", place=place)
        return None
    try:
        return facts_of(getattr(_module(driver), driver.facts), own, place)
    except InputError as error:
        # Facts that check themselves know their key, not the file.
        raise (
            error if error.place.startswith(place) else InputError(error.sentence, place=f"{place}.{error.place}")
        ) from error


def open_device(driver: Driver, facts: Any, place: str, controller: Any) -> Any:
    """The device. Raises: DeviceError, InputError for facts that cannot be."""
    made = getattr(_module(driver), driver.name)
    wanted = inspect.signature(made).parameters
    given: Mapping[str, Any] = {"facts": facts, "controller": controller, "place": place}
    return made(**{name: value for name, value in given.items() if name in wanted})


def find_all() -> list[Found]:
    """Everything attached that looks like a device of ours."""
    found: list[Found] = []
    for name in _SEARCHED:
        found += import_module(f"station.devices.{name}").find()
    return found


def _module(driver: Driver) -> Any:
    return import_module(f"station.devices.{driver.module}")

"""A rig of real devices, opened from its facts; what was lost is opened anew when it is there again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from station.devices.drivers import CONTROLLER, open_device
from station.devices.feeders import AttendedFeeder, LineFeeder, PalletFeeder
from station.devices.protocols import (
    Button,
    Camera,
    Feeder,
    Gate,
    Interlock,
    Light,
    Recovers,
    Scanner,
    Thermometer,
    Tower,
)
from station.devices.rig_file import RigFacts
from station.errors import DeviceError, LostDeviceError


class DeviceRig:
    """One of each device that the facts name. Satisfies `station.devices.protocols.Rig`."""

    simulated = False

    def __init__(self, facts: RigFacts, serials: Sequence[str] = ()) -> None:
        """Opens everything; `serials` are those of the orders, for a pallet without a scanner.

        Raises:
            DeviceError: of the first that cannot be opened; the others are let go of.
        """
        self._facts, self._serials = facts, serials
        self.name = facts.name
        self._open: dict[str, Any] = {}
        try:
            for kind in self._kinds():
                self._open[kind] = self._opened(kind)
        except BaseException:
            self.close()
            raise

    def _kinds(self) -> list[str]:
        return [*self._facts.named(), "feeder"]

    def _opened(self, kind: str) -> Any:
        if kind == "feeder":
            return self._feeder()
        driver, facts = self._facts.named()[kind]
        return open_device(driver, facts, kind, self._open.get(CONTROLLER))

    def _feeder(self) -> Feeder:
        match self._facts.feeder.driver:
            case "line":
                return LineFeeder(lambda: self._of("handshake"), lambda: self.scanner, lambda: self.gate)
            case "pallet":
                places = self._facts.feeder.places_mm
                return PalletFeeder(
                    lambda: self._of("stage"), places, self._serials, lambda: self.scanner, lambda: self.gate,
                    lambda: self.interlock,
                )  # fmt: skip
            case _:
                return AttendedFeeder(
                    lambda: self._of("scanner"),
                    lambda: self.button,
                    lambda: self.gate,
                    interlock=lambda: self.interlock,
                )

    @property
    def camera(self) -> Camera:
        """The camera."""
        found: Camera = self._of("camera")
        return found

    @property
    def light(self) -> Light:
        """The lamps."""
        found: Light = self._of("light")
        return found

    @property
    def gate(self) -> Gate:
        """The gate."""
        found: Gate = self._of("gate")
        return found

    @property
    def tower(self) -> Tower:
        """The stack light."""
        found: Tower = self._of("tower")
        return found

    @property
    def feeder(self) -> Feeder:
        """How parts come."""
        found: Feeder = self._of("feeder")
        return found

    @property
    def interlock(self) -> Interlock | None:
        """Door and emergency stop, where the facts name them."""
        return self._of("interlock") if "interlock" in self._facts.devices else None

    @property
    def thermometer(self) -> Thermometer | None:
        """The thermometer, where the facts name one."""
        return self._of("thermometer") if "thermometer" in self._facts.devices else None

    @property
    def button(self) -> Button | None:
        """The start button, where the facts name one. Raises: DeviceError: it is lost."""
        return self._of("button") if "button" in self._facts.named() else None

    @property
    def scanner(self) -> Scanner | None:
        """The scanner, where the facts name one. Raises: DeviceError: it is lost."""
        return self._of("scanner") if "scanner" in self._facts.named() else None

    def _of(self, kind: str) -> Any:
        try:
            return self._open[kind]
        except KeyError:
            raise DeviceError("it was lost, and is not there again", place=kind) from None

    def recover(self) -> None:
        """Every device well again, opened anew where it was lost, outputs safe. Raises: DeviceError of the first that
        is not."""
        again: set[str] = set()
        for kind in self._kinds():
            hangs = CONTROLLER in again and self._hangs(kind)
            if kind in self._open and not hangs and _is_well(self._open[kind]):
                continue
            again.add(kind)
            if kind in self._open:
                _let_go(self._open.pop(kind))
            self._open[kind] = self._opened(kind)
            self._open[kind].check()

    def _hangs(self, kind: str) -> bool:
        return kind in self._facts.devices and self._facts.devices[kind][0].module == CONTROLLER

    def close(self) -> None:
        """Lets go of everything, the last opened first; outputs safe."""
        while self._open:
            _, device = self._open.popitem()
            _let_go(device)


def _is_well(device: Any) -> bool:
    """Whether it is, perhaps by its own recovery; False: it has to be opened anew.

    Raises:
        DeviceError: it has recovered and is still not well, or says itself that it cannot.
    """
    try:
        device.check()
        return True
    except DeviceError:
        if not isinstance(device, Recovers):
            return False
    try:
        device.recover()
    except LostDeviceError:
        return False
    device.check()
    return True


def _let_go(device: Any) -> None:
    with suppress(Exception):  # whatever is wrong with one, the others have to become safe too
        device.close()


def open_and_check(facts: RigFacts) -> list[tuple[str, str, bool]]:
    """Opens every device by itself: of each its kind, what it says or what is wrong, and whether it is well."""
    found = []
    controller: Any = None
    opened = []
    try:
        for kind, (driver, own) in facts.named().items():
            try:
                if driver.module == CONTROLLER and kind != CONTROLLER and controller is None:
                    raise DeviceError("its controller is not there", place=kind)
                device = open_device(driver, own, kind, controller)
                opened.append(device)
                controller = device if kind == CONTROLLER else controller
                found.append((kind, device.check(), True))
            except DeviceError as error:
                found.append((kind, str(error), False))
    finally:
        for device in reversed(opened):
            _let_go(device)
    return found

"""A rig of real devices: what is opened anew, what recovers, and that one bad device keeps no other unsafe."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from station.devices import modbus, rigs
from station.devices.drivers import Driver
from station.devices.grbl import GrblStage
from station.devices.protocols import Recovers
from station.devices.rig_file import CellFacts, FeederFacts, RigFacts
from station.devices.rigs import DeviceRig
from station.devices.thermometer_file import FileThermometer
from station.errors import DeviceError, LostDeviceError, StoppedError

KINDS = ("camera", "light", "gate", "tower", "scanner")
FACTS = RigFacts(
    "bench", "rig.toml", CellFacts(1.0), FeederFacts(), {kind: (Driver(kind, kind), None) for kind in KINDS}
)


@pytest.mark.parametrize("driver", [GrblStage, modbus.Handshake, FileThermometer])
def test_these_recover_by_themselves(driver: type) -> None:
    assert issubclass(driver, Recovers)


@dataclass
class Device:
    """Well, until it is told otherwise."""

    trouble: DeviceError | None = None
    at_close: Exception | None = None
    closed: int = 0
    said: list[str] = field(default_factory=list)

    def check(self) -> str:
        if self.trouble is not None:
            raise self.trouble
        return "well"

    def close(self) -> None:
        self.closed += 1
        if self.at_close is not None:
            raise self.at_close


@dataclass
class Stage(Device):
    """Recovers; `again` is what is wrong with that."""

    again: DeviceError | None = None
    stays: bool = False

    def recover(self) -> str:
        self.said.append("recover")
        if self.again is not None:
            raise self.again
        if not self.stays:
            self.trouble = None
        return "it was stopped"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Device]]:
    """What was opened of each kind; the tower is one that recovers."""
    devices: dict[str, list[Device]] = {kind: [] for kind in KINDS}

    def open_device(driver: Driver, *_: object) -> Device:
        devices[driver.name].append(Stage() if driver.name == "tower" else Device())
        return devices[driver.name][-1]

    monkeypatch.setattr(rigs, "open_device", open_device)
    return devices


def test_what_is_lost_is_opened_anew_and_nothing_else(opened: dict[str, list[Device]]) -> None:
    rig = DeviceRig(FACTS)
    opened["light"][0].trouble = LostDeviceError("the port is gone")
    rig.recover()
    assert {kind: len(made) for kind, made in opened.items()} == dict.fromkeys(KINDS, 1) | {"light": 2}
    assert opened["light"][0].closed == 1
    assert rig.light is opened["light"][1]


def test_a_scanner_that_is_lost_is_not_taken_for_none(
    opened: dict[str, list[Device]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = DeviceRig(FACTS)
    opened["scanner"][0].trouble = LostDeviceError("the port is gone")

    def gone(*_: object) -> Device:
        raise LostDeviceError("there is no such port")

    monkeypatch.setattr(rigs, "open_device", gone)
    with pytest.raises(LostDeviceError):
        rig.recover()
    with pytest.raises(DeviceError, match="was lost"):
        _ = rig.scanner
    assert rig.button is None  # this rig has none


def test_a_device_that_recovers_is_not_opened_anew(opened: dict[str, list[Device]]) -> None:
    rig = DeviceRig(FACTS)
    tower = opened["tower"][0]
    tower.trouble = StoppedError("it ran into a limit switch")
    rig.recover()
    rig.recover()
    assert (tower.said, tower.closed, len(opened["tower"])) == (["recover"], 0, 1)


def test_a_cause_that_is_still_there_is_said(opened: dict[str, list[Device]]) -> None:
    rig = DeviceRig(FACTS)
    tower = opened["tower"][0]
    assert isinstance(tower, Stage)
    tower.trouble, tower.again = StoppedError("it stands"), StoppedError("the door is open")
    with pytest.raises(StoppedError, match="the door is open"):
        rig.recover()
    tower.trouble, tower.again, tower.stays = LostDeviceError("silent"), None, True
    with pytest.raises(LostDeviceError, match="silent"):
        rig.recover()
    assert len(opened["tower"]) == 1
    tower.again = LostDeviceError("it must be opened anew")
    rig.recover()
    assert len(opened["tower"]) == 2


def test_one_that_cannot_be_closed_keeps_no_other_from_being_safe(opened: dict[str, list[Device]]) -> None:
    rig = DeviceRig(FACTS)
    opened["scanner"][0].at_close = RuntimeError("a driver's own")  # the last one opened is closed first
    rig.close()
    assert [made[0].closed for made in opened.values()] == [1] * len(KINDS)

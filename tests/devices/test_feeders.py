"""How parts come: never a part while one is inside, never one that nobody named, never OK for one that is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from station.devices.feeders import AttendedFeeder, LineFeeder, PalletFeeder
from station.errors import DeviceError, StoppedError


@dataclass
class Desk:
    """Scanner, button, handshake, gate, stage and interlock in one, told by tests what happens at them."""

    scans: list[str] = field(default_factory=list)
    presses: list[bool] = field(default_factory=list)
    triggers: list[bool] = field(default_factory=list)
    named: str = ""
    holding: bool = True
    jams: int = 0
    refuses: bool = False
    said: list[object] = field(default_factory=list)

    def read(self, timeout_s: float) -> str:
        return self.scans.pop(0) if self.scans else ""

    def wait(self, timeout_s: float) -> bool:
        return self.presses.pop(0) if self.presses else False

    def set_ready(self, ready: bool) -> None:
        self.said.append(("ready", ready))

    def set_fault(self, fault: bool) -> None:
        self.said.append(("fault", fault))

    def wait_trigger(self, timeout_s: float) -> bool:
        return self.triggers.pop(0) if self.triggers else False

    def serial(self) -> str:
        return self.named

    def give(self, ok: bool) -> None:
        if self.refuses:
            raise DeviceError("the line has not asked for a result")
        self.said.append(("ok", ok))

    def is_holding(self) -> bool:
        return self.holding

    def stopped_by(self) -> str:
        self.said.append("interlock")
        return "the door is open"

    def home(self) -> None:
        self.said.append("home")

    def move_to(self, position_mm: tuple[float, ...]) -> None:
        if self.jams:
            self.jams -= 1
            raise StoppedError("the stage does not move", place="stage")
        self.said.append(position_mm)


def pallet(
    stage: Callable[[], Desk],
    *places: tuple[float, ...],
    interlock: Callable[[], Desk | None] = lambda: None,
    **more: Any,
) -> PalletFeeder:
    """Two parts and no scanner."""
    return PalletFeeder(stage, places, ["P-1", "P-2"], lambda: None, stage, interlock, **more)


def test_a_person_scans_and_then_presses_start() -> None:
    desk = Desk(scans=["A-1", "", ""], presses=[False, True])
    feeder = AttendedFeeder(lambda: desk, lambda: desk, lambda: desk)
    assert feeder.present() is None
    part = feeder.present()
    assert part is not None
    assert part.serial == "A-1"
    with pytest.raises(DeviceError, match="A-1 has not left"):
        feeder.present()
    feeder.clear()
    desk.presses = [True]
    assert feeder.present() is None  # a press without a scan starts nothing
    assert not feeder.is_finished()


def test_a_press_before_the_scan_starts_nothing_however_late_the_scan() -> None:
    desk = Desk(presses=[True])
    feeder = AttendedFeeder(lambda: desk, lambda: desk, lambda: desk)
    assert feeder.present() is None
    desk.scans, desk.presses = ["A-1"], [True]  # pressed and scanned, who knows in which order
    assert feeder.present() is None
    assert feeder.present() is None
    desk.presses = [True]
    assert feeder.present() is not None


def test_what_was_scanned_for_a_part_that_never_came_is_forgotten_when_the_rig_is_cleared() -> None:
    desk = Desk(scans=["A-1"])
    feeder = AttendedFeeder(lambda: desk, lambda: desk, lambda: desk)
    assert feeder.present() is None
    feeder.clear()
    desk.presses = [True]
    assert feeder.present() is None


def test_a_door_that_was_open_to_place_the_part_is_forgotten_when_it_starts() -> None:
    desk = Desk(scans=["A-1"])
    feeder = AttendedFeeder(lambda: desk, lambda: desk, lambda: desk, interlock=lambda: desk)
    assert feeder.present() is None
    assert desk.said == []
    desk.presses = [True]
    assert feeder.present() is not None
    assert desk.said == ["interlock"]


def test_without_a_button_the_scan_starts_and_the_last_scan_counts() -> None:
    desk = Desk(scans=["OLD"], presses=[False])
    feeder = AttendedFeeder(lambda: desk, lambda: desk, lambda: desk)
    assert feeder.present() is None
    desk.scans, desk.presses = ["NEW", ""], [False, True]
    assert feeder.present() is None
    part = feeder.present()
    assert part is not None
    assert part.serial == "NEW"
    alone = Desk(scans=["B-1"])
    found = AttendedFeeder(lambda: alone, lambda: None, lambda: alone).present()
    assert found is not None
    assert found.serial == "B-1"


def test_a_gate_that_was_opened_is_waited_for_until_it_shuts_by_itself() -> None:
    desk, slept = Desk(scans=["A-1"], presses=[False, True], holding=False), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.holding = len(slept) == 4

    feeder = AttendedFeeder(lambda: desk, lambda: desk, lambda: desk, clock=lambda: sum(slept), sleep=sleep)
    assert feeder.present() is None
    assert feeder.present() is not None
    feeder.clear()
    assert (len(slept), desk.holding) == (4, True)
    feeder.clear()
    assert len(slept) == 4


@pytest.mark.parametrize("holding", [True, False])
def test_the_line_hears_ok_only_for_an_open_gate(holding: bool) -> None:
    desk, slept = Desk(triggers=[False, True], named="L-1", holding=holding), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert desk.said[-1] == ("ok", True)  # the line hears it before the gate shuts
        desk.holding = len(slept) == 4

    feeder = LineFeeder(lambda: desk, lambda: None, lambda: desk, clock=lambda: sum(slept), sleep=sleep)
    assert feeder.present() is None
    part = feeder.present()
    assert part is not None
    assert part.serial == "L-1"
    feeder.clear()
    assert (desk.holding, len(slept)) == (True, 0 if holding else 4)
    assert desk.said[-1] == ("ok", not holding)
    feeder.clear()
    assert desk.said.count(("ok", not holding)) == 1


def test_a_part_of_the_line_that_nobody_names_is_rejected() -> None:
    desk = Desk(triggers=[True])
    with pytest.raises(DeviceError, match="nothing said which part"):
        LineFeeder(lambda: desk, lambda: desk, lambda: desk).present()
    assert desk.said[-1] == ("ok", False)


def test_a_part_that_the_line_triggered_for_while_the_station_stood_is_rejected() -> None:
    desk = Desk(triggers=[True], named="L-1", holding=False)
    feeder = LineFeeder(lambda: desk, lambda: None, lambda: desk)
    feeder.clear()
    assert desk.said == [("ok", False)]
    assert feeder.present() is None


def test_the_line_hears_that_the_station_stands_and_that_it_goes_on() -> None:
    desk = Desk()
    feeder = LineFeeder(lambda: desk, lambda: None, lambda: desk)
    feeder.halt()
    assert desk.said == [("ready", False), ("fault", True)]
    assert feeder.present() is None
    assert desk.said[2:] == [("fault", False), ("ready", True)]


def test_a_handshake_that_was_opened_anew_is_answered_once_and_the_line_goes_on() -> None:
    desk = Desk(triggers=[True, False, True], named="L-1")
    feeder = LineFeeder(lambda: desk, lambda: None, lambda: desk)
    assert feeder.present() is not None
    desk.refuses = True
    with pytest.raises(DeviceError, match="not asked"):
        feeder.clear()
    feeder.clear()
    desk.refuses = False
    assert feeder.present() is not None


def test_what_was_scanned_on_the_way_to_a_place_is_not_the_part_that_lies_there() -> None:
    desk = Desk(scans=["P-1", "P-2"])
    part = PalletFeeder(lambda: desk, [(0.0,)], [], lambda: desk, lambda: desk, lambda: None).present()
    assert part is not None
    assert part.serial == "P-2"


def test_a_pallet_homes_after_a_jam_and_comes_back_to_the_place_where_it_stopped() -> None:
    desk = Desk(jams=1)
    feeder = pallet(lambda: desk, (0.0, 0.0), (10.0, 0.0))
    with pytest.raises(StoppedError):
        feeder.present()
    first = feeder.present()
    feeder.clear()
    second = feeder.present()
    assert first is not None
    assert second is not None
    assert (first.serial, second.serial) == ("P-1", "P-2")
    # After a stop it does not know where it is: it was looked at, and homes again.
    assert desk.said == ["home", "home", (0.0, 0.0), (10.0, 0.0)]
    assert feeder.is_finished()


def test_a_stage_that_was_lost_looks_for_its_zero_after_a_person_looked() -> None:
    old, new = Desk(), Desk()
    now = [old]
    feeder = pallet(lambda: now[0], (0.0,), (1.0,))
    feeder.present()
    feeder.clear()
    now[0] = new
    with pytest.raises(StoppedError, match="lost and is there again"):
        feeder.present()
    assert new.said == []
    part = feeder.present()
    assert part is not None
    assert part.serial == "P-2"
    assert new.said == ["home", (1.0,)]


def test_nothing_moves_while_the_door_is_open() -> None:
    desk = Desk()
    doors: list[Desk | None] = [desk]
    feeder = pallet(lambda: desk, (0.0,), (1.0,), interlock=lambda: doors[0])
    with pytest.raises(StoppedError, match=r"^The door is open$"):
        feeder.present()
    assert desk.said == ["interlock"]
    doors[0] = None
    feeder.present()
    assert desk.said == ["interlock", "home", (0.0,)]


def test_a_good_part_stays_under_the_camera_until_the_gate_has_shut() -> None:
    desk, slept = Desk(holding=False), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.holding = len(slept) == 4

    feeder = pallet(lambda: desk, (0.0,), (1.0,), clock=lambda: sum(slept), sleep=sleep)
    feeder.present()
    feeder.clear()
    assert (len(slept), desk.holding) == (4, True)

"""A whole cell: `station run` with real drivers against real peers, all at once. See scripts/test_cell.

Judged from outside: what the firmware's pins did, what lay under the camera at that moment, what is in the record.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from station.documents import sha256_hex
from station.order.read import parse_order
from station.twin.part import CircleDeviation, MadePart, part_of_order
from tests.cli.small import ring_order
from tests.peers.cell_world import AT_PLACE_MM, CAMERA, World, until
from tests.peers.controller import AMBER, BLUE, DOOR, GATE, GREEN, LAMPS, RED
from tests.rig.cell_station import PATIENCE_S, Station, serial_of

pytestmark = pytest.mark.skipif("STATION_CELL" not in os.environ, reason="scripts/test_cell builds what this needs")
OPEN_MS = 400
LONG_OPEN_MS = 6000  # a busy machine may notice late that the gate is open; it is killed long before this is over
NO_ZERO = "is there again|does not know where it is"  # opened anew, or recovered


def ring(larger_mm: float = 0.0) -> MadePart:
    """A ring whose outer diameter, 4 ± 0.05 mm, came out larger."""
    order = parse_order(json.dumps(ring_order()).encode(), None, "order")
    return part_of_order(order, (CircleDeviation("OD", diameter_mm=larger_mm),))


Stage = Callable[..., tuple[World, Station]]


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Stage]:
    """Makes a world with these parts, and a station over it that does not run yet."""
    made: list[tuple[World, Station]] = []

    def make(*parts: MadePart | None) -> tuple[World, Station]:
        station = Station(tmp_path, len(parts))
        made.append((World(tmp_path, station.home, parts), station))
        return made[0]

    yield make
    for world, station in made:
        if station.process is not None:
            station.kill()
        world.close()


class Told:
    """Figures for whoever runs this with -s: what happened, and how long after what was told before."""

    def __init__(self) -> None:
        self._last_s = time.monotonic()

    def __call__(self, what: str) -> None:
        now_s = time.monotonic()
        print(f"\n  {now_s - self._last_s:5.1f} s  {what}", end="")
        self._last_s = now_s


def check_gate(world: World, *places: int) -> None:
    """It opened for the parts at these places and no others, each time after the record said PASS of that very part;
    and is shut."""
    assert [one.place for one in world.passings] == list(places)
    for one in world.passings:
        assert (one.serial, one.verdict) == (serial_of(one.place), "PASS")
    assert world.openings() == len(places)
    assert world.emulator.level(GATE) == 0


def test_every_part_of_a_pallet_gets_its_verdict_and_only_the_good_ones_the_gate(cell: Stage, tmp_path: Path) -> None:
    world, station = cell(ring(), ring(0.08), ring(0.05), None, ring(), ring())
    world.during[4] = lambda: setattr(world, "lamp_is_cut", True)
    world.during[5] = lambda: setattr(world, "lamp_is_cut", False)
    document = station.run_once(station.rig_file(world, open_ms=OPEN_MS))

    found = {one["serial"]: one for one in document["inspections"]}
    assert [found[serial_of(place)]["verdict"] for place in range(6)] == [
        "PASS", "FAIL", "UNDECIDED", "ERROR", "ERROR", "PASS",
    ]  # fmt: skip
    diameters = {place: found[serial_of(place)]["characteristics"][0] for place in (0, 1, 2, 5)}
    for place, made_mm in ((0, 4.0), (1, 4.08), (2, 4.05), (5, 4.0)):
        assert diameters[place]["value"] == pytest.approx(made_mm, abs=3 * diameters[place]["standard_uncertainty"])
    assert "nothing in the picture" in found[serial_of(3)]["reason"]
    assert "under-exposed" in found[serial_of(4)]["reason"]

    check_gate(world, 0, 5)
    assert all(0.9 * OPEN_MS < ms < 1.1 * OPEN_MS for ms in world.open_ms())
    assert [world.emulator.level(pin) for pin in (*LAMPS, RED, AMBER, GREEN, BLUE)] == 12 * [0]
    for one in world.exposures:
        assert one.lamps == (1,)
        assert one.away_mm < AT_PLACE_MM

    # What was measured and kept is what the camera was shown, bit for bit.
    for place in range(6):
        (frame,) = found[serial_of(place)]["frames"]
        kept = station.home / "frames" / frame["sha256"][:2] / f"{frame['sha256']}.png"
        pixels = cv2.imdecode(np.frombuffer(kept.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        assert world.of_place(place)[-1].pixels == sha256_hex(pixels.tobytes())
    recorded = json.loads(station.says("records", "--json"))["records"]
    assert [(one["serial"], one["verdict"]) for one in recorded] == [
        (one["serial"], one["verdict"]) for one in document["inspections"]
    ]
    station.says("verify")


def test_whatever_is_pulled_out_nothing_unmeasured_leaves_and_the_cell_goes_on_when_it_is_mended(cell: Stage) -> None:
    world, station = cell(*(ring() for _ in range(10)))
    for place, happens in {
        1: world.camera.kill,
        3: lambda: world.emulator.ask("reset external"),
        5: lambda: world.emulator.open_contact(DOOR),
    }.items():
        world.during[place] = happens
    station.start(station.rig_file(world, "frames = 2", open_ms=LONG_OPEN_MS))
    tell = Told()
    until(lambda: world.exposures, PATIENCE_S + 300.0, station.log)  # it compiles, where nobody ran it before
    tell("started, the stage homed, the first part under the camera")

    # The camera dies in the middle of an exposure, and comes back: nobody has to look.
    lost = station.wait_recorded(serial_of(1))
    tell(f"the camera killed: {lost['reason']}")
    assert (lost["verdict"], world.openings()) == ("ERROR", 1)
    assert f"camera {CAMERA}: the camera" in lost["reason"]
    station.wait_state("fault")
    until(lambda: {RED} <= {edge.pin for edge in world.edges if edge.level}, PATIENCE_S, station.log)
    world.camera.start()
    assert station.wait_recorded(serial_of(2))["verdict"] == "PASS"
    tell("the camera there again: the next part passed")

    # The controller is reset: everything is dark and shut at once, then it is greeted anew.
    reset = station.wait_recorded(serial_of(3))
    tell(f"the controller reset: {reset['reason']}")
    assert reset["verdict"] == "ERROR"
    assert "the controller was reset" in reset["reason"]
    assert world.of_place(3)[0].lamps == ()
    world.press_start()  # while nothing stands: says nothing about what comes
    assert station.wait_recorded(serial_of(4))["verdict"] == "PASS"
    tell("the next part passed")

    # The door is opened: a person shuts it, looks, and presses start. Until then nothing moves.
    opened = station.wait_recorded(serial_of(5))
    tell(f"the door opened: {opened['reason']}")
    assert opened["verdict"] == "ERROR"
    assert "door is open" in opened["reason"]
    station.wait_state("fault")
    world.emulator.close_contact(DOOR)
    stands(world, station, at=5)
    world.press_start()
    assert station.wait_recorded(serial_of(6))["verdict"] == "PASS"
    tell("stood while nobody had looked; start pressed: the next part passed")

    # Grbl loses its power on the way to the next place: the stage does not know where it is any more.
    until(lambda: world.away_mm(6) > 1.0, PATIENCE_S, station.log)
    world.stage.power_on(boots_s=0.3)
    station.wait_state("fault")
    assert "started anew" in station.snapshots[-1]["message"]
    tell(f"the stage's power blinked: {station.snapshots[-1]['message']}")
    stands(world, station, at=None)
    world.press_start()
    assert station.wait_recorded(serial_of(7))["verdict"] == "PASS"
    tell("stood while nobody had looked; start pressed: homed, the next part passed")
    assert world.of_place(7)[0].away_mm < AT_PLACE_MM

    # Nothing answers at all for a while.
    until(lambda: world.away_mm(7) > 1.0, PATIENCE_S, station.log)
    world.stage.power_off()
    station.wait_state("fault")
    assert world.stage.port in station.snapshots[-1]["message"]
    tell(f"the stage's power gone: {station.snapshots[-1]['message']}")
    world.stage.power_on()
    until(lambda: re.search(NO_ZERO, station.snapshots[-1]["message"]), 60.0, station.log)
    stands(world, station, at=None)
    world.press_start()

    # The station itself is killed with the gate open: the firmware shuts it within half a second.
    until(lambda: world.openings() == 6, PATIENCE_S, station.log)
    tell("stood while nobody had looked; start pressed: homed, the gate open for the next part")
    station.kill()
    until(lambda: world.emulator.level(GATE) == 0, 30.0, world.open_ms)
    assert world.open_ms()[-1] < 0.9 * LONG_OPEN_MS  # not when its time was over
    check_gate(world, 0, 2, 4, 6, 7, 8)
    looked = reversed(station.events("fault-acknowledged"))
    for one, cause in zip(looked, ("door is open", "started anew", NO_ZERO), strict=True):
        assert re.search(cause, one["reason"])
    assert [len(world.of_place(place)) for place in (0, 2, 4, 6, 7, 8)] == 6 * [2]  # each picture the mean of two
    tell(f"the station killed with the gate open: shut by the firmware, {world.open_ms()[-1]:.0f} ms after it opened")


def stands(world: World, station: Station, at: int | None) -> None:
    """For three seconds, though everything is well again: no movement, no picture, no gate, and the page says why."""
    before = len(world.exposures), world.openings(), world.away_mm(0)
    end = world.emulator.cycle() + 3 * 16_000_000
    while world.emulator.cycle() < end:
        assert station.state() == "fault", station.log()
        assert (len(world.exposures), world.openings()) == before[:2]
        assert world.away_mm(0) == pytest.approx(before[2], abs=AT_PLACE_MM)
    assert at is None or world.away_mm(at) < AT_PLACE_MM

"""The devices behind the controller, as the station uses them."""

import itertools
import threading

import numpy as np
import pytest

from station.cycle.capture import capture
from station.devices.controller import (
    Button,
    Gate,
    GateFacts,
    Interlock,
    InterlockFacts,
    Light,
    LightFacts,
    Shot,
    Tower,
    find,
)
from station.devices.protocols import CameraFacts, Frame, TowerSign, View
from station.errors import DeviceError, LostDeviceError
from tests.peers.controller import AMBER, BLUE, CAMERA, CYCLES_PER_US, DOOR, ESTOP, GATE, GREEN, LAMPS, RED, START

LIGHT = LightFacts({"backlight": (1,), "ring": (2, 3), "dark": (8,)}, {"dark": 0.5}, settle_ms=30.0)


@pytest.fixture
def light(controller):
    return Light(LIGHT, controller)


def lit(emulator):
    emulator.run_ms(3)
    return [at for at, pin in enumerate(LAMPS, 1) if emulator.level(pin)]


def test_a_view_is_lit_alone_and_steady_later(emulator, controller, light):
    before = controller.clock()
    steady = light.turn_on(View.BACKLIGHT)
    assert steady - before >= 0.03
    assert lit(emulator) == [1]
    assert light.turn_on(View.BACKLIGHT) == steady  # it burns already
    assert light.turn_on(View.RING) > steady
    assert lit(emulator) == [2, 3]
    light.turn_off()
    assert lit(emulator) == []
    with pytest.raises(DeviceError, match="no lamp for the view 'front'"):
        light.turn_on(View.FRONT)


def test_a_view_is_dimmed(controller, light):
    light.turn_on(View.DARK)
    assert controller.request("light").words == ("0", "0", "0", "0", "0", "0", "0", "128")


def test_capture_waits_for_the_light(emulator, controller, light):
    class Camera:
        def facts(self):
            return CameraFacts("M", "S", 4, 3, 8)

        def capture(self, view, exposure_us):
            assert emulator.level(LAMPS[0]) == 1
            return Frame(view, np.zeros((3, 4), np.uint8), controller.clock(), exposure_us)

    taken = capture(Camera(), light, View.BACKLIGHT, 1000.0)
    assert taken.view == "backlight"


def test_a_strobe_returns_when_it_is_over(emulator, light):
    emulator.edges()
    light.strobe(Shot(View.BACKLIGHT, 300, 50, camera_delay_us=100, camera_width_us=60))
    edges = emulator.edges()
    assert [(edge.pin, edge.level) for edge in edges] == [(CAMERA, 1), (CAMERA, 0), (LAMPS[0], 1), (LAMPS[0], 0)]
    first = edges[0].cycle
    assert [(edge.cycle - first) / CYCLES_PER_US for edge in edges] == [0.0, 60.0, 200.0, 250.0]


def test_strobes_that_cannot_be_are_refused_in_words(light):
    with pytest.raises(DeviceError, match="2 lamps light the view ring; one can be strobed"):
        light.strobe(Shot(View.RING, 300, 50))
    with pytest.raises(DeviceError, match="outside what the controller can do"):
        light.strobe(Shot(View.DARK, 10, 50))
    with pytest.raises(DeviceError, match="less than 20 µs apart"):
        light.strobe(Shot(View.DARK, 300, 50, 300, 50))
    light.arm(Shot(View.DARK, 300, 50))
    with pytest.raises(DeviceError, match="armed or running"):
        light.arm(Shot(View.DARK, 300, 50))
    assert light.disarm() == 0


def test_the_gate_opens_and_holds(emulator, controller):
    gate = Gate(GateFacts(open_ms=400), controller)
    assert gate.is_holding()
    gate.let_through()
    assert (emulator.level(GATE), gate.is_holding()) == (1, False)
    gate.hold()
    assert (emulator.level(GATE), gate.is_holding()) == (0, True)
    gate.let_through()
    emulator.run_ms(420)
    assert (emulator.level(GATE), gate.is_holding()) == (0, True)
    gate.let_through()
    gate.close()
    gate.close()
    assert emulator.level(GATE) == 0


def test_the_tower_shows_and_flashes(emulator, controller):
    tower = Tower(controller)
    steady = {TowerSign.PASS: GREEN, TowerSign.FAIL: AMBER}
    flashing = {TowerSign.READY: GREEN, TowerSign.BUSY: GREEN, TowerSign.UNDECIDED: BLUE, TowerSign.ERROR: RED}
    for sign, lamp in steady.items():
        tower.show(sign)
        emulator.run_ms(5)
        assert [pin for pin in (RED, AMBER, GREEN, BLUE) if emulator.level(pin)] == [lamp]
        emulator.edges()
        emulator.run_ms(900)
        assert emulator.edges() == []
    for sign, lamp in flashing.items():
        tower.show(sign)
        emulator.run_ms(5)
        emulator.edges()
        emulator.run_ms(2100)
        edges = emulator.edges()
        assert {edge.pin for edge in edges} == {lamp}
        halves_ms = [(b.cycle - a.cycle) / 16000 for a, b in itertools.pairwise(edges)]
        # An edge waits until the loop has answered the host: up to 0.8 ms.
        assert halves_ms == pytest.approx(len(halves_ms) * [800 if sign is TowerSign.READY else 250], abs=1.0)
    tower.close()
    emulator.run_ms(5)
    assert [pin for pin in (RED, AMBER, GREEN, BLUE) if emulator.level(pin)] == []


def test_a_press_counts_once_and_is_not_lost(emulator, controller):
    button = Button(controller)
    assert not button.wait(0.3)
    threading.Timer(0.2, emulator.close_contact, [START]).start()
    assert button.wait(3.0)
    assert not button.wait(0.3)  # held
    emulator.open_contact(START)
    emulator.run_ms(50)
    emulator.close_contact(START)
    emulator.run_ms(250)  # while nobody looked
    assert button.wait(0.0)
    assert not button.wait(0.0)


def test_the_interlock_says_what_stops_the_machine(emulator, controller):
    interlock = Interlock(InterlockFacts(), controller)
    assert interlock.stopped_by() == "the emergency stop is pressed and the door is open"
    emulator.close_contact(ESTOP)
    emulator.run_ms(30)
    assert interlock.stopped_by() == "the door is open"
    assert Interlock(InterlockFacts(door=False), controller).stopped_by() == ""
    emulator.close_contact(DOOR)
    emulator.run_ms(30)
    assert interlock.stopped_by() == ""
    emulator.open_contact(ESTOP)
    emulator.run_ms(30)
    assert interlock.stopped_by() == "the emergency stop is pressed"
    emulator.close_contact(ESTOP)
    emulator.open_contact(DOOR)
    emulator.run_ms(30)
    emulator.close_contact(DOOR)
    emulator.run_ms(30)
    assert interlock.stopped_by() == "the door was open"
    assert interlock.stopped_by() == ""


def test_all_say_what_they_are(emulator, controller, light):
    for device in (light, Gate(GateFacts(), controller), Tower(controller), Interlock(InterlockFacts(), controller)):
        assert "station-controller 1.0.0, build " in device.check()
        assert device.check().endswith("last reset: power-on")
    emulator.ask("short B2 1")
    with pytest.raises(DeviceError, match="look for a short"):
        light.check()
    emulator.ask("short B2 -")
    emulator.ask("flash 20 5A")
    with pytest.raises(DeviceError, match="self-test failed"):
        light.check()


def test_it_is_found(emulator):
    (found,) = find([emulator.port, "/dev/is-not-there"])
    assert (found.kind, found.driver, found.where) == ("light", "controller", emulator.port)
    assert found.words.startswith("station-controller 1.0.0, build ")


def test_closing_is_safe_and_final(emulator, controller, light):
    light.turn_on(View.BACKLIGHT)
    Gate(GateFacts(), controller).let_through()
    Tower(controller).show(TowerSign.PASS)
    controller.close()
    controller.close()
    emulator.run_ms(5)
    assert lit(emulator) == []
    assert [emulator.level(pin) for pin in (GATE, GREEN)] == [0, 0]
    with pytest.raises(LostDeviceError, match="was closed"):
        light.turn_on(View.BACKLIGHT)
    light.close()


def test_many_threads_share_one_controller(controller, light):
    gate, tower, failed = Gate(GateFacts(), controller), Tower(controller), []

    def work(act):
        try:
            for _ in range(25):
                act()
        except DeviceError as error:
            failed.append(error)

    acts = [lambda: light.turn_on(View.RING), gate.hold, gate.is_holding, lambda: tower.show(TowerSign.BUSY)]
    threads = [threading.Thread(target=work, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []

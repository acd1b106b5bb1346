"""GPIO through a real gpiochip: the kernel's gpio-sim, as the virtual machine has it. $STATION_GPIO_SIM is the bank's
folder in /sys, with `sim_gpioN/pull` to drive an input and `sim_gpioN/value` to read an output."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import gpiozero
import pytest

from station.devices.gpio import (
    Button,
    Gate,
    GateFacts,
    Handshake,
    HandshakeFacts,
    InputFacts,
    Interlock,
    InterlockFacts,
    Light,
    LightFacts,
    Tower,
    TowerFacts,
)
from station.devices.protocols import TowerSign, View
from station.errors import LostDeviceError

SOON_S = 30.0  # an emulated machine on a busy host is slow
BANK = os.environ.get("STATION_GPIO_SIM", "")
pytestmark = pytest.mark.skipif(not BANK, reason="needs the kernel's gpio-sim: scripts/test_vm sets STATION_GPIO_SIM")


@pytest.fixture
def opened():
    """Nothing is wired to the header but resistors that pull down. Keeps a device, and afterwards lets go of it and
    of all lines: lgpio's one thread of callbacks dies with the first device that is forgotten."""
    for number in range(2, 28):
        Line(number).drive(False)
    devices = []
    yield lambda device: devices.append(device) or device
    for device in devices:
        device.close()
    if gpiozero.Device.pin_factory is not None:
        gpiozero.Device.pin_factory.close()
        gpiozero.Device.pin_factory = None


def soon(holds, timeout_s=SOON_S):
    """Waits until something holds; whether it came to hold."""
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.002)
    return True


class Line:
    """One line as the outside sees it."""

    def __init__(self, number):
        self._folder = Path(BANK) / f"sim_gpio{number}"

    def drive(self, high):
        (self._folder / "pull").write_text("pull-up" if high else "pull-down")

    @property
    def value(self):
        return int((self._folder / "value").read_text())

    def becomes(self, value, timeout_s=SOON_S):
        return soon(lambda: self.value == value, timeout_s)


@contextmanager
def other_program(code, *arguments):
    """Another process that has said that it is there; it is killed in the end."""
    program = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)
    with program:
        try:
            assert program.stdout.readline().strip() == "here"
            yield program
        finally:
            program.kill()


HOLDER = """
import sys, time
from station.devices.gpio import Gate, GateFacts
gate = Gate(GateFacts(sys.argv[1], open_ms=60000, kick_hz=float(sys.argv[2])))
gate.let_through()
print("here", flush=True)
time.sleep(120)
"""


def test_presses_are_real_edges_and_each_counts_once(opened):
    button, line = opened(Button(InputFacts("GPIO22", debounce_ms=10.0))), Line(22)
    for _ in range(20):
        line.drive(False)
        time.sleep(0.05)
        line.drive(True)
        time.sleep(0.05)
        assert button.wait(SOON_S)
    assert not button.wait(1.0)


def test_a_press_counts_by_the_kernels_times_however_late_it_is_asked_for(opened):
    button, line = opened(Button(InputFacts("GPIO22", debounce_ms=10.0))), Line(22)
    line.drive(False)
    time.sleep(0.1)
    line.drive(True)
    time.sleep(2.0)
    began_s = time.monotonic()
    assert button.wait(SOON_S)
    assert not button.wait(0.0)
    print(f"\na press of 100 ms, told 2 s later, counted after {1000 * (time.monotonic() - began_s):.0f} ms")


def test_spikes_do_not_count(opened):
    button, line = opened(Button(InputFacts("GPIO22", debounce_ms=1000.0))), Line(22)
    for high in (False, True) * 5:  # each far shorter than a second, even in an emulated machine
        line.drive(high)
    assert not button.wait(2.0)


def test_an_open_contact_stops_at_once(opened):
    interlock, door = opened(Interlock(InterlockFacts({"the door is open": "GPIO5"}))), Line(5)
    door.drive(False)
    assert soon(lambda: interlock.stopped_by() == "")
    door.drive(True)
    assert interlock.stopped_by() == "the door is open"


def test_outputs_are_off_on_open_follow_and_fall_on_close(opened):
    light = opened(Light(LightFacts({"backlight": "GPIO17"})))
    tower = opened(Tower(TowerFacts("GPIO19", "GPIO20", "GPIO21")))
    back, green = Line(17), Line(21)
    assert (back.value, green.value) == (0, 0)
    light.turn_on(View.BACKLIGHT)
    tower.show(TowerSign.PASS)
    assert (back.value, green.value) == (1, 1)
    light.close()
    tower.close()
    assert (back.value, green.value) == (0, 0)


def test_a_dimmed_lamp_flickers_and_ends_dark(opened):
    light, ring = opened(Light(LightFacts({"ring": "GPIO18"}, {"ring": 0.5}, frequency_hz=5.0))), Line(18)
    light.turn_on(View.RING)
    for value in (1, 0, 1, 0):
        assert ring.becomes(value)
    light.turn_on(View.RING)
    light.close()
    assert ring.becomes(0)
    time.sleep(0.1)
    assert ring.value == 0


def test_a_kicked_gate_toggles_and_ends_low(opened):
    gate, line = opened(Gate(GateFacts("GPIO23", open_ms=4000.0, kick_hz=5.0))), Line(23)
    gate.let_through()
    for value in (0, 1, 0, 1):
        assert line.becomes(value)
    assert soon(gate.is_holding)
    assert line.becomes(0)
    time.sleep(0.3)
    assert line.value == 0


def test_a_line_that_another_program_has_is_said(opened):
    message = r"gate GPIO24: another program has this line \(GPIO busy\)"
    with other_program(HOLDER, "GPIO24", "0"), pytest.raises(LostDeviceError, match=message):
        Gate(GateFacts("GPIO24"))
    opened(Gate(GateFacts("GPIO24")))  # free again


@pytest.mark.parametrize("kick_hz", ["0", "10"])
def test_what_becomes_of_the_gate_of_a_killed_program(opened, kick_hz):
    """gpio-sim drops a line that nobody owns, as upstream's drivers for the Pi do, and the Pi's own kernel with
    dtparam=strict_gpiod."""
    line = Line(25)
    with other_program(HOLDER, "GPIO25", kick_hz) as program:
        assert line.becomes(1)
        program.send_signal(signal.SIGKILL)
        began_s = time.monotonic()
        program.wait()
        assert line.becomes(0)
    print(f"\nkilled with the gate open (kick_hz {kick_hz}): low {1000 * (time.monotonic() - began_s):.0f} ms later")
    time.sleep(0.3)
    assert line.value == 0


@pytest.mark.parametrize("kick_hz", ["0", "10"])
def test_what_becomes_of_the_gate_of_a_frozen_program(opened, kick_hz):
    """A level stands, kicking ends: why a gate that must be safe is kicked."""
    line = Line(25)
    seen = set()
    with other_program(HOLDER, "GPIO25", kick_hz) as program:
        assert line.becomes(1)
        program.send_signal(signal.SIGSTOP)
        os.waitpid(program.pid, os.WUNTRACED)  # returns when all its threads stand
        for _ in range(100):
            seen.add(line.value)
            time.sleep(0.01)
    assert len(seen) == 1  # no edge any more: a monostable drops
    if kick_hz == "0":
        assert seen == {1}  # a level does not: a watchdog must reset the machine
    assert line.becomes(0)


OUTPUTS = {"ready": 5, "busy": 6, "result_valid": 13, "ok": 19, "nok": 26, "fault": 21}
HANDSHAKE = HandshakeFacts("GPIO5", "GPIO27", "GPIO6", "GPIO13", "GPIO19", "GPIO26", "GPIO21")
PLC = """
import sys, time
sys.path.insert(0, "")
from tests.rig.test_gpio import OUTPUTS, Line
line, trigger, window_s = {name: Line(number) for name, number in OUTPUTS.items()}, Line(27), 30.0
print("here", flush=True)
for _ in range(int(sys.argv[1])):
    if not line["ready"].becomes(1):
        print("not ready", flush=True)
        continue
    if line["result_valid"].value:
        print("a result stands already", flush=True)
    trigger.drive(True)
    valid = line["result_valid"].becomes(1, window_s)
    ok, nok, fault = (line[name].value for name in ("ok", "nok", "fault"))
    trigger.drive(False)
    print("accept" if valid and ok and not nok and not fault else "reject" if nok else "no result", flush=True)
    if not line["result_valid"].becomes(0):
        print("the result does not go", flush=True)
"""


def test_a_line_in_another_process_reads_every_result(opened):
    handshake = Handshake(HANDSHAKE)
    asked = [True, False, True, True, False, True, False, False]
    with other_program(PLC, str(len(asked))) as program:
        for ok in asked:
            handshake.set_ready(True)
            assert handshake.wait_trigger(SOON_S)
            assert Line(OUTPUTS["busy"]).value == 1
            handshake.give(ok)
            assert Line(OUTPUTS["result_valid"]).becomes(0)  # goes with the trigger, by itself
        said = program.communicate(timeout=2 * SOON_S)[0].split("\n")
    assert said[:-1] == ["accept" if ok else "reject" for ok in asked]
    handshake.close()
    assert [Line(number).value for number in OUTPUTS.values()] == [0] * 6


STATION = """
import time
from tests.rig.test_gpio import HANDSHAKE
from station.devices.gpio import Handshake
handshake = Handshake(HANDSHAKE)
handshake.set_ready(True)
print("here", flush=True)
while not handshake.wait_trigger(1.0):
    pass
handshake.give(True)
time.sleep(120)
"""


def test_a_station_killed_in_the_middle_of_a_result_leaves_none(opened):
    with other_program(STATION) as program:
        assert Line(OUTPUTS["ready"]).becomes(1)
        Line(27).drive(True)
        assert Line(OUTPUTS["result_valid"]).becomes(1)
        program.kill()
        began_s = time.monotonic()
        program.wait()
        for number in OUTPUTS.values():
            assert Line(number).becomes(0)
    print(f"\nkilled with a result standing: all signals low {1000 * (time.monotonic() - began_s):.0f} ms later")
    Line(27).drive(False)

"""Whatever is pulled out: the gate falls, in time and not before, and nothing comes back by itself."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from station.devices.controller import Controller, ControllerFacts, Gate, GateFacts
from station.devices.controller.light import Light, LightFacts
from station.devices.protocols import View
from station.errors import DeviceError, LostDeviceError
from tests.peers.controller import (
    AMBER,
    CYCLES_PER_US,
    DOOR,
    ESTOP,
    GATE,
    LAMPS,
    ROOT,
    START,
    TRIGGER,
    Proxy,
)

MS = 1000 * CYCLES_PER_US

HOST_PROGRAM = """
import sys, time
from station.devices.controller import Controller, ControllerFacts, Gate, GateFacts
controller = Controller(ControllerFacts(sys.argv[1], answer_s=1.0))
controller.request("lamps 255 0 0 0 255 0 0 0")
Gate(GateFacts(open_ms=int(sys.argv[2])), controller).let_through()
print("open", flush=True)
while True:
    time.sleep(60)  # the cycle hangs; the keep-alive does not
"""


@pytest.fixture
def station(emulator):
    """A station's process that opened the gate and then hangs."""
    running = []

    def start(open_ms):
        command = [sys.executable, "-c", HOST_PROGRAM, emulator.port, str(open_ms)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT))
        assert running[0].stdout.readline() == "open\n"
        return running[0]

    yield start
    running[0].kill()
    running[0].wait()
    running[0].stdout.close()


def fell(emulator, pin=GATE):
    (edge,) = [edge for edge in emulator.edges(pin) if edge.level == 0]
    return edge.cycle


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_the_gate_falls_half_a_second_after_the_host_is_gone(emulator, station, how, capsys):
    process = station(10000)
    emulator.run_ms(700)
    assert emulator.level(GATE) == 1  # a live host: longer than 500 ms
    emulator.edges()
    os.kill(process.pid, how)
    gone = emulator.cycle()
    emulator.run_ms(520)
    silent = (fell(emulator) - emulator.heard()) / MS
    assert 499.0 <= silent <= 500.2
    assert emulator.heard() <= gone + 10 * MS  # what was on the line yet
    emulator.run_ms(10)
    assert [emulator.level(pin) for pin in LAMPS] == [0] * 8
    emulator.run_ms(1600)
    assert {edge.pin for edge in emulator.edges()} == {AMBER}
    with capsys.disabled():
        print(f"\n    gate fell {silent:.2f} ms after the last byte of a host ended by {how.name}")


def test_a_cycle_that_hangs_does_not_keep_the_gate_open(emulator, station):
    station(800)
    rose = emulator.edges(GATE)[-1].cycle
    emulator.run_ms(1500)
    assert (fell(emulator) - rose) / MS == pytest.approx(800, abs=1.5)
    assert emulator.level(LAMPS[0]) == 1  # its keep-alive lives: only the gate had a time limit


def test_silence_puts_everything_out_at_once(emulator, host):
    assert host.ask("lamps 255 255 255 255 9 255 99 255") == "ok"
    assert host.ask("pass 10000") == "ok"
    emulator.run_ms(5)
    emulator.edges()
    emulator.run_ms(520)
    edges = [edge for edge in emulator.edges() if edge.pin != AMBER]
    down = next(edge.cycle for edge in edges if edge.pin == GATE)
    assert 499.0 <= (down - emulator.heard()) / MS <= 500.2
    assert max(edge.cycle for edge in edges) - down < 1000
    assert all(emulator.level(pin) == 0 for pin in (GATE, *LAMPS))
    assert host.lines()[-1].endswith("silent")
    assert host.ask("hello") == "ok"
    assert host.ask("lamps 9 99 9 99 9 99 9 99") == "ok"
    emulator.run_ms(520)
    emulator.edges()
    emulator.run_ms(20)
    assert {edge.pin for edge in emulator.edges()} <= {AMBER}  # nor does a timer go on


def test_an_armed_shot_is_forgotten_in_silence(emulator, host):
    assert host.ask("arm 1 100 10 200 50") == "ok"
    emulator.run_ms(600)
    emulator.edges()
    emulator.close_contact(TRIGGER)
    emulator.run_ms(50)
    assert [edge for edge in emulator.edges() if edge.pin != AMBER] == []


def test_only_whole_lines_count_as_life(emulator, host):
    assert host.ask("pass 10000") == "ok"
    heard = emulator.heard()
    for _ in range(12):
        host.write(b"1 ping*0000\n")
        emulator.run_ms(50)
    assert 499.0 <= (fell(emulator) - heard) / MS <= 500.2


def test_a_hung_firmware_is_reset_by_the_watchdog(emulator, host, capsys):
    assert host.ask("pass 10000") == "ok"
    emulator.edges()
    hung = emulator.cycle()
    emulator.ask("hang")
    emulator.run_ms(500)
    after = (fell(emulator) - hung) / MS
    assert after < 300
    assert any("reset=watchdog" in line for line in host.lines())
    with capsys.disabled():
        print(f"\n    gate fell {after:.0f} ms after the firmware hung")


def test_in_reset_everything_is_off(emulator, host):
    assert host.ask("lamps 255 255 255 255 255 255 255 255") == "ok"
    assert host.ask("pass 10000") == "ok"
    emulator.run_ms(5)
    emulator.edges()
    emulator.ask("held 1")
    assert all(emulator.level(pin) == 0 for pin in (GATE, *LAMPS))
    emulator.ask("held 0")
    emulator.run_ms(300)
    assert {edge.pin for edge in emulator.edges() if edge.level} <= {AMBER}


def test_the_driver_sees_a_reset(emulator, controller, eventually):
    gate = Gate(GateFacts(), controller)
    gate.let_through()
    emulator.ask("reset brown-out")

    def lost():
        try:
            controller.latest()
        except LostDeviceError as error:
            return "was reset" in error.sentence
        return False

    eventually(lost)
    with pytest.raises(LostDeviceError, match="was reset"):
        gate.let_through()
    assert emulator.level(GATE) == 0


def test_the_driver_sees_that_it_was_not_heard(emulator, eventually):
    controller = Controller(ControllerFacts(emulator.port, answer_s=0.2))
    emulator.ask("stall 1")
    emulator.run_ms(700)
    with pytest.raises(LostDeviceError):
        controller.request("pass 1000")
    emulator.ask("stall 0")
    emulator.run_ms(200)
    assert emulator.level(GATE) == 0
    with pytest.raises(LostDeviceError):  # nothing comes back by itself
        controller.request("pass 1000")
    controller.close()
    again = Controller(ControllerFacts(emulator.port, answer_s=1.0))
    again.request("pass 1000")
    assert emulator.level(GATE) == 1
    again.close()
    assert emulator.level(GATE) == 0


@pytest.mark.parametrize(("pin", "name"), [(START, "start"), (DOOR, "door"), (ESTOP, "estop"), (TRIGGER, "trigger")])
def test_a_bouncing_input_gives_one_event(emulator, host, pin, name):
    emulator.play(pin, 8000, *20 * [4800])  # bounces for 6 ms
    host.live(emulator, 5)
    emulator.run_ms(40)
    host.lines()
    assert host.events == [f"{name} 1"]
    assert host.value("ping", name) == 1
    emulator.play(pin, 8000, 112000)  # open for 7 ms: no opening
    emulator.run_ms(40)
    host.lines()
    assert host.events == [f"{name} 1"]
    assert host.value("inputs", name) == 1


def test_a_bad_line_never_acts_twice_and_never_opens_the_gate(emulator, capsys):
    """Bytes are lost, changed, doubled and late, in both directions. Every shot has a width of its own."""
    dice = random.Random(7)

    def spoil(data):
        out = bytearray()
        for byte in data:
            fate = dice.random()
            if fate < 0.0015:
                continue
            out.append(byte ^ (1 << dice.randrange(8)) if fate < 0.003 else byte)
            if fate > 0.9985:
                out.append(dice.randrange(256))
        return bytes(out)

    proxy = Proxy(emulator.port)
    proxy.to_controller = proxy.to_host = spoil
    proxy.delay_s = 0.005
    acknowledged, refused, opened = [], 0, 0
    controller = None
    deadline = time.monotonic() + 60
    for shot in range(60):
        assert time.monotonic() < deadline
        while controller is None:
            try:
                controller = Controller(ControllerFacts(proxy.port, answer_s=0.1, boot_s=2.0))
                opened += 1
            except DeviceError:
                continue
        try:
            controller.request(f"strobe 1 100 {100 + shot} 0 0")
            acknowledged.append(100 + shot)
        except DeviceError:
            refused += 1
            controller.close()
            controller = None
        time.sleep(0.005)
    proxy.close()
    emulator.run_ms(50)
    edges = emulator.edges()
    lamp = [edge for edge in edges if edge.pin == LAMPS[0]]
    widths = [
        round((fall.cycle - rise.cycle) / CYCLES_PER_US) for rise, fall in zip(lamp[::2], lamp[1::2], strict=True)
    ]
    assert len(widths) == len(set(widths)), "one was carried out twice"
    assert set(acknowledged) <= set(widths)
    assert set(widths) <= set(range(100, 160))
    assert [edge for edge in edges if edge.pin == GATE] == []
    assert refused > 0  # the line was bad enough to show something
    with capsys.disabled():
        print(f"\n    bad line: {len(acknowledged)} acknowledged, {refused} given up, {len(widths)} done, none twice")


def test_lamps_go_dark_when_their_user_closes(emulator, controller):
    light = Light(LightFacts({"ring": [1, 5]}), controller)
    light.turn_on(View.RING)
    emulator.run_ms(3)
    assert [emulator.level(LAMPS[0]), emulator.level(LAMPS[4])] == [1, 1]
    light.close()
    assert [emulator.level(LAMPS[0]), emulator.level(LAMPS[4])] == [0, 0]

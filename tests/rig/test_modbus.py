"""Modbus with pymodbus as a peer in another process: a PLC that polls the station, a light controller it writes to."""

import json
import os
import pty
import select
import socket
import subprocess
import sys
import threading
import time
import tty
from typing import ClassVar

import pytest
from pymodbus.client import ModbusTcpClient

from station.devices.modbus import Handshake, HandshakeFacts, Light, LightFacts
from station.devices.modbus.register_map import Request
from station.devices.protocols import View
from station.errors import DeviceError, LostDeviceError

SOON_S, SILENT_S = 10.0, 2.0  # a busy host may be slow


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def no_process_stays():
    yield
    for process in Process.running.copy():
        process.kill()


class Process:
    """A peer; `do` tells it one line and returns its answer."""

    running: ClassVar[set["Process"]] = set()

    def __init__(self, name, *arguments):
        command = [sys.executable, "-m", f"tests.peers.{name}", *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        Process.running.add(self)
        self.first = self._process.stdout.readline().strip()

    def do(self, *words):
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def kill(self):
        self._process.kill()
        self._process.communicate()
        Process.running.discard(self)


@pytest.fixture
def line():
    handshake = Handshake(HandshakeFacts("127.0.0.1", 0, plc_silent_s=SILENT_S))
    plc = Process("modbus_plc", handshake.port)
    yield handshake, plc
    plc.kill()
    handshake.close()


def signals(plc):
    seen = plc.do("read")
    assert seen["same"]
    return seen["signals"]


def test_parts_from_ready_to_ready_with_number_and_serial(line):
    handshake, plc = line
    assert signals(plc) == []
    for number, serial, ok in ((1, "RING-237-0001", True), (2, "Größe-µ", False), (3, "", True)):
        handshake.set_ready(True)
        assert signals(plc) == ["ready"]
        assert not handshake.wait_trigger(0.02)
        plc.do("ask", number, serial)
        assert handshake.wait_trigger(SOON_S)
        assert handshake.request == Request(number, serial)
        assert signals(plc) == ["busy"]
        handshake.give(ok)
        seen = plc.do("wait", "result_valid")
        assert seen["signals"] == (["ok", "result_valid"] if ok else ["nok", "result_valid"])
        assert (seen["verdict"], seen["number"], seen["serial"]) == (1 if ok else 2, number, serial)
        assert seen["version"] == 1
        plc.do("drop")
        assert signals(plc) == []
        assert plc.do("read")["verdict"] == 0
    assert "the line's controller lives" in handshake.check()


def test_the_station_beats_its_heart(line):
    _, plc = line
    first = plc.do("read")["heartbeat"]
    began_s = time.monotonic()
    time.sleep(1.0)
    beats = plc.do("read")["heartbeat"] - first
    assert 8 <= beats <= 12 * (time.monotonic() - began_s) + 3


def test_what_was_not_asked_for_is_refused_and_a_fault_withdraws(line):
    handshake, plc = line
    with pytest.raises(DeviceError, match="not asked"):
        handshake.give(True)
    plc.do("ask", 1)  # not ready
    assert not handshake.wait_trigger(0.1)
    plc.do("drop")
    handshake.set_ready(True)
    plc.do("ask", 2)
    assert handshake.wait_trigger(SOON_S)
    handshake.give(True)
    handshake.set_fault(True)
    assert signals(plc) == ["fault"]


def test_a_plc_that_falls_silent_gets_no_result_and_must_lower_its_trigger(line):
    handshake, plc = line
    handshake.set_ready(True)
    plc.do("ask", 7)
    assert handshake.wait_trigger(SOON_S)
    plc.do("silent")  # its program stands, its connection lives
    time.sleep(1.5 * SILENT_S)
    handshake.give(True)
    assert signals(plc) == []
    with pytest.raises(LostDeviceError, match="silent for"):
        handshake.check()
    plc.do("beat")
    time.sleep(0.3)
    handshake.set_ready(True)
    plc.do("ask", 8)  # the trigger was never lowered
    assert not handshake.wait_trigger(0.2)
    plc.do("drop")
    plc.do("ask", 8)
    assert handshake.wait_trigger(SOON_S)
    assert handshake.request.number == 8


def test_a_plc_killed_with_a_result_standing_finds_none_when_it_is_back():
    handshake = Handshake(HandshakeFacts("127.0.0.1", 0, plc_silent_s=SILENT_S))
    plc = Process("modbus_plc", handshake.port)
    handshake.set_ready(True)
    plc.do("ask", 1)
    assert handshake.wait_trigger(SOON_S)
    handshake.give(True)
    assert signals(plc) == ["ok", "result_valid"]
    plc.kill()
    time.sleep(1.5 * SILENT_S)
    began_s = time.monotonic()
    with pytest.raises(LostDeviceError, match="the line's controller has been silent"):
        handshake.wait_trigger(2.0 * SOON_S)
    assert time.monotonic() - began_s < SOON_S  # said at once, not at the end of the wait
    plc = Process("modbus_plc", handshake.port)
    assert signals(plc) == []
    handshake.set_ready(True)
    plc.do("drop")
    plc.do("ask", 2)
    assert handshake.wait_trigger(SOON_S)
    plc.kill()
    handshake.close()


def test_a_plc_that_comes_late_and_lowers_its_trigger_before_its_heart_beats_is_heard():
    handshake = Handshake(HandshakeFacts("127.0.0.1", 0, plc_silent_s=0.1))
    handshake.set_ready(True)
    time.sleep(0.3)
    with ModbusTcpClient("127.0.0.1", port=handshake.port) as plc:
        plc.write_coil(0, False)
        time.sleep(0.3)
        plc.write_coil(0, True)
        assert handshake.wait_trigger(SOON_S)
        time.sleep(0.3)
        handshake.give(True)
        assert plc.read_discrete_inputs(0, count=6).bits[:6] == [False] * 6  # silent again: no result
        for _ in range(3):  # its network card goes on
            plc.write_coil(0, True)
            assert not handshake_asked(handshake)
    handshake.close()


def handshake_asked(handshake):
    handshake.set_ready(True)
    try:
        return handshake.wait_trigger(0.0)
    except LostDeviceError:
        return False


def test_nobody_there_is_said_and_a_taken_port_too():
    handshake = Handshake(HandshakeFacts("127.0.0.1", 0, plc_silent_s=0.2))
    with pytest.raises(LostDeviceError, match="has not been heard yet"):
        handshake.wait_trigger(SOON_S)
    with pytest.raises(LostDeviceError, match="nothing can listen on this address"):
        Handshake(HandshakeFacts("127.0.0.1", handshake.port))
    handshake.close()
    handshake.close()
    with pytest.raises(LostDeviceError, match="nobody listens"):
        handshake.wait_trigger(0.0)


def test_a_closed_station_refuses_connections(line):
    handshake, _ = line
    handshake.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", handshake.port), 1.0)


def lamps(where, **more):
    registers, levels = {"backlight": 0, "ring": 3}, {"ring": 0.25}
    return LightFacts(where, registers, levels, {"9": 2}, full_scale=800, timeout_ms=1000.0, **more)


def drive(light, where):
    """Every kind of request, over any transport."""
    steady_s = light.turn_on(View.RING)
    assert steady_s == pytest.approx(time.monotonic() + 0.05, abs=SOON_S)
    assert light.turn_on(View.RING) == steady_s
    assert light.check() == "Modbus light controller with 2 channels, 1 lit"
    light.turn_on(View.BACKLIGHT)
    assert light.check().endswith("1 lit")
    light.turn_off()
    assert light.check().endswith("0 lit")
    with pytest.raises(DeviceError, match="no lamp for the view 'dark'"):
        light.turn_on(View.DARK)


def test_lights_over_tcp_killed_and_back():
    port = free_port()
    peer = Process("modbus_lights", "tcp", port)
    light = Light(lamps(f"tcp://127.0.0.1:{port}"))
    drive(light, port)
    light.turn_on(View.RING)
    with ModbusTcpClient("127.0.0.1", port=port) as other:
        assert other.read_holding_registers(0, count=10).registers == [0, 0, 0, 200, 0, 0, 0, 0, 0, 2]
    peer.kill()
    for _ in range(2):
        with pytest.raises(LostDeviceError, match=r"does not answer|cannot be reached"):
            light.turn_on(View.RING)
    peer = Process("modbus_lights", "tcp", port)
    light.turn_on(View.RING)
    with ModbusTcpClient("127.0.0.1", port=port) as other:
        assert other.read_holding_registers(0, count=10).registers == [0, 0, 0, 200, 0, 0, 0, 0, 0, 2]
        other.write_register(3, 0)  # somebody reset it
        before_s = time.monotonic()
        assert light.turn_on(View.RING) > before_s
        assert other.read_holding_registers(3, count=1).registers == [200]
        light.close()
        assert other.read_holding_registers(0, count=10).registers[:4] == [0, 0, 0, 0]
    peer.kill()


def test_lights_that_are_not_there_refuse_or_cut_are_said():
    port = free_port()
    with pytest.raises(LostDeviceError, match=f"light tcp://127.0.0.1:{port}: the light controller cannot be reached"):
        Light(lamps(f"tcp://127.0.0.1:{port}"))
    peer = Process("modbus_lights", "tcp", port)
    with pytest.raises(DeviceError, match=r"refuses register 100 \(Modbus exception 2\)"):
        Light(LightFacts(f"tcp://127.0.0.1:{port}", {"front": 100}))
    light = Light(LightFacts(f"tcp://127.0.0.1:{port}", {"front": 2}, full_scale=1200))
    with pytest.raises(DeviceError, match="register 2 was set to 1200 and reads 1000"):
        light.turn_on(View.FRONT)
    light.close()
    light = Light(LightFacts(f"tcp://127.0.0.1:{port}", {"front": 2}, setup={"15": 0x41}, error_register=15))
    with pytest.raises(DeviceError, match="0x0041"):
        light.turn_on(View.FRONT)
    light.close()
    peer.kill()


@pytest.fixture
def cable():
    """Two ends of a serial line: what goes into one pseudo terminal comes out of the other."""
    masters, ends = zip(*(pty.openpty() for _ in range(2)), strict=True)
    for end in ends:
        tty.setraw(end)
    done = threading.Event()

    def carry():
        while not done.is_set():
            for at in select.select(masters, [], [], 0.05)[0]:
                os.write(masters[1 - masters.index(at)], os.read(at, 4096))

    thread = threading.Thread(target=carry)
    thread.start()
    yield [os.ttyname(end) for end in ends]
    done.set()
    thread.join()
    for descriptor in (*masters, *ends):
        os.close(descriptor)


def test_lights_over_a_serial_line_killed_and_back(cable):
    ours, theirs = cable
    peer = Process("modbus_lights", "rtu", theirs)
    light = Light(lamps(ours))
    drive(light, ours)
    peer.kill()
    with pytest.raises(LostDeviceError, match="does not answer"):
        light.turn_on(View.RING)
    peer = Process("modbus_lights", "rtu", theirs)
    light.turn_on(View.RING)
    assert light.check().endswith("1 lit")
    light.close()
    peer.kill()


def test_a_port_that_is_not_there_is_said():
    with pytest.raises(LostDeviceError, match="light /dev/ttyNONE: the light controller cannot be reached"):
        Light(lamps("/dev/ttyNONE"))

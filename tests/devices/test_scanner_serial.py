import os
import pty
import threading
import time
import tty

import pytest

from station.devices.scanner_serial import Scanner, ScannerFacts, find
from station.errors import DeviceError, InputError, LostDeviceError


@pytest.fixture
def port():
    """A pseudo terminal: what is written to `master` comes out of the scanner's port."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    with os.fdopen(master, "wb", buffering=0) as file:
        yield file, os.ttyname(slave)
    os.close(slave)


@pytest.mark.parametrize(
    ("facts", "sent", "read"),
    [
        ({}, b"RING-1\r", "RING-1"),
        ({}, b"RING-1\r\n", "RING-1"),
        ({"end": "lf"}, b"RING-1\r\n", "RING-1"),
        ({"end": "crlf"}, b"10B7\x1d21A1\r\n", "10B7\x1d21A1"),
        ({"end": "etx", "stx": True}, b"\x02RING-1\x03", "RING-1"),
        ({"end": "etx", "stx": True}, b"half a sc\x02RING-1\x03", "RING-1"),
        ({"aim": True}, b"]C1RING-1\r", "RING-1"),
        ({}, b"RING-1\rRING-2\r", "RING-2"),
        ({}, b"\r\rRING-1\r\r", "RING-1"),
    ],
)
def test_frames(port, facts, sent, read):
    master, name = port
    scanner = Scanner(ScannerFacts(name, **facts))
    master.write(sent)
    assert scanner.read(1.0) == read
    assert scanner.read(0.02) == ""
    scanner.close()


def test_what_was_scanned_before_is_forgotten_and_between_two_calls_kept(port):
    master, name = port
    master.write(b"OLD-1\r")
    time.sleep(0.05)
    scanner = Scanner(ScannerFacts(name))
    assert scanner.read(0.02) == ""
    master.write(b"NEW-1\rHALF")
    time.sleep(0.05)
    assert "9600 baud" in scanner.check()
    assert scanner.read(0.0) == "NEW-1"
    master.write(b"-2\r")
    assert scanner.read(1.0) == "HALF-2"
    scanner.close()


def test_a_wait_ends_in_time_though_half_a_scan_came(port):
    master, name = port
    scanner = Scanner(ScannerFacts(name))
    master.write(b"HALF")
    began_s = time.monotonic()
    assert scanner.read(0.1) == ""
    assert time.monotonic() - began_s < 0.5
    scanner.close()


def test_garbage_is_said_once_and_the_next_scan_is_new(port):
    master, name = port
    scanner = Scanner(ScannerFacts(name))
    master.write(b"\xf8\x80\xfe\r")
    with pytest.raises(DeviceError, match="another baud rate"):
        scanner.read(1.0)
    master.write(b"RING-1\r")
    assert scanner.read(1.0) == "RING-1"
    master.write(b"x" * 5000)
    time.sleep(0.05)
    with pytest.raises(LostDeviceError, match="no ends of lines"):
        scanner.read(1.0)
    scanner.close()


def test_a_frame_without_its_beginning_is_refused(port):
    master, name = port
    scanner = Scanner(ScannerFacts(name, end="etx", stx=True))
    master.write(b"NG-1\x03")
    with pytest.raises(DeviceError, match="without its beginning"):
        scanner.read(1.0)
    scanner.close()


def test_a_scanner_that_is_pulled_out_is_said(port):
    master, name = port
    scanner = Scanner(ScannerFacts(name))
    master.close()
    with pytest.raises(LostDeviceError, match=f"{name}: the port is gone"):
        scanner.read(1.0)
    scanner.close()


def test_one_that_is_not_there_and_facts_that_cannot_be_are_said():
    with pytest.raises(LostDeviceError, match="cannot be opened"):
        Scanner(ScannerFacts("/dev/ttyNONE"))
    with pytest.raises(InputError, match="the end 'semicolon'"):
        Scanner(ScannerFacts("/dev/ttyNONE", end="semicolon"))


def test_scanners_are_found_by_what_their_port_says_of_itself(monkeypatch):
    from serial.tools.list_ports_common import ListPortInfo

    scanner, other = ListPortInfo("/dev/ttyACM7"), ListPortInfo("/dev/ttyACM8")
    scanner.manufacturer, scanner.product, other.manufacturer = "Honeywell Imaging", "Xenon 1900", "Arduino"
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [scanner, other])
    assert [(one.kind, one.where, one.words) for one in find()] == [
        ("scanner", "/dev/ttyACM7", "Honeywell Imaging Xenon 1900")
    ]


def test_a_scanner_that_sends_empty_lines_does_not_hold_up_the_cycle(port):
    master, name = port
    scanner, ended = Scanner(ScannerFacts(name)), threading.Event()

    def beat():
        while not ended.wait(0.02):
            master.write(b"\r\n")

    beats = threading.Thread(target=beat)
    beats.start()
    began_s = time.monotonic()
    ends = threading.Timer(2.0, ended.set)
    ends.start()
    assert scanner.read(0.1) == ""
    assert time.monotonic() - began_s < 1.0
    ended.set()
    ends.cancel()
    beats.join()
    scanner.close()

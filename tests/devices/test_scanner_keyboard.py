import os
import struct
import time

import pytest

from station.devices import scanner_keyboard
from station.devices.scanner_keyboard import Scanner, ScannerFacts
from station.errors import DeviceError, InputError, LostDeviceError

# Numbers of linux/input-event-codes.h
ENTER, KEYPAD_ENTER, SHIFT, CONTROL, F1 = 28, 96, 42, 29, 59
KEY = {"r": 19, "i": 23, "n": 49, "g": 34, "-": 12, "1": 2, "0": 11, "]": 27, "8": 9, "z": 44, "keypad 7": 71}


def event(kind, code, value):
    return struct.pack("llHHi", 1, 2, kind, code, value)


def press(*codes):
    down = b"".join(event(1, code, 1) for code in codes)
    return down + b"".join(event(1, code, 0) + event(0, 0, 0) for code in reversed(codes))


def typed(text):
    return b"".join(press(SHIFT, KEY[one.lower()]) if one.isupper() else press(KEY[one]) for one in text)


@pytest.fixture
def events(tmp_path, monkeypatch):
    """A pipe in place of the kernel's device: what is written to it is typed. `grabs` are the calls that grab."""
    device = tmp_path / "event7"
    os.mkfifo(device)
    writer = os.open(device, os.O_RDWR)
    grabs = []
    monkeypatch.setattr(scanner_keyboard.fcntl, "ioctl", lambda *call: grabs.append(call[1:]))
    yield writer, str(device), grabs
    os.close(writer)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (typed("RING-10") + press(ENTER), "RING-10"),
        (typed("ring") + press(KEYPAD_ENTER), "ring"),
        (typed("10") + press(CONTROL, KEY["]"]) + typed("1") + press(ENTER), "10\x1d1"),
        (press(KEY["keypad 7"]) + press(SHIFT, KEY["8"]) + press(ENTER), "7*"),
        (typed("R1") + press(ENTER) + typed("N0") + press(ENTER), "N0"),
        (press(ENTER) + typed("1") + press(ENTER), "1"),
        (event(1, KEY["1"], 1) + event(1, KEY["1"], 2) + event(1, KEY["1"], 0) + press(ENTER), "1"),  # held
    ],
)
def test_what_is_typed_is_read_once(events, sent, read):
    writer, device, grabs = events
    scanner = Scanner(ScannerFacts(device))
    assert grabs == [(0x40044590, 1)]
    os.write(writer, sent)
    assert scanner.read(1.0) == read
    assert scanner.read(0.02) == ""
    scanner.close()


def test_the_whole_us_layout(events):
    writer, device, _ = events
    scanner = Scanner(ScannerFacts(device))
    codes = [*range(2, 14), *range(16, 28), *range(30, 42), *range(43, 54)]
    os.write(writer, b"".join(map(press, codes)) + press(ENTER))
    assert scanner.read(1.0) == "1234567890-=qwertyuiop[]asdfghjkl;'`\\zxcvbnm,./"
    os.write(writer, b"".join(press(SHIFT, code) for code in codes) + press(ENTER))
    assert scanner.read(1.0) == '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"~|ZXCVBNM<>?'
    scanner.close()


def test_another_layout_by_facts(events):
    writer, device, _ = events
    scanner = Scanner(ScannerFacts(device, {"44": "yY", "21": "zZ", "12": "ß?"}))
    os.write(writer, typed("z") + press(21) + press(SHIFT, 21) + press(12) + press(ENTER))
    assert scanner.read(1.0) == "yzZß"
    scanner.close()
    with pytest.raises(InputError, match="'z' = 'zZ' is not a number"):
        Scanner(ScannerFacts(device, {"z": "zZ"}))


def test_half_a_scan_waits_for_its_end(events):
    writer, device, _ = events
    scanner = Scanner(ScannerFacts(device))
    os.write(writer, typed("RI"))
    began_s = time.monotonic()
    assert scanner.read(0.05) == ""
    assert time.monotonic() - began_s < 0.5
    os.write(writer, typed("NG") + press(ENTER))
    assert scanner.read(1.0) == "RING"
    scanner.close()


@pytest.mark.parametrize(
    ("sent", "match"),
    [
        (typed("RI") + press(F1), "key 59 is not in the layout"),
        (typed("RI") + event(0, 3, 0) + typed("NG"), "the kernel lost some of its keys"),
        (press(CONTROL, KEY["r"]), "Ctrl with key 19"),
    ],
)
def test_what_is_no_text_is_said_once(events, sent, match):
    writer, device, _ = events
    scanner = Scanner(ScannerFacts(device))
    os.write(writer, sent + press(ENTER))
    with pytest.raises(DeviceError, match=match):
        scanner.read(1.0)
    os.write(writer, typed("R1") + press(ENTER))
    assert scanner.read(1.0) == "R1"
    scanner.close()
    scanner.close()


def test_one_that_is_not_there_or_no_keyboard_or_gone_is_said(tmp_path):
    with pytest.raises(LostDeviceError, match="it cannot be opened"):
        Scanner(ScannerFacts(str(tmp_path / "event9")))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(LostDeviceError, match="this is no keyboard"):
        Scanner(ScannerFacts(str(pipe)))


def test_one_that_was_closed_or_pulled_out_is_gone(events, monkeypatch):
    _, device, _ = events
    scanner = Scanner(ScannerFacts(device))
    monkeypatch.setattr(scanner_keyboard.select, "select", lambda *_: ([1], [], []))
    monkeypatch.setattr(scanner_keyboard.os, "read", lambda *_: (_ for _ in ()).throw(OSError(19, "No such device")))
    with pytest.raises(LostDeviceError, match=f"scanner {device}: the scanner is gone .No such device"):
        scanner.check()
    monkeypatch.undo()
    scanner.close()
    with pytest.raises(LostDeviceError, match="the scanner is gone"):
        scanner.read(0.1)

"""The line to a device, over a pseudo-terminal: what is said when it goes, and that nothing waits without end."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from station.devices.serial_line import SerialLine
from station.errors import LostDeviceError


@pytest.fixture
def ends() -> Iterator[tuple[int, str]]:
    """The device's end, and the name of the port."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.close(slave)
    yield master, name
    with suppress(OSError):  # the test has pulled it out
        os.close(master)


def test_a_device_that_is_pulled_out_is_said_in_plain_words(ends: tuple[int, str]) -> None:
    master, name = ends
    line = SerialLine(name, 9600)
    os.close(master)
    for act in (lambda: line.read_line(0.2), lambda: line.write(b"?"), line.clear):
        with pytest.raises(LostDeviceError) as found:
            act()
        assert str(found.value) == f"{name}: the port is gone: unplugged, or another program reads from it"
    line.close()


def test_nobody_else_can_have_an_open_port(ends: tuple[int, str]) -> None:
    line = SerialLine(ends[1], 9600)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(LostDeviceError, match="cannot be opened"):
        SerialLine(ends[1], 9600)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    line.close()


def test_a_device_that_talks_without_end_can_be_cleared(ends: tuple[int, str]) -> None:
    master, name = ends
    line, ended = SerialLine(name, 9600), threading.Event()

    def talk() -> None:
        while not ended.is_set():
            os.write(master, b"x" * 64)

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        began_s = time.monotonic()
        line.clear()
        assert time.monotonic() - began_s < 2.0
    finally:
        ended.set()
        line.clear()
        talker.join()
        line.close()

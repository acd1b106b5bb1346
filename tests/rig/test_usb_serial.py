"""A USB that is really unplugged under an open `SerialLine`: STATION_USB_SERIAL, which scripts/test_vm has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from station.devices.serial_line import SerialLine
from station.errors import LostDeviceError
from tests.rig.usb_cable import (
    PORT,
    SOON_S,
    AttachedDevice,
    lost_after_s,
    needs_usb_cable,
    plug_in,
    pull_out,
    wait_until_out,
)

pytestmark = needs_usb_cable


@pytest.fixture
def line() -> Iterator[SerialLine]:
    """A line to the attached device, plugged in."""
    plug_in()
    opened = SerialLine(str(PORT), 115200)
    yield opened
    opened.close()


class Echo(AttachedDevice):
    """Answers with the same in capitals."""

    def __init__(self) -> None:
        super().__init__(lambda data: self.say(data.upper()))


def test_lines_go_there_and_back(line: SerialLine) -> None:
    with Echo():
        for text in (b"version\n", b"x" * 400 + b"\n"):
            line.write(text)
            assert line.read_line(SOON_S) == text.rstrip().upper()


def test_a_port_in_use_is_refused(line: SerialLine) -> None:
    with pytest.raises(LostDeviceError, match=PORT.name):
        SerialLine(str(PORT), 115200)


def test_unplugged_while_waiting_the_port_is_lost_within_a_second(line: SerialLine) -> None:
    assert lost_after_s(lambda: line.read_line(SOON_S), 1.0) < 1.0


def test_unplugged_between_two_commands_the_next_one_says_so(line: SerialLine) -> None:
    pull_out()
    wait_until_out()
    with pytest.raises(LostDeviceError, match=PORT.name):
        line.write(b"status\n")
    with pytest.raises(LostDeviceError, match=PORT.name):
        line.read_line(SOON_S)
    with pytest.raises(LostDeviceError, match="cannot be opened"):
        SerialLine(str(PORT), 115200)


def test_plugged_in_again_it_works_under_the_same_name(line: SerialLine) -> None:
    before = PORT.resolve()
    pull_out()
    wait_until_out()
    plug_in()  # while the old line is still open: the kernel gives the port another number
    assert PORT.resolve() != before
    again = SerialLine(str(PORT), 115200)
    with Echo():
        again.write(b"ready?\n")
        assert again.read_line(SOON_S) == b"READY?"
    with pytest.raises(LostDeviceError):
        line.write(b"ready?\n")
    again.close()

import pytest

from station.devices.scanner_text import scanned_text
from station.errors import DeviceError


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"RING-237-0001", "RING-237-0001"),
        (b"  A1 \t", "A1"),
        ("Größe".encode(), "Größe"),
        # GS1 General Specifications: GTIN, then a batch of variable length, ended by GS, then a serial
        (b"010761234567890010B7\x1d21A1", "010761234567890010B7\x1d21A1"),
        (b"10B7\x1d", "10B7\x1d"),
    ],
)
def test_texts(data, text):
    assert scanned_text(data, "scanner") == text


def test_the_aim_identifier_is_left_out_where_it_was_agreed():
    assert scanned_text(b"]d2010761234567890021A1", "scanner", aim=True) == "010761234567890021A1"
    assert scanned_text(b"]d2X", "scanner") == "]d2X"
    with pytest.raises(DeviceError, match="'RING' does not begin with an AIM identifier"):
        scanned_text(b"RING", "scanner", aim=True)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"AB\xf8\x80", r"byte 0xf8 at 3 \(another baud rate\?\)"),
        (b"AB\x00C", r"character U\+0000 at 3"),
        (b"A\x1b[2J", r"character U\+001B at 2"),
        (b"A" * 600, "600 characters"),
    ],
)
def test_garbage_is_refused_with_a_sentence(data, match):
    with pytest.raises(DeviceError, match=match) as caught:
        scanned_text(data, "scanner /dev/x")
    assert caught.value.place == "scanner /dev/x"

"""Frames, held against the CRC's definition and its published check value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.controller.frames import LONGEST, Answer, Complaint, Event, crc16, decode, encode
from tests.peers.controller import crc16 as crc16_by_definition
from tests.peers.controller import frame

TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)
WORDS = st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8), max_size=5)


def test_the_check_value_of_crc_16_ibm_3740():
    assert crc16(b"123456789") == 0x29B1


@given(st.binary(max_size=200))
def test_the_crc_is_its_definition(data):
    assert crc16(data) == crc16_by_definition(data)


def test_the_examples_of_the_protocol():
    assert encode(17, "lamps 0 200 0 0 0 0 0 0") == b"17 lamps 0 200 0 0 0 0 0 0*DC08\n"
    assert decode(b"17 ok*8A68") == Answer(17, True, ())


@given(st.integers(0, 200000), TEXTS)
def test_a_command_is_one_whole_line(number, command):
    line = encode(number, command)
    assert line == frame(f"{number % 65536} {command}")
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= LONGEST + 1


@given(st.integers(0, 65535), st.booleans(), WORDS)
def test_answers_come_back(number, ok, words):
    text = " ".join([str(number), "ok" if ok else "error", *words])
    assert decode(frame(text).rstrip(b"\n")) == Answer(number, ok, tuple(words))


@given(st.integers(0, 65535), WORDS.filter(len))
def test_events_come_back(number, words):
    assert decode(frame(" ".join(["!", str(number), *words])).rstrip(b"\n")) == Event(number, tuple(words))


def test_a_complaint_comes_back():
    assert decode(frame("? crc").rstrip(b"\n") + b"\r") == Complaint("crc")


@given(st.binary(max_size=120))
def test_no_bytes_break_it(line):
    decode(line)


@given(st.integers(0, 65535), WORDS, st.data())
def test_up_to_two_flipped_bits_are_seen(number, words, data):
    line = bytearray(frame(" ".join([str(number), "ok", *words])).rstrip(b"\n"))
    flips = data.draw(st.sets(st.integers(0, len(line) * 8 - 1), min_size=1, max_size=2))
    for flip in flips:
        line[flip // 8] ^= 1 << flip % 8
    assert decode(bytes(line)) is None


@pytest.mark.parametrize("command", ["pass\n1", "päss", "x" * 100, "a\tb"])
def test_what_cannot_be_a_command(command):
    with pytest.raises(ValueError, match=r"cannot be a command|can't encode"):
        encode(1, command)


def test_values_of_words():
    answer = Answer(1, True, ("flash=12AB", "pins=0", "flashy=1"))
    assert (answer.value("flash"), answer.value("pins"), answer.value("ram")) == ("12AB", "0", "")

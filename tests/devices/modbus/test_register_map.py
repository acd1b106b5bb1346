from hypothesis import given
from hypothesis import strategies as st

from station.devices.line_signals import Signals
from station.devices.modbus.register_map import Request, input_registers, register_text, signal_bits, text_registers


def test_the_signals_are_the_bits_of_the_map():
    assert [signal_bits(Signals(**{name: True})) for name in Signals.__slots__] == [1, 2, 4, 8, 16, 32]


def test_registers_of_an_ok_as_the_map_says():
    words = input_registers(Signals(result_valid=True, ok=True), 65537, Request(9, "Aµ"))
    assert len(words) == 38
    assert words[:8] == [1, 0b1100, 1, 9, 1, 2, 0x41C2, 0xB500]


def test_ok_without_valid_is_no_verdict():
    assert input_registers(Signals(ok=True), 0, Request())[2] == 0


def test_a_text_ends_at_its_first_zero_and_what_is_no_text_matches_nothing():
    assert register_text([0x4142, 0x4300, 0x4445]) == "ABC"
    assert "�" in register_text([0xFF41])


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs", "Z", "C"]), max_size=16))
def test_texts_survive(text):
    assert register_text(text_registers(text)) == text


@given(st.text(st.characters(exclude_characters="�", exclude_categories=["Cs"]), min_size=60, max_size=80))
def test_long_texts_are_cut_at_a_character(text):
    assert "�" not in register_text(text_registers(text))

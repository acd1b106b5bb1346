"""What was read of a code against what the order expects."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from station.order.contents import content_fault, same_text, shown
from station.order.model import Characteristic

from .builders import order, parse

GTIN = "07612345678900"


def code(expected: str, symbology: str = "datamatrix", **more: Any) -> Characteristic:
    document = order(None, {"type": "code", "symbology": symbology, "expected": expected, **more})
    return parse(document).characteristics[0]


def test_plain_content_is_exactly_the_same() -> None:
    assert content_fault(code("A1 b"), "A1 b", is_gs1=False) == ""
    for other in ("A1 B", "A1  b", "A1 b ", "(A1 b)", ""):
        assert "not 'A1 b'" in content_fault(code("A1 b"), other, is_gs1=False)


def test_plain_content_may_look_like_gs1() -> None:
    raw = f"01{GTIN}21A1"
    assert content_fault(code(raw), raw, is_gs1=False) == ""
    assert content_fault(code(f"(01){GTIN}(21)A1"), raw, is_gs1=False) != ""


@pytest.mark.parametrize("gs1", [None, True])
@pytest.mark.parametrize("expected", [f"01{GTIN}10L\x1d21A1", f"(01){GTIN}(10)L(21)A1", f"(21)A1(01){GTIN}(10)L"])
@pytest.mark.parametrize("read", [f"01{GTIN}10L\x1d21A1", f"\x1d01{GTIN}10L\x1d21A1", f"]d201{GTIN}21A1\x1d10L"])
def test_gs1_elements_may_be_written_in_any_way(expected: str, read: str, gs1: bool | None) -> None:
    assert content_fault(code(expected, gs1=gs1), read, is_gs1=True) == ""


def test_another_serial_is_named() -> None:
    fault = content_fault(code(f"(01){GTIN}(21)A1", gs1=True), f"01{GTIN}21A2", is_gs1=True)
    assert "(21) SERIAL is 'A2', not 'A1'" in fault


def test_what_the_part_carries_is_checked_too() -> None:
    fault = content_fault(code(f"(01){GTIN}(21)A1"), "010761234567890121A1", is_gs1=True)
    assert "check digit of (01)" in fault
    fault = content_fault(code(f"(01){GTIN}(21)A1"), f"01{GTIN}21A1\x1d17260230", is_gs1=True)
    assert "260230 is no date" in fault


def test_a_symbol_that_says_otherwise_than_the_order() -> None:
    raw = f"01{GTIN}21A1"
    assert "not a GS1 symbol" in content_fault(code(raw, gs1=True), raw, is_gs1=False)
    assert "not a GS1 symbol" in content_fault(code(raw, "GS1 DataMatrix"), raw, is_gs1=False)
    assert "is a GS1 symbol" in content_fault(code(raw, gs1=False), raw, is_gs1=True)
    assert "what the order expects is not GS1" in content_fault(code("HELLO"), raw, is_gs1=True)


def test_texts_are_the_same_however_they_are_composed() -> None:
    for text in ("Müller", "Ångström", "한국", "שָׁלוֹם"):
        assert same_text(unicodedata.normalize("NFD", text), text)
        assert content_fault(code(text), unicodedata.normalize("NFD", text), is_gs1=False) == ""
    assert not same_text("Muller", "Müller")
    assert not same_text("０", "0")  # full-width: another character


def test_what_is_quoted_is_short_and_visible() -> None:
    assert shown("A\x1dB") == "'A␝B'"
    assert len(shown("A" * 4000)) < 70

"""GS1 elements against published examples: GTINs of GS1 and Wikipedia, figure 4.15.1-2 of the General Specifications,
and the FDA's UDI examples' form; what needs what is of GS1's own syntax dictionary."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.order.gs1 import Element, bracketed, difference, elements_of, has_right_check_digit

GTIN = "07612345678900"


def plain(content: str) -> list[tuple[str, str]]:
    return [(element.ai, element.value) for element in elements_of(content)]


@pytest.mark.parametrize(
    "content",
    [
        f"01{GTIN}10LOT1\x1d21A1",
        f"\x1d01{GTIN}10LOT1\x1d21A1\x1d",
        f"]d201{GTIN}10LOT1\x1d21A1",
        f"(01){GTIN}(10)LOT1(21)A1",
        f"(01) {GTIN} (10) LOT1 (21) A1",
        f"01{GTIN}\x1d10LOT1\x1d21A1",  # a separator that is not needed does no harm (7.8.6)
    ],
)
def test_ways_of_writing_the_same(content: str) -> None:
    assert plain(content) == [("01", GTIN), ("10", "LOT1"), ("21", "A1")]
    assert bracketed(elements_of(content)) == f"(01){GTIN}(10)LOT1(21)A1"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        # GS1 General Specifications, figure 4.15.1-2, as zxing's test pictures carry it.
        (
            "01095011010209171719050810ABCD1234\x1d2110",
            [("01", "09501101020917"), ("17", "190508"), ("10", "ABCD1234"), ("21", "10")],
        ),
        # The form of a medical device's UDI in FDA's UDI formats by issuing agency.
        (
            "(01)00844588003288(17)141120(10)7654321D(21)10987654d321",
            [("01", "00844588003288"), ("17", "141120"), ("10", "7654321D"), ("21", "10987654d321")],
        ),
        (f"(01){GTIN}(10)A(1)B", [("01", GTIN), ("10", "A(1)B")]),  # brackets are characters of set 82
        (f"(01){GTIN}(17)260200", [("01", GTIN), ("17", "260200")]),  # day 00: the last of the month
        ("00106141412345678908", [("00", "106141412345678908")]),
        ("8004ABC", [("8004", "ABC")]),
    ],
)
def test_published_examples(content: str, found: list[tuple[str, str]]) -> None:
    assert plain(content) == found


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", "holds no GS1 element"),
        ("HELLO", "'HELL' is no GS1 application identifier"),
        ("(0)123", "no GS1 application identifier"),
        ("(05)123", "(05) is no GS1 application identifier"),
        ("x(01)07612345678900", "no GS1 application identifier"),
        ("010761234567890121A1", "check digit of (01) GTIN 07612345678901 is wrong"),
        ("00106141412345678907", "check digit of (00) SSCC"),
        ("(414)4006381333932", "check digit of (414)"),
        ("(01)0761234567890", "(01) GTIN has the form N2+N14"),
        ("010761234567890", "(01) GTIN has the form N2+N14"),
        ("(01)0761234567890021A1", "has the form"),
        (f"01{GTIN}21" + "A" * 21, "(21) SERIAL has the form N2+X..20"),
        (f"01{GTIN}21Ä", "(21) SERIAL"),
        (f"(01){GTIN}(21)", "(21) SERIAL"),
        (f"(01){GTIN}(17)260230", "(17) USE BY or EXPIRY 260230 is no date"),
        (f"(01){GTIN}(17)250229", "is no date"),
        (f"(01){GTIN}(11)260001", "is no date"),
        (f"(01){GTIN}(15)261301", "(15)"),
        (f"(01){GTIN}(01){GTIN}", "(01) GTIN is there twice"),
        ("21A1", "(21) SERIAL says nothing without (01) or (03) or (8006)"),
        ("(17)260101", "says nothing without (01)"),
        (f"(02){GTIN}(37)4", "(37) COUNT says nothing without (00)"),
        (f"(01){GTIN}(02){GTIN}(37)4", "exclude each other"),
        (f"(01){GTIN}(21)A(235)B", "exclude each other"),
        (f"(01){GTIN}(250)B", "(250) SECONDARY SERIAL says nothing without (21)"),
    ],
)
def test_what_is_not_right_is_named(content: str, part: str) -> None:
    with pytest.raises(ValueError, match=re.escape(part)) as caught:
        elements_of(content)
    assert "\n" not in str(caught.value)


def test_a_leap_day_is_a_day() -> None:
    assert plain(f"(01){GTIN}(17)280229")[1] == ("17", "280229")


@pytest.mark.parametrize(
    "digits", ["09506000134352", "4006381333931", "036000291452", "73513537", "106141412345678908"]
)
def test_check_digits_of_published_numbers(digits: str) -> None:
    assert has_right_check_digit(digits)
    for place in range(len(digits)):
        changed = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
        assert not has_right_check_digit(changed)


def test_differences_in_words() -> None:
    asked = elements_of(f"(01){GTIN}(10)LOT1(21)A1")
    assert difference(asked, elements_of(f"(01){GTIN}(21)A1(10)LOT1")) == ""
    assert difference(asked, elements_of(f"(01){GTIN}(10)LOT1(21)A2")) == "(21) SERIAL is 'A2', not 'A1'"
    assert difference(asked, elements_of(f"(01){GTIN}(21)A1")) == "(10) BATCH/LOT is missing"
    more = elements_of(f"(01){GTIN}(10)LOT1(21)A1(17)260101")
    assert difference(asked, more) == "(17) USE BY or EXPIRY is there and was not asked for"


@given(st.text(max_size=80) | st.from_regex(r"(\((01|10|17|21|00)\)[0-9A-Z\x1d()]{0,20}){0,5}", fullmatch=True))
def test_any_content_is_read_or_refused_with_a_sentence(content: str) -> None:
    found: tuple[Element, ...] = ()
    with suppress(ValueError):
        found = elements_of(content)
    assert all(element.ai and element.value for element in found)
    if found and not any(
        "(" in element.value for element in found
    ):  # with brackets within brackets a value may end elsewhere
        assert plain(bracketed(found)) == [(element.ai, element.value) for element in found]

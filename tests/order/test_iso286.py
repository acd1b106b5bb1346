from __future__ import annotations

from decimal import Decimal

import pytest

from station.errors import OrderError
from station.order.iso286 import deviations

# Limit deviations in µm as printed in ISO 286-2:2010 (lower, upper).
PRINTED = [
    *[
        ("25", "H7", 0, 21),
        ("25", "g6", -20, -7),
        ("25", "k6", 2, 15),
        ("25", "p6", 22, 35),
        ("25", "js7", -10.5, 10.5),
    ],
    *[("19", "H9", 0, 52), ("25", "K7", -15, 6), ("25", "N7", -28, -7), ("25", "P7", -35, -14), ("25", "S7", -48, -27)],
    *[("25", "h6", -13, 0), ("25", "f7", -41, -20), ("25", "e8", -73, -40), ("25", "d9", -117, -65)],
    *[("25", "c11", -240, -110), ("25", "n6", 15, 28), ("25", "r6", 28, 41), ("25", "s6", 35, 48), ("25", "m6", 8, 21)],
    *[("25", "t6", 41, 54), ("25", "u6", 48, 61), ("25", "j6", -4, 9), ("25", "J7", -9, 12), ("25", "M7", -21, 0)],
    *[("25", "F8", 20, 53), ("25", "G7", 7, 28), ("25", "D10", 65, 149), ("25", "E9", 40, 92), ("25", "R7", -41, -20)],
    *[("10", "M6", -12, -3), ("10", "H7", 0, 15), ("10", "N9", -36, 0), ("10", "P9", -51, -15), ("10", "JS9", -18, 18)],
    *[("6", "k6", 1, 9), ("6", "n6", 8, 16), ("6", "N7", -16, -4), ("6", "P7", -20, -8), ("6", "J6", -3, 5)],
    *[("50", "H8", 0, 39), ("50", "f7", -50, -25), ("50", "k6", 2, 18), ("50", "u6", 70, 86), ("40", "u6", 60, 76)],
    *[("50", "a11", -480, -320), ("40", "a11", -470, -310), ("16", "x6", 45, 56), ("14", "x6", 40, 51)],
    *[("30", "z6", 88, 101), ("24", "z6", 73, 86), ("30", "R10", -112, -28), ("18", "v6", 39, 50)],
]
# Down to 3 mm and less: no delta, K and N above IT8 defined, j8 and J8 their own.
SMALL = [
    *[("3", "K7", -10, 0), ("3", "K6", -6, 0), ("3", "K9", -25, 0), ("3", "M7", -12, -2), ("3", "M9", -27, -2)],
    *[("3", "N6", -10, -4), ("3", "N7", -14, -4), ("3", "N9", -29, -4), ("3", "P7", -16, -6), ("3", "P6", -12, -6)],
    *[("3", "J6", -4, 2), ("3", "J7", -6, 4), ("3", "J8", -8, 6), ("3", "j5", -2, 2), ("3", "j6", -2, 4)],
    *[("3", "j7", -4, 6), ("3", "j8", -6, 8), ("3", "cd8", -48, -34), ("3", "ef7", -20, -10), ("3", "fg6", -10, -4)],
    *[("3", "H01", 0, 0.3), ("0.8", "H0", 0, 0.5), ("1", "h5", -4, 0), ("0.3", "H7", 0, 10), ("2", "g6", -8, -2)],
    *[("3", "s6", 14, 20), ("3", "zc7", 60, 70), ("3", "a11", -330, -270), ("3", "k6", 0, 6), ("3", "n5", 4, 8)],
]


@pytest.mark.parametrize(("size", "name", "lower", "upper"), PRINTED + SMALL)
def test_agrees_with_the_published_tables(size: str, name: str, lower: float, upper: float) -> None:
    um = Decimal("0.001")
    assert deviations(Decimal(size), name) == (Decimal(str(lower)) * um, Decimal(str(upper)) * um)


# Shaft deviations in µm that PyPI's pressfit 0.1.0 holds in common with ours (an independent transcription).
PRESSFIT = {
    "d": [-20, -30, -40, -50, -65, -80],
    "e": [-14, -20, -25, -32, -40, -50],
    "f": [-6, -10, -13, -16, -20, -25],
    "g": [-2, -4, -5, -6, -7, -9],
    "m": [2, 4, 6, 7, 8, 9],
    "n": [4, 8, 10, 12, 15, 17],
    "p": [6, 12, 15, 18, 22, 26],
    "s": [14, 19, 23, 28, 35, 43],
}


@pytest.mark.parametrize("letter", PRESSFIT)
def test_agrees_with_another_transcription(letter: str) -> None:
    for size, micrometres in zip((3, 6, 10, 18, 30, 50), PRESSFIT[letter], strict=True):
        lower, upper = deviations(Decimal(size), f"{letter}7")
        assert (upper if letter < "h" else lower) == Decimal(micrometres) / 1000


def test_borders_of_ranges_belong_below() -> None:
    for border in ("3", "6", "10", "18", "30"):
        size = Decimal(border)
        assert deviations(size, "H7") != deviations(size + Decimal("0.001"), "H7")
        assert deviations(size, "H7") == deviations(size - Decimal("0.001"), "H7")


def test_grades_grow_and_js_is_even() -> None:
    grades = ["01", *map(str, range(14))]
    for size in ("2", "5", "8", "12", "20", "45"):
        widths = [upper - lower for lower, upper in (deviations(Decimal(size), f"H{grade}") for grade in grades)]
        assert widths == sorted(set(widths))
        lower, upper = deviations(Decimal(size), "js9")
        assert lower == -upper
    assert deviations(Decimal(2), "H14")[1] == Decimal("0.25")


@pytest.mark.parametrize(
    ("size", "name", "part"),
    [
        ("51", "H7", "up to 50 mm"),
        ("25", "Q7", "not a tolerance class"),
        ("25", "H19", "not a tolerance class"),
        ("25", "Zb7", "not a tolerance class"),
        ("25", "", "not a tolerance class"),
        ("25", "H٧", "not a tolerance class"),
        ("25", "H7/g6", "fit of two parts"),
        ("25", "j9", "does not define j9"),
        ("25", "j8", "does not define j8"),
        ("25", "J9", "does not define J9"),
        ("20", "t6", "does not define t6"),
        ("12", "v6", "does not define v6"),
        ("12", "cd8", "does not define cd8"),
        ("25", "K9", "ends at 3 mm"),
        ("25", "K2", "delta begins at IT3"),
        ("1", "a11", "above 1 mm"),
        ("0.9", "B11", "above 1 mm"),
        ("1", "N9", "above 1 mm"),
        ("1", "H14", "above 1 mm"),
    ],
)
def test_refuses_what_the_standard_does_not_define(size: str, name: str, part: str) -> None:
    with pytest.raises(OrderError, match=part):
        deviations(Decimal(size), name)

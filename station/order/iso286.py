"""ISO 286-1:2010 limits of size from a tolerance class such as `H7` or `g6`, nominal sizes up to 50 mm.

Holes are upper-case, shafts lower-case. The tables are data (`iso286_*.csv`, micrometres); holes follow from the
shafts by the standard's rules: A to H mirror the shafts, K, M, N up to IT8 and P to ZC up to IT7 add delta.
"""

from __future__ import annotations

import re
from decimal import Decimal

from station.errors import OrderError
from station.order.tables import row_for

LARGEST_MM = Decimal(50)
_UM = Decimal("0.001")
_CLASS = re.compile(r"([A-Za-z]{1,2})(01|[0-9]|1[0-8])", re.ASCII)
_CLEARANCE = ("a", "b", "c", "cd", "d", "e", "ef", "f", "fg", "g", "h")
_TRANSITION = ("k", "m", "n")
_INTERFERENCE = ("p", "r", "s", "t", "u", "v", "x", "y", "z", "za", "zb", "zc")
_LETTERS = frozenset({*_CLEARANCE, "js", "j", *_TRANSITION, *_INTERFERENCE})


def is_hole(tolerance_class: str) -> bool:
    """Whether the class is written as that of a hole (upper-case)."""
    return tolerance_class[:1].isupper()


def deviations(nominal_mm: Decimal, tolerance_class: str) -> tuple[Decimal, Decimal]:
    """Lower and upper deviation in mm, exact.

    Raises:
        OrderError: one sentence, where the class is not one or the standard does not define it for this size.
    """
    letter, grade = _parsed(tolerance_class)
    if nominal_mm > LARGEST_MM:
        raise OrderError(f"the fit table holds nominal sizes up to {LARGEST_MM} mm, not {nominal_mm} mm")
    width = _grade_width(nominal_mm, grade, tolerance_class)
    if letter.lower() == "js":
        return -width / 2 * _UM, width / 2 * _UM
    if letter.islower():
        deviation, is_upper = _shaft(nominal_mm, letter, grade, tolerance_class)
    else:
        deviation, is_upper = _hole(nominal_mm, letter, grade, tolerance_class)
    lower, upper = (deviation - width, deviation) if is_upper else (deviation, deviation + width)
    return lower * _UM, upper * _UM


def _parsed(tolerance_class: str) -> tuple[str, str]:
    match = _CLASS.fullmatch(tolerance_class)
    if "/" in tolerance_class:
        raise OrderError(f"{tolerance_class!r} is a fit of two parts; give the class of this one, such as 'H7'")
    if match is None or match[1].lower() not in _LETTERS or not (match[1].islower() or match[1].isupper()):
        raise OrderError(f"{tolerance_class[:20]!r} is not a tolerance class of ISO 286 such as 'H7' or 'g6'")
    return match[1], match[2]


def _undefined(tolerance_class: str, nominal_mm: Decimal, why: str = "") -> OrderError:
    return OrderError(f"ISO 286 does not define {tolerance_class} for {nominal_mm} mm{why}")


def _grade_width(nominal_mm: Decimal, grade: str, tolerance_class: str) -> Decimal:
    row = row_for("iso286_grades", nominal_mm)
    if row is None:
        raise _undefined(tolerance_class, nominal_mm)
    if nominal_mm <= 1 and _number(grade) >= 14:
        raise _undefined(tolerance_class, nominal_mm, ": IT14 and coarser begin above 1 mm")
    return row.values[grade]


def _number(grade: str) -> int:
    return -1 if grade == "01" else int(grade)


def _entry(nominal_mm: Decimal, column: str, tolerance_class: str) -> Decimal:
    row = row_for("iso286_deviations", nominal_mm)
    if row is None or column not in row.values:
        raise _undefined(tolerance_class, nominal_mm)
    return row.values[column]


def _shaft(nominal_mm: Decimal, letter: str, grade: str, tolerance_class: str) -> tuple[Decimal, bool]:
    """The fundamental deviation in µm, and whether it is the upper one."""
    if letter in ("a", "b") and nominal_mm <= 1:
        raise _undefined(tolerance_class, nominal_mm, ": a and b begin above 1 mm")
    if letter == "j":
        return _entry(nominal_mm, f"j{grade}", tolerance_class), False
    if letter == "k" and not 4 <= _number(grade) <= 7:
        return Decimal(0), False
    return _entry(nominal_mm, letter, tolerance_class), letter in _CLEARANCE


def _hole(nominal_mm: Decimal, letter: str, grade: str, tolerance_class: str) -> tuple[Decimal, bool]:
    """The fundamental deviation in µm, and whether it is the upper one."""
    shaft, number = letter.lower(), _number(grade)
    if shaft in _CLEARANCE:
        if shaft in ("a", "b") and nominal_mm <= 1:
            raise _undefined(tolerance_class, nominal_mm, ": A and B begin above 1 mm")
        return -_entry(nominal_mm, shaft, tolerance_class), False
    if shaft == "j":
        return _entry(nominal_mm, f"J{grade}", tolerance_class), True
    value = -_entry(nominal_mm, shaft, tolerance_class)
    if number <= (8 if shaft in _TRANSITION else 7):
        return value + _delta(nominal_mm, grade, tolerance_class), True
    smallest = nominal_mm <= 3
    if shaft == "k" and not smallest:
        raise _undefined(tolerance_class, nominal_mm, ": K above IT8 ends at 3 mm")
    if shaft == "n" and not smallest:
        return Decimal(0), True
    if shaft == "n" and nominal_mm <= 1:
        raise _undefined(tolerance_class, nominal_mm, ": N above IT8 begins above 1 mm")
    return value, True


def _delta(nominal_mm: Decimal, grade: str, tolerance_class: str) -> Decimal:
    row = row_for("iso286_delta", nominal_mm)
    if row is None or grade not in row.values:
        raise _undefined(tolerance_class, nominal_mm, ": its delta begins at IT3")
    return row.values[grade]

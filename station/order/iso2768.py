"""ISO 2768-1:1989 general tolerances `f`, `m`, `c`, `v` for lengths, broken edges and angles; tables as CSV."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal

from station.errors import OrderError
from station.order.tables import row_for

SMALLEST_MM = Decimal("0.5")
_GENERAL = re.compile(r"ISO 2768(?:-1)?(?:-| )([fmcv])([HKL])?", re.ASCII)
_ARC_MINUTE_PLACES = Decimal("1e-12")


def tolerance_class(general: str) -> str:
    """`f`, `m`, `c` or `v` from `"ISO 2768-f"`; a class of part 2 behind it (`"ISO 2768-mK"`) has no bearing on sizes.

    Raises:
        OrderError: where it is not such a designation.
    """
    match = _GENERAL.fullmatch(general)
    if match is None:
        raise OrderError(f"{general[:30]!r} is not a general tolerance such as 'ISO 2768-f' (f, m, c or v)")
    return match[1]


def length_deviation(nominal_mm: Decimal, general: str) -> Decimal:
    """± deviation in mm of a length (Table 1)."""
    return _value("iso2768_lengths", nominal_mm, nominal_mm, general)


def edge_deviation(nominal_mm: Decimal, general: str) -> Decimal:
    """± deviation in mm of a broken edge: an external radius or a chamfer height (Table 2)."""
    return _value("iso2768_edges", nominal_mm, nominal_mm, general)


def angle_deviation(shorter_leg_mm: Decimal, general: str) -> Decimal:
    """± deviation in degrees of an angle, by the length of its shorter leg (Table 3); cut at 1e-12°."""
    return (_value("iso2768_angles", shorter_leg_mm, None, general) / 60).quantize(_ARC_MINUTE_PLACES, ROUND_DOWN)


def _value(table: str, size_mm: Decimal, nominal_mm: Decimal | None, general: str) -> Decimal:
    letter = tolerance_class(general)
    if nominal_mm is not None and nominal_mm < SMALLEST_MM:
        raise OrderError(
            f"ISO 2768-1 gives no value below {SMALLEST_MM} mm; write the tolerance of {nominal_mm} mm beside it"
        )
    row = row_for(table, size_mm)
    if row is None or letter not in row.values:
        raise OrderError(f"ISO 2768-1 gives no value of class {letter} for {size_mm} mm")
    return row.values[letter]

"""How people see numbers: rounded to two significant digits of the expanded uncertainty (GUM 7.2.6), and never so that
a value comes to lie on the other side of a limit."""

from __future__ import annotations

import math

_MOST_DECIMALS = 12


def decimals_for(expanded: float) -> int:
    """Decimal places that show two significant digits of `expanded`; 6 at most."""
    if not math.isfinite(expanded) or expanded <= 0.0:
        return 4
    return max(0, min(6, 1 - math.floor(math.log10(expanded))))


def decimals_beside(value: float, expanded: float, lower: float | None, upper: float | None) -> int:
    """As `decimals_for`, and as many more as it takes that the rounded value lies on the side of each limit that the
    value itself lies on: 23.7504 is not shown as 23.750 where 23.75 is the limit."""
    places = decimals_for(expanded)
    while places < _MOST_DECIMALS and _sides(float(f"{value:.{places}f}"), lower, upper) != _sides(value, lower, upper):
        places += 1
    return places


def with_uncertainty(value: float, expanded: float, lower: float | None = None, upper: float | None = None) -> str:
    """`23.6684 ± 0.0018`; a value without uncertainty (a count) as it is. More digits where they tell on which side of
    a limit the value lies."""
    if expanded <= 0.0:
        text = f"{value:g}"
        return text if _sides(float(text), lower, upper) == _sides(value, lower, upper) else repr(value)
    places = decimals_beside(value, expanded, lower, upper)
    return f"{value:.{places}f} ± {expanded:.{decimals_for(expanded)}f}"


def _sides(value: float, lower: float | None, upper: float | None) -> tuple[bool, bool]:
    return lower is not None and value < lower, upper is not None and value > upper

"""How people see numbers: rounded to two significant digits of the expanded uncertainty (GUM 7.2.6)."""

from __future__ import annotations

import math


def decimals_for(expanded: float) -> int:
    """Decimal places that show two significant digits of `expanded`; 6 at most."""
    if not math.isfinite(expanded) or expanded <= 0.0:
        return 4
    return max(0, min(6, 1 - math.floor(math.log10(expanded))))


def with_uncertainty(value: float, expanded: float) -> str:
    """`23.6684 ± 0.0018`; a value without uncertainty (a count) as it is."""
    if expanded <= 0.0:
        return f"{value:g}"
    places = decimals_for(expanded)
    return f"{value:.{places}f} ± {expanded:.{places}f}"

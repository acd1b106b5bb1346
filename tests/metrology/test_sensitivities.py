"""The slope of a value that may be at a kink."""

from __future__ import annotations

import pytest

from station.metrology.sensitivities import steeper


@pytest.mark.parametrize(
    ("plus", "minus", "slope"),
    [
        (3.0, -3.0, 3.0),  # smooth
        (-3.0, 3.0, -3.0),
        (3.0, 1.0, 3.0),  # a kink: the steeper side
        (1.0, 3.0, -3.0),
        (3.0, 3.0, 3.0),  # its bottom: upwards, whatever rounding says
        (3.0, 3.0 + 1e-9, 3.0),
        (3.0 + 1e-9, 3.0, 3.0),
    ],
)
def test_at_a_kink_the_steeper_side_counts_and_of_sides_alike_the_one_upwards(
    plus: float, minus: float, slope: float
) -> None:
    assert steeper(plus, 0.0, minus, 1.0) == pytest.approx(slope, rel=1e-8)
    assert steeper(7.0 + plus * 0.1, 7.0, 7.0 + minus * 0.1, 0.1) == pytest.approx(slope, rel=1e-6)

"""Maps of the field: magnifications that people can read, sizes at one place drawn side by side."""

import numpy as np
import pytest

from station.reports.calibration.field import magnification
from station.reports.calibration.masters_figures import _side_by_side


@pytest.mark.parametrize(("size", "expected"), [(0.1, 500.0), (0.02, 2000.0), (1.0, 50.0), (30.0, 1.0), (60.0, 0.5)])
def test_arrows_grow_by_a_round_number(size, expected):
    errors = np.tile([size, 0.0], (10, 1))
    assert magnification(1000, errors) == expected


def test_no_errors_are_not_magnified():
    assert magnification(1000, np.zeros((0, 2))) == 1.0
    assert magnification(1000, np.zeros((5, 2))) == 1.0


def test_what_lies_at_one_place_is_pulled_apart_about_it():
    found = _side_by_side([(100.0, 50.0), (100.0, 50.5), (300.0, 50.0), (101.0, 50.0)], 10.0)
    assert [x for x, _ in found] == [90.0, 100.0, 300.0, 110.0]
    assert found[2] == (300.0, 50.0)

"""What a wider edge says of its place: against steps split in two, whose place is known."""

import math

import numpy as np
import pytest

from station.errors import CalibrationError
from station.metrology.edge_look import MARGIN, EdgeLook, edge_look, look_document, look_from

LOOK = EdgeLook(12, 1.04, 1.03, 1.05, 0.002, 0.003)


def test_the_masters_own_edges_are_not_odd():
    for spread in (1.03, 1.04, 1.05, 1.05 + MARGIN * 1.04, 1.03 - MARGIN * 1.04):
        assert LOOK.odd_px(spread, 0.0) == pytest.approx(0.0, abs=1e-7)


def test_noise_of_the_spread_is_no_chamfer():
    assert LOOK.odd_px(1.08, 0.01) == 0.0
    assert LOOK.odd_px(1.20, 0.01) > 0.0


@pytest.mark.parametrize("share", [0.3, 0.45, 0.6, 0.8])
@pytest.mark.parametrize("width", [1.0, 2.0, 4.0])
def test_a_step_split_in_two_lies_off_by_less_than_twice_what_is_said(share, width):
    """By definition: weights 1 - share at 0 and share at `width` under a blur; the fit sees mean and variance."""
    sigma = math.sqrt(1.04**2 + share * (1.0 - share) * width**2)
    off = (1.0 - share) * width
    said = LOOK.odd_px(sigma, 0.0)
    assert off / said < math.sqrt((1.0 - share) / share) * 1.25
    assert off < 2.0 * said


def test_what_is_narrower_than_the_masters_is_odd_too():
    assert LOOK.odd_px(0.8, 0.0) == pytest.approx(math.sqrt((1.03 - MARGIN * 1.04) ** 2 - 0.8**2))


def test_another_step_is_one_whose_pixels_differ_clearly_more():
    assert not LOOK.is_other_step(0.02)
    assert LOOK.is_other_step(0.03)
    real = EdgeLook(24, 1.45, 1.42, 1.50, 0.031, 0.033)  # a real backlight's diffraction is no other step
    assert not real.is_other_step(0.05)
    assert real.is_other_step(0.08)


def test_the_look_is_the_median_and_the_extremes():
    rng = np.random.default_rng(2)
    spread, misfit = rng.normal(1.0, 0.01, 99), rng.uniform(0.0, 0.01, 99)
    look = edge_look(spread.tolist(), misfit.tolist())
    assert look is not None
    assert look == EdgeLook(99, np.median(spread), spread.min(), spread.max(), np.median(misfit), misfit.max())
    assert look_from(look_document(look), "c") == look
    assert edge_look([], []) is None


@pytest.mark.parametrize("change", [{"extra": 1}, {"n": -1}, {"misfit": "x"}, {"spread_px": float("nan")}])
def test_a_document_that_makes_no_sense_is_refused(change):
    with pytest.raises(CalibrationError):
        look_from({**look_document(LOOK), **change}, "c")

"""What a wider edge says of its place: against steps split in two, whose place is known."""

import math

import numpy as np
import pytest

from station.errors import CalibrationError
from station.metrology.edge_look import MARGIN, EdgeLook, edge_look, focus_of, look_document, look_from

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


@pytest.mark.parametrize("factor", [0.7, 0.9, 1.0, 1.1, 1.5])
def test_what_all_edges_share_is_focus(factor):
    spreads = [factor * spread for spread in (1.03, 1.04, 1.05)]
    focus = focus_of([LOOK] * 3, spreads, [0.001] * 3, [0.002] * 3)
    assert focus == pytest.approx(factor, rel=0.015)
    assert [LOOK.odd_px(spread, 0.001, focus) for spread in spreads] == [0.0] * 3


def test_edges_of_which_some_are_narrower_and_some_are_not_share_no_focus():
    assert focus_of([LOOK] * 2, [0.8, 1.04], [0.001] * 2, [0.002] * 2) == 1.0


def test_focus_is_that_of_the_sharpest_edges_not_of_most():
    """Nine edges chamfered, one not: the one tells the focus, and the nine pay."""
    spreads, u = [1.3] * 9 + [1.04], [0.001] * 10
    focus = focus_of([LOOK] * 10, spreads, u, [0.002] * 10)
    assert focus == 1.0  # within the masters' range
    assert LOOK.odd_px(1.3, 0.001, focus) > 0.7
    assert LOOK.odd_px(1.04, 0.001, focus) == 0.0
    # One that hardly anything is known of tells nothing.
    u[-1] = 0.05
    assert focus_of([LOOK] * 10, spreads, u, [0.002] * 10) == pytest.approx(1.3 / 1.04, rel=0.01)


@pytest.mark.parametrize("misfit", [0.011, 0.02])
def test_wider_steps_of_another_shape_are_not_out_of_focus(misfit):
    assert focus_of([LOOK] * 2, [1.3, 1.3], [0.001] * 2, [misfit] * 2) == 1.0


def test_a_fixed_focus_explains_nothing():
    fixed = EdgeLook(12, 1.04, 1.03, 1.05, 0.002, 0.003, fixed_focus=True)
    assert focus_of([fixed] * 2, [1.3, 1.3], [0.001] * 2, [0.002] * 2) == 1.0
    assert look_from(look_document(fixed), "c") == fixed
    assert focus_of([], [], [], []) == 1.0
    with pytest.raises(CalibrationError):
        look_from({**look_document(LOOK), "fixed_focus": 1}, "c")


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

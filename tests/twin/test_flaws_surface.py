"""Drawn defects: where and as large as asked, with a mask that says what was changed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from station.twin.flaws_surface import Defect, DefectKind, any_defect, draw_defect
from station.twin.strokes import cover_path, cover_polygon

SHAPE = (240, 320)
ROUND = (DefectKind.HOLE, DefectKind.BREAK, DefectKind.STAIN, DefectKind.DENT)


def extent(mask: np.ndarray) -> float:
    rows, columns = np.nonzero(mask)
    hull = cv2.convexHull(np.column_stack([columns, rows]).astype(np.float32)).reshape(-1, 2)
    return float(np.hypot(*(hull[:, None] - hull[None]).transpose(2, 0, 1)).max()) + 1.0


@pytest.mark.parametrize("kind", list(DefectKind))
def test_a_defect_changes_what_its_mask_covers(kind: DefectKind):
    gain = np.ones(SHAPE, np.float32)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        flawed = draw_defect(rng, gain, Defect(kind, (160.0, 120.0), 40.0, 0.5))
        again = draw_defect(np.random.default_rng(seed), gain, Defect(kind, (160.0, 120.0), 40.0, 0.5))
        assert np.array_equal(flawed.gain, again.gain)
        assert np.array_equal(flawed.mask, again.mask)
        change = np.abs(flawed.gain - 1.0)
        assert flawed.mask.any()
        assert change[flawed.mask].mean() > 0.05
        far = cv2.dilate(flawed.mask.astype(np.uint8), np.ones((25, 25), np.uint8)) == 0
        assert change[far].max(initial=0.0) < 0.05


@pytest.mark.parametrize("kind", ROUND)
@pytest.mark.parametrize("size", [6.0, 20.0, 60.0])
def test_round_defects_are_as_large_as_asked(kind: DefectKind, size: float):
    flawed = draw_defect(np.random.default_rng(2), np.ones(SHAPE, np.float32), Defect(kind, (160.0, 120.0), size, 0.5))
    assert extent(flawed.mask) == pytest.approx(size, abs=1.6)


@pytest.mark.parametrize("kind", [DefectKind.SCRATCH, DefectKind.GOUGE, DefectKind.BURR])
def test_straight_defects_are_about_as_long_as_asked(kind: DefectKind):
    flawed = draw_defect(np.random.default_rng(2), np.ones(SHAPE, np.float32), Defect(kind, (160.0, 120.0), 90.0, 0.5))
    assert extent(flawed.mask) == pytest.approx(90.0, rel=0.1)


def test_defects_at_the_border_and_beyond_it_are_cut_off():
    gain = np.ones(SHAPE, np.float32)
    for kind in DefectKind:
        for at in ((0.0, 0.0), (319.0, 239.0), (-200.0, 500.0)):
            flawed = draw_defect(np.random.default_rng(1), gain, Defect(kind, at, 30.0, 0.5))
            assert flawed.gain.shape == SHAPE
            assert np.all(np.isfinite(flawed.gain))


def test_defects_as_they_are_met_stand_out_from_the_grain():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        grain = float(rng.uniform(0.01, 0.12))
        found = any_defect(rng, SHAPE, grain, 0.0)
        assert found.contrast >= min(2.0 * grain, 0.9)
        assert found.size_px >= 3.0
        assert 0.0 <= found.center_px[0] <= SHAPE[1]
        assert 0.0 <= found.center_px[1] <= SHAPE[0]


def test_coverage_is_the_area():
    square = np.array([[10.25, 20.25], [30.75, 20.25], [30.75, 40.75], [10.25, 40.75]])
    assert cover_polygon(SHAPE, square).sum() == pytest.approx(20.5**2, rel=0.03)
    line = np.array([[50.0, 50.0], [150.0, 50.0]])
    for width in (0.75, 1.5, 4.0):
        assert cover_path(SHAPE, line, width).sum() == pytest.approx(100.0 * width, rel=0.04)

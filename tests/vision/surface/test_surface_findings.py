"""Findings of scores that were drawn: sizes by hand, fragments of one scratch, outlines."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from station.vision.surface.findings import find_defects, mass
from station.vision.surface.score import NOTHING

SHAPE = (300, 400)
VALID = np.ones(SHAPE, np.bool_)


def scores() -> np.ndarray:
    return np.full(SHAPE, -8.0, np.float32)


def line(on: np.ndarray, start: tuple[int, int], end: tuple[int, int], value: float = 5.0, width: int = 3) -> None:
    cv2.line(on, start, end, value, width)


def test_a_disc_has_its_diameter_and_area():
    field = scores()
    cv2.circle(field, (120, 90), 20, 5.0, -1)
    (disc,) = find_defects(field, VALID, 2.0, 0.01)
    assert disc.center_px == pytest.approx((120.0, 90.0), abs=0.6)
    assert disc.size_px == pytest.approx(41.0, abs=1.0)
    assert disc.width_px == pytest.approx(40.0, abs=1.5)  # the largest circle inside touches where it is lowest
    assert disc.area_px == pytest.approx(math.pi * 20.0**2, rel=0.03)
    assert disc.peak_score == 5.0
    distance = np.hypot(*(disc.outline_px - (120, 90)).T)
    assert np.all(np.abs(distance - 20.0) < 1.2)


def test_a_line_is_as_long_and_as_wide_as_drawn():
    field = scores()
    field[100:104, 50:150] = 6.0
    (found,) = find_defects(field, VALID, 2.0, 0.01)
    assert found.size_px == pytest.approx(math.hypot(99, 3) + 1)
    assert found.width_px == pytest.approx(4.0, abs=1.0)
    assert found.area_px == 400.0
    assert found.outline_px.min(axis=0) == pytest.approx((49.5, 99.5), abs=0.3)
    assert found.outline_px.max(axis=0) == pytest.approx((149.5, 103.5), abs=0.3)


def test_a_weak_place_counts_only_beside_a_strong_one():
    field = scores()
    field[50:60, 50:60] = 1.0
    assert find_defects(field, VALID, 2.0, 0.01, outline_level=0.0) == ()
    field[55, 55] = 3.0
    (found,) = find_defects(field, VALID, 2.0, 0.01, outline_level=0.0)
    assert found.area_px == 100.0
    (peak,) = find_defects(field, VALID, 2.0, 0.01)
    assert peak.area_px == 1.0
    assert peak.size_px == 1.0


def test_fragments_of_one_scratch_are_one_and_others_are_not():
    field = scores()
    line(field, (40, 100), (120, 110))
    line(field, (140, 112), (220, 122))
    line(field, (150, 150), (160, 220))
    found = find_defects(field, VALID, 2.0, 0.01)
    assert len(found) == 2
    assert found[0].size_px == pytest.approx(math.hypot(180, 22) + 3, abs=2)
    inside = cv2.pointPolygonTest(found[0].outline_px.astype(np.float32), (130.0, 111.0), True)
    assert abs(inside) < 2.5


def test_parallel_scratches_stay_two():
    field = scores()
    line(field, (40, 100), (240, 100))
    line(field, (40, 112), (240, 112))
    assert len(find_defects(field, VALID, 2.0, 0.01)) == 2


def test_nothing_beside_the_region_and_nothing_too_small():
    field = scores()
    field[10:30, 10:30] = 5.0
    valid = VALID.copy()
    valid[:, :200] = False
    assert find_defects(field, valid, 2.0, 0.01) == ()
    assert find_defects(field, VALID, 2.0, 0.01, least_mm=0.5) == ()
    assert len(find_defects(field, VALID, 2.0, 0.01, least_mm=0.2)) == 1


def test_a_face_full_of_findings_ends_at_two_hundred():
    field = scores()
    field[5::9, 5::9] = 4.0
    found = find_defects(field, VALID, 2.0, 0.01)
    assert len(found) == 200


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="one size"):
        find_defects(scores(), np.ones((2, 2), np.bool_), 0.0, 0.01)
    with pytest.raises(ValueError, match="scale"):
        find_defects(scores(), VALID, 0.0, 0.0)


def test_the_mass_of_a_picture_is_that_of_its_largest_place():
    field = scores()
    assert mass(field, VALID, 0.0) == -8.0
    field[5, 5:8] = 2.0
    field[50, 50] = 5.0
    assert mass(field, VALID, 0.0) == 6.0
    assert mass(np.full(SHAPE, NOTHING), np.zeros(SHAPE, np.bool_), 0.0) == -math.inf

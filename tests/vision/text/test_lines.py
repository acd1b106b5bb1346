"""Strips on the part: straight, and unrolled from an arc; the points are checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.text.lines import CAP_SHARE, MARGIN_CAPS, arc_line, straight_line


def test_a_straight_strip_lies_around_its_text() -> None:
    points = straight_line((10.0, 5.0), 8.0, 1.0, 0.0, 0.05)
    h, w = points.shape[:2]
    assert w == round((8.0 + 2 * MARGIN_CAPS) / 0.05)
    assert h == round(1.0 / CAP_SHARE / 0.05)
    assert points.reshape(-1, 2).mean(0) == pytest.approx([10.0, 5.0], abs=1e-9)
    assert points[0, 0, 1] > points[-1, 0, 1]  # rows go down
    assert points[0, -1, 0] > points[0, 0, 0]  # columns go on in the direction of reading
    assert np.diff(points[0, :, 0]) == pytest.approx(0.05, rel=0.02)


@pytest.mark.parametrize(("direction", "along"), [(90.0, (0, 1)), (180.0, (-1, 0)), (-90.0, (0, -1))])
def test_a_turned_strip_is_read_in_its_direction(direction: float, along: tuple[int, int]) -> None:
    points = straight_line((0.0, 0.0), 8.0, 1.0, direction, 0.05)
    step = points[0, -1] - points[0, 0]
    assert step / np.hypot(*step) == pytest.approx(along, abs=1e-9)


def test_shift_moves_up_across_the_direction_of_reading() -> None:
    plain = straight_line((0.0, 0.0), 8.0, 1.0, 90.0, 0.05)
    moved = straight_line((0.0, 0.0), 8.0, 1.0, 90.0, 0.05, shift_mm=0.3)
    assert (moved - plain).reshape(-1, 2).mean(0) == pytest.approx([-0.3, 0.0], abs=1e-9)


def test_clockwise_letters_stand_outwards() -> None:
    points = arc_line((0.0, 0.0), 10.0, 120.0, 60.0, 1.0, 0.05)
    radius, angle = np.hypot(points[..., 0], points[..., 1]), np.degrees(np.arctan2(points[..., 1], points[..., 0]))
    middle_row = points.shape[0] // 2
    assert radius[middle_row].mean() == pytest.approx(10.5, abs=0.05)  # half a capital above the baseline
    assert radius[0].min() > radius[-1].max()  # tops away from the middle
    assert angle[0, 0] > angle[0, -1]  # from the left to the right above the middle
    margin = np.degrees(MARGIN_CAPS / 10.5)
    assert angle[0, 0] == pytest.approx(120 + margin, abs=0.3)
    assert angle[0, -1] == pytest.approx(60 - margin, abs=0.3)


def test_counter_clockwise_letters_point_to_the_middle() -> None:
    points = arc_line((3.0, 4.0), 10.0, 240.0, 300.0, 1.0, 0.05) - (3.0, 4.0)
    radius = np.hypot(points[..., 0], points[..., 1])
    assert radius[points.shape[0] // 2].mean() == pytest.approx(9.5, abs=0.05)
    assert radius[0].max() < radius[-1].min()
    assert points[0, 0, 0] < points[0, -1, 0]  # below the middle, read from left to right

"""Outlines as a table: the same points, polygons and areas as one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.order.geometry import ArcSegment, LineSegment, Outline, polygon, reverse, signed_area_mm2
from station.plan.strokes import areas_mm2, near_corners, sample, strokes_of, vertices

CIRCLE = Outline((ArcSegment((3.0, -2.0), 5.0, 30.0, -360.0),), True)
# A quarter of a disc: two corners at the ends of its bow, one at its centre.
QUARTER = Outline(
    (ArcSegment((0.0, 0.0), 4.0, 0.0, 90.0), LineSegment((0.0, 4.0), (0.0, 0.0)), LineSegment((0.0, 0.0), (4.0, 0.0))),
    True,
)
# It begins in the middle of a straight edge: there is no corner.
HALFWAY = Outline(
    (LineSegment((0.0, 0.0), (2.0, 0.0)), LineSegment((2.0, 0.0), (0.0, 3.0)), LineSegment((0.0, 3.0), (-2.0, 0.0)),
     LineSegment((-2.0, 0.0), (0.0, 0.0))), True,
)  # fmt: skip
OPEN = Outline((LineSegment((0.0, 0.0), (1.0, 1.0)),), False)
ALL = (CIRCLE, QUARTER, HALFWAY, reverse(QUARTER))


def test_samples_stand_on_their_outlines_less_than_a_step_apart_and_look_out() -> None:
    strokes = strokes_of(ALL, 1e-6)
    samples = sample(strokes, 0.1)
    assert (np.diff(samples.first) % 2 == 1).all()
    assert np.hypot(*samples.normals.T) == pytest.approx(np.ones(len(samples.normals)))
    bounds = samples.first[strokes.first]
    hole, quarter = slice(bounds[0], bounds[1]), slice(bounds[1], bounds[2])
    arm = samples.points_mm[hole] - (3.0, -2.0)
    assert np.hypot(*arm.T) == pytest.approx(np.full(len(arm), 5.0), abs=1e-13)
    assert samples.normals[hole] == pytest.approx(-arm / 5.0, abs=1e-13)
    assert samples.curvature_per_mm[hole] == pytest.approx(np.full(len(arm), -0.2))
    assert (np.hypot(*np.diff(arm, axis=0).T) <= 0.1).all()
    points, normals = samples.points_mm[quarter], samples.normals[quarter]
    for side, normal in ((points[:, 0] < 1e-12, (-1.0, 0.0)), (points[:, 1] < 1e-12, (0.0, -1.0))):
        assert normals[side] == pytest.approx(np.broadcast_to(normal, (side.sum(), 2)))


def test_long_arcs_stay_exact() -> None:
    strokes = strokes_of([Outline((ArcSegment((1.0, 2.0), 100.0, 0.1, 360.0),), True)], 1e-6)
    samples = sample(strokes, 0.005)
    count = len(samples.points_mm)
    angle = np.radians(0.1) + 2.0 * math.pi * (np.arange(count) + 0.5) / count
    wanted = np.array([1.0, 2.0]) + 100.0 * np.column_stack([np.cos(angle), np.sin(angle)])
    assert np.abs(samples.points_mm - wanted).max() < 1e-11


def test_polygons_and_areas_are_those_of_the_outlines() -> None:
    strokes = strokes_of(ALL, 1e-6)
    assert areas_mm2(strokes) == pytest.approx([signed_area_mm2(outline) for outline in ALL], rel=1e-12)
    for outline, points in zip(ALL, vertices(strokes, 0.01), strict=True):
        wanted = polygon(outline, 0.01)
        assert len(points) == len(wanted)
        gaps = np.hypot(*(points[:, None, :] - wanted[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        assert gaps.max() < 1e-12


def test_a_closed_outline_begins_at_a_corner_if_it_has_one() -> None:
    strokes = strokes_of((CIRCLE, HALFWAY, OPEN), 1e-6)
    assert strokes.corner.tolist() == [False, True, True, True, False, True]
    assert strokes.table[1, :2].tolist() != [0.0, 0.0]


def test_samples_near_corners_and_open_ends_are_found_and_no_others() -> None:
    strokes = strokes_of((CIRCLE, QUARTER, HALFWAY, OPEN), 1e-6)
    samples = sample(strokes, 0.05)
    corners = [(4.0, 0.0), (0.0, 4.0), (0.0, 0.0), (2.0, 0.0), (0.0, 3.0), (-2.0, 0.0), (0.0, 0.0), (1.0, 1.0)]
    of_outline = np.repeat(range(4), np.diff(samples.first[strokes.first]))
    wanted = np.zeros(len(of_outline), np.bool_)
    for corner, outline in zip(corners, (1, 1, 1, 2, 2, 2, 3, 3), strict=True):
        wanted |= (np.hypot(*(samples.points_mm - corner).T) <= 0.3) & (of_outline == outline)
    assert near_corners(strokes, samples, 0.3).tolist() == np.flatnonzero(wanted).tolist()


def test_a_gap_is_a_corner() -> None:
    apart = Outline((*HALFWAY.segments[:3], LineSegment((-2.0, 0.0), (-0.02, 0.0))), True)
    assert strokes_of((apart,), 0.03).corner.sum() == 3
    assert strokes_of((apart,), 0.01).corner.sum() == 4

"""The pose of shapes from their own outlines: every rotation, any place, mirrored or not, symmetric or not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.vision.locate import Shape, match
from station.vision.pose import Pose, rigid_step, tukey_weights


def along(corners: list[tuple[float, float]], step: float) -> tuple[np.ndarray, np.ndarray]:
    """Points every `step` along a counter-clockwise polygon, with outward normals."""
    points, normals = [], []
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        start, way = np.array(a), np.subtract(b, a)
        length = float(np.hypot(*way))
        count = max(2, round(length / step))
        points.append(start + (np.arange(count)[:, None] + 0.5) / count * way)
        normals.append(np.tile([way[1] / length, -way[0] / length], (count, 1)))
    return np.concatenate(points), np.concatenate(normals)


def ring(x: float, y: float, radius: float, count: int, outward: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.linspace(0, 2 * math.pi, count, endpoint=False)
    away = np.column_stack([np.cos(angle), np.sin(angle)])
    return np.array([x, y]) + radius * away, outward * away


def shape(outer: tuple[np.ndarray, np.ndarray], *openings: tuple[np.ndarray, np.ndarray]) -> Shape:
    everything = (outer, *openings)
    return Shape(
        (outer[0],),
        tuple(o[0] for o in openings),
        np.concatenate([p for p, _ in everything]),
        np.concatenate([n for _, n in everything]),
    )


PLATE = shape(
    along([(-6.0, -2.0), (6.0, -2.0), (6.0, 1.0), (1.0, 2.0), (-6.0, 2.0)], 0.05), ring(-4.0, 0.5, 0.8, 200, -1.0)
)
TEETH = 17
_ANGLES = np.linspace(0, 2 * math.pi, 6800, endpoint=False)
_RADIUS = 4.0 + 0.35 * np.tanh(3.0 * np.sin(TEETH * _ANGLES))
_WHEEL = _RADIUS[:, None] * np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_TANGENT = np.roll(_WHEEL, -1, axis=0) - np.roll(_WHEEL, 1, axis=0)
_NORMAL = np.column_stack([_TANGENT[:, 1], -_TANGENT[:, 0]]) / np.hypot(*_TANGENT.T)[:, None]
WHEEL = shape((_WHEEL, _NORMAL), ring(0.0, 1.7, 0.7, 300, -1.0))


def contours(what: Shape, pose: Pose, noise: float = 0.0, seed: int = 0) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(seed)

    def moved(points: np.ndarray) -> np.ndarray:
        return pose.to_plane(points[::2]) + noise * rng.standard_normal(points[::2].shape)

    return moved(what.outer[0]), tuple(moved(p) for p in what.openings)


def off(found: Pose, true: Pose, what: Shape) -> float:
    """Largest distance between a nominal point under both poses."""
    return float(np.hypot(*(found.to_plane(what.points) - true.to_plane(what.points)).T).max())


@pytest.mark.parametrize("what", [PLATE, WHEEL], ids=["plate", "wheel"])
@pytest.mark.parametrize("turn", range(0, 360, 15))
def test_every_rotation_is_found(what: Shape, turn: int) -> None:
    true = Pose(math.radians(turn + 0.37), 1.3, -0.7)
    outer, openings = contours(what, true, 0.01, turn)
    found = match(outer, openings, what, mirrored=False, cap=0.2)
    assert off(found.pose, true, what) < 0.01
    assert found.explained > 0.99
    assert found.distance < 0.03


@pytest.mark.parametrize("what", [PLATE, WHEEL], ids=["plate", "wheel"])
@pytest.mark.parametrize("turn", [0, 75, 200])
def test_a_mirrored_shape_is_told_from_the_right_one(what: Shape, turn: int) -> None:
    true = Pose(math.radians(turn), -0.4, 0.9, mirrored=True)
    outer, openings = contours(what, true, 0.01)
    wrong = match(outer, openings, what, mirrored=False, cap=0.2)
    right = match(outer, openings, what, mirrored=True, cap=0.2)
    assert right.pose.mirrored
    assert off(right.pose, true, what) < 0.01
    # A wheel is its own mirror image but for the hole, which turns with it: only the plate differs.
    if what is PLATE:
        assert wrong.distance > 3 * right.distance


def test_a_ring_has_a_place_if_no_rotation() -> None:
    what = shape(ring(0.0, 0.0, 4.0, 800, 1.0), ring(0.0, 0.0, 2.0, 400, -1.0))
    outer, openings = contours(what, Pose(0.7, 2.0, 1.0), 0.005)
    found = match(outer, openings, what, mirrored=False, cap=0.1)
    assert (found.pose.x, found.pose.y) == (pytest.approx(2.0, abs=0.002), pytest.approx(1.0, abs=0.002))
    assert found.explained > 0.99


def test_another_shape_is_not_explained() -> None:
    disc = shape(ring(0.0, 0.0, 3.9, 800, 1.0))
    outer, openings = contours(disc, Pose(0.0, 0.0, 0.0))
    assert match(outer, openings, PLATE, mirrored=False, cap=0.2).explained < 0.6


poses = st.builds(Pose, st.floats(-7, 7), st.floats(-50, 50), st.floats(-50, 50), st.booleans())
pairs = st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=6).map(np.array)


@given(poses, pairs)
def test_a_pose_there_and_back(pose: Pose, points: np.ndarray) -> None:
    assert pose.to_part(pose.to_plane(points)) == pytest.approx(points, abs=1e-9)
    assert np.linalg.det(pose.matrix) == pytest.approx(-1.0 if pose.mirrored else 1.0)
    origin = pose.to_plane(np.zeros((1, 2)))
    assert pose.turn(points) + origin == pytest.approx(pose.to_plane(points), abs=1e-9)


@given(poses, pairs, st.floats(-0.5, 0.5), st.floats(-1, 1), st.floats(-1, 1))
def test_a_nudge_is_a_turn_about_a_point_and_a_shift(
    pose: Pose, points: np.ndarray, turn: float, dx: float, dy: float
) -> None:
    about = np.array([3.0, -2.0])
    c, s = math.cos(turn), math.sin(turn)
    expected = (pose.to_plane(points) - about) @ np.array([[c, -s], [s, c]]).T + about + (dx, dy)
    assert pose.nudged(turn, dx, dy, about).to_plane(points) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("motion", [(1e-4, 0.02, -0.03), (-2e-4, 0.0, 0.0), (0.0, 0.5, 0.1)])
def test_a_rigid_step_is_the_motion_that_made_the_offsets(motion: tuple[float, float, float]) -> None:
    points, normals = PLATE.points, PLATE.normals
    about = np.array([1.0, 1.0])
    moved = Pose(0.0, 0.0, 0.0).nudged(*motion, about).to_plane(points)
    offsets = ((moved - points) * normals).sum(axis=1)
    step = rigid_step(points, normals, offsets, np.ones(len(points)), about)
    assert step == pytest.approx(motion, abs=1e-6)


def test_what_a_disc_does_not_determine_does_not_move() -> None:
    points, normals = ring(5.0, 3.0, 2.0, 300, 1.0)
    step = rigid_step(points, normals, normals @ [0.1, -0.2], np.ones(300), np.array([5.0, 3.0]))
    assert step == pytest.approx([0.0, 0.1, -0.2], abs=1e-9)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=50))
@settings(max_examples=50)
def test_robust_weights_lie_between_nothing_and_one(values: list[float]) -> None:
    weights = tukey_weights(np.array([*values, np.nan]), 0.1)
    assert ((weights >= 0.0) & (weights <= 1.0)).all()
    assert weights[-1] == 0.0
    assert tukey_weights(np.full(3, np.nan), 0.1) == pytest.approx([0, 0, 0])

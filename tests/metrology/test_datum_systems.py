"""Datum systems in the plane: what they fix, and that a part that lies elsewhere is the same part."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.metrology.characteristics import Question
from station.metrology.datums import check_datums, datum_frame
from station.metrology.features import Kind
from station.order.model import CharacteristicType

from .features_for_tests import ask, circle, line, moved, nominal_circle, nominal_line, value

A, B, C = nominal_circle("A", (0.0, 0.0)), nominal_circle("B", (10.0, 0.0)), nominal_circle("C", (4.0, 7.0))
LOW = nominal_line("LOW", (0.0, -2.0), (20.0, -2.0))
HIGH = nominal_line("HIGH", (20.0, 2.0), (0.0, 2.0))
HOLE = nominal_circle("HOLE", (6.0, 3.0))
DRAWN = {f.id: f for f in (A, B, C, LOW, HIGH, HOLE)}


def as_made(shape, turn=0.0, dx=0.0, dy=0.0):
    made = (
        circle(shape.id, shape.center_mm, shape.diameter_mm / 2.0)
        if hasattr(shape, "center_mm")
        else line(shape.id, shape.start_mm, shape.end_mm)
    )
    return moved(made, turn, dx, dy)


def position(datums, levels):
    return Question("1", CharacteristicType.POSITION, ("HOLE",), datums, None, DRAWN, levels=levels)


SYSTEMS = [
    (("A", "B"), (0, 0)),
    (("A", "B", "C"), (0, 0, 0)),
    (("LOW", "HIGH", "A"), (0, 0, 1)),
    (("A", "LOW", "HIGH"), (0, 1, 1)),
    (("LOW", "A", "B"), (0, 1, 1)),
    (("LOW", "HIGH", "C"), (0, 1, 2)),
]


@pytest.mark.parametrize(("datums", "levels"), SYSTEMS)
@settings(max_examples=25, deadline=None)
@given(turn=st.floats(-3.0, 3.0), dx=st.floats(-50.0, 50.0), dy=st.floats(-50.0, 50.0))
def test_where_the_part_lies_says_nothing(datums, levels, turn, dx, dy):
    made = [as_made(DRAWN[name], turn, dx, dy) for name in (*datums, "HOLE")]
    assert value(position(datums, levels), *made) == pytest.approx(0.0, abs=1e-9)
    off = moved(circle("HOLE", (6.03, 3.04), 1.0), turn, dx, dy)
    assert value(position(datums, levels), *made[:-1], off) == pytest.approx(0.1, abs=1e-9)


def test_two_centres_too_far_apart_share_what_is_too_much():
    """A and B stand 0.2 too far apart: the common datum leaves 0.1 at each, A before B all of it at B."""
    a, b = circle("A", (0.0, 0.0)), circle("B", (10.2, 0.0))
    hole = circle("HOLE", (6.0, 3.0))
    assert value(position(("A", "B"), (0, 0)), a, b, hole) == pytest.approx(0.2, abs=1e-9)
    assert value(position(("A", "B"), (0, 1)), a, b, hole) == pytest.approx(0.0, abs=1e-9)


def test_two_facing_edges_are_their_median():
    """Both edges stand 0.03 farther out: the median is where it was."""
    low, high = line("LOW", (0.0, -2.03), (20.0, -2.03)), line("HIGH", (20.0, 2.03), (0.0, 2.03))
    hole, a = circle("HOLE", (6.0, 3.0)), circle("A", (0.0, 0.0))
    assert value(position(("LOW", "HIGH", "A"), (0, 0, 1)), low, high, a, hole) == pytest.approx(0.0, abs=1e-9)
    # One of them alone moves the frame by all of it.
    assert value(position(("LOW", "A"), (0, 1)), low, a, hole) == pytest.approx(0.06, abs=1e-9)


def test_a_common_datum_of_centres_is_the_best_rigid_fit():
    """Against Kabsch's closed form for points (Acta Cryst. A32 (1976) 922)."""
    rng = np.random.default_rng(2)
    drawn = np.array([A.center_mm, B.center_mm, C.center_mm])
    for _ in range(20):
        turn = rng.uniform(-0.5, 0.5)
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        seen = drawn @ rotation.T + rng.normal(0.0, 0.05, (3, 2)) + [3.0, 4.0]
        features = [circle(name, tuple(p)) for name, p in zip("ABC", seen, strict=True)]
        frame = datum_frame(list(zip((A, B, C), features, strict=True)), (0, 0, 0))
        p, q = seen - seen.mean(axis=0), drawn - drawn.mean(axis=0)
        best = math.atan2(float(np.sum(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])), float(np.sum(p * q)))
        assert frame.turn_rad == pytest.approx(best, abs=1e-10)
        assert frame.apply(seen).mean(axis=0) == pytest.approx(drawn.mean(axis=0), abs=1e-10)


def test_concentric_circles_in_common_leave_the_rotation_free():
    inner, outer = nominal_circle("A", (0.0, 0.0)), nominal_circle("O", (0.0, 0.0), 8.0)
    frame = datum_frame([(inner, circle("A", (0.01, 0.0))), (outer, circle("O", (-0.01, 0.0)))], (0, 0))
    assert frame.free_turn
    assert frame.pivot_mm == pytest.approx((0.0, 0.0), abs=1e-9)
    drawn = {**DRAWN, "O": outer}
    asked = Question("1", CharacteristicType.POSITION, ("HOLE",), ("A", "O"), None, drawn, levels=(0, 0))
    farther = 0.02
    away = math.hypot(6.0, 3.0) + farther
    hole = circle("HOLE", (away * math.cos(2.0), away * math.sin(2.0)))
    assert value(asked, circle("A"), circle("O", radius=4.0), hole) == pytest.approx(2.0 * farther, abs=1e-9)


def test_edges_in_line_leave_the_place_along_them_free():
    left, right = nominal_line("LEFT", (0.0, 0.0), (4.0, 0.0)), nominal_line("RIGHT", (8.0, 0.0), (12.0, 0.0))
    made = [line("LEFT", (0.5, 0.0), (4.5, 0.0)), line("RIGHT", (8.5, 0.0), (12.5, 0.0))]
    frame = datum_frame(list(zip((left, right), made, strict=True)), (0, 0))
    assert not frame.free_turn
    assert frame.free_slide is not None
    assert abs(frame.free_slide[0]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("shapes", "levels", "sentence"),
    [
        ((LOW, HIGH), (0, 1), "datums LOW and HIGH are parallel"),
        ((A, nominal_circle("O", (0.0, 0.0), 8.0)), (0, 1), "have the same centre"),
        ((LOW, HIGH, nominal_line("MORE", (0.0, 9.0), (5.0, 9.0))), (0, 1, 2), "fixes nothing"),
    ],
)
def test_datums_that_fix_no_frame(shapes, levels, sentence):
    kinds = [Kind.CIRCLE if hasattr(s, "center_mm") else Kind.LINE for s in shapes]
    with pytest.raises(ValueError, match=sentence):
        check_datums(list(zip(shapes, kinds, strict=True)), levels)


def test_a_third_datum_that_finds_nothing_left_is_allowed():
    check_datums([(A, Kind.CIRCLE), (B, Kind.CIRCLE), (C, Kind.CIRCLE)], (0, 1, 2))
    made = [as_made(DRAWN[name]) for name in ("A", "B")]
    far = circle("C", (4.5, 7.5))
    assert value(position(("A", "B", "C"), (0, 1, 2)), *made, far, circle("HOLE", (6.0, 3.0))) == pytest.approx(0.0)


SLOT = (nominal_line("S1", (0.0, 1.0), (8.0, 1.0)), nominal_line("S2", (8.0, 3.0), (0.0, 3.0)))


def symmetry(features, datums, *more):
    geometry = {f.id: f for f in (*DRAWN.values(), *SLOT, *more)}
    return Question("1", CharacteristicType.SYMMETRY, features, datums, None, geometry, levels=(0,) * len(datums))


def test_symmetry_of_a_hole_between_two_edges():
    made = [as_made(LOW), as_made(HIGH)]
    assert value(symmetry(("A",), ("LOW", "HIGH")), circle("A", (0.0, 0.03)), *made) == pytest.approx(0.06, abs=1e-9)


def test_symmetry_of_a_slot_between_two_edges_counts_its_tilt():
    edges = (nominal_line("E1", (0.0, -2.0), (8.0, -2.0)), nominal_line("E2", (8.0, 6.0), (0.0, 6.0)))
    asked = symmetry(("S1", "S2"), ("E1", "E2"), *edges)
    made = [line("E1", (0.0, -2.0), (8.0, -2.0)), line("E2", (8.0, 6.0), (0.0, 6.0))]
    straight = [line("S1", (0.0, 1.01), (8.0, 1.01)), line("S2", (8.0, 3.01), (0.0, 3.01))]
    assert value(asked, *straight, *made) == pytest.approx(0.02, abs=1e-9)
    wider = [line("S1", (0.0, 0.9), (8.0, 0.9)), line("S2", (8.0, 3.1), (0.0, 3.1))]
    assert value(asked, *wider, *made) == pytest.approx(0.0, abs=1e-9)
    tilted = [line("S1", (0.0, 0.99), (8.0, 1.01)), line("S2", (8.0, 3.01), (0.0, 2.99))]
    assert value(asked, *tilted, *made) == pytest.approx(0.02, abs=1e-6)


def test_symmetry_to_the_axis_through_two_holes():
    middle = nominal_circle("M", (5.0, 0.0))
    asked = symmetry(("M",), ("A", "B"), middle)
    made = [circle("A", (0.0, 0.0)), circle("B", (10.0, 0.1))]
    assert value(asked, circle("M", (5.0, 0.02)), *made) == pytest.approx(2.0 * 0.03, rel=1e-3)
    pair = symmetry(("A", "B"), ("M",), middle)
    assert ask(pair, *made, circle("M", (5.0, 0.02))).value == pytest.approx(2.0 * 0.03, abs=1e-9)


@pytest.mark.parametrize(
    ("features", "datums", "sentence"),
    [
        (("LOW",), ("A",), "alone has no middle"),
        (("HOLE",), ("LOW", "HIGH"), "it is off by 3 mm"),
        (("A", "LOW"), ("B",), "have no middle"),
    ],
)
def test_what_has_no_middle_is_refused(features, datums, sentence):
    with pytest.raises(ValueError, match=sentence):
        value(symmetry(features, datums), *[as_made(DRAWN[name]) for name in (*features, *datums)])

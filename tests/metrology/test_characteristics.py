"""Characteristics of hand-made features, each with an answer one can compute by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.metrology.characteristics import MEASURED_TYPES
from station.order.geometry import ArcSegment, ContourFeature, Outline
from station.order.model import CharacteristicType

from .features_for_tests import (
    ask,
    circle,
    contour,
    ellipse,
    line,
    moved,
    nominal_circle,
    nominal_line,
    question,
    rectangle,
    value,
)
from .reference_for_tests import published


def near(number):
    return pytest.approx(number, abs=1e-9)


def test_sizes_of_a_circle():
    hole = circle("H", (3.0, -2.0), 0.75)
    assert value(question("diameter", "H"), hole) == 1.5
    assert value(question("radius", "H"), hole) == 0.75
    assert ask(question("diameter", "H"), hole).where_mm == (3.0, -2.0)


def test_distances_of_centres_lines_and_both():
    a, b = circle("A", (0.0, 0.0)), circle("B", (3.0, 4.0))
    edge = line("E", (-5.0, -1.0), (5.0, -1.0))
    slope = line("S", (0.0, 0.0), (4.0, 3.0))
    assert value(question("distance", ["A", "B"]), a, b) == near(5.0)
    assert value(question("distance", ["E", "B"]), edge, b) == near(5.0)
    assert value(question("distance", ["B", "E"]), b, edge) == near(5.0)
    # (3, 4) from the line 4y = 3x: |9 - 16| / 5.
    assert value(question("distance", ["B", "S"]), b, slope) == near(1.4)


@pytest.mark.parametrize("kind", ["distance", "width"])
def test_parallel_lines(kind):
    low, high = line("L", (0.0, 0.0), (6.0, 0.0)), line("H", (6.0, 2.0), (0.0, 2.0))
    short = line("S", (5.0, 2.0), (1.0, 2.0))
    assert value(question(kind, ["L", "H"]), low, high) == near(2.0)
    assert value(question(kind, ["H", "L"]), low, high) == near(2.0)
    assert value(question(kind, ["L", "S"]), low, short) == near(2.0)


def test_the_width_of_a_slight_wedge_is_that_at_the_middle():
    low, high = line("L", (0.0, 0.0), (6.0, 0.0)), line("H", (6.0, 2.003), (0.0, 1.997))
    assert value(question("width", ["L", "H"]), low, high) == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize(
    ("turn", "nominal", "expected"),
    [
        (60.0, 60.0, 60.0),
        (60.0, 120.0, 120.0),
        (60.0, 300.0, 300.0),
        (89.5, 90.0, 89.5),
        (90.4, 90.0, 90.4),
        (179.7, 0.0, 0.3),
        (0.2, 0.0, 0.2),
        (23.9, 24.0, 23.9),
        (23.9, 156.0, 156.1),
    ],
)
def test_of_the_possible_angles_the_one_nearest_the_nominal_counts(turn, nominal, expected):
    one = line("A", (0.0, 0.0), (5.0, 0.0))
    other = line("B", (1.0, 1.0), (1.0 + math.cos(math.radians(turn)), 1.0 + math.sin(math.radians(turn))))
    assert value(question("angle", ["A", "B"], nominal=nominal), one, other) == near(expected)
    assert value(question("angle", ["B", "A"], nominal=nominal), one, other) == near(expected)


def test_an_angle_of_90_degrees_is_the_nearer_to_90_of_the_two():
    one, other = line("A", (0.0, 0.0), (5.0, 0.0)), line("B", (0.0, 0.0), (-0.01, 5.0))
    found = value(question("angle", ["A", "B"], nominal=90.0), one, other)
    assert abs(found - 90.0) == pytest.approx(math.degrees(math.atan2(0.01, 5.0)), abs=1e-9)


def test_concentricity_is_twice_the_offset():
    datum, bore = circle("D", (1.0, 1.0), 4.0), circle("B", (1.003, 1.004), 2.0)
    assert value(question("concentricity", "B", ["D"]), datum, bore) == near(0.010)


def test_position_is_the_diameter_of_the_zone_as_in_the_vectors():
    for row in published("position_tolerance_mmc")["rows"]:
        geometry = [nominal_circle("A", (0, 0)), nominal_circle("B", (10, 0)), nominal_circle("H", (4, 3))]
        one = question("position", "H", ["A", "B"], geometry=geometry)
        hole = circle("H", (4.0 + row["dx"], 3.0 + row["dy"]))
        assert value(one, circle("A"), circle("B", (10.0, 0.0)), hole) == near(row["deviation"])


def test_position_to_two_circles_forgets_what_the_second_is_off_along_their_line():
    geometry = [nominal_circle("A", (0, 0)), nominal_circle("B", (10, 0)), nominal_circle("H", (5, 0))]
    one = question("position", "H", ["A", "B"], geometry=geometry)
    # B 0.1 too far: only its direction counts.
    assert value(one, circle("A"), circle("B", (10.1, 0.0)), circle("H", (5.0, 0.02))) == near(0.04)
    # B turned by atan(0.1/10) about A: H at half the way sits where the frame expects it when it is turned, too.
    turn = math.atan2(0.1, 10.0)
    there = (5.0 * math.cos(turn), 5.0 * math.sin(turn))
    assert value(one, circle("A"), circle("B", (10.0, 0.1)), circle("H", there)) == near(0.0)


def test_position_to_one_circle_leaves_the_rotation_free():
    geometry = [nominal_circle("A", (1, 0)), nominal_circle("H", (4, 4))]
    one = question("position", "H", ["A"], geometry=geometry)
    for turn in (0.0, 1.0, -2.0):
        far = (1.0 + 5.01 * math.cos(turn), 5.01 * math.sin(turn))
        assert value(one, circle("A", (1.0, 0.0)), circle("H", far)) == near(0.02)


def test_position_to_circle_and_line():
    geometry = [nominal_circle("A", (0, 0)), nominal_line("B", (-5, -2), (5, -2)), nominal_circle("H", (3, 1))]
    one = question("position", "H", ["A", "B"], geometry=geometry)
    # The line gives the direction only, not the height: moved down it changes nothing.
    edge = line("B", (-5.0, -2.2), (5.0, -2.2))
    assert value(one, circle("A"), edge, circle("H", (3.003, 1.004))) == near(0.010)


def test_position_to_two_lines():
    geometry = [nominal_line("A", (0, 0), (10, 0)), nominal_line("B", (10, 0), (10, 8)), nominal_circle("H", (6, 5))]
    one = question("position", "H", ["A", "B"], geometry=geometry)
    low, right = line("A", (0.0, 0.0), (10.0, 0.0)), line("B", (10.0, 0.0), (10.0, 8.0))
    assert value(one, low, right, circle("H", (6.03, 5.04))) == near(0.10)
    # The right edge 0.1 too far out: everything is measured from it.
    assert value(one, low, line("B", (10.1, 0.0), (10.1, 8.0)), circle("H", (6.0, 5.0))) == near(0.2)
    assert value(one, low, line("B", (10.1, 0.0), (10.1, 8.0)), circle("H", (6.1, 5.0))) == near(0.0)


def test_position_to_line_and_circle():
    geometry = [nominal_line("A", (0, 0), (10, 0)), nominal_circle("B", (2, 3)), nominal_circle("H", (7, 3))]
    one = question("position", "H", ["A", "B"], geometry=geometry)
    low = line("A", (0.0, 0.0), (10.0, 0.0))
    # The line fixes the height, the circle the place along: its own height does not count.
    assert value(one, low, circle("B", (2.0, 3.5)), circle("H", (7.0, 3.01))) == near(0.02)
    assert value(one, low, circle("B", (2.1, 3.0)), circle("H", (7.0, 3.0))) == near(0.2)


def test_position_to_one_line_leaves_the_place_along_it_free():
    geometry = [nominal_line("A", (0, 0), (10, 0)), nominal_circle("H", (6, 5))]
    one = question("position", "H", ["A"], geometry=geometry)
    assert value(one, line("A", (0.0, 0.0), (10.0, 0.0)), circle("H", (6.7, 5.02))) == near(0.04)


def test_datums_that_say_nothing_new_are_refused():
    wanted = nominal_circle("H", (6, 5))
    one = question("position", "H", ["A", "B"], geometry=[nominal_circle("A"), nominal_circle("B"), wanted])
    with pytest.raises(ValueError, match="the rotation stays free"):
        ask(one, circle("A"), circle("B"), circle("H", (6.0, 5.0)))
    parallels = [nominal_line("A", (0, 0), (9, 0)), nominal_line("B", (9, 4), (0, 4)), wanted]
    edges = line("A", (0.0, 0.0), (9.0, 0.0)), line("B", (9.0, 4.0), (0.0, 4.0))
    with pytest.raises(ValueError, match="parallel"):
        ask(question("position", "H", ["A", "B"], geometry=parallels), *edges, circle("H", (6.0, 5.0)))


def test_a_position_without_datum_and_a_contour_as_datum_are_refused():
    with pytest.raises(ValueError, match="needs a datum"):
        ask(question("position", "H", geometry=[nominal_circle("H")]), circle("H"))
    shape = ContourFeature("P", (Outline((ArcSegment((0.0, 0.0), 1.0, 0.0, 360.0),), True),))
    with pytest.raises(ValueError, match="P cannot be a datum"):
        ask(question("position", "H", ["P"], geometry=[shape, nominal_circle("H")]), circle("H"), outline())


@pytest.mark.parametrize("kind", sorted(set(CharacteristicType) - MEASURED_TYPES))
def test_what_is_not_measured_says_so(kind):
    with pytest.raises(ValueError, match=f"does not measure {kind} yet"):
        ask(question(kind, "H"), circle("H"))


@pytest.mark.parametrize("lobes", [2, 3, 4])
def test_the_roundness_of_lobes_is_twice_their_amplitude(lobes):
    angle = np.linspace(0, 2 * math.pi, 2000, endpoint=False)
    part = circle("C", (2.0, 1.0), 3.0, count=2000, form=0.005 * np.cos(lobes * angle))
    assert value(question("roundness", "C"), part) == pytest.approx(0.010, rel=2e-3)


def test_one_lobe_is_an_offset_and_no_form():
    angle = np.linspace(0, 2 * math.pi, 2000, endpoint=False)
    part = circle("C", (0.0, 0.0), 3.0, count=2000, form=0.005 * np.cos(angle))
    assert value(question("roundness", "C"), part) == pytest.approx(0.0, abs=1e-5)


def test_the_straightness_of_a_bow_is_its_height():
    run = np.linspace(-1, 1, 1000)
    part = line("L", (1.0, 1.0), (7.0, 5.0), count=1000, form=0.012 * (1 - run**2))
    assert value(question("straightness", "L"), part) == pytest.approx(0.012, rel=0.01)
    tilted = line("L", (1.0, 1.0), (7.0, 5.0), count=1000, form=0.012 * run)
    assert value(question("straightness", "L"), tilted) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(("kind", "end"), [("parallelism", (10.0, 3.02)), ("perpendicularity", None)])
def test_a_tilted_line_takes_a_zone_of_its_rise(kind, end):
    datum = line("D", (0.0, 0.0), (10.0, 0.0))
    edge = line("L", (10.0, 3.02), (0.0, 3.0)) if kind == "parallelism" else line("L", (5.02, 0.0), (5.0, 4.0))
    # Smoothing in from the ends takes a little of the rise away.
    assert value(question(kind, "L", ["D"]), datum, edge) == pytest.approx(0.02, rel=0.03)


def test_parallel_to_the_other_face_is_parallel_too():
    datum = line("D", (0.0, 0.0), (10.0, 0.0))
    for edge in (line("L", (0.0, -3.0), (10.0, -3.0)), line("L", (10.0, 3.0), (0.0, 3.0))):
        assert value(question("parallelism", "L", ["D"]), datum, edge) == near(0.0)
    for edge in (line("L", (0.0, 0.0), (0.0, 3.0)), line("L", (0.0, 3.0), (0.0, 0.0))):
        assert value(question("perpendicularity", "L", ["D"]), datum, edge) == near(0.0)


def test_an_oriented_zone_across_its_datum_means_nothing():
    datum, edge = line("D", (0.0, 0.0), (10.0, 0.0)), line("L", (0.0, 0.0), (0.0, 5.0))
    with pytest.raises(ValueError, match="do not lie so"):
        ask(question("parallelism", "L", ["D"]), datum, edge)
    with pytest.raises(ValueError, match="do not lie so"):
        ask(question("perpendicularity", "L", ["D"]), datum, line("L", (0.0, 1.0), (5.0, 1.0)))


NOMINAL, NORMALS = rectangle(6.0, 4.0)
OVAL = ellipse(3.0, 2.0)
HERE = nominal_circle("A", (0.0, 0.0)), nominal_circle("B", (2.0, 0.0))


def outline(turn=0.0, dx=0.0, dy=0.0, growth=0.0, drawn=(NOMINAL, NORMALS)):
    nominal, normals = drawn
    c, s = math.cos(turn), math.sin(turn)
    points = (nominal + growth * normals) @ np.array([[c, -s], [s, c]]).T + (dx, dy)
    return contour("P", nominal, normals, points, 0.0004)


@pytest.mark.parametrize("motion", [(0.0, 0.02, -0.01), (0.002, 0.0, 0.0), (-0.003, 0.005, 0.003)])
def test_the_profile_of_a_moved_outline_is_nothing_without_a_datum(motion):
    # What is left is of second order in the turn (0.003 rad over 3 mm).
    assert value(question("line_profile", "P"), outline(*motion, drawn=OVAL)) == pytest.approx(0.0, abs=1e-4)


def test_the_profile_of_a_shifted_outline_is_twice_the_shift_with_a_datum():
    one = question("line_profile", "P", ["A", "B"], geometry=HERE)
    datums = circle("A"), circle("B", (2.0, 0.0))
    assert value(one, *datums, outline(dx=0.03)) == near(0.06)
    assert value(one, *datums, outline(dy=-0.02)) == near(0.04)
    assert value(one, *datums, outline()) == near(0.0)
    # Datums moved along with the outline: the same part lying elsewhere.
    there = [moved(f, 0.5, 1.0, -2.0) for f in (*datums, outline(dx=0.03))]
    assert value(one, *there) == near(0.06)


def test_the_profile_of_a_grown_outline_is_twice_the_growth_with_any_datum():
    for one in (question("line_profile", "P"), question("line_profile", "P", ["A", "B"], geometry=HERE)):
        assert value(one, circle("A"), circle("B", (2.0, 0.0)), outline(growth=0.011)) == near(0.022)


def test_the_profile_with_one_circle_as_datum_leaves_the_rotation_free():
    one = question("line_profile", "P", ["A"], geometry=HERE)
    assert value(one, circle("A"), outline(turn=0.002, drawn=OVAL)) == pytest.approx(0.0, abs=1e-4)
    assert value(one, circle("A"), outline(dx=0.01, drawn=OVAL)) == pytest.approx(0.02, rel=0.05)


def test_a_local_dent_counts_in_full_and_is_where_it_is():
    part = outline()
    hit = (np.abs(NOMINAL[:, 0]) < 0.5) & (NOMINAL[:, 1] < 0)
    dented = replace(part, points_mm=NOMINAL - 0.05 * NORMALS * hit[:, None])
    answer = ask(question("line_profile", "P"), dented)
    assert answer.value == pytest.approx(0.10, rel=1e-3)
    assert abs(answer.where_mm[0]) < 0.5
    assert answer.where_mm[1] == pytest.approx(-1.95)


motions = st.tuples(st.floats(-math.pi, math.pi), st.floats(-20, 20), st.floats(-20, 20))
GEOMETRY = [
    nominal_circle("H", (2.0, 1.0)),
    nominal_circle("G", (-2.0, 1.5)),
    nominal_line("L", (-4.0, -2.0), (4.0, -2.0)),
    nominal_line("R", (4.0, -2.0), (4.0, 3.0)),
    nominal_line("T", (4.0, 3.0), (-4.0, 3.0)),
]
WAVE = np.linspace(0, 12 * math.pi, 360, endpoint=False)
FEATURES = [
    circle("H", (2.01, 1.02), 0.5, form=0.003 * np.cos(WAVE)),
    circle("G", (-2.02, 1.49), 0.8),
    line("L", (-4.0, -2.003), (4.0, -1.99), form=0.002 * np.cos(WAVE[:200])),
    line("R", (4.01, -2.0), (4.0, 3.0)),
    line("T", (4.0, 3.01), (-4.0, 3.0), form=0.002 * np.sin(WAVE[:200])),
]
QUESTIONS = [
    question("diameter", "H"),
    question("distance", ["H", "G"]),
    question("distance", ["H", "L"]),
    question("width", ["L", "T"]),
    question("angle", ["L", "R"], nominal=90.0),
    question("roundness", "H"),
    question("straightness", "L"),
    question("parallelism", "T", ["L"]),
    question("perpendicularity", "R", ["L"]),
    question("concentricity", "H", ["G"]),
    question("position", "H", ["G"], geometry=GEOMETRY),
    question("position", "H", ["G", "L"], geometry=GEOMETRY),
    question("position", "H", ["L", "R"], geometry=GEOMETRY),
    question("position", "H", ["L", "G"], geometry=GEOMETRY),
    question("position", "H", ["L"], geometry=GEOMETRY),
]


@pytest.mark.parametrize("one", QUESTIONS, ids=lambda q: f"{q.type} {'-'.join(q.features)} {''.join(q.datums)}")
@given(motion=motions)
@settings(max_examples=15, deadline=None)
def test_where_the_part_lies_changes_nothing(one, motion):
    before = value(one, *FEATURES)
    assert before > 1e-3
    assert value(one, *[moved(f, *motion) for f in FEATURES]) == pytest.approx(before, abs=1e-7)


@pytest.mark.parametrize("one", QUESTIONS[:10], ids=lambda q: f"{q.type} {'-'.join(q.features)}")
@given(relative=st.floats(-0.2, 0.2))
@settings(max_examples=10, deadline=None)
def test_a_larger_part_has_larger_lengths_and_the_same_angles(one, relative):
    before, after = value(one, *FEATURES), value(one, *[f.scaled(relative) for f in FEATURES])
    assert after == pytest.approx(before if one.type is CharacteristicType.ANGLE else before * (1 + relative), rel=1e-7)


@given(growth=st.floats(-0.1, 0.1))
@settings(max_examples=20, deadline=None)
def test_growing_material_moves_edges_out_and_leaves_centres(growth):
    hole, shaft = circle("H", (1.0, 2.0), 0.5, outward=-1.0), circle("S", (4.0, 6.0), 2.0)
    low, high = line("L", (0.0, 0.0), (6.0, 0.0)), line("T", (6.0, 2.0), (0.0, 2.0))
    grown = [f.grown(growth) for f in (hole, shaft, low, high)]
    assert value(question("diameter", "H"), *grown) == pytest.approx(1.0 - 2 * growth, abs=1e-12)
    assert value(question("diameter", "S"), *grown) == pytest.approx(4.0 + 2 * growth, abs=1e-12)
    assert value(question("distance", ["H", "S"]), *grown) == near(5.0)
    assert value(question("width", ["L", "T"]), *grown) == near(2.0 + 2 * growth)
    for feature in grown[:2]:
        radii = np.hypot(*(feature.points_mm - feature.center_mm).T)
        assert radii == pytest.approx(np.full(len(radii), feature.radius_mm), abs=1e-12)


def test_a_nudged_line_turns_about_the_middle_of_its_points():
    edge = line("L", (3.0, 2.0), (9.0, 2.0))
    turned = edge.nudged(np.array([0.001, 0.0]))
    assert turned.center_mm == pytest.approx(edge.center_mm, abs=1e-5)
    shifted = edge.nudged(np.array([0.0, 0.25]))
    assert shifted.center_mm == pytest.approx(edge.center_mm + 0.25 * edge.normal, abs=1e-12)


def test_scatter_gives_back_its_covariance():
    root = np.random.default_rng(3).standard_normal((3, 3)) * 1e-3
    feature = replace(circle("C"), covariance=root @ root.T)
    changes = feature.scatter()
    assert changes.T @ changes == pytest.approx(feature.covariance, abs=1e-15)


@pytest.mark.parametrize("turn", [0.0, 1e-16, -1e-16])
def test_scatter_alike_in_all_directions_has_no_direction_of_its_own(turn):
    """Of equal eigenvalues rounding chooses the vectors, and with them what a zone answers."""
    covariance = np.diag([4e-8, 4e-8, 1e-8])
    covariance[0, 1] = covariance[1, 0] = 4e-8 * turn
    feature = replace(circle("C"), covariance=covariance)
    assert feature.scatter() == pytest.approx(np.diag([2e-4, 2e-4, 1e-4]), abs=1e-15)


def test_clean_keeps_what_belongs_to_the_fit():
    keep = np.arange(360) % 3 != 0
    feature = replace(circle("C"), kept=keep)
    assert feature.clean().points_mm == pytest.approx(feature.points_mm[keep])
    assert len(feature.clean().u_mm) == len(feature.clean().normals) == len(feature.clean().nominal_mm) == keep.sum()
    assert circle("C").clean().expected == 360

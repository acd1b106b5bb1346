"""GX, GN and LP of shapes whose answer one can compute by hand; runout and forms about other circles."""

import math
from dataclasses import replace

import numpy as np
import pytest

from station.metrology.changes import Changes
from station.metrology.characteristics import evaluate_form

from .features_for_tests import as_drawn, circle, line, nominal_line, question, value
from .reference_for_tests import published

COUNT = 720
ANGLE = np.linspace(0.0, 2.0 * math.pi, COUNT, endpoint=False)
OVAL = 0.02 * np.cos(2.0 * ANGLE)  # two-point diameters from -0.04 to +0.04
TRILOBE = 0.02 * np.cos(3.0 * ANGLE)  # every two-point diameter is the same


def size(how, kind="diameter", feature="H", nominal=None):
    return replace(question(kind, feature, nominal=nominal), association=how)


@pytest.mark.parametrize(
    ("form", "how", "nominal", "expected"),
    [
        (OVAL, "GN", None, 4.04),
        (OVAL, "GX", None, 3.96),
        (OVAL, "LP", 3.9, 4.04),
        (OVAL, "LP", 4.1, 3.96),
        (OVAL, "LP", -math.inf, 4.04),
        (OVAL, "LP", math.inf, 3.96),
        (TRILOBE, "LP", None, 4.0),
        (TRILOBE, "GN", None, 4.04),
        (TRILOBE, "GX", None, 3.96),
    ],
)
def test_extreme_diameters(form, how, nominal, expected):
    # What the low-pass takes off two or three undulations of 720 points is below a hundredth of them.
    assert value(size(how, nominal=nominal), circle("H", (3.0, -1.0), 2.0, count=COUNT, form=form)) == pytest.approx(
        expected, abs=4e-4
    )


def test_a_radius_is_half_of_it():
    feature = circle("H", radius=2.0, count=COUNT, form=OVAL)
    assert 2.0 * value(size("GX", "radius"), feature) == pytest.approx(value(size("GX"), feature), abs=1e-12)


def test_noise_alone_does_not_make_a_hole_smaller():
    rng = np.random.default_rng(5)
    errors, shown = [], []
    for _ in range(60):
        feature = circle("H", radius=2.0, count=COUNT, form=rng.normal(0.0, 1e-3, COUNT), u_mm=1e-3)
        found, _ = evaluate_form(size("GX"), {"H": feature}, Changes(np.zeros(1), {}, {}))
        errors.append(found.value - 4.0)
        shown.append(math.hypot(found.point_noise, found.excess / 3.0))
    assert abs(np.mean(errors)) < 1.5 * np.mean(shown)
    assert np.mean(np.abs(errors) < 2.0 * np.array(shown)) > 0.9


@pytest.mark.parametrize(("outward", "sign"), [(1.0, 1.0), (-1.0, -1.0)])
def test_it_answers_to_scale_and_growth_as_a_size(outward, sign):
    feature = circle("H", radius=2.0, count=COUNT, form=OVAL, outward=outward)
    changes = Changes(np.array([0.0, 1e-3, 0.0]), {0: np.array([0.0, 0.0, 1e-3])}, {})
    _, (here, longer, grown) = evaluate_form(size("GN"), {"H": feature}, changes)
    assert longer == pytest.approx(here * 1.001)
    assert grown == pytest.approx(here + sign * 2e-3)


BUMP = np.zeros(200)
BUMP[60:140] = 0.015 * (1.0 - np.cos(np.linspace(0.0, 2.0 * math.pi, 80)))


def slot(form=None, other=None):
    """A slot 2 wide between two edges 6 long, their material on the outside."""
    return line("L", (6.0, -1.0), (0.0, -1.0), form=form), line("H", (0.0, 1.0), (6.0, 1.0), form=other)


@pytest.mark.parametrize(("how", "expected"), [("GX", 1.97), ("GN", 2.0), ("LP", 1.97)])
def test_a_bump_narrows_a_slot(how, expected):
    asked = replace(question("width", ["L", "H"], nominal=2.0), association=how)
    assert value(asked, *slot(BUMP)) == pytest.approx(expected, abs=3e-4)


def test_two_bumps_apart_tilt_what_fits_between():
    """Bumps at the two ends of opposite edges: what fits in lies askew, and is wider than if it could not (1.94)."""
    near, far = np.zeros(200), np.zeros(200)
    slope = 0.015 * (1.0 + np.cos(np.linspace(0.0, math.pi, 60)))
    near[:60] = slope  # L runs from right to left
    far[:60] = slope  # H from left to right
    asked = question("width", ["L", "H"], nominal=2.0)
    fits = value(replace(asked, association="GX"), *slot(near, far))
    assert fits == pytest.approx(1.97, abs=5e-3)


def test_a_slab_grows_where_a_slot_shrinks():
    changes = Changes(np.zeros(2), {0: np.array([0.0, 1e-3])}, {})
    asked = replace(question("width", ["L", "H"], nominal=2.0), association="GX")
    edges = slot()
    features = {f.id: f for f in edges}
    _, (here, grown) = evaluate_form(as_drawn(asked, edges), features, changes)
    assert grown - here == pytest.approx(-2e-3)
    slab = {"L": line("L", (0.0, -1.0), (6.0, -1.0)), "H": line("H", (6.0, 1.0), (0.0, 1.0))}
    _, (here, grown) = evaluate_form(as_drawn(asked, list(slab.values())), slab, changes)
    assert grown - here == pytest.approx(2e-3)


def test_edges_that_do_not_face_each_other_have_no_such_width():
    asked = replace(question("width", ["L", "H"], nominal=2.0), association="GX")
    with pytest.raises(ValueError, match="do not face each other"):
        value(asked, line("L", (0.0, 0.0), (4.0, 0.0)), line("H", (0.0, 0.0), (0.0, 4.0)))


@pytest.mark.parametrize(
    ("how", "name"), [("LS", "lsc_roundness_RONt"), ("MC", "mcc"), ("MI", "mic"), ("", "mz_width")]
)
def test_roundness_about_each_reference_circle(how, name):
    """Certified sets, their few points left unsmoothed."""
    for certified in published("mzc_designed_certified")["sets"]:
        points, expected = np.array(certified["points"]), certified["independent_numeric"][name]
        center, radius = np.array(certified["independent_numeric"]["lsc_center"]), points.std()
        feature = circle("R", count=len(points))
        away = points - center
        feature = replace(
            feature,
            points_mm=points,
            normals=away / np.hypot(*away.T)[:, None],
            params=(*center.tolist(), certified["independent_numeric"]["lsc_radius"]),
            # So wide apart that no low-pass at 50 undulations reaches the next point.
            spacing_mm=1e3 * radius,
        )
        found = value(replace(question("roundness", "R"), association=how), feature)
        exact = expected["roundness"] if isinstance(expected, dict) else expected
        assert found == pytest.approx(exact, abs=1e-7), certified["name"]


def test_straightness_about_the_least_squares_line():
    form = np.zeros(200)
    form[0] = 0.01  # one end: least squares leans towards it, the minimum zone does not have to
    edge = line("E", (0.0, 0.0), (10.0, 0.0), form=0.01 * np.linspace(-1.0, 1.0, 200) ** 2)
    least = value(question("straightness", "E"), edge)
    about = value(replace(question("straightness", "E"), association="LS"), edge)
    assert about >= least - 1e-12
    assert about == pytest.approx(0.01, rel=0.1)


def test_runout_of_an_eccentric_journal_is_twice_its_offset():
    axis, journal = circle("AX"), circle("J", (0.012, 0.016), 5.0, count=COUNT)
    assert value(question("circular_runout", "J", ["AX"]), journal, axis) == pytest.approx(0.04, rel=1e-3)


def test_runout_holds_form_and_offset():
    axis = circle("AX")
    oval = circle("J", radius=5.0, count=COUNT, form=OVAL)
    assert value(question("circular_runout", "J", ["AX"]), oval, axis) == pytest.approx(0.04, rel=5e-3)


def test_runout_answers_to_its_axis():
    axis, journal = circle("AX"), circle("J", (0.01, 0.0), 5.0, count=COUNT)
    changes = Changes(np.zeros(2), {}, {"AX": np.array([[0.0, 0.0, 0.0], [-0.001, 0.0, 0.0]])})
    _, (here, moved) = evaluate_form(question("circular_runout", "J", ["AX"]), {"J": journal, "AX": axis}, changes)
    assert moved - here == pytest.approx(2e-3, rel=1e-3)


def test_angularity_is_the_zone_at_the_drawn_angle():
    drawn = (nominal_line("D", (0.0, 0.0), (10.0, 0.0)), nominal_line("E", (0.0, 0.0), (6.0, 6.0)))
    asked = question("angularity", "E", ["D"], geometry=drawn)
    datum = line("D", (0.0, 0.0), (10.0, 0.0))
    assert value(asked, line("E", (0.0, 0.0), (6.0, 6.0)), datum) == pytest.approx(0.0, abs=1e-9)
    tilt = 1e-3
    end = 6.0 * math.sqrt(2.0) * np.array([math.cos(math.pi / 4 + tilt), math.sin(math.pi / 4 + tilt)])
    found = value(asked, line("E", (0.0, 0.0), tuple(end)), datum)
    assert found == pytest.approx(6.0 * math.sqrt(2.0) * math.sin(tilt), rel=1e-3)

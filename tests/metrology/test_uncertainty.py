"""Every row of a budget against a hand calculation, correlation, expansion, and Monte Carlo after JCGM 101."""

import math
from dataclasses import replace

import numpy as np
import pytest

from station.metrology.camera import telecentric
from station.metrology.characteristics import evaluate
from station.metrology.edge_kinds import EdgeKind, correlations
from station.metrology.uncertainty import Conditions, measure, measure_all

from .calibrations_for_tests import exact_calibration
from .features_for_tests import as_drawn, circle, contour, ellipse, line, nominal_circle, nominal_line, question

MM_PER_PX = 0.01
STILL = Conditions(20.0, 0.0)  # at 20 °C, without any expansion: nothing of the temperature is left


def calibration(u_scale=0.0, u_edge_px=0.0, correlation=0.0, local_px=0.0):
    camera = telecentric(1600, 1200, MM_PER_PX)
    return exact_calibration(
        camera, u_scale=u_scale, u_edge_px=u_edge_px, correlation=correlation, local_px=local_px, psf_sigma_px=1.0
    )


def budget(one, *features, known=None, conditions=STILL):
    result = measure(
        as_drawn(one, features), {f.id: f for f in features}, known or calibration(), MM_PER_PX, conditions
    )
    return result, {row.source: row for row in result.budget}


def test_a_diameter_pays_for_scale_twice_the_edge_and_twice_the_radius_fit():
    shaft = circle("S", (3.0, 1.0), 2.5, covariance=(4e-6, 4e-6, 1e-6))
    result, rows = budget(question("diameter", "S"), shaft, known=calibration(2e-5, 0.03))
    assert rows["scale of the calibration"].contribution == pytest.approx(2e-5 * 5.0, rel=1e-6)
    assert rows["edge offset of the calibration"].contribution == pytest.approx(2 * 0.03 * MM_PER_PX, rel=1e-6)
    assert rows["edge of S"].contribution == pytest.approx(2 * 1e-3, rel=1e-6)
    assert result.u == pytest.approx(math.sqrt(1e-4**2 + 6e-4**2 + 2e-3**2), rel=1e-6)
    assert result.value == 5.0


def test_a_bore_and_a_shaft_answer_to_the_edge_with_opposite_signs():
    known = calibration(1e-5, 0.02)
    for outward in (1.0, -1.0):
        _, rows = budget(question("diameter", "S"), circle("S", radius=2.0, outward=outward), known=known)
        assert rows["edge offset of the calibration"].sensitivity == pytest.approx(2.0 * outward, rel=1e-6)


@pytest.mark.parametrize("correlation", [-1.0, -0.6, 0.0, 0.6, 1.0])
def test_correlated_scale_and_edge_add_or_cancel(correlation):
    known = calibration(1e-4, 0.02, correlation)
    scale, edge = 1e-4 * 4.0, 2 * 0.02 * MM_PER_PX
    for outward in (1.0, -1.0):
        result, _ = budget(question("diameter", "S"), circle("S", radius=2.0, outward=outward), known=known)
        expected = scale**2 + edge**2 - 2 * outward * correlation * scale * edge
        assert result.u**2 == pytest.approx(expected, rel=1e-6, abs=1e-13)


def test_a_distance_of_centres_does_not_pay_for_edges():
    one = question("distance", ["A", "B"])
    a, b = circle("A", covariance=(9e-8, 4e-8, 1.0)), circle("B", (3.0, 0.0), covariance=(16e-8, 4e-8, 1.0))
    result, rows = budget(one, a, b, known=calibration(1e-5, 0.05))
    assert rows["edge offset of the calibration"].contribution == pytest.approx(0.0, abs=1e-12)
    assert rows["scale of the calibration"].contribution == pytest.approx(3e-5, rel=1e-6)
    assert rows["edge of A"].contribution == pytest.approx(3e-4, rel=1e-3)
    assert rows["edge of B"].contribution == pytest.approx(4e-4, rel=1e-3)
    assert result.u == pytest.approx(math.sqrt(3e-5**2 + 3e-4**2 + 4e-4**2), rel=1e-3)


def test_a_width_pays_for_both_edges_and_the_offsets_of_both_lines():
    low = line("L", (-3.0, 0.0), (3.0, 0.0), covariance=(1e-8, 9e-8))
    high = line("H", (3.0, 2.0), (-3.0, 2.0), covariance=(1e-8, 16e-8))
    result, rows = budget(question("width", ["L", "H"]), low, high, known=calibration(1e-5, 0.05))
    assert rows["edge offset of the calibration"].contribution == pytest.approx(2 * 0.05 * MM_PER_PX, rel=1e-6)
    assert rows["edge of L"].contribution == pytest.approx(3e-4, rel=1e-3)
    assert rows["edge of H"].contribution == pytest.approx(4e-4, rel=1e-3)
    assert result.u == pytest.approx(math.sqrt(2e-5**2 + 1e-3**2 + 3e-4**2 + 4e-4**2), rel=1e-3)


def test_a_line_to_a_circles_centre_pays_for_one_edge():
    low = line("L", (-3.0, 0.0), (3.0, 0.0))
    _, rows = budget(question("distance", ["L", "C"]), low, circle("C", (0.0, 2.0)), known=calibration(0.0, 0.05))
    assert rows["edge offset of the calibration"].contribution == pytest.approx(0.05 * MM_PER_PX, rel=1e-6)


def test_an_angle_pays_for_both_directions_and_nothing_else():
    one = question("angle", ["A", "B"], nominal=90.0)
    a = line("A", (-3.0, 0.0), (3.0, 0.0), covariance=(9e-8, 1.0))
    b = line("B", (0.0, -3.0), (0.0, 3.0), covariance=(16e-8, 1.0))
    result, rows = budget(one, a, b, known=calibration(1e-3, 0.5), conditions=Conditions(30.0, 20.0))
    assert result.u == pytest.approx(math.degrees(5e-4), rel=1e-5)
    assert result.value == pytest.approx(90.0, abs=1e-9)
    assert "expansion of the material" not in rows


def test_a_form_pays_for_points_the_excess_and_local_edges_but_not_for_the_scale():
    part = circle("C", radius=2.0, count=1200, u_mm=0.0006)
    result, rows = budget(question("roundness", "C"), part, known=calibration(1e-4, 0.05, local_px=0.03))
    assert rows["scale of the calibration"].contribution == pytest.approx(0.0, abs=1e-9)
    assert rows["edge offset of the calibration"].contribution == pytest.approx(0.0, abs=1e-9)
    assert rows["local edge residual"].contribution == pytest.approx(0.03 * MM_PER_PX)
    assert rows["noise of single points"].contribution > 0.0
    total = sum(row.contribution**2 for row in result.budget)
    assert result.u == pytest.approx(math.sqrt(total), rel=1e-9)


def test_a_profile_pays_twice_for_the_edge_offset():
    nominal, normals = ellipse(3.0, 2.0)
    grown = contour("P", nominal, normals, nominal + 0.01 * normals, 0.0004)
    _, rows = budget(question("line_profile", "P"), grown, known=calibration(0.0, 0.05))
    assert rows["edge offset of the calibration"].contribution == pytest.approx(2 * 0.05 * MM_PER_PX, rel=0.02)


def test_a_position_of_zero_pays_what_its_centres_scatter():
    geometry = [nominal_circle("A"), nominal_circle("B", (4, 0)), nominal_circle("H", (2, 1))]
    one = question("position", "H", ["A", "B"], geometry=geometry)
    seen = circle("A"), circle("B", (4.0, 0.0)), circle("H", (2.0, 1.0), covariance=(1e-6, 1e-6, 0.0))
    result, _ = budget(one, *seen)
    assert result.value == pytest.approx(0.0, abs=1e-12)
    # Two components of 2 · 1 µm each; 2·√(x² + y²) itself is then 2 µm · √2 in the root mean square.
    assert result.u == pytest.approx(2e-3 * math.sqrt(2), rel=1e-3)


@pytest.mark.parametrize(("temperature", "cte"), [(20.0, 11.5), (25.0, 11.5), (17.0, 23.0)])
def test_a_length_is_referred_to_20_degrees(temperature, cte):
    conditions = Conditions(temperature, cte)
    result, rows = budget(question("diameter", "S"), circle("S", radius=10.0), conditions=conditions)
    assert result.value == pytest.approx(20.0 - 20.0 * cte * 1e-6 * (temperature - 20.0), rel=1e-9)
    # A thermometer is good for 0.3 K; the material is known, so only that is left.
    assert rows["expansion of the material"].contribution == pytest.approx(20.0 * cte * 1e-6 * 0.3, rel=1e-6)


def test_nobody_knows_the_temperature_or_the_material():
    _, rows = budget(question("diameter", "S"), circle("S", radius=10.0), conditions=Conditions())
    # Steel, 12e-6 / K; 20 °C ± 2 K, rectangular.
    assert rows["expansion of the material"].contribution == pytest.approx(20.0 * 12e-6 * 2 / math.sqrt(3), rel=1e-6)
    _, rows = budget(question("diameter", "S"), circle("S", radius=10.0), conditions=Conditions(30.0, None))
    expected = 20.0 * math.hypot(12e-6 * 0.3, 10.0 * 0.3 * 12e-6)
    assert rows["expansion of the material"].contribution == pytest.approx(expected, rel=1e-6)


GEOMETRY = [
    nominal_circle("A", (0.0, 0.0)),
    nominal_circle("B", (4.0, 0.5)),
    nominal_circle("H", (2.0, 1.5)),
    nominal_line("L", (-3.0, -2.0), (3.0, -2.0)),
    nominal_line("T", (3.0, 2.0), (-3.0, 2.0)),
]
NOISE = (4e-8, 6e-8, 3e-8)
SEEN = {
    f.id: f
    for f in (
        circle("A", (0.01, -0.02), 0.8, outward=-1.0, covariance=NOISE),
        circle("B", (4.02, 0.53), 0.6, outward=-1.0, covariance=NOISE),
        circle("H", (2.03, 1.46), 0.7, outward=-1.0, covariance=NOISE),
        line("L", (-3.0, -2.01), (3.0, -1.98), covariance=(2e-8, 5e-8)),
        line("T", (3.0, 2.01), (-3.0, 2.03), covariance=(3e-8, 4e-8)),
    )
}


@pytest.mark.parametrize(
    "one",
    [
        question("diameter", "A"),
        question("distance", ["A", "B"]),
        question("distance", ["H", "L"]),
        question("width", ["L", "T"]),
        question("angle", ["L", "T"], nominal=0.0),
        question("concentricity", "H", ["A"]),
        question("position", "H", ["A"], geometry=GEOMETRY),
        question("position", "H", ["A", "B"], geometry=GEOMETRY),
        question("position", "H", ["L", "A"], geometry=GEOMETRY),
    ],
    ids=lambda q: f"{q.type} {'-'.join(q.features)} {''.join(q.datums)}",
)
def test_the_linear_budget_agrees_with_monte_carlo(one):
    """JCGM 101: draw scale, edge offset (correlated) and every feature, evaluate, compare the spread."""
    known = calibration(5e-5, 0.03, -0.5)
    one = as_drawn(one, list(SEEN.values()))
    result = measure(one, SEEN, known, MM_PER_PX, STILL)
    rng = np.random.default_rng(11)
    both = rng.multivariate_normal([0, 0], [[1, -0.5], [-0.5, 1]], 2000) * (5e-5, 0.03 * MM_PER_PX)
    used = {name: SEEN[name] for name in dict.fromkeys((*one.features, *one.datums))}
    thin = {n: replace(f, points_mm=f.points_mm[:1], normals=f.normals[:1]) for n, f in used.items()}
    values = []
    for scale, edge in both:  # an offset that is too large takes too much off the material
        drawn = {
            name: f.nudged(rng.multivariate_normal(np.zeros(len(f.covariance)), f.covariance))
            .grown(-edge)
            .scaled(scale)
            for name, f in thin.items()
        }
        values.append(evaluate(one, drawn).value)
    assert np.std(values) == pytest.approx(result.u, rel=0.08)
    assert np.mean(values) == pytest.approx(result.value, abs=0.2 * result.u)


def test_many_questions_get_what_each_gets_alone_and_errors_stand_in_their_places():
    asked = [
        question("diameter", "A", geometry=GEOMETRY),
        question("position", "H", ["A", "A"], geometry=GEOMETRY),
        question("width", ["L", "T"], geometry=GEOMETRY),
        question("position", "H", ["L", "A"], geometry=GEOMETRY),
        question("position", "H", geometry=GEOMETRY),
        question("roundness", "A", geometry=GEOMETRY),
        question("angle", ["L", "T"], nominal=0.0, geometry=GEOMETRY),
        question("position", "A", ["H", "A"], geometry=GEOMETRY),
    ]
    known = calibration(5e-5, 0.03, -0.5, 0.02)
    together = measure_all(asked, SEEN, known, MM_PER_PX, Conditions())
    assert [str(t) for t in together if isinstance(t, ValueError)] == [
        "datums A and A have the same centre: the rotation stays free",
        "a position needs a datum",
    ]
    for one, result in zip(asked, together, strict=True):
        if not isinstance(result, ValueError):
            assert result == measure(one, SEEN, known, MM_PER_PX, Conditions())
    assert measure_all([], {}, known, MM_PER_PX, Conditions()) == []


def test_a_feature_that_nothing_fits_answers_no_question():
    lost = replace(SEEN["A"], params=(), covariance=np.zeros((0, 0)))
    for one in (question("diameter", "A"), question("distance", ["A", "B"])):
        with pytest.raises(ValueError, match="nothing round or straight fits the edge of A"):
            measure(one, {**SEEN, "A": lost}, calibration(), MM_PER_PX, STILL)


def test_a_datum_that_is_also_what_is_asked_scatters_once():
    part = circle("H", (2.0, 1.0), covariance=(1e-6, 1e-6, 0.0))
    result, rows = budget(question("concentricity", "H", ["H"]), part)
    assert (result.value, result.u) == (0.0, 0.0)
    assert "edge of H" not in rows


KINDS = (EdgeKind("punched", -0.1, 0.03, (0.4,)), EdgeKind("turned", 0.3, 0.05, (-0.2, 0.5)))


def of_kinds(u_scale=1e-4):
    return exact_calibration(telecentric(1600, 1200, MM_PER_PX), u_scale=u_scale, psf_sigma_px=1.0, edges=KINDS)


def test_a_width_between_two_kinds_of_edges_keeps_all_three_correlations():
    low, high = line("L", (-3.0, 0.0), (3.0, 0.0)), replace(line("H", (3.0, 2.0), (-3.0, 2.0)), edge=1)
    result, rows = budget(question("width", ["L", "H"]), low, high, known=of_kinds())
    scale, punched, turned = 2.0 * 1e-4, 0.03 * MM_PER_PX, 0.05 * MM_PER_PX
    # Offsets act against the growth of the material: what both take off adds, what the scale adds they take.
    expected = (
        scale**2 + punched**2 + turned**2
        + 2 * 0.5 * punched * turned - 2 * 0.4 * scale * punched - 2 * -0.2 * scale * turned
    )  # fmt: skip
    assert result.u**2 == pytest.approx(expected, rel=1e-6)
    assert sum(row.variance for row in result.budget) == pytest.approx(result.u**2, rel=1e-9)
    assert rows["edge offset (punched)"].contribution == pytest.approx(punched, rel=1e-6)
    assert rows["edge offset (turned)"].contribution == pytest.approx(turned, rel=1e-6)
    assert rows["edge offset (punched) and edge offset (turned) together"].variance > 0.0


@pytest.mark.parametrize("kind", [0, 1])
def test_a_size_pays_for_its_own_kind_of_edge_only(kind):
    shaft = replace(circle("S", radius=2.0), edge=kind)
    _, rows = budget(question("diameter", "S"), shaft, known=of_kinds())
    assert [name for name in rows if name.startswith("edge offset")] == [f"edge offset ({KINDS[kind].kind})"]
    assert rows[f"edge offset ({KINDS[kind].kind})"].standard_uncertainty == KINDS[kind].u_px * MM_PER_PX


@pytest.mark.parametrize("kinds", [(0, 0), (0, 1), (1, 1)])
def test_an_extreme_width_shares_its_growth_between_its_edges(kinds):
    low, high = line("L", (-3.0, 0.0), (3.0, 0.0)), line("H", (3.0, 2.0), (-3.0, 2.0))
    edges = [replace(edge, edge=kind) for edge, kind in zip((low, high), kinds, strict=True)]
    one = replace(question("width", ["L", "H"]), association="GX")
    _, rows = budget(one, *edges, known=of_kinds())
    for kind in set(kinds):
        assert abs(rows[f"edge offset ({KINDS[kind].kind})"].sensitivity) == pytest.approx(kinds.count(kind), rel=1e-6)


def test_a_position_in_datums_of_another_kind_is_what_monte_carlo_gives():
    """JCGM 101: scale and offsets drawn together, edges moved, the value evaluated anew."""
    geometry = [nominal_line("L", (-3, 0), (3, 0)), nominal_line("M", (3, -3), (3, 3)), nominal_circle("H", (1, 2))]
    one = question("position", "H", ["L", "M"], geometry=geometry)
    low = line("L", (-3.0, 0.0), (3.0, 0.0))
    side = replace(line("M", (3.0, -3.0), (3.0, 3.0)), edge=1)
    hole = circle("H", (1.03, 2.05), 0.5, outward=-1.0)
    still = [replace(f, covariance=np.zeros_like(f.covariance)) for f in (low, side, hole)]
    known = of_kinds()
    result, _ = budget(one, *still, known=known)
    u = np.array([1e-4, *(kind.u_px * MM_PER_PX for kind in KINDS)])
    rng, values = np.random.default_rng(5), []
    asked = as_drawn(one, still)
    for relative, *offsets in rng.multivariate_normal(np.zeros(3), correlations(KINDS) * np.outer(u, u), 4000):
        moved = [f.scaled(float(relative)).grown(-float(offsets[f.edge])) for f in still]
        values.append(evaluate(asked, {f.id: f for f in moved}).value)
    assert result.u == pytest.approx(np.std(values), rel=0.05)


def test_an_eccentric_circle_runs_out_by_what_its_own_centre_may_be_off():
    """An edge that is off by itself, independently over its contour, has each coordinate of its centre off by √2 of
    that; Monte Carlo moves the centre and reads the run-out again."""
    local_px, rng = 0.02, np.random.default_rng(4)
    axis, one = circle("A", radius=1.0), question("circular_runout", "S", datums=("A",))
    shaft = circle("S", (0.03, 0.04), 2.0, u_mm=1e-9)
    result, rows = budget(one, axis, shaft, known=calibration(local_px=local_px))
    assert result.value == pytest.approx(0.1, rel=1e-3)
    drawn = []
    for x, y in rng.normal(0.0, math.sqrt(2.0) * local_px * MM_PER_PX, (2000, 2)):
        off = circle("S", (0.03 + x, 0.04 + y), 2.0, u_mm=1e-9)
        drawn.append(evaluate(as_drawn(one, [axis, off]), {"A": axis, "S": off}).value)
    assert rows["local edge residual"].contribution == pytest.approx(np.std(drawn), rel=0.05)
    assert result.u == pytest.approx(np.std(drawn), rel=0.05)


def test_an_orientation_pays_once_for_the_lean_of_its_edge_and_once_for_its_datums():
    """The edge leans by so much already that both ends always count: the zone is length times the angle between."""
    u_edge, u_datum, length, rng = 2e-4, 3e-4, 3.0, np.random.default_rng(5)
    one = question("perpendicularity", "L", datums=("A",))

    def pair(lean: float, turn: float):
        """(datum, edge): the datum along x turned by `turn`, the edge along y leaning by `lean`."""
        c, s = 2.0 * math.cos(turn), 2.0 * math.sin(turn)
        datum = line("A", (-c, -s), (c, s), covariance=(u_datum**2, 0.0))
        x, y = 1.5 * math.sin(lean), 1.5 * math.cos(lean)
        return datum, line("L", (x, -y), (-x, y), covariance=(u_edge**2, 0.0), u_mm=1e-9)

    result, _ = budget(one, *pair(0.005, 0.0))
    drawn = []
    for lean, turn in rng.normal(0.0, (u_edge, u_datum), (2000, 2)):
        both = pair(0.005 + lean, turn)
        drawn.append(evaluate(as_drawn(one, both), {f.id: f for f in both}).value)
    assert result.value == pytest.approx(0.005 * length, rel=0.01)
    assert result.u == pytest.approx(np.std(drawn), rel=0.06)

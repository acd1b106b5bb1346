"""Draws of a budget's sources against exact distributions, and against the linear budget where it has to hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rayleigh, rice

from station.metrology.camera import telecentric
from station.metrology.draws import drawn_changes, drawn_values, scattered, stated_of_value
from station.metrology.uncertainty import Conditions, measure

from .calibrations_for_tests import exact_calibration
from .features_for_tests import as_drawn, circle, line, nominal_circle, nominal_line, question

MM_PER_PX = 0.01
STILL = Conditions(20.0, 0.0)


def drawn(one, *features, count=200_000, conditions=STILL, seed=5, **known):
    camera = telecentric(1600, 1200, MM_PER_PX)
    nothing = {"u_scale": 0.0, "u_edge_px": 0.0, "correlation": 0.0, "local_px": 0.0, "psf_sigma_px": 1.0}
    calibration = exact_calibration(camera, **{**nothing, **known})
    asked, by_id = as_drawn(one, features), {f.id: f for f in features}
    measured = measure(asked, by_id, calibration, MM_PER_PX, conditions)
    rng = np.random.default_rng(seed)
    own = scattered(asked, by_id, measured)
    changes = drawn_changes(measured.sources, own, measured.expands, count, rng)
    return measured, drawn_values(asked, by_id, stated_of_value(asked, by_id, measured), changes, rng)


ALL = {"u_scale": 2e-5, "u_edge_px": 0.03, "correlation": 0.6, "local_px": 0.02}
H1 = circle("H1", (1.0, 2.0), 0.5, outward=-1.0, covariance=(4e-8, 4e-8, 1e-8))
H2 = circle("H2", (9.0, 8.0), 0.7, outward=-1.0, covariance=(9e-8, 9e-8, 2e-8))
LEFT = line("L", (0.0, 5.0), (0.0, 0.0), covariance=(1e-8, 4e-8))
RIGHT = line("R", (3.0, 0.0), (3.0, 5.0), covariance=(2e-8, 9e-8))
LINEAR = [
    (question("diameter", "H1"), [H1]),
    (question("radius", "H1"), [H1]),
    (question("distance", ["H1", "H2"]), [H1, H2]),
    (question("distance", ["L", "H2"]), [LEFT, H2]),
    (question("width", ["L", "R"]), [LEFT, RIGHT]),
    (
        question(
            "angle", ["L", "B"], nominal=45.0,
            geometry=[nominal_line("L", (0.0, 5.0), (0.0, 0.0)), nominal_line("B", (0.0, 0.0), (4.0, 4.0))],
        ),
        [LEFT, line("B", (0.0, 0.0), (4.0, 4.0), covariance=(3e-8, 4e-8))],
    ),
    (question("concentricity", "H1", ["H2"]), [H1, circle("H2", (1.0, 2.3), 0.7, covariance=(9e-8, 9e-8, 0.0))]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "features"), LINEAR, ids=lambda x: getattr(x, "type", ""))
@pytest.mark.parametrize("conditions", [STILL, Conditions(21.5, 16.0)])
def test_what_is_linear_is_as_its_budget(one, features, conditions):
    measured, values = drawn(one, *features, conditions=conditions, **ALL)
    assert values.std() == pytest.approx(measured.u, rel=0.02)
    assert values.mean() == pytest.approx(measured.value, abs=0.02 * measured.u)
    low, high = np.quantile(values, [0.025, 0.975])
    assert (low, high) == pytest.approx(
        (measured.value - 1.96 * measured.u, measured.value + 1.96 * measured.u), abs=0.03 * measured.u
    )


@pytest.mark.parametrize("correlation", [-1.0, 0.0, 0.9])
def test_scale_and_edge_are_drawn_together(correlation):
    shaft = circle("S", radius=2.0)
    known = {"u_scale": 1e-4, "u_edge_px": 0.02, "correlation": correlation}
    measured, values = drawn(question("diameter", "S"), shaft, **known)
    a, b = 4.0 * 1e-4, 2.0 * 0.02 * MM_PER_PX
    assert values.std() == pytest.approx(math.sqrt(a * a + b * b - 2.0 * correlation * a * b), rel=0.01)
    assert values.std() == pytest.approx(measured.u, rel=0.01)


def test_a_temperature_that_nobody_measured_is_rectangular():
    bar = circle("S", radius=10.0)
    measured, values = drawn(question("diameter", "S"), bar, conditions=Conditions(None, 20.0))
    half = 20.0 * 20e-6 * 2.0
    assert np.ptp(values) == pytest.approx(2.0 * half, rel=1e-3)
    assert np.quantile(values, 0.975) - 20.0 == pytest.approx(0.95 * half, rel=5e-3)
    assert measured.u == pytest.approx(half / math.sqrt(3.0), rel=1e-6)
    assert values.std() == pytest.approx(measured.u, rel=5e-3)


def test_an_unknown_material_at_an_unknown_temperature_is_a_product():
    """GUM's first order does not see the coefficient at all where the temperature is 20 °C on the average."""
    measured, values = drawn(question("diameter", "S"), circle("S", radius=10.0), conditions=Conditions())
    u_k = 2.0 / math.sqrt(3.0)
    exact = 20.0 * math.sqrt((12e-6**2 + 3.6e-6**2) * u_k**2)
    assert measured.u == pytest.approx(20.0 * 12e-6 * u_k, rel=1e-6)
    assert values.std() == pytest.approx(exact, rel=0.01)


def test_concentricity_of_nothing_is_a_rayleigh_distribution():
    sd = 3e-4
    a, b = (circle(name, (0.0, 0.0), 1.0, covariance=(sd**2 / 2, sd**2 / 2, 0.0)) for name in ("A", "B"))
    measured, values = drawn(question("concentricity", "A", ["B"]), a, b)
    assert measured.value == 0.0
    assert np.quantile(values, [0.025, 0.5, 0.975]) == pytest.approx(
        rayleigh.ppf([0.025, 0.5, 0.975], scale=2.0 * sd), rel=0.01
    )
    assert values.std() < 0.5 * measured.u


def test_a_position_near_zero_is_a_rice_distribution():
    sd, off = 4e-4, 5e-4
    hole = circle("H", (5.0 + off, 0.0), 1.0, covariance=(sd**2, sd**2, 0.0))
    axes = [line("X", (-10.0, 0.0), (10.0, 0.0)), line("Y", (0.0, 10.0), (0.0, -10.0))]
    geometry = [nominal_circle("H", (5.0, 0.0)), nominal_line("X", (-10.0, 0.0), (10.0, 0.0)),
                nominal_line("Y", (0.0, 10.0), (0.0, -10.0))]  # fmt: skip
    _, values = drawn(question("position", "H", ["X", "Y"], geometry=geometry), hole, *axes)
    wanted = rice.ppf([0.025, 0.5, 0.975], off / sd, scale=2.0 * sd)
    assert np.quantile(values, [0.025, 0.5, 0.975]) == pytest.approx(wanted, rel=0.01)


NOISE = 2e-4  # which the points have, and their u says


def bumpy(count, closed, lobes=3.0):
    run = np.linspace(0.0, 2.0 * math.pi, count, endpoint=not closed)
    return 0.004 * np.cos(lobes * run) + np.random.default_rng(8).normal(0.0, NOISE, count)


def test_forms_well_above_their_noise_scatter_about_as_their_budget_says():
    ring = circle("C", radius=2.0, count=1200, form=bumpy(1200, True), u_mm=NOISE)
    edge = line("L", (0.0, 0.0), (5.0, 0.0), count=400, form=bumpy(400, False), u_mm=NOISE, covariance=(1e-9, 1e-9))
    base = line("B", (0.0, 2.0), (5.0, 2.0), covariance=(1e-9, 1e-9))
    about = circle("D", (0.01, 0.0), 1.0, covariance=(1e-8, 1e-8, 0.0))
    for one, features in (
        (question("roundness", "C"), [ring]),
        (question("straightness", "L"), [edge]),
        (question("parallelism", "L", ["B"]), [edge, base]),
        (question("circular_runout", "C", ["D"]), [ring, about]),
        (question("line_profile", "C", geometry=[nominal_circle("C", diameter=4.0)]), [ring]),
    ):
        measured, values = drawn(one, *features, count=600, local_px=0.02)
        assert 0.75 * measured.u < values.std() < 1.15 * measured.u, one.type
        assert abs(values.mean() - measured.value) < 0.8 * measured.u, one.type


@pytest.mark.parametrize("how", ["GX", "GN", "LP"])
def test_the_own_noise_of_points_moves_extreme_sizes(how):
    ring = circle("C", radius=2.0, count=1200, form=bumpy(1200, True, 2.0), u_mm=NOISE)
    # Of an oval the smallest and the largest diameter lie alike far from its mean one, and draws would take either.
    one = replace(question("diameter", "C", nominal=4.004), association=how)
    measured, values = drawn(one, ring, count=600)
    assert 0.6 * measured.u < values.std() < 1.1 * measured.u
    assert abs(values.mean() - measured.value) < 0.8 * measured.u


def test_draws_take_either_of_two_sizes_that_lie_alike_far_off():
    ring = circle("C", radius=2.0, count=1200, form=bumpy(1200, True, 2.0), u_mm=NOISE)
    as_far = 0.5 * sum(
        drawn(replace(question("diameter", "C", nominal=off), association="LP"), ring, count=1)[0].value
        for off in (3.9, 4.1)
    )
    measured, values = drawn(replace(question("diameter", "C", nominal=as_far), association="LP"), ring, count=400)
    assert values.std() > 10.0 * measured.u
    assert np.ptp(values) == pytest.approx(0.016, abs=0.002)


def test_a_form_of_nothing_is_never_below_zero():
    measured, values = drawn(question("roundness", "C"), circle("C", radius=2.0, u_mm=1e-3), count=500, local_px=0.02)
    assert measured.value == 0.0
    assert values.min() >= 0.0
    assert values.std() < measured.u


def test_the_tilt_of_an_edge_is_drawn_where_its_budget_has_it_in_one_figure():
    edge = line("L", (0.0, 0.0), (5.0, 0.01), u_mm=1e-6, covariance=(1e-8, 0.0))
    base = line("B", (0.0, 2.0), (5.0, 2.0))
    _, values = drawn(question("parallelism", "L", ["B"]), edge, base, count=2000)
    assert values.std() == pytest.approx(5.0 * 1e-4, rel=0.06)


def test_the_same_seed_gives_the_same_draws():
    one = question("roundness", "C")
    ring = circle("C", radius=2.0, count=400, u_mm=1e-4)
    again = [drawn(one, ring, count=50, local_px=0.02)[1] for _ in range(2)]
    assert np.array_equal(*again)
    assert not np.array_equal(again[0], drawn(one, ring, count=50, local_px=0.02, seed=6)[1])

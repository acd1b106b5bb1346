"""Clause 8 of JCGM 101: when the GUM's interval is that of the draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.metrology.budget_check import Agreement, check_budget

NO_LIMITS = (None, None)


def normal(mean, sd, seed=1):
    rng = np.random.default_rng(seed)
    return lambda count: rng.normal(mean, sd, count)


def test_a_normal_output_is_validated_to_two_digits():
    found = check_budget(5.0, 0.31, NO_LIMITS, normal(5.0, 0.31), batch=20_000, most_trials=1_000_000)
    assert found.digits == 2
    assert [c.delta for c in found.compared] == pytest.approx([0.005, 0.05])
    assert found.drawn.mean == pytest.approx(5.0, abs=2e-3)
    assert found.drawn.symmetric == pytest.approx((5.0 - 1.96 * 0.31, 5.0 + 1.96 * 0.31), abs=3e-3)
    assert sum(found.histogram) == pytest.approx(0.998 * found.drawn.trials, rel=1e-3)


@pytest.mark.parametrize(("shift", "sd"), [(0.02, 0.31), (0.0, 0.33), (0.0, 0.29)])
def test_one_that_lies_off_or_scatters_otherwise_is_not(shift, sd):
    found = check_budget(5.0, 0.31, NO_LIMITS, normal(5.0 + shift, sd), batch=20_000, most_trials=1_000_000)
    assert [c.agreement for c in found.compared] == [Agreement.NO, Agreement.YES]
    assert found.digits == 1
    assert found.off[0] == pytest.approx(1.96 * (sd - 0.31) - shift, abs=4e-3)


def test_a_rectangular_output_is_not():
    rng = np.random.default_rng(2)
    half = 0.31 * math.sqrt(3.0)
    found = check_budget(
        0.0, 0.31, NO_LIMITS, lambda n: rng.uniform(-half, half, n), batch=20_000, most_trials=1_000_000
    )
    assert found.compared[0].agreement is Agreement.NO
    assert found.drawn.symmetric[1] == pytest.approx(0.95 * half, abs=3e-3)


def test_few_trials_do_not_tell():
    found = check_budget(5.0, 0.31, NO_LIMITS, normal(5.0, 0.31), batch=250, most_trials=1000)
    assert found.compared[0].agreement is Agreement.OPEN
    assert not found.drawn.stable
    assert found.drawn.trials == 1000
    # Of the 2.5 % quantile of a normal distribution: √(p q / n) / density.
    assert found.u_off[0] == pytest.approx(math.sqrt(0.025 * 0.975 / 1000) / 0.0584 * 0.31, rel=0.6)


def test_how_many_draws_conform():
    found = check_budget(5.0, 1.0, (None, 6.0), normal(5.0, 1.0), batch=50_000, most_trials=500_000)
    assert found.conformance_probability == pytest.approx(0.8413, abs=2e-3)
    found = check_budget(5.0, 1.0, (4.0, 6.0), normal(5.0, 1.0), batch=50_000, most_trials=500_000)
    assert found.conformance_probability == pytest.approx(0.6827, abs=3e-3)


def test_what_has_no_uncertainty_is_refused():
    with pytest.raises(ValueError, match="nothing to draw"):
        check_budget(5.0, 0.0, NO_LIMITS, normal(5.0, 0.0), batch=250, most_trials=1000)
    with pytest.raises(ValueError, match="no finite value"):
        check_budget(5.0, 1.0, NO_LIMITS, lambda n: np.full(n, math.nan), batch=250, most_trials=1000)

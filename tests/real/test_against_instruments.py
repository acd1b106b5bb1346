"""A budget that explains the spread against both other instruments: neither too small nor far too large."""

from __future__ import annotations

import pytest
from scipy.stats import chi2

from . import instruments
from .instruments import Difference, against_cmm, against_vision, agreed, explained, probing_points, sampled

DIAMETERS, CENTRES = ("OD", "ID"), ("C",)


def told(differences: list[Difference], what: tuple[str, ...]) -> list[Difference]:
    return [d for d in differences if d.what in what]


def test_every_washer_agrees_with_the_second_vision_machine():
    found = against_vision()
    assert len(found) == 3 * 12
    assert all(abs(d.e_n) <= 1.0 for d in found)
    assert all(abs(d.off) < 0.002 for d in found)


@pytest.mark.parametrize("what", [DIAMETERS, CENTRES, DIAMETERS + CENTRES])
def test_the_budget_explains_the_spread_against_the_vision_machine(what: tuple[str, ...]):
    _, probability = explained(told(against_vision(), what))
    assert 0.025 < probability < 0.975


def test_the_cmm_sees_the_form_at_few_points():
    """Its own roundness says with how many; the differences of sizes have no part in that."""
    points = probing_points()
    assert 5 <= points <= 10
    ours = [sampled(ring.features["OD"], 400).roundness for ring in instruments.rings()]
    few = [sampled(ring.features["OD"], points).roundness for ring in instruments.rings()]
    assert all(a > b for a, b in zip(ours, few, strict=True))


@pytest.mark.parametrize("what", [DIAMETERS, CENTRES, DIAMETERS + CENTRES])
def test_the_budget_with_the_form_explains_the_spread_against_the_cmm(what: tuple[str, ...]):
    found = told(agreed(against_cmm(probing_points())), what)
    assert len(found) == (20 if what == DIAMETERS else 12 if what == CENTRES else 32)
    assert all(abs(d.e_n) <= 1.0 for d in found)
    _, probability = explained(found)
    assert 0.025 < probability < 0.975


def test_where_the_two_other_instruments_contradict_each_other_ours_is_with_the_optical_one():
    """Four bores on which the CMM stands 10 to 20 µm from both."""
    apart = {ring.part for ring in instruments.rings() if not ring.truth["cmm_and_vision_agree_within_6um"]}
    assert apart == {5, 9, 10, 11}
    vision = {d.part: d for d in told(against_vision(), ("ID",))}
    cmm = {d.part: d for d in told(against_cmm(probing_points()), ("ID",))}
    for part in apart:
        assert abs(vision[part].off) < 0.002
        assert abs(cmm[part].off) > 0.010
        assert abs(cmm[part].e_n) > 1.0


def test_half_or_twice_the_budget_would_be_told():
    """The test of the spread has teeth."""
    found = told(against_vision(), CENTRES)
    value, _ = explained(found)
    assert chi2.cdf(4.0 * value, len(found)) > 0.975
    assert chi2.cdf(value / 4.0, len(found)) < 0.025

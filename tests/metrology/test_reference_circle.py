"""Roundness about touching circles: how far their centres jump with the noise of the points."""

from __future__ import annotations

import numpy as np
import pytest

from station.metrology.characteristics import Question, evaluate
from station.metrology.reference_circle import jump_mm, touching_center
from station.order.model import CharacteristicType

from .features_for_tests import circle

ANGLE = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
NOISE = 1e-4


def made(form: np.ndarray, seed: int | None = None):
    noise = 0.0 if seed is None else NOISE * np.random.default_rng(seed).standard_normal(len(form))
    return circle("C", radius=1.0, count=len(form), form=form + noise, u_mm=NOISE)


@pytest.mark.parametrize("how", ["MC", "MI"])
def test_the_centre_of_three_lobes_is_their_middle(how: str) -> None:
    assert touching_center(made(0.01 * np.cos(3 * ANGLE)), how, 0.0) == pytest.approx((0.0, 0.0), abs=1e-6)


@pytest.mark.parametrize("how", ["MC", "MI"])
@pytest.mark.parametrize("skew", [0.0, 3e-5])
def test_u_holds_the_jumps_of_an_oval(how: str, skew: float) -> None:
    """An oval rests on two points and slides to and fro across them: the roundness about it scatters by far more than
    single points do."""
    form = 0.004 * np.cos(2 * ANGLE) + skew * np.cos(3 * ANGLE + 0.4)
    question = Question("1", CharacteristicType.ROUNDNESS, ("C",), (), None, {}, association=how)
    found = [evaluate(question, {"C": made(form, seed)}) for seed in range(60)]
    values = np.array([answer.value for answer in found])
    u = np.array([np.hypot(answer.point_noise, answer.excess / 3.0) for answer in found])
    true = evaluate(question, {"C": circle("C", count=len(form), form=form)}).value
    assert (np.abs(values - true) < 2.0 * u).mean() > 0.9
    assert np.sqrt(np.mean((values - true) ** 2)) > 0.4 * np.median(u)


def test_the_jump_is_the_same_every_time_and_none_without_noise() -> None:
    feature = made(0.004 * np.cos(2 * ANGLE), 3)
    assert jump_mm(feature, "MC", 2.0) == jump_mm(feature, "MC", 2.0) > 0.0
    assert jump_mm(circle("C", count=720, form=0.004 * np.cos(2 * ANGLE)), "MI", 0.0) == 0.0

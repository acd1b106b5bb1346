"""Budgets of rendered parts against Monte Carlo: every kind of characteristic, and what cannot be drawn says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from station.cycle.drawn_budget import check_drawn
from station.cycle.measure import Outcome
from station.errors import InputError
from station.metrology.budget_check import BudgetCheck
from station.order.model import Order
from station.twin.made_gear import made_gear
from station.twin.made_thread import MadeThread, screw
from station.twin.part import part_of_order
from station.twin.scene import Optics, Pose
from station.vision.picture import picture_from

from ..order.builders import circle
from .scenes_for_measure import anywhere, exact, inspected, optics, order, photograph
from .test_gears_and_threads import INVOLUTE, SIZES, gear_order, random_errors, thread_order


def checks(asked: Order, outcome: Outcome, most_trials: int = 1000) -> dict[str, BudgetCheck]:
    return {
        item.item.characteristic.id: check_drawn(asked, item, outcome.features, most_trials=most_trials)
        for item in outcome.items
    }


def kinds(outcome: Outcome) -> dict[str, str]:
    return {item.item.characteristic.id: str(item.item.characteristic.type) for item in outcome.items}


@pytest.fixture(scope="module")
def gear() -> tuple[Order, Outcome]:
    rng = np.random.default_rng(11)
    asked, feature = gear_order(INVOLUTE, 0.05, *SIZES)
    part = made_gear(part_of_order(asked), feature, random_errors(feature, rng))
    seen = optics(380, 380)
    return asked, inspected(asked, photograph(part, seen, rng, anywhere(rng)), exact(seen))


def test_gears_scatter_about_as_their_budgets_say(gear: tuple[Order, Outcome]) -> None:
    for name, found in checks(*gear).items():
        assert 0.7 < found.drawn.u / found.u < 1.4, (kinds(gear[1])[name], found)
        assert abs(found.drawn.mean - found.value) < found.u, (kinds(gear[1])[name], found)


def test_threads_scatter_about_as_their_budgets_say() -> None:
    true = MadeThread(0.2504, 0.997, 0.722, 0.836, 30.2, 29.9, 0.17)
    seen = Optics(800, 620, 0.003, 1.0)
    picture = photograph(screw(true, 1.75, (1.5, 0.4)), seen, np.random.default_rng(13), Pose(-1.0, 0.02, 1.5))
    asked = thread_order()
    outcome = inspected(asked, picture, exact(seen))
    for name, found in checks(asked, outcome).items():
        assert 0.7 < found.drawn.u / found.u < 1.4, (kinds(outcome)[name], found)
        assert abs(found.drawn.mean - found.value) < 0.5 * found.u, (kinds(outcome)[name], found)


def plate(**more: Any) -> tuple[Order, Outcome]:
    """Two holes and their outline; the position of one earns what its hole is larger than its least size."""
    features = [circle("OD", "outer", [0, 0], 3.2), circle("A", "inner", [-0.8, 0], 0.8),
                circle("B", "inner", [0.8, 0], 0.8)]  # fmt: skip
    asked = order(
        features,
        {"type": "position", "feature": "B", "datum": "A", "tolerance": 0.02, **more},
        {"type": "diameter", "feature": "B", "nominal": 0.8, "lower_tol": -0.01, "upper_tol": 0.01},
        {"type": "diameter", "feature": "B", "nominal": 0.8, "lower_tol": -0.05, "upper_tol": 0.05, "modifier": "GX"},
        {"type": "count", "of": "openings", "nominal": 2},
        datums={"A": "A"},
    )
    seen = optics(420, 420)
    rng = np.random.default_rng(3)
    return asked, inspected(asked, photograph(part_of_order(asked), seen, rng, anywhere(rng)), exact(seen))


def test_a_bonus_is_drawn_with_its_position() -> None:
    asked, outcome = plate(modifier="MMC")
    position = outcome.items[0]
    assert position.bonus == pytest.approx(0.01, abs=0.001)
    with_bonus = check_drawn(asked, position, outcome.features, most_trials=2000)
    assert position.measurement is not None
    assert with_bonus.u == position.u
    assert position.u is not None
    assert position.u > position.measurement.u
    assert 0.7 < with_bonus.drawn.u / with_bonus.u < 1.2
    # Hardly a nanometre off, a position is as large as it scatters; its bonus scatters both ways.
    assert with_bonus.drawn.symmetric[0] < 0.0 < with_bonus.drawn.symmetric[1]
    assert with_bonus.conformance_probability == pytest.approx(1.0)


def test_the_answer_is_the_same_every_time() -> None:
    asked, outcome = plate()
    for item in outcome.items[:3]:
        first, second = (check_drawn(asked, item, outcome.features, most_trials=1000) for _ in range(2))
        assert first == second


def test_a_diameter_is_validated_and_progress_is_told() -> None:
    asked, outcome = plate()
    told: list[tuple[int, int]] = []
    found = check_drawn(asked, outcome.items[1], outcome.features, progress=lambda *at: told.append(at))
    assert found.drawn.u == pytest.approx(found.u, rel=0.02)
    assert found.digits >= 1
    assert told[-1][0] == found.drawn.trials <= told[-1][1]


def test_a_count_has_nothing_to_draw() -> None:
    asked, outcome = plate()
    with pytest.raises(InputError, match="no Monte Carlo of this count: it has no budget"):
        check_drawn(asked, outcome.items[3], outcome.features)


def test_what_was_not_measured_has_nothing_to_draw() -> None:
    asked, _ = plate()
    seen = optics(420, 420)
    outcome = inspected(asked, picture_from(np.full((420, 420), 200, np.uint8)), exact(seen))
    with pytest.raises(InputError, match="it was not measured"):
        check_drawn(asked, outcome.items[0], outcome.features)

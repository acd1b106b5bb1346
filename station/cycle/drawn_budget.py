"""The budget of one characteristic of an examined part, checked by Monte Carlo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.bonus import Mating, mating_of
from station.cycle.examine import Examination
from station.cycle.results import ItemResult, features_for
from station.errors import InputError
from station.metrology.budget_check import BudgetCheck, check_budget
from station.metrology.characteristics import is_plain
from station.metrology.draws import Features, drawn_changes, drawn_values, scattered
from station.metrology.uncertainty import Measurement
from station.order.model import Order

Floats = NDArray[np.float64]

SEED = 101  # the same answer every time
LEAST_TRIALS = 1000
MOST_TRIALS = 2_000_000
# Geometry is evaluated in microseconds; a form reads all its points again for each trial.
_PLAIN_BATCH, _FORM_BATCH, _FORM_TRIALS = 50_000, 250, 10_000


@dataclass(frozen=True, slots=True)
class _Subject:
    """A measured characteristic with what its value is computed from."""

    result: ItemResult
    measured: Measurement
    features: Features
    mating: Mating | None

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Values (count,); a bonus that is larger makes a position count as smaller."""
        question = self.result.item.question
        own = scattered(question, self.features, self.measured)
        changes = drawn_changes(self.measured.sources, own, self.measured.expands, count, rng)
        values = drawn_values(question, self.features, self.measured, changes, rng)
        if self.mating is None:
            return values
        sizes = drawn_values(self.mating.question, self.features, self.measured, changes, rng)
        return values - (self.mating.bonus(sizes) - self.result.bonus)


def check_drawn(
    order: Order,
    examination: Examination,
    characteristic: str,
    *,
    most_trials: int | None = None,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> BudgetCheck:
    """The budget of a characteristic against draws of all its sources; trials as many as its digits need, at most
    `most_trials` (None: two million for geometry, ten thousand for what reads points).

    Raises:
        InputError: it was not measured, or has nothing that could be drawn.
    """
    result = next(item for item in examination.items if item.item.characteristic.id == characteristic)
    subject = _subject(order, examination, result)
    item, plain = result.item, is_plain(result.item.question) and subject.mating is None
    most = most_trials or (MOST_TRIALS if plain else _FORM_TRIALS)
    rng, done = np.random.default_rng(SEED), 0

    def draw(count: int) -> Floats:
        nonlocal done
        found = subject.draw(count, rng)
        done += count
        progress(done, most)
        return found

    upper = None if item.upper is None else item.upper + result.bonus
    batch = min(_PLAIN_BATCH if plain else _FORM_BATCH, most // 4)
    try:
        assert result.value is not None
        assert result.u is not None
        return check_budget(result.value, result.u, (item.lower, upper), draw, batch=batch, most_trials=most)
    except ValueError as error:
        raise _refused(result, str(error)) from error


def _subject(order: Order, examination: Examination, result: ItemResult) -> _Subject:
    if result.value is None:
        raise _refused(result, "it was not measured, there is nothing to draw")
    if result.measurement is None:
        raise _refused(result, "it has no budget: there is nothing to draw")
    # Every view has its own features: the one that this was decided in has its very result.
    outcome = next(outcome for _, outcome in examination.outcomes if any(one is result for one in outcome.items))
    features = {feature.id: feature for feature in outcome.features}
    mating = mating_of(result.item.characteristic, order, features) if result.bonus > 0.0 else None
    return _Subject(result, result.measurement, features_for([result.item.question], features), mating)


def _refused(result: ItemResult, why: str) -> InputError:
    c = result.item.characteristic
    return InputError(f"no Monte Carlo of the {c.type.replace('_', ' ')}: {why}", place=f"characteristic {c.id}")

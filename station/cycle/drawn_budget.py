"""The budget of one characteristic of an examined part, checked by Monte Carlo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.bonus import Mating, mating_of
from station.cycle.results import ItemResult, features_for
from station.errors import InputError
from station.metrology.budget_check import BudgetCheck, check_budget
from station.metrology.characteristics import evaluate, is_plain
from station.metrology.draws import Features, drawn_changes, drawn_values, scattered, stated_of_value
from station.metrology.features import MeasuredFeature
from station.metrology.uncertainty import Measurement
from station.order.model import Order

Floats = NDArray[np.float64]

SEED = 101  # the same answer every time
MOST_TRIALS = 1_000_000
# Geometry is evaluated in microseconds; a form reads all its points again for each trial.
_PLAIN_BATCH, _FORM_BATCH, _FORM_TRIALS = 50_000, 250, 10_000


@dataclass(frozen=True, slots=True)
class _Subject:
    """A measured characteristic with what its value is computed from, and what is `stated` of the value itself; the
    same of the size that earns it a bonus, which keeps what stands on its edge."""

    result: ItemResult
    measured: Measurement
    features: Features
    stated: Sequence[float]
    mating: Mating | None
    whole: Features
    stated_of_size: Sequence[float]

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Values (count,); a bonus that is larger makes a position count as smaller."""
        question = self.result.item.question
        own = scattered(question, self.features, self.measured)
        changes = drawn_changes(self.measured.sources, own, self.measured.expands, count, rng)
        values = drawn_values(question, self.features, self.stated, changes, rng)
        if self.mating is None:
            return values
        sizes = drawn_values(self.mating.question, self.whole, self.stated_of_size, changes, rng)
        return values - (self.mating.bonus(sizes) - self.result.bonus)


def check_drawn(
    order: Order,
    result: ItemResult,
    features: Sequence[MeasuredFeature],
    *,
    most_trials: int | None = None,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> BudgetCheck:
    """The budget of a decided characteristic against draws of all its sources, with the `features` of the picture that
    it was measured in; trials as many as its digits need, at most `most_trials` (None: a million for geometry, ten
    thousand for what reads points).

    Raises:
        InputError: it was not measured, or has nothing that could be drawn.
    """
    subject = _subject(order, result, {feature.id: feature for feature in features})
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
    value, u = result.value or 0.0, result.u or 0.0
    try:
        return check_budget(value, u, (item.lower, upper), draw, batch=batch, most_trials=most)
    except ValueError as error:
        raise _refused(result, str(error)) from error


def _subject(order: Order, result: ItemResult, features: Features) -> _Subject:
    if result.value is None:
        raise _refused(result, "it was not measured, there is nothing to draw")
    if result.measurement is None:
        raise _refused(result, "it has no budget, there is nothing to draw")
    question, measured = result.item.question, result.measurement
    clean = features_for([question], features)
    stated = stated_of_value(question, clean, measured)
    mating = mating_of(result.item, order, features) if result.bonus > 0.0 else None
    of_size = [] if mating is None else [evaluate(mating.question, features).excess / 3.0]
    return _Subject(result, measured, clean, stated, mating, features, of_size)


def _refused(result: ItemResult, why: str) -> InputError:
    c = result.item.characteristic
    return InputError(f"no Monte Carlo of this {c.type.replace('_', ' ')}: {why}", place=f"characteristic {c.id}")

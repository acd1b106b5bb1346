"""What a live study measures in which order: every reading with its part, its operator, its trial, and whether the part
is taken out and placed anew before it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One reading to take. `placed`: the part is placed anew before it."""

    part: str
    operator: str
    trial: int
    subgroup: str = ""
    placed: bool = True

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells this reading from all others of the table."""
        return (self.part, self.operator, str(self.trial), self.subgroup)


def study_steps(parts: Sequence[str], operators: Sequence[str], trials: int, *, once: bool = False) -> tuple[Step, ...]:
    """Every part by every operator, `trials` times; the same call gives the same order, so a study can be continued.

    Parts come in a new random order at each round, so that nobody expects a value and drift does not fall on one part
    (AIAG MSA 4, III B). With `once` a part is placed once per operator and its trials are further pictures of it.
    """
    steps: list[Step] = []
    for operator in operators:
        if once:
            shuffled = _shuffled(parts, operator)
            steps += [Step(p, operator, t, placed=t == 1) for p in shuffled for t in range(1, trials + 1)]
        else:
            for trial in range(1, trials + 1):
                steps += [Step(p, operator, trial) for p in _shuffled(parts, f"{operator}/{trial}")]
    return tuple(steps)


def occasion_steps(part: str, operator: str, trials: int, occasions: Sequence[str]) -> tuple[Step, ...]:
    """A check standard, `trials` times at each occasion."""
    return tuple(Step(part, operator, t, occasion) for occasion in occasions for t in range(1, trials + 1))


def _shuffled(parts: Sequence[str], seed: str) -> list[str]:
    found = list(parts)
    random.Random(seed).shuffle(found)
    return found

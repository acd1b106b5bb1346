"""Questions that make no sense even on a part at nominal: told before it exists, without measuring anything.

Whether orientations, datums and features go together follows from the drawing: the parameters of circles and lines are
known, a few points stand for all, and no uncertainty is propagated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from station.metrology.characteristics import Question, evaluate
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.gear_values import GEAR_TYPES
from station.metrology.thread_values import THREAD_TYPES
from station.order.model import CharacteristicType
from station.plan.targets import Target

_POINTS = 16


class Nominal:
    """The features of a plan at nominal, each made when it is first asked about."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = targets
        self._made: dict[str, MeasuredFeature] = {}
        self._sensible: set[tuple[CharacteristicType, tuple[str, ...]]] = set()

    def refusal(self, question: Question) -> str:
        """Why the features cannot answer the question whatever is measured, or nothing."""
        if question.type in GEAR_TYPES | THREAD_TYPES:
            return self._of_teeth(question)
        if not question.datums and question.type is not CharacteristicType.POSITION:
            return ""  # a size or a form of its own
        # In datums that make sense for one circle, the place of any other does.
        known = (question.type, question.datums)
        alike = self._targets[question.features[0]].kind is Kind.CIRCLE
        if alike and known in self._sensible:
            return ""
        try:
            evaluate(question, {name: self._feature(name) for name in (*question.features, *question.datums)})
        except ValueError as error:
            return str(error)
        if alike:
            self._sensible.add(known)
        return ""

    def _of_teeth(self, question: Question) -> str:
        """Why this optics does not see enough of a gear or a thread: all its probes are needed to tell."""
        names = dict.fromkeys((*question.features, *question.datums))
        try:
            evaluate(question, {name: _at_nominal(self._targets[name], math.inf) for name in names})
        except ValueError as error:
            return str(error)
        return ""

    def _feature(self, name: str) -> MeasuredFeature:
        if name not in self._made:
            self._made[name] = _at_nominal(self._targets[name])
        return self._made[name]


def _at_nominal(target: Target, most: float = _POINTS) -> MeasuredFeature:
    some = np.linspace(0, len(target) - 1, int(min(most, len(target)))).astype(np.intp)
    points, normals = target.points_mm[some], target.normals[some]
    params, freedom = target.start, len(target.start)
    if target.kind is Kind.LINE:
        (x, y), (nx, ny) = points.mean(axis=0), normals[0]
        params, freedom = (math.atan2(ny, nx), float(x * nx + y * ny), float(y * nx - x * ny)), 2
    return MeasuredFeature(
        id=target.id,
        kind=target.kind,
        points_mm=points,
        nominal_mm=points,
        normals=normals,
        u_mm=np.zeros(len(some)),
        spacing_mm=target.spacing_mm,
        closed=target.closed,
        params=params,
        covariance=np.zeros((freedom, freedom)),
        outward=target.outward,
        expected=len(some),
        kept=np.ones(len(some), np.bool_),
        gap_mm=0.0,
        gap_at_mm=(0.0, 0.0),
    )

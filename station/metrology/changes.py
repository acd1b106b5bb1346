"""Small changes of everything that was measured, one by one: what a budget asks a value about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.features import Kind, MeasuredFeature

Floats = NDArray[np.float64]

_NO_NUDGES = np.zeros((0, 3))


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes (m,) of everything measured, each from where nothing is changed, as in the first of them: all lengths
    longer by `relative`, by kind of edge how far every such edge moved out of the material (`growth_mm`, (m,) each),
    and by feature the change (m, 3) of its associated geometry alone."""

    relative: Floats
    growth_mm: Mapping[int, Floats]
    nudges: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.relative)

    def growth_of(self, feature: MeasuredFeature) -> Floats:
        """How far (m,) the edge of a feature moved out of the material under each change."""
        found = self.growth_mm.get(feature.edge)
        return np.zeros(len(self)) if found is None else found

    def of(self, feature: MeasuredFeature) -> Floats:
        """The parameters (m, 3) of a circle or a line under each change."""
        a, b, c = feature.params
        nudges = self.nudges.get(feature.id, _NO_NUDGES)
        straight = feature.kind is Kind.LINE
        growth = self.growth_of(feature)
        return np.asarray(_changed(straight, a, b, c, feature.outward, self.relative, growth, nudges))


NOTHING_CHANGED = Changes(np.zeros(1), {}, {})


@compiled
def _changed(
    straight: bool, a: float, b: float, c: float, outward: float, relative: Floats, growth: Floats, nudges: Floats
) -> Floats:
    found = np.empty((len(relative), 3))
    for k in range(len(relative)):
        longer = 1.0 + relative[k]
        if straight:
            found[k, 0], found[k, 1], found[k, 2] = a, b * longer + growth[k], c * longer
        else:
            found[k, 0], found[k, 1], found[k, 2] = a * longer, b * longer, c * longer + outward * growth[k]
        if k < len(nudges) and straight:
            # Offset and angle are independent at the position along the line about which it turns.
            found[k, 0] += nudges[k, 0]
            found[k, 1] += nudges[k, 1] + c * nudges[k, 0]
            found[k, 2] -= b * nudges[k, 0]
        elif k < len(nudges):
            found[k] += nudges[k]
    return found


@compiled
def points_moved(points: Floats, normals: Floats, relative: float, growth: float, moved: Floats) -> Floats:
    """The points with all lengths longer and all edges moved out, in `moved` if anything is."""
    if relative == 0.0 and growth == 0.0:
        return points
    for i in range(len(points)):
        for j in range(2):
            moved[i, j] = points[i, j] * (1.0 + relative) + growth * normals[i, j]
    return moved

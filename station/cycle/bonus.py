"""What a material modifier adds to a position's zone: ISO 2692.

It is how far the size that mates departs from that material limit, within the size tolerance: a size outside it earns
nothing. Of a hole mates the largest inscribed circle, of a slot the widest bar between its sides; at least material
counts the smallest circumscribed one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.characteristics import Question, evaluate
from station.metrology.features import MeasuredFeature
from station.order.geometry import Side
from station.order.model import CharacteristicType, Order
from station.order.slots import SlotFeature
from station.plan.plan import Item

Floats = NDArray[np.float64]

_MATING = frozenset({CharacteristicType.DIAMETER, CharacteristicType.WIDTH})


@dataclass(frozen=True, slots=True)
class Mating:
    """The size that earns a bonus, as a question, and its limits (mm); the bonus grows `upwards` or downwards."""

    question: Question
    low_mm: float
    high_mm: float
    upwards: bool

    def bonus(self, sizes_mm: Floats) -> Floats:
        """The bonus (m,) of mating sizes (m,)."""
        departure = sizes_mm - self.low_mm if self.upwards else self.high_mm - sizes_mm
        return np.clip(departure, 0.0, self.high_mm - self.low_mm)


def mating_of(item: Item, order: Order, features: Mapping[str, MeasuredFeature]) -> Mating | None:
    """What earns a position its bonus; None without a modifier, or where the order gives that size no limits."""
    c = item.characteristic
    if c.type is not CharacteristicType.POSITION or not c.modifier:
        return None
    names = c.features
    size = next((s for s in order.characteristics if s.type in _MATING and s.features == names), None)
    if size is None or size.limits.lower is None or size.limits.upper is None:
        return None
    hole, most = features[item.question.features[0]].outward < 0, c.modifier == "MMC"
    slot = order.geometry.features[names[0]]
    if isinstance(slot, SlotFeature):
        names, hole = tuple(side.id for side in slot.sides), slot.side is Side.INNER
    how = "GX" if hole == most else "GN"
    mates = Question("", size.type, names, (), None, item.question.geometry, association=how)
    return Mating(mates, float(size.limits.lower), float(size.limits.upper), hole == most)


def bonus_of(
    mating: Mating, features: Mapping[str, MeasuredFeature], u_edges_mm: Sequence[float]
) -> tuple[float, float]:
    """The bonus and its standard uncertainty (mm), `u_edges_mm` that of each kind of edge; none of an arc, which mates
    with nothing."""
    try:
        found = evaluate(mating.question, features)
    except ValueError:
        return 0.0, 0.0
    bonus = float(mating.bonus(np.array(found.value)))
    u = math.hypot(found.point_noise, found.excess / 3.0, 2.0 * u_edges_mm[features[mating.question.features[0]].edge])
    return bonus, u if 0.0 < bonus < mating.high_mm - mating.low_mm else 0.0

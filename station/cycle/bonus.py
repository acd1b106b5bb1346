"""What a material modifier adds to a position's zone: ISO 2692.

It is how far the size that mates departs from that material limit, within the size tolerance: a size outside it earns
nothing. Of a hole mates the largest inscribed circle; at least material counts the smallest circumscribed one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.characteristics import Question, evaluate
from station.metrology.features import Kind, MeasuredFeature
from station.order.model import Characteristic, CharacteristicType, Order

Floats = NDArray[np.float64]


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


def mating_of(c: Characteristic, order: Order, features: Mapping[str, MeasuredFeature]) -> Mating | None:
    """What earns a position its bonus; None without a modifier, or where the order gives that size no limits."""
    if c.type is not CharacteristicType.POSITION or not c.modifier:
        return None
    name = c.features[0]
    size = next(
        (s for s in order.characteristics if s.type is CharacteristicType.DIAMETER and s.features == (name,)), None
    )
    feature = features[name]
    if size is None or feature.kind is not Kind.CIRCLE or size.limits.lower is None or size.limits.upper is None:
        return None
    hole, most = feature.outward < 0, c.modifier == "MMC"
    how = "GX" if hole == most else "GN"
    mates = Question("", CharacteristicType.DIAMETER, (name,), (), None, {}, association=how)
    return Mating(mates, float(size.limits.lower), float(size.limits.upper), hole == most)


def bonus_of(mating: Mating, features: Mapping[str, MeasuredFeature], u_edge_mm: float) -> tuple[float, float]:
    """The bonus and its standard uncertainty (mm); none of an arc, which mates with nothing."""
    name = mating.question.features[0]
    try:
        found = evaluate(mating.question, {name: features[name]})
    except ValueError:
        return 0.0, 0.0
    bonus = float(mating.bonus(np.array(found.value)))
    u = math.hypot(found.point_noise, found.excess / 3.0, 2.0 * u_edge_mm)
    return bonus, u if 0.0 < bonus < mating.high_mm - mating.low_mm else 0.0

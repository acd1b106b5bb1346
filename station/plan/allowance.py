"""How far an outline of the part may lie off its drawing before the picture shows something the order does not allow.

Characteristics decide what they speak of; this is the net below them, for what nobody listed: a moved hole, a bulge, a
dent. An outline may deviate by what the order's own tolerances of form, size and place on it add up to; where none
speaks of it, by a line profile the order gives for another outline, else by ISO 2768-1 class m for its size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from station.order.geometry import Outline, outlines_of, sample_outline
from station.order.model import Characteristic, CharacteristicType, Order

_ISO_2768_M = ((3.0, 0.1), (6.0, 0.1), (30.0, 0.2), (120.0, 0.3), (400.0, 0.5), (1000.0, 0.8), (2000.0, 1.2))
_SIZES = (CharacteristicType.DIAMETER, CharacteristicType.RADIUS)
_FORMS = (CharacteristicType.ROUNDNESS, CharacteristicType.STRAIGHTNESS)
_PLACES = (CharacteristicType.POSITION, CharacteristicType.CONCENTRICITY)


def features_on(order: Order, outlines: Sequence[Outline]) -> tuple[frozenset[str], ...]:
    """For each closed outline the ids of the features that run along it: a few of their points all lie on it."""
    names, few = [], []
    for name, feature in order.geometry.features.items():
        for own in outlines_of(feature):
            points = sample_outline(own, own.length_mm / 7.0).points_mm
            names.append(name)
            few.append(points[:: max(1, len(points) // 9)])
    lows = np.array([p.min(axis=0) for p in few]).reshape(-1, 2)
    highs = np.array([p.max(axis=0) for p in few]).reshape(-1, 2)
    found = []
    for outline in outlines:
        spacing = max(outline.length_mm / 2000.0, 1e-4)
        dense = sample_outline(outline, spacing).points_mm
        near = 0.6 * spacing + 0.002
        inside = (lows >= dense.min(axis=0) - near).all(axis=1) & (highs <= dense.max(axis=0) + near).all(axis=1)
        here = set()
        for number in np.flatnonzero(inside):
            gap = ((few[number][:, None, :] - dense[None, :, :]) ** 2).sum(axis=2).min(axis=1)
            if (gap < near**2).all():
                here.add(names[number])
        found.append(frozenset(here))
    return tuple(found)


def allowed_deviation_mm(order: Order, here: frozenset[str], size_mm: float) -> float:
    """Largest distance (mm) between an edge and the drawing that the order's tolerances explain.

    `here` are the features on the outline (`features_on`), `size_mm` is its size.
    """
    general = next((t for limit, t in _ISO_2768_M if size_mm <= limit), 2.0)
    profiles = [_half_zone(c) for c in order.characteristics if c.type is CharacteristicType.LINE_PROFILE]
    on_it = [c for c in order.characteristics if any(name in here for name in c.features)]
    profile_here = [_half_zone(c) for c in on_it if c.type is CharacteristicType.LINE_PROFILE]
    if profile_here:
        return min(profile_here)
    size = max((_half_size(c) for c in on_it if c.type in _SIZES), default=0.0)
    lines = max((_largest_deviation(c) for c in on_it if c.type is CharacteristicType.WIDTH), default=0.0)
    form = min((_half_zone(c) for c in on_it if c.type in _FORMS), default=general / 2.0)
    place = min((_half_zone(c) for c in on_it if c.type in _PLACES), default=None)
    if place is not None:
        return size + form + place
    if size > 0.0:
        return size + form + general / 2.0
    # Nothing speaks of this outline: what the order allows elsewhere, or the general tolerance.
    return max(lines, max(profiles, default=general))


def has_profile(order: Order, here: frozenset[str]) -> bool:
    """Whether a line profile of the order speaks of the outline that the features `here` lie on."""
    return any(
        c.type is CharacteristicType.LINE_PROFILE and here.intersection(c.features) for c in order.characteristics
    )


def _half_zone(c: Characteristic) -> float:
    return float(c.limits.upper or 0) / 2.0


def _largest_deviation(c: Characteristic) -> float:
    if c.limits.nominal is None:
        return float((c.limits.upper or 0) - (c.limits.lower or 0))
    return max(
        abs(float(limit - c.limits.nominal))
        for limit in (c.limits.lower, c.limits.upper, c.limits.nominal)
        if limit is not None
    )


def _half_size(c: Characteristic) -> float:
    return _largest_deviation(c) / (2.0 if c.type is CharacteristicType.DIAMETER else 1.0)

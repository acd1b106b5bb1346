"""What of the geometry has to be measured to answer a characteristic: a slot is asked about by its sides and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from station.metrology.datums import as_drawn, drawn_rows
from station.metrology.frames import common_frame
from station.metrology.joined import ALONE, MEDIAN, MIDDLE
from station.order.geometry import ContourFeature, Feature
from station.order.model import Characteristic, CharacteristicType, Order
from station.order.slots import SlotFeature

_ON_MEDIAN = frozenset(
    {CharacteristicType.PARALLELISM, CharacteristicType.PERPENDICULARITY, CharacteristicType.ANGULARITY}
)
_WHOLE = frozenset({CharacteristicType.LINE_PROFILE, CharacteristicType.COUNT})
_IN_A_FRAME = frozenset({CharacteristicType.POSITION, CharacteristicType.LINE_PROFILE})


@dataclass(frozen=True, slots=True)
class Asked:
    """The features to be measured, how each is asked about (`station.metrology.joined`; empty: by itself), and the
    datum features with the precedence of each."""

    features: tuple[str, ...]
    joins: tuple[int, ...]
    datums: tuple[str, ...]
    levels: tuple[int, ...]


def asked_of(c: Characteristic, order: Order) -> Asked:
    """What a characteristic of the order asks about."""
    geometry = order.geometry.features
    groups = [order.datum_features(letters) for letters in c.datums]
    if not any(isinstance(geometry[name], SlotFeature) for name in (*c.features, *(n for g in groups for n in g))):
        levels = tuple(level for level, group in enumerate(groups) for _ in group)
        return Asked(c.features, (), tuple(name for group in groups for name in group), levels)
    parts = [_parts(c.type, geometry[name]) for name in c.features]
    names = tuple(name for some, _ in parts for name in some)
    joins = tuple(how for some, how in parts for _ in some)
    groups = _system(groups, geometry) if c.type in _IN_A_FRAME else [_sides(group, geometry) for group in groups]
    levels = tuple(level for level, group in enumerate(groups) for _ in group)
    if MEDIAN in joins and c.type in _ON_MEDIAN and len(groups[0]) == 2:
        levels = (MEDIAN, MEDIAN)
    return Asked(names, joins, tuple(name for group in groups for name in group), levels)


def _parts(kind: CharacteristicType, feature: Feature) -> tuple[tuple[str, ...], int]:
    """The parts of a slot that a type of characteristic speaks of, and what they are together."""
    if not isinstance(feature, SlotFeature) or kind in _WHOLE:
        return (feature.id,), ALONE
    sides, ends = tuple(side.id for side in feature.sides), tuple(end.id for end in feature.ends)
    if kind in (CharacteristicType.WIDTH, CharacteristicType.SYMMETRY):
        return sides, ALONE
    if kind is CharacteristicType.LENGTH:
        return ends, ALONE
    if kind is CharacteristicType.ANGLE or kind in _ON_MEDIAN:
        return sides, MEDIAN
    return (*sides, *ends), MIDDLE


def _sides(group: Sequence[str], geometry: Mapping[str, Feature]) -> tuple[str, ...]:
    """Datum features, a slot as its two sides."""
    found: list[str] = []
    for name in group:
        feature = geometry[name]
        found += [side.id for side in feature.sides] if isinstance(feature, SlotFeature) else [name]
    return tuple(found)


def _system(groups: Sequence[tuple[str, ...]], geometry: Mapping[str, Feature]) -> list[tuple[str, ...]]:
    """Datums in order of precedence: of a slot its centre plane; its ends fix the place along it where no datum does,
    or in its own turn where its sides find nothing left to fix."""
    found: list[tuple[str, ...]] = []
    last: list[tuple[str, ...]] = []
    for group in groups:
        slots = [shape for name in group if isinstance(shape := geometry[name], SlotFeature)]
        ends = tuple(end.id for slot in slots for end in slot.ends)
        sides = _sides(group, geometry)
        if ends and not _fixes(found, sides, geometry):
            sides = ends
        elif ends:
            last.append(ends)
        found.append(sides)
    return found + last


def _fixes(above: Sequence[tuple[str, ...]], group: tuple[str, ...], geometry: Mapping[str, Feature]) -> bool:
    """Whether a datum fixes anything that those above it leave free."""
    return _left([*above, group], geometry) < (_left(above, geometry) if above else 3)


def _left(groups: Sequence[tuple[str, ...]], geometry: Mapping[str, Feature]) -> int:
    """How many of the three motions the datums leave free, on the drawing."""
    shapes = [geometry[name] for group in groups for name in group]
    if any(isinstance(shape, ContourFeature) for shape in shapes):
        return 0  # no datum: it is refused later
    drawn, straight = drawn_rows(shapes)
    levels = np.array([level for level, group in enumerate(groups) for _ in group], np.intp)
    left, _ = common_frame(levels, straight, as_drawn(straight, drawn), drawn, np.zeros(3), np.empty((3, 3)))
    return int(left)

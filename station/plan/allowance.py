"""How far an outline of the part may lie off its drawing before the picture shows something the order does not allow.

Characteristics decide what they speak of; this is the net below them, for what nobody listed: a moved hole, a bulge, a
dent. An outline may deviate by what the order's own tolerances of form, size and place on it add up to; where none
speaks of it, by a line profile the order gives for another outline, else by ISO 2768-1 class m for its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from station.order.model import Characteristic, CharacteristicType, Order

_ISO_2768_M = ((3.0, 0.1), (6.0, 0.1), (30.0, 0.2), (120.0, 0.3), (400.0, 0.5), (1000.0, 0.8), (2000.0, 1.2))
_SIZES = (CharacteristicType.DIAMETER, CharacteristicType.RADIUS)
_OF_A_SLOT = (CharacteristicType.WIDTH, CharacteristicType.LENGTH)
_FORMS = (CharacteristicType.ROUNDNESS, CharacteristicType.STRAIGHTNESS)
_PLACES = (CharacteristicType.POSITION, CharacteristicType.CONCENTRICITY)


@dataclass(frozen=True, slots=True)
class Allowances:
    """The order's tolerances by the features they speak of, and the half zones (mm) of all its line profiles."""

    on: Mapping[str, tuple[Characteristic, ...]]
    profiles_mm: tuple[float, ...]

    def deviation_mm(self, here: Iterable[str], size_mm: float) -> float:
        """Largest distance (mm) between an edge and the drawing that the tolerances explain.

        `here` are the features along the outline, `size_mm` is its size.
        """
        sizes, widths, forms, places, profiles = [0.0], [0.0], [], [], []
        for name in here:
            for c in self.on.get(name, ()):
                if c.type in _SIZES:
                    sizes.append(_half_size(c))
                elif c.type in _FORMS:
                    forms.append(_half_zone(c))
                elif c.type in _PLACES:
                    places.append(_half_zone(c))
                elif c.type in _OF_A_SLOT and len(c.features) == 1:
                    sizes.append(_half_size(c))
                elif c.type is CharacteristicType.WIDTH:
                    widths.append(_largest_deviation(c))
                elif c.type is CharacteristicType.LINE_PROFILE:
                    profiles.append(_half_zone(c))
        if profiles:
            return min(profiles)
        general = next((t for limit, t in _ISO_2768_M if size_mm <= limit), 2.0)
        form = min(forms) if forms else general / 2.0
        if places:
            return max(sizes) + form + min(places)
        if max(sizes) > 0.0:
            return max(sizes) + form + general / 2.0
        # Nothing speaks of this outline: what the order allows elsewhere, or the general tolerance.
        return max(max(widths), max(self.profiles_mm, default=general))

    def profiled(self, here: Iterable[str]) -> bool:
        """Whether a line profile of the order speaks of the outline that the features `here` lie on."""
        return any(c.type is CharacteristicType.LINE_PROFILE for name in here for c in self.on.get(name, ()))


def allowances_of(order: Order) -> Allowances:
    """What the order says about each of its features."""
    on: dict[str, list[Characteristic]] = {}
    for c in order.characteristics:
        for name in c.features:
            on.setdefault(name, []).append(c)
    profiles = tuple(_half_zone(c) for c in order.characteristics if c.type is CharacteristicType.LINE_PROFILE)
    return Allowances({name: tuple(there) for name, there in on.items()}, profiles)


def _half_zone(c: Characteristic) -> float:
    return float(c.limits.upper or 0) / 2.0


def _largest_deviation(c: Characteristic) -> float:
    nominal, lower, upper = c.limits.nominal, c.limits.lower, c.limits.upper
    if nominal is None:
        return float((upper or 0) - (lower or 0))
    below = 0.0 if lower is None else abs(float(lower - nominal))
    return below if upper is None else max(below, abs(float(upper - nominal)))


def _half_size(c: Characteristic) -> float:
    return _largest_deviation(c) / (1.0 if c.type is CharacteristicType.RADIUS else 2.0)

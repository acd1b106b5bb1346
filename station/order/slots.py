"""A slot, or a tongue of the same shape: two parallel sides, and ends that are half circles or straight.

It is measured by its parts, each a feature of its own that an order may name as well: seen along the slot's angle
`ID.left` and `ID.right` are its sides, `ID.start` and `ID.end` its ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from station.errors import OrderError
from station.order.feature_document import SlotDocument
from station.order.geometry import (
    ArcFeature,
    ContourFeature,
    Feature,
    LineFeature,
    Outline,
    Point,
    Segment,
    Side,
    outlines_of,
)

_SHORTEST_MM = 1e-3


@dataclass(frozen=True, slots=True)
class SlotFeature(ContourFeature):
    """One closed outline that knows its parts. `length_mm` is the overall length; `sides` are left and right, `ends`
    start and end, seen along `angle_deg`."""

    side: Side
    center_mm: Point
    length_mm: float
    width_mm: float
    angle_deg: float
    sides: tuple[LineFeature, LineFeature]
    ends: tuple[ArcFeature, ArcFeature] | tuple[LineFeature, LineFeature]

    @property
    def parts(self) -> tuple[LineFeature | ArcFeature, ...]:
        """Sides, then ends."""
        return (*self.sides, *self.ends)


def slot_feature(document: SlotDocument, place: str) -> SlotFeature:
    """The feature with its outline and its parts.

    Raises:
        OrderError: it is not longer than wide.
    """
    length, width, is_round = float(document.length), float(document.width), document.ends == "round"
    straight = length - width if is_round else length
    if document.length < document.width or straight < _SHORTEST_MM:
        more = "; as long as wide with round ends it is a circle" if document.length == document.width else ""
        raise OrderError(
            f"a slot is longer than wide, but its length is {document.length} mm and its width {document.width} mm "
            f"(the length is over all, and lies along the angle){more}",
            place=f"{place}.length",
        )
    x, y, angle = float(document.center[0]), float(document.center[1]), float(document.angle)
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def at(along: float, across: float) -> Point:
        return x + along * c - across * s, y + along * s + across * c

    half, wide, side = straight / 2.0, width / 2.0, Side(document.side)
    # Counter-clockwise, so with the material of a tongue on the left.
    outer, name = side is Side.OUTER, document.id
    right = LineFeature(f"{name}.right", at(-half, -wide), at(half, -wide), outer)
    left = LineFeature(f"{name}.left", at(half, wide), at(-half, wide), outer)
    ends: tuple[ArcFeature, ArcFeature] | tuple[LineFeature, LineFeature]
    if is_round:
        ends = (
            ArcFeature(f"{name}.start", side, at(-half, 0.0), wide, angle + 90.0, angle + 270.0),
            ArcFeature(f"{name}.end", side, at(half, 0.0), wide, angle - 90.0, angle + 90.0),
        )
    else:
        ends = (
            LineFeature(f"{name}.start", left.end_mm, right.start_mm, outer),
            LineFeature(f"{name}.end", right.end_mm, left.start_mm, outer),
        )
    return SlotFeature(
        id=name,
        outlines=(_outline(name, (right, ends[1], left, ends[0]), outer),),
        side=side,
        center_mm=(x, y),
        length_mm=length,
        width_mm=width,
        angle_deg=angle,
        sides=(left, right),
        ends=ends,
    )


def _outline(name: str, round_about: tuple[LineFeature | ArcFeature, ...], outer: bool) -> Outline:
    """The parts, given counter-clockwise, as one outline with the material on its left."""
    run = round_about if outer else round_about[::-1]
    segments: tuple[Segment, ...] = tuple(segment for part in run for segment in outlines_of(part)[0].segments)
    return Outline(segments, True, name)


def parts_of(names: tuple[str, ...], features: Mapping[str, Feature]) -> tuple[str, ...]:
    """The names with those of a slot's sides and ends in its place."""
    found: list[str] = []
    for name in names:
        feature = features[name]
        found += [part.id for part in feature.parts] if isinstance(feature, SlotFeature) else [name]
    return tuple(found)

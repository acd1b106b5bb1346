"""What the geometry says about a size, and nominals that cannot be those of the features they are written for."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TypeAlias

from station.errors import OrderError
from station.order.document import AngularityDocument
from station.order.features import Features
from station.order.geometry import ArcFeature, CircleFeature, Feature, GearFeature, LineFeature, Side, ThreadFeature
from station.order.limits import WRITTEN_JOIN_MM
from station.order.slots import SlotFeature
from station.order.tolerances import SizeOf

_Centred: TypeAlias = CircleFeature | ArcFeature | SlotFeature


def size_of(kind: str, names: tuple[str, ...], features: Features) -> SizeOf:
    """What the geometry says about the size."""
    first = features.by_id[names[0]]
    if kind in ("diameter", "radius"):
        assert isinstance(first, (CircleFeature, ArcFeature))
        size = features.sizes[names[0]]
        own = "diameter" if isinstance(first, CircleFeature) else "radius"
        if kind != own:
            size = size * 2 if kind == "diameter" else size / 2
        inner = first.side is Side.INNER
        return SizeOf(size, inner, edge=isinstance(first, ArcFeature) and not inner)
    if isinstance(first, GearFeature):
        size_mm = {
            "tip_diameter": 2.0 * first.tip_radius_mm,
            "root_diameter": 2.0 * first.root_radius_mm,
            "tooth_thickness": first.thickness_mm,
        }[kind]
        return SizeOf(Decimal(f"{size_mm:.6f}").normalize() + 0, complete=True)
    if isinstance(first, ThreadFeature):
        of_thread = {
            "pitch": first.pitch_mm,
            "major_diameter": first.major_mm,
            "minor_diameter": first.minor_mm,
            "pitch_diameter": first.pitch_diameter_mm,
            "flank_angle": first.flank_angle_deg,
        }[kind]
        return SizeOf(Decimal(f"{of_thread:.6f}").normalize() + 0, complete=True)
    if isinstance(first, SlotFeature) and kind in ("width", "length"):
        of_slot = first.width_mm if kind == "width" else first.length_mm
        return SizeOf(Decimal(f"{of_slot:.6f}").normalize() + 0, first.side is Side.INNER, complete=True)
    if kind == "angle":
        legs = [_edge(features.by_id[name]) for name in names]
        shorter = min(math.dist(leg.start_mm, leg.end_mm) for leg in legs)
        return SizeOf(shorter_leg_mm=Decimal(f"{shorter:.6f}"))
    return SizeOf()


def refuse_other_size(
    kind: str, names: tuple[str, ...], features: Features, nominal: Decimal | None, place: str
) -> None:
    """A nominal outside half to twice what the geometry has belongs to another feature."""
    drawn = size_of(kind, names, features).nominal
    if kind == "distance":
        drawn = _center_distance(names, features)
    if drawn is None or nominal is None or not drawn or drawn / 2 <= nominal <= drawn * 2:
        return
    features_words = " and ".join(repr(name) for name in names)
    raise OrderError(
        f"the nominal {kind} {nominal} mm cannot be that of {features_words}, which has {drawn:f} mm in the geometry",
        place=f"{place}.nominal",
    )


def _center_distance(names: tuple[str, ...], features: Features) -> Decimal | None:
    first, second = (features.by_id[name] for name in names)
    if isinstance(first, _Centred) and isinstance(second, _Centred):
        return Decimal(f"{math.dist(first.center_mm, second.center_mm):.6f}").normalize() + 0
    return None


def refuse_other_angle(document: AngularityDocument, name: str, datum: str, features: Features, place: str) -> None:
    """A nominal angle, where the order repeats it, must be that of the two lines to half a degree."""
    if document.nominal is None:
        return
    first, second = _edge(features.by_id[name]), _edge(features.by_id[datum])
    drawn = abs(_direction(first) - _direction(second)) % 180.0
    nominal = float(document.nominal) % 180.0
    if min(abs(nominal - drawn), abs(nominal - (180.0 - drawn))) > 0.5:
        raise OrderError(
            f"the nominal angle {document.nominal}° is not that of the geometry, {drawn:.3f}°", place=f"{place}.nominal"
        )


def refuse_other_axis(name: str, datum: str, letter: str, features: Features, place: str) -> None:
    """The datum of a gear has its centre where the gear has its own."""
    gear, axis = features.by_id[name], features.by_id[datum]
    assert isinstance(gear, GearFeature)
    assert isinstance(axis, (CircleFeature, ArcFeature))
    off = math.dist(gear.center_mm, axis.center_mm)
    if off > WRITTEN_JOIN_MM:
        raise OrderError(
            f"the datum {letter!r} of a gear is about its own centre, but {datum!r} lies {off:.4g} mm beside that of "
            f"{name!r}",
            place=f"{place}.datum",
        )


def _edge(feature: Feature) -> LineFeature:
    """A straight edge; of a slot, which lies as its sides do, one of them."""
    edge = feature.sides[0] if isinstance(feature, SlotFeature) else feature
    assert isinstance(edge, LineFeature)
    return edge


def _direction(line: LineFeature) -> float:
    (x0, y0), (x1, y1) = line.start_mm, line.end_mm
    return math.degrees(math.atan2(y1 - y0, x1 - x0))

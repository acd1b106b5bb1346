"""Codes, texts and surfaces of a plan: where on the part each one is looked at, and what this station cannot read.

The polygons are painted one after the other: a counter-clockwise one is looked at, a clockwise one is not (as outlines
have their material on the left). So the first is a region's boundary and its openings follow, whatever its shape.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import ArcSegment, CircleFeature, Outline, Point, outlines_of, polygon
from station.order.model import MARKS, Characteristic, CharacteristicType, Order, TextArc
from station.order.symbologies import SYMBOLOGIES
from station.plan.painted import Painted, area_mm2

Floats = NDArray[np.float64]

LEAST_DEFECT_PX = 3.0  # a smaller spot cannot be told from the noise of its pixels
LEAST_HEIGHT_PX = 6.0  # a smaller letter is not the letter any more
_CHORD_PX = 0.05
_NOTHING = 0.003  # of a region: the rounding of a painting
_MOSTLY = 0.5  # a code or text is looked for where at least this share of its region lies on the part
_ADVANCE = 0.9  # from letter to letter, in capital heights, where the order says an arc and no height
_ABOVE, _BELOW = 0.5, 0.5  # room beside the letters of an arc, in capital heights


@dataclass(frozen=True, slots=True)
class MarkTarget:
    """Where a mark is looked for. `outline_mm`: closed polygons (n, 2) in the part's frame, to be painted one after the
    other; none: the whole picture. `height_mm`: of a text's capitals, as ordered, or along an arc as far as its length
    tells. `doubt`: why nothing can be decided whatever is seen, as a clause (empty: it can)."""

    outline_mm: tuple[Floats, ...] = ()
    height_mm: float | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Facing:
    """The part's face in this camera: `outer` and `openings` of its silhouette as polygons (n, 2) in mm (none where the
    geometry has no closed outline), the size of a pixel, and the field."""

    outer: tuple[Floats, ...]
    openings: tuple[Floats, ...]
    mm_per_px: float
    field_mm: tuple[float, float]


def whole_picture(c: Characteristic, alphabet: str | None = None) -> tuple[MarkTarget | None, str]:
    """A mark of an order without geometry, which nobody places or scales; or why it cannot be read."""
    refusal = _unreadable(c, alphabet)
    if not refusal and (c.region is not None or c.arc is not None):
        refusal = "its region is in millimetres on a part that the order does not describe"
    if refusal:
        return None, refusal
    unscaled = "without a geometry and a calibration nobody knows how large a defect in the picture is"
    return MarkTarget(doubt=unscaled if c.type is CharacteristicType.SURFACE else ""), ""


def marks_on(order: Order, face: Facing, alphabet: str | None = None) -> dict[str, tuple[MarkTarget | None, str]]:
    """Each mark of an order with geometry by its id: where it is, or why it cannot be read. `alphabet`: the characters
    that the text model knows (None: not asked)."""
    asked = [c for c in order.characteristics if c.type in MARKS]
    if not asked:
        return {}
    regions = {c.id: _region(c, order, face) for c in asked}
    painted = Painted(face.outer, face.openings, face.mm_per_px) if face.outer else None
    return {c.id: _mark(c, regions, asked, face, painted, alphabet) for c in asked}


def _mark(
    c: Characteristic,
    regions: Mapping[str, tuple[Floats, ...]],
    asked: Sequence[Characteristic],
    face: Facing,
    painted: Painted | None,
    alphabet: str | None,
) -> tuple[MarkTarget | None, str]:
    region, height_mm = regions[c.id], _height_mm(c)
    refusal = _unreadable(c, alphabet) or _too_small(c, height_mm, face.mm_per_px) or _too_large(region, face)
    if refusal:
        return None, refusal
    is_surface = c.type is CharacteristicType.SURFACE
    if painted is None:
        if is_surface and not region:
            return None, "the geometry has no closed outline that says where the part's face ends, so it needs a region"
        return MarkTarget(region, height_mm), ""
    openings = [one for one in face.openings if _meet(one, region)]
    whole, region = region, (*region, *openings)
    if painted.share_left(region) < _NOTHING:
        return None, "there is nothing of the part in its region"
    if is_surface and painted.sticks_out(region):
        return None, "its region reaches beyond the part's outline"
    if is_surface and painted.hides(whole, openings):
        return None, "a piece of the part stands in an opening of its region: give it a region of its own"
    if (on_part := painted.share_on_part(region)) < _MOSTLY:
        return None, f"only {100 * on_part:.0f} % of its region lies on the part"
    if is_surface:
        region = (*region, *_explained(region, regions, asked, painted))
        if painted.share_left(region) < _NOTHING:
            return None, "codes and texts of the order leave nothing of its region to look at"
    return MarkTarget(region, height_mm), ""


def _unreadable(c: Characteristic, alphabet: str | None) -> str:
    """Why no picture could ever be read."""
    if c.type is CharacteristicType.CODE and c.symbology not in SYMBOLOGIES:
        return f"this station does not know the symbology {c.symbology!r}"
    if c.type is CharacteristicType.TEXT and alphabet is not None:
        letters = unicodedata.normalize("NFC", c.expected)
        unknown = dict.fromkeys(letter for letter in letters if letter not in alphabet and not letter.isspace())
        if unknown:
            named = ", ".join(f"{letter!r}" for letter in list(unknown)[:5]) + (", …" if len(unknown) > 5 else "")
            return f"the text model does not know {named}"
    return ""


def _too_small(c: Characteristic, height_mm: float | None, mm_per_px: float) -> str:
    if c.max_defect_mm is not None and float(c.max_defect_mm) < LEAST_DEFECT_PX * mm_per_px:
        seen = float(c.max_defect_mm) / mm_per_px
        return (
            f"a defect of {c.max_defect_mm} mm is {seen:.1f} pixels of this camera, and what is smaller than "
            f"{LEAST_DEFECT_PX:g} cannot be told from noise"
        )
    if height_mm is not None and height_mm < LEAST_HEIGHT_PX * mm_per_px:
        return (
            f"letters {height_mm:.3g} mm high are {height_mm / mm_per_px:.1f} pixels of this camera, and smaller ones "
            f"than {LEAST_HEIGHT_PX:g} cannot be read"
        )
    return ""


def _too_large(region: Sequence[Floats], face: Facing) -> str:
    if not region:
        return ""
    wide, high = np.ptp(region[0], axis=0)
    (small, large), (short, long_) = sorted((wide, high)), sorted(face.field_mm)
    if math.hypot(small, large) <= math.hypot(short, long_) and small <= short:
        return ""
    return (
        f"its region ({wide:.4g} × {high:.4g} mm) is larger than the field of view "
        f"({face.field_mm[0]:.4g} × {face.field_mm[1]:.4g} mm)"
    )


def _height_mm(c: Characteristic) -> float | None:
    """Of the capitals: as ordered, or along an arc so that the text fills it."""
    if c.height_mm is not None or c.arc is None:
        return c.height_mm
    return c.arc.length_mm / (_ADVANCE * max(len(unicodedata.normalize("NFC", c.expected)) - 0.5, 0.5))


def _region(c: Characteristic, order: Order, face: Facing) -> tuple[Floats, ...]:
    """What the order says of where a mark is, as polygons; none: wherever the camera sees."""
    chord_mm = _CHORD_PX * face.mm_per_px
    if c.arc is not None:
        height_mm = _height_mm(c)
        assert height_mm is not None
        return (_sector(c.arc, height_mm, chord_mm),)
    if c.region is None:
        return _descending((*face.outer, *face.openings))
    if not isinstance(c.region, str):
        (x0, y0), (x1, y1) = c.region
        return (np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]),)
    feature = order.geometry.features[c.region]
    if isinstance(feature, CircleFeature):
        return (_circle(feature.center_mm, feature.diameter_mm / 2.0, chord_mm),)
    polygons = _descending(tuple(polygon(outline, chord_mm) for outline in outlines_of(feature) if outline.closed))
    # An opening by itself, as a region, is what lies inside of it.
    return polygons if not polygons or area_mm2(polygons[0]) > 0 else tuple(one[::-1] for one in polygons)


def _circle(center: Point, radius_mm: float, chord_mm: float) -> Floats:
    return polygon(Outline((ArcSegment(center, radius_mm, 0.0, 360.0),), True), chord_mm)


def _sector(arc: TextArc, height_mm: float, chord_mm: float) -> Floats:
    """The piece of a ring in which the letters of an arc stand, with some room around them: counter-clockwise."""
    above, below = (1.0 + _ABOVE) * height_mm, _BELOW * height_mm
    inner, outer = (above, below) if arc.inwards else (below, above)
    inner_mm, outer_mm = max(arc.radius_mm - inner, 0.02 * arc.radius_mm), arc.radius_mm + outer
    room = math.degrees(height_mm / arc.radius_mm)
    low, high = sorted((arc.start_deg, arc.end_deg))
    sweep = min(high - low + 2.0 * room, 359.9)
    start = (low + high - sweep) / 2.0
    out = ArcSegment(arc.center, outer_mm, start, sweep)
    back = ArcSegment(arc.center, inner_mm, start + sweep, -sweep)
    return np.concatenate([polygon(Outline((one,), False), chord_mm) for one in (out, back)])


def _explained(
    region: Sequence[Floats],
    regions: Mapping[str, tuple[Floats, ...]],
    asked: Sequence[Characteristic],
    painted: Painted,
) -> list[Floats]:
    """The regions of codes and texts that lie in that of a surface, clockwise: they are no defects. One that takes
    most of it says no more than where to look for the mark."""
    found = []
    for other in asked:
        own = regions[other.id]
        if other.type is CharacteristicType.SURFACE or not own or (other.region is None and other.arc is None):
            continue
        if painted.share_covered(region, own[0]) <= _MOSTLY:
            found.append(own[0][::-1])
    return found


def _descending(polygons: tuple[Floats, ...]) -> tuple[Floats, ...]:
    return tuple(sorted(polygons, key=lambda one: -abs(area_mm2(one))))


def _meet(one: Floats, region: Sequence[Floats]) -> bool:
    """Whether the boxes around an opening and a region meet, unless the region has it as its own."""
    if not region or any(one is own for own in region):
        return False
    return bool((one.max(axis=0) >= region[0].min(axis=0)).all() and (one.min(axis=0) <= region[0].max(axis=0)).all())

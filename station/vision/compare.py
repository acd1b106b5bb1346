"""What the picture shows that the drawing does not have: openings too many or missing, material too much or too little.

Picture and drawing become runs of pixels, and what they do not share is cut out run by run. Differences that stay
within `band_px` of the nominal outline are the business of the characteristics; what reaches deeper is reported with
its place and size. A good part costs one pass over its pixels, all else is in proportion to the contour; what is wrong
is measured where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from station.vision.components import Components, components
from station.vision.encode import encode
from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.runs import Integers, Runs, common, shared, united, whole_rows, without
from station.vision.view import View, view_of

Floats = NDArray[np.float64]

FAINT_BACKLIT = 0.25  # of the contrast: light shining through solid material is a crack however narrow
_LEAST_AREA_PX = 4.0
_RAGGED_PX = 40.0  # an opening that small and that near the outline is its ragged edge
_PIECE_SHARE = 0.02  # of the drawing: less is a speck
_MARGIN_PX = 24
_MOST = 1000  # of a kind: of more, the largest show well enough that this is no picture of such a part


class DifferenceKind(StrEnum):
    """What differs."""

    EXTRA_OPENING = "opening too many"
    MISSING_OPENING = "opening missing"
    EXTRA_MATERIAL = "material too much"
    MISSING_MATERIAL = "material missing"
    LOOSE_PIECE = "loose piece in an opening"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place: `where_px` (x, y) the middle of an opening or a loose piece, the deepest point of material too much or
    missing; `depth_px` how far it reaches from the nominal outline, `area_px`, and `opening` the number of the nominal
    opening that is missing (-1 otherwise)."""

    kind: DifferenceKind
    where_px: tuple[float, float]
    depth_px: float
    area_px: float
    opening: int = -1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences, deepest first; `openings_px` (n, 2) the middles of all openings seen and `pieces` how many pieces of
    material (specks left out of both)."""

    differences: tuple[Difference, ...]
    openings_px: Floats
    pieces: int


def compare(
    picture: Picture,
    field: Field,
    outer_px: tuple[Floats, ...],
    openings_px: tuple[Floats, ...],
    band_px: float,
    blur_px: float,
) -> Comparison:
    """Differences between the picture and polygons (n, 2) in pixels."""
    view = view_of(picture, outer_px, openings_px, _MARGIN_PX + int(band_px))
    if view is None:
        return Comparison((), np.zeros((0, 2)), 0)
    ideal = view.ideal
    material = _read(picture, field, view)
    pieces = components(material, corners=True)
    is_main = pieces.of == _main_piece(material, pieces, ideal.material)
    seen, others = material.only(is_main), material.only(~is_main)
    free = without(whole_rows(view.width + 1, view.height), seen)
    light = components(free, corners=False)
    lacking, _, of_ideal = common(free, ideal.material)
    is_opening = ~light.touching(view.width, view.height) & (light.area_px >= _LEAST_AREA_PX)
    in_drawing = shared(free, light.of, len(light.area_px), ideal.material)

    extra_openings = _extra_openings(view, free, light, is_opening & (in_drawing == light.area_px), blur_px)
    missing_openings = _missing_openings(view, seen, len(openings_px))
    if field.dark_part:
        lacking, of_ideal = _with_faint(picture, field, view, lacking, of_ideal, band_px + 3.0 * blur_px)
    missing = _deep_regions(view, DifferenceKind.MISSING_MATERIAL, lacking, of_ideal, ideal.material, band_px)
    extra, _, of_beside = common(seen, view.beside)
    material_too_much = _deep_regions(view, DifferenceKind.EXTRA_MATERIAL, extra, of_beside, view.beside, band_px)
    loose, _, of_beside = common(common(others, ideal.holes)[0], view.beside)
    loose_pieces = _deep_regions(view, DifferenceKind.LOOSE_PIECE, loose, of_beside, view.beside, band_px)

    found = extra_openings + missing_openings
    found += _apart_from(extra_openings, missing) + _apart_from(missing_openings, material_too_much)
    found += _apart_from(extra_openings, loose_pieces)
    found.sort(key=lambda d: -d.depth_px)
    is_piece = ~pieces.touching(view.width, view.height) & (
        pieces.area_px >= _PIECE_SHARE * float(ideal.material.length.sum())
    )
    return Comparison(
        tuple(found), light.middles[is_opening] + np.array([view.left, view.top]), int(np.count_nonzero(is_piece))
    )


def _read(picture: Picture, field: Field, view: View) -> Runs:
    """The pixels of material."""
    box = (view.left, view.top, view.left + view.width, view.top + view.height)
    if field.dark_part:
        return encode(picture.grey, box, _just_below(field.threshold), above=False)
    return encode(picture.grey, box, field.threshold, above=True)


def _just_below(level: float) -> float:
    """What is not below `level` is above this."""
    return float(np.nextafter(np.float32(level), np.float32(-np.inf)))


def _main_piece(material: Runs, pieces: Components, drawing: Runs) -> int:
    """The number of the connected material that covers most of the drawing; -1 without any."""
    covered = shared(material, pieces.of, len(pieces.area_px), drawing)
    return int(covered.argmax()) if covered.any() else -1


def _extra_openings(
    view: View, free: Runs, light: Components, alone: NDArray[np.bool_], blur_px: float
) -> list[Difference]:
    """Openings that nothing of the drawing's own touches."""
    found = []
    middles = light.middles
    for k, here in _members(light.of, _largest(np.flatnonzero(alone), light.area_px)):
        area = float(light.area_px[k])
        _, depth = view.deepest(free.only(here))
        if depth > blur_px + 1.0 or area > _RAGGED_PX:
            found.append(Difference(DifferenceKind.EXTRA_OPENING, view.shifted(middles[k]), depth, area))
    return found


def _missing_openings(view: View, seen: Runs, count: int) -> list[Difference]:
    """Openings of the drawing that are filled by more than half."""
    holes, opening = view.ideal.holes, view.ideal.opening
    # The first bin is for what lies in no opening that has a number.
    covered = shared(holes, opening + np.int32(1), count + 1, seen)[1:]
    size = shared(holes, opening + np.int32(1), count + 1, holes)[1:]
    found = []
    for number, here in _members(opening, np.flatnonzero(covered > 0.5 * size)):
        where, depth = view.deepest(holes.only(here))
        found.append(Difference(DifferenceKind.MISSING_OPENING, where, depth, float(size[number]), number))
    return found


def _with_faint(
    picture: Picture, field: Field, view: View, lacking: Runs, of_ideal: Integers, depth_px: float
) -> tuple[Runs, Integers]:
    """Through a backlit part even faint light counts as material missing, clear of the outline's blur."""
    drawing = view.ideal.material
    deep = view.deeper(
        *view.faint(picture, field.part_level + FAINT_BACKLIT * field.contrast, depth_px), drawing, depth_px
    )[0]
    if len(deep) == 0:
        return lacking, of_ideal
    region, _, of = common(united(lacking, deep, drawing), drawing)
    return region, of


def _deep_regions(
    view: View, kind: DifferenceKind, region: Runs, of: Integers, shape: Runs, band_px: float
) -> list[Difference]:
    """Connected parts of `region` that reach deeper than `band_px` into `shape`, of which it is a part."""
    _, deep = view.deeper(region, of, shape, band_px)
    if len(deep) == 0:
        return []
    parts = components(region, corners=False)
    middles = parts.middles
    reaching = np.unique(parts.of[deep])
    wanted = _largest(reaching[parts.area_px[reaching] >= _LEAST_AREA_PX], parts.area_px)
    found = []
    for k, here in _members(parts.of, wanted):
        where, depth = view.deepest(region.only(here))
        at = view.shifted(middles[k]) if kind is DifferenceKind.LOOSE_PIECE else where
        found.append(Difference(kind, at, depth, float(parts.area_px[k])))
    return found


def _largest(wanted: NDArray[np.intp] | Integers, area_px: Integers) -> NDArray[np.intp] | Integers:
    """The numbers of the wanted components, of very many those of the largest, in order."""
    if len(wanted) <= _MOST:
        return wanted
    return wanted[np.sort(np.argsort(-area_px[wanted], kind="stable")[:_MOST])]


def _members(of: Integers, wanted: NDArray[np.intp] | Integers) -> list[tuple[int, NDArray[np.intp]]]:
    """For each of the wanted components the numbers of its runs."""
    if len(wanted) == 0:
        return []
    order = np.argsort(of, kind="stable")
    first, last = (np.searchsorted(of[order], wanted, side=side) for side in ("left", "right"))
    return [(int(k), order[a:b]) for k, a, b in zip(wanted, first, last, strict=True)]


def _apart_from(known: list[Difference], found: list[Difference]) -> list[Difference]:
    """Those of `found` that are not one of the `known` seen in another way."""
    if not known:
        return found
    places, reach = np.array([d.where_px for d in known]), np.array([d.depth_px for d in known]) + 2.0
    return [d for d in found if not (np.hypot(*(places - d.where_px).T) < reach).any()]

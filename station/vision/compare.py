"""What the picture shows that the drawing does not have: openings too many or missing, material too much or too little.

Picture and drawing become runs of pixels, and what they do not share is cut out run by run. Differences that stay
within `band_px` of the nominal outline are the business of the characteristics; what reaches deeper is reported with
its place and size. A good part costs one pass over its pixels, all else is in proportion to the contour; what is wrong
is measured where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from station.vision.depth import Segments, deeper, deepest, inner, segments_of, surrounded
from station.vision.field import Field
from station.vision.ideal import Ideal, Outlines, drawn, outlines_px
from station.vision.picture import Picture
from station.vision.runs import (
    Components,
    Integers,
    Runs,
    common,
    components,
    encode,
    encode_within,
    shared,
    united,
    whole_rows,
    without,
)

Floats = NDArray[np.float64]

FAINT_BACKLIT = 0.25  # of the contrast: light shining through solid material is a crack however narrow
_LEAST_AREA_PX = 4.0
_RAGGED_PX = 40.0  # an opening that small and that near the outline is its ragged edge
_PIECE_SHARE = 0.02  # of the drawing: less is a speck
_MARGIN_PX = 24
_MOST = 1000  # of a kind: of more, the largest show well enough that this is no picture of such a part
_PIXEL_PX = 0.5  # a pixel reaches that far beyond its middle


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


@dataclass(frozen=True)
class _View:
    """The part of the picture that is compared, from its pixel (`left`, `top`), and the drawing in it: `beside` is all
    that the drawing leaves free."""

    left: int
    top: int
    width: int
    height: int
    ideal: Ideal
    beside: Runs
    outlines: Outlines

    @cached_property
    def segments(self) -> Segments:
        """Only what is wrong asks for exact distances."""
        return segments_of(self.outlines, (self.left, self.top), self.width, self.height)

    def deepest(self, runs: Runs) -> tuple[tuple[float, float], float]:
        """The place (x, y) in the picture farthest from the outline, and how far."""
        where, depth = deepest(runs, self.segments)
        return self.shifted(where), depth + _PIXEL_PX

    def faint(self, picture: Picture, level: float, depth_px: float) -> tuple[Runs, Integers]:
        """The pixels above `level` that may lie deeper than that in the drawing's material, and the number of the run
        of material that holds each piece."""
        inside, number = inner(self.ideal.material, int(depth_px - _PIXEL_PX))
        light, of = encode_within(picture.grey, (self.left, self.top), level, inside)
        return light, number[of]

    def deeper(self, runs: Runs, of: Integers, shape: Runs, depth_px: float) -> tuple[Runs, Integers]:
        """The pixels that reach deeper than that into `shape`, and the number of the run each piece comes from."""
        limit = depth_px - _PIXEL_PX
        candidates, number = surrounded(runs, of, shape, int(limit), self.height)
        if len(candidates) == 0:
            return candidates, number
        deep, of_candidate = deeper(candidates, limit, self.segments)
        return deep, number[of_candidate]

    def shifted(self, where: Floats | tuple[float, float]) -> tuple[float, float]:
        """From the view to the picture."""
        return float(where[0]) + self.left, float(where[1]) + self.top


def compare(
    picture: Picture,
    field: Field,
    outer_px: tuple[Floats, ...],
    openings_px: tuple[Floats, ...],
    band_px: float,
    blur_px: float,
) -> Comparison:
    """Differences between the picture and polygons (n, 2) in pixels."""
    view = _view_of(picture, outer_px, openings_px, _MARGIN_PX + int(band_px))
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


def _view_of(
    picture: Picture, outer_px: tuple[Floats, ...], openings_px: tuple[Floats, ...], margin_px: int
) -> _View | None:
    """The drawing's box with a margin, as far as the picture goes; None where the drawing is not in it at all."""
    outlines = outlines_px(outer_px, openings_px)
    around = outlines.points_px[: outlines.first[len(outer_px)]]
    left, top = (max(int(v) - margin_px, 0) for v in np.floor(around.min(axis=0)))
    right, bottom = (int(v) + margin_px + 1 for v in np.ceil(around.max(axis=0)))
    width, height = min(right, picture.width_px) - left, min(bottom, picture.height_px) - top
    if width <= 0 or height <= 0:
        return None
    ideal = drawn(outlines, (left, top), width, height)
    beside = without(whole_rows(width + 1, height), ideal.material)
    return _View(left, top, width, height, ideal, beside, outlines)


def _read(picture: Picture, field: Field, view: _View) -> Runs:
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
    view: _View, free: Runs, light: Components, alone: NDArray[np.bool_], blur_px: float
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


def _missing_openings(view: _View, seen: Runs, count: int) -> list[Difference]:
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
    picture: Picture, field: Field, view: _View, lacking: Runs, of_ideal: Integers, depth_px: float
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
    view: _View, kind: DifferenceKind, region: Runs, of: Integers, shape: Runs, band_px: float
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

"""What the picture shows that the drawing does not have: openings too many or missing, material too much or too little.

The nominal silhouette is drawn at the part's pose and compared pixel by pixel. Differences that stay within `band_px`
of the nominal outline are the business of the characteristics; what reaches deeper is reported with its place and size.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.field import Field
from station.vision.picture import Picture

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

FAINT_BACKLIT = 0.25  # of the contrast: light shining through solid material is a crack however narrow
_LEAST_AREA_PX = 4.0
_MARGIN_PX = 24


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
    everything = np.concatenate(outer_px)
    low = np.maximum(np.floor(everything.min(axis=0)).astype(int) - _MARGIN_PX - int(band_px), 0)
    high = np.ceil(everything.max(axis=0)).astype(int) + _MARGIN_PX + int(band_px) + 1
    view = picture.grey[low[1] : high[1], low[0] : high[0]]
    if view.size == 0:
        return Comparison((), np.zeros((0, 2)), 0)
    ideal = _draw(view.shape, [(p - low) for p in outer_px], [(p - low) for p in openings_px])
    dark = view if field.dark_part else -view
    threshold = field.threshold if field.dark_part else -field.threshold
    material = (dark < threshold).astype(np.uint8)
    seen = _main_piece(material, ideal)
    inside = np.asarray(cv2.distanceTransform(ideal, cv2.DIST_L2, 5), np.float32)
    outside = np.asarray(cv2.distanceTransform(1 - ideal, cv2.DIST_L2, 5), np.float32)
    found: list[Difference] = []
    count, labels, stats = _label(1 - seen)
    background = _border_labels(labels)
    openings = [k for k in range(1, count) if k not in background and stats[k, cv2.CC_STAT_AREA] >= _LEAST_AREA_PX]
    touched = set(np.unique(labels[ideal == 0]).tolist())
    for k in openings:
        if k not in touched:
            area = float(stats[k, cv2.CC_STAT_AREA])
            # Inside the band a spot that small is a ragged edge, not an opening.
            _, depth = _deepest(labels == k, inside)
            if depth > blur_px + 1.0 or area > 40.0:
                middle = _shift(_middle(stats[k]), low)
                found.append(Difference(DifferenceKind.EXTRA_OPENING, middle, depth, area))
    for number, polygon in enumerate(openings_px):
        hole = _draw(view.shape, [polygon - low], [])
        hole &= 1 - ideal
        size = int(hole.sum())
        if size and float((seen & hole).sum()) > 0.5 * size:
            where, depth = _deepest(hole > 0, outside)
            found.append(Difference(DifferenceKind.MISSING_OPENING, _shift(where, low), depth, float(size), number))
    missing_openings = [d for d in found if d.kind is DifferenceKind.MISSING_OPENING]
    extra_openings = [d for d in found if d.kind is DifferenceKind.EXTRA_OPENING]
    for kind, region, depth_map in (
        (DifferenceKind.MISSING_MATERIAL, _missing(dark, seen, ideal, field, inside, band_px, blur_px), inside),
        (DifferenceKind.EXTRA_MATERIAL, seen & (1 - ideal), outside),
        (DifferenceKind.LOOSE_PIECE, material & (1 - seen) & (1 - ideal) & _filled(view.shape, outer_px, low), outside),
    ):
        for difference in _deep_regions(kind, region, depth_map, band_px, low):
            known = missing_openings if kind is DifferenceKind.EXTRA_MATERIAL else extra_openings
            if not any(np.hypot(*np.subtract(d.where_px, difference.where_px)) < d.depth_px + 2.0 for d in known):
                found.append(difference)
    found.sort(key=lambda d: -d.depth_px)
    middles = np.array([_middle(stats[k]) for k in openings]).reshape(-1, 2) + low
    return Comparison(tuple(found), middles, _pieces(material, ideal))


def _middle(stat: NDArray[np.int32]) -> tuple[float, float]:
    """Middle of a component's bounding box."""
    x, y, w, h = (float(stat[i]) for i in range(4))
    return x + (w - 1.0) / 2.0, y + (h - 1.0) / 2.0


def _pieces(material: Bytes, ideal: Bytes) -> int:
    """Pieces of material that are no specks: at least a fiftieth of the drawing, and not cut by the view's border."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(material, connectivity=8)
    border = _border_labels(np.asarray(labels, np.int32))
    least = 0.02 * float(ideal.sum())
    return sum(1 for k in range(1, count) if k not in border and stats[k, cv2.CC_STAT_AREA] >= least)


def _missing(
    dark: NDArray[np.float32],
    seen: Bytes,
    ideal: Bytes,
    field: Field,
    inside: NDArray[np.float32],
    band: float,
    blur: float,
) -> Bytes:
    """Where material should be and is not; through a backlit part even faint light counts, clear of the outline's
    blur.
    """
    region = ideal & (1 - seen)
    if field.dark_part:
        faint = dark > field.part_level + FAINT_BACKLIT * field.contrast
        region = region | (faint & (inside > band + 3.0 * blur)).astype(np.uint8)
    return region


def _deep_regions(
    kind: DifferenceKind, region: Bytes, depth_map: NDArray[np.float32], band_px: float, low: NDArray[np.intp]
) -> list[Difference]:
    """Connected parts of `region` that reach deeper than `band_px`."""
    if not (region & (depth_map > band_px).astype(np.uint8)).any():
        return []
    count, labels, stats = _label(region)
    found = []
    for k in range(1, count):
        area = float(stats[k, cv2.CC_STAT_AREA])
        if area < _LEAST_AREA_PX:
            continue
        x, y, w, h = (int(stats[k, i]) for i in range(4))
        part = labels[y : y + h, x : x + w] == k
        where, depth = _deepest(part, depth_map[y : y + h, x : x + w])
        if depth > band_px:
            at = _middle(stats[k]) if kind is DifferenceKind.LOOSE_PIECE else (where[0] + x, where[1] + y)
            found.append(Difference(kind, _shift(at, low), depth, area))
    return found


def _draw(shape: tuple[int, ...], outer: list[Floats], openings: list[Floats]) -> Bytes:
    canvas = np.zeros(shape, np.uint8)
    nested = [(p, 1) for p in outer] + [(p, 0) for p in openings]
    nested.sort(key=lambda item: -float(np.prod(np.ptp(item[0], axis=0))))
    for points, level in nested:
        fixed = np.rint(points * 16.0).astype(np.int32)
        cv2.fillPoly(canvas, [fixed.reshape(-1, 1, 2)], level, shift=4)
    return canvas


def _filled(shape: tuple[int, ...], outer_px: tuple[Floats, ...], low: NDArray[np.intp]) -> Bytes:
    return _draw(shape, [p - low for p in outer_px], [])


def _label(mask: Bytes) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    return count, np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _main_piece(material: Bytes, ideal: Bytes) -> Bytes:
    """The connected material that covers most of the drawing."""
    count, labels, _, _ = cv2.connectedComponentsWithStats(material, connectivity=8)
    votes = np.bincount(np.asarray(labels)[ideal > 0].ravel(), minlength=count)
    votes[0] = 0
    if votes.sum() == 0:
        return np.zeros_like(material)
    return np.asarray(np.asarray(labels) == int(votes.argmax())).astype(np.uint8)


def _border_labels(labels: NDArray[np.int32]) -> set[int]:
    return set(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]).tolist())


def _deepest(mask: NDArray[np.bool_], depth_map: NDArray[np.float32]) -> tuple[tuple[float, float], float]:
    depth = np.where(mask, depth_map, -1.0)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return (float(column), float(row)), float(depth[row, column])


def _shift(where: tuple[float, float], low: NDArray[np.intp]) -> tuple[float, float]:
    return where[0] + float(low[0]), where[1] + float(low[1])

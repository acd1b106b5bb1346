"""Edges of any silhouette, without a drawing: stretches of its contours, placed and measured by the vision core.

The contours of the first look stand within a block of the edges. They are smoothed and cut into stretches that keep
away from corners, from the border and from one another; the core finds the edges along them, a parabola through what
was found gives the normals, and the core looks once more. What is learnt is how sharp edges are and where they lie,
not what the part measures.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from station.vision.edges import find_edges
from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.pieces import Piece, pieces_of
from station.vision.probe import Edges, Probes

Floats = NDArray[np.float64]

LENGTH_PX = 64  # about, of a stretch
LEAST_PX = 32
_SMOOTH_PX = 6.0
_BEND_PER_PX = 1.0 / 40.0  # a contour that bends more is a corner
_BORDER_PX = 12.0
_SEARCH_PX = 12.0
_FAR_PX = 60.0  # beyond, the next edge does not matter
_LEAST_FOUND = 0.8
_STRAIGHT_PX = 3.0  # of a first contour about its parabola


@dataclass(frozen=True, slots=True)
class Stretch:
    """A smooth piece of edge: its middle (px), the direction of its normal out of the material (degrees in pixel axes,
    x right and y down), its length, the core's edge spread (Gaussian sigma of lens and pixel, px) and its curvature
    (1/px, positive where the material is convex)."""

    x_px: float
    y_px: float
    normal_deg: float
    length_px: float
    sigma_px: float
    curvature_per_px: float
    free_px: float


def stretches_of(picture: Picture, field: Field, sigma_px: float = 1.5) -> tuple[tuple[Stretch, ...], Probes]:
    """All stretches of edge in a picture, and the probes (one run for each) that stand on them."""
    pieces = pieces_of(field, 40.0 * field.decimation**2)
    rough = [run for piece in pieces for run in _runs(piece, picture, field)]
    if not rough:
        return (), _probes([], field)
    probes = _probes(rough, field)
    for _ in range(2):
        edges = find_edges(picture, field, probes, sigma_px, _SEARCH_PX)
        better = _settled(probes, edges)
        if not better:
            return (), _probes([], field)
        probes = _probes(better, field)
    edges = find_edges(picture, field, probes, sigma_px, _SEARCH_PX)
    found = []
    kept = []
    for number, (first, last) in enumerate(zip(probes.runs[:-1], probes.runs[1:], strict=True)):
        here = slice(int(first), int(last))
        if edges.found[here].mean() < _LEAST_FOUND:
            continue
        kept.append(better[number])
        middle = (here.start + here.stop) // 2
        nx, ny = probes.normals[middle]
        found.append(
            Stretch(
                x_px=float(probes.points_px[middle, 0]),
                y_px=float(probes.points_px[middle, 1]),
                normal_deg=float(np.degrees(np.arctan2(ny, nx))),
                length_px=float(here.stop - here.start),
                sigma_px=float(np.median(edges.sigma_px[here][edges.found[here]])),
                curvature_per_px=float(probes.curvature_per_px[middle]),
                free_px=float(min(probes.free_in_px[here].min(), probes.free_out_px[here].min())),
            )
        )
    return tuple(found), _probes(kept, field)


@dataclass(frozen=True, slots=True)
class _Run:
    """Points (n, 2) a pixel apart, unit normals out of the material, and one curvature."""

    points: Floats
    normals: Floats
    curvature: float


def _runs(piece: Piece, picture: Picture, field: Field) -> list[_Run]:
    """Stretches of a piece's contours."""
    found = []
    for contour in (piece.outer_px, *piece.openings_px):
        line = _even(contour)
        if len(line) < LEAST_PX:
            continue
        line = gaussian_filter1d(line, _SMOOTH_PX, axis=0, mode="wrap")
        along = np.gradient(line, axis=0)
        speed = np.maximum(np.hypot(*along.T), 1e-9)
        normals = np.column_stack([along[:, 1], -along[:, 0]]) / speed[:, None]
        if _is_material(line + 2.0 * field.decimation * normals, field).mean() > 0.5:
            normals = -normals
        bend = np.gradient(np.unwrap(np.arctan2(along[:, 1], along[:, 0]))) / speed
        smooth = np.abs(gaussian_filter1d(bend, _SMOOTH_PX, mode="nearest")) < _BEND_PER_PX
        x, y = line.T
        smooth &= (x > _BORDER_PX) & (x < picture.width_px - 1 - _BORDER_PX)
        smooth &= (y > _BORDER_PX) & (y < picture.height_px - 1 - _BORDER_PX)
        # Beside a corner the contour is rounded by its smoothing.
        smooth = np.asarray(cv2.erode(smooth.astype(np.uint8)[:, None], np.ones((15, 1), np.uint8)))[:, 0] > 0
        edges = np.flatnonzero(np.diff(np.concatenate([[0], smooth.astype(np.int8), [0]])))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            pieces = max((last - first) // LENGTH_PX, 1) if last - first >= LEAST_PX else 0
            for k in range(pieces):
                begin = first + k * (last - first) // pieces
                end = first + (k + 1) * (last - first) // pieces
                run = _parabola(line[begin:end], normals[begin:end])
                if run is not None:
                    found.append(run)
    return found


def _is_material(points: Floats, field: Field) -> NDArray[np.bool_]:
    k = field.decimation
    column, row = np.rint((points - 0.5 * (k - 1)) / k).astype(int).T
    height, width = field.material.shape
    return np.asarray(field.material[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)])


def _even(contour: Floats) -> Floats:
    """A closed contour in steps of about a pixel."""
    closed = np.vstack([contour, contour[:1]])
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0.0, way[-1], max(int(way[-1]), 1), endpoint=False)
    return np.column_stack([np.interp(at, way, closed[:, k]) for k in (0, 1)])


def _parabola(points: Floats, normals: Floats, most_px: float = _STRAIGHT_PX) -> _Run | None:
    """The parabola through points in the frame of their chord, sampled every pixel; None where they are no such arc."""
    middle = points.mean(axis=0)
    normal = normals.mean(axis=0)
    normal = normal / max(float(np.hypot(*normal)), 1e-9)
    tangent = np.array([-normal[1], normal[0]])
    s, h = (points - middle) @ tangent, (points - middle) @ normal
    if float(np.ptp(s)) < 16.0:
        return None
    c = np.polynomial.polynomial.polyfit(s, h, 2)
    off = h - np.polynomial.polynomial.polyval(s, c)
    near = np.abs(off) <= max(3.0 * 1.4826 * float(np.median(np.abs(off))), 0.02)
    c = np.polynomial.polynomial.polyfit(s[near], h[near], 2)
    if float(np.abs(h[near] - np.polynomial.polynomial.polyval(s[near], c)).max()) > most_px:
        return None
    at = np.arange(float(s.min()), float(s.max()), 1.0)
    slope = c[1] + 2.0 * c[2] * at
    line = middle + at[:, None] * tangent + np.polynomial.polynomial.polyval(at, c)[:, None] * normal
    out = (normal - slope[:, None] * tangent) / np.hypot(1.0, slope)[:, None]
    return _Run(line, out, -2.0 * float(c[2]))


def _settled(probes: Probes, edges: Edges) -> list[_Run]:
    """The stretches moved to the edges that were found."""
    settled = []
    for first, last in zip(probes.runs[:-1], probes.runs[1:], strict=True):
        here = slice(int(first), int(last))
        found = edges.found[here]
        if found.mean() < 0.5:
            continue
        normals = probes.normals[here][found]
        run = _parabola(probes.points_px[here][found] + edges.offset_px[here][found][:, None] * normals, normals, 1.0)
        if run is not None:
            settled.append(run)
    return settled


def _probes(runs: list[_Run], field: Field) -> Probes:
    """All stretches as probes, with the room that the first look leaves them."""
    if not runs:
        empty, none = np.zeros((0, 2)), np.zeros(0)
        return Probes(empty, empty, none, none, none, none, none, np.zeros(1, np.intp), np.zeros(0, np.bool_))
    points = np.vstack([run.points for run in runs])
    normals = np.vstack([run.normals for run in runs])
    counts = [len(run.points) for run in runs]
    (reach_in, free_in), (reach_out, free_out) = (_room(points, s * normals, field, s < 0.0) for s in (-1.0, 1.0))
    return Probes(
        points_px=np.ascontiguousarray(points),
        normals=np.ascontiguousarray(normals),
        curvature_per_px=np.repeat([run.curvature for run in runs], counts),
        reach_in_px=reach_in,
        reach_out_px=reach_out,
        free_in_px=free_in,
        free_out_px=free_out,
        runs=np.concatenate([[0], np.cumsum(counts)]).astype(np.intp),
        closed=np.zeros(len(runs), np.bool_),
    )


def _room(points: Floats, directions: Floats, field: Field, material: bool) -> tuple[Floats, Floats]:
    """How far it is to the next edge along `directions`, and how wide a disc there touches no other (px each)."""
    k = field.decimation
    here = field.material if material else ~field.material
    depth = cv2.distanceTransform(np.ascontiguousarray(here).view(np.uint8), cv2.DIST_L2, 5) * k
    reach, free = np.full(len(points), _FAR_PX), np.full(len(points), _FAR_PX)
    step = max(1.0, 0.5 * k)
    walking = np.ones(len(points), bool)
    inside = np.ones(len(points), bool)
    for t in np.arange(2.0 * k + 1.0, _FAR_PX, step):
        column, row = np.rint((points + t * directions - 0.5 * (k - 1)) / k).astype(int).T
        within = (column >= 0) & (row >= 0) & (column < here.shape[1]) & (row < here.shape[0])
        column, row = np.clip(column, 0, here.shape[1] - 1), np.clip(row, 0, here.shape[0] - 1)
        # Towards the border nothing is known, so nothing is in the way.
        there = np.where(within, here[row, column], True)
        reach[walking & ~there] = t
        walking &= there
        touching = np.where(within, depth[row, column] > t - 1.5 * k - 1.0, True)
        free[inside & ~touching] = 2.0 * t
        inside &= touching
    return reach, np.minimum(free, _FAR_PX)

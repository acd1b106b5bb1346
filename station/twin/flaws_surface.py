"""Defects of surfaces, drawn into a face's gain, with the pixels that each of them truly covers.

`draw_defect` puts one kind at a place in a size and a contrast that somebody chose; `any_defect` chooses them as they
are met. Contrasts are fractions of the face's level.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from station.twin.grain import Floats, along_lay, cloudy, soft
from station.twin.strokes import Points, blob, cover_path, cover_polygon, wander

COVERED = 0.35  # of a pixel, and it belongs to the defect


class DefectKind(StrEnum):
    """What went wrong."""

    CRACK = "crack"
    SCRATCH = "scratch"
    HOLE = "hole"
    PITS = "pits"
    BREAK = "break"
    STAIN = "stain"
    DENT = "dent"
    GOUGE = "gouge"
    BURR = "burr"


SHARES = {
    DefectKind.CRACK: 0.24,
    DefectKind.SCRATCH: 0.15,
    DefectKind.HOLE: 0.19,
    DefectKind.PITS: 0.08,
    DefectKind.BREAK: 0.15,
    DefectKind.STAIN: 0.05,
    DefectKind.DENT: 0.06,
    DefectKind.GOUGE: 0.05,
    DefectKind.BURR: 0.03,
}


@dataclass(frozen=True, slots=True)
class Defect:
    """Where (x, y), how large (the largest extent) and how strong; `lay_rad` is the face's."""

    kind: DefectKind
    center_px: tuple[float, float]
    size_px: float
    contrast: float
    lay_rad: float = 0.0


@dataclass(frozen=True, slots=True)
class Flawed:
    """The gain (h, w) with the defect in it, and the pixels (h, w) that it covers."""

    gain: Floats
    mask: NDArray[np.bool_]


def any_defect(rng: np.random.Generator, shape: tuple[int, int], grain: float, lay_rad: float) -> Defect:
    """A defect as they are met on a face of this grain: strong enough to stand out from it."""
    kind = list(SHARES)[int(rng.choice(len(SHARES), p=np.array(list(SHARES.values()))))]
    side = min(shape)
    match kind:
        case DefectKind.CRACK:
            size = rng.uniform(0.1, 1.0) * side
        case DefectKind.SCRATCH:
            size = rng.uniform(0.08, 1.1) * side
        case DefectKind.HOLE:
            size = 2.0 * rng.lognormal(1.2, 0.5)
        case DefectKind.PITS:
            size = rng.uniform(10.0, 60.0)
        case DefectKind.BREAK:
            size = 2.5 * rng.lognormal(2.6, 0.6)
        case DefectKind.STAIN:
            size = 2.5 * rng.lognormal(2.7, 0.5)
        case DefectKind.DENT:
            size = 2.0 * rng.lognormal(2.0, 0.5)
        case DefectKind.GOUGE:
            size = rng.uniform(0.05, 0.3) * side
        case DefectKind.BURR:
            size = rng.uniform(0.1, 0.7) * side
    height, width = shape
    x, y = rng.uniform(0.0, width), rng.uniform(0.0, height)
    if rng.random() < (0.8 if kind is DefectKind.BREAK else 0.15):  # parts break, and cracks begin, at their sides
        x, y = ((0.1, y), (0.9 * width, y), (x, 0.1 * height), (x, 0.9 * height))[int(rng.integers(0, 4))]
    contrast = min(max(rng.uniform(0.14, 0.6), rng.uniform(2.0, 4.0) * grain), 0.9)
    return Defect(kind, (float(x), float(y)), max(float(size), 3.0), float(contrast), lay_rad)


def draw_defect(rng: np.random.Generator, gain: Floats, defect: Defect) -> Flawed:
    """The defect multiplied into a face's gain. Its form is random, its largest extent about `size_px`."""
    flawed, cover = _DRAWN[defect.kind](rng, gain, defect)
    return Flawed(np.maximum(flawed, 0.0).astype(np.float32), cover > COVERED)


def _crack(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """Dark, narrow, wandering, tapering to its ends; some fork; many follow the lay."""
    direction = defect.lay_rad + rng.normal(0.0, 0.2) if rng.random() < 0.4 else rng.uniform(0.0, 2.0 * math.pi)
    path = wander(rng, defect.size_px, rng.uniform(0.15, 0.5), defect.center_px, direction)
    ends = [rng.uniform(0.25, 1.0), 1.0, rng.uniform(0.25, 1.0)]
    ragged = np.exp(0.3 * ndimage.gaussian_filter1d(rng.standard_normal(len(path)), 2.0))
    taper = np.interp(np.linspace(0.0, 1.0, len(path)), [0.0, 0.5, 1.0], ends) * ragged
    width = rng.lognormal(0.4, 0.5)
    cover = cover_path(gain.shape, path, width, taper)
    if rng.random() < 0.3:
        at = path[int(rng.integers(0, len(path)))]
        fork = wander(rng, defect.size_px * rng.uniform(0.1, 0.4), rng.uniform(0.1, 0.5), (0.0, 0.0))
        cover = np.maximum(cover, cover_path(gain.shape, fork - fork[0] + at, 0.7 * width))
    out = gain * (1.0 - np.clip(defect.contrast * rng.uniform(0.8, 1.6), 0.15, 0.9) * cover)
    if rng.random() < 0.3:
        out = out * (1.0 + rng.uniform(0.05, 0.3) * _beside(cover, rng))
    return out, cover


def _scratch(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """A nearly straight line across the lay, bright or dark, with a lip beside it."""
    direction = defect.lay_rad + rng.choice([-1.0, 1.0]) * rng.uniform(0.15, math.pi - 0.15)
    path = wander(rng, defect.size_px, rng.uniform(0.0, 0.06), defect.center_px, direction)
    cover = cover_path(gain.shape, path, rng.lognormal(0.25, 0.5))
    sign = rng.choice([-1.0, 1.0])
    depth = min(defect.contrast, 0.7) * np.clip(0.8 + 0.2 * along_lay(rng, gain.shape, 3.0, 3.0, 0.0), 0.3, 1.2)
    out = gain * (1.0 + sign * depth * cover)
    if rng.random() < 0.4:
        out = out * (1.0 - 0.5 * sign * defect.contrast * _beside(cover, rng))
    return out, cover


def _hole(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """A pore: dark, with a rim that shines on the side of the lamp."""
    stretch = rng.uniform(1.0, 2.5)
    outline = blob(rng, 1.0, rng.uniform(0.05, 0.3), stretch, (0.0, 0.0))
    return _pore(rng, gain, cover_polygon(gain.shape, _sized(outline, defect)), defect.contrast)


def _pits(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """Several small pores close together."""
    cover = np.zeros_like(gain)
    for _ in range(int(rng.integers(2, 8))):
        at = rng.normal(defect.center_px, defect.size_px / 4.0)
        radius = min(rng.lognormal(0.6, 0.4), defect.size_px / 4.0)
        pit = blob(rng, radius, rng.uniform(0.05, 0.3), rng.uniform(1.0, 2.0), (float(at[0]), float(at[1])))
        cover = np.maximum(cover, cover_polygon(gain.shape, pit))
    return _pore(rng, gain, cover, defect.contrast)


def _pore(rng: np.random.Generator, gain: Floats, cover: Floats, contrast: float) -> tuple[Floats, Floats]:
    depth = np.clip(contrast * rng.uniform(0.8, 1.8), 0.2, 0.95)
    out = gain * (1.0 - depth * soft(cover, rng.uniform(0.3, 1.0)))
    if rng.random() < 0.5:
        rim = np.clip(soft(cover, 1.5) - 0.5 * cover, 0.0, 1.0)
        out = out * (1.0 + rng.uniform(0.1, 0.6) * _moved(rim, *rng.uniform(-3.0, 3.0, 2)) * (1.0 - cover))
    return out, cover


def _break(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """Material broken out: a rough fracture of another level, often with a bright or dark edge."""
    outline = blob(rng, 1.0, rng.uniform(0.1, 0.35), rng.uniform(1.0, 2.5), (0.0, 0.0))
    cover = cover_polygon(gain.shape, _sized(outline, defect))
    rough = np.maximum(1.0 + rng.uniform(0.03, 0.15) * cloudy(rng, gain.shape, rng.uniform(1.0, 2.2)), 0.1)
    level = 1.0 + rng.choice([-1.0, 1.0], p=[0.7, 0.3]) * max(0.8 * defect.contrast, 0.1)
    if rng.random() < 0.3:  # one side lies deeper
        turn = rng.uniform(0.0, 2.0 * math.pi)
        level = level * (1.0 + rng.uniform(0.0, 0.4) * np.tanh(_slope(gain.shape, defect, turn)))
    out = gain * (1.0 - cover) + cover * soft(gain, 6.0) * level * rough
    if rng.random() < 0.6:
        edge = soft(np.clip(4.0 * cover * (1.0 - cover), 0.0, 1.0), 0.7)
        out = out * (1.0 + rng.choice([-1.0, 1.0]) * rng.uniform(0.1, 0.5) * edge)
    return out, cover


def _stain(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """A patch of another level that has an edge; the finish shows through, or is dulled."""
    outline = blob(rng, 1.0, rng.uniform(0.1, 0.4), rng.uniform(1.0, 3.0), (0.0, 0.0))
    cover = cover_polygon(gain.shape, _sized(outline, defect))
    patch = soft(cover, rng.uniform(0.5, 2.0))
    out = gain * (1.0 + rng.choice([-1.0, 1.0], p=[0.7, 0.3]) * np.clip(defect.contrast, 0.15, 0.5) * patch)
    if rng.random() < 0.5:
        out = soft(out, 1.0) * patch + out * (1.0 - patch)
    return out, cover


def _dent(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """A smooth hollow: bright where it leans to the lamp, dark where it leans away."""
    outline = blob(rng, 1.0, 0.12, rng.uniform(1.0, 1.8), (0.0, 0.0))
    cover = cover_polygon(gain.shape, _sized(outline, defect))
    return gain * (1.0 + max(defect.contrast, 0.25) * _relief(rng, soft(cover, 0.15 * defect.size_px))), cover


def _gouge(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """A short broad groove with lips."""
    path = wander(rng, defect.size_px, 0.05, defect.center_px)
    cover = cover_path(gain.shape, path, min(rng.uniform(2.5, 7.0), 0.5 * defect.size_px + 1.0))
    relief = _relief(rng, soft(cover, 1.2))
    return gain * (1.0 + defect.contrast * relief - rng.uniform(0.0, 0.4) * cover), cover


def _burr(rng: np.random.Generator, gain: Floats, defect: Defect) -> tuple[Floats, Floats]:
    """A ragged lip that shines, with its shadow beside it."""
    path = wander(rng, defect.size_px, 0.03, defect.center_px)
    ragged = np.clip(0.7 + 0.5 * ndimage.gaussian_filter1d(rng.standard_normal(len(path)), 1.0), 0.15, 1.5)
    cover = cover_path(gain.shape, path, rng.uniform(2.0, 5.0), ragged)
    shine = defect.contrast * rng.uniform(0.8, 1.6) * np.clip(1.0 + 0.3 * cloudy(rng, gain.shape, 1.0), 0.3, 2.0)
    return gain * (1.0 + shine * cover) * (1.0 - 0.6 * defect.contrast * _beside(cover, rng)), cover


def _sized(outline: Points, defect: Defect) -> Points:
    """The outline about its middle, in the defect's size and at its place."""
    hull = cv2.convexHull(outline.astype(np.float32))[:, 0]
    extent = float(np.max(np.hypot(*(hull[:, None] - hull[None]).transpose(2, 0, 1))))
    return np.asarray(outline * (defect.size_px / extent) + defect.center_px)


def _beside(cover: Floats, rng: np.random.Generator) -> Floats:
    """A copy of the line a pixel or two beside it, without the line itself."""
    turn = rng.uniform(0.0, 2.0 * math.pi)
    return np.clip(_moved(cover, 1.5 * math.cos(turn), 1.5 * math.sin(turn)) - cover, 0.0, 1.0)


def _moved(field: Floats, right_px: float, down_px: float) -> Floats:
    matrix = np.array([[1.0, 0.0, right_px], [0.0, 1.0, down_px]])
    return np.asarray(cv2.warpAffine(field, matrix, field.shape[::-1]), np.float32)


def _relief(rng: np.random.Generator, depth: Floats) -> Floats:
    """The slope towards a lamp that stands somewhere, within -1 and 1."""
    turn = rng.uniform(0.0, 2.0 * math.pi)
    right, down = (cv2.Sobel(depth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    slope = right * math.cos(turn) + down * math.sin(turn)
    return np.asarray(slope / (np.abs(slope).max() + 1e-6), np.float32)


def _slope(shape: tuple[int, ...], defect: Defect, turn: float) -> Floats:
    x = np.arange(shape[1], dtype=np.float32)[None] - defect.center_px[0]
    y = np.arange(shape[0], dtype=np.float32)[:, None] - defect.center_px[1]
    return np.asarray((x * math.cos(turn) + y * math.sin(turn)) / (0.3 * defect.size_px), np.float32)


_DRAWN: dict[DefectKind, Callable[[np.random.Generator, Floats, Defect], tuple[Floats, Floats]]] = {
    DefectKind.CRACK: _crack,
    DefectKind.SCRATCH: _scratch,
    DefectKind.HOLE: _hole,
    DefectKind.PITS: _pits,
    DefectKind.BREAK: _break,
    DefectKind.STAIN: _stain,
    DefectKind.DENT: _dent,
    DefectKind.GOUGE: _gouge,
    DefectKind.BURR: _burr,
}

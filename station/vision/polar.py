"""Silhouettes on a polar grid, and the rotations that make one look like another.

Along a ray from the centre, material ends wherever an edge of a polygon crosses it: the rings are filled from those
crossings, exactly, without a picture in between. All rotations are compared at once by a correlation over the angle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats: TypeAlias = NDArray[np.float64]

_ANGLES = 720
_RINGS = 48
_PEAKS = 8  # rotations tried
_DIGITS = 9  # of a score: among equals the first is taken, whatever the last bits say
_LEAST_SHARE = 1e-3  # of a score in that of two discs: weaker ones are rounded as if they were as strong
# Drawings like edges along the axes and the diagonals: no ray lies there, where rounding would decide what it meets.
_OFF_AXIS = 0.3
_RAYS: Floats = np.column_stack(
    [turn((np.arange(_ANGLES) + _OFF_AXIS) * (2.0 * math.pi / _ANGLES)) for turn in (np.cos, np.sin)]
)


def silhouette(outer: Sequence[Floats], openings: Sequence[Floats], center: Floats, radius: float) -> Floats:
    """(rings, angles) how much of each ring about `center` is material on each ray, 0..1, out to `radius`.

    Polygons (n, 2) of any direction; what lies farther out counts as at `radius`.
    """
    polygons = [*outer, *openings]
    first = np.concatenate([[0], np.cumsum([len(p) for p in polygons])])
    filled = np.zeros((_RINGS, _ANGLES))
    _fill((np.concatenate(polygons) - center) * (_RINGS / radius), first, len(outer), _RAYS, filled)
    return filled


@compiled
def _fill(points: Floats, first: NDArray[np.int64], outer: int, rays: Floats, filled: Floats) -> None:
    """Into `filled` (rings, angles), zero before: where material ends along each ray, summed up from outside."""
    rings, count = filled.shape
    for polygon in range(len(first) - 1):
        begin, end = first[polygon], first[polygon + 1]
        area = 0.0
        for b in range(begin, end):
            a = b - 1 if b > begin else end - 1
            area += points[a, 0] * points[b, 1] - points[b, 0] * points[a, 1]
        sign = (1.0 if area > 0.0 else -1.0) * (1.0 if polygon < outer else -1.0)
        px, py = points[end - 1, 0], points[end - 1, 1]
        # The last ray passed, counter-clockwise: which one is asked of the rays themselves, always in the same way.
        at = int((np.arctan2(py, px) / (2.0 * np.pi) + 1.0) * count) % count
        at = (at + _steps(rays, at, px, py, 0.0)) % count
        for k in range(begin, end):
            qx, qy = points[k, 0], points[k, 1]
            cross = px * qy - qx * py
            steps = 0 if _between(rays, at, qx, qy) else _steps(rays, at, qx, qy, cross)
            for step in range(abs(steps)):
                ray = (at + step + 1 if steps > 0 else at - step) % count
                r = cross / (rays[ray, 0] * (qy - py) - rays[ray, 1] * (qx - px))
                r = min(max(r, 0.0), rings - 1e-9)
                ring = int(r)
                share = sign * (r - ring) if steps > 0 else sign * (ring - r)
                filled[ring, ray] += share
                if ring > 0:
                    filled[ring - 1, ray] += (sign if steps > 0 else -sign) - share
            if steps != 0:
                at = (at + steps) % count
            px, py = qx, qy
    for ring in range(rings - 2, -1, -1):
        for k in range(count):
            filled[ring, k] += filled[ring + 1, k]


@compiled
def _steps(rays: Floats, at: int, x: float, y: float, cross: float) -> int:
    """How many rays are passed from between ray `at` and the next one to the place (x, y), clockwise ones negative.

    `cross` tells the direction of what is farther than one ray.
    """
    count = len(rays)
    if x == 0.0 and y == 0.0:
        return 0
    for step in (0, 1, -1):
        if _between(rays, (at + step) % count, x, y):
            return step
    way = 1 if cross > 0.0 else -1
    for step in range(2, count):
        if _between(rays, (at + way * step) % count, x, y):
            return way * step
    return 0


@compiled
def _between(rays: Floats, k: int, x: float, y: float) -> bool:
    """Whether a place lies between ray `k` and the next one."""
    after = k + 1 if k + 1 < len(rays) else 0
    past = rays[k, 0] * y - rays[k, 1] * x >= 0.0
    return bool(past and rays[after, 0] * y - rays[after, 1] * x < 0.0)


def rotations(own: Floats, seen: Floats) -> Floats:
    """Angles (rad) by which `own` must turn to look like `seen` ((rings, angles) each), best first, a few at most."""
    # Equal areas count equally; the constant part of each ring says nothing about rotation.
    radius = np.arange(_RINGS)[:, None] + 0.5
    spectrum = (np.conj(np.fft.rfft(own * radius)) * np.fft.rfft(seen)).sum(axis=0)
    # A round shape leaves hardly more than rounding: what decides is compared with the silhouettes themselves.
    least = _LEAST_SHARE * float(spectrum[0].real) / _ANGLES
    spectrum[0] = 0.0
    score = np.fft.irfft(spectrum, n=_ANGLES)
    score = np.round(score / max(float(np.abs(score).max()), least, 1e-300), _DIGITS)
    peak = (score >= np.roll(score, 1)) & (score > np.roll(score, -1))
    places = np.flatnonzero(peak)
    if len(places) == 0:
        places = np.array([int(score.argmax())])
    places = places[np.argsort(-score[places], kind="stable")][:_PEAKS]
    return np.asarray(places * (2.0 * np.pi / _ANGLES), dtype=np.float64)

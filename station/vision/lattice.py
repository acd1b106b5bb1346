"""Which points of a picture are neighbours on a square lattice, and their whole-numbered places on it.

The lattice grows from a seed, neighbour by neighbour, each predicted from the local step: so perspective and distortion
may bend it, points may be missing, and others may lie between. Nothing is assumed about its size.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

_NEAR = 0.28  # of a step: farther from its prediction is another point
_OPPOSITE = 0.25  # of a step: how unequal a seed's opposite neighbours may be
_BENT = 0.15  # of a step: farther off the middle of opposite neighbours is not of the lattice
_SEEDS = 24
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))


def lattice(points: Floats) -> tuple[NDArray[np.intp], Places]:
    """Indices (m,) of the points (n, 2) that lie on the largest lattice found, and their places (m, 2) on it.

    Steps run as pixel axes do: place x grows to the right as far as it can be told, place y downwards.
    """
    none = np.zeros(0, np.intp), np.zeros((0, 2), np.int64)
    if len(points) < 9:
        return none
    tree = cKDTree(points)
    near = np.asarray(tree.query(points, k=min(9, len(points)))[1], dtype=np.intp)
    best: dict[int, tuple[int, int]] = {}
    for seed in _seeds(points, near):
        if seed[0] in best:
            continue
        found = _grown(points, tree, near, *seed)
        if len(found) > len(best):
            best = found
        if 2 * len(best) > len(points):
            break
    if len(best) < 9:
        return none
    index = np.array(sorted(best), dtype=np.intp)
    places = np.array([best[int(k)] for k in index], dtype=np.int64)
    straight = _straight(points[index], places)
    return index[straight], _upright(points[index[straight]], places[straight])


def _seeds(points: Floats, near: NDArray[np.intp]) -> list[tuple[int, Floats, Floats]]:
    """Points whose four nearest neighbours are two opposite pairs, with the steps to them; some of all, spread out."""
    found = []
    for k in range(len(points)):
        away = points[near[k, 1:5]] - points[k]
        sizes = np.hypot(away[:, 0], away[:, 1])
        first = away[0]
        opposite = 1 + int(np.argmin(np.hypot(*(away[1:] + first).T)))
        rest = [j for j in (1, 2, 3) if j != opposite]
        second = away[rest[0]]
        sine = abs(first[0] * second[1] - first[1] * second[0]) / max(sizes[0] * sizes[rest[0]], 1e-9)
        even = np.hypot(*(away[opposite] + first)) < _OPPOSITE * sizes[0]
        even = even and np.hypot(*(away[rest[1]] + second)) < _OPPOSITE * sizes[rest[0]]
        if even and sine > 0.6 and sizes.max() < 2.0 * sizes.min():
            found.append((k, 0.5 * (first - away[opposite]), 0.5 * (second - away[rest[1]])))
    return found[:: max(1, len(found) // _SEEDS)]


def _grown(
    points: Floats, tree: cKDTree, near: NDArray[np.intp], seed: int, first: Floats, second: Floats
) -> dict[int, tuple[int, int]]:
    """Places of all points that a walk from the seed reaches; a single missing point is stepped over."""
    places, taken = {seed: (0, 0)}, {(0, 0): seed}
    steps = {seed: (first, second)}
    queue = deque([seed])
    while queue:
        here = queue.popleft()
        along = steps[here]
        for way_x, way_y in _WAYS:
            axis, sign = (0, way_x) if way_x else (1, way_y)
            step = sign * along[axis]
            for far in (1, 2):
                place = places[here][0] + far * way_x, places[here][1] + far * way_y
                if place in taken:
                    break
                found = _nearest(points, tree, near[here], points[here] + far * step, _NEAR * float(np.hypot(*step)))
                if found is None:
                    continue
                if found not in places:
                    places[found], taken[place] = place, found
                    moved = 0.5 * along[axis] + 0.5 * sign * (points[found] - points[here]) / far
                    steps[found] = (moved, along[1]) if axis == 0 else (along[0], moved)
                    queue.append(found)
                break
    return places


def _nearest(points: Floats, tree: cKDTree, near: NDArray[np.intp], at: Floats, within: float) -> int | None:
    off = np.hypot(*(points[near[1:]] - at).T)
    if off.min() < within:
        return int(near[1 + int(np.argmin(off))])
    distance, index = tree.query(at, distance_upper_bound=within)
    return int(index) if np.isfinite(distance) else None


def _straight(points: Floats, places: Places) -> NDArray[np.bool_]:
    """Which points lie where their neighbours want them: in the middle of opposite ones, or beyond two in a row."""
    at = {(int(x), int(y)): k for k, (x, y) in enumerate(places)}
    kept = np.ones(len(points), np.bool_)
    for k, (x, y) in enumerate(places):
        votes = []
        for dx, dy in ((1, 0), (0, 1)):
            a, b = at.get((x + dx, y + dy)), at.get((x - dx, y - dy))
            if a is not None and b is not None:
                step = np.hypot(*(points[a] - points[b])) / 2.0
                votes.append(np.hypot(*(points[k] - 0.5 * (points[a] + points[b]))) / step)
        for dx, dy in _WAYS if not votes else ():
            a, b = at.get((x + dx, y + dy)), at.get((x + 2 * dx, y + 2 * dy))
            if a is not None and b is not None:
                step = np.hypot(*(points[b] - points[a]))
                votes.append(np.hypot(*(2.0 * points[a] - points[b] - points[k])) / step)
        kept[k] = bool(votes) and min(votes) < _BENT
    return kept


def _upright(points: Floats, places: Places) -> Places:
    """Places turned by quarter turns, and mirrored if need be, so that they run as the picture's axes do."""
    if len(places) < 3:
        return places
    design = np.column_stack([places, np.ones(len(places))])
    steps = np.linalg.lstsq(design, points, rcond=None)[0][:2]
    turned = places.copy()
    if steps[0, 0] * steps[1, 1] - steps[0, 1] * steps[1, 0] < 0.0:
        turned[:, 1] *= -1
        steps[1] *= -1
    for _ in range(4):
        if steps[0, 0] >= abs(steps[0, 1]) - 1e-9:
            break
        turned = np.column_stack([-turned[:, 1], turned[:, 0]])
        steps = np.array([-steps[1], steps[0]])
    return np.asarray(turned - turned.min(axis=0))

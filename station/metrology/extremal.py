"""Circles and pairs of parallels that touch the points from outside or from inside: GX and GN of ISO 14405-1, and the
reference circles MC and MI of ISO 12181-1.

All exact: the smallest circle around points rests on two or three of them, the largest within them goes through the
corners of a Delaunay triangle, and parallels are a linear programme.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.spatial import Delaunay, QhullError

Floats = NDArray[np.float64]

_FIRST, _MORE = 24, 8  # constraints to begin with, and of the worst offenders those added each time
_HELD = 1e-9  # of the form: a constraint that is met
_NOTHING = 1e-13  # of the size: rounding
_EXACT = 1e-10  # of the form
_CENTRAL = 0.5  # of the mean radius: an inscribed circle has its centre there


def circumscribed_circle(points: Floats) -> tuple[float, float, float]:
    """x, y, radius of the smallest circle with none of the points (n, 2) outside.

    The circle of a few points grows by the farthest one beyond it until there is none; each is larger than the one
    before, so it ends (J. Elzinga & D. W. Hearn, Transportation Science 6 (1972) 379).
    """
    middle = points.mean(axis=0)
    around = points - middle
    basis = [int(np.hypot(around[:, 0], around[:, 1]).argmax())]
    center, radius = around[basis[0]], 0.0
    for _ in range(len(points)):
        distance = np.hypot(*(around - center).T)
        farthest = int(distance.argmax())
        if distance[farthest] <= radius * (1.0 + _NOTHING):
            break
        basis, center, radius = _smallest(around, [*basis, farthest])
    return float(center[0] + middle[0]), float(center[1] + middle[1]), radius


def _smallest(points: Floats, among: list[int]) -> tuple[list[int], Floats, float]:
    """The smallest circle around up to four points: which two or three it rests on, centre and radius."""
    best: tuple[list[int], Floats, float] = (among, points[among[0]], np.inf)
    for size in (2, 3):
        for some in combinations(among, size):
            corners = points[list(some)]
            center = corners.mean(axis=0) if size == 2 else circumcenters(corners[None])[0]
            radius = float(np.hypot(*(corners[0] - center)))
            reach = float(np.hypot(*(points[among] - center).T).max())
            if radius < best[2] and reach <= radius * (1.0 + 1e-12):
                best = (list(some), center, radius)
    return best


def inscribed_circle(points: Floats) -> tuple[float, float, float]:
    """x, y, radius of the largest circle near the middle of the points (n, 2) with none inside.

    It is empty, so it is the circumcircle of a triangle of Delaunay's.

    Raises:
        ValueError: the points do not go round.
    """
    middle = points.mean(axis=0)
    around = points - middle
    try:
        triangles = around[Delaunay(around).simplices]
    except QhullError as error:
        raise ValueError("the points do not hold a circle: they lie on a line") from error
    centers = circumcenters(triangles)
    central = np.hypot(*centers.T) < _CENTRAL * float(np.hypot(*around.T).mean())
    if not central.any():
        raise ValueError("the points do not hold a circle: they do not go round")
    centers = centers[central]
    # Points nearly on one circle make triangles without shape, whose own radius says little.
    radii = np.hypot(*(triangles[central][:, 0] - centers).T)
    likely = centers[np.argsort(-radii)[:64]]
    nearest = np.hypot(around[None, :, 0] - likely[:, None, 0], around[None, :, 1] - likely[:, None, 1]).min(axis=1)
    best = int(nearest.argmax())
    x, y = likely[best] + middle
    if not _surrounded(around - likely[best]):
        raise ValueError("the points do not hold a circle: they do not go round")
    return float(x), float(y), float(nearest[best])


def _surrounded(around: Floats) -> bool:
    """Whether the points stand on all sides: no gap of half a turn."""
    angle = np.sort(np.arctan2(around[:, 1], around[:, 0]))
    return bool(np.diff(angle, append=angle[0] + 2.0 * np.pi).max() < np.pi)


def circumcenters(triangles: Floats) -> Floats:
    """(t, 2) centres of the circles through the corners of triangles (t, 3, 2); far away where there is none."""
    a = triangles[:, 0]
    b, c = triangles[:, 1] - a, triangles[:, 2] - a
    twice = 2.0 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    twice = np.where(np.abs(twice) > 1e-300, twice, 1e-300)
    bb, cc = np.sum(b * b, axis=1), np.sum(c * c, axis=1)
    x = (c[:, 1] * bb - b[:, 1] * cc) / twice
    y = (b[:, 0] * cc - c[:, 0] * bb) / twice
    return np.asarray(a + np.column_stack([x, y]))


def parallels_between(a: Floats, b: Floats, inscribed: bool) -> float:
    """Distance of two parallel lines near the x axis with the points `a` (n, 2) below and `b` (m, 2) above.

    Inscribed: the farthest two with no point between them. Else the nearest two with all points between them.
    """
    side = 1.0 if inscribed else -1.0
    reach = float(np.abs(np.concatenate([a, b])[:, 0]).max())
    low, high = float(a[:, 1].mean()), float(b[:, 1].mean())
    form = max(float(np.abs(a[:, 1] - low).max()), float(np.abs(b[:, 1] - high).max()))
    if not form > _NOTHING * max(reach, high - low):
        return high - low
    # Unknown, in units of the form: tilt, and by how much each line lies above its points' mean.
    # Inscribed, a stays below the lower one, b above the upper one.
    below = side * np.column_stack([-a[:, 0] / reach, -np.ones(len(a)), np.zeros(len(a))])
    above = side * np.column_stack([b[:, 0] / reach, np.zeros(len(b)), np.ones(len(b))])
    right = side * np.concatenate([low - a[:, 1], b[:, 1] - high]) / form
    tilt, under, over = _programme(np.array([0.0, side, -side]), np.concatenate([below, above]), right).tolist()
    return float((high - low + form * (over - under)) / np.hypot(1.0, tilt * form / reach))


def _programme(cost: Floats, rows: Floats, right: Floats) -> Floats:
    """The x (3,) of least `cost`·x with `rows`·x <= `right`, on few constraints, those that are broken added."""
    count = len(rows)
    active = np.unique(np.linspace(0, count - 1, min(count, _FIRST)).astype(np.intp))
    for _ in range(count):
        solved = linprog(
            cost,
            A_ub=rows[active],
            b_ub=right[active],
            bounds=[(None, None)] * 3,
            method="highs",
            options={"primal_feasibility_tolerance": _EXACT, "dual_feasibility_tolerance": _EXACT},
        )
        if solved.x is None:
            raise ValueError("the points hold nothing: they lie on one side only")
        excess = rows @ solved.x - right
        worst = np.argsort(-excess)[:_MORE]
        broken = worst[excess[worst] > _HELD]
        if not len(np.setdiff1d(broken, active)):
            return np.asarray(solved.x)
        active = np.union1d(active, broken)
    raise ValueError("the points hold nothing: the programme has no end")

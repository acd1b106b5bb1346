"""Strokes with a probe on every pixel of them, but none near a corner; and where such probes follow each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.plan.edges import Edges
from station.plan.reach import Reach, reach_of
from station.plan.strokes import Strokes, near_corners, sample
from station.plan.track import Track

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MOST_GAP_PX = 0.5  # between probes that are neighbours all the same
CORNER_PX = 4.0  # the optics round a corner over about this length: no probes there


@dataclass(frozen=True, slots=True)
class Probed:
    """Probes along `strokes`: `points_mm`, `normals` (n, 2), `curvature_per_mm` (n,).

    They are samples of the strokes, offsets `first` (m + 1,), without those `dropped` (d,), ascending.
    """

    strokes: Strokes
    points_mm: Floats
    normals: Floats
    curvature_per_mm: Floats
    first: Index
    dropped: Index

    def rows_before(self, samples: Index) -> Index:
        """How many probes come before each of some samples."""
        return samples - np.searchsorted(self.dropped, samples)

    @property
    def outlines(self) -> Index:
        """Offsets (o + 1,) of the outlines' probes."""
        return self.rows_before(self.first[self.strokes.first])

    def reach(self, edges: Edges, pixel_mm: float, *, on_edges: bool) -> Reach:
        """How far each probe may look; `on_edges`: these strokes are what the edges were made of."""
        return reach_of(self.points_mm, self.normals, self.rows_before(self.first), edges, pixel_mm, on_edges=on_edges)

    def track(self, reach: Reach) -> Track:
        """The probes as a track."""
        ends = self.outlines
        # A run begins with each outline, and behind what was left out of one.
        begins = np.unique(np.concatenate([ends[:-1], self.rows_before(self.dropped + 1)]))
        runs = np.append(begins[begins < ends[-1]], ends[-1])
        closed = np.zeros(len(runs) - 1, np.bool_)
        complete = np.diff(self.first[self.strokes.first]) == np.diff(ends)
        closed[np.searchsorted(runs, ends[:-1][self.strokes.closed & complete])] = True
        return Track(
            points_mm=self.points_mm,
            normals=self.normals,
            curvature_per_mm=self.curvature_per_mm,
            reach_in_mm=reach.inward_mm,
            reach_out_mm=reach.outward_mm,
            free_in_mm=reach.free_in_mm,
            free_out_mm=reach.free_out_mm,
            runs=runs,
            closed=closed,
        )


def probe(strokes: Strokes, pixel_mm: float, least: int) -> Probed:
    """Probes along strokes; outlines with fewer than `least` of them get none."""
    samples = sample(strokes, pixel_mm)
    dropped = near_corners(strokes, samples, CORNER_PX * pixel_mm)
    ends = samples.first[strokes.first]
    few = np.diff(ends - np.searchsorted(dropped, ends)) < least
    if few.any():
        dropped = np.union1d(dropped, np.flatnonzero(np.repeat(few, np.diff(ends))))
    n = len(samples.points_mm) - len(dropped)
    if len(dropped):
        _close_up(samples.points_mm, samples.normals, samples.curvature_per_mm, dropped)
    return Probed(
        strokes, samples.points_mm[:n], samples.normals[:n], samples.curvature_per_mm[:n], samples.first, dropped
    )


def joined(one: Track, other: Track) -> Track:
    """One track after the other."""
    return Track(
        points_mm=np.concatenate([one.points_mm, other.points_mm]),
        normals=np.concatenate([one.normals, other.normals]),
        curvature_per_mm=np.concatenate([one.curvature_per_mm, other.curvature_per_mm]),
        reach_in_mm=np.concatenate([one.reach_in_mm, other.reach_in_mm]),
        reach_out_mm=np.concatenate([one.reach_out_mm, other.reach_out_mm]),
        free_in_mm=np.concatenate([one.free_in_mm, other.free_in_mm]),
        free_out_mm=np.concatenate([one.free_out_mm, other.free_out_mm]),
        runs=np.concatenate([one.runs, len(one) + other.runs[1:]]),
        closed=np.concatenate([one.closed, other.closed]),
    )


@compiled
def _close_up(points: Floats, normals: Floats, curvature: Floats, dropped: Index) -> None:
    """Move the samples that were not dropped to the front, in place."""
    used = dropped[0]
    for number in range(len(dropped)):
        end = dropped[number + 1] if number + 1 < len(dropped) else len(points)
        for i in range(dropped[number] + 1, end):
            points[used, 0], points[used, 1] = points[i, 0], points[i, 1]
            normals[used, 0], normals[used, 1] = normals[i, 0], normals[i, 1]
            curvature[used] = curvature[i]
            used += 1

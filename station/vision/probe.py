"""Where edges are looked for in a picture, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Probes:
    """Places on the expected outline, about one pixel of contour apart.

    `points_px` (n, 2); `normals` (n, 2) unit, out of the material in pixel axes; `curvature_per_px` (n,) positive
    where the material is convex; `reach_in_px`, `reach_out_px` (n,): how far it is to the next edge; `free_in_px`,
    `free_out_px` (n,): how wide a disc may be that touches the edge there and holds no other. `runs` (r + 1,) are
    offsets of smooth stretches whose probes are neighbours; `closed` (r,): the last neighbours the first.
    """

    points_px: Floats
    normals: Floats
    curvature_per_px: Floats
    reach_in_px: Floats
    reach_out_px: Floats
    free_in_px: Floats
    free_out_px: Floats
    runs: Index
    closed: Mask

    def __len__(self) -> int:
        return len(self.points_px)


class Edges(NamedTuple):
    """What was found, per probe (n,) and per run (r,).

    `offset_px` of the edge along the normal, free of the blur's pull on curved edges (NaN where nothing was found);
    `u_px` its standard uncertainty by noise, independent from probe to probe; `sigma_px` the edge spread there;
    `found`; `clear` where it is, besides, a clean step like those beside it: dirt on or near an edge moves it, and a
    fit should not hear of it. `unexplained` (r,): how many times, at least 1, a run's pixels differ more from a blurred
    step than noise explains.
    """

    offset_px: Floats
    u_px: Floats
    sigma_px: Floats
    found: Mask
    clear: Mask
    unexplained: Floats


class Outlines(NamedTuple):
    """`Probes` as compiled loops read them."""

    points: Floats
    normals: Floats
    curvature: Floats
    reach_in: Floats
    reach_out: Floats
    free_in: Floats
    free_out: Floats
    runs: Index
    closed: Mask


class Run(NamedTuple):
    """Probes that are neighbours: `points`, `normals` (n, 2) and `curvature` (n,) as in `Probes`, `reach` and `free`
    into and out of the material (n,), their mean distance `spacing` (px), whether they are `closed`."""

    points: Floats
    normals: Floats
    curvature: Floats
    reach: tuple[Floats, Floats]
    free: tuple[Floats, Floats]
    spacing: float
    closed: bool


_GAPS = 16  # that tell how far apart the probes of a run are


def outlines_of(probes: Probes) -> Outlines:
    """All probes."""
    return Outlines(
        probes.points_px,
        probes.normals,
        probes.curvature_per_px,
        probes.reach_in_px,
        probes.reach_out_px,
        probes.free_in_px,
        probes.free_out_px,
        probes.runs,
        probes.closed,
    )


@compiled
def run_of(outlines: Outlines, number: int) -> Run:
    """Views of the probes of a run."""
    first, last = outlines.runs[number], outlines.runs[number + 1]
    points = outlines.points[first:last]
    length, gaps = 0.0, 0
    for k in range(1, last - first, max((last - first) // _GAPS, 1)):
        dx, dy = points[k, 0] - points[k - 1, 0], points[k, 1] - points[k - 1, 1]
        length += np.sqrt(dx * dx + dy * dy)
        gaps += 1
    spacing = length / gaps if gaps > 0 else 1.0
    reach = outlines.reach_in[first:last], outlines.reach_out[first:last]
    free = outlines.free_in[first:last], outlines.free_out[first:last]
    normals, curvature = outlines.normals[first:last], outlines.curvature[first:last]
    return Run(points, normals, curvature, reach, free, spacing, outlines.closed[number])

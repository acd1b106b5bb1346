"""Every place on the part where an edge is looked for, each once: what features and outlines share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Track:
    """Probes in the part's frame, C-contiguous: `points_mm`, `normals` (n, 2) out of the material, `curvature_per_mm`,
    `reach_in_mm`, `reach_out_mm` (n,): how far a profile may look before it meets another edge; `free_in_mm`,
    `free_out_mm` (n,): how wide a disc may be that touches the edge at the probe and holds no other.

    First those of the closed outlines of the silhouette (outer ones, then openings), then those of features that no
    outline carries. `runs` (r + 1,): offsets of smooth stretches whose probes are neighbours a pixel apart; a corner
    ends one. `closed` (r,): the last probe of the run neighbours its first.
    """

    points_mm: Floats
    normals: Floats
    curvature_per_mm: Floats
    reach_in_mm: Floats
    reach_out_mm: Floats
    free_in_mm: Floats
    free_out_mm: Floats
    runs: Index
    closed: Mask

    def __len__(self) -> int:
        return len(self.points_mm)


def no_track() -> Track:
    """The track of what is not looked at."""
    return Track(
        points_mm=np.zeros((0, 2)),
        normals=np.zeros((0, 2)),
        curvature_per_mm=np.zeros(0),
        reach_in_mm=np.zeros(0),
        reach_out_mm=np.zeros(0),
        free_in_mm=np.zeros(0),
        free_out_mm=np.zeros(0),
        runs=np.zeros(1, np.intp),
        closed=np.zeros(0, np.bool_),
    )

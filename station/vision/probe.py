"""Where edges are looked for in a picture, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Probes:
    """Places on the expected outline, about one pixel of contour apart.

    `points_px` (n, 2); `normals` (n, 2) unit, out of the material in pixel axes; `curvature_per_px` (n,) positive
    where the material is convex; `reach_in_px`, `reach_out_px` (n,): how far it is to the next edge. `runs` (r + 1,)
    are offsets of smooth stretches whose probes are neighbours; `closed` (r,): the last neighbours the first.
    """

    points_px: Floats
    normals: Floats
    curvature_per_px: Floats
    reach_in_px: Floats
    reach_out_px: Floats
    runs: Index
    closed: Mask

    def __len__(self) -> int:
        return len(self.points_px)


@dataclass(frozen=True, slots=True)
class Edges:
    """What was found, per probe (n,).

    `offset_px` of the edge along the normal, free of the blur's pull on curved edges (NaN where nothing was found);
    `u_px` its standard uncertainty by noise, independent from probe to probe; `sigma_px` the edge spread there;
    `contrast` between field and material in levels; `found`; `clear` where it is, besides, a clean step like those
    beside it: dirt on or near an edge moves it, and a fit should not hear of it.
    """

    offset_px: Floats
    u_px: Floats
    sigma_px: Floats
    contrast: Floats
    found: Mask
    clear: Mask


def one_run(count: int, *, closed: bool) -> tuple[Index, Mask]:
    """`runs` and `closed` of probes that are all neighbours."""
    return np.array([0, count], dtype=np.intp), np.array([closed])

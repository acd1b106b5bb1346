"""Which runs hang together: components, joined run by run with a union-find.

He, Ren, Gao, Zhao, Yao, Chao, "The connected-component labeling problem: a review of state-of-the-art algorithms",
Pattern Recognition 70 (2017) 25-43.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.runs import Integers, Runs


@dataclass(frozen=True, slots=True)
class Components:
    """Connected runs: `of` (n,) is each run's component; `area_px` (m,) and `box` (m, 4) left, top, right, bottom,
    right and bottom inclusive, of each component. They are numbered as their first runs come."""

    of: Integers
    area_px: Integers
    box: Integers

    def touching(self, width: int, height: int) -> NDArray[np.bool_]:
        """(m,) whether a component touches the border."""
        left, top, right, bottom = self.box.T
        return np.asarray((left == 0) | (top == 0) | (right == width - 1) | (bottom == height - 1))

    @property
    def middles(self) -> NDArray[np.float64]:
        """(m, 2) middles (x, y) of the boxes."""
        return np.asarray((self.box[:, :2] + self.box[:, 2:]) / 2.0)


def components(runs: Runs, corners: bool) -> Components:
    """Connected components; with `corners` diagonal neighbours are connected too (8- instead of 4-connectivity)."""
    label, count = _label(runs.start, runs.end, runs.stride, int(corners))
    area, box = _measure(runs.start, runs.end, runs.stride, label, count)
    return Components(label, area, box)


@compiled
def _label(start: Integers, end: Integers, stride: int, corners: int) -> tuple[Integers, int]:
    """Each run joins the runs of the row above that it touches; roots are always the earlier runs."""
    parent = np.arange(len(start)).astype(np.int32)
    j = 0
    for i in range(len(start)):
        low, high = start[i] - stride - corners, end[i] - stride + corners
        while end[j] <= low:
            j += 1
        k = j
        while k < i and start[k] < high:
            a, b = _root(parent, i), _root(parent, k)
            parent[max(a, b)] = min(a, b)
            k += 1
    count = 0
    for i in range(len(start)):
        if parent[i] == i:
            parent[i] = count
            count += 1
        else:
            parent[i] = parent[parent[i]]
    return parent, count


@compiled
def _root(parent: Integers, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _measure(start: Integers, end: Integers, stride: int, label: Integers, count: int) -> tuple[Integers, Integers]:
    area = np.zeros(count, np.int32)
    box = np.empty((count, 4), np.int32)
    box[:, :2] = np.iinfo(np.int32).max
    box[:, 2:] = -1
    row = base = 0
    for i in range(len(start)):
        while start[i] >= base + stride:
            row, base = row + 1, base + stride
        k = label[i]
        area[k] += end[i] - start[i]
        box[k, 0] = min(box[k, 0], start[i] - base)
        box[k, 1] = min(box[k, 1], row)
        box[k, 2] = max(box[k, 2], end[i] - 1 - base)
        box[k, 3] = max(box[k, 3], row)
    return area, box

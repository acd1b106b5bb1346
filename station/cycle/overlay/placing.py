"""Where labels go: near what they name, over as little as possible, never over each other."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRID = 4  # display pixels per cell
_ANGLES = np.linspace(0.0, 2.0 * np.pi, 36, endpoint=False)
_RADII = (46.0, 62.0, 80.0, 105.0, 135.0, 170.0, 215.0, 270.0, 340.0, 430.0)
_TAKEN = 40.0


@dataclass(frozen=True, slots=True)
class Clutter:
    """What already lies in the pane: `cost` (rows, columns), one cell per 4 × 4 display pixels."""

    cost: NDArray[np.float32]

    @classmethod
    def empty(cls, width: int, height: int) -> Clutter:
        """Nothing drawn yet."""
        return cls(np.zeros((height // _GRID + 1, width // _GRID + 1), np.float32))

    def line(self, points: Floats, cost: float = 1.0) -> None:
        """A polyline (n, 2) that labels should rather not cover."""
        if len(points) > 1:
            cells = np.rint(np.clip(points, -1e4, 1e4) / _GRID).astype(np.int32).reshape(-1, 1, 2)
            mark = np.zeros(self.cost.shape, np.uint8)
            cv2.polylines(mark, [cells], False, (1,), 2)
            np.maximum(self.cost, mark * np.float32(cost), out=self.cost)

    def box(self, x: float, y: float, width: float, height: float, cost: float = _TAKEN) -> None:
        """A rectangle that is taken."""
        a, b = max(int(x / _GRID), 0), int((x + width) / _GRID) + 1
        c, d = max(int(y / _GRID), 0), int((y + height) / _GRID) + 1
        self.cost[c:d, a:b] = np.maximum(self.cost[c:d, a:b], np.float32(cost))

    def place(self, anchor: Floats, width: float, height: float, clear: float = 0.0) -> Floats:
        """Middle of a free box near `anchor` (2,) and `clear` of it, which is then taken, as is its leader."""
        rings = [radius + clear + 0.3 * max(width, height) for radius in _RADII]
        away = np.concatenate([r * np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)]) for r in rings])
        middle = anchor + away
        rows, columns = self.cost.shape
        half = np.array([width / 2.0 + 6.0, height / 2.0 + 6.0])
        low, high = (middle - half) / _GRID, (middle + half) / _GRID
        inside = (low >= 0.0).all(axis=1) & (high[:, 0] < columns) & (high[:, 1] < rows)
        low, high = low[inside].astype(int), np.ceil(high[inside]).astype(int)
        if not len(low):
            size = np.array([columns, rows]) * _GRID
            return np.asarray(np.clip(anchor, half, np.maximum(size - half, half)))
        middle, away = middle[inside], away[inside]
        total = cv2.integral(self.cost, sdepth=cv2.CV_64F)
        covered = (
            total[high[:, 1], high[:, 0]] - total[low[:, 1], high[:, 0]]
            - total[high[:, 1], low[:, 0]] + total[low[:, 1], low[:, 0]]
        )  # fmt: skip
        distance = np.hypot(away[:, 0], away[:, 1])
        steps = np.linspace(0.15, 0.9, 24)[None, :, None]
        cells = np.clip(((anchor + steps * away[:, None, :]) / _GRID).astype(int), 0, (columns - 1, rows - 1))
        crossed = self.cost[cells[..., 1], cells[..., 0]].mean(axis=1) * distance / _GRID
        best = middle[int(np.argmin(covered + 1.5 * crossed + distance / 6.0))]
        self.box(best[0] - width / 2.0, best[1] - height / 2.0, width, height)
        self.line(np.stack([anchor, best]), 4.0)
        return np.asarray(best)

"""Pictures of ideal edges, computed independently of the station."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from station.twin.coverage import polygon_coverage
from station.vision.picture import Picture
from station.vision.probe import Probes

LOW, HIGH = 20.0, 220.0


def pixel_step(x: np.ndarray, edge: np.ndarray | float, psf: float) -> np.ndarray:
    """The share of light in pixels at `x` of a field that begins at `edge`, blurred by `psf` and the pixel."""

    def integral(t: np.ndarray) -> np.ndarray:
        return t * ndtr(t) + np.exp(-0.5 * t * t) / np.sqrt(2 * np.pi)

    return psf * (integral((x + 0.5 - edge) / psf) - integral((x - 0.5 - edge) / psf))


def grey(light: np.ndarray, rng: np.random.Generator | None = None) -> Picture:
    """Levels 20/220 of 255; with `rng` the noise of a full well of 10,500 e- and 2.3 e- of reading, and rounding."""
    levels = LOW + (HIGH - LOW) * light
    if rng is not None:
        electrons = levels / 255.0 * 10_500.0
        electrons = electrons + np.sqrt(electrons + 2.3**2) * rng.standard_normal(levels.shape)
        levels = np.clip(np.rint(electrons / 10_500.0 * 255.0), 0, 255)
    return Picture(np.ascontiguousarray(levels, dtype=np.float32), 255.0)


def upright(edges: np.ndarray, psf: float, width: int = 41, rng: np.random.Generator | None = None) -> Picture:
    """One row per edge, and one below: material on the left, field from `edges` (n,) on."""
    edges = np.append(edges, edges[-1])
    return grey(pixel_step(np.arange(width, dtype=float)[None, :], edges[:, None], psf), rng)


def bars(left: np.ndarray, wide: float, psf: float, width: int = 41, rng: np.random.Generator | None = None) -> Picture:
    """One row per bar of material from `left` (n,) on, `wide` pixels wide, and one below."""
    left = np.append(left, left[-1])
    x = np.arange(width, dtype=float)[None, :]
    covered = pixel_step(x, left[:, None], psf) - pixel_step(x, left[:, None] + wide, psf)
    return grey(1.0 - covered, rng)


def slanting(angle_deg: float, through: float, psf: float, side: int = 160) -> tuple[Picture, np.ndarray, np.ndarray]:
    """Material on one side of a straight edge; the picture, a point on the edge and its normal out of the material."""
    turn = np.radians(angle_deg)
    normal, along = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    middle = np.array([side / 2, side / 2]) + through * normal
    far = 4.0 * side
    corners = np.array(
        [
            middle + far * along,
            middle - far * along,
            middle - far * along - far * normal,
            middle + far * along - far * normal,
        ]
    )
    x, y = corners[:, 0], corners[:, 1]
    if float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) > 0:
        corners = corners[::-1]
    return grey(1.0 - np.clip(polygon_coverage([corners], side, side, psf), 0.0, 1.0)), middle, normal


def across(x: np.ndarray, reach_in: float = 20.0, reach_out: float = 20.0, sign: float = 1.0) -> Probes:
    """One probe per row at `x` (n,), normals to the right (or left)."""
    count = len(x)
    points = np.column_stack([x, np.arange(count, dtype=float)])
    return Probes(points, np.tile([sign, 0.0], (count, 1)), np.full(count, reach_in), np.full(count, reach_out))

"""The flat field: how the light falls off over the picture, and the correction that would undo it.

The correction is (frame − offset) · gain, with gain = centre response / response: a dark frame taken off, then every
place brought to the level of the middle of the field. `smooth` gains follow a polynomial of the fourth order through
block means, as lamps and lenses fall off, and add no noise of their own. Gains pixel by pixel also undo differences
between pixels, and bring the noise of the averaged frames into every picture: of L frames with the noise σ and the
response S the relative scatter σ/(S √L).

Either way noise grows with the gain where light falls off; what a pixel can tell does not change. The edges of the
vision core are referred to the lamp's own surface (`lamp.py`) already, so a station measures uncorrected pictures; the
fall-off is watched as the lamp's health.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.vision.frames import FrameStack

Floats = NDArray[np.float64]

CELLS = (12, 16)  # rows and columns of the coarse map
_ORDER = 4
_LEAST_RESPONSE = 0.2  # of the smooth response: a pixel below is dead, and keeps the smooth gain


@dataclass(frozen=True, slots=True)
class Falloff:
    """The response over the field: `cells` (rows, columns) means relative to the brightest cell, `center_dn` that of
    the middle ninth above the dark level (DN), `percent` how much darker the darkest cell is than the brightest."""

    cells: Floats
    center_dn: float
    percent: float


@dataclass(frozen=True, slots=True)
class FlatField:
    """`offset` (h, w) DN and `gain` (h, w) of a correction; `gain_rms`: by how much a pixel's noise grows;
    `map_noise`: relative scatter that the gains themselves add to every corrected picture."""

    offset: Floats
    gain: Floats
    gain_rms: float
    map_noise: float


def falloff(bright: FrameStack, dark: FrameStack) -> Falloff:
    """From averaged frames (h, w) of at least 16 × 12 pixels."""
    response = bright.average - dark.average
    cells = _cells(response, CELLS)
    height, width = response.shape
    middle = response[height // 3 : height - height // 3, width // 3 : width - width // 3]
    brightest = float(cells.max())
    return Falloff(cells / brightest, float(middle.mean()), 100.0 * (1.0 - float(cells.min()) / brightest))


def flat_field(bright: FrameStack, dark: FrameStack, *, smooth: bool) -> FlatField:
    """The correction that averaged frames (h, w) give; `smooth` or pixel by pixel."""
    response = bright.average - dark.average
    surface = smooth_surface(response)
    center = falloff(bright, dark).center_dn
    if smooth:
        gain = center / surface
        return FlatField(dark.average, gain, float(np.sqrt(np.mean(gain**2))), 0.0)
    shown = np.where(response > _LEAST_RESPONSE * surface, response, surface)
    gain = center / shown
    noise = (bright.temporal_variance / bright.count + dark.temporal_variance / dark.count) ** 0.5
    return FlatField(dark.average, gain, float(np.sqrt(np.mean(gain**2))), noise / center)


def corrected(frame: NDArray[Any], flat: FlatField) -> Floats:
    """A frame (h, w) with the dark level taken off and the lamp's shape undone: DN above dark, of the centre."""
    return np.asarray((np.asarray(frame, np.float64) - flat.offset) * flat.gain)


def _cells(level: Floats, count: tuple[int, int]) -> Floats:
    """Means of about equal blocks, (rows, columns)."""
    rows, columns = (np.linspace(0, side, n + 1).astype(int) for side, n in zip(level.shape, count, strict=True))
    sums = np.add.reduceat(np.add.reduceat(level, rows[:-1], axis=0), columns[:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns)))


def smooth_surface(level: Floats) -> Floats:
    """What is smooth in levels (h, w): a polynomial of the fourth order through block means, at every pixel."""
    blocks = min(48, level.shape[0] // 4), min(64, level.shape[1] // 4)
    cells = _cells(level, blocks)
    basis_y, basis_x = (
        np.polynomial.legendre.legvander((np.arange(n) + 0.5) / n * 2.0 - 1.0, _ORDER) for n in cells.shape
    )
    terms = [(i, j) for i in range(_ORDER + 1) for j in range(_ORDER + 1 - i)]
    design = np.column_stack([np.outer(basis_y[:, i], basis_x[:, j]).ravel() for i, j in terms])
    found = np.linalg.lstsq(design, cells.ravel(), rcond=None)[0]
    coefficients = np.zeros((_ORDER + 1, _ORDER + 1))
    for (i, j), value in zip(terms, found, strict=True):
        coefficients[i, j] = value
    full_y, full_x = (
        np.polynomial.legendre.legvander((np.arange(n) + 0.5) / n * 2.0 - 1.0, _ORDER) for n in level.shape
    )
    return np.asarray(full_y @ coefficients @ full_x.T)

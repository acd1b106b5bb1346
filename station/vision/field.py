"""The first look at a picture: field and material levels, and which of the two is dark.

Works on a decimated copy (area average), so it costs a fraction of one pass over the full picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.lamp import fit_lamp
from station.vision.noise import CLIPPED_LEVEL, noise_of
from station.vision.picture import Picture
from station.vision.refusal import Refusal, Trouble

Floats: TypeAlias = NDArray[np.float64]

LEAST_CONTRAST = 0.08  # of full scale
LEAST_FIELD = 0.16  # of full scale: a backlight below is under-exposed
LEAST_MODULATION = 0.40  # (bright - dark) / bright: below, nothing stands out of the field
CLIPPED_SHARE = 0.01  # of the bright class at full scale: more is a clipped picture
BLOCK_PX = 4  # levels beside an edge are read off sums over blocks this large


@dataclass(frozen=True, slots=True)
class Field:
    """Levels in the picture's own units. `material` (h, w) bool is decimated by `decimation`."""

    field_level: float
    part_level: float
    threshold: float
    dark_part: bool
    clipped: bool
    decimation: int
    material: NDArray[np.bool_]
    sums: NDArray[Any]  # over the picture's blocks of BLOCK_PX x BLOCK_PX pixels
    lamp: Floats  # (10,) brightness over the picture, see `lamp.py`
    part_noise: float  # variance of one pixel, levels²
    field_noise: float

    @property
    def noise(self) -> tuple[float, float]:
        """Variances of one pixel in the material and in the field."""
        return self.part_noise, self.field_noise

    @property
    def contrast(self) -> float:
        """Difference of the two levels."""
        return abs(self.field_level - self.part_level)


def decimation_for(picture: Picture, part_px: float | None) -> int:
    """Factor (a power of 2) that leaves 400 to 800 pixels of a large picture, and the part (its expected size) 100."""
    factor = max(picture.width_px, picture.height_px) / 600.0
    if part_px is not None:
        factor = min(factor, part_px / 150.0)
    return next(k for k in (8, 4, 2, 1) if k <= max(1.5 * factor, 1.0))


def look(picture: Picture, decimation: int) -> Field | Refusal:
    """Levels and material of a picture, or why nothing can be told from it."""
    height, width = picture.height_px // decimation, picture.width_px // decimation
    if min(height, width) < 8:
        return Refusal(
            Trouble.NOTHING,
            f"The picture is only {picture.width_px} × {picture.height_px} pixels; nothing can be measured in it.",
        )
    sums = block_sums(picture.grey, BLOCK_PX)
    coarse = decimation % BLOCK_PX == 0
    small = _means(sums, BLOCK_PX, decimation // BLOCK_PX) if coarse else block_means(picture.grey, decimation)
    scaled = np.empty(small.shape, np.uint8)
    histogram = np.zeros(256, np.int64)
    _bytes_of(small, 255.0 / picture.full_scale, scaled, histogram)
    cut = _otsu(histogram)
    dark, bright = histogram[: cut + 1], histogram[cut + 1 :]
    if not dark.any() or not bright.any():
        return _nothing(float(scaled.mean()) / 255.0)
    low, high = _median(dark), cut + 1 + _median(bright)
    if high < LEAST_FIELD * 255.0 or high - low < LEAST_CONTRAST * 255.0:
        return _nothing(float(np.percentile(scaled, 90)) / 255.0)
    if (high - low) / high < LEAST_MODULATION:
        return _nothing(high / 255.0)
    frame = np.concatenate([scaled[0], scaled[-1], scaled[:, 0], scaled[:, -1]])
    dark_part = bool((frame > cut).mean() > 0.5)
    # The middle between the levels, not Otsu's cut: that one drifts towards the larger class's spread.
    threshold = 0.5 * (low + high)
    material = scaled < threshold if dark_part else scaled >= threshold
    unit = picture.full_scale / 255.0
    saturated = picture.grey[::8, ::8] >= CLIPPED_LEVEL * picture.full_scale
    share = float(saturated.mean()) * histogram.sum() / bright.sum()
    near = 0.08 * (high - low) * unit
    dark_level, bright_level = _means_near(small, (low * unit, high * unit), near)
    part_level, field_level = (dark_level, bright_level) if dark_part else (bright_level, dark_level)
    part_noise, field_noise = noise_of(picture, part_level, field_level)
    return Field(
        field_level=field_level,
        part_level=part_level,
        threshold=threshold * unit,
        dark_part=dark_part,
        clipped=share > CLIPPED_SHARE and dark_part,
        decimation=decimation,
        material=material,
        sums=sums,
        lamp=fit_lamp(
            *((small, decimation) if decimation > BLOCK_PX else (_means(sums, BLOCK_PX, 1), BLOCK_PX)),
            bright_level,
            near,
        ),
        part_noise=part_noise,
        field_noise=field_noise,
    )


def block_means(pixels: NDArray[Any], k: int) -> NDArray[np.float32]:
    """Means (height // k, width // k) of blocks of k x k pixels."""
    return _means(pixels, 1, k)


def _means(sums: NDArray[Any], of: int, k: int) -> NDArray[np.float32]:
    """The same from sums over blocks `of` x `of`, k x k of them together."""
    total = sums if k == 1 else block_sums(sums, k)
    return np.asarray(total * np.float32(1.0 / (of * k) ** 2), np.float32)


def block_sums(pixels: NDArray[Any], k: int) -> NDArray[Any]:
    """Sums (height // k, width // k) over blocks of k x k pixels, k ≤ 16; exact where pixels are integers."""
    height, width = pixels.shape[0] // k, pixels.shape[1] // k
    # 16 bits hold what 256 pixels of 8 bits add up to, and half the memory is twice the speed.
    kind = {"uint8": np.uint16, "uint16": np.uint32}.get(str(pixels.dtype), np.float32)
    sums = np.empty((height, width), kind)
    _block_sums(pixels, k, np.zeros(width * k, kind), sums)
    return sums


@compiled
def _block_sums(pixels: NDArray[Any], k: int, columns: NDArray[Any], sums: NDArray[Any]) -> None:
    height, width = sums.shape
    for j in range(height):
        columns[:] = 0
        for r in range(j * k, (j + 1) * k):
            row = pixels[r]
            for x in range(width * k):
                columns[x] += row[x]
        # Written out for the usual sizes, so that several blocks are done at once.
        if k == 4:
            for i in range(width):
                sums[j, i] = (columns[4 * i] + columns[4 * i + 1]) + (columns[4 * i + 2] + columns[4 * i + 3])
        elif k == 2:
            for i in range(width):
                sums[j, i] = columns[2 * i] + columns[2 * i + 1]
        else:
            for i in range(width):
                total = columns[i * k]
                for x in range(1, k):
                    total += columns[i * k + x]
                sums[j, i] = total


@compiled
def _bytes_of(
    small: NDArray[np.float32], factor: float, scaled: NDArray[np.uint8], histogram: NDArray[np.int64]
) -> None:
    """Levels times `factor` as bytes, and how often each occurs."""
    # Beside each other levels are alike: several counters each, or one addition would wait for the last.
    counts = np.zeros((4, 256), np.int64)
    height, width = small.shape
    for j in range(height):
        for i in range(width):
            byte = np.uint8(min(max(small[j, i] * np.float32(factor), np.float32(0.0)), np.float32(255.0)))
            scaled[j, i] = byte
            counts[i & 3, byte] += 1
    for k in range(4):
        histogram += counts[k]


def _otsu(histogram: NDArray[np.int64]) -> int:
    """The last level of the darker of the two classes that differ most (Otsu 1979). Sums of integers: no rounding
    decides where between two separate classes it lies."""
    below = np.cumsum(histogram)
    first = np.cumsum(histogram * np.arange(len(histogram)))
    above = below[-1] - below
    between = (first[-1] * below - below[-1] * first).astype(np.float64) ** 2
    return int(np.argmax(between / np.maximum(below.astype(np.float64) * above, 1.0)))


@compiled
def _means_near(values: NDArray[np.float32], levels: tuple[float, float], near: float) -> tuple[float, float]:
    """Means of the values not farther than `near` from each of two levels; the level itself where there are none."""
    height, width = values.shape
    # Column by column: the sums of many columns grow at once.
    total, count = np.zeros((2, width), np.float32), np.zeros((2, width), np.float32)
    for j in range(height):
        for k in range(2):
            level, limit = np.float32(levels[k]), np.float32(near)
            for i in range(width):
                off = values[j, i] - level
                inside = abs(off) <= limit
                total[k, i] += off if inside else np.float32(0.0)
                count[k, i] += np.float32(1.0) if inside else np.float32(0.0)
    return (
        levels[0] + total[0].astype(np.float64).sum() / max(count[0].astype(np.float64).sum(), 1.0),
        levels[1] + total[1].astype(np.float64).sum() / max(count[1].astype(np.float64).sum(), 1.0),
    )


def _median(histogram: NDArray[np.int64]) -> int:
    return int(np.searchsorted(np.cumsum(histogram), 0.5 * histogram.sum()))


def _nothing(level: float) -> Refusal:
    if level < LEAST_FIELD:
        return Refusal(
            Trouble.UNDEREXPOSED,
            f"The picture is under-exposed: its bright part reaches {100 * level:.0f} % of the camera's range. "
            "Check that the light is on and the exposure long enough.",
        )
    if level > CLIPPED_LEVEL:
        return Refusal(
            Trouble.NOTHING,
            "There is nothing in the picture but a field at the camera's limit. Place the part, or lower the exposure.",
        )
    return Refusal(Trouble.NOTHING, "There is nothing in the picture that stands out from the field. Place the part.")

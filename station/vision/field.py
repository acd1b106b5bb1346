"""The first look at a picture: field and material levels, which of the two is dark, and the pieces that lie there.

Works on a decimated copy (area average), so it costs a fraction of one pass over the full picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.lamp import fit_lamp
from station.vision.picture import Picture
from station.vision.refusal import Refusal, Trouble

Floats: TypeAlias = NDArray[np.float64]

LEAST_CONTRAST = 0.08  # of full scale
LEAST_FIELD = 0.16  # of full scale: a backlight below is under-exposed
LEAST_MODULATION = 0.40  # (bright - dark) / bright: below, nothing stands out of the field
CLIPPED_SHARE = 0.01  # of the bright class at full scale: more is a clipped picture
_CLIPPED_LEVEL = 0.995
_NOISE_ROWS = 24
BLOCK_PX = 4  # levels beside an edge are read off means of blocks this large
_LEAST_VARIANCE = 1.0 / 12.0  # of quantisation alone


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
    means: NDArray[np.float32]  # of the picture's blocks of BLOCK_PX x BLOCK_PX pixels
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


@dataclass(frozen=True, slots=True)
class Piece:
    """One connected piece of material: `outer_px` and `openings_px` are contours (n, 2) in full-resolution pixels;
    `area_px` is that of the filled outer contour, `sides` names the picture's borders it touches."""

    outer_px: NDArray[np.float64]
    openings_px: tuple[NDArray[np.float64], ...]
    area_px: float
    sides: tuple[str, ...]

    @property
    def center_px(self) -> tuple[float, float]:
        """Middle of the bounding box."""
        low, high = self.outer_px.min(axis=0), self.outer_px.max(axis=0)
        return float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)


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
    means = block_means(picture.grey, BLOCK_PX)
    if decimation > BLOCK_PX and decimation % BLOCK_PX == 0:
        small = block_means(means, decimation // BLOCK_PX)
    else:
        small = block_means(picture.grey, decimation)
    scaled = np.clip(small * (255.0 / picture.full_scale), 0, 255).astype(np.uint8)
    cut, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    histogram = np.asarray(cv2.calcHist([scaled], [0], None, [256], [0, 256])).ravel()
    dark, bright = histogram[: int(cut) + 1], histogram[int(cut) + 1 :]
    if not dark.any() or not bright.any():
        return _nothing(float(scaled.mean()) / 255.0)
    low, high = _median(dark), int(cut) + 1 + _median(bright)
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
    saturated = picture.grey[::8, ::8] >= _CLIPPED_LEVEL * picture.full_scale
    share = float(saturated.mean()) * histogram.sum() / bright.sum()
    near = 0.08 * (high - low) * unit
    dark_level, bright_level = (_mean_near(small, m * unit, near) for m in (low, high))
    part_level, field_level = (dark_level, bright_level) if dark_part else (bright_level, dark_level)
    part_noise, field_noise = _noise(picture, part_level, field_level)
    return Field(
        field_level=field_level,
        part_level=part_level,
        threshold=threshold * unit,
        dark_part=dark_part,
        clipped=share > CLIPPED_SHARE and dark_part,
        decimation=decimation,
        material=material,
        means=means,
        lamp=fit_lamp(*((small, decimation) if decimation > BLOCK_PX else (means, BLOCK_PX)), bright_level, near),
        part_noise=part_noise,
        field_noise=field_noise,
    )


def block_means(pixels: NDArray[Any], k: int) -> NDArray[np.float32]:
    """Means (height // k, width // k) of blocks of k x k pixels."""
    height, width = pixels.shape[0] // k, pixels.shape[1] // k
    means = np.empty((height, width), np.float32)
    # 16 bits hold the sum of a column of up to 257 pixels of 8 bits, and half the memory is twice the speed.
    sums = {"uint8": np.uint16, "uint16": np.uint32}.get(str(pixels.dtype), np.float32)
    _block_means(pixels, k, np.zeros(width * k, sums), means)
    return means


@compiled
def _mean_near(values: NDArray[np.float32], level: float, near: float) -> float:
    """Mean of the values not farther than `near` from a level, one of them at least being there."""
    total, count = 0.0, 0
    height, width = values.shape
    for j in range(height):
        for i in range(width):
            if abs(values[j, i] - level) <= near:
                total += float(values[j, i])
                count += 1
    return total / count if count > 0 else level


@compiled
def _block_means(pixels: NDArray[Any], k: int, columns: NDArray[Any], means: NDArray[np.float32]) -> None:
    height, width = means.shape
    per_block = 1.0 / (k * k)
    for j in range(height):
        columns[:] = 0
        for r in range(j * k, (j + 1) * k):
            row = pixels[r]
            for x in range(width * k):
                columns[x] += row[x]
        for i in range(width):
            total = 0.0
            for x in range(k):
                total += columns[i * k + x]
            means[j, i] = total * per_block


def _median(histogram: NDArray[np.float32]) -> int:
    return int(np.searchsorted(np.cumsum(histogram), 0.5 * histogram.sum()))


def _noise(picture: Picture, part_level: float, field_level: float) -> tuple[float, float]:
    """Variance of one pixel in the material and in the field, from second differences along some rows.

    Light that varies slowly drops out of a second difference; what is left has six times a pixel's variance. Where a
    level is at the camera's limit its noise cannot be seen, and is taken to grow with the level from the other one.
    """
    rows = picture.grey[:: max(1, picture.height_px // _NOISE_ROWS)]
    near = 0.08 * abs(field_level - part_level)
    part, field = (_bend_variance(rows, level, near, _LEAST_VARIANCE) for level in (part_level, field_level))
    if field_level > _CLIPPED_LEVEL * picture.full_scale:
        field = max(field, part * field_level / max(part_level, 1.0))
    if part_level > _CLIPPED_LEVEL * picture.full_scale:
        part = max(part, field * part_level / max(field_level, 1.0))
    return part, field


@compiled
def _bend_variance(rows: NDArray[Any], level: float, near: float, least: float) -> float:
    """A pixel's variance from second differences where three pixels in a row are `near` the level, without outliers."""
    height, width = rows.shape
    bends = np.empty(height * max(width - 2, 0))
    count = 0
    for r in range(height):
        for x in range(width - 2):
            a, b, c = float(rows[r, x]), float(rows[r, x + 1]), float(rows[r, x + 2])
            if abs(a - level) < near and abs(b - level) < near and abs(c - level) < near:
                bends[count] = abs(a - 2.0 * b + c)
                count += 1
    if count < 50:
        return least
    limit = 4.0 * max(1.4826 * np.median(bends[:count]), 1.0)
    total = 0.0
    kept = 0
    for i in range(count):
        if bends[i] < limit:
            total += bends[i] * bends[i]
            kept += 1
    return max(total / kept / 6.0, least)


def _nothing(level: float) -> Refusal:
    if level < LEAST_FIELD:
        return Refusal(
            Trouble.UNDEREXPOSED,
            f"The picture is under-exposed: its bright part reaches {100 * level:.0f} % of the camera's range. "
            "Check that the light is on and the exposure long enough.",
        )
    if level > _CLIPPED_LEVEL:
        return Refusal(
            Trouble.NOTHING,
            "There is nothing in the picture but a field at the camera's limit. Place the part, or lower the exposure.",
        )
    return Refusal(Trouble.NOTHING, "There is nothing in the picture that stands out from the field. Place the part.")


def pieces_of(field: Field, least_area_px: float) -> tuple[Piece, ...]:
    """Connected pieces of material of at least `least_area_px` (full-resolution pixels²), largest first.

    Contours are in full-resolution pixels; they stand on the outermost material pixels, half a decimated pixel inside.
    """
    mask = np.ascontiguousarray(field.material.astype(np.uint8))
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if len(contours) == 0:
        return ()
    links = np.asarray(hierarchy)[0]
    k = field.decimation
    height, width = field.material.shape
    found = []
    for number, contour in enumerate(contours):
        if links[number][3] >= 0:
            continue
        area = float(cv2.contourArea(contour)) * k * k
        if area < least_area_px:
            continue
        openings = []
        child = int(links[number][2])
        while child >= 0:
            openings.append(_full(contours[child], k))
            child = int(links[child][0])
        points = np.asarray(contour)[:, 0, :]
        sides = tuple(
            name
            for name, touches in (
                ("left", bool((points[:, 0] <= 0).any())),
                ("right", bool((points[:, 0] >= width - 1).any())),
                ("top", bool((points[:, 1] <= 0).any())),
                ("bottom", bool((points[:, 1] >= height - 1).any())),
            )
            if touches
        )
        found.append(Piece(_full(contour, k), tuple(openings), area, sides))
    return tuple(sorted(found, key=lambda piece: -piece.area_px))


def _full(contour: object, k: int) -> NDArray[np.float64]:
    return np.asarray(contour, dtype=np.float64)[:, 0, :] * k + 0.5 * (k - 1)


def choose_piece(pieces: tuple[Piece, ...], expected_area_px: float | None) -> Piece | Refusal:
    """The one piece that can be the part. What touches the border is not, unless it is all there is."""
    whole = [piece for piece in pieces if not piece.sides]
    cut = [piece for piece in pieces if piece.sides]
    reference = expected_area_px if expected_area_px is not None else (whole[0].area_px if whole else None)
    large = [piece for piece in whole if reference is not None and piece.area_px > 0.1 * reference]
    large_cut = [piece for piece in cut if reference is not None and piece.area_px > 0.1 * reference]
    if len(large) > 1:
        second = large[1]
        return Refusal(
            Trouble.SEVERAL,
            f"There are {len(large)} parts in the picture; the second lies at pixel "
            f"({second.center_px[0]:.0f}, {second.center_px[1]:.0f}). Leave only the one of the order.",
            second.center_px,
        )
    if large and large_cut and expected_area_px is not None and large[0].area_px < 0.5 * expected_area_px:
        return _cut(large_cut[0])
    if large:
        return large[0]
    if cut and (reference is None or large_cut):
        return _cut(cut[0])
    return Refusal(
        Trouble.NOTHING,
        "There is no part in the picture, only specks far smaller than the ordered part. Place the part."
        if pieces
        else "There is no part in the picture. Place the part.",
    )


def _cut(piece: Piece) -> Refusal:
    where = " and ".join(piece.sides)
    return Refusal(
        Trouble.CUT,
        f"The part is cut by the {where} border of the picture. Move it to the middle of the field.",
        piece.center_px,
    )

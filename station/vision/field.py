"""The first look at a picture: field and material levels, which of the two is dark, and the pieces that lie there.

Works on a decimated copy (area average), so it costs a fraction of one pass over the full picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.picture import Picture
from station.vision.refusal import Refusal, Trouble

LEAST_CONTRAST = 0.08  # of full scale
LEAST_FIELD = 0.16  # of full scale: a backlight below is under-exposed
LEAST_MODULATION = 0.40  # (bright - dark) / bright: below, nothing stands out of the field
CLIPPED_SHARE = 0.01  # of the bright class at full scale: more is a clipped picture
_CLIPPED_LEVEL = 0.995
_NOISE_ROWS = 200
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
    """Whole factor that leaves a picture of about 600 pixels, and the part (its expected size) at least 150."""
    factor = max(picture.width_px, picture.height_px) / 600.0
    if part_px is not None:
        factor = min(factor, part_px / 150.0)
    return int(np.clip(round(factor), 1, 8))


def look(picture: Picture, decimation: int) -> Field | Refusal:
    """Levels and material of a picture, or why nothing can be told from it."""
    height, width = picture.height_px // decimation, picture.width_px // decimation
    if min(height, width) < 8:
        return Refusal(
            Trouble.NOTHING,
            f"The picture is only {picture.width_px} × {picture.height_px} pixels; nothing can be measured in it.",
        )
    small = cv2.resize(
        picture.grey[: height * decimation, : width * decimation], (width, height), interpolation=cv2.INTER_AREA
    )
    scaled = np.clip(np.asarray(small) * (255.0 / picture.full_scale), 0, 255).astype(np.uint8)
    cut, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = scaled > cut
    if bright.all() or not bright.any():
        level = float(scaled.mean()) / 255.0
        return _nothing(level)
    low, high = float(np.median(scaled[~bright])), float(np.median(scaled[bright]))
    if high < LEAST_FIELD * 255.0 or high - low < LEAST_CONTRAST * 255.0:
        return _nothing(float(np.percentile(scaled, 90)) / 255.0)
    if (high - low) / high < LEAST_MODULATION:
        return _nothing(high / 255.0)
    frame = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    dark_part = bool(frame.mean() > 0.5)
    # The middle between the levels, not Otsu's cut: that one drifts towards the larger class's spread.
    threshold = 0.5 * (low + high)
    material = scaled < threshold if dark_part else scaled >= threshold
    unit = picture.full_scale / 255.0
    saturated = picture.grey[::2, ::2] >= _CLIPPED_LEVEL * picture.full_scale
    share = float(saturated.mean()) / max(float(bright.mean()), 1e-9)
    part_level, field_level = (low, high) if dark_part else (high, low)
    part_noise, field_noise = _noise(picture, part_level * unit, field_level * unit)
    return Field(
        field_level=field_level * unit,
        part_level=part_level * unit,
        threshold=threshold * unit,
        dark_part=dark_part,
        clipped=share > CLIPPED_SHARE and dark_part,
        decimation=decimation,
        material=material,
        part_noise=part_noise,
        field_noise=field_noise,
    )


def _noise(picture: Picture, part_level: float, field_level: float) -> tuple[float, float]:
    """Variance of one pixel in the material and in the field, from second differences along some rows.

    Light that varies slowly drops out of a second difference; what is left has six times a pixel's variance. Where a
    level is at the camera's limit its noise cannot be seen, and is taken to grow with the level from the other one.
    """
    rows = picture.grey[:: max(1, picture.height_px // _NOISE_ROWS)].astype(np.float64)
    bend = rows[:, :-2] - 2.0 * rows[:, 1:-1] + rows[:, 2:]
    near = 0.08 * abs(field_level - part_level)
    found = []
    for level in (part_level, field_level):
        flat = np.abs(rows[:, 1:-1] - level) < near
        flat &= (np.abs(rows[:, :-2] - level) < near) & (np.abs(rows[:, 2:] - level) < near)
        values = bend[flat]
        if len(values) < 50:
            found.append(_LEAST_VARIANCE)
            continue
        limit = 4.0 * max(1.4826 * float(np.median(np.abs(values))), 1.0)
        found.append(max(float(np.mean(values[np.abs(values) < limit] ** 2)) / 6.0, _LEAST_VARIANCE))
    part, field = found
    if field_level > _CLIPPED_LEVEL * picture.full_scale:
        field = max(field, part * field_level / max(part_level, 1.0))
    if part_level > _CLIPPED_LEVEL * picture.full_scale:
        part = max(part, field * part_level / max(field_level, 1.0))
    return part, field


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

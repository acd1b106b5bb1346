"""The pieces of material that lie in a picture, and the one that can be the part."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.field import Field
from station.vision.refusal import Refusal, Trouble


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


def pieces_of(field: Field, least_area_px: float) -> tuple[Piece, ...]:
    """Connected pieces of material of at least `least_area_px` (full-resolution pixels²), largest first.

    Contours are in full-resolution pixels; they stand on the outermost material pixels, half a decimated pixel inside.
    """
    mask = np.ascontiguousarray(field.material).view(np.uint8)
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if len(contours) == 0:
        return ()
    links = np.asarray(hierarchy)[0].tolist()
    k = field.decimation
    ends = np.cumsum([len(contour) for contour in contours]).tolist()
    together = np.concatenate(contours)[:, 0, :].astype(np.float64) * k + 0.5 * (k - 1)
    rings = [together[end - len(contour) : end] for contour, end in zip(contours, ends, strict=True)]
    right, bottom = (k * (cells - 1) for cells in field.material.shape[::-1])
    found = []
    for number, contour in enumerate(contours):
        if links[number][3] >= 0:
            continue
        area = float(cv2.contourArea(contour)) * k * k
        if area < least_area_px:
            continue
        openings = []
        child = links[number][2]
        while child >= 0:
            openings.append(rings[child])
            child = links[child][0]
        low, high = rings[number].min(axis=0) - 0.5 * (k - 1), rings[number].max(axis=0) - 0.5 * (k - 1)
        touches = {
            "left": low[0] <= 0.0,
            "right": high[0] >= right,
            "top": low[1] <= 0.0,
            "bottom": high[1] >= bottom,
        }
        sides = tuple(name for name, touched in touches.items() if touched)
        found.append(Piece(rings[number], tuple(openings), area, sides))
    return tuple(sorted(found, key=lambda piece: -piece.area_px))


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

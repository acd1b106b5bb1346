"""What is on a part's face as the picture shows it: every stamp sampled through pose and lens."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from station.order.model import Face
from station.twin.letters import Place, letters_of
from station.twin.marks import CodeMark
from station.twin.part import MadePart
from station.twin.projection import from_pixels, to_pixels
from station.twin.scene import Lamp, Optics, PlacedPart, Scene
from station.twin.stamps import Piece, Stamp, stamp_of

Floats = NDArray[np.float64]


def draw_face(gain: Floats, placed: PlacedPart, scene: Scene) -> None:
    """Multiply marks and defects into `gain` (height, width), the factor on the part's level.

    Raises:
        InputError: a code or a letter that the twin cannot make.
    """
    if placed.part.marked is not placed.face:
        return
    for piece, place in pieces_of(placed.part):
        _draw(gain, piece, axes_of(place, placed.face), placed, scene)


def pieces_of(part: MadePart) -> Iterator[tuple[Piece, Place | None]]:
    """Everything that is drawn on the part's face and where it lies; a defect is drawn where it is (None)."""
    for mark in part.marks:
        if isinstance(mark, CodeMark):
            yield mark, Place(mark.center_mm, mark.angle_deg)
        else:
            yield from letters_of(mark)
    for defect in part.defects:
        yield defect, None


def axes_of(place: Place | None, face: Face) -> Floats:
    """(2, 3): a mark's own frame in the part's, where what is to be read on the lower face stands mirrored."""
    if place is None:
        return np.eye(2, 3)
    cos, sin = math.cos(math.radians(place.angle_deg)), math.sin(math.radians(place.angle_deg))
    up = -1.0 if face is Face.BOTTOM else 1.0
    return np.array([[cos, -up * sin, place.at_mm[0]], [sin, up * cos, place.at_mm[1]]])


def _draw(gain: Floats, piece: Piece, axes: Floats, placed: PlacedPart, scene: Scene) -> None:
    optics = scene.optics
    middle = to_pixels(axes[:, 2][None], placed.pose, placed.face, optics)[0]
    stamp = stamp_of(piece, optics.mm_per_px, _sigma_px(middle, optics))
    corners = to_pixels(stamp.outline_mm @ axes[:, :2].T + axes[:, 2], placed.pose, placed.face, optics)
    (rows, columns), part_mm = pixels_within(corners, placed, optics)
    if not part_mm.size:
        return
    own_mm = (part_mm - axes[:, 2]) @ axes[:, :2]  # the axes are orthonormal
    column = ((own_mm[..., 0] - stamp.corner_mm[0]) / stamp.cell_mm).astype(np.float32)
    row = ((stamp.corner_mm[1] - own_mm[..., 1]) / stamp.cell_mm).astype(np.float32)
    shown = _shown(stamp, scene.lamp, _towards_lamp(scene.lamp, axes, placed))
    level = float(shown[0, 0])  # as the face around it
    seen = cv2.remap(shown, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=level)
    gain[rows, columns] *= np.maximum(seen, 0.0)


def pixels_within(corners_px: Floats, placed: PlacedPart, optics: Optics) -> tuple[tuple[slice, slice], Floats]:
    """Rows and columns of the picture that the corners (n, 2) span, and the point of the part (rows, columns, 2), mm,
    that each pixel shows."""
    low = np.maximum(np.ceil(corners_px.min(axis=0)), 0).astype(int)
    high = np.maximum(np.minimum(np.floor(corners_px.max(axis=0)) + 1, (optics.width_px, optics.height_px)), low)
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    pixels = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
    part_mm = from_pixels(pixels, placed.pose, placed.face, optics).reshape(*x.shape, 2)
    return (slice(low[1], low[1] + len(x)), slice(low[0], low[0] + x.shape[1])), part_mm


def _shown(stamp: Stamp, lamp: Lamp, towards: Floats) -> NDArray[np.float32]:
    """The stamp (rows, columns) under this lamp: what faces it is brighter."""
    brightness, steepness, right, up = stamp.layers
    lit = brightness + lamp.steep * steepness - lamp.slant * (towards[0] * right + towards[1] * up)
    return np.asarray(lit, np.float32)


def _towards_lamp(lamp: Lamp, axes: Floats, placed: PlacedPart) -> Floats:
    """The direction (2,) in which the lamp stands, in the mark's own frame."""
    angle = math.radians(lamp.from_deg - placed.pose.angle_deg)
    mirror = -1.0 if placed.face is Face.BOTTOM else 1.0
    return np.asarray(np.array([mirror * math.cos(angle), math.sin(angle)]) @ axes[:, :2])


def _sigma_px(at_px: Floats, optics: Optics) -> float:
    """The lens's blur at a place of the picture, to a tenth of what matters: equal ones are drawn once."""
    (x, y), (across, down) = optics.origin_px, optics.blur_slope
    return round(optics.blur_sigma_px + across * (float(at_px[0]) - x) + down * (float(at_px[1]) - y), 2)

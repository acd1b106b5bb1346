"""Targets of turned squares for focus and sharpness, each seen through the blur of its own place and height."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from station.errors import ImageError
from station.order.geometry import Outline, Silhouette
from station.twin.outlines import lines_through
from station.twin.part import MadePart
from station.twin.render import expose, render_ideal
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene


@dataclass(frozen=True, slots=True)
class FocusTruth:
    """The lens: sharpest at `best_mm` with `Optics.psf_sigma_px`, its blur growing by `growth_px_per_mm`; the best
    height changes by `tilt_x`, `tilt_y` (mm per mm to the right and up); sizes grow by `size_per_mm` (relative)."""

    best_mm: float = 0.0
    growth_px_per_mm: float = 4.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    size_per_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """`columns` × `rows` squares of `side_mm`, turned by `turned_deg`, over most of the field."""

    columns: int = 4
    rows: int = 3
    side_mm: float = 1.0
    turned_deg: float = 5.0


def target_picture(
    optics: Optics, lamp: Lamp, target: Target, truth: FocusTruth, z_mm: float, rng: np.random.Generator
) -> NDArray[Any]:
    """The frame (h, w) of the target at a height."""
    square = _square(target.side_mm)
    through = np.ones((optics.height_px, optics.width_px))
    scale = 1.0 + truth.size_per_mm * (z_mm - truth.best_mm)
    for x, y in _middles(optics, target):
        here = _optics_at((x, y), optics, truth, z_mm, optics.mm_per_px / scale)
        through *= 1.0 - render_ideal(Scene(here, lamp, (PlacedPart(square, Pose(0.0, 0.0, target.turned_deg)),)))
    light = lamp.part_level + (lamp.field_level - lamp.part_level) * through
    return expose(light, lamp, rng)


def write_focus_series(
    folder: Path,
    optics: Optics,
    lamp: Lamp,
    truth: FocusTruth,
    z_mm: Sequence[float],
    rng: np.random.Generator,
    target: Target = Target(),
) -> Path:
    """Write a picture for each height and FOCUS.csv (image, z_mm); the table's path.

    Raises:
        ImageError: a picture could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, z in enumerate(z_mm, start=1):
        name = f"focus-{number:02d}.png"
        _write(folder / name, target_picture(optics, lamp, target, truth, z, rng))
        rows.append([name, f"{z:g}"])
    table = folder / "FOCUS.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "z_mm"])
        writer.writerows(rows)
    return table


def write_sharpness_series(
    folder: Path,
    optics: Optics,
    lamp: Lamp,
    rng: np.random.Generator,
    target: Target = Target(),
    turns_deg: Sequence[float] = (5.0, 50.0),
) -> list[Path]:
    """Write a picture in focus for each turn of the target; their paths.

    Raises:
        ImageError: a picture could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for turn in turns_deg:
        path = folder / f"edges-{turn:g}.png"
        turned = replace(target, turned_deg=turn)
        _write(path, target_picture(optics, lamp, turned, FocusTruth(), 0.0, rng))
        made.append(path)
    return made


def _optics_at(
    middle_mm: tuple[float, float], optics: Optics, truth: FocusTruth, z_mm: float, mm_per_px: float
) -> Optics:
    """The optics about the middle of a square, which becomes its origin: the blur there, and how it changes over it."""
    (x, y), (x_px, y_px) = middle_mm, optics.origin_px
    off = z_mm - truth.best_mm - truth.tilt_x * x - truth.tilt_y * y
    defocus = truth.growth_px_per_mm * off
    steep = truth.growth_px_per_mm * defocus / math.hypot(optics.blur_sigma_px, defocus) * mm_per_px
    return replace(
        optics,
        mm_per_px=mm_per_px,
        center_px=(x_px + x / mm_per_px, y_px - y / mm_per_px),
        defocus_sigma_px=math.hypot(optics.defocus_sigma_px, defocus),
        blur_slope=(-truth.tilt_x * steep, truth.tilt_y * steep),
    )


def _square(side_mm: float) -> MadePart:
    h = 0.5 * side_mm
    corners = [(-h, -h), (h, -h), (h, h), (-h, h), (-h, -h)]
    return MadePart(Silhouette((Outline(tuple(lines_through(corners)), True, "S"),), ()), ())


def _middles(optics: Optics, target: Target) -> list[tuple[float, float]]:
    """Of the squares, about the picture's middle (mm, y up)."""
    width, height = optics.width_px * optics.mm_per_px, optics.height_px * optics.mm_per_px
    return [
        (width * ((column + 0.5) / target.columns - 0.5), height * ((row + 0.5) / target.rows - 0.5))
        for row in range(target.rows)
        for column in range(target.columns)
    ]


def _write(path: Path, frame: NDArray[Any]) -> None:
    if not cv2.imwrite(str(path), frame):
        raise ImageError("the picture could not be written", place=str(path))

"""A light series of the twin's own sensor: pairs of bright and dark frames whose every figure is known."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from station.errors import ImageError
from station.twin.render import lamp_evenness
from station.twin.scene import Optics
from station.twin.sensor import Pixels, Sensor, made_sensor, read_out


@dataclass(frozen=True, slots=True)
class LightPlan:
    """What is taken: `exposures` times evenly up to `longest_us`, which brings the brightest pixel to `top` times
    saturation, `pairs` frames at each, `more` at the exposure nearest half of saturation; dark frames likewise.
    `uneven` is how much darker the worst corner is, `flicker` the relative scatter of whole frames."""

    exposures: int = 20
    longest_us: float = 10_000.0
    top: float = 1.15
    pairs: int = 2
    more: int = 16
    uneven: float = 0.0
    flicker: float = 0.0


def write_light_series(folder: Path, sensor: Sensor, plan: LightPlan, rng: np.random.Generator) -> Path:
    """Write the frames as PNG and LIGHT.csv (image, exposure_us, kind); the table's path.

    Raises:
        ImageError: a frame could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pixels = made_sensor(sensor, rng)
    shape = lamp_evenness(Optics(width_px=sensor.width_px, height_px=sensor.height_px), plan.uneven)
    per_us = plan.top * sensor.saturation_e / plan.longest_us
    rows = []
    for number in range(1, plan.exposures + 1):
        exposure = plan.longest_us * number / plan.exposures
        half = round(0.5 / plan.top * plan.exposures) == number
        for kind in ("bright", "dark"):
            for count in range(1, (max(plan.more, plan.pairs) if half else plan.pairs) + 1):
                name = f"{kind}-{exposure:g}us-{count:02d}.png"
                strength = per_us * exposure * (1.0 + plan.flicker * float(rng.standard_normal()))
                _write(folder / name, pixels, shape * (strength if kind == "bright" else 0.0), exposure, rng)
                rows.append([name, f"{exposure:g}", kind])
    table = folder / "LIGHT.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "exposure_us", "kind"])
        writer.writerows(rows)
    return table


def _write(
    path: Path, pixels: Pixels, light_e: np.ndarray[tuple[int, ...], np.dtype[np.float64]], at: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    if not cv2.imwrite(str(path), read_out(pixels, light_e, at, rng)):
        raise ImageError("the frame could not be written", place=str(path))

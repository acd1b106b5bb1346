"""A sensor whose every figure is known: what EMVA 1288 would find in it can be compared with what was put in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sensor:
    """Electrons to levels: `gain_dn_per_e` K; `black_dn` level in the dark; `dark_noise_e` per reading;
    `dark_current_e_per_s`; `dsnu_e`, `prnu` standard deviations from pixel to pixel (electrons, share); `column_e` of
    whole columns; `bend`: the response to μ electrons is μ (1 − bend μ/capacity); `capacity_e` where a
    pixel is full."""

    width_px: int = 320
    height_px: int = 240
    bit_depth: int = 12
    gain_dn_per_e: float = 0.35
    black_dn: float = 64.0
    dark_noise_e: float = 6.0
    dark_current_e_per_s: float = 0.0
    dsnu_e: float = 0.0
    prnu: float = 0.0
    column_e: float = 0.0
    bend: float = 0.0
    capacity_e: float = 1e12
    hot: tuple[tuple[int, int, float], ...] = ()  # column, row, electrons
    dead: tuple[tuple[int, int, float], ...] = ()  # column, row, share of the response that is left

    @property
    def full_scale(self) -> int:
        """The largest level."""
        return int(2**self.bit_depth - 1)

    @property
    def saturation_e(self) -> float:
        """Electrons at which the first of pixel and converter is full."""
        return min(self.capacity_e, (self.full_scale - self.black_dn) / self.gain_dn_per_e)


@dataclass(frozen=True, slots=True)
class Pixels:
    """One sensor as it was made: `offset_e`, `response` (h, w) of each pixel."""

    sensor: Sensor
    offset_e: Floats
    response: Floats


def made_sensor(sensor: Sensor, rng: np.random.Generator) -> Pixels:
    """Draw what differs from pixel to pixel; stays the same from frame to frame."""
    shape = sensor.height_px, sensor.width_px
    offset = sensor.dsnu_e * rng.standard_normal(shape) + sensor.column_e * rng.standard_normal(sensor.width_px)
    response = 1.0 + sensor.prnu * rng.standard_normal(shape)
    for column, row, electrons in sensor.hot:
        offset[row, column] += electrons
    for column, row, share in sensor.dead:
        response[row, column] *= share
    return Pixels(sensor, offset, response)


def read_out(
    pixels: Pixels, light_e: Floats | float, exposure_us: float, rng: np.random.Generator
) -> NDArray[np.unsignedinteger[Any]]:
    """A frame (h, w), uint8 or uint16, of `light_e` electrons per pixel (scalar or (h, w)) that a pixel of response 1
    gathers on average during the exposure."""
    sensor = pixels.sensor
    shape = pixels.response.shape
    gathered = np.asarray(light_e * pixels.response, np.float64)
    if sensor.bend:
        gathered = gathered * (1.0 - sensor.bend * gathered / sensor.saturation_e)
    current = sensor.dark_current_e_per_s * exposure_us * 1e-6
    electrons = rng.poisson(np.broadcast_to(np.maximum(gathered + current, 0.0), shape)).astype(np.float64)
    electrons = np.minimum(electrons, sensor.capacity_e) + pixels.offset_e
    electrons += sensor.dark_noise_e * rng.standard_normal(shape)
    level = np.clip(np.rint(sensor.black_dn + sensor.gain_dn_per_e * electrons), 0, sensor.full_scale)
    return np.asarray(level.astype(np.uint8 if sensor.bit_depth <= 8 else np.uint16))

"""The lamp's shape: found as it was made, undone by the correction, and at which price."""

from __future__ import annotations

import numpy as np
import pytest

from station.twin.render import lamp_evenness
from station.twin.scene import Optics
from station.twin.sensor import Sensor, made_sensor, read_out
from station.vision.flat import CELLS, corrected, falloff, flat_field, smooth_surface
from station.vision.frames import FrameStack, stack

SENSOR = Sensor(320, 240, prnu=0.01, dsnu_e=5.0)
SHAPE = lamp_evenness(Optics(320, 240), 0.25)


def taken(level: float, seed: int, count: int = 16) -> FrameStack:
    rng = np.random.default_rng(seed)
    pixels = made_sensor(SENSOR, np.random.default_rng(0))
    return stack((read_out(pixels, level * SHAPE, 1000.0, rng) for _ in range(count)), SENSOR.full_scale)


def test_the_map_is_the_lamps_shape() -> None:
    found = falloff(taken(6000.0, 1), taken(0.0, 2))
    truth = SHAPE.reshape(CELLS[0], 20, CELLS[1], 20).mean(axis=(1, 3))
    assert np.allclose(found.cells, truth / truth.max(), atol=0.003)
    assert found.percent == pytest.approx(100.0 * (1.0 - truth.min() / truth.max()), abs=0.3)
    middle = SHAPE[80:160, 106:214].mean() * 6000.0 * SENSOR.gain_dn_per_e
    assert found.center_dn == pytest.approx(middle, rel=0.002)


@pytest.mark.parametrize("smooth", [True, False])
def test_the_correction_flattens_another_picture(smooth: bool) -> None:
    flat = flat_field(taken(6000.0, 1), taken(0.0, 2), smooth=smooth)
    rng = np.random.default_rng(9)
    frame = read_out(made_sensor(SENSOR, np.random.default_rng(0)), 3000.0 * SHAPE, 1000.0, rng)
    left = corrected(frame, flat)
    blocks = left.reshape(12, 20, 16, 20).mean(axis=(1, 3))
    before = (frame - SENSOR.black_dn).reshape(12, 20, 16, 20).mean(axis=(1, 3))
    assert np.ptp(before) / before.mean() > 0.15
    assert np.ptp(blocks) / blocks.mean() < 0.01
    # Pixel by pixel also takes the 1 % between pixels off; what is left is the frame's noise and the map's.
    spread = float((left - smooth_surface(left)).std()) / float(left.mean())
    electrons = float(left.mean()) / SENSOR.gain_dn_per_e
    shot = float(np.sqrt(np.mean(flat.gain**2 * (SHAPE * 3000.0 + SENSOR.dark_noise_e**2)))) / electrons
    other = 0.01 if smooth else flat.map_noise
    assert spread == pytest.approx(np.hypot(shot, other), rel=0.02)
    assert flat.gain_rms == pytest.approx(float(np.sqrt(np.mean((SHAPE[120, 160] / SHAPE) ** 2))), rel=0.01)


def test_a_dead_pixel_keeps_a_gain_that_is_finite() -> None:
    bright, dark = taken(6000.0, 1, 2), taken(0.0, 2, 2)
    bright.average[100, 100] = dark.average[100, 100]
    assert flat_field(bright, dark, smooth=False).gain.max() < 2.0

"""Differences between pixels that were put in come out, whatever the lamp does; defects by name."""

from __future__ import annotations

import numpy as np
import pytest

from station.twin.render import lamp_evenness
from station.twin.scene import Optics
from station.twin.sensor import Sensor, made_sensor, read_out
from station.vision.frames import FrameStack, stack
from station.vision.nonuniformity import DEFECT_LIMITS, find_defects, spatial_variance


def taken(sensor: Sensor, seed: int, share: float, count: int = 8, uneven: float = 0.0) -> FrameStack:
    rng = np.random.default_rng(seed)
    pixels = made_sensor(sensor, np.random.default_rng(99 + seed))
    light = share * sensor.saturation_e * lamp_evenness(Optics(sensor.width_px, sensor.height_px), uneven)
    return stack((read_out(pixels, light, 1000.0, rng) for _ in range(count)), sensor.full_scale)


def test_rows_columns_and_pixels_come_out_within_their_uncertainty() -> None:
    errors = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        rows, columns = 0.7 * rng.standard_normal((150, 1)), 0.5 * rng.standard_normal((1, 200))
        fixed = 100.0 + rows + columns + 2.0 * rng.standard_normal((150, 200))
        found = spatial_variance(stack((fixed + 4.0 * rng.standard_normal(fixed.shape) for _ in range(4)), 4095.0))
        # Of rows and columns as they were drawn, after what is smooth over the field.
        errors.append(
            [
                (found.rows - rows.var()) / found.u_rows,
                (found.columns - columns.var()) / found.u_columns,
                (found.pixels - 4.0) / found.u_pixels,
                (found.total - fixed.var(ddof=1)) / found.u_total,
            ]
        )
    mean, scatter = np.mean(errors, axis=0), np.sqrt(np.mean(np.square(errors), axis=0))
    assert (np.abs(mean) < 1.2).all(), mean
    assert (scatter < 1.6).all(), scatter


@pytest.mark.parametrize("uneven", [0.0, 0.2])
def test_what_a_sensor_was_given_is_found_under_any_lamp(uneven: float) -> None:
    sensor = Sensor(200, 150, dsnu_e=12.0, column_e=6.0, prnu=0.012)
    dark, bright = taken(sensor, 1, 0.0), taken(sensor, 1, 0.5, uneven=uneven)
    in_dark, lit = spatial_variance(dark), spatial_variance(bright)
    k = sensor.gain_dn_per_e
    assert in_dark.pixels**0.5 / k == pytest.approx(12.0, rel=0.02)
    assert in_dark.columns**0.5 / k == pytest.approx(6.0, rel=0.25)
    response = bright.average - dark.average
    assert ((lit.pixels - in_dark.pixels) ** 0.5) / response.mean() == pytest.approx(0.012, rel=0.03)
    assert abs(in_dark.rows) < 4.0 * in_dark.u_rows
    if uneven:
        assert lit.total > 3.0 * lit.pixels  # the lamp is in the standard's total


def test_defective_pixels_are_found_by_place_and_no_others() -> None:
    hot, dead = ((50, 60, 3000.0), (51, 60, 900.0)), ((120, 100, 0.0), (10, 20, 0.7), (3, 3, 1.3))
    sensor = Sensor(200, 150, dsnu_e=3.0, prnu=0.01, hot=hot, dead=dead)
    found = find_defects(taken(sensor, 2, 0.5, uneven=0.2), taken(sensor, 2, 0.0), 3900.0, DEFECT_LIMITS)
    assert found.hot == ((50, 60), (51, 60))
    assert set(found.dead) == {(120, 100), (10, 20), (3, 3)}
    assert found.dead[0] == (120, 100)
    assert (found.hot_count, found.dead_count) == (2, 3)


def test_a_clean_sensor_has_no_defects() -> None:
    sensor = Sensor(200, 150, dsnu_e=5.0, prnu=0.01)
    found = find_defects(taken(sensor, 3, 0.5), taken(sensor, 3, 0.0), 3900.0, DEFECT_LIMITS)
    assert (found.hot_count, found.dead_count) == (0, 0)

"""The figures of EMVA 1288: against an independent implementation, closed forms, and a sensor whose truth is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from station.errors import CalibrationError
from station.metrology.dark import Level
from station.metrology.estimate import Estimate
from station.metrology.photon_transfer import PhotonTransfer, photon_transfer
from station.twin.sensor import Sensor, made_sensor, read_out
from station.vision.frames import FrameStack, stack

# Levels of a bent camera, and what the reference implementation of the standard's authors makes of them
# (Python package emva1288 1.0.2, Results1288; 1/0.55 photons an electron, 1.24 electrons a microsecond).
EXPOSURES = [700.0 * k for k in range(1, 15)]
BRIGHT = [213.9526, 395.4568, 575.5647, 754.5323, 934.2943, 1111.5997, 1291.8617, 1472.8624, 1644.0582, 1819.3973,
          1998.85, 2173.0946, 2237.0573, 2237.0617]  # fmt: skip
BRIGHT_VARIANCE = [40.4497, 78.6749, 116.1851, 153.9055, 191.4369, 228.7635, 266.5432, 304.7868, 340.5862, 377.6419,
                   415.3039, 451.8456, 97.5567, 3.4575]  # fmt: skip
DARK = [32.0044, 32.0088, 32.0132, 32.0176, 32.022, 32.0265, 32.0309, 32.0353, 32.0397, 32.0441, 32.0485, 32.0529,
        32.0573, 32.0617]  # fmt: skip
DARK_VARIANCE = [2.245, 2.2465, 2.2409, 2.246, 2.2449, 2.2466, 2.255, 2.2484, 2.2524, 2.257, 2.2521, 2.2549, 2.2567,
                 2.2575]  # fmt: skip


def level(exposure: float, mean: float, variance: float, **more: float) -> Level:
    return Level(exposure, mean, 0.01, 0.01, variance, 0.01, 2, **more)


def levels_of(means: list[float], variances: list[float]) -> list[Level]:
    return [level(*row) for row in zip(EXPOSURES, means, variances, strict=True)]


def test_the_reference_implementation_of_the_standard_is_met() -> None:
    photons = Estimate(1.24 / 0.55, 0.0)
    found = photon_transfer(levels_of(BRIGHT, BRIGHT_VARIANCE), levels_of(DARK, DARK_VARIANCE), photons)
    assert found.gain_dn_per_e.value == pytest.approx(0.20985101107677756, rel=1e-9)
    assert found.quantum_efficiency is not None
    assert found.quantum_efficiency.value == pytest.approx(0.5441542364286896, rel=1e-9)
    assert found.saturation_e.value == pytest.approx(10305.291866620419, rel=1e-9)
    assert found.snr_max.value == pytest.approx(101.5149834587014, rel=1e-9)
    assert found.linearity_least_percent == pytest.approx(-0.5110227127429072, rel=1e-9)
    assert found.linearity_most_percent == pytest.approx(0.4195926409758511, rel=1e-9)
    assert found.dark_noise_e.value == pytest.approx(7.001015745365959, rel=1e-9)
    assert found.dark_current_e_per_s is not None
    assert found.dark_current_e_per_s.value == pytest.approx(30.020551164083237, rel=1e-9)
    # That implementation rounds the root of σd² + σq²/K² + ¼ to its first two terms.
    assert found.threshold_e.value == pytest.approx(7.634882645589838, rel=3e-3)
    assert found.dynamic_range.value == pytest.approx(1349.7642786393185, rel=3e-3)
    assert found.saturation_reached
    assert [p.for_gain for p in found.points].count(True) == 8
    assert [p.for_linearity for p in found.points].count(True) == 11


def test_an_ideal_camera_gives_its_own_figures_back() -> None:
    """K = 0.5, σd = 4, black level 20, full at 8000 electrons; every figure by hand."""
    k, sigma, quantised = 0.5, 4.0, 1.0 / 12.0
    dark = [level(1000.0, 20.0, (k * sigma) ** 2 + quantised)]
    electrons = [500.0 * n for n in range(1, 17)]
    bright = [level(2.0 * e, 20.0 + k * e, k * k * (e + sigma**2) + quantised) for e in electrons]
    bright.append(level(17000.0, 20.0 + k * 8000.0, 0.2, at_full=1.0))
    found = photon_transfer(bright, dark)
    assert found.gain_dn_per_e.value == pytest.approx(k)
    assert found.dark_noise_e.value == pytest.approx(sigma)
    assert found.saturation_e.value == pytest.approx(8000.0)
    assert found.snr_max.value == pytest.approx(math.sqrt(8000.0))
    threshold = math.sqrt(sigma**2 + quantised / k**2 + 0.25) + 0.5
    assert found.threshold_e.value == pytest.approx(threshold)
    assert found.dynamic_range.value == pytest.approx(8000.0 / threshold)
    assert found.linearity_error_percent == pytest.approx(0.0, abs=1e-9)
    assert found.black_level_dn == 20.0
    assert found.response_dn_per_us.value == pytest.approx(0.25)
    assert found.dark_current_e_per_s is None
    assert any("one exposure" in note for note in found.notes)


def test_a_bow_is_found_as_large_as_relative_least_squares_leave_it() -> None:
    exposure = np.linspace(100.0, 1900.0, 19)
    signal = exposure * (1.0 - 0.04 * exposure / 2000.0)
    bright = [level(float(t), 10.0 + float(y), float(y)) for t, y in zip(exposure, signal, strict=True)]
    found = photon_transfer(bright, [level(1.0, 10.0, 1.0)])
    used = np.array([p.for_linearity for p in found.points])
    assert used.sum() == 18  # the last is the saturation itself
    line = np.polynomial.polynomial.Polynomial.fit(exposure[used], signal[used], 1, w=1.0 / signal[used])(exposure)
    off = 100.0 * (signal / line - 1.0)[used]
    assert found.linearity_error_percent == pytest.approx(float(np.abs(off).mean()), rel=1e-9)
    assert (found.linearity_least_percent, found.linearity_most_percent) == pytest.approx((off.min(), off.max()))


SENSORS = {
    "12 bits": Sensor(160, 120, dark_current_e_per_s=20_000.0, prnu=0.01, dsnu_e=4.0),
    "10 bits": Sensor(160, 120, bit_depth=10, gain_dn_per_e=0.1, black_dn=20.0, dark_noise_e=15.0),
    "16 bits": Sensor(160, 120, bit_depth=16, gain_dn_per_e=4.0, black_dn=500.0, dark_noise_e=3.0),
}


def measured(sensor: Sensor, seed: int, exposures: int = 12, top: float = 1.1) -> PhotonTransfer:
    rng = np.random.default_rng(seed)
    pixels = made_sensor(sensor, rng)
    bright, dark = [], []
    for t in 10_000.0 * np.arange(1, exposures + 1) / exposures:
        light = top * sensor.saturation_e * t / 10_000.0
        for found, electrons in ((bright, light), (dark, 0.0)):
            frames = [read_out(pixels, electrons, float(t), rng) for _ in range(2)]
            found.append(as_level(float(t), stack(frames, sensor.full_scale)))
    return photon_transfer(bright, dark)


def as_level(exposure: float, s: FrameStack) -> Level:
    noise = math.sqrt(s.temporal_variance / s.count / s.average.size)
    return Level(
        exposure, s.mean, s.u_mean, noise, s.temporal_variance, s.u_temporal_variance, s.count, s.at_zero, s.at_full
    )


@pytest.mark.parametrize("name", SENSORS)
def test_figures_come_back_within_their_stated_uncertainty(name: str) -> None:
    """Over ten sensors the errors scatter by one stated standard uncertainty, about the truth."""
    sensor = SENSORS[name]
    errors = []
    for seed in range(10):
        found = measured(sensor, seed)
        assert found.dark_current_e_per_s is not None
        pairs = (
            (found.gain_dn_per_e, sensor.gain_dn_per_e),
            (found.dark_noise_e, sensor.dark_noise_e),
            (found.dark_current_e_per_s, sensor.dark_current_e_per_s),
        )
        errors.append([(estimate.value - truth) / estimate.u for estimate, truth in pairs])
        assert found.linearity_error_percent < 3.0 * found.linearity_u_percent
    scatter = np.sqrt((np.array(errors) ** 2).mean(axis=0))
    # χ² of ten values: 99.9 % of the time within these.
    assert (scatter > 0.38).all(), scatter
    assert (scatter < 1.73).all(), scatter


@pytest.mark.parametrize("name", SENSORS)
def test_saturation_is_where_the_variance_is_largest(name: str) -> None:
    """The truth after the standard: the largest variance of a Gaussian cut off at full scale, not full scale itself."""
    sensor = SENSORS[name]
    full = sensor.saturation_e
    grid = np.linspace(0.8, 1.1, 3001) * full
    z = np.linspace(-6.0, 6.0, 1201)
    weight = np.exp(-0.5 * z * z) / np.exp(-0.5 * z * z).sum()
    seen = np.minimum(grid[:, None] + np.sqrt(grid + sensor.dark_noise_e**2)[:, None] * z, full)
    mean = seen @ weight
    variance = (seen**2) @ weight - mean**2
    truth = grid[int(np.argmax(variance))]
    found = measured(sensor, 3, exposures=30)
    assert found.saturation_reached
    assert abs(found.saturation_e.value - truth) < 2.0 * found.saturation_e.u
    assert found.saturation_e.u < 0.03 * truth


def test_noise_that_the_converter_hides_is_a_limit() -> None:
    sensor = Sensor(160, 120, bit_depth=8, gain_dn_per_e=0.0243, black_dn=5.0, dark_noise_e=5.0)
    found = measured(sensor, 1)
    assert found.dark_noise_is_limit
    assert found.dark_noise_e.value == pytest.approx(math.sqrt(0.24 - 1 / 12) / found.gain_dn_per_e.value)
    assert found.dark_noise_e.value > sensor.dark_noise_e
    assert abs(found.gain_dn_per_e.value - sensor.gain_dn_per_e) < 3.0 * found.gain_dn_per_e.u
    assert any("converter hides" in note for note in found.notes)


def test_a_series_that_never_saturates_says_so() -> None:
    found = measured(SENSORS["12 bits"], 1, top=0.6)
    assert not found.saturation_reached
    assert any("not saturated" in note for note in found.notes)


def test_dark_pixels_at_zero_are_told() -> None:
    found = measured(replace(SENSORS["12 bits"], black_dn=1.0, dark_current_e_per_s=0.0), 1)
    assert any("level 0" in note for note in found.notes)


GOOD = [level(100.0 * n, 10.0 + 100.0 * n, 50.0 * n) for n in range(1, 13)]
DARKS = [level(100.0, 10.0, 1.0)]
REFUSED = {
    "no dark": (GOOD, [], "no dark frames"),
    "few": (GOOD[:3], DARKS, "there are 3 exposures with light"),
    "saturated": ([replace(b, at_full=0.5) for b in GOOD], DARKS, "every bright frame is saturated"),
    "mixed up": (DARKS * 4, GOOD, "darker|brighter than the bright"),
    "one mixed up": ([*GOOD, level(5.0, 9.0, 1.0)], DARKS, "5 µs are no brighter"),
    "only long ones": (GOOD[-4:], DARKS, "below 70 % of saturation"),
    "noise falls": (
        [replace(b, variance_dn2=0.5 - 0.01 * n) for n, b in enumerate(GOOD)] + [level(1300.0, 1310.0, 0.9)],
        DARKS,
        "does not grow with the light",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_says_nothing_is_refused_in_a_sentence(kind: str) -> None:
    bright, dark, sentence = REFUSED[kind]
    with pytest.raises(CalibrationError, match=sentence):
        photon_transfer(bright, dark)


def test_a_quantum_efficiency_above_one_is_told() -> None:
    found = photon_transfer(GOOD, DARKS, Estimate(1e-6, 0.0))
    assert any("check the irradiance" in note for note in found.notes)

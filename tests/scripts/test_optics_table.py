"""The optics table: formulas against makers' data sheets and physics, the page against the script."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq, least_squares
from scipy.special import j1, sici

from scripts.optics.examples import EXAMPLES
from scripts.optics.expected import calibration_of, expected, plate_of
from scripts.optics.lens import WAVELENGTH_UM, Lens, Optics, Sensor

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "optics_table.py"
SENSOR = Sensor("any", 1000, 1000, 3.45)


def lens(magnification: float, na: float) -> Lens:
    return Lens("", magnification, na, 100.0, 0.1, 0.1, "data sheet")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, cwd=ROOT)


def test_the_page_has_what_the_script_prints() -> None:
    page = (ROOT / "hw" / "optics.md").read_text(encoding="utf-8")
    begin, end = "<!-- optics_table.py begins -->", "<!-- optics_table.py ends -->"
    written = page.split(begin)[1].split(end)[0].strip()
    printed = run("--markdown")
    assert printed.returncode == 0, printed.stderr
    assert written == printed.stdout.strip(), "scripts/optics_table.py --markdown prints something else"


def test_resolution_is_that_of_a_makers_page() -> None:
    # Opto Engineering TC4MHRP240: 0.073x, f/8, 70 um by Rayleigh's criterion at 520 nm.
    found = Optics(25, SENSOR, lens(0.073, 0.073 / (2 * 8)))
    assert found.airy_um == pytest.approx(70.0, abs=0.7)


@pytest.mark.parametrize(
    ("magnification", "na", "f_number"),
    [(0.168, 0.013, 6.5), (0.334, 0.028, 6.0), (0.516, 0.032, 8.0), (0.72, 0.037, 9.8)],
)
def test_f_numbers_are_those_of_a_makers_table(magnification: float, na: float, f_number: float) -> None:
    # FALenses, 1.1" bi-telecentric: both are printed, NA to three places.
    assert Optics(25, SENSOR, lens(magnification, na)).f_number == pytest.approx(f_number, rel=0.04)


def test_the_blur_is_the_gaussian_nearest_to_an_airy_pattern() -> None:
    na = 0.1
    r = np.linspace(1e-6, 0.61 * WAVELENGTH_UM / na, 400)
    v = 2 * math.pi * na * r / WAVELENGTH_UM
    airy = (2 * j1(v) / v) ** 2
    fit = least_squares(lambda s: np.sqrt(r) * (np.exp(-(r**2) / (2 * s[0] ** 2)) - airy), [1.0])
    optics = Optics(8, SENSOR, lens(1.0, na))
    assert optics.blur_px * optics.pixel_um == pytest.approx(float(fit.x[0]), rel=0.02)
    assert optics.step_px == pytest.approx(math.hypot(optics.blur_px, math.sqrt(1 / 12)))


def test_a_coherent_edge_has_half_its_light_where_the_sine_integral_says() -> None:
    # Amplitude at x inside the light: 1/2 + Si(v)/π, v = 2π NA x/λ; half the light is 1/√2 of the amplitude.
    v = brentq(lambda v: 0.5 + sici(v)[0] / math.pi - math.sqrt(0.5), 0.0, 2.0)
    optics = Optics(8, SENSOR, lens(1.0, 0.05))
    assert optics.edge_offset_px * optics.pixel_um == pytest.approx(v * WAVELENGTH_UM / (2 * math.pi * 0.05), rel=0.01)


def test_the_simulated_rig_has_the_offset_of_its_aperture() -> None:
    # hw/twin.toml: 10 um pixels, NA 0.05, 0.11 px.
    assert Optics(8, Sensor("", 1600, 1200, 3.45), lens(0.345, 0.05)).edge_offset_px == pytest.approx(0.11, abs=0.003)


@pytest.mark.parametrize("rig", EXAMPLES, ids=lambda rig: f"{rig.field_mm} mm {rig.sensor.name}")
def test_every_rig_sees_its_field_and_can_be_calibrated_on_its_plate(rig: Optics) -> None:
    plate = plate_of(rig.field_mm).document
    assert rig.field_mm - 0.02 <= rig.seen_mm[0] <= 1.25 * rig.field_mm
    assert rig.seen_mm[1] > 1.05 * plate.outer_diameter
    assert 2e-6 < calibration_of(rig, 1000 * plate.certificate_u).u_scale < 2e-4
    asked, loose = expected(rig), expected(rig, 3.0)
    assert asked.outer_um < 0.5 * loose.outer_um
    # Nothing is known better than all certificates together would allow.
    assert asked.outer_um > 2 * asked.certificate_um / math.sqrt(8)


def test_a_rig_of_ones_own() -> None:
    told = run("--json", "--field", "8", "--pixels", "2448", "2048", "--magnification", "1", "--na", "0.05")
    (rig,) = json.loads(told.stdout)["rigs"]
    assert rig["field_of_view_mm"] == pytest.approx([8.4456, 7.0656])
    assert rig["expected"][0]["certificate_um"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--magnification", "1"), "--na between 0 and 1"),
        (("--magnification", "-1", "--na", "0.1"), "must be positive"),
        (("--magnification", "10", "--na", "0.1"), "too small for the plate"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    told = run(*words)
    assert told.returncode == 2
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr

"""The scripts for light, focus and PSF as they are called, on series whose truth the twin knows."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from station.documents import parse_json
from station.metrology.light import Light
from station.metrology.sharpness import Focus, Psf
from station.twin.light_series import LightPlan, write_light_series
from station.twin.scene import Lamp, Optics
from station.twin.sensor import Sensor
from station.twin.sharpness_series import FocusTruth, Target, write_focus_series, write_sharpness_series
from tests.cli.program import ROOT, made_once, script

SENSOR = Sensor(
    160, 120, dark_current_e_per_s=20_000.0, dsnu_e=4.0, prnu=0.01, hot=((50, 60, 2500.0),), dead=((100, 90, 0.5),)
)
PLAN = LightPlan(exposures=12, more=8, uneven=0.1)
OPTICS = Optics(480, 360, 0.01, psf_sigma_px=0.9)
TRUTH = FocusTruth(best_mm=0.07, growth_px_per_mm=6.0, tilt_x=0.02, tilt_y=-0.01, size_per_mm=2e-3)
TARGET = Target(columns=3, rows=3, side_mm=0.8, turned_deg=6.0)
SCRIPTS = ("calibrate_light.py", "calibrate_focus.py", "calibrate_psf.py")


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a light, a focus and a sharpness series."""
    with made_once(tmp_path_factory, "series") as (folder, missing):
        if missing:
            rng = np.random.default_rng(3)
            write_light_series(folder / "light", SENSOR, PLAN, rng)
            heights = np.linspace(-0.4, 0.5, 7)
            write_focus_series(folder / "focus", OPTICS, Lamp(), TRUTH, heights.tolist(), rng, TARGET)
            write_sharpness_series(folder / "psf", OPTICS, Lamp(), rng, TARGET, (6.0, 50.0))
    return folder


def own_process(name: str, *arguments: object) -> dict[str, Any]:
    """The document that a script prints in a process of its own."""
    command = [sys.executable, f"scripts/{name}", *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def looks_like_a_page(path: Path, *words: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("<svg") >= 3
    for head in ("Asked:", "carried out by", "Parameters", "SHA-256", "software"):
        assert head in text
    assert len(re.findall(r"\b[0-9a-f]{64}\b", text)) >= 2
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert not re.search(r'(src|href)="http', text)
    for word in words:
        assert word in text


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_help(name: str) -> None:
    done = script(name, "--help")
    assert (done.status, done.err) == (0, "")
    for option in ("--out", "--json", "--page", "--by", "--camera-serial", "--lamp-serial"):
        assert option in done.out


def test_light_gives_the_sensor_back(series: Path, tmp_path: Path) -> None:
    out, page, maps = tmp_path / "light.json", tmp_path / "light.html", tmp_path / "maps"
    table = series / "light" / "LIGHT.csv"
    who = ("--by", "A. Meier", "--camera-serial", "C-1", "--lamp-serial", "L-2", "--temperature", "21.5")
    region = ("--region", "20,20,120,80")
    document = own_process(
        "calibrate_light.py", "--table", table, "--out", out, "--page", page, "--maps", maps, *who, *region
    )
    assert document == json.loads(out.read_text())
    light = Light.from_document(parse_json(out.read_bytes(), "light"), "light")
    t = light.transfer
    assert t.dark_current_e_per_s is not None
    for found, truth in (
        (t.gain_dn_per_e, SENSOR.gain_dn_per_e),
        (t.dark_noise_e, SENSOR.dark_noise_e),
        (t.dark_current_e_per_s, SENSOR.dark_current_e_per_s),
    ):
        assert abs(found.value - truth) < 3.5 * found.u
    assert t.linearity_error_percent < 3.0 * t.linearity_u_percent
    assert abs(t.saturation_e.value - SENSOR.saturation_e) < 3.0 * t.saturation_e.u
    p = light.pixels
    assert (p.hot_count, p.dead_count, p.hot, p.dead) == (1, 1, ((30, 40),), ((80, 70),))
    assert p.prnu_pixels_percent.value == pytest.approx(1.0, abs=0.2)
    assert (p.frames, p.dark_frames) == (8, 8)
    assert (light.made.by, light.made.camera_serial, light.made.lamp_serial) == ("A. Meier", "C-1", "L-2")
    assert light.made.temperature_c == 21.5
    assert (light.width_px, light.height_px, light.bit_depth) == (160, 120, 12)
    first = light.made.inputs[0]
    assert first.sha256 == hashlib.sha256((series / "light" / first.name).read_bytes()).hexdigest()
    assert len(light.made.inputs) == len(list((series / "light").glob("*.png")))
    gain = cv2.imread(str(maps / "gain.tif"), cv2.IMREAD_UNCHANGED)
    assert gain.shape == (80, 120)
    assert gain.dtype == np.float32
    looks_like_a_page(page, "gain K", "A. Meier", "Defective pixels", "dark current")


def test_light_by_the_names_of_files_is_the_same(series: Path, tmp_path: Path) -> None:
    by_table, by_name = tmp_path / "a.json", tmp_path / "b.json"
    assert script("calibrate_light.py", "--table", series / "light" / "LIGHT.csv", "--out", by_table).status == 0
    done = script("calibrate_light.py", series / "light", "--out", by_name, "--by", "")
    assert done.status == 0
    for word in ("gain K", "0.35", "linearity error LE", "flicker", "note:", str(by_name)):
        assert word in done.out.replace("\n", "")
    one, other = (json.loads(path.read_text()) for path in (by_table, by_name))
    assert one["transfer"] == other["transfer"]
    assert one["pixels"] == other["pixels"]


def test_a_lamp_that_faded_is_told_against_the_accepted_one(series: Path, tmp_path: Path) -> None:
    before, now = tmp_path / "before.json", tmp_path / "now.json"
    table = series / "light" / "LIGHT.csv"
    assert script("calibrate_light.py", "--table", table, "--out", before).status == 0
    same = script("calibrate_light.py", "--table", table, "--out", now, "--accepted", before)
    assert "against the accepted" in same.out
    assert "CHANGED" not in same.out
    # The same series with exposures that say a tenth more: the lamp gives a tenth less.
    rows = list(csv.reader(table.read_text().splitlines()))
    faded = [rows[0], *([name, str(1.1 * float(at)), kind] for name, at, kind in rows[1:])]
    (series / "light" / "FADED.csv").write_text("\n".join(",".join(row) for row in faded))
    done = script(
        "calibrate_light.py", "--table", series / "light" / "FADED.csv", "--out", now, "--accepted", before, "--json"
    )
    assert done.document["change"]["center_percent"] == pytest.approx(100.0 * (1.0 / 1.1 - 1.0), abs=0.01)
    assert done.document["change"]["falloff_points"] == pytest.approx(0.0, abs=0.01)


def test_photons_give_the_quantum_efficiency(series: Path, tmp_path: Path) -> None:
    """Twelve exposures bring 1.15 of saturation in 10 ms; 500 nm photons carry 3.9729e-19 J."""
    photons = 1.15 * SENSOR.saturation_e / 0.6 / 10_000e-6  # per second and pixel, for an efficiency of 0.6
    irradiance = photons * 3.972891714e-19 / (3.45e-4) ** 2 * 1e6
    numbers = ("--irradiance", irradiance, "--wavelength", 500, "--pixel", 3.45)
    arguments = ("--table", series / "light" / "LIGHT.csv", "--out", tmp_path / "l.json", "--json")
    found = script("calibrate_light.py", *arguments, *numbers).document["transfer"]["quantum_efficiency"]
    # The lamp's shape leaves 0.95 of it on the mean.
    assert found["value"] == pytest.approx(0.6 * 0.963, rel=0.02)
    assert found["u"] == pytest.approx(0.03 * found["value"], rel=0.1)
    sentence = script("calibrate_light.py", *arguments, *numbers[:4]).sentence
    assert "--pixel" in sentence


def test_focus_gives_the_lens_back(series: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "focus.json", tmp_path / "focus.html"
    table = series / "focus" / "FOCUS.csv"
    document = own_process("calibrate_focus.py", "--table", table, "--out", out, "--page", page, "--mm-per-px", 0.01)
    focus = Focus.from_document(parse_json(out.read_bytes(), "focus"), "focus")
    assert document == focus.to_document()
    curve = focus.curve
    assert abs(curve.best_mm.value - TRUTH.best_mm) < 4.0 * curve.best_mm.u
    assert curve.best_mm.u < 0.005
    assert abs(curve.growth_px_per_mm.value - TRUTH.growth_px_per_mm) < 4.0 * curve.growth_px_per_mm.u
    assert curve.sharpest_px.value == pytest.approx(math.sqrt(0.9**2 + 1 / 12), rel=0.02)
    allowed = 1.6 * curve.sharpest_px.value
    assert focus.allowed_px == pytest.approx(max(allowed, curve.sharpest_px.value + 0.6))
    ratio = focus.allowed_px / curve.sharpest_px.value
    reach = curve.sharpest_px.value * math.sqrt(ratio**2 - 1.0)
    assert focus.depth_mm == pytest.approx(reach / curve.growth_px_per_mm.value)
    assert focus.tilt_deg is not None
    tilt = math.degrees(math.atan(math.hypot(TRUTH.tilt_x, TRUTH.tilt_y)))
    assert abs(focus.tilt_deg.value - tilt) < max(4.0 * focus.tilt_deg.u, 0.03 * tilt)
    assert focus.size_per_mm is not None
    assert abs(focus.size_per_mm.value - TRUTH.size_per_mm) < max(4.0 * focus.size_per_mm.u, 1e-5)
    assert focus.size_depth_mm == pytest.approx(1e-4 / 2e-3, rel=0.01)
    assert focus.chief_ray_deg == pytest.approx(math.degrees(math.atan(2e-3 * 3.0)), rel=0.01)
    assert focus.sideways_mm is not None
    assert abs(focus.sideways_mm.value) < 4.0 * focus.sideways_mm.u
    looks_like_a_page(page, "best position", "telecentric", "Best position over the field")


def test_psf_gives_the_lens_back(series: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "psf.json", tmp_path / "psf.html"
    document = own_process("calibrate_psf.py", series / "psf", "--out", out, "--page", page)
    psf = Psf.from_document(parse_json(out.read_bytes(), "psf"), "psf")
    assert document == psf.to_document()
    truth = math.sqrt(0.9**2 + 1 / 12)
    assert psf.summary.places >= 18
    assert psf.summary.sigma_px.value == pytest.approx(truth, abs=0.004)
    assert psf.summary.core_sigma_px == pytest.approx(truth, abs=0.004)
    assert psf.summary.across_px is not None
    assert psf.summary.down_px is not None
    assert psf.summary.across_px.value == pytest.approx(psf.summary.down_px.value, abs=0.006)
    assert psf.summary.misfit_percent < 0.2
    errors = [(p.sigma_px.value - truth) / p.sigma_px.u for p in psf.places]
    assert 0.5 < math.sqrt(float(np.mean(np.square(errors)))) < 1.7
    assert not psf.notes
    looks_like_a_page(page, "MTF50", "Over the field")


def test_equal_figures_make_equal_pages(series: Path, tmp_path: Path) -> None:
    from station.reports.calibration.focus import focus_page
    from station.reports.page import page

    out = tmp_path / "focus.json"
    assert script("calibrate_focus.py", "--table", series / "focus" / "FOCUS.csv", "--out", out).status == 0
    focus = Focus.from_document(parse_json(out.read_bytes(), "focus"), "focus")
    assert page(focus_page(focus, [("a", "b")])) == page(focus_page(replace(focus), [("a", "b")]))


def test_frames_saturated_all_over_are_no_copies(tmp_path: Path) -> None:
    plan = LightPlan(exposures=12, more=8, top=1.6)
    write_light_series(tmp_path / "light", Sensor(160, 120), plan, np.random.default_rng(5))
    done = script("calibrate_light.py", "--table", tmp_path / "light" / "LIGHT.csv", "--out", tmp_path / "l.json")
    assert done.status == 0, done.err


def damaged(series: Path, folder: Path, kind: str) -> tuple[tuple[object, ...], str]:
    """Arguments for a series with something wrong, and what the sentence has to say."""
    for path in (series / "light").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    table = folder / "LIGHT.csv"
    lines = table.read_text().splitlines()
    first = folder / lines[1].split(",")[0]
    match kind:
        case "another size":
            cv2.imwrite(str(first), np.zeros((50, 60), np.uint16))
            return (), "60 × 50 pixels of 16 bits"
        case "another depth":
            cv2.imwrite(str(first), np.zeros((120, 160), np.uint8))
            return (), "of 8 bits"
        case "colour":
            cv2.imwrite(str(first), np.zeros((120, 160, 3), np.uint16))
            return (), "colour"
        case "twice the same":
            (folder / lines[2].split(",")[0]).write_bytes(first.read_bytes())
            return (), "pixel by pixel"
        case "no pair":
            table.write_text("\n".join(lines[:1] + lines[2:]))
            return (), "only one bright frame"
        case "not a picture":
            first.write_bytes(b"nothing")
            return (), "row 2"
        case "missing":
            first.unlink()
            return (), "row 2"
        case "region":
            return ("--region", "100,0,100,100"), "does not lie within"
        case "small region":
            return ("--region", "0,0,40,40"), "at least 62"
        case "region of letters":
            return ("--region", "a,b"), "four whole numbers"
        case "bits":
            return ("--bits", "8"), "8 bits cannot"
        case "temperature":
            return ("--temperature", "900"), "no temperature"
        case "accepted":
            (folder / "x.json").write_text('{"schema": "light/1"}')
            return ("--accepted", folder / "x.json"), "hash does not match"
    raise AssertionError(kind)


KINDS = (
    "another size", "another depth", "colour", "twice the same", "no pair", "not a picture", "missing", "region",
    "small region", "region of letters", "bits", "temperature", "accepted",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_light_series_that_is_no_good_is_one_sentence(series: Path, tmp_path: Path, kind: str) -> None:
    arguments, words = damaged(series, tmp_path, kind)
    out = tmp_path / "light.json"
    done = script("calibrate_light.py", "--table", tmp_path / "LIGHT.csv", "--out", out, "--json", *arguments)
    assert done.sentence.startswith("calibrate_light: ")
    assert words in done.sentence
    assert not out.exists()


def test_bright_and_dark_mixed_up_is_one_sentence(series: Path, tmp_path: Path) -> None:
    rows = list(csv.reader((series / "light" / "LIGHT.csv").read_text().splitlines()))
    other = {"bright": "dark", "dark": "bright"}
    mixed = [rows[0], *([str(series / "light" / name), at, other[kind]] for name, at, kind in rows[1:])]
    (tmp_path / "MIXED.csv").write_text("\n".join(",".join(row) for row in mixed))
    done = script("calibrate_light.py", "--table", tmp_path / "MIXED.csv", "--out", tmp_path / "l.json", "--json")
    assert "mixed up" in done.sentence


def test_levels_shifted_up_in_their_words_are_shifted_back(series: Path, tmp_path: Path) -> None:
    for path in (series / "light").glob("*.png"):
        cv2.imwrite(str(tmp_path / path.name), cv2.imread(str(path), cv2.IMREAD_UNCHANGED) << 4)
    plain, shifted = tmp_path / "plain.json", tmp_path / "shifted.json"
    assert script("calibrate_light.py", series / "light", "--out", plain).status == 0
    assert script("calibrate_light.py", tmp_path, "--out", shifted).status == 0
    one, other = (json.loads(path.read_text()) for path in (plain, shifted))
    assert one["transfer"] == other["transfer"]
    assert other["bit_depth"] == 12
    assert any("multiples of 16" in note for note in other["notes"])


def test_jpeg_is_no_light_series(tmp_path: Path) -> None:
    for name in ("bright_1us_1.jpg", "bright_1us_2.jpg"):
        cv2.imwrite(str(tmp_path / name), np.full((100, 100), 90, np.uint8))
    assert "JPEG" in script("calibrate_light.py", tmp_path, "--out", tmp_path / "l.json").err


def test_focus_and_psf_without_edges_or_positions_are_one_sentence(series: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    empty = tmp_path / "z+0.1mm.png"
    cv2.imwrite(str(empty), np.full((200, 300), 180, np.uint8))
    table = tmp_path / "few.csv"
    names = [f"{series}/focus/focus-0{k}.png,{0.1 * k}" for k in range(1, 8)]
    table.write_text("image,z_mm\n" + "\n".join(names[:3]))
    for name, arguments, words in (
        ("calibrate_psf.py", (empty,), "no edge can be looked at"),
        ("calibrate_focus.py", (empty,), "at 0 heights"),
        ("calibrate_focus.py", ("--table", table), "at 3 heights"),
        ("calibrate_focus.py", ("--table", series / "focus" / "FOCUS.csv", "--allowed-px", "0.5"), "never sharper"),
        ("calibrate_focus.py", ("--table", series / "focus" / "FOCUS.csv", "--mm-per-px", "-1"), "scale"),
    ):
        sentence = script(name, *arguments, "--out", out, "--json").sentence
        assert words in sentence, sentence
        assert not out.exists()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_file_that_cannot_be_written_is_refused_before_any_work(name: str, series: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "x.json"
    assert str(nowhere) in script(name, series / "psf", "--out", nowhere).sentence
    assert str(nowhere) in script(name, series / "psf", "--out", tmp_path / "x.json", "--page", nowhere).sentence

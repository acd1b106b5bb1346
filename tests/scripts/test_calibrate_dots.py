"""Dot grids, telecentric lenses and the page, through the script as a quality engineer calls it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from station.app import load_calibration
from station.metrology.camera import CameraModel
from station.metrology.lens_uncertainty import length_u
from tests.cli.program import script
from tests.cli.small import write_picture
from tests.vision.grids_for_tests import dots_mm, dots_picture

WIDTH, HEIGHT, SCALE = 900, 700, 0.03
HALF = 0.5 * math.hypot(WIDTH, HEIGHT)
SPEC = "dots:23x19:1.2mm:0.6mm"
GRID = dots_mm(23, 19, 1.2)


def lens(spin: float = 0.0, *, growth: float = 1.0, k1: float = 2e-3) -> CameraModel:
    """A telecentric lens of 0.03 mm/px that sees the grid turned by `spin`."""
    c, s = math.cos(spin), math.sin(spin)
    scale = SCALE * HALF / growth
    plane = ((c * scale, s * scale, 0.1), (s * scale, -c * scale, -0.2), (0.0, 0.0, 1.0))
    matrix = (HALF, HALF, (WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    return CameraModel(WIDTH, HEIGHT, matrix, (k1, 0.0, 0.0, 0.0, 0.0), plane, telecentric=True)


def take(path: Path, seen_by: CameraModel, seed: int = 0) -> Path:
    return write_picture(path, dots_picture(GRID, 0.6, seen_by.to_px, WIDTH, HEIGHT, seed=seed))


def test_parameters_come_back_within_their_uncertainty(tmp_path: Path) -> None:
    scores, scales, bends = [], [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        truth = lens(rng.uniform(-0.7, 0.7))
        board, out = take(tmp_path / "b.png", truth, seed), tmp_path / "c.json"
        arguments = ("--board", SPEC, "--lens", "telecentric", "--plane-u", "0", "--board-u", "0")
        done = script("calibrate_camera.py", *arguments, "--out", out, board)
        assert done.status == 0, done.err
        made, _ = load_calibration(out)
        assert made.camera.telecentric
        a, b = (rng.uniform([20, 20], [WIDTH - 20, HEIGHT - 20], (6, 2)) for _ in range(2))
        off = np.linalg.norm(made.camera.to_mm(b) - made.camera.to_mm(a), axis=1)
        off -= np.linalg.norm(truth.to_mm(b) - truth.to_mm(a), axis=1)
        scores += (off / length_u(made.camera, a, b)).tolist()
        scales.append((made.camera.scale_mm_per_px() / SCALE - 1) / made.u_scale)
        bends.append(made.camera.distortion[0] - 2e-3)
        assert made.camera.rms_px < 0.008
        assert made.u_scale < 3e-6
    assert 0.5 < math.sqrt(np.mean(np.square(scores))) < 1.7
    assert max(map(abs, bends)) < 1e-4


def test_heights_tell_what_the_lens_lacks_of_telecentricity(tmp_path: Path) -> None:
    low = take(tmp_path / "low.png", lens(0.1))
    high = take(tmp_path / "high.png", lens(0.1, growth=1.001), 1)
    arguments = ("--board", SPEC, "--lens", "telecentric", "--board-u", "0", "--out", tmp_path / "c.json")
    heights = ("--height", f"{low}=0", "--height", f"{high}=2.5")
    done = script("calibrate_camera.py", *arguments, *heights, low, high)
    assert done.status == 0, done.err
    assert "per mm of height" in done.out
    made, _ = load_calibration(tmp_path / "c.json")
    assert made.camera.telecentricity_per_mm == pytest.approx(4e-4, rel=0.02)
    assert made.u_scale == pytest.approx(4e-4, rel=0.05)  # the part's plane within a millimetre
    done = script("calibrate_camera.py", *arguments, *heights, "--plane-offset", "1", low, high)
    raised, _ = load_calibration(tmp_path / "c.json")
    assert raised.camera.scale_mm_per_px() / made.camera.scale_mm_per_px() == pytest.approx(1 - 4e-4, abs=2e-5)
    script("calibrate_camera.py", *arguments, low)
    unknown, _ = load_calibration(tmp_path / "c.json")
    assert unknown.u_scale == pytest.approx(3e-4, rel=0.01)


def test_a_warm_board_is_longer(tmp_path: Path) -> None:
    board = take(tmp_path / "b.png", lens())
    arguments = (
        "--board",
        SPEC,
        "--lens",
        "telecentric",
        "--plane-u",
        "0",
        "--board-u",
        "0",
        "--out",
        tmp_path / "c.json",
    )
    script("calibrate_camera.py", *arguments, board)
    cold, _ = load_calibration(tmp_path / "c.json")
    done = script("calibrate_camera.py", *arguments, "--board-temperature", "30", "--board-cte", "8.5", board)
    assert done.status == 0, done.err
    warm, _ = load_calibration(tmp_path / "c.json")
    assert warm.camera.scale_mm_per_px() / cold.camera.scale_mm_per_px() - 1 == pytest.approx(85e-6, abs=1e-8)
    assert warm.u_scale == pytest.approx(math.hypot(cold.u_scale, 8.5e-6), rel=1e-3)
    assert warm.temperature_c == 30.0


def test_the_page_shows_everything_and_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    board = take(tmp_path / "b<1>.png", lens())
    empty = write_picture(tmp_path / "empty.png", np.full((HEIGHT, WIDTH), 200, np.uint8))
    pages = []
    for name in ("1.html", "2.html"):
        arguments = ("--board", SPEC, "--lens", "telecentric", "--id", "C-1", "--page", tmp_path / name)
        done = script("calibrate_camera.py", *arguments, "--out", tmp_path / "c.json", board, empty)
        assert done.status == 0, done.err
        text = (tmp_path / name).read_text(encoding="utf-8")
        kept = [line for line in text.splitlines() if "valid until" not in line and "sha256" not in line]
        pages.append("\n".join(kept))
    assert pages[0] == pages[1]
    text = pages[0]
    for word in (
        "Residuals",
        "Coverage",
        "Distortion",
        "uncertain",
        "Pictures left out",
        "empty.png",
        "no grid of dots",
    ):
        assert word in text
    assert "b&lt;1&gt;.png" in text
    assert "<1>" not in text
    assert text.count("<svg") == 4
    assert 'src="data:image/png;base64,' in text
    assert 'src="http' not in text
    assert "<script" not in text


def test_the_document_keeps_what_it_rests_on(tmp_path: Path) -> None:
    board = take(tmp_path / "b.png", lens())
    empty = write_picture(tmp_path / "empty.png", np.full((HEIGHT, WIDTH), 200, np.uint8))
    script("calibrate_camera.py", "--board", SPEC, "--lens", "telecentric", "--out", tmp_path / "c.json", board, empty)
    made, _ = load_calibration(tmp_path / "c.json")
    evidence = made.camera.evidence
    assert evidence is not None
    assert [(view.name, view.points > 350, view.rms_px < 0.01) for view in evidence.views] == [("b.png", True, True)]
    assert evidence.refused == (("empty.png", "the picture shows no grid of dots"),)
    assert sum(map(sum, evidence.coverage)) == evidence.points
    assert len(evidence.coverage) <= 12
    assert {len(row) for row in evidence.coverage} == {16}
    assert "k1" in evidence.terms


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--height", "b.png"), "IMAGE=MM"),
        (("--height", "b.png=high"), "IMAGE=MM"),
        (("--lens", "telecentric", "--height", "other.png=1"), "not among those given"),
        (("--height", "{board}=1"), "telecentric"),
        (("--lens", "telecentric", "--height", "{board}=nan"), "makes no sense"),
        (("--lens", "telecentric", "--focal-length", "3000"), "no focal length"),
        (("--board-temperature", "25"), "--board-cte"),
        (("--board-temperature", "nan", "--board-cte", "8.5"), "not those of a board"),
        (("--page", "none/page.html"), "cannot be written"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    board = take(tmp_path / "b.png", lens())
    given = [text.replace("{board}", str(board)) for text in arguments]
    sentence = script(
        "calibrate_camera.py", "--board", SPEC, "--out", tmp_path / "c.json", *given, "--json", board
    ).sentence
    assert sentence.startswith("calibrate_camera: ")
    assert words in sentence
    assert not (tmp_path / "c.json").exists()

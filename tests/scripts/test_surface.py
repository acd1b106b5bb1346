"""The scripts around the surface model: figures by hand, baselines that find something, a bench that runs."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts.surface.figures import Scored, auroc, figures, hit_3, wilson
from scripts.surface.methods import difference_of_gaussians, top_hat, z_score
from scripts.surface.tiles import read_tiles

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "surface" / "model.toml"


def spot(row: int, column: int) -> np.ndarray:
    mask = np.zeros((60, 80), np.bool_)
    mask[row - 2 : row + 3, column - 2 : column + 3] = True
    return mask


def picture(defect: np.ndarray, scores: np.ndarray, whole: float) -> Scored:
    return Scored(scores.astype(np.float32), defect, np.ones(defect.shape, np.bool_), whole)


def test_perfect_scores_have_perfect_figures():
    bad = [picture(spot(20, 20 + k), 5.0 * spot(20, 20 + k), 5.0) for k in range(4)]
    good = [picture(np.zeros((60, 80), np.bool_), np.zeros((60, 80)), 0.0) for _ in range(3)]
    found = figures(bad + good)
    assert (found.pixel_auroc.value, found.pro.value, found.hit_3.value, found.image_auroc.value) == (1, 1, 1, 1)
    assert found.pixel_auroc.low == 1.0


def test_scores_that_know_nothing_are_worth_a_half():
    rng = np.random.default_rng(2)
    bad = [picture(spot(30, 30), rng.standard_normal((60, 80)), float(rng.random())) for _ in range(40)]
    good = [picture(np.zeros((60, 80), np.bool_), np.zeros((60, 80)), float(rng.random())) for _ in range(40)]
    found = figures(bad + good)
    assert found.pixel_auroc.value == pytest.approx(0.5, abs=0.03)
    assert found.pro.value == pytest.approx(0.15, abs=0.03)  # the mean of a straight line up to 0.3
    assert found.image_auroc.low < 0.5 < found.image_auroc.high


def test_known_counts():
    assert auroc(np.array([3.0, 1.0]), np.array([2.0, 0.0])) == 0.75
    assert math.isnan(auroc(np.array([]), np.array([1.0])))
    shown = wilson(8, 10)  # Wilson 1927; 0.4902 and 0.9433 in the textbooks
    assert (shown.low, shown.high) == pytest.approx((0.4902, 0.9433), abs=2e-4)


def test_three_spots_are_looked_at():
    scores = np.zeros((60, 80), np.float32)
    for column, height in ((10, 9.0), (30, 8.0), (50, 7.0), (70, 6.0)):
        scores[30, column] = height
    valid = np.ones((60, 80), np.bool_)
    assert hit_3(scores, spot(30, 50), valid)
    assert not hit_3(scores, spot(30, 70), valid)
    valid[:, :20] = False
    assert hit_3(scores, spot(30, 70), valid)


@pytest.mark.parametrize("score", [difference_of_gaussians, top_hat, z_score])
def test_baselines_find_a_dark_spot(score):
    grey = np.random.default_rng(1).normal(120, 3, (60, 80))
    grey[spot(30, 40)] -= 60
    valid = np.ones((60, 80), np.bool_)
    scores = score(grey.clip(0, 255).astype(np.uint8), valid)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    assert math.hypot(row - 30, column - 40) < 4


def test_tiles_are_pictures_with_their_masks(tmp_path: Path):
    for kind, name, mask in (("Crack", "a", True), ("Free", "b", True), ("Free", "c", False)):
        folder = tmp_path / kind
        folder.mkdir(exist_ok=True)
        cv2.imwrite(str(folder / f"{name}.jpg"), np.full((20, 30), 90, np.uint8))
        if mask:
            cv2.imwrite(str(folder / f"{name}.png"), np.zeros((20, 30), np.uint8))
    assert [(tile.kind, tile.name) for tile in read_tiles(tmp_path)] == [("Crack", "a"), ("Free", "b")]
    assert read_tiles(tmp_path / "nothing") == []


def ran(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"scripts/{script}.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_training_says_what_it_lacks(tmp_path: Path):
    pytest.importorskip("onnx")
    if _has_tensorflow():
        pytest.skip("tensorflow is here")
    done = ran("train_surface", "--out", str(tmp_path), "--minutes", "1", "--weights", str(tmp_path / "w.weights.h5"))
    assert done.returncode == 2
    assert done.stderr.strip() == "train_surface: training needs tensorflow: pip install tensorflow-cpu"


def _has_tensorflow() -> bool:
    from importlib.util import find_spec

    return find_spec("tensorflow") is not None


@pytest.mark.skipif(not MODEL.exists(), reason="there is no model surface in models/ yet")
def test_the_bench_runs_and_says_what_it_leaves_out(tmp_path: Path):
    done = ran("bench_surface", "--tiles", str(tmp_path), "--faces", "6", "--only", "rendered", "tiles", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["tiles"] == {}
    assert document["findings"]["good_faces"] == 6
    station, *others = document["rendered"].values()
    assert len(others) >= 3
    assert station["pixel_auroc"]["value"] > max(one["pixel_auroc"]["value"] for one in others)
    shown = ran("bench_surface", "--tiles", str(tmp_path), "--only", "tiles")
    assert "the real tiles are left out" in shown.stderr
    missing = ran("bench_surface", "--model", str(tmp_path / "none"), "--only", "tiles")
    assert missing.returncode == 2
    assert len(missing.stderr.strip().splitlines()) == 1

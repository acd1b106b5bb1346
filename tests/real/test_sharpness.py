"""Focus and sharpness on real pictures: what can be told from them, and what must be refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from station.vision.field import Field, decimation_for, look
from station.vision.picture import picture_from
from station.vision.stretches import stretches_of
from tests.cli.program import script
from tests.real.conftest import DATA


def spread(path: Path) -> float:
    """Median edge spread of a picture, px."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    picture = picture_from(pixels)
    field = look(picture, decimation_for(picture, None))
    assert isinstance(field, Field)
    stretches, _ = stretches_of(picture, field)
    assert len(stretches) > 30
    return float(np.median([s.sigma_px for s in stretches]))


def test_the_barcode_at_the_back_gets_sharper_as_the_focus_moves_back() -> None:
    """Seven pictures of a board with a barcode behind it; from the second on the focus moves towards the barcode."""
    spreads = [spread(DATA / "focus" / f"pcb_00{k}.jpg") for k in range(2, 8)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 3.0 * spreads[-1]


def test_a_series_that_ends_before_its_focus_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "FOCUS.csv"
    table.write_text("image,z_mm\n" + "\n".join(f"{DATA / 'focus'}/pcb_00{k}.jpg,{k}" for k in range(2, 8)))
    sentence = script("calibrate_focus.py", "--table", table, "--out", tmp_path / "f.json", "--json").sentence
    assert "on both sides of the focus" in sentence


def test_clipped_backlight_has_no_edge_spread_function(tmp_path: Path) -> None:
    picture = DATA / "washers" / "backlight" / "part-01.png"
    assert (
        "Shorten the exposure" in script("calibrate_psf.py", picture, "--out", tmp_path / "p.json", "--json").sentence
    )


def test_a_board_along_the_pixel_grid_is_refused(tmp_path: Path) -> None:
    picture = DATA / "plate" / "chessboard-14x10-15mm.png"
    assert "turn the target" in script("calibrate_psf.py", picture, "--out", tmp_path / "p.json", "--json").sentence


@pytest.mark.parametrize("name", ["good-1.png", "good-2.png"])
def test_an_ordinary_lens_has_a_transfer_like_its_edge_spread(name: str, tmp_path: Path) -> None:
    """A laser-cut plate in reflected light: the slanted edge and the core see alike."""
    done = script("calibrate_psf.py", DATA / "plate" / name, "--out", tmp_path / "p.json", "--json")
    summary = done.document["summary"]
    assert summary["places"] >= 4
    assert summary["core_sigma_px"] == pytest.approx(summary["sigma_px"]["value"], rel=0.15)
    # A Gaussian's MTF50 is √(2 ln 2)/(2 π σ) = 0.187/σ.
    assert summary["mtf50"] == pytest.approx(0.187 / summary["sigma_px"]["value"], rel=0.15)


def test_single_frames_per_exposure_tell_no_noise(tmp_path: Path) -> None:
    files = sorted((DATA / "exposure").glob("*.tif"))
    rows = [f"{path},{path.name.split('_')[3][:-2]}000,bright" for path in files]
    table = tmp_path / "LIGHT.csv"
    table.write_text("image,exposure_us,kind\n" + "\n".join(rows))
    assert (
        "take pairs" in script("calibrate_light.py", "--table", table, "--out", tmp_path / "l.json", "--json").sentence
    )

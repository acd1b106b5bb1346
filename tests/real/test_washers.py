"""Stamped rings that a second vision machine measured: seven are masters, five are inspected."""

from __future__ import annotations

import json
import math
from typing import Any

import cv2
import numpy as np
import pytest

from .conftest import DATA, INSPECTED, MASTERS, Real, washer_truth


def _by_id(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {c["id"]: c for c in document["characteristics"]}


@pytest.mark.parametrize("part", INSPECTED)
def test_a_ring_is_measured_as_the_second_vision_machine_did(washers: Real, part: int) -> None:
    truth = washer_truth()[part]
    found = _by_id(washers.inspect(DATA / "washers" / "backlight" / f"part-{part:02d}.png"))
    for feature, column in (("OD", "outer_diameter_mm_vision"), ("ID", "inner_diameter_mm_vision")):
        difference = found[feature]["value"] - truth[column]
        assert abs(difference) <= 0.003
        assert abs(difference) <= math.hypot(found[feature]["expanded_uncertainty"], 2 * 0.001)
        assert found[feature]["verdict"] == "PASS"
    offset = found["C"]["value"] / 2
    assert abs(offset - truth["centre_offset_mm_vision"]) <= 0.003


@pytest.mark.parametrize("part", INSPECTED)
def test_u_is_small_enough_to_be_of_use(washers: Real, part: int) -> None:
    found = _by_id(washers.inspect(DATA / "washers" / "backlight" / f"part-{part:02d}.png"))
    assert all(0.0005 < found[feature]["expanded_uncertainty"] < 0.004 for feature in ("OD", "ID"))


def test_the_calibration_says_that_the_field_was_clipped(washers: Real) -> None:
    made = json.loads(washers.calibration.read_text())
    assert made["clipping"] == "clipped"
    assert made["camera"]["width_px"] == 2048
    assert len(made["residuals"]) == 2 * len(MASTERS)


def test_a_field_that_is_not_clipped_is_refused_with_what_to_do(washers: Real) -> None:
    dim = cv2.imread(str(DATA / "washers" / "backlight" / "part-05.png"), cv2.IMREAD_GRAYSCALE)
    assert dim is not None
    path = washers.home.parent / "dim.png"
    cv2.imwrite(str(path), np.asarray(dim * 0.8, np.uint8))
    document = washers.inspect(path)
    assert document["verdict"] == "ERROR"
    assert "clipped" in document["reason"]


@pytest.mark.parametrize("angle", [1, 2])
def test_a_turned_picture_gives_the_same_diameters(washers: Real, angle: int) -> None:
    """Turned in the camera's plane about the middle by right angles: the pixels are the same, the places are not."""
    grey = cv2.imread(str(DATA / "washers" / "backlight" / "part-09.png"), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    square = np.full((2048, 2048), 255, np.uint8)
    square[256:1792] = grey
    turned = np.rot90(square, angle)[256:1792]
    lost = int((np.rot90(square, angle)[:256] < 100).sum())
    assert lost < 20000
    path = washers.home.parent / "turned.png"
    cv2.imwrite(str(path), np.ascontiguousarray(turned))
    straight = _by_id(washers.inspect(DATA / "washers" / "backlight" / "part-09.png"))
    found = _by_id(washers.inspect(path))
    for feature in ("OD", "ID"):
        assert found[feature]["value"] == pytest.approx(straight[feature]["value"], abs=0.0005)


def test_a_side_view_is_another_part(washers: Real) -> None:
    (side, *_) = sorted((DATA / "washers" / "side").iterdir())
    picture = cv2.imread(str(side), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    fitted = np.full((1536, 2048), 255, np.uint8)
    height, width = min(1536, picture.shape[0]), min(2048, picture.shape[1])
    fitted[:height, :width] = picture[:height, :width]
    path = washers.home.parent / "side.png"
    cv2.imwrite(str(path), fitted)
    assert washers.inspect(path)["verdict"] != "PASS"

"""Rods, gears, screws: wrong part, several parts, broken teeth, a photo that cannot carry the tolerance. Never PASS."""

from __future__ import annotations

import json
import math
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import ezdxf
import numpy as np
import pytest

from station.metrology.calibration import Clipping
from station.metrology.camera import CameraModel
from tests.cli.program import Ran, station
from tests.cli.small import calibration, write_calibration

from .conftest import DATA

RODS = tuple(f"rod-{n}.bmp" for n in ("00", "01", "12", "21", "31", "33"))
SCREWS = ("M6x25_3", "M6x25_4", "M6x25_5", "M8x10_3", "M8x10_4", "M8x10_5")


def _inspected(folder: Path, image: Path, order: dict[str, Any], size: tuple[int, int], mm_per_px: float) -> Ran:
    """Inspected with a calibration that is only a rough scale, as a ruler in the picture gives it."""
    made = calibration(
        camera=CameraModel.similarity(*size, mm_per_px),
        u_scale=0.005,
        u_edge_px=0.3,
        local_px=0.3,
        clipping=Clipping.ANY,
    )
    path = folder / "order.json"
    path.write_text(json.dumps(order))
    arguments = ("--image", f"backlight={image}", "--calibration", write_calibration(folder / "c.json", made), "--json")
    return station(folder / "home", "inspect", path, *arguments)


def _never_passes(done: Ran) -> str:
    """Exit 1 with a reason, or exit 2 with a sentence: never PASS."""
    if done.status == 2:
        return done.sentence
    assert done.status == 1
    assert done.document["verdict"] != "PASS"
    assert len(done.document["reason"]) > 20
    return str(done.document["reason"])


def _order(geometry: dict[str, Any], characteristics: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": "order/1",
        "order_id": "X-1",
        "part": {"serial": "X-1"},
        "geometry": geometry,
        "characteristics": characteristics,
    }


def _rod(
    folder: Path, eyes: tuple[float, float], distance: float, holes: tuple[float, float], width: float
) -> dict[str, Any]:
    """A rod of two round ends (radii) on a bar; a hole of diameter 0 is none. Lengths are pixels of the picture."""
    drawing = ezdxf.new("R2010", units=4)
    space = drawing.modelspace()
    ends = [math.degrees(math.asin(width / 2 / r)) for r in eyes]
    space.add_arc((0, 0), eyes[0], ends[0], 360 - ends[0], dxfattribs={"layer": "ROD"})
    space.add_arc((distance, 0), eyes[1], 180 + ends[1], 180 - ends[1], dxfattribs={"layer": "ROD"})
    left = eyes[0] * math.cos(math.radians(ends[0]))
    right = distance - eyes[1] * math.cos(math.radians(ends[1]))
    for y in (width / 2, -width / 2):
        space.add_line((left, y), (right, y), dxfattribs={"layer": "ROD"})
    features: list[dict[str, Any]] = [{"id": "PL", "type": "contour", "layer": "ROD"}]
    for x, hole in zip((0.0, distance), holes, strict=True):
        if hole:
            space.add_circle((x, 0), hole / 2, dxfattribs={"layer": "HOLES"})
            where = {"center": [x, 0], "diameter": hole}
            features.append({"id": f"H{len(features)}", "type": "circle", "side": "inner", **where})
    stream = StringIO()
    drawing.write(stream)
    (folder / "rod.dxf").write_text(stream.getvalue())
    sizes = [
        {
            "id": f["id"],
            "type": "diameter",
            "feature": f["id"],
            "nominal": f["diameter"],
            "lower_tol": -4,
            "upper_tol": 4,
        }
        for f in features[1:]
    ]
    profile = {"id": "P", "type": "line_profile", "feature": "PL", "tolerance": 6}
    return _order({"drawing": "rod.dxf", "features": features}, [profile, *sizes])


KINDS: dict[str, tuple[tuple[float, float], float, tuple[float, float], float]] = {
    "one hole": ((22.0, 13.0), 135.0, (22.0, 0.0), 14.0),
    "two holes": ((13.0, 11.0), 98.0, (22.0, 18.0), 17.0),
    "a short one": ((15.0, 10.0), 60.0, (12.0, 0.0), 8.0),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("picture", RODS)
def test_several_rods_in_the_field_never_pass(tmp_path: Path, picture: str, kind: str) -> None:
    order = _rod(tmp_path, *KINDS[kind])
    assert _never_passes(_inspected(tmp_path, DATA / "rods" / picture, order, (256, 255), 1.0))


@pytest.mark.parametrize("picture", RODS)
def test_a_single_rod_against_the_order_for_the_other_kind_never_passes(tmp_path: Path, picture: str) -> None:
    """Every rod of a picture alone, the others painted over, against an order for each other kind."""
    grey = cv2.imread(str(DATA / "rods" / picture), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    _, dark = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark)
    rods = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] > 400]
    assert rods
    for rod in rods:
        others = cv2.dilate(((labels > 0) & (labels != rod)).astype(np.uint8), np.ones((9, 9), np.uint8))
        alone = np.where((others > 0) & (labels != rod), np.median(grey), grey).astype(np.uint8)
        path = tmp_path / "alone.bmp"
        cv2.imwrite(str(path), alone)
        inside = cv2.bitwise_not((labels == rod).astype(np.uint8) * 255)
        holes = [a for a in cv2.connectedComponentsWithStats(inside)[2][1:, cv2.CC_STAT_AREA] if a > 15]
        wrong = "one hole" if len(holes) - 1 == 2 else "two holes"
        assert _never_passes(_inspected(tmp_path, path, _rod(tmp_path, *KINDS[wrong]), (256, 255), 1.0))


GEAR_MM_PER_PX = 0.1


def _gear(folder: Path, source: str, tolerance: float) -> dict[str, Any]:
    """An order for a gear, drawn from the outline of a picture (0.1 mm per pixel, y up, about its bore)."""
    grey = cv2.imread(str(DATA / "gears" / source), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    bright = (grey > 127).astype(np.uint8)
    contours, tree = cv2.findContours(bright, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outer = max(range(len(contours)), key=lambda n: cv2.contourArea(contours[n]))
    bore = max((n for n, row in enumerate(tree[0]) if row[3] == outer), key=lambda n: cv2.contourArea(contours[n]))
    (x, y), radius = cv2.minEnclosingCircle(contours[bore])
    fine = cv2.approxPolyDP(contours[outer], 1.0, True).reshape(-1, 2)
    drawing = ezdxf.new("R2010", units=4)
    corners = [((px - x) * GEAR_MM_PER_PX, (y - py) * GEAR_MM_PER_PX) for px, py in fine.tolist()]
    drawing.modelspace().add_lwpolyline(corners, close=True, dxfattribs={"layer": "TEETH"})
    drawing.modelspace().add_circle((0, 0), radius * GEAR_MM_PER_PX, dxfattribs={"layer": "BORE"})
    drawing.saveas(folder / "gear.dxf")
    features: list[dict[str, Any]] = [
        {"id": "TEETH", "type": "contour", "layer": "TEETH"},
        {"id": "BORE", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 2 * radius * GEAR_MM_PER_PX},
    ]
    asked = [
        {"id": "1", "type": "line_profile", "feature": "TEETH", "tolerance": tolerance},
        {"id": "2", "type": "count", "of": "teeth", "feature": "TEETH", "nominal": 20},
    ]
    return _order({"drawing": "gear.dxf", "features": features}, asked)


@pytest.mark.parametrize("tolerance", [1.0, 3.0])
def test_three_broken_teeth_never_pass_and_are_counted(tmp_path: Path, tolerance: float) -> None:
    order = _gear(tmp_path, "gear-good.jpg", tolerance)
    done = _inspected(tmp_path, DATA / "gears" / "gear-3-broken.jpg", order, (1280, 720), GEAR_MM_PER_PX)
    _never_passes(done)
    assert done.document["verdict"] in ("FAIL", "UNDECIDED")
    count = done.document["characteristics"][1]
    assert count["verdict"] != "PASS"


def test_the_good_gear_against_its_own_outline_is_no_error_and_has_twenty_teeth(tmp_path: Path) -> None:
    order = _gear(tmp_path, "gear-good.jpg", 1.0)
    done = _inspected(tmp_path, DATA / "gears" / "gear-good.jpg", order, (1280, 720), GEAR_MM_PER_PX)
    assert done.document["verdict"] in ("PASS", "UNDECIDED"), done.document["reason"]
    assert done.document["characteristics"][1]["value"] == 20


def test_the_good_gear_against_the_outline_of_the_broken_one_never_passes(tmp_path: Path) -> None:
    order = _gear(tmp_path, "gear-3-broken.jpg", 1.0)
    _never_passes(_inspected(tmp_path, DATA / "gears" / "gear-good.jpg", order, (1280, 720), GEAR_MM_PER_PX))


def test_a_gear_against_an_order_for_a_plain_ring_never_passes(tmp_path: Path) -> None:
    circles = [
        {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 20.0},
        {"id": "ID", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 6.0},
    ]
    asked = [{"id": "1", "type": "diameter", "feature": "ID", "nominal": 6.0, "lower_tol": -1, "upper_tol": 1}]
    order = _order({"features": circles}, asked)
    _never_passes(_inspected(tmp_path, DATA / "gears" / "gear-good.jpg", order, (1280, 720), GEAR_MM_PER_PX))


def _screw(name: str, tolerance: float) -> dict[str, Any]:
    """A socket head cap screw (ISO 4762) from the side: head and shank, nominal sizes as in its name."""
    diameter, length = (float(v) for v in name.split("_")[0][1:].split("x"))
    head, height = {6.0: (10.0, 6.0), 8.0: (13.0, 8.0)}[diameter]
    corners = [
        (0, -head / 2), (height, -head / 2), (height, -diameter / 2), (height + length, -diameter / 2),
        (height + length, diameter / 2), (height, diameter / 2), (height, head / 2), (0, head / 2),
    ]  # fmt: skip
    lines = [
        {"id": f"L{n}", "type": "line", "start": list(a), "end": list(b), "material": "left"}
        for n, (a, b) in enumerate(zip(corners, corners[1:] + corners[:1], strict=True))
    ]
    sizes = {"lower_tol": -tolerance, "upper_tol": tolerance}
    asked = [
        {"id": "1", "type": "width", "features": ["L2", "L4"], "nominal": diameter, **sizes},
        {"id": "2", "type": "width", "features": ["L0", "L6"], "nominal": head, **sizes},
    ]
    return _order({"features": lines}, asked)


@pytest.mark.parametrize("tolerance", [0.05, 1.0])
@pytest.mark.parametrize("name", SCREWS)
def test_a_phone_photo_never_passes(tmp_path: Path, name: str, tolerance: float) -> None:
    order = _screw(name, tolerance)
    assert _never_passes(_inspected(tmp_path, DATA / "screws" / f"{name}.jpg", order, (960, 1280), 0.105))


def test_the_plan_says_before_the_photo_that_it_cannot_carry_the_tolerance(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text(json.dumps(_screw("M6x25_3", 0.01)))
    camera = CameraModel.similarity(960, 1280, 0.105)
    made = calibration(camera=camera, u_scale=0.005, u_edge_px=0.3, local_px=0.3, clipping=Clipping.ANY)
    write_calibration(tmp_path / "c.json", made)
    done = station(tmp_path / "home", "plan", tmp_path / "order.json", "--calibration", tmp_path / "c.json", "--json")
    assert done.status == 1
    assert all(c["reason"] for c in done.document["characteristics"])

"""A laser-cut plate against its drawing: good ones, tampered ones, a mirrored one, and ones tampered with here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import ezdxf
import numpy as np
import pytest
from numpy.typing import NDArray

from .conftest import DATA, PLATE, PLATE_MASTERS, Real

GOOD = ("good-1", "good-2", "good-3", "good-4")
VIEWS = {"good-1": "front", "good-2": "front", "good-3": "backlight", "good-4": "backlight", "bad-curve": "front"}


def _picture(name: str) -> Path:
    return DATA / "plate" / f"{name}.png"


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_good_plate_is_neither_fail_nor_error(plate: Real, name: str, swapped: bool) -> None:
    view = VIEWS[name] if not swapped else {"front": "backlight", "backlight": "front"}[VIEWS[name]]
    document = plate.inspect(_picture(name), view)
    assert document["verdict"] in ("PASS", "UNDECIDED"), document["reason"]
    assert all(c["verdict"] in ("PASS", "UNDECIDED") for c in document["characteristics"])


@pytest.mark.parametrize("name", ["good-3", "good-4"])
@pytest.mark.parametrize("kind", sorted(PLATE_MASTERS))
def test_with_the_scale_of_its_own_plane_a_backlit_good_plate_passes(
    plate: Real, corrected: Callable[[str], Path], kind: str, name: str
) -> None:
    document = plate.inspect(_picture(name), calibration=corrected(kind))
    assert document["verdict"] == "PASS", document["reason"]


@pytest.mark.parametrize("name", ["good-1", "good-2"])
@pytest.mark.parametrize("kind", sorted(PLATE_MASTERS))
def test_with_the_scale_of_its_own_plane_a_front_lit_good_plate_is_still_neither_fail_nor_error(
    plate: Real, corrected: Callable[[str], Path], kind: str, name: str
) -> None:
    document = plate.inspect(_picture(name), "front", calibration=corrected(kind))
    assert document["verdict"] in ("PASS", "UNDECIDED"), document["reason"]


@pytest.mark.parametrize("kind", ["", *sorted(PLATE_MASTERS)])
def test_extra_holes_fail_and_the_reason_says_where(plate: Real, corrected: Callable[[str], Path], kind: str) -> None:
    calibration = corrected(kind) if kind else plate.calibration
    document = plate.inspect(_picture("bad-extra-holes"), calibration=calibration)
    assert document["verdict"] == "FAIL"
    assert "opening too many at (" in document["reason"]
    extra = [f for f in document["findings"] if f["verdict"] == "FAIL"]
    places = np.array(sorted(f["where_mm"] for f in extra))
    # From the centres of the three ordered holes in the same picture, without the station.
    assert places == pytest.approx(np.array([(18.4, 57.1), (29.75, 20.3), (75.55, 12.9)]), abs=0.6 if kind else 1.5)


@pytest.mark.parametrize("kind", ["", *sorted(PLATE_MASTERS)])
def test_missing_holes_fail_and_the_reason_names_them(plate: Real, corrected: Callable[[str], Path], kind: str) -> None:
    calibration = corrected(kind) if kind else plate.calibration
    document = plate.inspect(_picture("bad-no-holes"), calibration=calibration)
    assert document["verdict"] == "FAIL"
    assert "missing" in document["reason"]
    for place in ("(0, 15)", "(110, 15)", "(20, 98)"):
        assert place in document["reason"]


@pytest.mark.parametrize("kind", ["", *sorted(PLATE_MASTERS)])
@pytest.mark.parametrize("view", ["front", "backlight"])
def test_a_wrong_curve_never_passes_and_the_reason_says_how_much_and_where(
    plate: Real, corrected: Callable[[str], Path], kind: str, view: str
) -> None:
    calibration = corrected(kind) if kind else plate.calibration
    document = plate.inspect(_picture("bad-curve"), view, calibration=calibration)
    assert document["verdict"] in ("FAIL", "UNDECIDED")
    (profile,) = [c for c in document["characteristics"] if c["type"] == "line_profile"]
    assert profile["verdict"] in ("FAIL", "UNDECIDED")
    assert profile["value"] > 1.9
    assert profile["reason"] in document["reason"]
    assert re.search(
        r"line.profile of PL\) is [0-9.]+ ± [0-9.]+ mm, .* at \([-0-9.]+, [-0-9.]+\) mm", profile["reason"]
    )


@pytest.mark.parametrize("kind", ["", *sorted(PLATE_MASTERS)])
def test_a_plate_on_its_wrong_face_fails_as_mirrored(plate: Real, corrected: Callable[[str], Path], kind: str) -> None:
    calibration = corrected(kind) if kind else plate.calibration
    document = plate.inspect(_picture("mirrored"), calibration=calibration)
    assert document["verdict"] == "FAIL"
    assert "mirrored" in document["reason"]


@pytest.mark.parametrize("name", ["good-1", "good-3"])
def test_seen_from_the_drawn_face_a_good_plate_is_mirrored(plate: Real, tmp_path: Path, name: str) -> None:
    order = _order(tmp_path, {**PLATE["geometry"], "view": "top"})
    document = plate.inspect(_picture(name), VIEWS[name], order=order)
    assert document["verdict"] == "FAIL"
    assert "mirrored" in document["reason"]


def test_seen_from_the_drawn_face_the_mirrored_one_is_good(plate: Real, tmp_path: Path) -> None:
    order = _order(tmp_path, {**PLATE["geometry"], "view": "top"})
    assert plate.inspect(_picture("mirrored"), order=order)["verdict"] in ("PASS", "UNDECIDED")


def _order(folder: Path, geometry: dict[str, Any], **changes: Any) -> Path:
    if not (folder / "plate.dxf").exists():
        (folder / "plate.dxf").write_bytes((DATA / "plate" / "plate.dxf").read_bytes())
    path = folder / "order.json"
    path.write_text(json.dumps({**PLATE, "geometry": geometry, **changes}))
    return path


def _grey(name: str) -> NDArray[np.uint8]:
    read = cv2.imread(str(_picture(name)), cv2.IMREAD_GRAYSCALE)
    assert read is not None
    return np.asarray(read, np.uint8)


def _holes(grey: NDArray[np.uint8]) -> list[tuple[float, float, float]]:
    """Centre and radius (px) of the three large openings of the backlit plate, found without the station."""
    _, dark = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    contours, tree = cv2.findContours(dark, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    plate = max(range(len(contours)), key=lambda n: cv2.contourArea(contours[n]))
    inside = [c for c, row in zip(contours, tree[0], strict=True) if row[3] == plate and cv2.contourArea(c) > 4000]
    assert len(inside) == 3
    found = [cv2.minEnclosingCircle(c) for c in inside]
    return [(x, y, r) for (x, y), r in found]


def _shade(grey: NDArray[np.uint8], hole: tuple[float, float, float]) -> tuple[int, int]:
    """The levels of material and field at a hole."""
    x, y, r = (round(v) for v in hole)
    field = int(np.median(grey[y - r // 2 : y + r // 2, x - r // 2 : x + r // 2]))
    rows, columns = np.ogrid[: grey.shape[0], : grey.shape[1]]
    distance = np.hypot(columns - x, rows - y)
    return int(np.median(grey[(distance > r + 6) & (distance < r + 12)])), field


def _disc(shape: tuple[int, ...], x: float, y: float, r: float) -> NDArray[np.float64]:
    """Coverage (h, w) of a disc with a soft edge, as a lens shows it."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.clip(0.5 + (r - np.hypot(columns - x, rows - y)) / 2.4, 0.0, 1.0)


def _mixed(grey: NDArray[np.uint8], level: int, cover: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(grey + (level - grey.astype(float)) * cover), np.uint8)


def _saved(folder: Path, grey: NDArray[np.uint8]) -> Path:
    path = folder / "tampered.png"
    assert cv2.imwrite(str(path), grey)
    return path


@pytest.mark.parametrize("name", ["good-3", "good-4"])
@pytest.mark.parametrize("direction", range(0, 360, 45))
def test_a_hole_moved_by_1_4_mm_never_passes(
    plate: Real, corrected: Callable[[str], Path], tmp_path: Path, name: str, direction: int
) -> None:
    """A diameter and the distances may all be within their tolerances: the outline of the drawing is not."""
    grey = _grey(name)
    hole = _holes(grey)[direction // 45 % 3]
    material, field = _shade(grey, hole)
    x, y, r = hole
    step = 1.4 / 0.145  # about 0.145 mm/px
    angle = math.radians(direction)
    filled = _mixed(grey, material, _disc(grey.shape, x, y, r + 3))
    moved = _mixed(filled, field, _disc(grey.shape, x + step * math.cos(angle), y + step * math.sin(angle), r))
    document = plate.inspect(_saved(tmp_path, moved), calibration=corrected("one hole distance"))
    assert document["verdict"] in ("FAIL", "UNDECIDED"), document["reason"]


def test_the_tampering_itself_does_not_fail_a_good_plate(
    plate: Real, corrected: Callable[[str], Path], tmp_path: Path
) -> None:
    """Filled and cut again at the same place it still passes, so what the others show is the moved hole."""
    grey = _grey("good-3")
    hole = _holes(grey)[0]
    material, field = _shade(grey, hole)
    again = _mixed(_mixed(grey, material, _disc(grey.shape, hole[0], hole[1], hole[2] + 3)), field,
                   _disc(grey.shape, hole[0], hole[1], hole[2] - 0.5))  # fmt: skip
    document = plate.inspect(_saved(tmp_path, again), calibration=corrected("one hole distance"))
    assert document["verdict"] == "PASS", document["reason"]


def _line(
    grey: NDArray[np.uint8], start: tuple[float, float], end: tuple[float, float], level: int
) -> NDArray[np.uint8]:
    large = np.zeros((grey.shape[0], grey.shape[1]), np.uint8)
    ends = [tuple(round(v * 16) for v in point) for point in (start, end)]
    cv2.line(large, ends[0], ends[1], 255, 2, cv2.LINE_AA, 4)
    return _mixed(grey, level, large / 255.0)


@pytest.mark.parametrize("name", ["good-3", "good-4"])
@pytest.mark.parametrize("hole", [0, 1, 2])
@pytest.mark.parametrize("kind", ["from a hole", "inside", "from the outside"])
def test_a_crack_never_passes(
    plate: Real, corrected: Callable[[str], Path], tmp_path: Path, name: str, hole: int, kind: str
) -> None:
    """Two pixels (0.3 mm) of light through the plate, 20 px (3 mm) long, beside each of its holes."""
    grey = _grey(name)
    holes = _holes(grey)
    x, y, r = holes[hole]
    _, field = _shade(grey, holes[hole])
    cx, cy = np.mean([h[:2] for h in holes], axis=0)
    along = np.array([cx - x, cy - y]) / math.hypot(cx - x, cy - y)
    at = np.array([x, y])
    if kind == "from a hole":
        start, end = at + (r - 2) * along, at + (r + 20) * along
    elif kind == "inside":
        start, end = at + (r + 15) * along, at + (r + 35) * along
    else:
        end = at - (r + 12) * along
        start = end
        while grey[round(start[1]), round(start[0])] < 128:
            start = start - along
        start = start - 2 * along
        end = start + 22 * along
    cracked = _line(grey, (start[0], start[1]), (end[0], end[1]), field)
    document = plate.inspect(_saved(tmp_path, cracked), calibration=corrected("one hole distance"))
    assert document["verdict"] in ("FAIL", "UNDECIDED"), document["reason"]
    assert "at (" in document["reason"]


@pytest.mark.parametrize("name", ["good-3", "good-4"])
@pytest.mark.parametrize("kept", [0, 1, 2])
def test_one_hole_instead_of_three_fails(
    plate: Real, corrected: Callable[[str], Path], tmp_path: Path, name: str, kept: int
) -> None:
    grey = _grey(name)
    for number, hole in enumerate(_holes(grey)):
        if number != kept:
            grey = _mixed(grey, _shade(grey, hole)[0], _disc(grey.shape, hole[0], hole[1], hole[2] + 3))
    document = plate.inspect(_saved(tmp_path, grey), calibration=corrected("one hole distance"))
    assert document["verdict"] == "FAIL", document["reason"]
    assert document["reason"].count("missing") >= 2


def _other_drawing(folder: Path, kind: str) -> None:
    """The plate with one thing drawn differently."""
    drawing = ezdxf.readfile(DATA / "plate" / "plate.dxf")
    space = drawing.modelspace()
    circles = [e for e in space if e.dxftype() == "CIRCLE"]
    match kind:
        case "a fourth hole":
            space.add_circle((45, 20), 5, dxfattribs={"layer": "INTERIOR_LOOPS"})
        case "a smaller hole":
            circles[0].dxf.radius = 6.0
        case "a hole less":
            space.delete_entity(next(c for c in circles if c.dxf.center.y > 50))
        case "a hole elsewhere":
            next(c for c in circles if c.dxf.center.y > 50).dxf.center = (23, 96)
        case "a small one":
            for entity in list(space):
                entity.transform(ezdxf.math.Matrix44.scale(0.9))
        case "a round one":
            for entity in list(space):
                if entity.dxf.layer == "OUTER_LOOP":
                    space.delete_entity(entity)
            space.add_circle((52, 50), 84, dxfattribs={"layer": "OUTER_LOOP"})
        case "a straight one":
            for entity in list(space):
                if entity.dxf.layer == "OUTER_LOOP":
                    space.delete_entity(entity)
            corners = [(-15, 0), (125, 0), (125, 113), (-15, 113)]
            space.add_lwpolyline(corners, close=True, dxfattribs={"layer": "OUTER_LOOP"})
    drawing.saveas(folder / "plate.dxf")


DRAWINGS = (
    "a fourth hole", "a smaller hole", "a hole less", "a hole elsewhere", "a small one", "a round one", "a straight one"
)  # fmt: skip


@pytest.mark.parametrize("name", ["good-1", "good-3"])
@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_plate_against_another_drawing_never_passes(
    plate: Real, corrected: Callable[[str], Path], tmp_path: Path, kind: str, name: str
) -> None:
    _other_drawing(tmp_path, kind)
    outline = {"id": "PL", "type": "contour", "layer": "OUTER_LOOP"}
    asked = [{"id": "1", "type": "line_profile", "feature": "PL", "tolerance": 2}]
    order = _order(tmp_path, {**PLATE["geometry"], "features": [outline]}, characteristics=asked)
    document = plate.inspect(_picture(name), VIEWS[name], order=order, calibration=corrected("one hole distance"))
    assert document["verdict"] != "PASS"


def test_against_its_own_drawing_with_the_same_order_it_passes(
    plate: Real, corrected: Callable[[str], Path], tmp_path: Path
) -> None:
    outline = {"id": "PL", "type": "contour", "layer": "OUTER_LOOP"}
    asked = [{"id": "1", "type": "line_profile", "feature": "PL", "tolerance": 2}]
    order = _order(tmp_path, {**PLATE["geometry"], "features": [outline]}, characteristics=asked)
    document = plate.inspect(_picture("good-3"), order=order, calibration=corrected("one hole distance"))
    assert document["verdict"] == "PASS", document["reason"]

"""Calibration from certified parts: against the twin's own truth, and with certificates that are no good."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station.cycle.certificates import read_certificates
from station.cycle.masters import calibrate_from_masters
from station.errors import CalibrationError, ImageError, InputError
from station.metrology.calibration import Calibration, Clipping, calibration_from
from station.metrology.camera import CameraModel
from station.order.read import read_order
from station.twin.masters import write_twin_masters
from station.twin.scene import Lamp, Optics
from tests.cli.program import made_once
from tests.cli.small import write_picture

MADE = datetime(2026, 11, 22, tzinfo=UTC)
OPTICS = Optics(600, 600, 0.02, 0.9, edge_offset_px=0.2)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with made_once(tmp_path_factory, "twin-masters") as (made, missing):
        if missing:
            write_twin_masters(made, OPTICS, Lamp(), np.random.default_rng(5), masters=3, pictures=1)
            clipped = Lamp(clip_gain=1.3)
            write_twin_masters(made / "clipped", OPTICS, clipped, np.random.default_rng(5), masters=1, pictures=1)
    return made


Calibrate = Callable[..., Calibration]


@pytest.fixture(scope="session")
def calibrate(folder: Path) -> Calibrate:
    def run(table: Path | None = None, **more: Any) -> Calibration:
        known: dict[str, Any] = {"camera": None, "made": MADE, "valid_for": timedelta(days=10), "identity": "M-1"}
        order = read_order(folder / "MASTERS-order.json")
        return calibrate_from_masters(order, read_certificates(table or folder / "MASTERS.csv"), **{**known, **more})

    return run


@pytest.fixture(scope="session")
def made(calibrate: Calibrate) -> Calibration:
    return calibrate()


def test_scale_and_edge_offset_are_those_of_the_optics(made: Calibration) -> None:
    scale = made.camera.scale_mm_per_px() / OPTICS.mm_per_px
    assert abs(scale - 1.0) <= 3 * made.u_scale
    assert abs(made.edge_offset_px - OPTICS.edge_offset_px) <= 3 * made.u_edge_px
    assert made.u_scale < 1e-4
    assert made.u_edge_px < 0.03
    assert abs(made.correlation) <= 1.0


def test_it_says_what_it_was_made_from(made: Calibration) -> None:
    assert (made.id, made.created, made.valid_until) == ("M-1", MADE, MADE + timedelta(days=10))
    assert made.clipping is Clipping.NONE
    assert made.psf_sigma_px is not None
    assert 0.8 < made.psf_sigma_px < 1.15  # 0.9 and the pixel's own box
    assert len(made.residuals) == 3 * 6
    assert all(abs(r.error_mm) < 0.002 for r in made.residuals)
    assert calibration_from(made.to_document(), "here") == made


def _table(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_single_certified_size_leaves_scale_and_edge_uncertain_together(folder: Path, calibrate: Calibrate) -> None:
    first = next(row for row in (folder / "MASTERS.csv").read_text().splitlines() if ",OD," in row)
    one = calibrate(_table(folder, f"image,feature,value_mm,u_mm\n{first}\n"))
    assert one.u_edge_px == pytest.approx(0.3, rel=0.05)
    assert one.u_scale > 2e-4
    assert abs(one.camera.scale_mm_per_px() / OPTICS.mm_per_px - 1.0) <= 3 * one.u_scale


def test_centre_distances_give_the_scale_whatever_the_edges_do(folder: Path, calibrate: Calibrate) -> None:
    table = _table(folder, "image,feature,value_mm,u_mm\nmaster-1-1.png,H3-H5,6.5,0.001\n")
    holes = {f["id"]: f["center"] for f in _features(folder) if f["id"] in ("H3", "H5")}
    distance = float(np.hypot(*np.subtract(holes["H3"], holes["H5"])))
    table.write_text(f"image,feature,value_mm,u_mm\nmaster-1-1.png,H3-H5,{distance},0.001\n")
    camera = CameraModel.similarity(600, 600, 0.0203)
    made = calibrate(table, camera=camera)
    assert made.camera.scale_mm_per_px() == pytest.approx(0.02, rel=3e-4)
    assert made.u_scale == pytest.approx(0.001 / distance, rel=1.0)


def test_more_certificates_never_make_a_single_edge_worse(folder: Path, calibrate: Calibrate) -> None:
    """Rough certificates of distances say nothing about how well one edge repeats."""
    holes = {f["id"]: f["center"] for f in _features(folder)}
    pairs = [("H2", "H3"), ("H3", "H4"), ("H4", "H5")]
    rows = [f"master-1-1.png,{a}-{b},{np.hypot(*np.subtract(holes[a], holes[b]))},0.05" for a, b in pairs]
    camera = CameraModel.similarity(600, 600, 0.02)
    one = calibrate(_table(folder, "image,feature,value_mm,u_mm\n" + rows[0]), camera=camera)
    three = calibrate(_table(folder, "image,feature,value_mm,u_mm\n" + "\n".join(rows)), camera=camera)
    assert three.u_scale < one.u_scale
    assert three.local_px < 4 * one.local_px


def _features(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "MASTERS-order.json").read_text())["geometry"]["features"]
    return found


BAD: dict[str, tuple[str, str]] = {
    "no table": ("", "columns"),
    "a column missing": ("image,feature,value_mm\nmaster-1-1.png,OD,10\n", "u_mm"),
    "no rows": ("image,feature,value_mm,u_mm\n", "no rows"),
    "a text for a number": ("image,feature,value_mm,u_mm\nmaster-1-1.png,OD,ten,0.001\n", "row 2"),
    "a cell missing": ("image,feature,value_mm,u_mm\nmaster-1-1.png,OD,10,0.001\nmaster-1-1.png,OD,10\n", "row 3"),
    "no image": ("image,feature,value_mm,u_mm\n,OD,10,0.001\n", "row 2"),
    "NaN": ("image,feature,value_mm,u_mm\nmaster-1-1.png,OD,nan,0.001\n", "row 2"),
    "infinite u": ("image,feature,value_mm,u_mm\nmaster-1-1.png,OD,10,inf\n", "row 2"),
    "a negative u": ("image,feature,value_mm,u_mm\nmaster-1-1.png,OD,10,-0.1\n", "row 2"),
    "a size of zero": ("image,feature,value_mm,u_mm\nmaster-1-1.png,OD,0,0.001\n", "row 2"),
}


@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_table_that_is_no_good_is_refused_with_its_row(tmp_path: Path, kind: str) -> None:
    text, place = BAD[kind]
    path = _table(tmp_path, text)
    with pytest.raises(InputError) as refused:
        read_certificates(path)
    assert place in str(refused.value)
    assert str(path) in str(refused.value)


def test_spreadsheets_may_add_a_mark_spaces_and_columns(tmp_path: Path) -> None:
    text = "\ufeffimage,feature,value_mm,u_mm,remark\n a.png , OD ,10.0, 0.001,fine\n"
    (one,) = read_certificates(_table(tmp_path, text))
    assert (one.image, one.feature, one.value_mm, one.u_mm) == (tmp_path / "a.png", "OD", 10.0, 0.001)


def test_spaces_after_the_commas_of_the_heading_do_no_harm(tmp_path: Path) -> None:
    path = _table(tmp_path, "image, feature, value_mm, u_mm\na.png, OD, 10.0, 0.001\n")
    assert read_certificates(path)[0].feature == "OD"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("master-1-1.png,H9,10,0.001", "H9"),
        ("master-1-1.png,OD-H9,10,0.001", "OD-H9"),
        ("none.png,OD,10,0.001", "none.png"),
    ],
)
def test_certificates_that_do_not_fit_the_order_or_the_pictures(
    folder: Path, calibrate: Calibrate, row: str, sentence: str
) -> None:
    table = _table(folder, f"image,feature,value_mm,u_mm\n{row}\n")
    with pytest.raises(InputError) as refused:
        calibrate(table)
    assert sentence in str(refused.value)


def test_pictures_that_are_refused_are_named(folder: Path, calibrate: Calibrate) -> None:
    write_picture(folder / "empty.png", np.full((600, 600), 220, np.uint8))
    with pytest.raises(CalibrationError, match=r"empty\.png"):
        calibrate(_table(folder, "image,feature,value_mm,u_mm\nempty.png,OD,10,0.001\n"))
    (folder / "cut.png").write_bytes((folder / "master-1-1.png").read_bytes()[:5000])
    with pytest.raises(ImageError, match=r"cut\.png"):
        calibrate(_table(folder, "image,feature,value_mm,u_mm\ncut.png,OD,10,0.001\n"))


def test_pictures_of_two_sizes_or_of_another_camera_are_refused(folder: Path, calibrate: Calibrate) -> None:
    write_picture(folder / "small.png", np.full((300, 400), 220, np.uint8))
    rows = "image,feature,value_mm,u_mm\nmaster-1-1.png,OD,10,0.001\nsmall.png,OD,10,0.001\n"
    with pytest.raises(CalibrationError, match="differ in size"):
        calibrate(_table(folder, rows))
    with pytest.raises(CalibrationError, match="400 × 300"):
        calibrate(camera=CameraModel.similarity(400, 300, 0.02))


def test_clipped_masters_make_a_calibration_for_clipped_fields_and_a_mixture_none(
    folder: Path, calibrate: Calibrate
) -> None:
    table = folder / "clipped" / "MASTERS.csv"
    assert calibrate(table).clipping is Clipping.CLIPPED
    rows = [f"clipped/{r}" if n else r for n, r in enumerate(table.read_text().splitlines())]
    mixed = _table(folder, "\n".join([*rows, *(folder / "MASTERS.csv").read_text().splitlines()[1:7]]))
    with pytest.raises(CalibrationError, match="some are not"):
        calibrate(mixed)


def test_a_size_with_a_typing_error_is_refused_with_its_row(folder: Path, calibrate: Calibrate) -> None:
    text = (folder / "MASTERS.csv").read_text().splitlines()
    row = next(n for n, line in enumerate(text) if ",OD," in line)
    image, feature, value, u = text[row].split(",")
    text[row] = f"{image},{feature},{float(value) + 10.0},{u}"
    with pytest.raises(CalibrationError, match=rf"row {row + 1}\b.*contradict"):
        calibrate(_table(folder, "\n".join(text) + "\n"))

"""Real pictures: skipped where the folder beside the project is absent; each calibration is made once per session."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import ROOT, Ran, made_once, script, station

DATA = ROOT.parent / "shared" / "data"
MASTERS = (1, 2, 3, 4, 6, 7, 8)
INSPECTED = (5, 9, 10, 11, 12)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if DATA.is_dir():
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="the real pictures (../shared/data) are not here"))


@dataclass(frozen=True)
class Real:
    """Real files, the folder for what is made of them, and the home of this test."""

    home: Path
    calibration: Path
    order: Path

    def inspect(self, image: Path, view: str = "backlight", **more: Path) -> dict[str, Any]:
        """The inspection's document; its exit status has to fit."""
        calibration, order = more.get("calibration", self.calibration), more.get("order", self.order)
        arguments = ("--image", f"{view}={image}", "--calibration", calibration, "--json")
        done = station(self.home, "inspect", order, *arguments)
        assert done.status in (0, 1), done.err
        assert done.err == ""
        document: dict[str, Any] = done.document
        assert done.status == (0 if document["verdict"] == "PASS" else 1)
        assert bool(document["reason"]) == (document["verdict"] != "PASS")
        return document


def washer_truth() -> dict[int, dict[str, float]]:
    with (DATA / "washers" / "truth.csv").open(newline="", encoding="utf-8") as stream:
        return {
            int(row["part"]): {k: float(v) for k, v in row.items() if k != "image"} for row in csv.DictReader(stream)
        }


WASHER: dict[str, Any] = {
    "schema": "order/1",
    "order_id": "W-1",
    "part": {"part_number": "RING-237", "serial": "RING-237-0001", "material": "1.4310", "cte_ppm_per_k": 16.4},
    "geometry": {
        "features": [
            {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 23.7},
            {"id": "ID", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 19.0},
        ]
    },
    "datums": {"A": "OD"},
    "characteristics": [
        {"id": "OD", "type": "diameter", "feature": "OD", "nominal": 23.7, "lower_tol": -0.1, "upper_tol": 0.1},
        {"id": "ID", "type": "diameter", "feature": "ID", "nominal": 19.0, "fit": "H9"},
        {"id": "C", "type": "concentricity", "feature": "ID", "datum": ["A"], "tolerance": 0.06},
    ],
}
SIZE = {"lower_tol": -0.6, "upper_tol": 0.6}
FAR = {"lower_tol": -1.5, "upper_tol": 1.5}
PLATE: dict[str, Any] = {
    "schema": "order/1",
    "order_id": "P-1",
    "part": {"part_number": "PLATE", "serial": "PLATE-1"},
    "geometry": {
        "drawing": "plate.dxf",
        "view": "bottom",
        "features": [
            {"id": "H1", "type": "circle", "side": "inner", "center": [0, 15], "diameter": 15},
            {"id": "H2", "type": "circle", "side": "inner", "center": [110, 15], "diameter": 15},
            {"id": "H3", "type": "circle", "side": "inner", "center": [20, 98], "diameter": 15},
            {"id": "PL", "type": "contour", "layer": "OUTER_LOOP"},
        ],
    },
    "characteristics": [
        {"id": "1", "type": "diameter", "feature": "H1", "nominal": 15, **SIZE},
        {"id": "2", "type": "diameter", "feature": "H2", "nominal": 15, **SIZE},
        {"id": "3", "type": "diameter", "feature": "H3", "nominal": 15, **SIZE},
        {"id": "4", "type": "distance", "features": ["H1", "H2"], "nominal": 110, **FAR},
        {"id": "5", "type": "distance", "features": ["H1", "H3"], "nominal": 85.38, **FAR},
        {"id": "6", "type": "distance", "features": ["H2", "H3"], "nominal": 122.43, **FAR},
        {"id": "7", "type": "line_profile", "feature": "PL", "tolerance": 2},
    ],
}


def _script(name: str, *arguments: object) -> Ran:
    done = script(name, *arguments)
    assert done.status == 0, done.err
    return done


def write_masters(folder: Path, rows: list[tuple[Path, str, float, float]], name: str = "MASTERS.csv") -> Path:
    """MASTERS.csv; pictures of absolute paths stay where they are."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "feature", "value_mm", "u_mm"])
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def washer_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The washers' calibration from seven masters, and their order."""
    with made_once(tmp_path_factory, "washers") as (folder, missing):
        order, calibration = folder / "order.json", folder / "calibration.json"
        if missing:
            order.write_text(json.dumps(WASHER))
            truth = washer_truth()
            rows = [
                (DATA / "washers" / "backlight" / f"part-{part:02d}.png", feature, truth[part][column], 0.001)
                for part in MASTERS
                for feature, column in (("OD", "outer_diameter_mm_vision"), ("ID", "inner_diameter_mm_vision"))
            ]
            masters = write_masters(folder, rows)
            _script("calibrate_masters.py", "--order", order, "--masters", masters, "--out", calibration)
    return calibration, order


@pytest.fixture(scope="session")
def plate_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The plate's camera from the chessboard, and its order beside a copy of the drawing."""
    with made_once(tmp_path_factory, "plate") as (folder, missing):
        order, calibration = folder / "order.json", folder / "camera.json"
        if missing:
            (folder / "plate.dxf").write_bytes((DATA / "plate" / "plate.dxf").read_bytes())
            order.write_text(json.dumps(PLATE))
            board = DATA / "plate" / "chessboard-14x10-15mm.png"
            _script("calibrate_camera.py", "--board", "chessboard:14x10:15mm", "--out", calibration, board)
    return calibration, order


PLATE_MASTERS: dict[str, list[tuple[str, float, float]]] = {
    "one hole distance": [("H1-H2", 110.0, 0.2)],
    "three hole distances": [("H1-H2", 110.0, 0.2), ("H1-H3", 85.38, 0.2), ("H2-H3", 122.43, 0.2)],
    "hole diameters": [("H1", 15.0, 0.02), ("H2", 15.0, 0.02), ("H3", 15.0, 0.02)],
}


@pytest.fixture(scope="session")
def corrected(plate_files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The plate's camera with its scale corrected to the part's plane by one kind of master."""
    camera, order = plate_files

    def made(kind: str) -> Path:
        with made_once(tmp_path_factory, kind.replace(" ", "-")) as (folder, missing):
            calibration = folder / "calibration.json"
            if missing:
                images = [DATA / "plate" / f"good-{number}.png" for number in (3, 4)]
                masters = write_masters(folder, [(image, *row) for image in images for row in PLATE_MASTERS[kind]])
                arguments = ("--order", order, "--masters", masters, "--camera", camera, "--out", calibration)
                _script("calibrate_masters.py", *arguments)
        return calibration

    return made


@pytest.fixture
def washers(tmp_path: Path, washer_files: tuple[Path, Path]) -> Real:
    return Real(tmp_path / "home", *washer_files)


@pytest.fixture
def plate(tmp_path: Path, plate_files: tuple[Path, Path]) -> Real:
    return Real(tmp_path / "home", *plate_files)

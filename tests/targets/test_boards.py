"""Boards as files: right millimetres in each format, and found by our finders and by OpenCV's own."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import cv2
import ezdxf
import numpy as np
import pytest
from PIL import Image

from station.errors import InputError
from station.order.listing import describe_drawing
from station.targets.cells import cell_areas
from station.targets.definition import data_of, target_for
from station.targets.shapes import Area
from station.vision.boards import BoardView, find_board, parse_board
from tests.cli.program import ROOT, script

SPECS = [
    "chessboard:9x6:10mm",
    "charuco:7x5:8mm:6mm:DICT_4X4_50",
    "charuco:20x20:4mm:3.2mm:DICT_4X4_1000",
    "charuco:6x6:8mm:6mm:DICT_6X6_250",
    "dots:15x11:8mm:4mm",
    "dots-asym:4x11:10mm:6mm",
]
PX_PER_MM = 10.0


def drawn(spec: str) -> np.ndarray:
    data = data_of(target_for(spec, "png", None), "png", PX_PER_MM)
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE))


@pytest.mark.parametrize("spec", SPECS)
def test_our_finder_sees_every_point_where_it_is_drawn(spec: str) -> None:
    board, picture = parse_board(spec), drawn(spec)
    view = find_board(picture, board)
    assert isinstance(view, BoardView)
    across, down = board.corner_grid
    assert len(view.ids) == across * down
    middle = (np.array(picture.shape[::-1]) - 1) / 2
    corners = board.corners_mm()
    wanted = (corners - 0.5 * (corners.min(axis=0) + corners.max(axis=0))) * [1, -1] * PX_PER_MM + middle
    distance = np.linalg.norm(view.points_px[:, None] - wanted[None], axis=2)
    assert distance.min(axis=1).max() < 0.1
    if board.kind == "charuco":  # numbered by markers: nothing is left to tell
        assert np.abs(view.points_px - wanted[view.ids]).max() < 0.1


def test_opencv_finds_each_kind_by_itself() -> None:
    assert cv2.findChessboardCorners(drawn(SPECS[0]), (9, 6))[0]
    for spec in SPECS[1:4]:
        board = parse_board(spec)
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
        _, ids, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(drawn(spec))
        assert sorted(ids.ravel().tolist()) == list(range(board.columns * board.rows // 2))
        size = (board.columns, board.rows)
        layout = cv2.aruco.CharucoBoard(size, board.square_mm, board.marker_mm, dictionary)
        ours, theirs = drawn(spec), layout.generateImage((size[0] * 80, size[1] * 80), marginSize=0)
        corners = cv2.aruco.CharucoDetector(layout).detectBoard(ours)[1]
        assert len(corners) == (board.columns - 1) * (board.rows - 1)
        side = round(board.square_mm * PX_PER_MM)
        x0, y0 = (np.array(ours.shape[::-1]) - side * np.array(size)) // 2
        cut = ours[y0 : y0 + side * size[1], x0 : x0 + side * size[0]]
        same = cv2.resize(theirs, cut.shape[::-1], interpolation=cv2.INTER_AREA)
        assert (np.abs(same.astype(int) - cut) > 100).mean() < 0.02  # theirs rounds cells to pixels
    parameters = cv2.SimpleBlobDetector_Params()
    parameters.maxArea = 1e5
    blobs = cv2.SimpleBlobDetector_create(parameters)
    symmetric, staggered = cv2.CALIB_CB_SYMMETRIC_GRID, cv2.CALIB_CB_ASYMMETRIC_GRID
    assert cv2.findCirclesGrid(drawn(SPECS[4]), (15, 11), flags=symmetric, blobDetector=blobs)[0]
    assert cv2.findCirclesGrid(drawn(SPECS[5]), (4, 11), flags=staggered, blobDetector=blobs)[0]


@pytest.mark.parametrize("spec", SPECS)
def test_every_format_is_to_scale_and_the_same_twice(spec: str) -> None:
    board = parse_board(spec)
    for kind in ("svg", "pdf", "dxf", "png"):
        target = target_for(spec, kind, None)
        data = data_of(target, kind)
        assert data == data_of(target, kind)
        if kind == "svg":
            root = ET.fromstring(data)
            assert root.attrib["width"] == f"{target.width_mm:g}mm"
            box = [float(number) for number in root.attrib["viewBox"].split()]
            assert box[2:] == [pytest.approx(target.width_mm), pytest.approx(target.height_mm)]
            circles = [node for node in root.iter() if node.tag.endswith("circle")]
            if circles:
                assert {float(node.attrib["r"]) for node in circles} == {board.diameter_mm / 2}
                across = sorted({float(node.attrib["cx"]) for node in circles})
                assert np.diff(across) == pytest.approx(board.square_mm, abs=1e-6)
        elif kind == "pdf":
            found = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", data)
            assert found is not None
            sides = [float(number) * 25.4 / 72 for number in found.groups()]
            assert sides == [pytest.approx(target.width_mm, abs=1e-3), pytest.approx(target.height_mm, abs=1e-3)]
        elif kind == "dxf":
            drawing = ezdxf.read(io.StringIO(data.decode()))
            assert drawing.units == ezdxf.units.MM
            assert ezdxf.audit.Auditor(drawing).errors == []
            assert describe_drawing(data).count("CONTOUR") > board.columns
        else:
            image = Image.open(io.BytesIO(data))
            assert image.info["dpi"][0] == pytest.approx(20 * 25.4, rel=1e-3)


def test_the_bars_are_as_long_as_they_say_and_leave_the_pattern_alone() -> None:
    for spec in SPECS:
        target = target_for(spec, "svg", None)
        assert target.bar_mm > 0
        spans = [np.ptp(np.array(bar.outer), axis=0) for bar in target.bars]
        assert any(span[0] == pytest.approx(target.bar_mm) for span in spans)
        assert any(span[1] == pytest.approx(target.bar_mm) for span in spans)
        half = np.array(target.pattern_mm) / 2
        for bar in target.bars:
            corners = np.array(bar.outer)
            assert (np.abs(corners) > half).any(axis=1).all()
            assert (np.abs(corners) < [target.width_mm / 2, target.height_mm / 2]).all()


def test_cells_become_areas_with_holes_and_keep_their_surface() -> None:
    rng = np.random.default_rng(1)
    for size in (3, 6, 9):
        for _ in range(20):
            dark = rng.random((size, size)) < 0.6
            areas = cell_areas(dark)
            total = 0.0
            for loops in areas:
                for loop in loops:
                    x, y = np.array(loop).T
                    total += 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
            assert total == dark.sum()
            drawn_again = np.zeros((size * 4, size * 4), np.uint8)
            for outer, *holes in areas:
                mask = np.zeros_like(drawn_again)
                for loop, value in ((outer, 1), *((hole, 0) for hole in holes)):
                    inner = np.zeros_like(mask)
                    cv2.fillPoly(inner, [np.round(np.array(loop) * 4).astype(np.int32)], 1)
                    mask[inner > 0] = value
                drawn_again |= mask
            middles = drawn_again[2::4, 2::4] > 0
            assert (middles == dark).mean() > 0.95  # fillPoly draws borders too, between cells that touch


def test_files_in_calibration_are_those_that_the_definitions_give() -> None:
    definitions = sorted((ROOT / "calibration" / "boards").glob("*.toml"))
    assert len(definitions) >= 6
    for path in definitions:
        spec = re.search(r'^board = "(.+)"$', path.read_text(), re.MULTILINE)
        assert spec is not None
        for made in path.parent.glob(f"{path.stem}.svg"):
            assert made.read_bytes() == data_of(target_for(spec[1], "svg", None), "svg")
        for made in path.parent.glob(f"{path.stem}.dxf"):
            assert describe_drawing(made.read_bytes()) == describe_drawing(
                data_of(target_for(spec[1], "dxf", None), "dxf")
            )
        assert list(path.parent.glob(f"{path.stem}.[sdp]*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--board", "chessboard:9x6:10mm", "--out", "b.doc"), "--out"),
        (("--board", "chessboard:9x6:10mm", "--out", "b.pdf", "--paper", "A7"), "papers are"),
        (("--board", "chessboard:40x30:15mm", "--out", "b.pdf", "--paper", "A4"), "does not fit on A4"),
        (("--board", "chessboard:60x60:30mm", "--out", "b.svg"), "--paper none"),
        (("--board", "chessboard:200x200:30mm", "--out", "b.dxf"), "larger than anything"),
        (("--board", "chessboard:9x6:10mm", "--out", "b.png", "--px-per-mm", "1000"), "too many"),
        (("--board", "chessboard:9x6:10mm", "--out", "b.png", "--px-per-mm", "nan"), "no sense"),
        (("--board", "squares:9x6:10mm", "--out", "b.png"), "not of the form"),
        (("--definition", "none.toml", "--out", "."), "none.toml"),
        (("--masters", "none.toml", "--out", "."), "none.toml"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(tmp_path, monkeypatch, arguments, words) -> None:
    monkeypatch.chdir(tmp_path)
    sentence = script("make_target.py", *arguments).sentence
    assert sentence.startswith("make_target: ")
    assert words in sentence


def test_a_definition_that_is_none_names_the_key(tmp_path) -> None:
    path = tmp_path / "b.toml"
    path.write_text('board = "chessboard:9x6:10mm"\nformats = ["doc"]\nmade = ""\nserves = ""\n')
    assert "formats.0" in script("make_target.py", "--definition", path, "--out", tmp_path).sentence
    path.write_text("board = ")
    assert "TOML" in script("make_target.py", "--definition", path, "--out", tmp_path).sentence


def test_a_dot_target_has_half_its_pitch_where_no_diameter_is_given() -> None:
    target = target_for("dots:9x7:5mm", "svg", None)
    assert not any(isinstance(shape, Area) for shape in target.pattern)
    with pytest.raises(InputError, match="smaller than their pitch"):
        parse_board("dots:9x7:5mm:5mm")

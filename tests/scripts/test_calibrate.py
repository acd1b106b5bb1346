"""The quality engineers' scripts as they call them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from station.app import load_calibration
from station.documents import canonical, sha256_hex
from station.metrology.camera import CameraModel
from station.twin.part import CircleDeviation
from tests.cli.program import ROOT, Ran, made_once, script
from tests.cli.small import OPTICS, calibration, picture, ring_order, write_calibration, write_order, write_picture
from tests.cycle.test_camera_from_board import SPEC, board_picture

SCRIPTS = ("calibrate_camera.py", "calibrate_masters.py")


@pytest.fixture(scope="session")
def masters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rings of known size, their table and their order."""
    with made_once(tmp_path_factory, "rings") as (folder, missing):
        if missing:
            rows = ["image,feature,value_mm,u_mm"]
            for number, (outer, inner) in enumerate([(0.02, -0.01), (-0.015, 0.02), (0.0, 0.0)], start=1):
                deviations = [CircleDeviation("OD", outer), CircleDeviation("ID", inner)]
                write_picture(folder / f"m{number}.png", picture(deviations=deviations, seed=number))
                rows += [f"m{number}.png,OD,{4 + outer},0.0005", f"m{number}.png,ID,{2 + inner},0.0005"]
            (folder / "MASTERS.csv").write_text("\n".join(rows) + "\n")
            write_order(folder, ring_order())
    return folder


def _calibrated(masters: Path, out: Path, *more: object) -> Ran:
    table = masters / "MASTERS.csv"
    arguments = ["--order", masters / "order.json", "--masters", table, "--out", out]
    return script("calibrate_masters.py", *arguments, *more)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_help_in_a_process_of_its_own(name: str) -> None:
    command = [sys.executable, f"scripts/{name}", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--out" in done.stdout
    assert "--json" in done.stdout


def test_masters_in_a_table_for_people_and_a_file_that_can_be_used(masters: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.json"
    done = _calibrated(masters, out)
    assert done.status == 0
    for word in ("m1.png", "Certified mm", "scale", "edge offset", "valid until", "sha256", str(out)):
        assert word in done.out.replace("\n", "")
    made, _ = load_calibration(out)
    assert made.camera.scale_mm_per_px() == pytest.approx(OPTICS.mm_per_px, abs=3 * made.u_scale * OPTICS.mm_per_px)


def test_a_page_with_a_calibration_to_hold_it_against(masters: Path, tmp_path: Path) -> None:
    before, page = write_calibration(tmp_path / "before.json"), tmp_path / "c.html"
    done = _calibrated(masters, tmp_path / "c.json", "--page", page, "--before", before, "--by", "Ann")
    assert done.status == 0, done.err
    text = page.read_text(encoding="utf-8")
    for word in ("Error over the field", "Before and after", "MASTERS.csv", "before.json", "m3.png", "Ann"):
        assert word in text
    assert text.count("<svg") == 5
    refused = _calibrated(masters, tmp_path / "c.json", "--page", tmp_path / "no" / "c.html")
    assert "cannot be written" in refused.sentence


def test_json_is_the_calibration_and_nothing_else(masters: Path, tmp_path: Path) -> None:
    done = _calibrated(masters, tmp_path / "c.json", "--json", "--id", "CAL-9", "--valid-days", "30")
    assert (done.status, done.err) == (0, "")
    assert done.document == json.loads((tmp_path / "c.json").read_text())
    assert (done.document["schema"], done.document["id"]) == ("calibration/1", "CAL-9")


def test_a_camera_in_json_and_in_words(tmp_path: Path) -> None:
    board = write_picture(tmp_path / "board.png", board_picture())
    empty = write_picture(tmp_path / "empty.png", np.full((480, 640), 200, np.uint8))
    out = tmp_path / "camera.json"
    told = script("calibrate_camera.py", "--board", SPEC, "--out", out, board, empty)
    assert told.status == 0
    assert "board.png" in told.out
    assert "not used: empty.png" in told.out
    done = script("calibrate_camera.py", "--board", SPEC, "--out", out, "--json", board)
    assert (done.status, done.err) == (0, "")
    assert done.document == json.loads(out.read_text())
    load_calibration(out)


def test_a_board_and_then_masters_on_the_parts_plane(masters: Path, tmp_path: Path) -> None:
    """The camera says 1 % too much: the masters correct it, and keep the lens."""

    camera = write_calibration(tmp_path / "camera.json", calibration(camera=CameraModel.similarity(400, 300, 0.0202)))
    done = _calibrated(masters, tmp_path / "c.json", "--camera", camera, "--json")
    assert done.status == 0, done.err
    made, _ = load_calibration(tmp_path / "c.json")
    assert made.camera.scale_mm_per_px() == pytest.approx(0.02, rel=5e-4)


BAD: dict[str, tuple[str, str]] = {
    "a column missing": ("image,feature,value_mm\nm1.png,OD,4\n", "u_mm"),
    "text in a number": ("image,feature,value_mm,u_mm\nm1.png,OD,4.0,0.001\nm1.png,ID,two,0.001\n", "row 3"),
    "a feature that is not there": ("image,feature,value_mm,u_mm\nm1.png,OD,4.0,0.001\nm1.png,H1,2,0.001\n", "H1"),
    "a picture that is not there": ("image,feature,value_mm,u_mm\nm9.png,OD,4.0,0.001\n", "m9.png"),
    "empty": ("", "MASTERS.csv"),
}


@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_table_that_is_no_good_is_one_sentence_and_writes_nothing(masters: Path, tmp_path: Path, kind: str) -> None:
    text, place = BAD[kind]
    for source in ("m1.png", "order.json"):
        (tmp_path / source).write_bytes((masters / source).read_bytes())
    (tmp_path / "MASTERS.csv").write_text(text)
    out = tmp_path / "c.json"
    sentence = _calibrated(tmp_path, out, "--json").sentence
    assert sentence.startswith("calibrate_masters: ")
    assert place in sentence
    assert not out.exists()


@pytest.mark.parametrize("kind", ["a feature that is not there", "a picture that is not there"])
def test_what_is_found_later_still_names_the_row(masters: Path, tmp_path: Path, kind: str) -> None:
    for source in ("m1.png", "order.json"):
        (tmp_path / source).write_bytes((masters / source).read_bytes())
    (tmp_path / "MASTERS.csv").write_text(BAD[kind][0])
    row = "row 3" if "feature" in kind else "row 2"
    assert row in _calibrated(tmp_path, tmp_path / "c.json", "--json").sentence


@pytest.mark.parametrize("option", ["--order", "--masters", "--camera"])
def test_a_file_that_is_not_there_is_one_sentence(masters: Path, tmp_path: Path, option: str) -> None:
    none = tmp_path / "none.json"
    assert str(none) in _calibrated(masters, tmp_path / "c.json", option, none, "--json").sentence


def test_a_calibration_that_cannot_be_written_is_one_sentence(masters: Path, tmp_path: Path) -> None:
    out = tmp_path / "none" / "c.json"
    assert str(out) in _calibrated(masters, out, "--json").sentence
    board = write_picture(tmp_path / "board.png", board_picture())
    done = script("calibrate_camera.py", "--board", SPEC, "--out", out, "--json", board)
    assert str(out) in done.sentence


@pytest.mark.parametrize("arguments", [("--valid-days", "nan"), ("--valid-days", "1e300"), ("--temperature", "nan")])
def test_numbers_that_are_none_are_one_sentence(masters: Path, tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = _calibrated(masters, tmp_path / "c.json", "--json", *arguments)
    assert done.status == 2
    assert "Traceback" not in done.err
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--board", "chessboard"),
        ("--board", "chessboard:9x7:3mm", "--plane-offset", "2"),
        ("--board", "charuco:5x5:4mm:3mm:DICT_X"),
        ("--board", "chessboard:10x8:3mm"),
    ],
)
def test_a_board_that_cannot_be_used_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    board = write_picture(tmp_path / "board.png", board_picture())
    out = tmp_path / "c.json"
    sentence = script("calibrate_camera.py", *arguments, "--out", out, "--json", board).sentence
    assert sentence.startswith("calibrate_camera: ")
    assert not out.exists()


def _papered(masters: Path, folder: Path, due: str = "2027-01-02") -> None:
    """The masters with a table that says whose they are."""
    for file in masters.iterdir():
        if file.suffix in (".png", ".json"):
            (folder / file.name).write_bytes(file.read_bytes())
    head, *rows = (masters / "MASTERS.csv").read_text().splitlines()
    papers = [f"{row},M-{row[1]},C-{row[1]},NMI,2026-01-02,{due}" for row in rows]
    (folder / "MASTERS.csv").write_text("\n".join([f"{head},master,certificate,issuer,date,due", *papers]) + "\n")


def test_the_calibration_says_whose_masters_by_whom_and_on_which_devices(masters: Path, tmp_path: Path) -> None:
    _papered(masters, tmp_path)
    content = {"schema": "light/1", "levels": [0.1]}
    light = tmp_path / "light.json"
    light.write_text(json.dumps({**content, "sha256": sha256_hex(canonical(content))}))
    who = ("--by", "Ann", "--artefact", "rings", "--artefact-serial", "R-7", "--lens-serial", "L-2", "--light", light)
    done = _calibrated(tmp_path, tmp_path / "c.json", *who)
    assert done.status == 0, done.err
    for word in ("by Ann", "rings R-7", "master M-2", "certificate C-2", "due 2027-01-02", "lens L-2", "light", "chi²"):
        assert word in done.out
    made, _ = load_calibration(tmp_path / "c.json")
    assert made.artefact is not None
    assert [m.certificate for m in made.artefact.masters] == ["C-1", "C-2", "C-3"]
    assert made.statistics is not None
    assert (made.statistics.n, made.statistics.degrees_of_freedom) == (6, 4)
    assert made.edge_look is not None
    assert made.edge_look.n == 6
    # The residual map: where the twin's default pose has the rings.
    places = {r.at_px for r in made.residuals}
    assert all(place is not None and 150 < place[0] < 250 and 100 < place[1] < 200 for place in places)
    light.write_text(light.read_text().replace("0.1", "0.2"))
    sentence = _calibrated(tmp_path, tmp_path / "c.json", *who, "--json").sentence
    assert str(light) in sentence
    assert "hash" in sentence


def test_a_date_of_a_certificate_that_is_none_is_refused_with_its_row(masters: Path, tmp_path: Path) -> None:
    _papered(masters, tmp_path, due="02.01.2027")
    sentence = _calibrated(tmp_path, tmp_path / "c.json", "--json").sentence
    assert "row 2" in sentence
    assert "due" in sentence

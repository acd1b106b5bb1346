"""Master plates: every file is readable by the station, the good plate calibrates and passes, the bad one fails."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station.app import load_calibration
from station.order.listing import describe_drawing
from station.order.read import read_order
from station.targets.plate import read_plate, write_plate
from station.twin.part import CircleDeviation, part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene
from tests.cli.program import ROOT, script, station
from tests.cli.small import write_picture

DEFINITIONS = sorted((ROOT / "calibration" / "masters").glob("*.toml"))
OPTICS = Optics(width_px=1000, height_px=750, mm_per_px=0.008)


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_each_plate_is_ordered_read_and_listed(path: Path, tmp_path: Path) -> None:
    plate = read_plate(path)
    for made in write_plate(plate, tmp_path):
        kept = path.parent / made.name
        if made.suffix == ".dxf":
            assert describe_drawing(kept.read_bytes()) == describe_drawing(made.read_bytes())
            assert describe_drawing(made.read_bytes(), partial=False)
        else:
            assert kept.read_bytes() == made.read_bytes()
        if made.name.endswith("order.json"):
            done = station(tmp_path / "home", "order", made, "--json")
            assert done.status == 0, done.err
            silhouette = read_order(made).geometry.silhouette
            assert silhouette is not None
            assert len(silhouette.openings) == len(plate.document.hole) + len(plate.document.slot)
    good, bad = (describe_drawing((tmp_path / f"{path.stem}{kind}.dxf").read_bytes()) for kind in ("", "-bad"))
    differing = [pair for pair in zip(good.splitlines(), bad.splitlines(), strict=True) if pair[0] != pair[1]]
    sizes = {h.id: h.diameter for h in plate.document.hole}
    wrong = sizes[plate.document.bad_hole] + 2 * plate.document.tolerance
    assert 1 <= len(differing) <= 2  # the circle, and its contour where the area shows it
    assert f"diameter {wrong:.4f}" in bad
    assert b"KNOWN BAD" in (tmp_path / f"{path.stem}-bad.dxf").read_bytes()
    assert b"KNOWN BAD" not in (tmp_path / f"{path.stem}.dxf").read_bytes()


def test_the_table_wants_the_certificates_values(tmp_path: Path) -> None:
    write_plate(read_plate(ROOT / "calibration" / "masters" / "plate-8.toml"), tmp_path)
    order, table = tmp_path / "plate-8-order.json", tmp_path / "plate-8-MASTERS.csv"
    done = script("calibrate_masters.py", "--order", order, "--masters", table, "--out", tmp_path / "c.json", "--json")
    assert "row 2" in done.sentence
    assert "have to be numbers" in done.sentence


def _picture(order: Path, deviations: tuple[CircleDeviation, ...], pose: Pose, seed: int) -> Any:
    part = part_of_order(read_order(order), deviations)
    return render(Scene(OPTICS, Lamp(), (PlacedPart(part, pose),)), np.random.default_rng(seed))


def test_a_plate_calibrates_the_twin_and_the_known_bad_one_fails_by_name(tmp_path: Path) -> None:
    plate = read_plate(ROOT / "calibration" / "masters" / "plate-8.toml")
    write_plate(plate, tmp_path)
    order = tmp_path / "plate-8-order.json"
    poses = [Pose(0.1, -0.1, 20.0), Pose(-0.12, 0.08, 140.0), Pose(0.0, 0.05, 265.0)]
    for number, pose in enumerate(poses, start=1):
        write_picture(tmp_path / f"plate-8-{number}.png", _picture(order, (), pose, number))
    with (tmp_path / "plate-8-MASTERS.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    nominal = {c["id"][2:]: c["nominal"] for c in json.loads(order.read_text())["characteristics"]}
    with (tmp_path / "MASTERS.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "feature", "value_mm", "u_mm"])
        writer.writerows([row["image"], row["feature"], nominal[row["feature"]], 0.0003] for row in rows)
    out = tmp_path / "c.json"
    done = script("calibrate_masters.py", "--order", order, "--masters", tmp_path / "MASTERS.csv", "--out", out)
    assert done.status == 0, done.err
    made, _ = load_calibration(out)
    assert made.camera.scale_mm_per_px() == pytest.approx(OPTICS.mm_per_px, rel=3 * made.u_scale)
    assert made.u_scale < 2e-4
    good = write_picture(tmp_path / "good.png", _picture(order, (), Pose(0.07, 0.02, 77.0), 9))
    error = CircleDeviation(plate.document.bad_hole, plate.error_mm)
    bad = write_picture(tmp_path / "bad.png", _picture(order, (error,), Pose(0.07, 0.02, 77.0), 9))
    home = tmp_path / "home"
    for picture, asked, verdict in ((good, order, "PASS"), (bad, tmp_path / "plate-8-bad-order.json", "FAIL")):
        ran = station(home, "inspect", asked, "--image", f"backlight={picture}", "--calibration", out, "--json")
        assert ran.document["verdict"] == verdict, ran.document["reason"]
        failed = [c["id"] for c in ran.document["characteristics"] if c["verdict"] == "FAIL"]
        assert failed == ([] if verdict == "PASS" else ["D-H2"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("diameter = 0.8", "diameter = 2.8"), "too near"),
        (("outer_diameter = 5.6", "outer_diameter = 7"), "does not fit the field"),
        (('bad_hole = "H2"', 'bad_hole = "H9"'), "none of the holes"),
        (('id = "H3"', 'id = "H1"'), "used twice"),
        (("tolerance = 0.004", "tolerance = -1"), "tolerance"),
        (("field_mm = 8", "field_mm = 8\nmore = 1"), "more"),
        (("center = [1.9", "center = [2.5"), "edge of the plate"),
    ],
)
def test_a_plate_that_cannot_be_made_is_one_sentence(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    text = (ROOT / "calibration" / "masters" / "plate-8.toml").read_text()
    assert change[0] in text
    path = tmp_path / "p.toml"
    path.write_text(text.replace(*change, 1))
    assert words in script("make_target.py", "--masters", path, "--out", tmp_path / "out").sentence

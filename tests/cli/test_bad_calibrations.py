"""Calibrations that must not be used, outputs that cannot be written: exit 2, one sentence, nothing recorded."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.documents import canonical, sha256_hex
from station.metrology.camera import CameraModel

from .conftest import World
from .program import station
from .small import NOW, calibration, write_calibration


def _rehashed(**changes: Any) -> str:
    """A document whose hash fits although its content is no good."""
    content = {**calibration().to_document(), **changes}
    content.pop("sha256")
    return json.dumps({**content, "sha256": sha256_hex(canonical(content))})


def _bad(kind: str) -> str:
    good = json.dumps(calibration().to_document())
    match kind:
        case "one digit changed":
            assert '"u_edge_px": 0.02' in good
            return good.replace('"u_edge_px": 0.02', '"u_edge_px": 0.01')
        case "valid for longer":
            document = calibration().to_document()
            return json.dumps({**document, "valid_until": (NOW + timedelta(days=3000)).isoformat()})
        case "the hash changed":
            digest = calibration().sha256
            return good.replace(digest, digest[::-1])
        case "no hash":
            return json.dumps({k: v for k, v in calibration().to_document().items() if k != "sha256"})
        case "an order":
            return '{"schema": "order/1"}'
        case "not JSON":
            return good[:-20]
        case "empty":
            return ""
        case "NaN":
            return good.replace('"u_edge_px": 0.02', '"u_edge_px": NaN')
        case "negative u":
            return _rehashed(u_scale=-1.0)
        case "a text for a number":
            return _rehashed(u_scale="small")
        case "a camera of no size":
            return _rehashed(camera={**CameraModel.similarity(400, 300, 0.02).to_document(), "width_px": 0})
        case "no camera":
            return _rehashed(camera=None)
        case "dates without a zone":
            return _rehashed(valid_until="2030-01-01T00:00:00")
    raise AssertionError(kind)


KINDS = (
    "one digit changed", "valid for longer", "the hash changed", "no hash", "an order", "not JSON", "empty", "NaN",
    "negative u", "a text for a number", "a camera of no size", "no camera", "dates without a zone",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_with_its_place_and_nothing_is_recorded(world: World, kind: str) -> None:
    world.calibration.write_text(_bad(kind), encoding="utf-8")
    sentence = world.inspect("--json").sentence
    assert str(world.calibration) in sentence or "camera" in sentence
    assert world.records() == []
    assert world.run("plan", world.order, "--calibration", world.calibration).sentence == sentence
    assert world.run("accept", world.calibration).sentence == sentence


def test_an_expired_one_is_refused(world: World) -> None:
    old = calibration(id="CAL-OLD", created=NOW - timedelta(days=400), valid_until=NOW - timedelta(days=35))
    write_calibration(world.calibration, old)
    sentence = world.inspect("--json").sentence
    assert "CAL-OLD" in sentence
    assert f"{old.valid_until:%Y-%m-%d}" in sentence
    assert world.records() == []
    assert "expired" in world.run("accept", world.calibration).sentence


def test_one_for_another_camera_is_refused(world: World) -> None:
    write_calibration(world.calibration, calibration(camera=CameraModel.similarity(2048, 1536, 0.02)))
    sentence = world.inspect("--json").sentence
    assert str(world.image.name) in sentence
    assert "2048 × 1536" in sentence
    assert world.records() == []


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_what_is_no_file_is_refused(world: World, what: str) -> None:
    path = world.folder if what == "folder" else world.folder / "none.json"
    arguments = ("inspect", world.order, "--image", f"backlight={world.image}", "--calibration", path)
    assert str(path) in world.run(*arguments).sentence
    assert world.records() == []


def test_none_at_all_is_refused_and_says_how_to_make_one(world: World) -> None:
    sentence = world.run("inspect", world.order, "--image", f"backlight={world.image}").sentence
    assert "scripts/calibrate_masters.py" in sentence
    assert world.records() == []


@pytest.mark.parametrize("where", ["no folder", "a folder"])
def test_an_overlay_that_cannot_be_written_is_refused_before_the_inspection(world: World, where: str) -> None:
    path = world.folder if where == "a folder" else world.folder / "none" / "overlay.png"
    assert str(path) in world.inspect("--overlay", path).sentence
    assert world.records() == []  # exit 2 means that nothing was recorded as an inspection of the part


@pytest.mark.parametrize("below", ["", "below"])
def test_a_home_that_cannot_be_written_is_refused(world: World, tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    arguments = ("inspect", world.order, "--image", f"backlight={world.image}", "--calibration", world.calibration)
    home = file / below if below else file
    assert str(home) in station(home, *arguments).sentence
    assert str(home) in station(home, "run", "--once").sentence
    assert file.read_text() == "in the way"


def test_a_damaged_database_is_refused(world: World) -> None:
    world.inspect()
    (world.home / "station.db").write_bytes(b"no database" * 1000)
    for extra in ("-wal", "-shm"):
        (world.home / f"station.db{extra}").unlink(missing_ok=True)
    assert "station.db" in world.inspect().sentence
    assert world.run("verify").status in (1, 2)

"""Close-up frames of a small ChArUco board, several of them blurred or nearly empty."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.program import Ran, made_once, script

from .conftest import DATA

BOARD = "charuco:20x20:4mm:3.2mm:DICT_4X4_1000"


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    with made_once(tmp_path_factory, "charuco") as (folder, missing):
        if missing:
            frames = sorted((DATA / "charuco").glob("frame-*.jpg"))
            assert len(frames) == 22
            done = script("calibrate_camera.py", "--board", BOARD, "--out", folder / "camera.json", *frames)
            (folder / "told.json").write_text(json.dumps([done.status, done.out, done.err]))
        status, out, err = json.loads((folder / "told.json").read_text())
    return Ran(status, out, err), folder / "camera.json"


def test_the_focal_length_is_that_of_the_lens(told: tuple[Ran, Path]) -> None:
    done, path = told
    assert done.status == 0
    camera = json.loads(path.read_text())["camera"]
    assert abs(camera["matrix"][0] - 2850.0) <= 60.0
    assert abs(camera["matrix"][1] - 2850.0) <= 60.0
    assert (camera["width_px"], camera["height_px"]) == (1280, 1024)
    assert 0.5 < camera["rms_px"] < 1.5  # the board is not flat to a pixel


def test_bad_frames_are_named_with_the_reason(told: tuple[Ran, Path]) -> None:
    done, _ = told
    refused = dict(re.findall(r"not used: (frame-\d+\.jpg): (.+)", done.out))
    assert {"frame-13.jpg", "frame-14.jpg", "frame-20.jpg", "frame-21.jpg", "frame-22.jpg"} <= set(refused)
    assert any("blurred" in reason for reason in refused.values())
    assert any("empty" in reason for reason in refused.values())
    used = set(re.findall(r"^(frame-\d+\.jpg) +\d+ ", done.out, re.MULTILINE))
    assert len(used) >= 12
    assert not used & set(refused)
    assert len(used | set(refused)) == 22

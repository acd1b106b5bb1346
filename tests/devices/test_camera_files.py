"""Pictures from a folder: each once, in order, and nothing about them made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from station.cycle.capture import capture
from station.devices.camera_files import FilesCamera, FilesFacts
from station.devices.protocols import View
from station.errors import CaptureError, LostDeviceError

IMAGE = np.random.default_rng(2).integers(0, 256, (48, 64), dtype=np.uint8)


class Lit:
    def turn_on(self, view: View) -> float:
        return 5.0

    def turn_off(self) -> None: ...

    def check(self) -> str:
        return ""

    def close(self) -> None: ...


def camera(folder: Path, **changes: Any) -> FilesCamera:
    facts = FilesFacts(str(folder), "M-7", 64, 48, 2000.0)
    return FilesCamera(replace(facts, **changes), clock=lambda: 5.0)


def put(folder: Path, name: str, image: Any = IMAGE) -> None:
    assert cv2.imwrite(str(folder / name), image)


def test_files_come_by_view_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number, name in enumerate(["backlight-2.png", "backlight-10.png", "backlight-1.bmp", "ring.png"]):
        put(tmp_path, name, IMAGE // 8 + number)
    (tmp_path / "backlight-3.txt").write_text("no picture")
    put(tmp_path, "backlighted.png")
    taken = camera(tmp_path)
    assert taken.check() == f"pictures from {tmp_path} (camera M-7): 3 backlight, 1 ring"
    first = [int(taken.capture(View.BACKLIGHT, 1.0).image[0, 0]) - int(IMAGE[0, 0]) // 8 for _ in range(3)]
    assert first == [2, 0, 1]
    with pytest.raises(CaptureError, match="all 3 pictures of the view backlight were handed out"):
        taken.capture(View.BACKLIGHT, 1.0)
    put(tmp_path, "backlight-11.png")
    assert np.array_equal(taken.capture(View.BACKLIGHT, 1.0).image, IMAGE)
    with pytest.raises(CaptureError, match="no picture of dark"):
        taken.capture(View.DARK, 1.0)


def test_on_request_they_come_again(tmp_path: Path) -> None:
    put(tmp_path, "dark.png")
    taken = camera(tmp_path, repeat=True)
    assert [taken.capture(View.DARK, 1.0).sequence for _ in range(3)] == [1, 2, 3]


def test_a_frame_says_the_exposure_of_the_rigs_file_and_the_check_compares_it(tmp_path: Path) -> None:
    put(tmp_path, "backlight.png")
    taken = camera(tmp_path, repeat=True)
    assert taken.capture(View.BACKLIGHT, 999.0).exposure_us == 2000.0
    assert taken.facts().model == "files"
    picture = capture(taken, Lit(), View.BACKLIGHT, 2000.0, clock=lambda: 5.0)
    assert np.array_equal(picture.pixels, IMAGE)
    with pytest.raises(CaptureError, match="2000 µs instead of 4000 µs"):
        capture(taken, Lit(), View.BACKLIGHT, 4000.0, clock=lambda: 5.0)


def test_levels_are_those_that_the_file_has(tmp_path: Path) -> None:
    twelve = np.random.default_rng(1).integers(0, 4096, (48, 64), dtype=np.uint16)
    put(tmp_path, "ring.png", twelve)
    assert np.array_equal(camera(tmp_path, bit_depth=12).capture(View.RING, 1.0).image, twelve)
    for depth in (8, 10):
        with pytest.raises(CaptureError, match=f"not {depth}$"):
            camera(tmp_path, bit_depth=depth).capture(View.RING, 1.0)
    put(tmp_path, "front.png", np.dstack([IMAGE] * 3))
    assert np.array_equal(camera(tmp_path).capture(View.FRONT, 1.0).image, IMAGE)


@pytest.mark.parametrize("data", [b"", b"no picture", b"cut"])
def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    put(tmp_path, "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "ring-1.png").write_bytes(whole[: len(whole) // 2] if data == b"cut" else data)
    with pytest.raises(CaptureError) as refused:
        camera(tmp_path).capture(View.RING, 1.0)
    assert refused.value.place.endswith("ring-1.png")


def test_a_folder_that_is_gone_is_a_lost_device(tmp_path: Path) -> None:
    with pytest.raises(LostDeviceError, match="cannot be read"):
        camera(tmp_path / "nowhere")

"""GigE Vision over loopback: Aravis's own camera with our scenes, driven by `camera_aravis`. See scripts/test_gige.

Two cameras are used: the program of Debian's aravis-tools, for what it says and how it behaves, and the same camera
with our pixels (tests/peers/gige_camera.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station.cycle.capture import capture
from station.cycle.examine import Examination, examine
from station.cycle.pictures import TakenPicture, decode_picture, encode_picture
from station.devices.camera_aravis import AravisCamera, AravisFacts, find
from station.devices.protocols import Frame, View
from station.errors import CaptureError, DeviceError, LostDeviceError
from station.metrology.camera import CameraModel
from station.metrology.uncertainty import Conditions
from station.order.read import read_order
from station.plan.compile import compile_plan
from station.twin.scene import Lamp, Optics, Pose
from tests.cli.small import calibration, picture, write_order
from tests.peers.program import ROOT, Program

TOOL = "arv-fake-gv-camera-0.8"
SERIAL, WIDTH, HEIGHT, MM_PER_PX = "STATION-1", 1456, 1088, 0.005
EXPOSURE_US = 5000.0
FACTS = AravisFacts(SERIAL, WIDTH, HEIGHT)

pytestmark = pytest.mark.skipif(
    not os.environ.get("STATION_GIGE") or shutil.which(TOOL) is None,
    reason=f"scripts/test_gige runs this; it needs {TOOL} of aravis-tools",
)


def tell(figure: str) -> None:
    """A figure for whoever runs this with -s."""
    print(f"\n  {figure}", end=" ")


class Lit:
    """A lamp that is on."""

    def turn_on(self, view: View) -> float:
        return time.monotonic()

    def turn_off(self) -> None: ...

    def check(self) -> str:
        return "a lamp"

    def close(self) -> None: ...


@pytest.fixture
def peer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Program]:
    """Our camera; a test may say its scene and its options by `parametrize(..., indirect=True)`."""
    scene, *options = getattr(request, "param", (scene_in_pixels(),))
    np.save(tmp_path / "scene.npy", scene)
    running = Program(sys.executable, "-m", "tests.peers.gige_camera", SERIAL, str(tmp_path / "scene.npy"), *options)
    yield running
    running.kill()


def scene_in_pixels() -> Any:
    """A ring of 4 mm, rendered as the twin's camera would see it."""
    optics = Optics(width_px=WIDTH, height_px=HEIGHT, mm_per_px=MM_PER_PX)
    return picture(optics=optics, pose=Pose(0.31, -0.17, 33.0), lamp=Lamp())


def noise(kind: type[np.unsignedinteger[Any]]) -> Any:
    """Every level of the whole range."""
    return np.random.default_rng(5).integers(0, np.iinfo(kind).max, (HEIGHT, WIDTH), dtype=kind, endpoint=True)


@pytest.fixture
def camera(peer: Program) -> Iterator[AravisCamera]:
    opened = AravisCamera(FACTS)
    yield opened
    opened.close()
    opened.close()


def measured(picture: TakenPicture, folder: Path) -> Examination:
    order = read_order(write_order(folder))
    exact = calibration(camera=CameraModel.similarity(WIDTH, HEIGHT, MM_PER_PX))
    return examine(order, compile_plan(order, exact), exact, [picture], Conditions())


def test_aravis_own_camera_is_found_says_what_it_is_and_exposes_as_asked() -> None:
    peer = Program(TOOL, "-i", "127.0.0.1", "-s", SERIAL, running=None)
    try:
        began = time.monotonic()
        assert [(one.driver, one.where) for one in find() if one.where == SERIAL] == [("aravis", SERIAL)]
        tell(f"found within {time.monotonic() - began:.2f} s")
        camera = AravisCamera(replace(FACTS, width_px=640, height_px=480))
        assert camera.facts().model == "Aravis Fake"
        assert SERIAL in camera.check()
        for exposure_us in (100.0, 5000.0, 20000.0):
            assert camera.capture(View.FRONT, exposure_us).exposure_us == exposure_us
        with pytest.raises(CaptureError, match=r"outside the camera's 10 to 1e\+07 µs"):
            camera.capture(View.FRONT, 2e7)
        # Its ramp moves on by one grey level from exposure to exposure (arvfakecamera.c).
        first, second = (camera.capture(View.FRONT, 10000.0) for _ in range(2))
        assert second.sequence == first.sequence + 1
        assert np.mean(first.image[:, 1:] == second.image[:, :-1]) > 0.99
        camera.close()
    finally:
        peer.kill()


@pytest.mark.parametrize("wrong", ["OTHER-1", ""])
def test_another_serial_number_is_not_taken(peer: Program, wrong: str) -> None:
    with pytest.raises(LostDeviceError, match=f"there: {SERIAL}"):
        AravisCamera(replace(FACTS, serial=wrong))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"width_px": 4096}, "4096|refuses"),
        ({"pixel_format": "BayerRG8"}, "mosaic"),
        ({"pixel_format": "Mono12"}, "refuses"),
    ],
)
def test_what_the_camera_cannot_do_is_refused_when_it_is_opened(peer: Program, change: Any, sentence: str) -> None:
    with pytest.raises(DeviceError, match=sentence):
        AravisCamera(replace(FACTS, **change))
    AravisCamera(FACTS).close()  # and the camera is free again


@pytest.mark.parametrize("peer", [(noise(np.uint8),)], indirect=True)
def test_every_pixel_of_eight_bits_arrives(camera: AravisCamera) -> None:
    for _ in range(10):
        assert np.array_equal(camera.capture(View.BACKLIGHT, EXPOSURE_US).image, noise(np.uint8))


@pytest.mark.parametrize(("mirrored", "turned_deg"), [(True, 0), (False, 90), (True, 270)])
def test_a_turned_camera_gives_the_turned_picture(peer: Program, mirrored: bool, turned_deg: int) -> None:
    camera = AravisCamera(replace(FACTS, mirrored=mirrored, turned_deg=turned_deg))
    image = camera.capture(View.BACKLIGHT, EXPOSURE_US).image
    scene = scene_in_pixels()
    assert np.array_equal(image, np.rot90(np.fliplr(scene) if mirrored else scene, turned_deg // 90))
    assert image.shape == (camera.facts().height_px, camera.facts().width_px)
    camera.close()


def test_a_scene_is_measured_to_the_same_values_as_its_file(camera: AravisCamera, tmp_path: Path) -> None:
    scene = scene_in_pixels()
    taken = capture(camera, Lit(), View.BACKLIGHT, EXPOSURE_US)
    assert np.array_equal(taken.pixels, scene)
    through_camera = measured(taken, tmp_path)
    filed = encode_picture("backlight", scene, "scene.png")
    from_file = measured(decode_picture(filed.data, "backlight", "scene.png", place="scene.png"), tmp_path)
    assert [(i.value, i.u, i.verdict) for i in through_camera.items] == [
        (i.value, i.u, i.verdict) for i in from_file.items
    ]
    diameter = through_camera.items[0]
    assert diameter.value == pytest.approx(4.0, abs=3 * diameter.u)
    for item in through_camera.items:
        tell(f"{item.item.characteristic.id}: {item.value!r} mm, u {item.u!r} mm: to the bit as from the file")


@pytest.mark.parametrize("peer", [(scene_in_pixels(), "--stamped")], indirect=True)
def test_no_frame_was_exposed_before_it_was_asked_for(camera: AravisCamera) -> None:
    slow: list[float] = []
    for at in range(40):
        time.sleep(0.013 * (at % 4))  # out of step with the camera
        called = time.monotonic()
        frame = camera.capture(View.BACKLIGHT, EXPOSURE_US)
        slow.append(time.monotonic() - called)
        exposed = int.from_bytes(frame.image[0, :8].tobytes(), "little") * 1e-9
        assert called <= frame.captured_at_s <= exposed
    tell(f"latency: {1000 * np.median(slow):.0f} ms in the middle, {1000 * max(slow):.0f} ms at most")
    tell(f"{len(slow) / sum(slow):.1f} frames/s of {WIDTH} × {HEIGHT} (the camera itself works in steps of 40 ms)")


@pytest.mark.parametrize("peer", [(scene_in_pixels(), "--stamped")], indirect=True)
def test_a_frame_that_comes_too_late_is_not_given_to_the_next_call(peer: Program) -> None:
    camera = AravisCamera(replace(FACTS, timeout_s=0.0))  # it gives up before any frame can come
    late = 0
    for _ in range(10):
        called = time.monotonic()
        try:
            frame = camera.capture(View.BACKLIGHT, EXPOSURE_US)
        except CaptureError as error:
            late += "gave no picture" in str(error)
            time.sleep(0.06)  # now it comes
        else:
            assert int.from_bytes(frame.image[0, :8].tobytes(), "little") * 1e-9 >= called
    camera.close()
    assert late > 0


@pytest.mark.parametrize("peer", [(scene_in_pixels(), "--lost", "0.0005")], indirect=True)
def test_a_picture_with_lost_packets_is_refused_and_the_others_are_whole(peer: Program) -> None:
    camera = AravisCamera(replace(FACTS, retakes=0))
    whole, refused = 0, []
    for at in range(120):  # a busy machine loses packets of its own
        if at >= 30 and whole and refused:
            break
        try:
            frame = camera.capture(View.BACKLIGHT, EXPOSURE_US)
        except LostDeviceError:  # a machine so busy that the heartbeat failed: it is opened anew
            continue
        except CaptureError as error:
            refused.append(str(error))
        else:
            assert np.array_equal(frame.image, scene_in_pixels())
            whole += 1
    camera.close()
    tell(f"0.05 % of the packets lost: {whole} pictures whole, {len(refused)} refused: {refused[:1]}")
    assert refused
    assert whole


@pytest.mark.parametrize("peer", [(scene_in_pixels(), "--lost", "0.0005")], indirect=True)
def test_a_broken_picture_is_taken_anew_and_counted(peer: Program) -> None:
    camera = AravisCamera(replace(FACTS, retakes=20))
    for _ in range(10):
        assert np.array_equal(camera.capture(View.BACKLIGHT, EXPOSURE_US).image, scene_in_pixels())
    assert "broken pictures taken anew" in camera.check()
    tell(camera.check())
    camera.close()


def test_a_camera_that_dies_is_lost_within_six_seconds_and_comes_back(camera: AravisCamera, peer: Program) -> None:
    camera.capture(View.BACKLIGHT, EXPOSURE_US)
    peer.kill()
    for what in ("mid-stream", "while it is gone"):
        began = time.monotonic()
        with pytest.raises(LostDeviceError) as lost:
            camera.capture(View.BACKLIGHT, EXPOSURE_US)
        tell(f"{what}: lost after {time.monotonic() - began:.1f} s: {lost.value}")
        assert time.monotonic() - began < 6.0
    with pytest.raises(LostDeviceError):
        camera.check()
    peer.start()
    began = time.monotonic()
    assert np.array_equal(taken_when_back(camera).image, scene_in_pixels())
    tell(f"back: a whole picture after {time.monotonic() - began:.1f} s")


def taken_when_back(camera: AravisCamera) -> Frame:
    """As the cell does it: every call that says the camera is lost is followed by another one."""
    for _ in range(4):
        try:
            return camera.capture(View.BACKLIGHT, EXPOSURE_US)
        except LostDeviceError as error:
            tell(f"  not yet: {error.sentence}")
    raise AssertionError("it did not come back")


def test_a_camera_that_dies_while_nobody_asks_is_noticed_by_a_check(camera: AravisCamera, peer: Program) -> None:
    peer.kill()
    began = time.monotonic()
    with pytest.raises(LostDeviceError):
        camera.check()
    tell(f"a check noticed it after {time.monotonic() - began:.1f} s")


def test_a_second_program_cannot_take_the_camera(camera: AravisCamera) -> None:
    program = (
        "from station.devices.camera_aravis import AravisCamera, AravisFacts\n"
        f"AravisCamera(AravisFacts({SERIAL!r}, {WIDTH}, {HEIGHT}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode != 0
    tell(done.stderr.strip().splitlines()[-1])
    # Cameras say that another program has it; Aravis's own one ignores what strangers write.
    assert any(words in done.stderr for words in ("another program has it", "does not answer"))
    assert np.array_equal(camera.capture(View.BACKLIGHT, EXPOSURE_US).image, scene_in_pixels())

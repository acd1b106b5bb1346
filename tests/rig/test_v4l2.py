"""A real V4L2 device of the kernel: STATION_V4L2_DEVICE names it (vivid, v4l2loopback, a camera).

STATION_V4L2_SCENE, if given, is a .npy with what it shows (8 bits, or 16); else vivid's size is taken.
STATION_V4L2_UNPLUG, if given, is a shell command that pulls the device out.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from station.cycle.capture import check
from station.devices.camera_v4l2 import V4l2Camera, V4l2Facts, find
from station.devices.protocols import View
from station.devices.v4l2 import VideoDevice
from station.errors import DeviceError, LostDeviceError

DEVICE, SCENE = os.environ.get("STATION_V4L2_DEVICE", ""), os.environ.get("STATION_V4L2_SCENE", "")
UNPLUG = os.environ.get("STATION_V4L2_UNPLUG", "")
FORMAT = os.environ.get("STATION_V4L2_FORMAT", "GREY")
EXPOSURE_US = 5000.0

pytestmark = pytest.mark.skipif(not DEVICE, reason="STATION_V4L2_DEVICE does not name a V4L2 device")


def tell(figure: str) -> None:
    """A figure for whoever runs this with -s."""
    print(f"\n  {figure}", end=" ")


def facts(**changes: object) -> V4l2Facts:
    height, width = np.load(SCENE).shape if SCENE else (360, 640)
    rest = {"fixed_exposure_us": EXPOSURE_US, "pixel_format": FORMAT} | changes
    return V4l2Facts(DEVICE, int(width), int(height), **rest)  # type: ignore[arg-type]


def take_many(camera: V4l2Camera) -> None:
    for _ in range(20):
        camera.capture(View.BACKLIGHT, EXPOSURE_US)


@pytest.fixture
def camera() -> Iterator[V4l2Camera]:
    opened = V4l2Camera(facts())
    yield opened
    opened.close()
    opened.close()


def test_it_is_found(camera: V4l2Camera) -> None:
    here = {Path(one.where).resolve() for one in find()}
    assert Path(DEVICE).resolve() in here
    assert camera.facts().model in camera.check()
    tell(camera.check())


def test_frames_pass_the_check_and_are_new_each_time(camera: V4l2Camera) -> None:
    began, last = time.monotonic(), -1.0
    for _ in range(10):
        called = time.monotonic()
        frame = camera.capture(View.BACKLIGHT, EXPOSURE_US)
        check(frame, camera, View.BACKLIGHT, EXPOSURE_US, called)
        assert called <= frame.captured_at_s < time.monotonic()
        assert frame.captured_at_s > last
        last = frame.captured_at_s
    tell(f"{10 / (time.monotonic() - began):.1f} frames/s, each exposed after it was asked for")


def test_buffers_that_waited_never_come_out(camera: V4l2Camera) -> None:
    camera.capture(View.BACKLIGHT, EXPOSURE_US)
    time.sleep(1.0)  # all buffers are full by now
    called = time.monotonic()
    frame = camera.capture(View.BACKLIGHT, EXPOSURE_US)
    assert frame.captured_at_s >= called
    tell(f"after a second of rest a frame took {1000 * (time.monotonic() - called):.0f} ms")


def test_a_second_program_is_told_that_it_is_in_use(camera: V4l2Camera) -> None:
    if "loopback" in camera.check().lower() or "loopback" in camera.facts().serial:
        pytest.skip("v4l2loopback lets several programs read")
    with pytest.raises(DeviceError):
        V4l2Camera(facts())


def test_a_size_or_serial_that_is_not_the_cameras_is_refused() -> None:
    with pytest.raises(DeviceError, match="not F-1"):
        V4l2Camera(facts(serial="F-1"))
    with pytest.raises(DeviceError):
        V4l2Camera(V4l2Facts(DEVICE, 123, 45, fixed_exposure_us=EXPOSURE_US))


def test_without_an_exposure_control_the_file_must_say_the_exposure() -> None:
    device = VideoDevice(DEVICE)
    has_control = any(one.name.startswith("exposure") for one in device.controls())
    device.close()
    if has_control:
        camera = V4l2Camera(facts(fixed_exposure_us=0.0, exposure_line_us=10.0))
        assert camera.capture(View.FRONT, EXPOSURE_US).exposure_us == pytest.approx(EXPOSURE_US, rel=0.02)
        camera.close()
    else:
        with pytest.raises(DeviceError, match="fixed_exposure_us"):
            V4l2Camera(facts(fixed_exposure_us=0.0))


@pytest.mark.skipif(not SCENE, reason="STATION_V4L2_SCENE does not name what the device shows")
def test_the_scene_arrives_bit_identical(camera: V4l2Camera) -> None:
    scene = np.load(SCENE)
    frame = camera.capture(View.BACKLIGHT, EXPOSURE_US)
    assert frame.image.dtype == scene.dtype
    assert np.array_equal(frame.image, scene)


@pytest.mark.skipif(not UNPLUG, reason="STATION_V4L2_UNPLUG does not say how to pull the device out")
def test_unplugged_in_mid_stream_it_is_lost_within_two_seconds(camera: V4l2Camera) -> None:
    camera.capture(View.BACKLIGHT, EXPOSURE_US)
    subprocess.run(UNPLUG, shell=True, check=True)
    began = time.monotonic()
    with pytest.raises(LostDeviceError) as lost:
        take_many(camera)
    tell(f"lost after {time.monotonic() - began:.2f} s: {lost.value}")
    assert time.monotonic() - began < 3.0
    with pytest.raises(LostDeviceError):
        camera.check()

"""The V4L2 driver over a device that behaves as the kernel's documentation says; a real one is in tests/rig."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from station.devices.camera_v4l2 import V4l2Camera, V4l2Facts
from station.devices.protocols import View
from station.devices.v4l2 import Control, Filled, ImageFormat, VideoDevice
from station.errors import CaptureError, DeviceError, LostDeviceError

EXPOSURE, AUTO, GAIN, SHARP, LINES = 0x009A0902, 0x009A0901, 0x00980913, 0x0098091B, 0x00980911
CONTROLS = (
    Control(AUTO, "auto_exposure", 0, 3, 3, True),
    Control(EXPOSURE, "exposure_time_absolute", 1, 5000, 157, True),
    Control(GAIN, "gain", 0, 100, 64, True),
    Control(SHARP, "sharpness", 0, 6, 3, True),
)
FACTS = V4l2Facts("/dev/video9", 8, 4)
INTERVAL = 0.04
PICTURE = np.arange(32, dtype=np.uint8).reshape(4, 8)


@dataclass
class FakeDevice:
    """A sensor that runs freely: a frame is exposed, read out, and stamped when its last byte is there."""

    path: str = "/dev/video9"
    card: str = "Fake"
    bus: str = "usb-1"
    known: tuple[Control, ...] = CONTROLS
    values: dict[int, int] = field(default_factory=lambda: {AUTO: 3, EXPOSURE: 157, GAIN: 64, SHARP: 3})
    now: float = 100.0
    queue: list[Filled] = field(default_factory=list)
    number: int = 0
    fault: Callable[[Filled], Filled] = lambda filled: filled
    gone: bool = False
    silent: bool = False
    refuses: bool = False
    stubborn: set[int] = field(default_factory=set)
    opened: int = 0

    def open(self, _path: str) -> Any:
        if self.gone:
            raise LostDeviceError("the camera cannot be opened (No such device)", place=self.path)
        self.opened += 1
        return self

    def controls(self) -> tuple[Control, ...]:
        return self.known

    def get(self, control: Control) -> int:
        self.alive()
        return self.values[control.id]

    def set(self, control: Control, value: int) -> int:
        if control.id not in self.stubborn:
            self.values[control.id] = value
        return self.values[control.id]

    def set_format(self, width_px: int, height_px: int, fourcc: str) -> ImageFormat:
        return ImageFormat(8, height_px, fourcc, 8 if fourcc == "GREY" else 16, False)

    def frame_interval_s(self) -> float:
        return INTERVAL

    def start(self, buffers: int) -> None:
        self.alive()

    def pass_time(self, seconds: float) -> None:
        """Frames come, until the buffers are full."""
        end = self.now + seconds
        while not self.silent and self.now + INTERVAL <= end:
            self.now += INTERVAL
            self.number += 1
            filled = Filled(PICTURE.tobytes(), self.number, self.now, True, False, False)
            if len(self.queue) < 4:
                self.queue.append(self.fault(filled))
        self.now = end

    def next(self, timeout_s: float) -> Filled | None:
        self.alive()
        if self.refuses:
            raise DeviceError("the camera will not give a picture (Invalid argument)", place=self.path)
        if not self.queue:
            self.pass_time(min(timeout_s, INTERVAL))
        return self.queue.pop(0) if self.queue else None

    def alive(self) -> None:
        if self.gone:
            raise LostDeviceError("the camera is gone (No such device)", place=self.path)

    def close(self) -> None:
        self.queue.clear()


def camera(device: FakeDevice, facts: V4l2Facts = FACTS) -> V4l2Camera:
    return V4l2Camera(facts, clock=lambda: device.now, sleep=device.pass_time, open_device=device.open)


def test_everything_automatic_is_off_and_the_gain_is_one() -> None:
    device = FakeDevice()
    camera(device)
    assert (device.values[AUTO], device.values[GAIN], device.values[SHARP]) == (1, 0, 0)
    camera(device, replace(FACTS, controls={"gain": 16}))
    assert device.values[GAIN] == 16


def test_a_frame_says_what_the_camera_says() -> None:
    device = FakeDevice()
    opened = camera(device)
    frame = opened.capture(View.RING, 2030.0)
    assert np.array_equal(frame.image, PICTURE)
    assert frame.exposure_us == 2000.0  # the control counts in 100 µs
    assert (frame.view, frame.bit_depth, frame.analogue_gain) == (View.RING, 8, 1.0)
    facts = opened.facts()
    assert (facts.model, facts.serial, facts.width_px, facts.height_px) == ("Fake", "usb-1", 8, 4)
    assert opened.check() == "Fake (usb-1), 8 × 4 GREY"


def test_frames_that_waited_or_were_under_way_are_never_given() -> None:
    device = FakeDevice()
    opened = camera(device)
    opened.capture(View.RING, 2000.0)
    for rest in (0.0, 0.011, 1.0, 3600.0):
        device.pass_time(rest)
        called = device.now
        frame = opened.capture(View.RING, 2000.0)
        # Stamped at its end, it may have begun one exposure and one read-out earlier.
        assert called <= frame.captured_at_s
        assert frame.captured_at_s + 0.002 + INTERVAL <= device.now + 1e-9


def test_the_start_of_exposure_is_believed_only_if_the_file_says_so() -> None:
    device = FakeDevice(fault=lambda filled: replace(filled, at_start=True))
    doubting, trusting = camera(device), camera(device, replace(FACTS, start_of_exposure_is_true=True))
    frame = doubting.capture(View.RING, 2000.0)
    assert frame.captured_at_s == pytest.approx(device.now - 0.042)
    frame = trusting.capture(View.RING, 2000.0)
    assert frame.captured_at_s == pytest.approx(device.now)


def test_after_a_change_of_exposure_the_first_frames_do_not_count() -> None:
    device = FakeDevice()
    opened = camera(device)
    opened.capture(View.RING, 2000.0)
    before = device.number
    assert opened.capture(View.RING, 2000.0).sequence <= before + 3
    before = device.number
    assert opened.capture(View.RING, 4000.0).sequence >= before + 1 + FACTS.frames_after_change


@pytest.mark.parametrize("exposure_us", [0.0, -5.0, 40.0, 600_000.0, float("nan")])
def test_an_exposure_that_the_camera_cannot_is_refused(exposure_us: float) -> None:
    with pytest.raises(CaptureError, match="outside the camera's 100 to 500000 µs"):
        camera(FakeDevice()).capture(View.RING, exposure_us)


def test_lines_and_fixed_exposures_need_the_files_word() -> None:
    lines = FakeDevice(known=(Control(LINES, "exposure", 1, 1000, 100, True),), values={LINES: 100})
    with pytest.raises(DeviceError, match="exposure_line_us is needed"):
        camera(lines)
    frame = camera(lines, replace(FACTS, exposure_line_us=14.6)).capture(View.RING, 2000.0)
    assert frame.exposure_us == pytest.approx(137 * 14.6)
    none = FakeDevice(known=(), values={})
    with pytest.raises(DeviceError, match="fixed_exposure_us is needed"):
        camera(none)
    assert camera(none, replace(FACTS, fixed_exposure_us=5000.0)).capture(View.RING, 1.0).exposure_us == 5000.0


def test_a_control_that_does_not_hold_is_refused() -> None:
    with pytest.raises(DeviceError, match="gain stays at 64 instead of 0"):
        camera(FakeDevice(stubborn={GAIN}))
    device = FakeDevice()
    opened = camera(device)
    device.values[GAIN] = 7
    with pytest.raises(CaptureError, match="gain went from 0 to 7 by itself"):
        opened.capture(View.RING, 2000.0)
    with pytest.raises(CaptureError, match="gain"):
        opened.check()
    with pytest.raises(DeviceError, match="no control 'gian'; it has auto_exposure, exposure_time_absolute, gain"):
        camera(FakeDevice(), replace(FACTS, controls={"gian": 1}))


def test_another_camera_or_format_is_refused() -> None:
    with pytest.raises(DeviceError, match="this is the camera usb-1, not A-7"):
        camera(FakeDevice(), replace(FACTS, serial="A-7"))
    with pytest.raises(DeviceError, match="gives 8 × 4 GREY instead of 9 × 4 GREY"):
        camera(FakeDevice(), replace(FACTS, width_px=9))
    with pytest.raises(DeviceError, match="mosaic"):
        camera(FakeDevice(), replace(FACTS, pixel_format="RGGB"))


def test_damaged_frames_and_another_clock_are_refused() -> None:
    damaged = FakeDevice(fault=lambda filled: replace(filled, damaged=True))
    with pytest.raises(CaptureError, match="damaged or cut off"):
        camera(damaged).capture(View.RING, 2000.0)
    cut = FakeDevice(fault=lambda filled: replace(filled, data=filled.data[:9]))
    with pytest.raises(CaptureError, match="damaged or cut off"):
        camera(cut).capture(View.RING, 2000.0)
    unclear = FakeDevice(fault=lambda filled: replace(filled, monotonic=False))
    with pytest.raises(CaptureError, match="monotonic"):
        camera(unclear).capture(View.RING, 2000.0)


def test_unplugged_it_is_lost_and_plugged_in_again_it_works() -> None:
    device = FakeDevice()
    opened = camera(device)
    opened.capture(View.RING, 2000.0)
    device.gone = True
    for _ in range(2):
        with pytest.raises(LostDeviceError):
            opened.capture(View.RING, 2000.0)
    with pytest.raises(LostDeviceError):
        opened.check()
    device.gone, device.values = False, {AUTO: 3, EXPOSURE: 157, GAIN: 64, SHARP: 3}
    assert opened.capture(View.RING, 2000.0).exposure_us == 2000.0
    assert device.values[GAIN] == 0


def test_a_camera_that_gives_nothing_is_lost_in_time() -> None:
    device = FakeDevice()
    opened = camera(device)
    device.silent = True
    began = device.now
    with pytest.raises(LostDeviceError, match="no picture came"):
        opened.capture(View.RING, 2000.0)
    assert device.now - began < 3.0


def test_closed_is_closed() -> None:
    opened = camera(FakeDevice())
    opened.close()
    opened.close()
    with pytest.raises(LostDeviceError, match="was closed"):
        opened.capture(View.RING, 2000.0)


def test_what_is_no_video_device_is_said(tmp_path: Any) -> None:
    with pytest.raises(LostDeviceError, match="No such file"):
        VideoDevice(str(tmp_path / "video0"))
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match="say what it is"):
        VideoDevice(str(tmp_path / "file"))


def test_a_stream_that_broke_is_opened_anew_and_works() -> None:
    device = FakeDevice(refuses=True)
    opened = camera(device)
    with pytest.raises(DeviceError, match="will not give a picture"):
        opened.capture(View.RING, 2000.0)
    device.refuses = False
    assert np.array_equal(opened.capture(View.RING, 2000.0).image, PICTURE)
    assert device.opened == 2


def test_a_width_that_no_row_can_have_is_refused_before_anything_is_opened() -> None:
    device = FakeDevice()
    with pytest.raises(DeviceError, match="multiple of 2"):
        camera(device, replace(FACTS, width_px=9, pixel_format="Y12P"))
    assert device.opened == 0

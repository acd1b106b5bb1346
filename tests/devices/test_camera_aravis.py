"""The Aravis driver over a device with that library's behaviour; the library itself is in tests/rig/test_gige.py."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from station.devices.aravis import Received, Seen
from station.devices.camera_aravis import AravisCamera, AravisFacts, CameraClock
from station.devices.protocols import View
from station.errors import CaptureError, DeviceError, LostDeviceError

FACTS = AravisFacts("A-1", 8, 4)
PICTURE = np.arange(32, dtype=np.uint8)
AHEAD = 7_000.0  # the camera's clock before ours


@dataclass
class FakeDevice:
    """A triggered camera with a clock of its own."""

    now: float = 100.0
    is_gige: bool = True
    exposure: float = 10000.0
    gain: float = 3.0
    controlled: bool = True
    answers: bool = True
    statuses: list[int] = field(default_factory=list)
    late: list[Received] = field(default_factory=list)
    queue: list[Received] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    stamp_off_s: float = 0.0
    mute: bool = False
    refuses: str = ""
    number: int = 0

    def open(self, device_id: str, place: str) -> Any:
        self.calls.append(f"open {device_id}")
        return self

    def call(self, name: str, *arguments: Any) -> Any:
        what = name.removeprefix("arv_camera_")
        self.calls.append(what)
        if not self.answers:
            raise LostDeviceError("the camera does not answer (timeout)")
        if what == self.refuses:
            raise DeviceError(f"the camera refuses: {what}")
        if what == "set_exposure_time":
            self.exposure = arguments[0]
        elif what == "set_gain":
            self.gain = arguments[0]
        elif what == "software_trigger" and not self.mute:
            self.number += 1
            stamp = self.now + AHEAD + self.stamp_off_s
            status = self.statuses.pop(0) if self.statuses else 0
            self.queue.append(Received(PICTURE.tobytes(), status, stamp, self.number, 8, 4, None))
        return {"get_exposure_time": self.exposure, "get_gain": self.gain, "is_gain_available": True}.get(what)

    def has(self, feature: str) -> bool:
        return feature == "GainAuto"

    def set_features(self, text: str) -> None:
        self.calls.append(text)

    def region(self) -> tuple[int, int, int, int]:
        return (0, 0, 8, 4)

    def exposure_limits_us(self) -> tuple[float, float]:
        return (10.0, 1e6)

    def start(self, buffers: int, *, chunks: bool, retention_ms: int) -> None:
        self.calls.append("start")

    def restart(self) -> None:
        self.calls.append("restart")
        self.queue.clear()

    def drain(self) -> int:
        self.queue.clear()
        return 0

    def next(self, timeout_s: float) -> Received | None:
        self.now += min(timeout_s, 0.02)
        return self.queue.pop(0) if self.queue else None

    def is_controlled(self) -> bool:
        return self.controlled

    def packets(self) -> tuple[int, int]:
        return (3, 5)

    def close(self, *, answers: bool = True) -> None:
        self.calls.append("close")


def camera(device: FakeDevice, facts: AravisFacts = FACTS) -> AravisCamera:
    here = [
        Seen("Maker-A-0", "Maker", "M", "A-0", "GigEVision", "1"),
        Seen("Maker-A-1", "Maker", "M", "A-1", "U3V", "2"),
    ]
    return AravisCamera(facts, clock=lambda: device.now, look=lambda: here, open_device=device.open)


def test_the_camera_of_the_serial_number_is_set_up_and_triggered() -> None:
    device = FakeDevice()
    opened = camera(device, replace(FACTS, features={"LineMode": "Input", "DigitalShift": "0"}))
    assert device.calls[0] == "open Maker-A-1"
    assert "LineMode=Input DigitalShift=0" in device.calls
    assert device.calls[-1] == "start"
    assert device.gain == 0.0
    called = device.now
    frame = opened.capture(View.DARK, 2000.0)
    assert np.array_equal(frame.image, PICTURE.reshape(4, 8))
    assert (frame.captured_at_s, frame.exposure_us, frame.sequence) == (called, 2000.0, 1)
    assert opened.check() == "Maker M (A-1), 8 × 4 Mono8, 3 packets sent again, 5 lost"
    opened.close()
    assert device.calls[-1] == "close"


def test_what_was_there_before_the_trigger_is_forgotten() -> None:
    device = FakeDevice()
    opened = camera(device)
    device.queue.append(Received(bytes(32), 0, 1.0, 99, 8, 4, None))
    assert opened.capture(View.DARK, 2000.0).sequence == 1


def test_after_any_trouble_the_acquisition_is_restarted() -> None:
    device = FakeDevice(statuses=[3])
    opened = camera(device, replace(FACTS, retakes=0))
    with pytest.raises(CaptureError, match="has packets missing \\(3 packets were sent again, 5 lost so far\\)"):
        opened.capture(View.DARK, 2000.0)
    assert "restart" not in device.calls
    opened.capture(View.DARK, 2000.0)
    opened.capture(View.DARK, 2000.0)
    assert device.calls.count("restart") == 1


def test_broken_pictures_are_taken_anew_so_often_and_counted() -> None:
    device = FakeDevice(statuses=[3, 2])
    opened = camera(device)
    assert opened.capture(View.DARK, 2000.0).sequence == 3
    assert opened.check().endswith("2 broken pictures taken anew")
    device.statuses = [3, 3, 2]
    with pytest.raises(CaptureError, match="did not come to its end in time"):
        opened.capture(View.DARK, 2000.0)


def test_silence_is_told_from_a_missed_trigger() -> None:
    device = FakeDevice(mute=True)
    opened = camera(device)
    with pytest.raises(CaptureError, match=r"answers, but gave no picture within 2\.0 s"):
        opened.capture(View.DARK, 2000.0)
    device.controlled = False
    with pytest.raises(LostDeviceError, match="fell silent"):
        opened.capture(View.DARK, 2000.0)
    device.controlled, device.mute = True, False
    assert opened.capture(View.DARK, 2000.0).sequence == 1  # found and opened again
    assert [one for one in device.calls if one.startswith("open")] == ["open Maker-A-1"] * 2
    device.answers = False
    with pytest.raises(LostDeviceError, match="does not answer"):
        opened.capture(View.DARK, 2000.0)


def test_a_gain_or_an_exposure_that_is_not_the_cameras() -> None:
    device = FakeDevice()
    opened = camera(device)
    with pytest.raises(CaptureError, match="outside the camera's 10 to 1e\\+06 µs"):
        opened.capture(View.DARK, 5.0)
    device.gain = 6.0
    with pytest.raises(CaptureError, match="gain is 6 instead of 0"):
        opened.capture(View.DARK, 2000.0)


def test_what_does_not_fit_is_refused_when_it_is_opened() -> None:
    with pytest.raises(DeviceError, match="region \\(0, 0, 8, 4\\) instead of \\(0, 0, 16, 4\\)"):
        camera(FakeDevice(), replace(FACTS, width_px=16))
    with pytest.raises(LostDeviceError, match="there: A-0, A-1"):
        camera(FakeDevice(), replace(FACTS, serial="A-2"))


def test_a_frame_older_than_its_trigger_by_the_cameras_clock_is_refused() -> None:
    device = FakeDevice()
    opened = camera(device)
    opened.capture(View.DARK, 2000.0)
    device.now += 1.0
    device.stamp_off_s = -0.5
    with pytest.raises(CaptureError, match="older than its trigger"):
        opened.capture(View.DARK, 2000.0)
    device.stamp_off_s = 0.0
    opened.capture(View.DARK, 2000.0)


def test_two_clocks_that_drift_apart_are_no_stale_frames() -> None:
    clock, rng, now = CameraClock(), np.random.default_rng(4), 1000.0
    for _ in range(2000):
        triggered = now
        stamp = 5.0e5 + (triggered + rng.uniform(0.0, 0.01)) * (1.0 - 1e-4)  # slow by 100 ppm
        arrived = triggered + 0.03 + rng.uniform(0.0, 0.05)
        assert not clock.is_stale(stamp, triggered, arrived)
        now = arrived + rng.uniform(0.0, 60.0)
    assert clock.is_stale(stamp, now, now + 0.03)  # the same again
    assert clock.is_stale(stamp + 0.001, now + 1.0, now + 1.03)
    assert not clock.is_stale(0.0, now, now)


def test_a_camera_that_refuses_is_opened_anew_and_works() -> None:
    device = FakeDevice(refuses="software_trigger")
    opened = camera(device)
    with pytest.raises(DeviceError, match="refuses"):
        opened.capture(View.DARK, 2000.0)
    assert device.calls[-1] == "close"
    device.refuses = ""
    assert opened.capture(View.DARK, 2000.0).sequence == 1
    assert device.calls.count("open Maker-A-1") == 2

"""A frame is measured only if it was taken under its light, as it was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import pytest

from station.cycle.capture import capture
from station.devices.protocols import CameraFacts, Frame, View
from station.errors import CaptureError

IMAGE = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30)
GOOD = Frame(View.BACKLIGHT, (IMAGE % 251).astype(np.uint8), 10.0, 2000.0, sequence=3)


@dataclass
class FakeBench:
    """Camera, lamp and clock in one: the lamp is steady at 10 s, it is 9.7 s now."""

    frame: Frame = GOOD
    now: float = 9.7
    slept: list[float] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)

    def facts(self) -> CameraFacts:
        return CameraFacts("fake", "F-1", 30, 20, 8)

    def capture(self, view: View, exposure_us: float) -> Frame:
        self.asked.append((view, exposure_us, self.now))
        return self.frame

    def turn_on(self, view: View) -> float:
        return 10.0

    def turn_off(self) -> None: ...

    def close(self) -> None: ...

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def take(self) -> Any:
        return capture(self, self, View.BACKLIGHT, 2000.0, clock=lambda: self.now, sleep=self.sleep)


def test_it_waits_until_the_light_is_steady_and_keeps_every_pixel() -> None:
    bench = FakeBench()
    taken = bench.take()
    assert bench.slept == [pytest.approx(0.3)]
    assert bench.asked == [(View.BACKLIGHT, 2000.0, pytest.approx(10.0))]
    assert (taken.view, taken.suffix, taken.width_px, taken.height_px) == ("backlight", ".png", 30, 20)
    assert np.array_equal(cv2.imdecode(np.frombuffer(taken.data, np.uint8), cv2.IMREAD_UNCHANGED), GOOD.image)


def test_16_bits_stay_16_bits() -> None:
    taken = FakeBench(replace(GOOD, image=IMAGE, bit_depth=16)).take()
    assert np.array_equal(cv2.imdecode(np.frombuffer(taken.data, np.uint8), cv2.IMREAD_UNCHANGED), IMAGE)


def test_a_light_that_is_steady_is_not_waited_for() -> None:
    bench = FakeBench(now=12.0)
    bench.take()
    assert bench.slept == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"view": View.FRONT}, "shows the view front, not backlight"),
        ({"captured_at_s": 9.996}, "4 ms before its light was steady"),
        ({"captured_at_s": 1.0}, "9000 ms before"),
        ({"captured_at_s": float("nan")}, ""),
        ({"exposure_us": 1000.0}, "1000 µs instead of 2000 µs"),
        ({"exposure_us": 2050.0}, "2050 µs"),
        ({"exposure_us": float("nan")}, ""),
        ({"digital_gain": 1.5}, "1.5 (digital)"),
        ({"analogue_gain": 1.01}, "1.01 (analogue)"),
        ({"digital_gain": float("nan")}, ""),
        ({"image": np.zeros((20, 31), np.uint8)}, "31 × 20"),
    ],
)
def test_what_was_not_taken_as_asked_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CaptureError) as refused:
        FakeBench(replace(GOOD, **change)).take()
    assert sentence in str(refused.value)
    assert refused.value.place == "camera F-1"


def test_a_camera_may_round_its_exposure() -> None:
    assert FakeBench(replace(GOOD, exposure_us=2020.0)).take().view == "backlight"

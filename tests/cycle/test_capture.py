"""A frame is measured only if it was taken under its light, as it was asked for; several, if the part lay still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import pytest

from station.cycle.capture import capture, capture_views, settled
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
    bench = FakeBench(replace(GOOD, captured_at_s=12.0), now=12.0)
    bench.take()
    assert bench.slept == []


def test_a_frame_of_the_part_before_is_refused_though_the_lamp_stayed_on() -> None:
    bench = FakeBench(now=12.0)
    with pytest.raises(CaptureError, match="2000 ms before it was asked for"):
        bench.take()


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


def scene(shift_px: float = 0.0, seed: int = 0, light: float = 1.0) -> Any:
    """A dark disc before the light, 200 × 160 pixels of 8 bits, with two levels of noise."""
    y, x = np.mgrid[:160, :200]
    dark = 0.5 - 0.5 * np.tanh((np.hypot(x - 100.0 - shift_px, y - 80.0) - 50.0) / 1.5)
    grey = light * (210.0 - 170.0 * dark) + 2.0 * np.random.default_rng(seed).standard_normal(x.shape)
    return np.rint(grey).clip(0, 255).astype(np.uint8)


@dataclass
class MovingBench:
    """Camera, lamp and clock over a part that may move: `shifts` is where it is, frame by frame."""

    shifts: list[float] = field(default_factory=list)
    now: float = 100.0
    taken: list[Frame] = field(default_factory=list)
    lit: list[View] = field(default_factory=list)
    spoil: Callable[[int, Frame], Frame] = lambda number, frame: frame
    light: float = 1.0

    def facts(self) -> CameraFacts:
        return CameraFacts("fake", "F-2", 200, 160, 8)

    def turn_on(self, view: View) -> float:
        self.lit.append(view)
        return self.now + 0.02

    def turn_off(self) -> None: ...

    def check(self) -> str:
        return ""

    def close(self) -> None: ...

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def capture(self, view: View, exposure_us: float) -> Frame:
        number = len(self.taken)
        shift = self.shifts[min(number, len(self.shifts) - 1)] if self.shifts else 0.0
        image = scene(shift, number, self.light if number else 1.0)
        frame = self.spoil(number, Frame(view, image, self.now, exposure_us, sequence=number))
        self.now += 0.05
        self.taken.append(frame)
        return frame

    def many(self, count: int) -> Any:
        return capture(self, self, View.RING, 2000.0, frames=count, clock=lambda: self.now, sleep=self.sleep)

    def views(self, *views: View, **more: Any) -> Any:
        return capture_views(self, self, views, 2000.0, clock=lambda: self.now, sleep=self.sleep, **more)

    def settle(self, **more: Any) -> int:
        return settled(self, self, View.RING, 2000.0, clock=lambda: self.now, sleep=self.sleep, **more)


def test_what_is_stored_of_several_frames_is_their_mean_and_what_is_measured() -> None:
    bench = MovingBench()
    taken = bench.many(16)
    stored = cv2.imdecode(np.frombuffer(taken.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(stored, taken.pixels)
    mean = np.mean([frame.image for frame in bench.taken], axis=0)
    assert np.max(np.abs(stored * 255.0 / 1023.0 - mean)) <= 0.5 * 255.0 / 1023.0 + 1e-9
    assert taken.name == "ring frames 0 to 15, the mean of 16"
    assert len(bench.lit) == 1


@pytest.mark.parametrize("number", [0, 2, 4])
def test_every_single_frame_must_pass(number: int) -> None:
    def spoil(at: int, frame: Frame) -> Frame:
        return replace(frame, digital_gain=2.0) if at == number else frame

    with pytest.raises(CaptureError, match=r"2 \(digital\)"):
        MovingBench(spoil=spoil).many(5)


def test_the_same_frame_twice_is_no_second_frame() -> None:
    bench = MovingBench()
    bench.spoil = lambda at, frame: replace(bench.taken[0], sequence=at) if at == 3 else frame
    with pytest.raises(CaptureError, match="before it was asked for"):
        bench.many(5)


def test_a_part_that_moves_while_frames_are_averaged_is_refused() -> None:
    with pytest.raises(CaptureError, match=r"did not lie still during 4 frames: something moved by 0\.[23]\d pixels"):
        MovingBench([0.0, 0.1, 0.2, 0.3]).many(4)


@pytest.mark.parametrize("count", [0, -1])
def test_no_frames_make_no_picture(count: int) -> None:
    with pytest.raises(CaptureError, match="one frame or more"):
        MovingBench().many(count)


def test_several_views_end_with_another_look_at_the_first() -> None:
    bench = MovingBench()
    taken = bench.views(View.BACKLIGHT, View.RING, View.DARK)
    assert [one.view for one in taken] == ["backlight", "ring", "dark"]
    assert bench.lit == [View.BACKLIGHT, View.RING, View.DARK, View.BACKLIGHT]
    assert np.array_equal(taken[0].pixels, bench.taken[0].image)
    bench = MovingBench()
    assert len(bench.views(View.BACKLIGHT)) == len(bench.taken) == 1
    assert MovingBench().views() == []


@pytest.mark.parametrize("shift", [0.2, 3.0, 70.0])
def test_a_part_that_moved_between_views_is_refused(shift: float) -> None:
    with pytest.raises(
        CaptureError, match="did not lie still while its pictures were taken: something moved"
    ) as refused:
        MovingBench([0.0, shift]).views(View.BACKLIGHT, View.RING)
    assert refused.value.place == "camera F-2"
    assert len(MovingBench([0.0, shift]).views(View.BACKLIGHT, View.RING, watch=False)) == 2


def test_a_light_that_changed_between_the_looks_is_refused() -> None:
    with pytest.raises(CaptureError, match=r"its light changed by -[45]\.\d %"):
        MovingBench(light=0.95).views(View.BACKLIGHT, View.RING)


def test_a_part_that_swings_out_is_waited_for() -> None:
    bench = MovingBench([3.0, -1.5, 0.7, -0.3, 0.15, -0.06, 0.0, 0.0])
    assert 6 <= bench.settle() <= 8
    taken = MovingBench([2.0, 1.0, 0.0, 0.0, 0.0]).views(View.RING, settle=True)
    assert np.allclose(taken[0].pixels.astype(float).mean(), scene().mean(), atol=0.2)


def test_a_part_that_does_not_come_to_rest_is_refused_in_time() -> None:
    bench = MovingBench([0.0, 0.5] * 20)
    with pytest.raises(CaptureError, match=r"after 7 frames the part is not at rest: something moved by 0\.[45]\d"):
        bench.settle(most_frames=7)
    assert len(bench.taken) == 7

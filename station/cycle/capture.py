"""A frame that may be trusted: exposed after its light was steady, as the camera itself says, and as it was asked
for. A picture of several such frames, and several pictures of one part, only if nothing moved meanwhile.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from station.cycle.averaging import mean_picture
from station.cycle.pictures import TakenPicture, encode_picture
from station.devices.protocols import Camera, Frame, Light, View
from station.errors import CaptureError
from station.vision.motion import motion_between

EXPOSURE_TOLERANCE = 0.02
GAIN_TOLERANCE = 0.001
MOST_SHIFT_PX = 0.05
MOST_DRIFT = 0.02  # of the light's brightness
MOST_SETTLING_FRAMES = 20


@dataclass(frozen=True, slots=True)
class Shooting:
    """How a cell takes its pictures. Each is the mean of so many `frames`. Where it `settles`, it waits until the part
    lies still; where it `looks_again`, a part of several views is seen once more in the end: whether it stayed so."""

    exposure_us: float
    frames: int = 1
    settles: bool = False
    looks_again: bool = True


Phase = Callable[[str], AbstractContextManager[None]]


def unwatched(_: str) -> AbstractContextManager[None]:
    """A phase whose time nobody asks for."""
    return nullcontext()


def capture(
    camera: Camera,
    light: Light,
    view: View,
    exposure_us: float,
    *,
    frames: int = 1,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> TakenPicture:
    """Light the view, wait until it is steady, take a frame, check it; of several `frames`, their mean.

    Raises:
        CaptureError: a frame is older than its light, or was not taken as asked, or something moved from the first
            frame to the last; it must not be measured.
    """
    steady_s = _lit(light, view, clock, sleep)
    series = _series(camera, view, exposure_us, steady_s, frames, clock)
    _check_series(series, camera)
    return _picture(series)


def capture_views(
    camera: Camera,
    light: Light,
    views: Sequence[View],
    exposure_us: float,
    *,
    frames: int = 1,
    settle: bool = False,
    watch: bool = True,
    phase: Phase = unwatched,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[TakenPicture]:
    """A picture of every view, of a part that lies still all the time.

    `settle` waits first until the part does so. With `watch`, of several views the first one is looked at once more in
    the end: a part that moved meanwhile is refused. `phase` times what light, camera and looking take.

    Raises:
        CaptureError: as `capture` does; or the part does not come to rest, or did not stay at rest.
    """
    if settle and views:
        with phase("camera"):
            settled(camera, light, views[0], exposure_us, clock=clock, sleep=sleep)
    pictures: list[TakenPicture] = []
    first: Frame | None = None

    def taken(view: View, count: int) -> list[Frame]:
        with phase("light"):
            steady_s = _lit(light, view, clock, sleep)
        with phase("camera"):
            series = _series(camera, view, exposure_us, steady_s, count, clock)
        with phase("vision"):
            _check_series(series, camera)
        return series

    for view in views:
        series = taken(view, frames)
        first = first or series[0]
        with phase("encode"):
            pictures.append(_picture(series))
    if watch and first is not None and len(views) > 1:
        last = taken(views[0], 1)[0]
        with phase("vision"):
            check_still(first, last, camera, "while its pictures were taken")
    return pictures


def settled(
    camera: Camera,
    light: Light,
    view: View,
    exposure_us: float,
    *,
    most_frames: int = MOST_SETTLING_FRAMES,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Takes frames until two that follow each other agree within their noise; how many it took.

    Raises:
        CaptureError: the part, or the light, does not come to rest within `most_frames`.
    """
    steady_s = _lit(light, view, clock, sleep)
    last = _series(camera, view, exposure_us, steady_s, 1, clock)[0]
    trouble = ""
    for taken in range(2, most_frames + 1):
        frame = _series(camera, view, exposure_us, steady_s, 1, clock)[0]
        trouble = _unrest(last, frame)
        if not trouble:
            return taken
        last = frame
    raise CaptureError(
        f"after {most_frames} frames the part is not at rest: {trouble}", place=f"camera {camera.facts().serial}"
    )


def check_still(first: Frame, last: Frame, camera: Camera, when: str) -> None:
    """Raises CaptureError if something moved, or the light changed, from one frame to another of the same view."""
    if trouble := _unrest(first, last):
        raise CaptureError(f"the part did not lie still {when}: {trouble}", place=f"camera {camera.facts().serial}")


def _unrest(first: Frame, last: Frame) -> str:
    """What changed between two frames of the same light, as the end of a sentence; empty if they agree."""
    motion = motion_between(first.image, last.image)
    if not abs(motion.brightness - 1.0) <= MOST_DRIFT:
        if motion.brightness == math.inf:
            return "its light came on"
        return f"its light changed by {100.0 * (motion.brightness - 1.0):+.1f} %"
    if motion.beyond(MOST_SHIFT_PX):
        x, y = motion.at_px
        return f"something moved by {motion.shift_px:.2f} pixels near ({x:.0f}, {y:.0f})"
    return ""


def _lit(light: Light, view: View, clock: Callable[[], float], sleep: Callable[[float], None]) -> float:
    """Lights the view and waits; the time from which it is steady."""
    steady_s = light.turn_on(view)
    wait = steady_s - clock()
    if wait > 0.0:
        sleep(wait)
    return steady_s


def _series(
    camera: Camera,
    view: View,
    exposure_us: float,
    steady_s: float,
    count: int,
    clock: Callable[[], float],
) -> list[Frame]:
    """So many frames, each of them checked and each a new one."""
    if count < 1:
        raise CaptureError(f"a picture is made of one frame or more, not {count}")
    frames: list[Frame] = []
    for _ in range(count):
        asked_s = clock()
        frame = camera.capture(view, exposure_us)
        check(frame, camera, view, exposure_us, steady_s, asked_s)
        frames.append(frame)
    return frames


def _check_series(frames: Sequence[Frame], camera: Camera) -> None:
    """The last shows what the first does."""
    if len(frames) > 1:
        check_still(frames[0], frames[-1], camera, f"during {len(frames)} frames")


def _picture(frames: Sequence[Frame]) -> TakenPicture:
    """What is measured is what is stored: the one frame, or the mean of several."""
    first, last = frames[0], frames[-1]
    pixels = mean_picture([frame.image for frame in frames], first.bit_depth)
    name = f"{first.view} frame {first.sequence}"
    if len(frames) > 1:
        name = f"{first.view} frames {first.sequence} to {last.sequence}, the mean of {len(frames)}"
    return encode_picture(str(first.view), pixels, name)


def check(
    frame: Frame, camera: Camera, view: View, exposure_us: float, steady_s: float, asked_s: float = -math.inf
) -> None:
    """Whether a frame is what was asked for; raises CaptureError with the reason if not."""
    facts = camera.facts()
    place = f"camera {facts.serial}"
    if frame.view is not view:
        raise CaptureError(f"the frame shows the view {frame.view}, not {view}", place=place)
    # Written so that a NaN in the metadata is refused as well.
    if not frame.captured_at_s >= steady_s:
        late = 1000.0 * (steady_s - frame.captured_at_s)
        raise CaptureError(f"the frame was exposed {late:.0f} ms before its light was steady", place=place)
    # A lamp that stays on from part to part was steady when the last one lay there.
    if not frame.captured_at_s >= asked_s:
        early = 1000.0 * (asked_s - frame.captured_at_s)
        raise CaptureError(f"the frame was exposed {early:.0f} ms before it was asked for", place=place)
    if not abs(frame.exposure_us - exposure_us) <= EXPOSURE_TOLERANCE * exposure_us:
        raise CaptureError(f"the frame was exposed {frame.exposure_us:g} µs instead of {exposure_us:g} µs", place=place)
    if not max(abs(frame.digital_gain - 1.0), abs(frame.analogue_gain - 1.0)) <= GAIN_TOLERANCE or math.isnan(
        frame.analogue_gain
    ):
        gains = f"{frame.analogue_gain:g} (analogue), {frame.digital_gain:g} (digital)"
        raise CaptureError(f"the frame was taken with gains {gains} instead of 1", place=place)
    height, width = frame.image.shape[:2]
    if (width, height) != (facts.width_px, facts.height_px):
        raise CaptureError(
            f"the frame has {width} × {height} pixels, the camera {facts.width_px} × {facts.height_px}", place=place
        )

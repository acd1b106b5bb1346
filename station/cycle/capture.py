"""A frame that may be trusted: exposed after its light was steady, as the camera itself says, and as it was asked
for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from station.cycle.pictures import TakenPicture, encode_picture
from station.devices.protocols import Camera, Frame, Light, View
from station.errors import CaptureError

EXPOSURE_TOLERANCE = 0.02
GAIN_TOLERANCE = 0.001


def capture(
    camera: Camera,
    light: Light,
    view: View,
    exposure_us: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> TakenPicture:
    """Light the view, wait until it is steady, take a frame, check it.

    Raises:
        CaptureError: the frame is older than its light, or was not taken as asked; it must not be measured.
    """
    steady_s = light.turn_on(view)
    wait = steady_s - clock()
    if wait > 0.0:
        sleep(wait)
    frame = camera.capture(view, exposure_us)
    check(frame, camera, view, exposure_us, steady_s)
    return encode_picture(str(view), frame.image, f"{view} frame {frame.sequence}")


def check(frame: Frame, camera: Camera, view: View, exposure_us: float, steady_s: float) -> None:
    """Whether a frame is what was asked for; raises CaptureError with the reason if not."""
    facts = camera.facts()
    place = f"camera {facts.serial}"
    if frame.view is not view:
        raise CaptureError(f"the frame shows the view {frame.view}, not {view}", place=place)
    # Written so that a NaN in the metadata is refused as well.
    if not frame.captured_at_s >= steady_s:
        late = 1000.0 * (steady_s - frame.captured_at_s)
        raise CaptureError(f"the frame was exposed {late:.0f} ms before its light was steady", place=place)
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

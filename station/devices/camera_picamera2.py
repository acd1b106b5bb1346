"""A camera on the Raspberry Pi's own port, through Picamera2. UNTESTED ON METAL: no Pi was at hand; only its documented
interface was, which tests/devices imitate.

What makes a frame trustworthy here: `capture_request(flush=True)` gives no frame whose exposure began before the call,
and each frame's own metadata say exposure, gains and time. `SensorTimestamp` is when its first row was read out, of
the monotonic clock, so exposure began one `ExposureTime` earlier; a Pi does not suspend, so boot time is the same.

What must be linear: edges lie where the light is half, so what comes out must go with the light. The raw stream of a
grey sensor (IMX296 mono) does. The `main` stream went through the image processor, whose tuning bends levels (gamma in
rpi.contrast), evens out the corners (rpi.alsc), takes away noise and sharpens: with it `tuning_file` must name a tuning
without these algorithms; the driver switches off what controls can. The raw mosaic of a colour sensor is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.devices.found import Found
from station.devices.pixel_formats import V4L2_FORMATS, check_turn, format_called, grey_of, turned, turned_size
from station.devices.protocols import CameraFacts, Frame, View
from station.errors import CaptureError, DeviceError, LostDeviceError

# libcamera's names of grey raw formats, as the kernel calls them.
_RAW = {"R8": "GREY", "R10": "Y10 ", "R12": "Y12 ", "R16": "Y16 ", "R10_CSI2P": "Y10P", "R12_CSI2P": "Y12P"}
_EXPOSURE_TOLERANCE = 0.02
_CONTROLS: dict[str, Any] = {
    "AeEnable": False,
    "AwbEnable": False,
    "AnalogueGain": 1.0,
    "ColourGains": (1.0, 1.0),
    "NoiseReductionMode": 0,  # off
    "Sharpness": 0.0,
    "Contrast": 1.0,
    "Brightness": 0.0,
    "Saturation": 1.0,
    "HdrMode": 0,  # off
}


@dataclass(frozen=True, slots=True)
class Picamera2Facts:
    """A camera as the rig's file has it.

    `serial` is what the rig calls it: sensors on this port have none; `camera_id`, if given, must be libcamera's word
    for where it hangs. `stream`: `raw` or `main`. `frames_to_follow`: how many may come before one has the exposure
    that was asked for. The picture is mirrored, then turned.
    """

    serial: str
    width_px: int
    height_px: int
    stream: str = "raw"
    raw_format: str = "R10"
    number: int = 0
    camera_id: str = ""
    tuning_file: str = ""
    exposure_min_us: float = 30.0
    exposure_max_us: float = 1_000_000.0
    frames_to_follow: int = 8
    timeout_s: float = 3.0
    mirrored: bool = False
    turned_deg: int = 0


def _module() -> Any:
    try:
        return import_module("picamera2")
    except ImportError as error:
        raise DeviceError("the Pi's own camera needs Picamera2: apt install python3-picamera2") from error


class Picamera2Camera:
    """One camera that runs freely at a fixed exposure; every frame's metadata are checked."""

    def __init__(
        self,
        facts: Picamera2Facts,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        module: Callable[[], Any] = _module,
    ) -> None:
        """Opens, configures and starts the camera. Raises: LostDeviceError, DeviceError."""
        del sleep  # Picamera2 waits
        self._facts, self._clock, self._place = facts, clock, f"camera {facts.serial}"
        check_turn(facts.turned_deg, self._place)
        if facts.stream not in ("raw", "main"):
            raise DeviceError(f"the stream is raw or main, not {facts.stream!r}", place=self._place)
        if facts.stream == "main" and not facts.tuning_file:
            raise DeviceError("the stream main needs a tuning_file without gamma and shading", place=self._place)
        self._camera: Any = None
        try:
            self._open(module().Picamera2)
        except DeviceError:
            self.close()
            raise
        except (RuntimeError, IndexError, OSError, ValueError) as error:
            self.close()
            raise LostDeviceError(f"the camera cannot be opened ({error})", place=self._place) from error

    def _open(self, kind: Any) -> None:
        facts = self._facts
        here = {one["Num"]: one for one in kind.global_camera_info()}
        if facts.number not in here:
            raise LostDeviceError(f"there is no camera number {facts.number} ({len(here)} found)", place=self._place)
        self._model, found_id = here[facts.number]["Model"], here[facts.number]["Id"]
        if facts.camera_id and facts.camera_id != found_id:
            raise DeviceError(f"this is the camera {found_id}, not {facts.camera_id}", place=self._place)
        tuning = kind.load_tuning_file(facts.tuning_file) if facts.tuning_file else None
        camera = self._camera = kind(facts.number, tuning=tuning)
        controls = {name: value for name, value in _CONTROLS.items() if name in camera.camera_controls}
        size = (facts.width_px, facts.height_px)
        streams = {"main": {"format": "YUV420", "size": size}}
        if facts.stream == "raw":
            streams = {"main": {"format": "YUV420"}, "raw": {"format": facts.raw_format, "size": size}}
        camera.configure(camera.create_still_configuration(**streams, buffer_count=4, queue=False, controls=controls))
        got = camera.camera_configuration()[facts.stream]
        if tuple(got["size"]) != size:
            raise DeviceError(f"the camera gives {got['size']} pixels instead of {size}", place=self._place)
        self._stride = int(got["stride"])
        name = _RAW.get(got["format"], got["format"]) if facts.stream == "raw" else "GREY"
        self._pixels = replace(format_called(name, V4L2_FORMATS, self._place), name=got["format"])
        camera.start()

    def facts(self) -> CameraFacts:
        """Which camera this is: the sensor's model, and the serial of the rig's file; the size as turned."""
        size = turned_size(self._facts.width_px, self._facts.height_px, self._facts.turned_deg)
        return CameraFacts(self._model, self._facts.serial, *size, self._pixels.bit_depth)

    def capture(self, view: View, exposure_us: float) -> Frame:
        """A frame begun after this call that says it has this exposure. Raises: CaptureError, LostDeviceError."""
        facts = self._facts
        if not facts.exposure_min_us <= exposure_us <= facts.exposure_max_us:
            limits = f"{facts.exposure_min_us:g} to {facts.exposure_max_us:g} µs"
            raise CaptureError(f"an exposure of {exposure_us:g} µs is outside the camera's {limits}", place=self._place)
        called_s = self._clock()
        camera = self._opened()
        try:
            camera.set_controls({"ExposureTime": round(exposure_us)})
        except (RuntimeError, OSError) as error:
            raise LostDeviceError(f"the camera is gone ({error})", place=self._place) from error
        told_us = 0.0
        for _ in range(facts.frames_to_follow):
            told, image, sequence = self._request(camera)
            told_us = float(told["ExposureTime"])
            began_s = 1e-9 * told["SensorTimestamp"] - 1e-6 * told_us
            if began_s < called_s:
                continue
            if abs(told_us - exposure_us) <= _EXPOSURE_TOLERANCE * exposure_us:
                image = turned(image, facts.mirrored, facts.turned_deg)
                gains = float(told["AnalogueGain"]), float(told.get("DigitalGain", 1.0))
                return Frame(view, image, began_s, told_us, *gains, self._pixels.bit_depth, sequence)
        raise CaptureError(
            f"after {facts.frames_to_follow} frames the exposure is {told_us:g} µs instead of {exposure_us:g} µs",
            place=self._place,
        )

    def _request(self, camera: Any) -> tuple[dict[str, Any], NDArray[Any], int]:
        """Metadata, picture and number of the next frame whose exposure began after now."""
        try:
            request = camera.capture_request(wait=self._facts.timeout_s, flush=True)
        except TimeoutError as error:
            with suppress(RuntimeError, OSError):
                camera.cancel_all_and_flush()
            raise LostDeviceError(f"no picture came within {self._facts.timeout_s:g} s", place=self._place) from error
        except (RuntimeError, OSError) as error:
            raise LostDeviceError(f"the camera is gone ({error})", place=self._place) from error
        try:
            told = request.get_metadata()
            data = np.asarray(request.make_buffer(self._facts.stream)).tobytes()
        finally:
            request.release()
        for needed in ("ExposureTime", "SensorTimestamp", "AnalogueGain"):
            if needed not in told:
                raise CaptureError(f"the frame does not tell its {needed}", place=self._place)
        # Of YUV 4:2:0 the first plane is the brightness: rows of one byte a pixel.
        image = grey_of(data, self._facts.width_px, self._facts.height_px, self._pixels, self._stride)
        return told, image, int(told.get("FrameSequence", told["SensorTimestamp"] // 1000))

    def check(self) -> str:
        """What it is, after one frame told about itself. Raises: DeviceError."""
        told, _, _ = self._request(self._opened())
        what = f"{self._model} ({self._facts.serial}), {self._facts.width_px} × {self._facts.height_px}"
        return f"{what} {self._pixels.name}, exposed {told['ExposureTime']} µs"

    def _opened(self) -> Any:
        if self._camera is None:
            raise LostDeviceError("the camera was closed", place=self._place)
        return self._camera

    def close(self) -> None:
        """Stops the camera."""
        camera, self._camera = self._camera, None
        if camera is not None:
            with suppress(RuntimeError, OSError):  # it is gone: it must be let go of all the same
                camera.stop()
            with suppress(RuntimeError, OSError):
                camera.close()


def find() -> list[Found]:
    """Every camera on the Pi's ports; none where there is no Picamera2."""
    try:
        here = _module().Picamera2.global_camera_info()
    except DeviceError:
        return []
    return [Found("camera", "picamera2", str(one["Num"]), f"{one['Model']} ({one['Id']})") for one in here]

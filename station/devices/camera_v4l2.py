"""A camera of the kernel (V4L2): USB cameras, sensors on the camera port, frame grabbers.

What makes a frame trustworthy here: everything automatic is switched off and the gains are at one, exposure and all of
these are read back before and after the frame; each buffer carries the kernel's own monotonic time, from which follows
when its exposure began at the earliest: one whose exposure may have begun before the call is thrown away, so buffers
that waited in the driver never come out. When most drivers stamp a buffer, the last of it has come: exposure began
one exposure and one read-out before that. Drivers that claim to stamp the start of exposure are believed only if the
rig's file says so, since many USB cameras stamp the first packet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from station.devices.found import Found
from station.devices.pixel_formats import V4L2_FORMATS, check_turn, format_called, grey_of, turned, turned_size
from station.devices.protocols import CameraFacts, Frame, View
from station.devices.v4l2 import Control, Filled, VideoDevice, serial_of
from station.errors import CaptureError, DeviceError, LostDeviceError

# Numbers of <linux/v4l2-controls.h>; what each is held at. None: at its smallest, which is gain one or "off".
_FIXED: dict[int, int | None] = {
    0x009A0901: 1,  # exposure_auto: manual
    0x009A0903: 0,  # exposure_auto_priority
    0x00980912: 0,  # autogain
    0x0098090C: 0,  # auto white balance
    0x00980920: 0,  # auto brightness
    0x00980919: 0,  # auto hue
    0x0098091D: 0,  # chroma AGC
    0x0098091C: None,  # backlight compensation
    0x009A0915: 0,  # wide dynamic range
    0x009A0916: 0,  # image stabilisation
    0x009A0918: 0,  # automatic ISO
    0x009A090C: 0,  # automatic focus
    0x0098091B: None,  # sharpness: it moves edges
    0x00980913: None,  # gain
    0x009E0903: None,  # analogue gain
    0x009F0905: None,  # digital gain
    0x009F0903: 0,  # test pattern
}
_GAMMA, _LINEAR = 0x00980910, 100  # hundredths, USB Video Class 4.2.2.3.8
_EXPOSURE_ABSOLUTE, _EXPOSURE_LINES = 0x009A0902, 0x00980911
_ABSOLUTE_US = 100.0


@dataclass(frozen=True, slots=True)
class V4l2Facts:
    """A camera as the rig's file has it.

    `device` is best one of /dev/v4l/by-id. `serial`, if given, must be what the camera says. `controls` sets more, or
    otherwise than usual, by the names of `v4l2-ctl --list-ctrls` (say `gain = 16` where 16 is gain one). A camera that
    tells its exposure in lines needs `exposure_line_us`; one whose exposure cannot be set, `fixed_exposure_us`. After
    the exposure was changed `frames_after_change` frames are thrown away: sensors take some to follow. `readout_ms`
    is how long a picture takes to come (0: a whole frame interval). The picture is mirrored, then turned.
    """

    device: str
    width_px: int
    height_px: int
    pixel_format: str = "GREY"
    serial: str = ""
    exposure_line_us: float = 0.0
    fixed_exposure_us: float = 0.0
    frames_after_change: int = 4
    readout_ms: float = 0.0
    start_of_exposure_is_true: bool = False
    timeout_s: float = 2.0
    buffers: int = 4
    mirrored: bool = False
    turned_deg: int = 0
    controls: dict[str, int] = field(default_factory=dict)


class V4l2Camera:
    """One V4L2 camera that runs freely; frames older than the call are thrown away. Lost, it is opened anew by the
    next call."""

    def __init__(
        self,
        facts: V4l2Facts,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        open_device: Callable[[str], VideoDevice] = VideoDevice,
    ) -> None:
        """Opens, sets everything and starts the stream. Raises: LostDeviceError, DeviceError."""
        check_turn(facts.turned_deg, facts.device)
        self._facts, self._clock, self._sleep, self._open_device = facts, clock, sleep, open_device
        self._pixels = format_called(facts.pixel_format, V4L2_FORMATS, facts.device)
        self._pixels.row_bytes(facts.width_px)  # raises what no picture could be made of
        self._device: VideoDevice | None = None
        self._closed = False
        self._told = CameraFacts("", "", 0, 0, 0)
        self._connected()

    def facts(self) -> CameraFacts:
        """Which camera this is, by its own word; the size as turned."""
        return self._told

    def capture(self, view: View, exposure_us: float) -> Frame:
        """The first whole frame whose exposure began after this call. Raises: CaptureError, LostDeviceError."""
        called_s = self._clock()
        device = self._connected()
        try:
            exposed_us, not_before_s = self._expose(device, exposure_us)
            filled, began_s = self._fresh(device, exposed_us, max(called_s, not_before_s))
            if self._exposure is not None and self._exposure_now(device) != exposed_us:
                raise CaptureError("the exposure changed during the picture", place=self._facts.device)
            self._check_fixed(device)
        except CaptureError:
            raise
        except DeviceError:  # gone, or it refuses what it did before: opened anew it starts from nothing
            self._let_go()
            raise
        image = grey_of(filled.data, self._facts.width_px, self._facts.height_px, self._pixels, self._stride)
        image = turned(image, self._facts.mirrored, self._facts.turned_deg)
        return Frame(view, image, began_s, exposed_us, 1.0, 1.0, self._pixels.bit_depth, filled.sequence)

    def check(self) -> str:
        """What it is, after its controls were read back. Raises: DeviceError."""
        device = self._connected()
        try:
            self._check_fixed(device)
        except LostDeviceError:
            self._let_go()
            raise
        facts = self._facts
        return f"{device.card} ({self._told.serial}), {facts.width_px} × {facts.height_px} {self._pixels.name.strip()}"

    def close(self) -> None:
        """Stops the stream."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        if self._device is not None:
            self._device.close()
            self._device = None

    def _connected(self) -> VideoDevice:
        """The open device; opened again if it was lost."""
        if self._device is not None:
            return self._device
        if self._closed:
            raise LostDeviceError("the camera was closed", place=self._facts.device)
        device = self._open_device(self._facts.device)
        try:
            self._set_up(device)
        except DeviceError:
            device.close()
            raise
        self._device = device
        return device

    def _set_up(self, device: VideoDevice) -> None:
        facts, place = self._facts, self._facts.device
        serial = serial_of(place, device.bus)
        if facts.serial and serial != facts.serial:
            raise DeviceError(f"this is the camera {serial}, not {facts.serial}", place=place)
        controls = {one.id: one for one in device.controls()}
        self._fixed = _fixed_values(facts, controls)
        for control, value in self._fixed:
            if (now := device.set(control, value)) != value:
                raise DeviceError(f"the control {control.name} stays at {now} instead of {value}", place=place)
        self._exposure, self._unit_us = _exposure_of(facts, controls)
        got = device.set_format(facts.width_px, facts.height_px, self._pixels.name)
        if (got.width_px, got.height_px, got.fourcc) != (facts.width_px, facts.height_px, self._pixels.name):
            raise DeviceError(
                f"the camera gives {got.width_px} × {got.height_px} {got.fourcc.strip()} instead of "
                f"{facts.width_px} × {facts.height_px} {self._pixels.name.strip()}",
                place=place,
            )
        self._pixels = replace(self._pixels, limited=self._pixels.name == "YUYV" and not got.full_range)
        self._stride = got.stride
        self._readout_s = facts.readout_ms / 1000.0 or device.frame_interval_s()
        if not self._readout_s > 0.0:
            raise DeviceError("the camera does not tell its frame rate: readout_ms is needed", place=place)
        size = turned_size(facts.width_px, facts.height_px, facts.turned_deg)
        self._told = CameraFacts(device.card, serial, *size, self._pixels.bit_depth)
        device.start(facts.buffers)
        self._discard = facts.frames_after_change

    def _expose(self, device: VideoDevice, exposure_us: float) -> tuple[float, float]:
        """Sets the exposure where it can be: what it is by the camera's word, and the time from which frames count."""
        control = self._exposure
        if control is None:
            return self._facts.fixed_exposure_us, self._clock()
        value = round(exposure_us / self._unit_us) if exposure_us > 0.0 else control.minimum - 1
        if not control.minimum <= value <= control.maximum:
            low, high = control.minimum * self._unit_us, control.maximum * self._unit_us
            raise CaptureError(
                f"an exposure of {exposure_us:g} µs is outside the camera's {low:g} to {high:g} µs",
                place=self._facts.device,
            )
        if device.get(control) != value:
            device.set(control, value)
            self._discard = self._facts.frames_after_change
        return self._exposure_now(device), self._clock()

    def _exposure_now(self, device: VideoDevice) -> float:
        return self._facts.fixed_exposure_us if self._exposure is None else device.get(self._exposure) * self._unit_us

    def _fresh(self, device: VideoDevice, exposed_us: float, not_before_s: float) -> tuple[Filled, float]:
        """The first whole frame whose exposure began then or later, and when it began at the earliest."""
        need_s = (1 + self._discard) * self._readout_s + 1e-6 * exposed_us * (1 + self._discard)
        deadline = self._clock() + self._facts.timeout_s + need_s
        damaged = 0
        while (left := deadline - self._clock()) > 0.0:
            filled = device.next(left)
            if filled is None:
                self._sleep(0.001)  # a broken queue answers at once, with nothing
                continue
            if not filled.monotonic:
                raise CaptureError("the driver does not stamp its frames with the monotonic clock", place=device.path)
            began_s = filled.stamp_s
            if not (filled.at_start and self._facts.start_of_exposure_is_true):
                began_s -= 1e-6 * exposed_us + self._readout_s
            if began_s < not_before_s:
                continue
            if self._discard:
                self._discard -= 1
            elif filled.damaged or len(filled.data) < self._stride * (self._facts.height_px - 1):
                damaged += 1
            else:
                return filled, began_s
        if damaged:
            raise CaptureError(f"all {damaged} frames came damaged or cut off", place=device.path)
        raise LostDeviceError(f"no picture came within {self._facts.timeout_s + need_s:.1f} s", place=device.path)

    def _check_fixed(self, device: VideoDevice) -> None:
        for control, value in self._fixed:
            if (now := device.get(control)) != value:
                raise CaptureError(
                    f"the control {control.name} went from {value} to {now} by itself", place=device.path
                )


def _fixed_values(facts: V4l2Facts, controls: dict[int, Control]) -> list[tuple[Control, int]]:
    """What every control of interest is held at, the automatic ones first: they block the others."""
    by_name = {one.name: one for one in controls.values()}
    for name in facts.controls:
        if name not in by_name:
            raise DeviceError(f"the camera has no control {name!r}; it has {', '.join(by_name)}", place=facts.device)
    wanted: dict[int, int] = {}
    for number, value in _FIXED.items():
        if number in controls:
            wanted[number] = controls[number].minimum if value is None else value
    gamma = controls.get(_GAMMA)
    if gamma is not None and gamma.minimum <= _LINEAR <= gamma.maximum:
        wanted[_GAMMA] = _LINEAR
    wanted |= {by_name[name].id: value for name, value in facts.controls.items()}
    return [(controls[number], value) for number, value in wanted.items() if controls[number].writable]


def _exposure_of(facts: V4l2Facts, controls: dict[int, Control]) -> tuple[Control | None, float]:
    """The control that sets the exposure and its unit, µs; None where the rig's file says that it is fixed."""
    if facts.fixed_exposure_us > 0.0:
        return None, 1.0
    if _EXPOSURE_ABSOLUTE in controls:
        return controls[_EXPOSURE_ABSOLUTE], _ABSOLUTE_US
    if _EXPOSURE_LINES in controls:
        if facts.exposure_line_us > 0.0:
            return controls[_EXPOSURE_LINES], facts.exposure_line_us
        raise DeviceError("the camera counts its exposure in lines: exposure_line_us is needed", place=facts.device)
    raise DeviceError("the camera's exposure cannot be set: fixed_exposure_us is needed", place=facts.device)


def find() -> list[Found]:
    """Every V4L2 device here that streams pictures."""
    found = []
    named = {one.resolve(): one for one in sorted(Path("/dev/v4l/by-id").glob("*"))}
    for path in sorted(Path("/dev").glob("video*")):
        try:
            device = VideoDevice(str(path))
        except DeviceError:
            continue
        words = f"{device.card} ({serial_of(str(path), device.bus)})"
        device.close()
        found.append(Found("camera", "v4l2", str(named.get(path, path)), words))
    return found

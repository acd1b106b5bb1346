"""A GigE Vision or USB3 Vision camera, through Aravis.

What makes a frame trustworthy here: the camera exposes only when we tell it to (software trigger), everything that came
before is forgotten first, and after any trouble the acquisition is restarted. So the exposure began after the trigger
was sent: that time, of our own monotonic clock, is what the frame says, an honest lower bound. The camera's clock is
its own; it is related to ours by what earlier frames showed, and a frame whose stamp is too old by it is refused.
Exposure and gain are read back after the frame, or told by the frame itself where the camera has chunks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from station.devices.aravis import STATUS_WORDS, AravisDevice, Received, Seen, seen
from station.devices.found import Found
from station.devices.pixel_formats import GENICAM_FORMATS, check_turn, format_called, grey_of, turned, turned_size
from station.devices.protocols import CameraFacts, Frame, View
from station.errors import CaptureError, DeviceError, LostDeviceError

_CONTINUOUS = 0  # ArvAcquisitionMode
_LOOK_S = 0.1  # how often a wait looks whether the camera is still ours
_BURIAL_S = 4.0
_DRIFT = 2e-4  # of two clocks against each other, generously
_GAIN_TOLERANCE_DB = 0.005
_OFF = ("ExposureAuto", "GainAuto", "BlackLevelAuto", "BalanceWhiteAuto")
_FALSE = ("GammaEnable", "LUTEnable")


@dataclass(frozen=True, slots=True)
class AravisFacts:
    """A camera as the rig's file has it.

    `serial` says which one. `gain` is what the camera calls gain one: 0 dB by the standard, another number with some
    older cameras. `features` sets more, by GenICam's names. `chunks`: every frame tells its own exposure.
    `packet_bytes` 0: the largest that comes through. A picture that lost packets is given up `retention_ms` after its
    last one, and taken anew at most `retakes` times. As root the library listens to `raw_packets`: they hold more than
    an ordinary socket, but on a busy machine none of them was heard at times. The picture is mirrored, then turned.
    """

    serial: str
    width_px: int
    height_px: int
    pixel_format: str = "Mono8"
    offset_x_px: int = 0
    offset_y_px: int = 0
    gain: float = 0.0
    chunks: bool = False
    packet_bytes: int = 0
    retakes: int = 2
    retention_ms: int = 200
    raw_packets: bool = True
    timeout_s: float = 2.0
    buffers: int = 4
    mirrored: bool = False
    turned_deg: int = 0
    features: dict[str, str] = field(default_factory=dict)


class CameraClock:
    """Whether the camera's stamp can be of a frame that was asked for at a time of our clock.

    A frame's stamp is made before its last byte arrives. So (stamp - arrival) of an earlier frame is never more than
    the camera's clock is ahead of ours; a frame that began before it was triggered would be behind that.
    """

    def __init__(self) -> None:
        self._ahead_s: float | None = None
        self._known_s = self._last_stamp_s = 0.0

    def is_stale(self, stamp_s: float, triggered_s: float, arrived_s: float) -> bool:
        """Tells, and learns from the frame if it is fresh. A camera without a clock (stamp 0) tells nothing."""
        if stamp_s <= 0.0:
            return False
        if self._ahead_s is not None:
            drifted_s = _DRIFT * (arrived_s - self._known_s)
            if stamp_s <= self._last_stamp_s or stamp_s < triggered_s + self._ahead_s - drifted_s:
                return True
        self._ahead_s, self._known_s, self._last_stamp_s = stamp_s - arrived_s, arrived_s, stamp_s
        return False


class AravisCamera:
    """One triggered camera. Lost, it is looked for by its serial number and opened anew by the next call."""

    def __init__(
        self,
        facts: AravisFacts,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        look: Callable[[], list[Seen]] = seen,
        open_device: Callable[[str, str], Any] = AravisDevice,
    ) -> None:
        """Looks for the camera, takes control and sets everything. Raises: LostDeviceError, DeviceError."""
        del sleep  # the library itself waits
        self._facts, self._clock, self._look, self._open_device = facts, clock, look, open_device
        self._place = f"camera {facts.serial}"
        check_turn(facts.turned_deg, self._place)
        self._pixels = format_called(facts.pixel_format, GENICAM_FORMATS, self._place)
        self._pixels.row_bytes(facts.width_px)
        self._device: Any = None
        self._burial = threading.Thread()
        self._burial.start()
        self._broken = 0
        self._closed = self._uncertain = False
        self._told = CameraFacts("", "", 0, 0, 0)
        self._connected()

    def facts(self) -> CameraFacts:
        """Which camera this is, by its own word; the size as turned."""
        return self._told

    def capture(self, view: View, exposure_us: float) -> Frame:
        """Triggers one frame, and another one if packets were lost. Raises: CaptureError, LostDeviceError."""
        for again in range(self._facts.retakes + 1):
            device = self._connected()
            try:
                triggered_s, received, exposed_us = self._trigger(device, exposure_us)
                arrived_s = self._clock()
                self._check_gain(device)
            except LostDeviceError:
                self._lost()
                raise
            except CaptureError:
                raise
            except DeviceError:  # it refuses what it did before: opened anew it starts from nothing
                device.close()
                self._device = None
                raise
            if received.status == 0 or again == self._facts.retakes:
                break
            self._broken += 1
        self._check(received, triggered_s, arrived_s, device)
        image = grey_of(received.data, self._facts.width_px, self._facts.height_px, self._pixels)
        self._uncertain = False
        image = turned(image, self._facts.mirrored, self._facts.turned_deg)
        return Frame(view, image, triggered_s, exposed_us, 1.0, 1.0, self._pixels.bit_depth, received.sequence)

    def _trigger(self, device: Any, exposure_us: float) -> tuple[float, Received, float]:
        """When it was triggered at the earliest, what came, and how long it was exposed by the camera's word."""
        if self._uncertain:
            device.restart()
            self._cameras_clock = CameraClock()
        self._uncertain = True  # until its picture is here, whole
        self._expose(device, exposure_us)
        device.drain()
        triggered_s = self._clock()
        device.call("arv_camera_software_trigger")
        received = self._wait(device, self._facts.timeout_s + 1e-6 * exposure_us)
        told_us = received.exposed_us
        return triggered_s, received, device.call("arv_camera_get_exposure_time") if told_us is None else told_us

    def check(self) -> str:
        """What it is, after its gain was read back. Raises: DeviceError."""
        device = self._connected()
        try:
            if not device.is_controlled():
                raise LostDeviceError("the camera does not obey us any more", place=self._place)
            self._check_gain(device)
            resent, missing = device.packets()
        except LostDeviceError:
            self._lost()
            raise
        facts = self._facts
        packets = f", {resent} packets sent again, {missing} lost" if device.is_gige else ""
        packets += f", {self._broken} broken pictures taken anew" if self._broken else ""
        return (
            f"{self._told.model} ({facts.serial}), {facts.width_px} × {facts.height_px} {facts.pixel_format}{packets}"
        )

    def close(self) -> None:
        """Stops the acquisition and gives control back."""
        self._closed = True
        if self._device is not None:
            self._device.close()
            self._device = None
        self._burial.join(4 * _BURIAL_S)

    def _lost(self) -> None:
        # Letting go of a camera that does not answer takes the library ten seconds: the bad news comes first.
        gone, self._device = self._device, None
        self._burial = threading.Thread(target=gone.close, kwargs={"answers": False}, daemon=True)
        self._burial.start()

    def _connected(self) -> Any:
        """The open camera; found and opened again if it was lost."""
        if self._device is not None:
            return self._device
        if self._closed:
            raise LostDeviceError("the camera was closed", place=self._place)
        # What is still being let go of would take control away from what is opened anew at the same address.
        self._burial.join(_BURIAL_S)
        if self._burial.is_alive():
            raise LostDeviceError(
                "the camera fell silent a moment ago, and is still being let go of", place=self._place
            )
        here = self._look()
        found = next((one for one in here if one.serial == self._facts.serial), None)
        if found is None:
            others = ", ".join(one.serial for one in here) or "none"
            raise LostDeviceError(f"no such GigE or USB3 Vision camera answers (there: {others})", place=self._place)
        device = self._open_device(found.id, self._place)
        try:
            self._set_up(device)
        except DeviceError:
            device.close()
            raise
        size = turned_size(self._facts.width_px, self._facts.height_px, self._facts.turned_deg)
        self._told = CameraFacts(f"{found.vendor} {found.model}", found.serial, *size, self._pixels.bit_depth)
        self._device, self._cameras_clock, self._uncertain = device, CameraClock(), False
        return device

    def _set_up(self, device: Any) -> None:
        facts = self._facts
        asked = (facts.offset_x_px, facts.offset_y_px, facts.width_px, facts.height_px)
        device.call("arv_camera_set_region", *asked)
        if (got := device.region()) != asked:
            raise DeviceError(f"the camera gives the region {got} instead of {asked}", place=self._place)
        device.call("arv_camera_set_pixel_format_from_string", facts.pixel_format.encode())
        for name in _OFF:
            if device.has(name):
                device.call("arv_camera_set_string", name.encode(), b"Off")
        for name in _FALSE:
            if device.has(name):
                device.call("arv_camera_set_boolean", name.encode(), False)
        if facts.features:
            device.set_features(" ".join(f"{name}={value}" for name, value in facts.features.items()))
        if device.call("arv_camera_is_gain_available"):
            device.call("arv_camera_set_gain", facts.gain)
        self._check_gain(device)
        self._limits_us = device.exposure_limits_us()
        if device.is_gige:
            if not facts.raw_packets:
                device.listen_to_no_raw_packets()
            if facts.packet_bytes:
                device.call("arv_camera_gv_set_packet_size", facts.packet_bytes)
            else:
                device.call("arv_camera_gv_auto_packet_size")
        device.call("arv_camera_set_acquisition_mode", _CONTINUOUS)
        device.call("arv_camera_set_trigger", b"Software")
        device.start(facts.buffers, chunks=facts.chunks, retention_ms=facts.retention_ms)

    def _expose(self, device: Any, exposure_us: float) -> None:
        low, high = self._limits_us
        if not low <= exposure_us <= high:
            raise CaptureError(
                f"an exposure of {exposure_us:g} µs is outside the camera's {low:g} to {high:g} µs", place=self._place
            )
        device.call("arv_camera_set_exposure_time", exposure_us)

    def _check_gain(self, device: Any) -> None:
        if not device.call("arv_camera_is_gain_available"):
            return
        gain = device.call("arv_camera_get_gain")
        if not abs(gain - self._facts.gain) <= _GAIN_TOLERANCE_DB:
            raise CaptureError(f"the camera's gain is {gain:g} instead of {self._facts.gain:g}", place=self._place)

    def _wait(self, device: Any, timeout_s: float) -> Received:
        """The triggered frame; says whether the camera is gone or only gave none."""
        deadline = self._clock() + timeout_s
        while (left := deadline - self._clock()) > 0.0:
            received: Received | None = device.next(min(left, _LOOK_S))
            if received is not None:
                return received
            if not device.is_controlled():
                raise LostDeviceError("the camera fell silent: unplugged, or without power", place=self._place)
        device.call("arv_camera_get_exposure_time")  # lost, if it does not answer this either
        raise CaptureError(f"the camera answers, but gave no picture within {timeout_s:.1f} s", place=self._place)

    def _check(self, received: Received, triggered_s: float, arrived_s: float, device: Any) -> None:
        if received.status != 0:
            resent, missing = device.packets()
            what = STATUS_WORDS.get(received.status, "is not whole")
            packets = f" ({resent} packets were sent again, {missing} lost so far)" if device.is_gige else ""
            raise CaptureError(f"the picture {what}{packets}", place=self._place)
        size, asked = (received.width_px, received.height_px), (self._facts.width_px, self._facts.height_px)
        if size != asked:
            raise CaptureError(f"the picture has {size[0]} × {size[1]} pixels, not {asked}", place=self._place)
        if self._cameras_clock.is_stale(received.stamp_s, triggered_s, arrived_s):
            raise CaptureError("by the camera's own clock the picture is older than its trigger", place=self._place)


def find() -> list[Found]:
    """Every GigE and USB3 Vision camera that answers; none where Aravis is not installed."""
    try:
        here = seen()
    except DeviceError:
        return []
    return [
        Found("camera", "aravis", one.serial, f"{one.vendor} {one.model} ({one.protocol}, {one.address})")
        for one in here
    ]

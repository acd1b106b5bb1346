"""Aravis 0.8, the library that speaks GigE Vision and USB3 Vision, through ctypes: any Python will do.

On Debian and Raspberry Pi OS: apt install libaravis-0.8-0. One `AravisDevice` is one camera with its stream; errors of
the library become `DeviceError`, or `LostDeviceError` where the camera does not answer any more.
"""

from __future__ import annotations

import ctypes
import re
from contextlib import suppress
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int, c_size_t, c_uint, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

from station.errors import DeviceError, LostDeviceError

_LIBRARY = "libaravis-0.8.so.0"
# Of ArvDeviceError: not connected, protocol error, transfer error, timeout, not found.
_LOST_CODES = (2, 3, 4, 5, 6)
_NOT_OURS_CODES = (10, 17)  # not the controller, access denied
_CHECK_RANGES = 1  # ArvRangeCheckPolicy
_NO_PACKET_SOCKET = 1  # ArvGvStreamOption
# ArvBufferStatus
_COMPLETE = 0
_QUIET_US = 250_000  # so long after the last picture none is on its way any more, on a busy machine either
_LEFTOVERS = 100  # more than any stream has buffers
STATUS_WORDS = {
    1: "was cleared",
    2: "did not come to its end in time",
    3: "has packets missing",
    4: "has packets out of order",
    5: "does not fit the size that was agreed",
    7: "was broken off",
}


class _Error(ctypes.Structure):
    _fields_ = (("domain", c_uint32), ("code", c_int), ("message", c_char_p))


_ERROR = POINTER(POINTER(_Error))
_NUMBER = POINTER(c_int)
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "arv_update_device_list": (None, ()),
    "arv_disable_interface": (None, (c_char_p,)),
    "arv_get_n_devices": (c_uint, ()),
    "arv_get_device_id": (c_char_p, (c_uint,)),
    "arv_get_device_vendor": (c_char_p, (c_uint,)),
    "arv_get_device_model": (c_char_p, (c_uint,)),
    "arv_get_device_serial_nbr": (c_char_p, (c_uint,)),
    "arv_get_device_protocol": (c_char_p, (c_uint,)),
    "arv_get_device_address": (c_char_p, (c_uint,)),
    "arv_camera_new": (c_void_p, (c_char_p, _ERROR)),
    "arv_camera_get_device": (c_void_p, (c_void_p,)),
    "arv_camera_is_gv_device": (c_bool, (c_void_p,)),
    "arv_camera_is_feature_available": (c_bool, (c_void_p, c_char_p, _ERROR)),
    "arv_camera_set_range_check_policy": (None, (c_void_p, c_int)),
    "arv_camera_set_string": (None, (c_void_p, c_char_p, c_char_p, _ERROR)),
    "arv_camera_get_string": (c_char_p, (c_void_p, c_char_p, _ERROR)),
    "arv_camera_set_boolean": (None, (c_void_p, c_char_p, c_bool, _ERROR)),
    "arv_camera_set_float": (None, (c_void_p, c_char_p, c_double, _ERROR)),
    "arv_device_set_features_from_string": (c_bool, (c_void_p, c_char_p, _ERROR)),
    "arv_camera_set_region": (None, (c_void_p, c_int, c_int, c_int, c_int, _ERROR)),
    "arv_camera_get_region": (None, (c_void_p, _NUMBER, _NUMBER, _NUMBER, _NUMBER, _ERROR)),
    "arv_camera_set_pixel_format_from_string": (None, (c_void_p, c_char_p, _ERROR)),
    "arv_camera_set_exposure_time": (None, (c_void_p, c_double, _ERROR)),
    "arv_camera_get_exposure_time": (c_double, (c_void_p, _ERROR)),
    "arv_camera_get_exposure_time_bounds": (None, (c_void_p, POINTER(c_double), POINTER(c_double), _ERROR)),
    "arv_camera_is_gain_available": (c_bool, (c_void_p, _ERROR)),
    "arv_camera_set_gain": (None, (c_void_p, c_double, _ERROR)),
    "arv_camera_get_gain": (c_double, (c_void_p, _ERROR)),
    "arv_camera_set_trigger": (None, (c_void_p, c_char_p, _ERROR)),
    "arv_camera_software_trigger": (None, (c_void_p, _ERROR)),
    "arv_camera_set_acquisition_mode": (None, (c_void_p, c_int, _ERROR)),
    "arv_camera_start_acquisition": (None, (c_void_p, _ERROR)),
    "arv_camera_stop_acquisition": (None, (c_void_p, _ERROR)),
    "arv_camera_get_payload": (c_uint, (c_void_p, _ERROR)),
    "arv_camera_gv_auto_packet_size": (c_uint, (c_void_p, _ERROR)),
    "arv_camera_gv_set_packet_size": (None, (c_void_p, c_int, _ERROR)),
    "arv_camera_create_stream": (c_void_p, (c_void_p, c_void_p, c_void_p, _ERROR)),
    "arv_camera_set_chunks": (None, (c_void_p, c_char_p, _ERROR)),
    "arv_camera_create_chunk_parser": (c_void_p, (c_void_p,)),
    "arv_chunk_parser_get_float_value": (c_double, (c_void_p, c_void_p, c_char_p, _ERROR)),
    "arv_gv_device_is_controller": (c_bool, (c_void_p,)),
    "arv_gv_device_set_stream_options": (None, (c_void_p, c_int)),
    "arv_gv_stream_get_statistics": (None, (c_void_p, POINTER(c_uint64), POINTER(c_uint64))),
    "arv_stream_push_buffer": (None, (c_void_p, c_void_p)),
    "arv_stream_timeout_pop_buffer": (c_void_p, (c_void_p, c_uint64)),
    "arv_stream_try_pop_buffer": (c_void_p, (c_void_p,)),
    "arv_buffer_new_allocate": (c_void_p, (c_size_t,)),
    "arv_buffer_get_status": (c_int, (c_void_p,)),
    "arv_buffer_get_data": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "arv_buffer_get_timestamp": (c_uint64, (c_void_p,)),
    "arv_buffer_get_frame_id": (c_uint64, (c_void_p,)),
    "arv_buffer_get_image_width": (c_int, (c_void_p,)),
    "arv_buffer_get_image_height": (c_int, (c_void_p,)),
    "arv_buffer_get_image_pixel_format": (c_uint32, (c_void_p,)),
}


@cache
def library() -> Any:
    """Aravis with its signatures. Raises: DeviceError where it is not installed."""
    try:
        lib = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise DeviceError("GigE and USB3 Vision need Aravis: apt install libaravis-0.8-0", place=_LIBRARY) from error
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    lib.arv_disable_interface(b"Fake")  # a camera within the library, for its own tests
    return lib


@cache
def _glib() -> Any:
    glib, gobject = ctypes.CDLL("libglib-2.0.so.0"), ctypes.CDLL("libgobject-2.0.so.0")
    glib.g_error_free.argtypes, glib.g_error_free.restype = (c_void_p,), None
    gobject.g_object_unref.argtypes, gobject.g_object_unref.restype = (c_void_p,), None
    return glib, gobject


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera on the network or the bus."""

    id: str
    vendor: str
    model: str
    serial: str
    protocol: str
    address: str


@dataclass(frozen=True, slots=True)
class Received:
    """One buffer: `status` 0 is a whole picture; `stamp_s` is of the camera's own clock, 0 where it has none."""

    data: bytes
    status: int
    stamp_s: float
    sequence: int
    width_px: int
    height_px: int
    exposed_us: float | None


def seen() -> list[Seen]:
    """All cameras that answer now; takes about a second."""
    lib = library()
    lib.arv_update_device_list()
    asked = ("id", "vendor", "model", "serial_nbr", "protocol", "address")
    return [
        Seen(*((getattr(lib, f"arv_get_device_{what}")(at) or b"").decode("utf-8", "replace") for what in asked))
        for at in range(lib.arv_get_n_devices())
    ]


class AravisDevice:
    """One open camera, controlled by us, with its stream."""

    def __init__(self, device_id: str, place: str) -> None:
        """Raises: LostDeviceError, DeviceError."""
        self._lib, self.place = library(), place
        self._camera: Any = None
        self._stream: Any = None
        self._parser: Any = None
        self._camera = self.call("arv_camera_new", device_id.encode(), of_camera=False)
        self._lib.arv_camera_set_range_check_policy(self._camera, _CHECK_RANGES)
        self._device = self._lib.arv_camera_get_device(self._camera)
        self.is_gige = bool(self._lib.arv_camera_is_gv_device(self._camera))

    def call(self, name: str, *arguments: Any, of_camera: bool = True) -> Any:
        """A function of the library that may fail; the camera comes first where it takes one."""
        error = POINTER(_Error)()
        first = (self._camera,) if of_camera else ()
        result = getattr(self._lib, name)(*first, *arguments, ctypes.byref(error))
        if not error:
            return result
        code, message = error.contents.code, (error.contents.message or b"").decode("utf-8", "replace")
        _glib()[0].g_error_free(error)
        message = re.sub(r"^(\[\w+\] )+", "", message)  # the library's way from feature to register
        if code in _NOT_OURS_CODES:
            raise LostDeviceError("the camera is not ours to control: another program has it", place=self.place)
        if code in _LOST_CODES:
            raise LostDeviceError(f"the camera does not answer ({message})", place=self.place)
        raise DeviceError(f"the camera refuses: {message}", place=self.place)

    def has(self, feature: str) -> bool:
        """Whether it has this feature now."""
        return bool(self.call("arv_camera_is_feature_available", feature.encode()))

    def set_features(self, text: str) -> None:
        """Several features, as "Name=value Name=value"."""
        self.call("arv_device_set_features_from_string", self._device, text.encode(), of_camera=False)

    def listen_to_no_raw_packets(self) -> None:
        """The stream comes through an ordinary socket, for root too. Before `start`."""
        self._lib.arv_gv_device_set_stream_options(self._device, _NO_PACKET_SOCKET)

    def region(self) -> tuple[int, int, int, int]:
        """(x, y, width, height) in pixels."""
        numbers = [c_int() for _ in range(4)]
        self.call("arv_camera_get_region", *(ctypes.byref(one) for one in numbers))
        return numbers[0].value, numbers[1].value, numbers[2].value, numbers[3].value

    def exposure_limits_us(self) -> tuple[float, float]:
        """The shortest and the longest exposure."""
        low, high = c_double(), c_double()
        self.call("arv_camera_get_exposure_time_bounds", ctypes.byref(low), ctypes.byref(high))
        return low.value, high.value

    def start(self, buffers: int, *, chunks: bool, retention_ms: int) -> None:
        """Streams and starts the acquisition; a GigE picture is given up `retention_ms` after its last packet."""
        if chunks:
            self.call("arv_camera_set_chunks", b"ExposureTime")
            self._parser = self._lib.arv_camera_create_chunk_parser(self._camera)
        self._stream = self.call("arv_camera_create_stream", None, None)
        if self.is_gige:
            retention_us = c_uint(1000 * retention_ms)
            _glib()[1].g_object_set(c_void_p(self._stream), b"frame-retention", retention_us, None)
        size = self.call("arv_camera_get_payload")
        for _ in range(buffers):
            self._lib.arv_stream_push_buffer(self._stream, self._lib.arv_buffer_new_allocate(size))
        self.call("arv_camera_start_acquisition")

    def restart(self) -> None:
        """Stops the acquisition, forgets what came and what is still on its way, starts it again.

        Raises: DeviceError: pictures come although it was stopped; LostDeviceError.
        """
        self.call("arv_camera_stop_acquisition")
        for _ in range(_LEFTOVERS):
            buffer = self._lib.arv_stream_timeout_pop_buffer(self._stream, _QUIET_US)
            if not buffer:
                break
            self._lib.arv_stream_push_buffer(self._stream, buffer)
        else:
            raise DeviceError("the camera sends pictures although it was stopped", place=self.place)
        self.call("arv_camera_start_acquisition")

    def drain(self) -> int:
        """Forgets every picture that came already; how many."""
        count = 0
        while buffer := self._lib.arv_stream_try_pop_buffer(self._stream):
            self._lib.arv_stream_push_buffer(self._stream, buffer)
            count += 1
        return count

    def next(self, timeout_s: float) -> Received | None:
        """The next buffer, copied out and given back; None when none came in time."""
        buffer = self._lib.arv_stream_timeout_pop_buffer(self._stream, int(1e6 * max(timeout_s, 0.0)))
        if not buffer:
            return None
        try:
            return self._received(buffer)
        finally:
            self._lib.arv_stream_push_buffer(self._stream, buffer)

    def _received(self, buffer: int) -> Received:
        lib, size = self._lib, c_size_t()
        status = lib.arv_buffer_get_status(buffer)
        stamp_s, sequence = 1e-9 * lib.arv_buffer_get_timestamp(buffer), lib.arv_buffer_get_frame_id(buffer)
        if status != _COMPLETE:
            return Received(b"", status, stamp_s, sequence, 0, 0, None)
        exposed_us = None
        if self._parser is not None:
            get = "arv_chunk_parser_get_float_value"
            exposed_us = self.call(get, self._parser, buffer, b"ChunkExposureTime", of_camera=False)
        data = ctypes.string_at(lib.arv_buffer_get_data(buffer, ctypes.byref(size)), size.value)
        width, height = lib.arv_buffer_get_image_width(buffer), lib.arv_buffer_get_image_height(buffer)
        return Received(data, status, stamp_s, sequence, width, height, exposed_us)

    def is_controlled(self) -> bool:
        """Whether the camera still obeys us: false some seconds after a GigE camera fell silent."""
        return not self.is_gige or bool(self._lib.arv_gv_device_is_controller(self._device))

    def packets(self) -> tuple[int, int]:
        """How many packets were sent again, and how many were missed for good, since the stream began (GigE)."""
        resent, missing = c_uint64(), c_uint64()
        if self.is_gige and self._stream:
            self._lib.arv_gv_stream_get_statistics(self._stream, ctypes.byref(resent), ctypes.byref(missing))
        return resent.value, missing.value

    def close(self, *, answers: bool = True) -> None:
        """Stops the acquisition if it `answers`, and lets go; twice is once."""
        if answers and self._stream:
            with suppress(DeviceError):  # it is gone, then
                self.call("arv_camera_stop_acquisition")
        for held in (self._parser, self._stream, self._camera):
            if held:
                _glib()[1].g_object_unref(held)
        self._camera = self._stream = self._parser = None

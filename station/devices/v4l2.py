"""What the Linux kernel says about a video device (V4L2): controls, formats, buffers with their own times.

Plain ioctls of <linux/videodev2.h>, because a measurement needs what OpenCV's V4L2 backend hides: the raw grey formats,
exact values of controls, and when each buffer was filled. Single-planar capture with memory-mapped buffers.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import select
from contextlib import suppress
from ctypes import c_int32, c_int64, c_uint8, c_uint32, c_uint64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.errors import DeviceError, LostDeviceError

_CAPTURE, _MMAP, _FIELD_NONE = 1, 1, 1
_HAS_CAPTURE, _HAS_STREAMING, _HAS_DEVICE_CAPS = 0x1, 0x04000000, 0x80000000
_NEXT_CONTROL = 0x80000000
_DISABLED, _READ_ONLY, _WRITE_ONLY = 0x1, 0x4, 0x40
_SIMPLE_CONTROLS = (1, 2, 3)  # integer, boolean, menu
_DAMAGED, _MONOTONIC, _CLOCKS, _START_OF_EXPOSURE, _SOURCES = 0x40, 0x2000, 0xE000, 0x10000, 0x70000
_FULL_RANGE, _JPEG_COLOURS = 1, 7
_GONE = (errno.ENODEV, errno.ENXIO, errno.EIO, errno.EPIPE, errno.ESHUTDOWN, errno.EBADF, errno.EPROTO)


class _Capability(ctypes.Structure):
    _fields_ = (
        ("driver", c_uint8 * 16),
        ("card", c_uint8 * 32),
        ("bus_info", c_uint8 * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class _Format(ctypes.Structure):
    _fields_ = (
        ("type", c_uint32),
        ("pad", c_uint32),  # the kernel's union begins at eight bytes
        ("width", c_uint32),
        ("height", c_uint32),
        ("pixelformat", c_uint32),
        ("field", c_uint32),
        ("bytesperline", c_uint32),
        ("sizeimage", c_uint32),
        ("colorspace", c_uint32),
        ("priv", c_uint32),
        ("flags", c_uint32),
        ("ycbcr_enc", c_uint32),
        ("quantization", c_uint32),
        ("xfer_func", c_uint32),
        ("rest", c_uint8 * 152),
    )


class _RequestBuffers(ctypes.Structure):
    _fields_ = (("count", c_uint32), ("type", c_uint32), ("memory", c_uint32), ("reserved", c_uint32 * 2))


class _Buffer(ctypes.Structure):
    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("seconds", c_int64),
        ("microseconds", c_int64),
        ("timecode", c_uint8 * 16),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("offset", c_uint64),
        ("length", c_uint32),
        ("reserved", c_uint32 * 2),
    )


class _QueryControl(ctypes.Structure):
    _fields_ = (
        ("id", c_uint32),
        ("type", c_uint32),
        ("name", c_uint8 * 32),
        ("minimum", c_int32),
        ("maximum", c_int32),
        ("step", c_int32),
        ("default_value", c_int32),
        ("flags", c_uint32),
        ("reserved", c_uint32 * 2),
    )


class _Control(ctypes.Structure):
    _fields_ = (("id", c_uint32), ("value", c_int32))


class _StreamParameters(ctypes.Structure):
    _fields_ = (
        ("type", c_uint32),
        ("capability", c_uint32),
        ("mode", c_uint32),
        ("seconds", c_uint32),
        ("per", c_uint32),
        ("rest", c_uint8 * 184),
    )


def _number(direction: int, kind: type[Any], number: int) -> int:
    return direction << 30 | ctypes.sizeof(kind) << 16 | ord("V") << 8 | number


_QUERYCAP, _REQBUFS, _QUERYBUF = _number(2, _Capability, 0), _number(3, _RequestBuffers, 8), _number(3, _Buffer, 9)
_G_FMT, _S_FMT, _G_PARM = _number(3, _Format, 4), _number(3, _Format, 5), _number(3, _StreamParameters, 21)
_QBUF, _DQBUF = _number(3, _Buffer, 15), _number(3, _Buffer, 17)
_STREAMON, _STREAMOFF = _number(1, c_int32, 18), _number(1, c_int32, 19)
_G_CTRL, _S_CTRL, _QUERYCTRL = _number(3, _Control, 27), _number(3, _Control, 28), _number(3, _QueryControl, 36)


@dataclass(frozen=True, slots=True)
class Control:
    """One control: its number, its name as `v4l2-ctl --list-ctrls` prints it, and what it may be."""

    id: int
    name: str
    minimum: int
    maximum: int
    default: int
    writable: bool


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """What the device agreed to: `fourcc` of four characters, `stride` bytes from row to row."""

    width_px: int
    height_px: int
    fourcc: str
    stride: int
    full_range: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """One filled buffer; `stamp_s` is of the monotonic clock if `monotonic`, at the start of exposure if `at_start`,
    else when the last of it had come."""

    data: bytes
    sequence: int
    stamp_s: float
    monotonic: bool
    at_start: bool
    damaged: bool


class VideoDevice:
    """One open /dev/video*. A device that is gone is a `LostDeviceError`, a refusal is a `DeviceError`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._maps: list[mmap.mmap] = []
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise LostDeviceError(f"the camera cannot be opened ({error.strerror})", place=path) from error
        try:
            told = _Capability()
            self._call(_QUERYCAP, told, "say what it is")
            self.card, self.bus = _text(told.card), _text(told.bus_info)
            can = told.device_caps if told.capabilities & _HAS_DEVICE_CAPS else told.capabilities
            if not (can & _HAS_CAPTURE and can & _HAS_STREAMING):
                raise DeviceError("this is no camera that streams pictures in one plane", place=path)
        except DeviceError:
            self.close()
            raise

    def controls(self) -> tuple[Control, ...]:
        """All controls that hold one number."""
        found, asked = [], _QueryControl(id=_NEXT_CONTROL)
        while self._call(_QUERYCTRL, asked, "list its controls", refused_is_none=True) is not None:
            if asked.type in _SIMPLE_CONTROLS and not asked.flags & (_DISABLED | _WRITE_ONLY):
                name = "_".join("".join(c if c.isalnum() else " " for c in _text(asked.name).lower()).split())
                writable = not asked.flags & _READ_ONLY
                found.append(Control(asked.id, name, asked.minimum, asked.maximum, asked.default_value, writable))
            asked = _QueryControl(id=asked.id | _NEXT_CONTROL)
        return tuple(found)

    def get(self, control: Control) -> int:
        """Its value now."""
        asked = _Control(id=control.id)
        self._call(_G_CTRL, asked, f"tell its control {control.name}")
        return int(asked.value)

    def set(self, control: Control, value: int) -> int:
        """Sets it, and reads it back: the value that it has now."""
        self._call(_S_CTRL, _Control(id=control.id, value=value), f"set its control {control.name} to {value}")
        return self.get(control)

    def set_format(self, width_px: int, height_px: int, fourcc: str) -> ImageFormat:
        """Asks for a format; the device answers with what it will give."""
        asked = _Format(type=_CAPTURE)
        self._call(_G_FMT, asked, "tell its format")
        asked.width, asked.height, asked.field, asked.bytesperline = width_px, height_px, _FIELD_NONE, 0
        asked.pixelformat = int.from_bytes(fourcc.encode("ascii"), "little")
        self._call(_S_FMT, asked, f"give {width_px} × {height_px} pixels {fourcc.strip()}")
        got = int(asked.pixelformat).to_bytes(4, "little").decode("ascii", "replace")
        full = asked.quantization == _FULL_RANGE or (not asked.quantization and asked.colorspace == _JPEG_COLOURS)
        return ImageFormat(asked.width, asked.height, got, asked.bytesperline, full)

    def frame_interval_s(self) -> float:
        """From frame to frame; 0 when the device does not say."""
        asked = _StreamParameters(type=_CAPTURE)
        told = self._call(_G_PARM, asked, "tell its frame rate", refused_is_none=True)
        return asked.seconds / asked.per if told is not None and asked.per else 0.0

    def start(self, buffers: int) -> None:
        """Streams into this many buffers, or as many as the driver wants."""
        asked = _RequestBuffers(count=buffers, type=_CAPTURE, memory=_MMAP)
        self._call(_REQBUFS, asked, "give buffers (does another program use it?)")
        for index in range(asked.count):
            buffer = _Buffer(index=index, type=_CAPTURE, memory=_MMAP)
            self._call(_QUERYBUF, buffer, "say where its buffers are")
            try:
                # The union holds a 32-bit offset; the upper half is not the kernel's.
                self._maps.append(mmap.mmap(self._fd, buffer.length, offset=buffer.offset & 0xFFFFFFFF))
            except (OSError, ValueError) as error:
                raise DeviceError(f"the camera's buffers cannot be mapped ({error})", place=self.path) from error
            self._call(_QBUF, buffer, "take a buffer")
        self._call(_STREAMON, c_int32(_CAPTURE), "start")

    def next(self, timeout_s: float) -> Filled | None:
        """The oldest filled buffer, copied out and given back; None when none came in time."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        if not poll.poll(max(timeout_s, 0.0) * 1000.0):
            return None
        buffer = _Buffer(type=_CAPTURE, memory=_MMAP)
        if self._call(_DQBUF, buffer, "give a picture", busy_is_none=True) is None:
            return None
        size = min(buffer.bytesused, buffer.length)
        filled = Filled(
            self._maps[buffer.index][:size],
            buffer.sequence,
            buffer.seconds + 1e-6 * buffer.microseconds,
            buffer.flags & _CLOCKS == _MONOTONIC,
            buffer.flags & _SOURCES == _START_OF_EXPOSURE,
            bool(buffer.flags & _DAMAGED),
        )
        self._call(_QBUF, buffer, "take its buffer back")
        return filled

    def close(self) -> None:
        """Stops streaming and lets go; twice is once, and a device that is gone is let go of as well."""
        if self._fd < 0:
            return
        if self._maps:
            with suppress(OSError):  # gone already
                fcntl.ioctl(self._fd, _STREAMOFF, c_int32(_CAPTURE))
        for one in self._maps:
            one.close()
        self._maps.clear()
        os.close(self._fd)
        self._fd = -1

    def _call(
        self, request: int, argument: Any, what: str, *, refused_is_none: bool = False, busy_is_none: bool = False
    ) -> Any:
        while True:
            try:
                fcntl.ioctl(self._fd, request, argument)
            except InterruptedError:
                continue
            except OSError as error:
                if refused_is_none and error.errno in (errno.EINVAL, errno.ENOTTY):
                    return None
                if busy_is_none and error.errno == errno.EAGAIN:
                    return None
                if error.errno in _GONE:
                    raise LostDeviceError(f"the camera is gone ({error.strerror})", place=self.path) from error
                raise DeviceError(f"the camera will not {what} ({error.strerror})", place=self.path) from error
            return argument


def _text(raw: Any) -> str:
    return bytes(raw).split(b"\0", 1)[0].decode("utf-8", "replace")


def serial_of(path: str, bus: str) -> str:
    """What tells this camera from another: the USB serial number where it has one, else the bus it hangs on."""
    device = Path("/sys/class/video4linux") / Path(path).resolve().name / "device"
    for folder in (device / "..", device):
        try:
            return (folder / "serial").resolve(strict=True).read_text().strip() or bus
        except OSError:
            continue
    return bus

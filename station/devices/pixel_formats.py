"""From the bytes of a camera's buffer to grey levels, bit for bit: formats of V4L2 and GenICam.

Only what is grey already: a raw colour mosaic has another colour at every other pixel, and edges in it are no edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.errors import CaptureError, DeviceError

_Part = tuple[int, int, int, int]  # byte of the group, shifted right, masked, shifted left


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """Groups of `group_bytes` bytes that hold pixels of `bit_depth` bits; `pixels` says of what each is put together.

    `limited`: levels 16 to 235 of 8-bit video stand for black and white.
    """

    name: str
    bit_depth: int
    group_bytes: int
    pixels: tuple[tuple[_Part, ...], ...]
    limited: bool = False

    def row_bytes(self, width_px: int) -> int:
        """Bytes of one row without padding. Raises: DeviceError when a row ends within a group."""
        if width_px % len(self.pixels):
            raise DeviceError(
                f"with the pixel format {self.name} the width must be a multiple of {len(self.pixels)}, not {width_px}"
            )
        return width_px // len(self.pixels) * self.group_bytes


_BYTE: tuple[tuple[_Part, ...], ...] = (((0, 0, 255, 0),),)
_WORD: tuple[tuple[_Part, ...], ...] = (((0, 0, 255, 0), (1, 0, 255, 8)),)
_TEN_LSB: tuple[tuple[_Part, ...], ...] = (
    ((0, 0, 255, 0), (1, 0, 3, 8)),
    ((1, 2, 63, 0), (2, 0, 15, 6)),
    ((2, 4, 15, 0), (3, 0, 63, 4)),
    ((3, 6, 3, 0), (4, 0, 255, 2)),
)
_TWELVE_LSB: tuple[tuple[_Part, ...], ...] = (((0, 0, 255, 0), (1, 0, 15, 8)), ((1, 4, 15, 0), (2, 0, 255, 4)))
_TEN_MIPI: tuple[tuple[_Part, ...], ...] = tuple(((k, 0, 255, 2), (4, 2 * k, 3, 0)) for k in range(4))
_TWELVE_MIPI: tuple[tuple[_Part, ...], ...] = tuple(((k, 0, 255, 4), (2, 4 * k, 15, 0)) for k in range(2))
_TEN_GIGE: tuple[tuple[_Part, ...], ...] = (((0, 0, 255, 2), (1, 0, 3, 0)), ((2, 0, 255, 2), (1, 4, 3, 0)))
_TWELVE_GIGE: tuple[tuple[_Part, ...], ...] = (((0, 0, 255, 4), (1, 0, 15, 0)), ((2, 0, 255, 4), (1, 4, 15, 0)))

# Kernel documentation, "Luma-Only Formats" and "Packed YUV formats".
V4L2_FORMATS = {
    one.name: one
    for one in (
        PixelFormat("GREY", 8, 1, _BYTE),
        PixelFormat("Y10 ", 10, 2, _WORD),
        PixelFormat("Y12 ", 12, 2, _WORD),
        PixelFormat("Y16 ", 16, 2, _WORD),
        PixelFormat("Y10P", 10, 5, _TEN_MIPI),
        PixelFormat("Y12P", 12, 3, _TWELVE_MIPI),
        PixelFormat("YUYV", 8, 2, _BYTE),
    )
}
# Pixel Format Naming Convention 2.4; the two "Packed" ones are GigE Vision's own.
GENICAM_FORMATS = {
    one.name: one
    for one in (
        PixelFormat("Mono8", 8, 1, _BYTE),
        PixelFormat("Mono10", 10, 2, _WORD),
        PixelFormat("Mono12", 12, 2, _WORD),
        PixelFormat("Mono16", 16, 2, _WORD),
        PixelFormat("Mono10p", 10, 5, _TEN_LSB),
        PixelFormat("Mono12p", 12, 3, _TWELVE_LSB),
        PixelFormat("Mono10Packed", 10, 3, _TEN_GIGE),
        PixelFormat("Mono12Packed", 12, 3, _TWELVE_GIGE),
    )
}
_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * 255.0 / 219.0), 0, 255).astype(np.uint8)


def format_called(name: str, known: dict[str, PixelFormat], place: str) -> PixelFormat:
    """The format of this name. Raises: DeviceError for a raw mosaic, and for what is unknown."""
    found = known.get(name) or known.get(name.ljust(4))
    if found is not None:
        return found
    names = ", ".join(one.strip() for one in known)
    if name.startswith(("Bayer", "RG", "BA", "GB", "GR", "BG", "SRGGB", "SBGGR", "SGRBG", "SGBRG", "pBAA", "pRAA")):
        raise DeviceError(
            f"{name} is a raw colour mosaic, in which edges cannot be measured: use a grey camera ({names})",
            place=place,
        )
    raise DeviceError(f"the pixel format {name!r} is not known; {names} are", place=place)


def grey_of(data: bytes, width_px: int, height_px: int, pixels: PixelFormat, stride: int = 0) -> NDArray[Any]:
    """(height, width) levels, uint8 up to 8 bits, else uint16. `stride`: bytes from row to row (0: rows are tight).

    Raises:
        CaptureError: too few bytes, or levels beyond the bit depth.
    """
    tight = pixels.row_bytes(width_px)
    stride = stride or tight
    if stride < tight or len(data) < stride * (height_px - 1) + tight:
        raise CaptureError(
            f"the camera's buffer holds {len(data)} bytes, too few for {width_px} × {height_px} pixels {pixels.name}"
        )
    raw = np.frombuffer(data, np.uint8, min(len(data), stride * height_px))
    raw = np.pad(raw, (0, stride * height_px - len(raw)))  # the last row may come without its padding
    groups = raw.reshape(height_px, stride)[:, :tight].reshape(height_px, -1, pixels.group_bytes)
    if pixels.bit_depth == 8:
        grey = np.ascontiguousarray(groups[:, :, 0])
        return _FULL_RANGE[grey] if pixels.limited else grey
    levels = np.empty((height_px, groups.shape[1], len(pixels.pixels)), np.uint16)
    for at, parts in enumerate(pixels.pixels):
        levels[:, :, at] = sum(
            ((groups[:, :, byte].astype(np.uint16) >> right) & mask) << left for byte, right, mask, left in parts
        )
    if pixels.bit_depth < 16 and (brightest := int(levels.max())) >= 1 << pixels.bit_depth:
        raise CaptureError(f"a pixel has the level {brightest}, which {pixels.bit_depth} bits cannot hold")
    return levels.reshape(height_px, width_px)


def turned(image: NDArray[Any], mirrored: bool, turned_deg: int) -> NDArray[Any]:
    """The picture as the rig wants it: first mirrored left to right, then turned counter-clockwise by quarters."""
    if mirrored:
        image = image[:, ::-1]
    return np.ascontiguousarray(np.rot90(image, turned_deg // 90))


def turned_size(width_px: int, height_px: int, turned_deg: int) -> tuple[int, int]:
    """(width, height) of the picture as turned, px."""
    return (height_px, width_px) if turned_deg in (90, 270) else (width_px, height_px)


def check_turn(turned_deg: int, place: str) -> None:
    """Raises DeviceError for anything but quarter turns."""
    if turned_deg not in (0, 90, 180, 270):
        raise DeviceError(f"turned_deg must be 0, 90, 180 or 270, not {turned_deg}", place=place)

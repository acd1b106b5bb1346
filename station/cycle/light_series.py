"""The frames of a light series as files: alike, in pairs, and how many bits of them the camera uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.cycle.series import LightFrame, read_frame
from station.errors import CalibrationError, ImageError
from station.metrology.sections import InputFile
from station.vision.nonuniformity import BOX_PX

Frame = NDArray[np.unsignedinteger[Any]]

_LEAST_SIDE = 2 * BOX_PX


@dataclass(frozen=True, slots=True)
class Region:
    """Part of the picture that is looked at: left, top, width, height in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LightSeries:
    """Frames by exposure, bright and dark, of which size and depth; levels are to be divided by 2**`shift`."""

    bright: dict[float, list[LightFrame]]
    dark: dict[float, list[LightFrame]]
    height_px: int
    width_px: int
    bits: int
    shift: int
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]


def look_through(
    frames: Sequence[LightFrame], region: Region | None, bits_asked: int | None, progress: Callable[[str], None]
) -> LightSeries:
    """All frames once.

    Raises:
        ImageError: a frame cannot be read, or is not like the others.
        CalibrationError: a frame without a second one, or a region that is none.
    """
    groups: dict[bool, dict[float, list[LightFrame]]] = {False: {}, True: {}}
    inputs, shape, kind = [], None, None
    used, brightest = 0, 0
    seen: dict[str, str] = {}
    for frame in frames:
        progress(frame.path.name)
        pixels, file = read_pixels(frame)
        if shape is not None and (pixels.shape != shape or pixels.dtype != kind):
            raise ImageError(
                f"this frame has {_said(pixels.shape, pixels.dtype)}, the first one {_said(shape, kind)}: "
                "all frames have to be alike",
                place=frame.place,
            )
        # Frames without any light, or saturated all over, may well be alike.
        if file.sha256 in seen and not frame.dark and pixels.min() < pixels.max():
            raise ImageError(
                f"this frame is the same as {seen[file.sha256]}, pixel by pixel: two frames of a camera never are, "
                "so noise cannot be told",
                place=frame.place,
            )
        seen[file.sha256] = frame.path.name
        shape, kind = pixels.shape, pixels.dtype
        inputs.append(file)
        groups[frame.dark].setdefault(frame.exposure_us, []).append(frame)
        used |= int(np.bitwise_or.reduce(pixels, axis=None))
        brightest = max(brightest, int(pixels.max()))
    if shape is None:
        raise CalibrationError("there are no frames")
    for dark, by_exposure in groups.items():
        for exposure, group in by_exposure.items():
            if len(group) < 2:
                raise CalibrationError(
                    f"there is only one {'dark' if dark else 'bright'} frame of {exposure:g} µs: noise shows in the "
                    "difference of two frames of one exposure, so take pairs",
                    place=group[0].place,
                )
    _check_region(region, shape)
    bits, shift, notes = _depth(used, brightest, kind == np.uint8, bits_asked)
    return LightSeries(groups[False], groups[True], shape[0], shape[1], bits, shift, tuple(inputs), notes)


def read_pixels(frame: LightFrame) -> tuple[Frame, InputFile]:
    """Levels (h, w) of a frame and what a document says of it. Raises: ImageError with the place."""
    picture, file = read_frame(frame.path, frame.place)
    if picture.suffix == ".jpg":
        raise ImageError("JPEG changes the noise that is to be measured: store PNG or TIFF", place=frame.place)
    pixels = picture.pixels
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim != 2:
        raise ImageError(
            "this is a colour picture: take the camera's single raw channel (mono format)", place=frame.place
        )
    return np.asarray(pixels), file


def _depth(used: int, brightest: int, byte: bool, bits: int | None) -> tuple[int, int, tuple[str, ...]]:
    """Bits of the camera, by how many they are shifted up in the file, and what to say about it."""
    shift = (used & -used).bit_length() - 1 if used and not byte else 0
    notes: tuple[str, ...] = ()
    if shift:
        notes = (f"All levels are multiples of {2**shift}: they were divided by it, to be the converter's own.",)
    top = brightest >> shift
    least = 8 if byte else 16 - shift if shift else next(b for b in (8, 10, 12, 14, 16) if top < 2**b)
    if bits is None:
        return least, shift, notes
    if not 6 <= bits <= 16 or top >= 2**bits:
        raise CalibrationError(f"the frames hold levels up to {top}, which {bits} bits cannot")
    return bits, shift, notes


def _check_region(region: Region | None, shape: tuple[int, ...]) -> None:
    whole = Region(0, 0, shape[1], shape[0])
    r = region or whole
    if r.x < 0 or r.y < 0 or r.x + r.width > whole.width or r.y + r.height > whole.height:
        raise CalibrationError(f"the region does not lie within the {whole.width} × {whole.height} pixels")
    if min(r.width, r.height) < _LEAST_SIDE:
        raise CalibrationError(f"at least {_LEAST_SIDE} × {_LEAST_SIDE} pixels are needed, not {r.width} × {r.height}")


def cut(pixels: Frame, region: Region | None) -> Frame:
    """The region of a frame."""
    if region is None:
        return pixels
    return pixels[region.y : region.y + region.height, region.x : region.x + region.width]


def _said(shape: tuple[int, ...], kind: object) -> str:
    return f"{shape[1]} × {shape[0]} pixels of {8 if kind == np.uint8 else 16} bits"

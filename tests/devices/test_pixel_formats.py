"""Bytes to levels, held to packers written from the standards' pictures, and to numpy's own bit packing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from station.devices.pixel_formats import GENICAM_FORMATS, V4L2_FORMATS, check_turn, format_called, grey_of, turned
from station.errors import CaptureError, DeviceError

RNG = np.random.default_rng(3)
WIDTH, HEIGHT = 24, 7


def levels(bits: int) -> Any:
    return RNG.integers(0, 1 << bits, (HEIGHT, WIDTH), dtype=np.uint16)


def lsb_packed(image: Any, bits: int) -> bytes:
    """PFNC "p": the bits of all pixels one after the other, lowest first."""
    each = (image.reshape(-1, 1) >> np.arange(bits)) & 1
    return np.packbits(each.astype(np.uint8).reshape(HEIGHT, -1), axis=1, bitorder="little").tobytes()


def mipi_packed(image: Any, bits: int) -> bytes:
    """CSI-2 RAW10 and RAW12: the high bytes of a group, then a byte of all their low bits, first pixel lowest."""
    low_bits, group = bits - 8, 8 // (bits - 8)
    out = bytearray()
    for pixels in image.reshape(-1, group):
        out += bytes(int(p) >> low_bits for p in pixels)
        out.append(sum((int(p) & ((1 << low_bits) - 1)) << (low_bits * k) for k, p in enumerate(pixels)))
    return bytes(out)


def gige_packed(image: Any, bits: int) -> bytes:
    """GigE Vision's Mono10Packed and Mono12Packed: two pixels in three bytes, low bits of both in the middle one."""
    low = bits - 8
    out = bytearray()
    for a, b in image.reshape(-1, 2).astype(int):
        out += bytes((a >> low, (a & ((1 << low) - 1)) | (b & ((1 << low) - 1)) << 4, b >> low))
    return bytes(out)


@pytest.mark.parametrize(
    ("pixels", "pack"),
    [
        (GENICAM_FORMATS["Mono10p"], lsb_packed),
        (GENICAM_FORMATS["Mono12p"], lsb_packed),
        (V4L2_FORMATS["Y10P"], mipi_packed),
        (V4L2_FORMATS["Y12P"], mipi_packed),
        (GENICAM_FORMATS["Mono10Packed"], gige_packed),
        (GENICAM_FORMATS["Mono12Packed"], gige_packed),
        (GENICAM_FORMATS["Mono10"], lambda image, _: image.astype("<u2").tobytes()),
        (V4L2_FORMATS["Y12 "], lambda image, _: image.astype("<u2").tobytes()),
        (V4L2_FORMATS["Y16 "], lambda image, _: image.astype("<u2").tobytes()),
    ],
)
def test_every_bit_is_where_the_standard_has_it(pixels: Any, pack: Any) -> None:
    image = levels(pixels.bit_depth)
    data = pack(image, pixels.bit_depth)
    assert np.array_equal(grey_of(data, WIDTH, HEIGHT, pixels), image)
    stride = pixels.row_bytes(WIDTH) + 5
    rows = np.frombuffer(data, np.uint8).reshape(HEIGHT, -1)
    padded = np.pad(rows, ((0, 0), (0, 5)), constant_values=255).tobytes()
    assert np.array_equal(grey_of(padded, WIDTH, HEIGHT, pixels, stride), image)
    assert np.array_equal(grey_of(padded[:-5], WIDTH, HEIGHT, pixels, stride), image)  # the last row without padding


def test_eight_bits_and_the_brightness_of_video() -> None:
    image = levels(8).astype(np.uint8)
    assert np.array_equal(grey_of(image.tobytes(), WIDTH, HEIGHT, V4L2_FORMATS["GREY"]), image)
    video = np.full((HEIGHT, WIDTH, 2), 128, np.uint8)
    video[:, :, 0] = image
    assert np.array_equal(grey_of(video.tobytes(), WIDTH, HEIGHT, V4L2_FORMATS["YUYV"]), image)
    video[0, :5, 0] = 0, 16, 126, 235, 255  # ITU-R BT.601: 16 is black, 235 is white
    limited = grey_of(video.tobytes(), WIDTH, HEIGHT, replace(V4L2_FORMATS["YUYV"], limited=True))
    assert limited[0, :5].tolist() == [0, 0, 128, 255, 255]


def test_a_short_buffer_or_levels_that_cannot_be_are_refused() -> None:
    pixels = V4L2_FORMATS["Y10 "]
    data = levels(10).astype("<u2").tobytes()
    with pytest.raises(CaptureError, match="335 bytes, too few for 24 × 7"):
        grey_of(data[:-1], WIDTH, HEIGHT, pixels)
    with pytest.raises(CaptureError, match="1024, which 10 bits cannot hold"):
        grey_of(b"\0\4" + data[2:], WIDTH, HEIGHT, pixels)
    with pytest.raises(DeviceError, match="multiple of 4, not 26"):
        grey_of(data, 26, HEIGHT, GENICAM_FORMATS["Mono10p"])


@pytest.mark.parametrize("name", ["BayerRG8", "RGGB", "BA81", "SRGGB10", "pBAA"])
def test_a_raw_mosaic_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match="raw colour mosaic"):
        format_called(name, V4L2_FORMATS, "camera")


def test_names_are_taken_with_and_without_the_kernels_blanks() -> None:
    assert format_called("Y10", V4L2_FORMATS, "").bit_depth == 10
    with pytest.raises(DeviceError, match="'MJPG' is not known; GREY, Y10"):
        format_called("MJPG", V4L2_FORMATS, "camera")


def test_turning_is_counter_clockwise_after_mirroring() -> None:
    image = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    assert turned(image, False, 90).tolist() == [[3, 6], [2, 5], [1, 4]]
    assert turned(image, True, 0).tolist() == [[3, 2, 1], [6, 5, 4]]
    assert turned(image, True, 90).tolist() == [[1, 4], [2, 5], [3, 6]]
    assert turned(image, False, 180).flags["C_CONTIGUOUS"]
    with pytest.raises(DeviceError, match="not 45"):
        check_turn(45, "camera")

"""Picture files as hostile input: read exactly, or refused with one sentence."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from station.cycle.pictures import encode_picture, read_picture
from station.errors import ImageError

RAMP = ((np.arange(40 * 60).reshape(40, 60) * 7) % 251).astype(np.uint8)
COLOUR = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=2)


KINDS = {
    "grey": RAMP,
    "colour": COLOUR,
    "16 bit": RAMP.astype(np.uint16) * 257,
    "alpha": np.dstack([COLOUR, RAMP]),
}
WRITTEN = [(".png", kind) for kind in KINDS] + [(".tif", kind) for kind in KINDS]
WRITTEN += [(".bmp", "grey"), (".bmp", "colour"), (".pgm", "grey"), (".pgm", "16 bit")]


@pytest.mark.parametrize(("suffix", "kind"), WRITTEN)
def test_lossless_files_are_read_pixel_by_pixel(tmp_path: Path, suffix: str, kind: str) -> None:
    pixels: Any = KINDS[kind]
    path = tmp_path / f"a{suffix}"
    assert cv2.imwrite(str(path), pixels)
    taken = read_picture(path, "ring")
    assert np.array_equal(taken.pixels, pixels)
    assert taken.pixels.dtype == pixels.dtype
    assert (taken.view, taken.width_px, taken.height_px, taken.suffix) == ("ring", 60, 40, suffix)
    assert (taken.data, taken.name) == (path.read_bytes(), path.name)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "CMYK", "L"])
def test_unusual_pictures_have_their_size_and_levels(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode == "CMYK" else "png"
    path = tmp_path / f"a.{suffix}"
    half = np.where(np.arange(60)[None, :] < 30, 0, 255).astype(np.uint8).repeat(40, axis=0)
    Image.fromarray(half).convert(mode).save(path)
    taken = read_picture(path, "front")
    grey = taken.pixels if taken.pixels.ndim == 2 else taken.pixels[..., :3].mean(axis=2)
    assert grey.shape == (40, 60)
    scale = float(np.max(grey)) or 1.0
    assert np.all(grey[:, :28] < 0.1 * scale)
    assert np.all(grey[:, 32:] > 0.9 * scale)


def test_a_picture_that_says_how_to_turn_it_is_measured_as_its_pixels_lie(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RAMP).save(path, exif=exif, quality=95)
    assert read_picture(path, "front").pixels.shape == (40, 60)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pictures_of_other_depths_are_refused(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(RAMP).convert(mode).save(path)
    with pytest.raises(ImageError):
        read_picture(path, "front")


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_other_formats_are_refused_by_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(RAMP).save(path)
    with pytest.raises(ImageError, match="PNG, JPEG, BMP, TIFF or PGM"):
        read_picture(path, "front")


def test_a_png_that_claims_a_size_and_inflates_to_more_is_refused_or_bounded(tmp_path: Path) -> None:
    """A bomb: 60 × 40 in the header, a hundred megabytes behind it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 60, 40, 8, 0, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100_000_000))
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b""))
    refused = _refusal(path)
    assert refused.startswith(str(path)) or read_picture(path, "front").pixels.shape == (40, 60)


def _refusal(path: Path) -> str:
    """The sentence with which a file is refused, empty when it is read."""
    try:
        read_picture(path, "front")
    except ImageError as error:
        return str(error)
    return ""


def _files() -> list[bytes]:
    found = []
    for suffix in (".png", ".jpg", ".bmp", ".tif", ".pgm"):
        done, data = cv2.imencode(suffix, RAMP)
        assert done
        found.append(data.tobytes())
    return found


FILES = _files()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(FILES)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, min(len(raw), 400) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
    path = tmp_path / "a.png"
    path.write_bytes(raw)
    if refused := _refusal(path):
        assert refused.startswith(str(path))
        assert "\n" not in refused
        return
    taken = read_picture(path, "front")
    assert taken.pixels.dtype in (np.uint8, np.uint16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(bytes(raw))) as image:
            assert (image.width, image.height) == (taken.width_px, taken.height_px)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300))
def test_bytes_that_are_no_picture_are_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(raw)
    with pytest.raises(ImageError):
        read_picture(path, "front")


@pytest.mark.parametrize("pixels", [RAMP, RAMP.astype(np.uint16) * 200, COLOUR])
def test_a_frame_is_stored_without_loss(pixels: Any) -> None:
    taken = encode_picture("backlight", pixels, "frame 1")
    assert np.array_equal(cv2.imdecode(np.frombuffer(taken.data, np.uint8), cv2.IMREAD_UNCHANGED), pixels)
    assert (taken.suffix, taken.name, taken.width_px) == (".png", "frame 1", 60)

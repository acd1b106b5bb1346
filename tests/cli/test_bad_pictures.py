"""Pictures that cannot be used: exit 2, one sentence with the file, nothing recorded."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from station.twin.scene import Optics

from .conftest import World
from .small import picture, write_picture


def png_header(width: int, height: int, *, data: bytes = b"\0" * 16) -> bytes:
    """A PNG whose header is valid, CRC and all, whatever it claims."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def _tiff_header(width: int, height: int) -> bytes:
    entries = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 16)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<I", 24) + b"\0" * 16 + struct.pack("<H", len(entries)) + table + b"\0" * 4


def _bytes(good: bytes, kind: str) -> bytes:
    return {
        "zero bytes": b"",
        "truncated": good[: len(good) // 2],
        "truncated by a little": good[:-600],
        "only a header": good[:33],
        "text": b"not a picture at all\n" * 40,
        "60000 x 60000 claimed": png_header(60000, 60000),
        "2 147 483 647 x 2 claimed": png_header(2**31 - 1, 2),
        "zero width": png_header(0, 300),
        "60000 x 60000 tiff": _tiff_header(60000, 60000),
        "40000 x 40000 pgm": b"P5\n40000 40000\n255\n" + b"\0" * 100,
        "30000 x 30000 bmp": b"BM" + struct.pack("<IHHIIiiHH24s", 154, 0, 0, 54, 40, 30000, 30000, 1, 8, b""),
        "a damaged body": good[:200] + bytes(b ^ 0x5A for b in good[200:400]) + good[400:],
        "a gif": b"GIF89a" + struct.pack("<HH", 400, 300) + b"\0" * 60,
    }[kind]  # fmt: skip


KINDS = (
    "zero bytes", "truncated", "truncated by a little", "only a header", "text", "60000 x 60000 claimed",
    "2 147 483 647 x 2 claimed", "zero width", "60000 x 60000 tiff", "40000 x 40000 pgm", "30000 x 30000 bmp",
    "a damaged body", "a gif",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_with_its_place_and_nothing_is_recorded(world: World, kind: str) -> None:
    path = world.folder / "bad.png"
    path.write_bytes(_bytes(world.image.read_bytes(), kind))
    sentence = world.inspect("--json", image=path).sentence
    assert sentence.startswith(f"station: {path}: ")
    assert world.records() == []
    assert not list(world.home.glob("frames/*/*"))


@pytest.mark.parametrize("suffix", ["jpg", "tif", "bmp", "pgm"])
def test_a_file_of_any_format_that_ends_early_is_refused(world: World, suffix: str) -> None:
    path = write_picture(world.folder / f"bad.{suffix}", picture())
    data = path.read_bytes()
    path.write_bytes(data[: int(0.7 * len(data))])
    assert str(path) in world.inspect(image=path).sentence
    assert world.records() == []


def test_one_pixel_is_refused(world: World) -> None:
    path = write_picture(world.folder / "bad.png", np.full((1, 1), 200, np.uint8))
    assert "1 × 1" in world.inspect(image=path).sentence
    assert world.records() == []


def test_another_size_than_the_calibrations_is_refused(world: World) -> None:
    path = write_picture(world.folder / "bad.png", picture(optics=Optics(width_px=420, height_px=300, mm_per_px=0.02)))
    sentence = world.inspect(image=path).sentence
    assert "420 × 300" in sentence
    assert "400 × 300" in sentence
    turned = write_picture(world.folder / "turned.png", np.ascontiguousarray(picture().T))
    assert "300 × 400" in world.inspect(image=turned).sentence
    assert world.records() == []


@pytest.mark.parametrize("what", ["missing", "folder", "device", "below a file"])
def test_what_is_no_file_is_refused(world: World, what: str) -> None:
    path = {
        "missing": world.folder / "none.png",
        "folder": world.folder,
        "device": Path("/dev/zero"),
        "below a file": world.order / "none.png",
    }[what]
    assert str(path) in world.inspect(image=path).sentence
    assert world.records() == []


def test_one_good_and_one_bad_picture_record_nothing(world: World) -> None:
    bad = world.folder / "bad.png"
    bad.write_bytes(b"")
    assert "bad.png" in world.inspect("--image", f"front={bad}").sentence
    assert world.records() == []


def test_the_same_view_twice_is_refused(world: World) -> None:
    assert "twice" in world.inspect("--image", f"backlight={world.image}").sentence
    assert world.records() == []


@pytest.mark.parametrize("text", ["side=part.png", "part.png", "backlight=", "=part.png", "BACKLIGHT=part.png", ""])
def test_a_view_that_is_none_is_refused(world: World, text: str) -> None:
    sentence = world.inspect("--image", text).sentence
    assert "--image" in sentence
    assert "backlight, front, ring, dark" in sentence
    assert world.records() == []

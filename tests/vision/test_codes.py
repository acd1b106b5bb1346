"""Codes in rendered pictures, where the content is known: every angle, poor light, peened dots, and none at all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from station.vision.code_preparations import LEAST_SIDE_PX, MOST_PREPARED_PX, preparations
from station.vision.codes import READABLE, FoundCode, read_codes

from .code_pictures import Look, modules, picture

CONTENT = "MO-2026-000417/A1"
GTIN = "(01)07612345678900(21)A1"


def read(symbology: str, content: str, look: Look, seed: int = 1, *, gs1: bool = False) -> tuple[FoundCode, ...]:
    return read_codes(picture(modules(symbology, content, gs1=gs1), look, np.random.default_rng(seed)), symbology)


def contents(found: tuple[FoundCode, ...]) -> list[str]:
    return [code.content for code in found]


@pytest.mark.parametrize(
    ("symbology", "content"),
    [
        ("datamatrix", CONTENT), ("qr", CONTENT), ("aztec", CONTENT), ("pdf417", CONTENT), ("code128", CONTENT),
        ("code39", "MO-2026-0417"), ("ean13", "4006381333931"), ("itf", "0417202612"), ("codabar", "A0417202612B"),
    ],
)  # fmt: skip
def test_each_symbology_is_read_in_a_plain_picture(symbology: str, content: str) -> None:
    found = read(symbology, content, Look(module_px=4, quiet=12))
    assert contents(found) == [content]
    assert (found[0].symbology, found[0].is_gs1) == (symbology, False)


@pytest.mark.parametrize("angle_deg", range(0, 360, 15))
@pytest.mark.parametrize("symbology", ["datamatrix", "qr"])
def test_codes_lie_as_they_like(symbology: str, angle_deg: int) -> None:
    assert contents(read(symbology, CONTENT, Look(angle_deg=angle_deg))) == [CONTENT]


@pytest.mark.parametrize("angle_deg", [3, 90, 177, 270])
def test_a_linear_code_in_any_of_four_directions(angle_deg: int) -> None:
    assert contents(read("code128", CONTENT, Look(module_px=3, angle_deg=angle_deg, quiet=12))) == [CONTENT]


LOOKS = {
    "inverted": Look(code=0.9, ground=0.1),
    "low contrast": Look(code=0.50, ground=0.58, noise=0.008),
    "low and inverted": Look(code=0.58, ground=0.50, noise=0.008, angle_deg=33),
    "falling light": Look(slope=0.85, angle_deg=20),
    "small modules": Look(module_px=2.2, blur_px=0.4),
    "large modules": Look(module_px=40),
    "no quiet zone": Look(quiet=0, beyond=0.25, module_px=8),
    "no quiet zone, grey": Look(quiet=0, beyond=0.5, module_px=8, angle_deg=30),
    "half a module of it": Look(quiet=0.5, beyond=0.1, module_px=8, angle_deg=30),
    "noise": Look(noise=0.12, module_px=8),
    "streaks": Look(code=0.15, ground=0.6, grain=0.1, module_px=9, angle_deg=50),
}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("symbology", ["datamatrix", "qr"])
def test_codes_in_a_poor_state(symbology: str, name: str) -> None:
    assert contents(read(symbology, CONTENT, LOOKS[name])) == [CONTENT]


def test_a_code_may_end_where_its_picture_does() -> None:
    for symbology in ("datamatrix", "qr"):
        levels = np.where(modules(symbology, CONTENT), 20, 230).astype(np.uint8)
        for side in (4, 20):
            cropped = np.repeat(np.repeat(levels, side, axis=0), side, axis=1)
            assert contents(read_codes(cropped, symbology)) == [CONTENT]


@pytest.mark.parametrize("seed", range(4))
def test_a_stain_is_what_error_correction_is_for(seed: int) -> None:
    for symbology in ("datamatrix", "qr"):
        assert contents(read(symbology, CONTENT, Look(damage=0.04, module_px=8), seed)) == [CONTENT]


PEENED = {
    "dark dots": Look(dots=0.7, jitter=0.03, module_px=12, code=0.15, ground=0.55, angle_deg=12),
    "bright dots": Look(dots=0.7, jitter=0.03, module_px=12, code=0.85, ground=0.35, angle_deg=12),
    "large pitch": Look(dots=0.65, jitter=0.03, module_px=30, code=0.85, ground=0.35, angle_deg=40),
    "small pitch": Look(dots=0.8, jitter=0.03, module_px=6, code=0.1, ground=0.6, angle_deg=75),
    "on ground metal": Look(dots=0.8, jitter=0.03, module_px=12, code=0.1, ground=0.6, grain=0.05),
    "touching": Look(dots=1.0, jitter=0.03, module_px=10, code=0.1, ground=0.6, slope=0.5, angle_deg=110),
}


@pytest.mark.parametrize("name", PEENED)
def test_peened_dots_are_read(name: str) -> None:
    assert contents(read("datamatrix", CONTENT, PEENED[name])) == [CONTENT]


def test_gs1_elements_come_with_their_mark() -> None:
    for symbology in ("datamatrix", "code128"):
        (found,) = read(symbology, GTIN, Look(module_px=4, quiet=12), gs1=True)
        assert (found.content, found.is_gs1) == ("010761234567890021A1", True)
    (found,) = read("datamatrix", "(01)07612345678900(10)LOT1(21)A1", Look(), gs1=True)
    assert found.content == "010761234567890010LOT1\x1d21A1"


@pytest.mark.parametrize("module_px", [2.5, 8.0, 30.0])
def test_corners_are_where_the_code_is(module_px: float) -> None:
    marked = modules("datamatrix", CONTENT)
    (found,) = read("datamatrix", CONTENT, Look(module_px=module_px, angle_deg=30))
    grey = picture(marked, Look(module_px=module_px, angle_deg=30), np.random.default_rng(1))
    middle = (np.array(grey.shape[::-1]) - 1.0) / 2.0
    assert np.abs(found.corners_px.mean(axis=0) - middle).max() < 1.0 * module_px
    sides = np.linalg.norm(found.corners_px - np.roll(found.corners_px, -1, axis=0), axis=1)
    assert sides == pytest.approx(np.full(4, marked.shape[0] * module_px), rel=0.12)
    # Clockwise in the picture, whose y runs down.
    x, y = found.corners_px.T
    assert x @ np.roll(y, -1) - y @ np.roll(x, -1) > 0


def test_all_codes_of_a_picture_are_found() -> None:
    rng = np.random.default_rng(2)
    both = [picture(modules("datamatrix", name), Look(), rng) for name in ("FIRST", "SECOND")]
    wide = max(one.shape[1] for one in both)
    stacked = np.vstack([np.pad(one, ((0, 0), (0, wide - one.shape[1])), mode="edge") for one in both])
    assert contents(read_codes(stacked, "datamatrix")) == ["FIRST", "SECOND"]


def test_another_symbology_is_not_the_one_asked_for() -> None:
    grey = picture(modules("qr", CONTENT), Look(), np.random.default_rng(1))
    assert read_codes(grey, "datamatrix") == ()
    with pytest.raises(ValueError, match="'dotcode'"):
        read_codes(grey, "dotcode")


def without_a_code(kind: str, seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 1.0, (300, 300)).astype(np.float32)
    if kind == "spots":
        noise = cv2.GaussianBlur(noise, (0, 0), 2.0)
    elif kind == "streaks":
        noise = cv2.GaussianBlur(noise, (0, 0), 15.0, sigmaY=0.7)
    elif kind == "squares":
        noise = cv2.resize((rng.random((40, 40)) < 0.5).astype(np.float32), (300, 300), interpolation=cv2.INTER_NEAREST)
    elif kind == "bars":
        row = np.repeat(np.arange(200) % 2, rng.integers(2, 8, 200))[:300].astype(np.float32)
        noise = np.repeat(row[np.newaxis], 300, axis=0)
    return np.clip(128 + 45 * noise / noise.std(), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["spots", "streaks", "squares", "bars"])
def test_nothing_is_read_where_nothing_is(kind: str) -> None:
    for seed in range(2):
        grey = without_a_code(kind, seed)
        for symbology in ("datamatrix", "qr", "code128", "code39", "ean13", "itf"):
            assert read_codes(grey, symbology) == (), (symbology, seed)


@pytest.mark.parametrize("shape", [(1, 1), (7, 400), (8, 8), (40, 3000)])
def test_pictures_too_small_for_a_code(shape: tuple[int, int]) -> None:
    for symbology in READABLE:
        assert read_codes(np.full(shape, 128, np.uint8), symbology) == ()


def test_the_same_picture_gives_the_same_answer() -> None:
    grey = picture(modules("datamatrix", CONTENT), PEENED["bright dots"], np.random.default_rng(3))
    one, other = read_codes(grey, "datamatrix"), read_codes(grey.copy(), "datamatrix")
    assert contents(one) == contents(other) == [CONTENT]
    assert np.array_equal(one[0].corners_px, other[0].corners_px)


def test_what_is_prepared_of_a_large_picture_is_bounded() -> None:
    sizes = [prepared.grey.size for prepared in preparations(np.zeros((3000, 4000), np.uint8))]
    assert sum(sizes) < 40_000_000
    assert sorted(sizes) == sizes
    assert [size for size in sizes if size > MOST_PREPARED_PX] == [12_000_000]
    small = [prepared.grey.shape for prepared in preparations(np.zeros((30, 30), np.uint8))]
    assert min(small) == (30, 30)
    assert LEAST_SIDE_PX > 30

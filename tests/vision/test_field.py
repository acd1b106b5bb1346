"""The first look: levels, polarity, clipping, pieces, and each reason why there is nothing to measure."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from station.vision.field import Field, block_means, decimation_for, look
from station.vision.picture import Picture, picture_from
from station.vision.pieces import choose_piece, pieces_of
from station.vision.refusal import Refusal, Trouble

WIDE, HIGH = 400, 300


def canvas(level: int = 220) -> np.ndarray:
    return np.full((HIGH, WIDE), level, np.uint8)


def disc(pixels: np.ndarray, x: int, y: int, radius: int, level: int = 20) -> np.ndarray:
    cv2.circle(pixels, (x, y), radius, level, -1)
    return pixels


def noisy(pixels: np.ndarray, seed: int = 0, sigma: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0.0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def seen(pixels: np.ndarray, decimation: int = 1) -> Field:
    field = look(picture_from(pixels), decimation)
    assert isinstance(field, Field), field
    return field


def trouble(pixels: np.ndarray, decimation: int = 1) -> Trouble:
    refusal = look(picture_from(pixels), decimation)
    assert isinstance(refusal, Refusal)
    assert refusal.sentence.endswith(".")
    return refusal.trouble


def chosen(pixels: np.ndarray, expected: float | None = None):
    return choose_piece(pieces_of(seen(pixels), 6.0), expected)


@pytest.mark.parametrize("decimation", [1, 2, 4, 8])
def test_levels_and_polarity_of_a_backlit_part(decimation: int) -> None:
    field = seen(noisy(disc(canvas(), 200, 150, 60)), decimation)
    assert field.dark_part
    assert not field.clipped
    assert field.field_level == pytest.approx(220.0, abs=1.0)
    assert field.part_level == pytest.approx(20.0, abs=1.0)
    assert field.threshold == pytest.approx(120.0, abs=1.0)
    assert field.contrast == pytest.approx(200.0, abs=2.0)
    assert field.material.sum() * decimation**2 == pytest.approx(np.pi * 60**2, rel=0.02)


def test_a_front_lit_part_is_bright_on_dark() -> None:
    field = seen(noisy(disc(canvas(20), 200, 150, 60, 200)))
    assert not field.dark_part
    assert (field.field_level, field.part_level) == (pytest.approx(20.0, abs=1.0), pytest.approx(200.0, abs=1.0))
    assert field.material.sum() == pytest.approx(np.pi * 60**2, rel=0.02)


def test_a_large_part_is_still_the_dark_one() -> None:
    pixels = cv2.rectangle(canvas(), (4, 4), (WIDE - 5, HIGH - 5), 20, -1)
    assert seen(pixels).dark_part


@pytest.mark.parametrize(("bits", "kind"), [(8, np.uint8), (10, np.uint16), (12, np.uint16), (16, np.uint16)])
def test_bit_depths_mean_the_same(bits: int, kind: type) -> None:
    full = 2**bits - 1
    pixels = (disc(canvas(), 200, 150, 60).astype(np.float64) / 255.0 * full).astype(kind)
    picture = picture_from(pixels)
    assert picture.full_scale == full
    field = look(picture, 1)
    assert isinstance(field, Field)
    assert field.field_level / full == pytest.approx(220 / 255, abs=0.005)
    assert not field.clipped


def test_colour_and_alpha_are_read_as_grey() -> None:
    grey = disc(canvas(), 200, 150, 60)
    for pixels in (np.dstack([grey] * 3), np.dstack([grey] * 3 + [canvas(255)]), grey[:, :, None]):
        assert np.abs(picture_from(pixels).grey - grey.astype(np.float32)).max() < 0.5
    blue = np.zeros((20, 30, 3), np.uint8)
    blue[:, :, 0] = 255
    assert picture_from(blue).grey[0, 0] == pytest.approx(0.114 * 255, abs=0.6)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4,), np.uint8),
        np.zeros((0, 5), np.uint8),
        np.zeros((4, 4), np.float64),
        np.zeros((4, 4), np.int32),
        np.zeros((2, 4, 4, 3), np.uint8),
    ],
    ids=["two planes", "a row", "empty", "floats", "int32", "a film"],
)
def test_what_is_not_a_picture_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a picture has"):
        picture_from(pixels)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (canvas(3), Trouble.UNDEREXPOSED),
        (noisy(canvas(3)), Trouble.UNDEREXPOSED),
        (disc(canvas(30), 200, 150, 60, 3), Trouble.UNDEREXPOSED),
        (canvas(0), Trouble.UNDEREXPOSED),
        (canvas(220), Trouble.NOTHING),
        (noisy(canvas(220)), Trouble.NOTHING),
        (canvas(255), Trouble.NOTHING),
        (noisy(canvas(128), sigma=10.0), Trouble.NOTHING),
        (disc(canvas(200), 200, 150, 60, 170), Trouble.NOTHING),
        (np.full((6, 6), 200, np.uint8), Trouble.NOTHING),
        (np.full((1, 1), 200, np.uint8), Trouble.NOTHING),
        (np.full((1, 900), 200, np.uint8), Trouble.NOTHING),
    ],
    ids=[
        "dark", "dark and noisy", "dark with a part", "black", "bright", "bright and noisy", "clipped", "grey noise",
        "faint part", "tiny", "one pixel", "one row",
    ],
)  # fmt: skip
def test_pictures_that_tell_nothing(pixels: np.ndarray, reason: Trouble) -> None:
    assert trouble(pixels) is reason


def test_a_uniform_clipped_picture_says_that_it_is_at_the_limit() -> None:
    refusal = look(picture_from(canvas(255)), 1)
    assert isinstance(refusal, Refusal)
    assert "at the camera's limit" in refusal.sentence


def test_a_clipped_backlight_is_seen() -> None:
    assert seen(disc(canvas(255), 200, 150, 60)).clipped
    assert not seen(disc(canvas(250), 200, 150, 60)).clipped
    specular = disc(canvas(250), 200, 150, 60)
    specular[:2, :2] = 255
    assert not seen(specular).clipped
    # A bright part on a dark field may be glossy: its edges are not the backlight's.
    assert not seen(disc(canvas(10), 200, 150, 60, 255)).clipped


def test_a_clipped_corner_of_an_uneven_backlight_is_seen() -> None:
    slope = np.clip(np.tile(np.linspace(180, 300, WIDE), (HIGH, 1)), 0, 255).astype(np.uint8)
    assert seen(disc(slope, 150, 150, 50)).clipped


def test_one_part_is_the_piece() -> None:
    piece = chosen(noisy(disc(canvas(), 180, 140, 50)))
    assert not isinstance(piece, Refusal)
    assert piece.center_px == pytest.approx((180.0, 140.0), abs=0.5)
    assert np.ptp(piece.outer_px, axis=0) == pytest.approx([100.0, 100.0], abs=1.0)
    assert piece.sides == ()
    assert piece.area_px == pytest.approx(np.pi * 50**2, rel=0.04)


@pytest.mark.parametrize("decimation", [1, 2, 4])
def test_a_ring_has_one_opening_at_every_decimation(decimation: int) -> None:
    pixels = disc(disc(canvas(), 200, 150, 80), 210, 150, 40, 220)
    (piece,) = pieces_of(seen(pixels, decimation), 20.0)
    (opening,) = piece.openings_px
    assert opening.mean(axis=0) == pytest.approx([210.0, 150.0], abs=0.7)
    assert piece.center_px == pytest.approx((200.0, 150.0), abs=decimation)


@pytest.mark.parametrize("expected", [None, np.pi * 40**2])
def test_two_parts_are_too_many(expected: float | None) -> None:
    refusal = chosen(disc(disc(canvas(), 110, 150, 40), 290, 150, 40), expected)
    assert isinstance(refusal, Refusal)
    assert refusal.trouble is Trouble.SEVERAL
    assert "2 parts" in refusal.sentence
    assert refusal.where_px is not None
    assert min(abs(refusal.where_px[0] - x) for x in (110, 290)) < 1


@pytest.mark.parametrize(
    ("x", "y", "side"), [(20, 150, "left"), (385, 150, "right"), (200, 10, "top"), (200, 295, "bottom")]
)
@pytest.mark.parametrize("expected", [None, np.pi * 60**2])
def test_a_part_cut_by_a_border_is_refused_with_its_side(x: int, y: int, side: str, expected: float | None) -> None:
    refusal = chosen(disc(canvas(), x, y, 60), expected)
    assert isinstance(refusal, Refusal)
    assert refusal.trouble is Trouble.CUT
    assert f"by the {side} border" in refusal.sentence


def test_a_part_in_a_corner_names_both_sides() -> None:
    refusal = chosen(disc(canvas(), 20, 20, 60))
    assert isinstance(refusal, Refusal)
    assert "left and top border" in refusal.sentence


@pytest.mark.parametrize("expected", [None, np.pi * 60**2])
def test_a_stray_piece_at_the_border_does_not_disturb_a_whole_part(expected: float | None) -> None:
    pixels = cv2.rectangle(disc(canvas(), 200, 150, 60), (0, 0), (25, HIGH), 20, -1)
    piece = chosen(pixels, expected)
    assert not isinstance(piece, Refusal)
    assert piece.center_px == pytest.approx((200.0, 150.0), abs=0.5)


def test_a_speck_does_not_stand_in_for_a_part_that_is_cut() -> None:
    pixels = disc(disc(canvas(), 10, 150, 60), 300, 100, 25)
    refusal = chosen(pixels, np.pi * 60**2)
    assert isinstance(refusal, Refusal)
    assert refusal.trouble is Trouble.CUT


def test_specks_alone_are_no_part() -> None:
    pixels = disc(disc(canvas(), 100, 100, 4), 300, 200, 3)
    refusal = chosen(pixels, np.pi * 60**2)
    assert isinstance(refusal, Refusal)
    assert refusal.trouble is Trouble.NOTHING
    assert "specks" in refusal.sentence
    nothing = choose_piece((), 100.0)
    assert isinstance(nothing, Refusal)
    assert nothing.trouble is Trouble.NOTHING


def test_dust_beside_a_part_does_not_make_it_several() -> None:
    pixels = disc(canvas(), 200, 150, 60)
    for x in range(20, 390, 40):
        disc(pixels, x, 30, 3)
    assert not isinstance(chosen(pixels, np.pi * 60**2), Refusal)


@pytest.mark.parametrize(
    ("width", "height", "part", "expected"),
    [
        (400, 300, None, 1),
        (790, 600, None, 1),
        (810, 600, None, 2),
        (1610, 1200, None, 4),
        (4056, 3040, None, 8),
        (4056, 3040, 350.0, 2),
        (4056, 3040, 190.0, 1),
        (4056, 3040, 3.0, 1),
        (9000, 600, None, 8),
    ],
)
def test_the_decimation_keeps_the_part_large_enough(width: int, height: int, part: float | None, expected: int) -> None:
    picture = Picture(np.zeros((height, width), np.uint8), 255.0)
    assert decimation_for(picture, part) == expected


@pytest.mark.parametrize("side", range(64, 6400, 211))
def test_the_decimated_picture_and_part_keep_their_pixels(side: int) -> None:
    picture = Picture(np.zeros((32, side), np.uint8), 255.0)
    for part in (None, 40.0, 180.0, 777.0, float(side)):
        factor = decimation_for(picture, part)
        assert factor in (1, 2, 4, 8)
        assert factor == 1 or side / factor >= 400.0
        assert factor == 1 or part is None or part / factor >= 100.0
        # No smaller than it has to be: the next power would take too much of one of the two.
        assert factor == 8 or side / factor <= 800.0 or (part is not None and part / factor <= 200.0)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 8])
def test_block_means_are_means_of_whole_blocks(kind: type, k: int) -> None:
    most = 255.0 if kind == np.uint8 else 65535.0
    pixels = np.random.default_rng(k).uniform(0.0, most, (61, 83)).astype(kind)
    pixels[:16, :16] = most
    means = block_means(pixels, k)
    height, width = 61 // k, 83 // k
    assert means.shape == (height, width)
    whole = pixels[: height * k, : width * k].astype(np.float64)
    expected = whole.reshape(height, k, width, k).mean(axis=(1, 3))
    assert means == pytest.approx(expected, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize(("part", "field"), [(1.0, 3.0), (2.0, 2.0), (4.0, 0.5)])
@pytest.mark.parametrize("bits", [8, 12])
def test_the_noise_of_both_levels_is_told(part: float, field: float, bits: int) -> None:
    clean = disc(canvas(), 200, 150, 90).astype(np.float64)
    sigma = np.where(clean < 100, part, field)
    pixels = clean + sigma * np.random.default_rng(2).standard_normal(clean.shape)
    unit = 1 if bits == 8 else 16
    found = seen(np.rint(pixels * unit).astype(np.uint8 if bits == 8 else np.uint16))
    rounding = 1.0 / 12.0
    assert found.part_noise == pytest.approx((part * unit) ** 2 + rounding, rel=0.15)
    assert found.field_noise == pytest.approx((field * unit) ** 2 + rounding, rel=0.15)


def test_a_speckless_flat_level_has_the_noise_of_rounding_alone() -> None:
    field = seen(disc(canvas(), 200, 150, 60))
    assert field.noise == pytest.approx((1.0 / 12.0, 1.0 / 12.0))

"""Differences on drawn masks whose truth is known: kinds, places, depths and areas, against a brute-force distance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label

from station.vision.compare import Comparison, Difference, DifferenceKind, compare
from station.vision.field import BLOCK_PX, Field, block_sums
from station.vision.ideal import drawn, outlines_px
from station.vision.lamp import EVEN
from station.vision.picture import Picture

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WIDTH, HEIGHT = 220, 180
PART = np.array([[30.3, 30.4], [189.6, 30.4], [189.6, 149.7], [30.3, 149.7]])
BAND, BLUR = 4.0, 1.0
DARK, BRIGHT = 20.0, 220.0
COLUMNS, ROWS = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))


def ring(x: float, y: float, radius: float) -> Floats:
    angle = np.linspace(0.0, 2.0 * math.pi, 121)[:-1]
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])


HOLES = (ring(70.2, 70.7, 15.0), ring(140.4, 100.1, 20.0))


def disc(x: float, y: float, radius: float) -> Mask:
    return np.asarray((COLUMNS - x) ** 2 + (ROWS - y) ** 2 <= radius**2)


def box(left: float, top: float, right: float, bottom: float) -> Mask:
    return np.asarray((left <= COLUMNS) & (right >= COLUMNS) & (top <= ROWS) & (bottom >= ROWS))


IDEAL = box(30.3, 30.4, 189.6, 149.7) & ~disc(70.2, 70.7, 15.0) & ~disc(140.4, 100.1, 20.0)


def field(picture: Picture, dark_part: bool = True) -> Field:
    part, other = (DARK, BRIGHT) if dark_part else (BRIGHT, DARK)
    return Field(
        field_level=other,
        part_level=part,
        threshold=0.5 * (DARK + BRIGHT),
        dark_part=dark_part,
        clipped=False,
        decimation=1,
        material=np.zeros((1, 1), bool),
        lamp=EVEN,
        sums=block_sums(picture.grey, BLOCK_PX),
        part_noise=4.0,
        field_noise=4.0,
    )


def shown(material: Mask, kind: type = np.uint8, dark_part: bool = True) -> Picture:
    return Picture(np.where(material == dark_part, DARK, BRIGHT).astype(kind), 255.0)


def seen(material: Mask, kind: type = np.uint8, dark_part: bool = True) -> Comparison:
    picture = shown(material, kind, dark_part)
    return compare(picture, field(picture, dark_part), (PART,), HOLES, BAND, BLUR)


def only(comparison: Comparison) -> Difference:
    (found,) = comparison.differences
    return found


@pytest.mark.parametrize("dark_part", [True, False])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_a_good_part_has_no_differences(kind: type, dark_part: bool) -> None:
    found = seen(IDEAL, kind, dark_part)
    assert found.differences == ()
    assert found.pieces == 1
    assert found.openings_px == pytest.approx(np.array([[70.2, 70.7], [140.4, 100.1]]), abs=0.5)


@pytest.mark.parametrize("grown_px", [-3, -1, 2, 3])
def test_what_stays_within_the_band_is_no_difference(grown_px: int) -> None:
    depth = distance_transform_edt(IDEAL) - distance_transform_edt(~IDEAL)
    assert seen(depth > -grown_px).differences == ()


@pytest.mark.parametrize("radius", [1.2, 4.0, 9.0])
def test_an_opening_too_many(radius: float) -> None:
    spot = disc(104.0, 60.0, radius)
    comparison = seen(IDEAL & ~spot)
    found = only(comparison)
    assert found.kind is DifferenceKind.EXTRA_OPENING
    assert found.where_px == (104.0, 60.0)
    assert found.area_px == spot.sum()
    assert found.depth_px == pytest.approx(brute_depth(spot), abs=1.0)
    assert len(comparison.openings_px) == 3


@pytest.mark.parametrize(("number", "x", "y", "radius"), [(0, 70.2, 70.7, 15.0), (1, 140.4, 100.1, 20.0)])
def test_a_missing_opening_has_its_number(number: int, x: float, y: float, radius: float) -> None:
    comparison = seen(IDEAL | disc(x, y, radius + 1.0))
    found = only(comparison)
    assert (found.kind, found.opening) == (DifferenceKind.MISSING_OPENING, number)
    assert math.dist(found.where_px, (x, y)) < 1.0
    assert found.depth_px == pytest.approx(radius, abs=1.0)
    assert found.area_px == pytest.approx(math.pi * radius**2, rel=0.01)
    assert len(comparison.openings_px) == 1


def test_a_half_filled_opening_is_material_too_much() -> None:
    found = only(seen(IDEAL | (disc(140.4, 100.1, 21.0) & (COLUMNS < 134))))
    assert found.kind is DifferenceKind.EXTRA_MATERIAL
    assert found.depth_px == pytest.approx(133.5 - 120.4, abs=1.0)


@pytest.mark.parametrize("length", [5, 12])
def test_a_spur_and_a_notch(length: int) -> None:
    spur = box(100, 150, 106, 149 + length)
    found = only(seen(IDEAL | spur))
    assert found.kind is DifferenceKind.EXTRA_MATERIAL
    assert found.depth_px == pytest.approx(length, abs=0.5)
    assert 100 <= found.where_px[0] <= 106
    assert found.where_px[1] == 149 + length
    assert found.area_px == spur.sum()
    notch = box(100, 150 - length, 106, 149)
    found = only(seen(IDEAL & ~notch))
    assert found.kind is DifferenceKind.MISSING_MATERIAL
    assert found.depth_px == pytest.approx(length, abs=0.5)
    assert found.where_px[1] == 150 - length
    assert found.area_px == notch.sum()


def test_a_loose_piece_in_an_opening() -> None:
    comparison = seen(IDEAL | disc(143.0, 98.0, 5.0))
    found = only(comparison)
    assert found.kind is DifferenceKind.LOOSE_PIECE
    assert found.where_px == (143.0, 98.0)
    assert found.area_px == disc(0, 0, 5.0)[:6, :6].sum() * 4 - 4 * 6 + 1
    assert len(comparison.openings_px) == 2


def test_the_drawing_is_material_between_outlines_and_on_islands() -> None:
    outlines = outlines_px((PART, ring(140.4, 100.1, 9.0)[::-1]), (*HOLES, ring(140.4, 100.1, 4.0)))
    ideal = drawn(outlines, (0, 0), WIDTH, HEIGHT)
    island = disc(140.4, 100.1, 9.0) & ~disc(140.4, 100.1, 4.0)
    material, holes = np.zeros(HEIGHT * (WIDTH + 1), int), np.full(HEIGHT * (WIDTH + 1), -1)
    for start, end in zip(ideal.material.start, ideal.material.end, strict=True):
        material[start:end] += 1
    for start, end, opening in zip(ideal.holes.start, ideal.holes.end, ideal.opening, strict=True):
        holes[start:end] = opening
    wrong = (material.reshape(HEIGHT, -1)[:, :-1] > 0) != (IDEAL | island)
    # A chord of the ring lies up to 0.01 px inside its circle.
    assert wrong.sum() <= 2
    assert [holes[70 * (WIDTH + 1) + 70], holes[100 * (WIDTH + 1) + 155], holes[100 * (WIDTH + 1) + 140]] == [0, 1, 2]
    assert [holes[100 * (WIDTH + 1) + 125], holes[100 * (WIDTH + 1) + 147]] == [1, -1]


def test_faint_light_through_solid_material_is_missing_material_only_where_it_is_deep() -> None:
    levels = shown(IDEAL).grey.copy()
    levels[60:63, 100:106] = 90  # below the threshold, above a quarter of the contrast
    levels[31:34, 100:106] = 90  # within the outline's own blur
    picture = Picture(levels, 255.0)
    found = only(compare(picture, field(picture), (PART,), HOLES, BAND, BLUR))
    assert found.kind is DifferenceKind.MISSING_MATERIAL
    assert found.area_px == 18.0
    assert 100 <= found.where_px[0] <= 105
    assert 60 <= found.where_px[1] <= 62


def test_a_part_in_two_pieces_and_specks() -> None:
    comparison = seen((IDEAL & ~box(100, 0, 106, 180)) | disc(10.0, 10.0, 2.0))
    assert comparison.pieces == 2
    assert {d.kind for d in comparison.differences} == {DifferenceKind.MISSING_MATERIAL}


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_a_picture_of_nothing_and_one_full_of_material(kind: type) -> None:
    nothing = seen(np.zeros_like(IDEAL), kind)
    assert [d.kind for d in nothing.differences] == [DifferenceKind.MISSING_MATERIAL]
    assert (len(nothing.openings_px), nothing.pieces) == (0, 0)
    full = seen(np.ones_like(IDEAL), kind)
    kinds = [d.kind for d in full.differences]
    assert kinds.count(DifferenceKind.MISSING_OPENING) == 2
    assert kinds.count(DifferenceKind.EXTRA_MATERIAL) == 1
    assert full.pieces == 0  # it is cut by the border


def test_a_drawing_that_lies_beside_the_picture_shows_nothing() -> None:
    far = (PART + 1000.0,)
    picture = shown(IDEAL)
    assert compare(picture, field(picture), far, (), BAND, BLUR).differences == ()


@pytest.mark.parametrize("shift", [(-45, 0), (0, -40), (60, 0), (0, 60), (-45, 60)])
def test_the_picture_s_border_is_no_outline(shift: tuple[int, int]) -> None:
    moved = np.zeros_like(IDEAL)
    dx, dy = shift
    inside = box(max(dx, 0), max(dy, 0), WIDTH - 1 + min(dx, 0), HEIGHT - 1 + min(dy, 0))
    rows, columns = np.nonzero(inside)
    moved[rows, columns] = IDEAL[rows - dy, columns - dx]
    picture = shown(moved)
    found = compare(picture, field(picture), (PART + shift,), tuple(h + shift for h in HOLES), BAND, BLUR)
    assert found.differences == ()


def brute_depth(region: Mask) -> float:
    """The deepest pixel of a region by the distance to the nearest pixel across the drawing's outline."""
    across = np.maximum(distance_transform_edt(IDEAL), distance_transform_edt(~IDEAL))
    return float(across[region].max())


@pytest.mark.parametrize("seed", range(40))
def test_random_blobs_against_a_brute_force_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    material = IDEAL.copy()
    for _ in range(6):
        spot = disc(rng.uniform(15, WIDTH - 15), rng.uniform(15, HEIGHT - 15), rng.uniform(1.0, 12.0))
        material = material & ~spot if rng.random() < 0.5 else material | spot
    comparison = seen(material)
    numbered, count = label(material, np.ones((3, 3)))
    main = numbered == np.bincount(numbered[IDEAL & material], minlength=count + 1).argmax()
    lights, count = label(~main)
    border = set(np.concatenate([lights[0], lights[-1], lights[:, 0], lights[:, -1]]).tolist())
    openings = [k for k in range(1, count + 1) if k not in border and (lights == k).sum() >= 4]
    assert len(comparison.openings_px) == len(openings)
    alone = [k for k in openings if IDEAL[lights == k].all()]
    wanted = sorted(float((lights == k).sum()) for k in alone if deep_or_large(lights == k))
    found = [d for d in comparison.differences if d.kind is DifferenceKind.EXTRA_OPENING]
    assert sorted(d.area_px for d in found) == wanted
    for kind, region in (
        (DifferenceKind.MISSING_MATERIAL, IDEAL & ~main),
        (DifferenceKind.EXTRA_MATERIAL, main & ~IDEAL),
    ):
        blobs, count = label(region)
        here = [d for d in comparison.differences if d.kind is kind]
        for difference in here:
            column, row = map(round, difference.where_px)
            blob = blobs == blobs[row, column]
            assert blobs[row, column] > 0
            assert difference.depth_px == pytest.approx(brute_depth(blob), abs=1.0)
            # The polygon's pixels and the mask's may differ by one along the outline.
            assert difference.area_px == pytest.approx(blob.sum(), abs=2.0 + 0.02 * blob.sum())
        told = comparison.differences
        for k in range(1, count + 1):
            if brute_depth(blobs == k) > BAND + 1.0 and (blobs == k).sum() >= 4:
                rows, columns = np.nonzero(blobs == k)
                near = [np.hypot(columns - d.where_px[0], rows - d.where_px[1]).min() for d in told]
                # What lies no farther from an opening's middle than that is deep counts as the opening's.
                assert any(gap < max(12.0, d.depth_px + 2.0) for gap, d in zip(near, told, strict=True))


def deep_or_large(opening: Mask) -> bool:
    return bool(brute_depth(opening) > BLUR + 1.0 or opening.sum() > 40)


def test_noise_alone_does_not_crash() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    picture = Picture(noise, 255.0)
    found = compare(picture, field(picture), (PART,), HOLES, BAND, BLUR)
    assert all(np.isfinite([*d.where_px, d.depth_px, d.area_px]).all() for d in found.differences)

"""Levels beside edges: dust, sloping light, no room, short and closed runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from station.vision.field import BLOCK_PX, block_sums
from station.vision.lamp import EVEN, brightness
from station.vision.levels import between, facing, plateaus
from station.vision.pooling import pool
from station.vision.probe import Probes, Run, outlines_of, run_of
from station.vision.seek import Steps
from station.vision.sharing import BLOCK, along_run, blocks_of, in_blocks, shared

from .edges_for_tests import all_of, one_run, pixel_step, polygon_light, spread, straight


def strips(
    pixels: np.ndarray,
    x: float,
    *,
    outward: float = 1.0,
    count: int = 60,
    block: int = 1,
    offset: float = 0.0,
    reach: float = 60.0,
    longest: float = 20.0,
    already: np.ndarray | None = None,
    lamp: np.ndarray = EVEN,
    thorough: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Means and pixel counts beside an upright edge at `x`, rows 10 and on."""
    probes = straight((x - offset, 10.0), (1.0, 0.0), count, along=(0.0, 1.0))
    mean, number = np.full(count, -1.0), np.zeros(count) if already is None else already.copy()
    run, offsets = all_of(probes, np.full(count, reach)), np.full(count, offset)
    own = 220.0 if outward > 0.0 else 20.0
    read(pixels, block, run, int(outward > 0.0), offsets, longest, own, lamp, mean, number, thorough=thorough)
    return mean, number


def read(
    pixels: np.ndarray,
    block: int,
    run: Run,
    side: int,
    offset: np.ndarray,
    longest: float,
    other: float,
    lamp: np.ndarray,
    mean: np.ndarray,
    count: np.ndarray,
    *,
    thorough: bool = False,
) -> None:
    """Off blocks or pixels at least 4 px from edges; nothing spills if the level beyond them is no `other`."""
    if block > 1:
        plateaus(block_sums(pixels, block), block, run, side, offset, BLURRED, longest, thorough, lamp, mean, count)
    else:
        steps = Steps(np.full(len(mean), 20.0), np.full(len(mean), 220.0), True, 1.0, 70.0, 500.0)
        between(pixels, run, side, offset, 6.0, steps, SIGMA, longest, thorough, other, lamp, mean, count)


def level_of(
    mean: np.ndarray, count: np.ndarray, *, variance: float = 1.0, closed: bool = False, lamp: np.ndarray = EVEN
) -> tuple[np.ndarray, float, np.ndarray]:
    """Levels of a run of probes one pixel apart along a row, the pixels per probe, and which are dirty."""
    run = all_of(straight((0.0, 50.0), (0.0, 1.0), len(mean), along=(1.0, 0.0)), closed=closed)
    level, dirty = np.full(len(mean), np.nan), np.zeros(len(mean), np.bool_)
    value, weight = np.empty(blocks_of(len(mean))), np.empty(blocks_of(len(mean)))
    in_blocks(mean, count, variance, LEAST, value, weight, dirty)
    of_level = shared(run, value, weight, 0.0, 0.0, FALLBACK, lamp, level)
    pixels = variance / of_level / len(mean) if weight.any() else 0.0
    return level, float(pixels), dirty


FALLBACK, LEAST = 77.0, 4.0
BLURRED, SIGMA = 4.0, 3.5 / 2.75
STEP = np.where(np.arange(160) < 80, 20, 220)[None, :] * np.ones((120, 1), np.uint8)
STEP = STEP.astype(np.uint8)


@pytest.mark.parametrize("block", [1, BLOCK_PX])
@pytest.mark.parametrize("offset", [-3.0, 0.0, 2.5])
def test_each_side_has_its_level_and_nothing_of_the_edge(block: int, offset: float) -> None:
    for outward, level in ((1.0, 220.0), (-1.0, 20.0)):
        mean, count = strips(STEP, 79.5, outward=outward, block=block, offset=offset)
        assert mean == pytest.approx(np.full(60, level))
        assert (count >= 16.0).all()
        assert (count % block**2 == 0.0).all()


@pytest.mark.parametrize("block", [1, BLOCK_PX])
@pytest.mark.parametrize("angle", [0.0, 25.0, 45.0, 130.0, 290.0])
def test_no_pixel_near_an_edge_or_the_next_one_is_read(block: int, angle: float) -> None:
    """Between two edges `reach` apart only what is flat counts, whatever the direction."""
    normal = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    along = np.array([-normal[1], normal[0]])
    rows, columns = np.mgrid[:200, :200]
    away = (np.dstack([columns, rows]) - (100.0, 100.0)) @ normal
    # The nearest pixel is read, or the block around it: a corner of the first may lie two pixels nearer to the edge.
    nearer = 0.75 if block == 1 else 2.25
    flat = np.where((away > BLURRED - nearer) & (away < 30.0 - BLURRED + nearer), 200.0, 0.0).astype(np.float32)
    probes = straight(np.array([100.0, 100.0]) - 20.0 * along, normal, 40, along=along)
    mean, count = np.zeros(40), np.zeros(40)
    read(flat, block, all_of(probes, np.full(40, 30.0)), 1, np.zeros(40), 50.0, 200.0, EVEN, mean, count)
    assert (count > 0.0).all()
    assert mean == pytest.approx(np.full(40, 200.0))


@pytest.mark.parametrize("block", [1, BLOCK_PX])
def test_a_strip_does_not_run_along_an_edge_beside_it(block: int) -> None:
    """The bottom of a groove: straight on there is room, but its sides are as near as the free disc says."""
    wide = 29.0
    rows, columns = np.mgrid[:160, :160]
    groove = np.where((np.abs(rows - 80.0) < wide / 2) & (columns > 40), 200.0, 0.0).astype(np.float32)
    y = 80.0 + np.arange(-11.0, 12.0)
    probes = straight((40.0, float(y[0])), (1.0, 0.0), len(y), along=(0.0, 1.0), reach_out=100.0)
    probes = replace(probes, free_out_px=wide - 2.0 * np.abs(y - 80.0))
    mean, count = np.zeros(len(y)), np.zeros(len(y))
    read(groove, block, all_of(probes), 1, np.zeros(len(y)), 50.0, 200.0, EVEN, mean, count)
    seen = count > 0.0
    assert np.array_equal(seen, probes.free_out_px > 2.0 * (BLURRED + (0.0 if block == 1 else 0.71 * block)))
    assert mean[seen] == pytest.approx(np.full(seen.sum(), 200.0))


@pytest.mark.parametrize("degrees", [5.0, 30.0, 60.0, 85.0])
def test_reach_and_free_disc_tell_how_the_next_edge_leans(degrees: float) -> None:
    alpha = np.radians(degrees)
    for away in (3.0, 17.0):
        assert facing(2.0 * away * np.tan(alpha / 2.0), away * np.tan(alpha)) == pytest.approx(np.cos(alpha))
    assert facing(8.0, 8.0) == 1.0


def test_where_there_is_no_room_or_no_picture_nothing_is_read() -> None:
    for block, reach in ((1, 3.0 * SIGMA - 0.1), (BLOCK_PX, 13.0)):
        _, count = strips(STEP, 79.5, block=block, reach=reach)
        assert not count.any()
    for place in (-50.0, 170.0, np.nan, np.inf):
        assert not strips(STEP, place)[1].any()
    # 6 pixels before the border.
    mean, count = strips(STEP, 149.5)
    assert count == pytest.approx(np.full(60, 6.0), abs=1.0)
    assert mean == pytest.approx(np.full(60, 220.0))


def test_probes_without_an_edge_or_with_a_level_already_are_passed_over() -> None:
    already = np.where(np.arange(60) % 2 == 0, 5.0, 0.0)
    mean, count = strips(STEP, 79.5, already=already)
    assert (mean[::2] == -1.0).all()
    assert (count[::2] == 5.0).all()
    assert mean[1::2] == pytest.approx(np.full(30, 220.0))
    mean, count = strips(STEP, 79.5, offset=np.nan)
    assert (mean == -1.0).all()
    assert not count.any()


def test_the_strip_is_as_long_as_it_may_be() -> None:
    for longest in (3.0, 10.0, 25.0):
        _, count = strips(STEP, 79.5, longest=longest)
        assert count == pytest.approx(np.full(60, longest), abs=1.0)


@pytest.mark.parametrize("count", [1, 2, 5, 15, 16, 17, 31, 32, 33, 200])
@pytest.mark.parametrize("closed", [False, True])
def test_a_constant_level_is_the_mean_of_the_run(count: int, closed: bool) -> None:
    rng = np.random.default_rng(count)
    mean = 200.0 + rng.standard_normal(count) / np.sqrt(20.0)
    level, pixels, _ = level_of(mean, np.full(count, 20.0), closed=closed)
    assert np.ptp(level) == 0.0
    assert level[0] == pytest.approx(mean.mean(), abs=3.5 / np.sqrt(20.0 * count))
    # A quarter of the means is left out on each side: their number is that much less worth.
    assert pixels == pytest.approx(20.0 / 1.19)


def test_the_level_is_as_certain_as_it_says() -> None:
    rng = np.random.default_rng(6)
    found = []
    for _ in range(1000):
        level, pixels, _ = level_of(
            200.0 + rng.standard_normal(96) * np.sqrt(5.0 / 20.0), np.full(96, 20.0), variance=5.0
        )
        found.append(level.mean())
    assert np.std(found) == pytest.approx(np.sqrt(5.0 / (pixels * 96)), rel=0.1)
    assert np.mean(found) == pytest.approx(200.0, abs=0.01)


@pytest.mark.parametrize("dust", [-180.0, 60.0])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_speck_on_a_plateau_drops_out(dust: float, length: int) -> None:
    mean = np.full(160, 200.0)
    mean[70 : 70 + length] += dust
    level, _, dirty = level_of(mean, np.full(160, 20.0))
    assert level == pytest.approx(np.full(160, 200.0), abs=1e-9)
    assert not dirty.any()


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("begin", [0, 48, 112])
def test_where_dirt_lies_the_level_is_that_of_the_others_and_the_probes_are_marked(begin: int, closed: bool) -> None:
    mean = np.full(160, 200.0)
    mean[begin : begin + 32] -= 50.0
    level, _, dirty = level_of(mean, np.full(160, 20.0), closed=closed)
    assert level == pytest.approx(np.full(160, 200.0), abs=1e-9)
    assert np.array_equal(np.flatnonzero(dirty), np.arange(begin, begin + 32))
    # What differs by less than dirt does is followed.
    mean = np.where(mean < 200.0, 200.0 - 0.8 * LEAST, mean)
    level, _, dirty = level_of(mean, np.full(160, 100.0), closed=closed)
    assert not dirty.any()
    assert level[begin + 16] < 199.0


def test_where_the_light_itself_varies_nothing_is_dirty() -> None:
    long = np.full(480, 200.0)
    long[100:300] -= 50.0
    short = np.full(64, 200.0)
    short[:16] -= 50.0
    for mean in (long, short, 200.0 + 0.5 * np.arange(320)):
        assert not level_of(mean, np.full(len(mean), 20.0))[2].any()


@pytest.mark.parametrize("closed", [False, True])
def test_sloping_light_is_followed(closed: bool) -> None:
    rng = np.random.default_rng(7)
    place = np.arange(400)
    truth = 200.0 + (8.0 * np.sin(2 * np.pi * place / 400) if closed else 0.04 * (place - 200.0))
    level, _, _ = level_of(truth + 0.1 * rng.standard_normal(400), np.full(400, 100.0), closed=closed)
    # At the ends of an open run there is half a neighbourhood only.
    inner = slice(None) if closed else slice(24, -24)
    assert level[inner] == pytest.approx(truth[inner], abs=0.5)
    assert level == pytest.approx(truth, abs=1.0)
    assert np.abs(level - truth).mean() < 0.2


def test_a_closed_run_wraps_and_an_open_one_does_not() -> None:
    value = np.array([10.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    weight = np.full(6, 100.0)
    smooth = {}
    for closed in (False, True):
        out = np.full(96, np.nan)
        along_run(value, weight, 1, 0.0, 0.0, 0.0, closed, out)
        smooth[closed] = out
    assert smooth[True][88] == pytest.approx(smooth[True][23], rel=0.1)
    assert smooth[True][-1] == pytest.approx(smooth[True][16], abs=0.4)
    assert smooth[True][0] == pytest.approx(smooth[True][15], abs=0.1)
    assert not smooth[False][60:].any()
    # Starting the run elsewhere turns the levels with it.
    turned = np.empty(96)
    along_run(np.roll(value, 2), weight, 1, 0.0, 0.0, 0.0, True, turned)
    assert np.roll(smooth[True], 32) == pytest.approx(turned)


def test_the_fallback_is_taken_where_nothing_is_known() -> None:
    level, pixels, _ = level_of(np.zeros(50), np.zeros(50))
    assert (level == 77.0).all()
    assert pixels == 0.0
    count = np.zeros(50)
    count[20:30] = 20.0
    level, _, _ = level_of(np.where(count > 0.0, 200.0, np.nan), count)
    assert level == pytest.approx(np.full(50, 200.0))


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, 2 * BLOCK - 1, 5 * BLOCK + 3])
def test_blocks_cover_every_probe_once(count: int) -> None:
    """One probe's mean changed moves the level: none is left out (all are equal but for noise far below the change)."""
    for k in range(count):
        number = np.zeros(count)
        number[k] = 20.0
        level, _, _ = level_of(np.where(number > 0.0, 123.0, 0.0), number)
        assert (level == 123.0).all()


def test_a_level_is_read_where_it_is_and_told_where_the_edge_is() -> None:
    """Light that falls off across the edge: the strip lies in brighter light than the edge."""
    lamp = np.array([0.9, 0.5, -0.1, -0.8, 0.3, 0.2, 0.0, 0.0, 1e-3, 1e-3])
    rows, columns = np.mgrid[:120, :160]
    light = np.vectorize(lambda x, y: brightness(lamp, x, y))(columns.astype(float), rows.astype(float))
    picture = (200.0 * light).astype(np.float32)
    for block, allowed in ((1, 0.05), (BLOCK_PX, 0.2)):
        mean, count = strips(picture, 79.5, block=block, lamp=lamp)
        assert (count > 0.0).all()
        # The level is that of the nearest pixel or block, the light that where the strip crosses it.
        assert mean == pytest.approx(np.full(60, 200.0), abs=allowed)
    level, _, _ = level_of(np.full(100, 200.0), np.full(100, 20.0), lamp=lamp)
    truth = [200.0 * brightness(lamp, float(x), 50.0) for x in range(100)]
    assert level == pytest.approx(np.array(truth))
    level, _, _ = level_of(np.zeros(100), np.zeros(100), lamp=lamp)
    assert level == pytest.approx(np.array(truth) * FALLBACK / 200.0)


def test_the_lamp_is_a_polynomial_of_second_order_about_a_middle() -> None:
    lamp = np.array([1.0, 0.1, -0.2, 0.03, 0.04, -0.05, 200.0, 150.0, 1 / 400, 1 / 300])
    for x, y in ((0.0, 0.0), (1000.0, 0.0), (-500.0, 2000.0), (4055.0, 3039.0)):
        a, b = (x - 200.0) / 400, (y - 150.0) / 300
        expected = 1.0 + 0.1 * a - 0.2 * b + 0.03 * a * a + 0.04 * a * b - 0.05 * b * b
        assert brightness(lamp, x, y) == pytest.approx(expected)
    assert brightness(EVEN, 123.0, 45.0) == 1.0


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("psf", [0.7, 1.0, 1.4])
def test_between_two_edges_the_middle_tells_the_level_less_what_both_let_in(psf: float, phase: float) -> None:
    """A slot of field in material too narrow for flat pixels."""
    x, wide = np.arange(160.0)[None, :] * np.ones((120, 1)), 3.4 * psf + 0.6
    light = pixel_step(x, 60.0 + phase, psf) - pixel_step(x, 60.0 + phase + wide, psf)
    pixels = np.ascontiguousarray(20.0 + 190.0 * light, dtype=np.float32)
    probes = straight((60.0 + phase - 0.4, 10.0), (1.0, 0.0), 60, along=(0.0, 1.0))
    mean, count, offset = np.zeros(60), np.zeros(60), np.full(60, 0.4)
    count[:7] = 3.0
    reach = np.full(60, wide + 0.4)
    steps = Steps(np.full(60, 20.0), np.full(60, 210.0), True, spread(psf), 70.0, 500.0)
    between(pixels, all_of(probes, reach), 1, offset, 6.0, steps, spread(psf), 20.0, False, 20.0, EVEN, mean, count)
    assert mean[7:] == pytest.approx(np.full(53, 210.0), abs=5.0)
    assert (count[7:] == 1.0).all()
    # Known levels stay, and a slot with next to nothing of its own level is left alone.
    assert not mean[:7].any()
    for room in (1.0, 2.5 * spread(psf)):
        mean, count = np.zeros(60), np.zeros(60)
        reach = np.full(60, room + 0.4)
        between(pixels, all_of(probes, reach), 1, offset, 6.0, steps, spread(psf), 20.0, False, 20.0, EVEN, mean, count)
        assert not count.any()


@pytest.mark.parametrize("psf", [0.7, 1.0, 1.5])
@pytest.mark.parametrize("radius", [8.0, 12.0, 16.0])
def test_a_small_disc_is_read_whole_less_what_spills_into_it(radius: float, psf: float) -> None:
    """From 2.75 sigmas and half a pixel inside its edge on, each pixel about once, whatever lies beyond its centre."""
    count, center = int(2.0 * np.pi * radius) | 1, np.array([40.3, 39.8])
    angle = (np.arange(count) + 0.5) / count * 2.0 * np.pi
    normals = np.column_stack([np.cos(angle), np.sin(angle)])
    turn = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
    light = polygon_light(center + radius * np.column_stack([np.cos(turn), np.sin(turn)]), 80, 80, psf)
    pixels = np.ascontiguousarray(20.0 + 200.0 * light, dtype=np.float32)
    runs, closed = one_run(count, closed=True)
    # The probes lie a little off, and are read from places that are known to half a pixel.
    points = center + (0.3, -0.4) + radius * normals
    probes = Probes(points, normals, np.full(count, 1.0 / radius), *np.full((4, count), 2.0 * radius), runs, closed)
    offset = np.full(count, np.nan)
    offset[::4] = 0.5
    mean, number = np.zeros(count), np.zeros(count)
    steps = Steps(np.full(count, 20.0), np.full(count, 220.0), True, spread(psf), 70.0, 500.0)
    run = run_of(outlines_of(probes), 0)
    between(pixels, run, 0, offset, 6.0, steps, spread(psf), 40.0, True, 220.0, EVEN, mean, number)
    known = number > 0.0
    assert np.array_equal(known, offset == offset)
    assert (number[known] * mean[known]).sum() / number.sum() == pytest.approx(20.0, abs=0.1)
    whole = np.pi * (radius - 2.75 * spread(psf)) ** 2
    assert number.sum() == pytest.approx(whole, rel=0.15)


def test_a_strip_fans_out_beside_a_small_disc() -> None:
    """Blocks side by side until it is as wide as the probes that are read are apart."""
    radius, count = 15.0, 95
    angle = (np.arange(count) + 0.5) / count * 2.0 * np.pi
    normals = np.column_stack([np.cos(angle), np.sin(angle)])
    runs, closed = one_run(count, closed=True)
    points, curved = (80.0, 80.0) + radius * normals, np.full(count, 1.0 / radius)
    far = np.full(count, 30.0), np.full(count, 60.0)
    probes = Probes(points, normals, curved, *far, *far, runs, closed)
    offset = np.where(np.arange(count) % 4 == 0, 0.0, np.nan)
    pixels, run, seen = np.full((160, 160), 220.0, np.float32), run_of(outlines_of(probes), 0), {}
    for thorough in (False, True):
        mean, number = np.zeros(count), np.zeros(count)
        read(pixels, BLOCK_PX, run, 1, offset, 24.0, 220.0, EVEN, mean, number, thorough=thorough)
        seen[thorough] = number.sum()
        assert mean[number > 0.0] == pytest.approx(220.0)
    first = radius + BLURRED + 0.71 * BLOCK_PX - 2.0
    # All of the ring that seven steps of blocks make.
    assert seen[True] == seen[False] == pytest.approx(np.pi * ((first + 28.0) ** 2 - first**2), rel=0.1)


def test_two_edges_that_lean_to_each_other_have_no_level_in_their_middle() -> None:
    """Of a wedge or a corner the middle lets more in than two edges that face each other would."""
    pixels = np.full((120, 160), 150.0, np.float32)
    for share, read in ((1.0, True), (0.95, True), (0.8, False), (0.2, False)):
        probes = straight((60.0, 10.0), (1.0, 0.0), 60, along=(0.0, 1.0), reach_out=6.0 / share)
        probes = replace(probes, free_out_px=np.full(60, 6.0))
        mean, count = np.zeros(60), np.zeros(60)
        steps = Steps(np.full(60, 20.0), np.full(60, 150.0), True, 1.0, 70.0, 500.0)
        between(pixels, all_of(probes), 1, np.zeros(60), 6.0, steps, 1.0, 40.0, False, 20.0, EVEN, mean, count)
        assert (count > 0.0).all() == read
        assert count.any() == read


def test_a_strip_of_one_pixel_counts_for_as_much_beside_long_ones() -> None:
    """As equals, short strips would bring their noise, and a run's levels would seem to differ from the others'."""
    rng = np.random.default_rng(4)
    count = np.tile([1.0, 1.0, 1.0, 16.0, 16.0], 1)
    blocks = 4000
    found, weight = np.empty(blocks), np.empty(blocks)
    for b in range(blocks):
        means = 200.0 + rng.standard_normal(5) / np.sqrt(count)
        value, sure = np.empty(1), np.empty(1)
        in_blocks(means, count, 1.0, LEAST, value, sure, np.zeros(5, np.bool_))
        found[b], weight[b] = value[0], sure[0]
    assert found.mean() == pytest.approx(200.0, abs=0.02)
    assert found.var() * weight[0] == pytest.approx(1.0, abs=0.15)
    # Equal strips: the mean of the middle half, whatever their length.
    means = np.array([1.0, 50.0, 2.0, 3.0, 4.0, -90.0, 2.5, 3.5])
    for length in (1.0, 16.0):
        in_blocks(means, np.full(8, length), 1.0, LEAST, value, sure, np.zeros(8, np.bool_))
        assert value[0] == pytest.approx(np.sort(means)[2:6].mean())


def pooled(means: np.ndarray, weights: np.ndarray, blocks: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """What the others say of runs with these means and inverse variances, spread over some blocks each."""
    value, weight = np.repeat(means, blocks), np.repeat(weights / blocks, blocks)
    known, sure = np.empty(len(means)), np.empty(len(means))
    places = np.zeros((len(value), 2))
    pool(value, weight, places, np.arange(len(means) + 1) * blocks, known, sure)
    return known, sure


def test_runs_that_agree_know_what_all_know() -> None:
    rng = np.random.default_rng(1)
    weights = rng.uniform(1.0, 9.0, 400)
    known, sure = pooled(200.0 + rng.standard_normal(400) / np.sqrt(weights), weights)
    assert sure == pytest.approx(np.full(400, weights.sum()), rel=0.4)
    assert np.abs(known - 200.0).max() < 4.0 / np.sqrt(weights.sum())


def test_runs_that_differ_are_left_to_themselves() -> None:
    rng = np.random.default_rng(2)
    weights = np.full(300, 100.0)
    known, sure = pooled(200.0 + 2.0 * rng.standard_normal(300), weights)
    # Each is known to 0.1, the others are 2 apart.
    assert sure == pytest.approx(np.full(300, 0.25), rel=0.2)
    assert known == pytest.approx(np.full(300, 200.0), abs=0.5)


def test_a_run_says_nothing_of_itself_and_alone_there_are_no_others() -> None:
    known, sure = pooled(np.array([200.0, 201.0]), np.array([0.1, 0.1]))
    assert known == pytest.approx([201.0, 200.0])
    assert sure == pytest.approx([0.1, 0.1])
    for means, weights in (([200.0], [1.0]), ([200.0, 0.0], [1.0, 0.0]), ([0.0, 0.0], [0.0, 0.0])):
        known, sure = pooled(np.array(means), np.array(weights))
        assert sure[0] == 0.0
    known, sure = pooled(np.array([200.0, 202.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    assert known[2] == pytest.approx(201.0)
    assert sure[2] > 0.0


def test_runs_that_differ_as_a_lamp_falls_off_tell_each_other_what_lies_between() -> None:
    """A hole in the middle that cannot be read is lit as the dome over all the others says, within what they know."""
    rng = np.random.default_rng(3)
    off = []
    for _ in range(300):
        places = rng.uniform(-1.0, 1.0, (40, 2)) * [800.0, 300.0] + [900.0, 400.0]
        places[0] = 900.0, 400.0
        x, y = ((places - [900.0, 400.0]) / [800.0, 300.0]).T
        true = 200.0 * (1.0 - 0.04 * (x * x + y * y) + 0.02 * x)
        weight = np.full(40, 25.0)
        weight[0] = 0.0
        value = true + 0.2 * rng.standard_normal(40)
        known, sure = np.empty(40), np.empty(40)
        pool(value, weight, places, np.arange(41), known, sure)
        off.append(
            [(known[0] - true[0]), (known[0] - true[0]) * np.sqrt(sure[0]), (known[5] - true[5]) * np.sqrt(sure[5])]
        )
    error, own, other = np.array(off).T
    assert np.abs(error).max() < 0.5  # of a dome of 8
    assert own.std() == pytest.approx(1.0, abs=0.2)
    assert other.std() == pytest.approx(1.0, abs=0.2)


def test_what_others_know_counts_where_a_run_is_constant() -> None:
    out = np.empty(64)
    precision = along_run(np.full(4, 200.0), np.full(4, 1.0), 1, 210.0, 12.0, 77.0, False, out)
    assert out == pytest.approx(np.full(64, (4 * 200.0 + 12 * 210.0) / 16.0))
    assert precision == pytest.approx(16.0)
    along_run(np.zeros(4), np.zeros(4), 1, 210.0, 12.0, 77.0, False, out)
    assert out == pytest.approx(np.full(64, 210.0))
    # One that varies is followed as it is.
    precision = along_run(np.array([190.0, 200.0, 210.0, 220.0]), np.full(4, 100.0), 1, 210.0, 1e9, 77.0, False, out)
    assert out[0] < 195.0
    assert precision == pytest.approx(400.0)

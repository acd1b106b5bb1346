"""The sums over pixels against a brute-force assignment: every pixel beside a contour counts once, where it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from station.vision.lanes import SUMS
from station.vision.picture import Picture
from station.vision.probe import Probes
from station.vision.score import score, slopes
from station.vision.step import WINDOW_SIGMAS, step_model
from station.vision.strips import Expected

from .edges_for_tests import CONTRAST, LOW, all_of, around, grey, one_run, round_light, slanting, spread, straight

B, A, Q, S, X, MISFIT, WEIGHT = range(SUMS)
EVEN = (1.0, 1.0)  # every pixel has the weight 1: Σw is their number


def summed(
    picture: Picture,
    probes: Probes,
    sigma: float,
    offset: np.ndarray | None = None,
    slope: np.ndarray | None = None,
    weighed: tuple[float, float] = EVEN,
    again: np.ndarray | None = None,
) -> np.ndarray:
    count = len(probes)
    sums = np.full((count, SUMS), -1.0)
    score(
        picture.grey,
        all_of(probes),
        Expected(
            np.zeros(count) if offset is None else offset,
            np.zeros(count) if slope is None else slope,
            np.full(count, sigma),
            np.full(count, LOW),
            np.full(count, LOW + CONTRAST),
            np.zeros(count),
        ),
        weighed,
        np.ones(count, np.bool_) if again is None else again,
        sums,
    )
    return sums


def pixels_of(side: int) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return np.column_stack([columns.ravel(), rows.ravel()]).astype(float)


def blank(side: int) -> Picture:
    return Picture(np.full((side, side), LOW, np.float32), 255.0)


def owners(probes: Probes, side: int, sigma: float) -> np.ndarray:
    """For each pixel the probe of a straight run whose strip holds it, else −1: by definition, one at a time.

    A strip ends with a row of pixels (the axis nearer the normal), not at a right angle.
    """
    pixels, normal = pixels_of(side), probes.normals[0]
    step = probes.points_px[1] - probes.points_px[0]
    spacing = float(np.hypot(*step))
    number = np.floor((pixels - probes.points_px[0]) @ step / spacing**2 + 0.5).astype(int)
    axis = int(abs(normal[1]) >= abs(normal[0]))
    known = (number >= 0) & (number < len(probes))
    at = probes.points_px[np.clip(number, 0, len(probes) - 1), axis]
    reach = WINDOW_SIGMAS * sigma * abs(normal[axis])
    return np.where(known & (np.abs(pixels[:, axis] - at) <= reach), number, -1)


def line(rng: np.random.Generator, angle: float, side: int, count: int, spacing: float = 1.0) -> Probes:
    """A run through the middle of a picture, but for a random fraction of a pixel."""
    normal, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = 0.5 * side + rng.uniform(-1.0, 1.0, 2)
    return straight(middle - 0.5 * (count - 1) * spacing * along, normal, count, along=along, spacing=spacing)


@pytest.mark.parametrize("seed", range(80))
def test_on_a_straight_line_every_pixel_belongs_to_one_probe(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle = rng.choice([rng.uniform(0.0, 2 * np.pi), 0.25 * np.pi * rng.integers(0, 8)])
    side, count, sigma, spacing = 120, 60, rng.uniform(0.6, 2.0), rng.uniform(0.7, 1.4)
    probes = line(rng, angle, side, count, spacing)
    owner = owners(probes, side, sigma)
    number = summed(blank(side), probes, sigma)[:, WEIGHT]
    owned = np.bincount(owner[owner >= 0], minlength=count)
    wide = spacing / max(abs(probes.normals[0]))
    if wide >= 1.0:
        assert number == pytest.approx(owned, abs=1e-9)
    else:  # Strips that might own no pixel share some with their neighbours: each counts for as much as is its own.
        assert (number > 0).all()
        assert number.sum() == pytest.approx(owned.sum(), rel=0.04)


@pytest.mark.parametrize("angle", [0.0, 0.3, 0.7854, 1.2, 2.5, 4.0, 5.5])
def test_neighbouring_strips_neither_overlap_nor_leave_gaps(angle: float) -> None:
    """One pixel at a time is lit, and one probe sees it: its own."""
    side, sigma = 60, 1.1
    probes = line(np.random.default_rng(1), angle, side, 20)
    dark = summed(blank(side), probes, sigma)[:, MISFIT]
    owner = owners(probes, side, sigma)
    nearby = np.abs(pixels_of(side) - 0.5 * side).max(axis=1) < 13.0
    for k in np.flatnonzero(nearby):
        picture = blank(side)
        picture.grey.flat[k] += 10.0 * CONTRAST
        changed = np.flatnonzero(np.abs(summed(picture, probes, sigma)[:, MISFIT] - dark) > 1.0)
        assert changed.tolist() == ([owner[k]] if owner[k] >= 0 else []), pixels_of(side)[k]


@pytest.mark.parametrize("hole", [False, True])
@pytest.mark.parametrize("radius", [8.0, 15.0, 40.0])
def test_on_a_circle_every_pixel_belongs_to_one_probe(radius: float, hole: bool) -> None:
    rng = np.random.default_rng(int(radius))
    for sigma in (0.7, 1.0, 1.6):
        side = int(2 * radius + 40)
        center = np.array([side / 2, side / 2]) + rng.uniform(-0.5, 0.5, 2)
        probes = around(tuple(center), radius, hole=hole, turned=rng.uniform())
        number = summed(blank(side), probes, sigma)[:, WEIGHT]
        pixels = pixels_of(side)
        outward = (pixels - center) / np.hypot(*(pixels - center).T)[:, None]
        owner = np.argmax(outward @ (-probes.normals if hole else probes.normals).T, axis=1)
        at, normal = probes.points_px[owner], probes.normals[owner]
        upright = np.abs(normal[:, 1]) >= np.abs(normal[:, 0])
        rows = np.where(upright, pixels[:, 1] - at[:, 1], pixels[:, 0] - at[:, 0])
        near = np.hypot(*(pixels - at).T) < WINDOW_SIGMAS * sigma + 2.0
        used = near & (np.abs(rows) <= WINDOW_SIGMAS * sigma * np.abs(normal).max(axis=1))
        expected = np.bincount(owner[used], minlength=len(probes))
        # A strip's sides are straight and its ends are where its middle's are: that costs a pixel here and there.
        assert number.sum() == pytest.approx(expected.sum(), rel=0.015)
        assert np.abs(number - expected).max() <= 1.0
        assert (number != expected).mean() < 0.15


@pytest.mark.parametrize("psf", [0.7, 1.0, 1.5])
@pytest.mark.parametrize("angle", [0.0, 12.0, 45.0, 100.0, 231.0])
def test_the_sums_of_a_run_are_those_of_its_pixels(angle: float, psf: float) -> None:
    """Against the definition in `step.py` over all pixels of the band, for an edge beside the expected place."""
    model = step_model(0.6, 5.4)
    light, probes = slanting(angle, 0.3, psf)
    picture, sigma = grey(light), spread(psf)
    off = 0.2 * sigma
    moved = Probes(
        probes.points_px - off * probes.normals,
        probes.normals,
        probes.curvature_per_px,
        probes.reach_in_px,
        probes.reach_out_px,
        probes.free_in_px,
        probes.free_out_px,
        *one_run(len(probes), closed=False),
    )
    sums = summed(picture, moved, sigma, weighed=model.weighed)[10:-10].sum(axis=0)
    owner = owners(moved, picture.width_px, sigma)
    used = (owner >= 10) & (owner < len(probes) - 10)
    u = ((pixels_of(picture.width_px) - moved.points_px[0]) @ moved.normals[0])[used] / sigma
    level = picture.grey.astype(float).ravel()[used]
    variance = 5.4 / 4 + (5.4 - 5.4 / 4) * norm.cdf(u)
    w, g, r = 0.5 * (5.4 / 4 + 5.4) / variance, norm.pdf(u), (level - LOW) / CONTRAST - norm.cdf(u)
    expected = [-(w * g * r), w * g * g, -(w * g * u * r), w * (g * u) ** 2, w * g * g * u, w * r * r, w]
    scale = np.array([0.2 * sums[A], sums[A], sums[A], sums[S], sums[A], sums[MISFIT], sums[WEIGHT]])
    assert sums / scale == pytest.approx(np.array([e.sum() for e in expected]) / scale, abs=1e-5)
    assert sums[B] / sums[A] == pytest.approx(0.2, abs=0.01)


def test_a_probe_whose_strip_leaves_the_picture_has_no_sums() -> None:
    picture = blank(40)
    sums = summed(picture, straight((3.0, -20.0), (1.0, 0.0), 80, along=(0.0, 1.0)), 1.0)
    assert not sums.any()
    sums = summed(picture, straight((20.0, -20.0), (1.0, 0.0), 80, along=(0.0, 1.0)), 1.0)
    inside = (np.arange(80) - 20.0 >= 4.1) & (np.arange(80) - 20.0 < 35.9)
    assert np.array_equal(sums[:, WEIGHT] > 0.0, inside)
    for nowhere in (np.nan, np.inf, -1e300):
        assert not summed(picture, straight((nowhere, 20.0), (1.0, 0.0), 5, along=(0.0, 1.0)), 1.0).any()


def test_only_marked_probes_are_summed() -> None:
    again = np.arange(40) % 3 == 0
    sums = summed(blank(80), straight((40.0, 20.0), (1.0, 0.0), 40, along=(0.0, 1.0)), 1.0, again=again)
    assert (sums[~again] == -1.0).all()
    assert (sums[again, WEIGHT] > 0.0).all()


@pytest.mark.parametrize("reach", [2.0, 5.0, 7.0])
def test_no_pixel_beyond_half_the_way_to_the_next_edge_counts(reach: float) -> None:
    picture = blank(80)
    probes = straight((40.3, 20.0), (1.0, 0.0), 40, along=(0.0, 1.0), reach_in=reach, reach_out=30.0)
    before = summed(picture, probes, 2.0)
    first = int(np.ceil(40.3 - max(0.5 * reach, 2.0)))
    picture.grey[:, :first] = 99.0
    assert np.array_equal(summed(picture, probes, 2.0), before)
    picture.grey[:, first] = 99.0
    assert (summed(picture, probes, 2.0)[:, MISFIT] != before[:, MISFIT]).all()


@pytest.mark.parametrize("count", [20, 70])
def test_what_the_next_edge_takes_from_a_pixel_is_no_residual(count: int) -> None:
    """A web 5 px wide under a blur of 1.3 px: at its place the edge has no pull and fits, whoever shares its lanes."""
    side, sigma, wide = 90, 1.3, 5.0
    columns = np.arange(side, dtype=float)
    light = norm.cdf((columns - 45.2) / sigma) + norm.cdf((45.2 - wide - columns) / sigma)
    picture = Picture(np.tile(LOW + CONTRAST * light, (side, 1)).astype(np.float32), 255.0)
    probes = straight((45.2, 10.0), (1.0, 0.0), count, along=(0.0, 1.0), reach_in=wide, reach_out=30.0)
    crowded = summed(picture, probes, sigma)
    assert crowded[:, B] / crowded[:, A] == pytest.approx(np.zeros(count), abs=1e-4)
    assert (crowded[:, MISFIT] < 1e-6 * crowded[:, WEIGHT]).all()
    alone = summed(picture, replace(probes, reach_in_px=np.full(count, 30.0)), sigma)
    assert (np.abs(alone[:, B] / alone[:, A]) > 0.004).all()
    # Half of the probes see the web, the others do not: each has its own.
    mixed = replace(probes, reach_in_px=np.where(np.arange(count) < count // 2, wide, 30.0))
    assert summed(picture, mixed, sigma)[: count // 2 - 1] == pytest.approx(crowded[: count // 2 - 1], abs=1e-9)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("closed", [False, True])
def test_slopes_are_those_of_the_offsets(closed: bool, backwards: bool) -> None:
    """Along (−n_y, n_x), whichever way the run goes."""
    count = 64
    if closed:
        probes = around((50.0, 50.0), count / (2 * np.pi), hole=False)
        angle = 2 * np.pi * np.arange(count) / count
        offset, expected = 0.3 * np.cos(angle), -0.3 * np.sin(angle) * 2 * np.pi / count
    else:
        probes = straight((10.0, 20.0), (0.6, 0.8), count)
        offset, expected = 0.02 * np.arange(count), np.full(count, 0.02)
    if backwards:
        probes = replace(probes, points_px=probes.points_px[::-1].copy(), normals=probes.normals[::-1].copy())
        offset, expected = offset[::-1].copy(), expected[::-1]
    slope = np.empty(count)
    slopes(all_of(probes, closed=closed), offset, slope)
    assert slope == pytest.approx(expected, abs=0.001)


def test_a_slope_is_zero_where_a_neighbour_is_missing_or_no_smooth_edge() -> None:
    probes = straight((10.0, 20.0), (0.0, 1.0), 40)
    offset = np.zeros(40)
    offset[10], offset[30] = np.nan, 9.0
    slope = np.empty(40)
    slopes(all_of(probes), offset, slope)
    assert not slope.any()
    for count in (1, 2, 3):
        few = np.full(count, 9.0)
        slopes(all_of(straight((10.0, 20.0), (0.0, 1.0), count), closed=True), np.zeros(count), few)
        assert not few.any()


@pytest.mark.parametrize("hole", [False, True])
def test_a_curved_edge_at_its_place_has_no_pull(hole: bool) -> None:
    """Distances are to the curved contour: the sums of a sharp circle say "in the middle", but for the blur's pull."""
    radius, psf = 20.0, 0.8
    picture = grey(round_light((45.2, 44.9), radius, psf, hole=hole))
    probes = around((45.2, 44.9), radius, hole=hole)
    sums = summed(picture, probes, spread(psf)).sum(axis=0)
    sense = -1.0 if hole else 1.0
    pull = -0.5 * spread(psf) ** 2 / radius * sense
    assert sums[B] / sums[A] * spread(psf) == pytest.approx(pull, abs=0.003)

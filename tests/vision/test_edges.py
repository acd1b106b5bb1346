"""Edges at sub-pixel accuracy against exact profiles, noise against repeats, and what is not an edge."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from station.vision.edges import find_edges
from station.vision.picture import Picture
from station.vision.probe import Edges, Probes

from .edges_for_tests import (
    HIGH,
    LOW,
    PSF,
    around,
    field_of,
    grey,
    one_run,
    pixel_step,
    round_light,
    slanting,
    spread,
    straight,
    upright,
)

ANGLES = [0.0, 3.0, 10.0, 26.6, 45.0, 63.0, 90.0, 117.0, 135.0, 180.0, 200.0, 270.0, 301.0]
PHASES = np.arange(0.0, 1.0, 0.21)
# A pixel is a box and the model a Gaussian of its variance: the sharper the lens, the more a single point shows it.
WORST = {0.7: 0.006, 0.85: 0.005, 1.0: 0.004, 1.25: 0.003, 1.5: 0.003}


def found(picture: Picture, probes: Probes, sigma_px: float, distance_px: float = 10.0) -> Edges:
    edges = find_edges(picture, field_of(picture), probes, sigma_px, distance_px)
    assert edges.found.all()
    assert np.isfinite(edges.offset_px).all()
    assert (edges.u_px > 0.0).all()
    return edges


def shifted(probes: Probes, away: np.ndarray | float) -> Probes:
    """The probes `away` (scalar or (n,)) px farther out, and what they may reach with them."""
    points = probes.points_px + np.reshape(away, (-1, 1)) * probes.normals
    return replace(
        probes,
        points_px=np.ascontiguousarray(points),
        reach_in_px=probes.reach_in_px + away,
        reach_out_px=probes.reach_out_px - away,
        free_in_px=probes.free_in_px + away,
        free_out_px=probes.free_out_px - away,
    )


@pytest.mark.parametrize("psf", PSF)
def test_an_ideal_edge_is_found_where_it_is_at_every_phase_and_angle(psf: float) -> None:
    runs = []
    for angle in ANGLES:
        for through in PHASES:
            light, probes = slanting(angle, through, psf)
            edges = found(grey(light), probes, spread(psf))
            assert np.abs(edges.offset_px).max() < WORST[psf], (angle, through)
            runs.append(edges.offset_px.mean())
    assert np.abs(runs).max() < 0.0005
    assert abs(np.mean(runs)) < 0.0001


@pytest.mark.parametrize("psf", PSF)
def test_noise_moves_no_edge_to_one_side(psf: float) -> None:
    rng = np.random.default_rng(1)
    errors, blurs = [], []
    for angle in rng.uniform(0.0, 360.0, 12):
        light, probes = slanting(angle, rng.uniform(), psf)
        for _ in range(20):
            edges = found(grey(light, rng), probes, spread(psf))
            errors.append(edges.offset_px.mean())
            blurs.append(edges.sigma_px.mean())
    assert abs(np.mean(errors)) < 3.5 * np.std(errors) / np.sqrt(len(errors)) + 0.0002
    assert np.mean(blurs) == pytest.approx(spread(psf), rel=0.003)


@pytest.mark.parametrize("start", [-2.0, -1.0, -0.4, 0.4, 1.0, 2.0])
@pytest.mark.parametrize("psf", [0.7, 1.0, 1.5])
def test_a_start_two_pixels_off_does_not_matter(start: float, psf: float) -> None:
    for angle in ANGLES:
        light, probes = slanting(angle, 0.37, psf)
        edges = found(grey(light), shifted(probes, start), spread(psf))
        assert edges.offset_px.mean() == pytest.approx(-start, abs=0.0005), angle
        assert np.abs(edges.offset_px + start).max() < WORST[psf], angle


@pytest.mark.parametrize("slope", [-0.03, -0.01, 0.005, 0.02])
def test_probes_of_a_part_that_lies_turned_a_little_find_the_edge(slope: float) -> None:
    turn = np.array([[np.cos(slope), -np.sin(slope)], [np.sin(slope), np.cos(slope)]])
    for angle in ANGLES:
        light, probes = slanting(angle, 0.37, 1.0)
        middle, normal = probes.points_px.mean(axis=0), probes.normals[0]
        points = middle + (probes.points_px - middle) @ turn.T
        turned = replace(probes, points_px=points, normals=np.ascontiguousarray(probes.normals @ turn.T))
        truth = -((points - middle) @ normal) / np.cos(slope)
        edges = found(grey(light), turned, spread(1.0))
        assert edges.offset_px.mean() == pytest.approx(truth.mean(), abs=0.0005), angle
        assert edges.offset_px == pytest.approx(truth, abs=0.005), angle


@pytest.mark.parametrize("off", [-0.4, -0.1, 0.1, 0.4])
@pytest.mark.parametrize("psf", PSF)
def test_a_blur_assumed_wrong_moves_nothing(off: float, psf: float) -> None:
    for angle in ANGLES:
        light, probes = slanting(angle, 0.61, psf)
        right = found(grey(light), probes, spread(psf))
        wrong = found(grey(light), probes, spread(psf) * (1.0 + off))
        # Of an error of 40 % up to 4 % may remain, which shows where the contour meets all pixels in few phases.
        allowed = 0.0005 if abs(off) < 0.2 else 0.001
        assert wrong.offset_px.mean() == pytest.approx(right.offset_px.mean(), abs=allowed), angle
        assert np.abs(wrong.offset_px).max() < 0.006, angle
        assert wrong.sigma_px == pytest.approx(right.sigma_px, rel=0.002), angle


@pytest.mark.parametrize("psf", PSF)
def test_the_edge_spread_is_recovered(psf: float) -> None:
    rng = np.random.default_rng(2)
    for angle in ANGLES:
        light, probes = slanting(angle, 0.83, psf)
        assert found(grey(light), probes, 1.0).sigma_px == pytest.approx(spread(psf), rel=0.003)
        noisy = grey(light, rng)
        assert found(noisy, probes, 1.0).sigma_px == pytest.approx(spread(psf), rel=0.02)


@pytest.mark.parametrize("noisy", [False, True])
def test_the_edge_spread_is_recovered_where_it_grows_along_the_contour(noisy: bool) -> None:
    rows = 600
    psf = np.linspace(0.8, 2.0, rows)[:, None]
    light = upright(30.3, psf, (rows, 60))
    rng = np.random.default_rng(3) if noisy else None
    for picture in (grey(light, rng), grey(light.T.copy(), rng)):
        lying = picture.width_px == rows
        place, normal, along = ((10.0, 30.0), (0.0, 1.0), (1.0, 0.0)) if lying else ((30.0, 10.0), (1.0, 0.0), (0, 1.0))
        edges = found(picture, straight(place, normal, rows - 20, along=along), 1.3)
        truth = np.sqrt(psf[10:-10, 0] ** 2 + 1 / 12)
        # Blocks of neighbours share a blur: at the ends it lags behind by half a block.
        assert edges.sigma_px[40:-40] == pytest.approx(truth[40:-40], rel=0.05 if noisy else 0.015)
        assert edges.sigma_px == pytest.approx(truth, rel=0.12 if noisy else 0.1)
        assert edges.offset_px.mean() == pytest.approx(0.3, abs=0.004 if noisy else 0.0005)
        assert np.abs(edges.offset_px - 0.3).max() < (0.12 if noisy else 0.01)


@pytest.mark.parametrize("psf", [0.7, 1.0, 1.5])
@pytest.mark.parametrize("angle", [0.0, 20.0, 45.0, 112.0])
def test_the_stated_uncertainty_is_the_scatter(angle: float, psf: float) -> None:
    rng = np.random.default_rng(4)
    light, probes = slanting(angle, rng.uniform(), psf)
    runs = [found(grey(light, rng), probes, spread(psf)) for _ in range(250)]
    offset, u = np.array([e.offset_px for e in runs]), np.array([e.u_px for e in runs])
    scatter = np.sqrt(offset.var(axis=0, ddof=1).mean())
    assert scatter == pytest.approx(np.sqrt(np.mean(u**2)), rel=0.1)
    # Points are as good as independent: their mean is better by the root of their number.
    of_the_mean = np.sqrt(np.sum(u**2, axis=1).mean()) / len(probes)
    assert offset.mean(axis=1).std(ddof=1) == pytest.approx(of_the_mean, rel=0.15)
    neighbours = ((offset[:, 1:] - offset.mean(0)[1:]) * (offset[:, :-1] - offset.mean(0)[:-1])).mean()
    assert abs(neighbours) < 0.1 * scatter**2


@pytest.mark.parametrize(
    ("radius", "hole"),
    [(12.0, False), (25.0, False), (60.0, False), (60.0, True), (12.0, True), (25.0, True)],
)
def test_the_stated_uncertainty_is_the_scatter_of_a_diameter(radius: float, hole: bool) -> None:
    rng = np.random.default_rng(5)
    center = (radius + 25.3, radius + 24.8)
    light, probes = round_light(center, radius, 1.0, hole=hole), around(center, radius, hole=hole)
    runs = [found(grey(light, rng), probes, spread(1.0)) for _ in range(400 if radius < 30.0 else 200)]
    diameters = [2.0 * edges.offset_px.mean() for edges in runs]
    assert abs(np.mean(diameters)) < 0.001 + 3.5 * np.std(diameters) / np.sqrt(len(runs))
    stated = [2.0 * np.sqrt((edges.u_px**2).sum()) / len(probes) for edges in runs]
    assert np.std(diameters, ddof=1) == pytest.approx(np.mean(stated), rel=0.2)


@pytest.mark.parametrize("hole", [False, True])
@pytest.mark.parametrize("psf", [0.7, 1.0, 1.5])
# A circle smaller than a dozen spreads bends across the window, and its two sides begin to see each other.
@pytest.mark.parametrize(("radius", "allowed"), [(6, 0.025), (8, 0.007), (12, 0.002), (20, 0.001), (60, 0.0005)])
def test_a_disc_and_a_hole_are_as_wide_as_they_are(radius: float, allowed: float, psf: float, hole: bool) -> None:
    rng = np.random.default_rng(int(radius))
    for _ in range(3):
        center = tuple(radius + 25.0 + rng.uniform(-0.5, 0.5, 2))
        picture = grey(round_light(center, radius, psf, hole=hole))
        probes = around(center, radius, hole=hole, turned=rng.uniform())
        edges = found(picture, probes, spread(psf))
        assert abs(2.0 * edges.offset_px.mean()) < allowed
        assert np.hypot(*(edges.offset_px[:, None] * probes.normals).mean(axis=0)) < allowed
        # As wide as it is, though it was expected larger or smaller.
        for away in (-0.8, 0.6):
            moved = around(center, radius + away, hole=hole)
            edges = find_edges(picture, field_of(picture), moved, spread(psf), 10.0)
            # Seen from farther out the strips are narrower than a pixel: here and there one has none.
            assert edges.found.mean() > 0.95
            outward = (-edges.offset_px if hole else edges.offset_px)[edges.found]
            assert abs(2.0 * (outward + away).mean()) < max(1.3 * allowed, 0.001), away


@pytest.mark.parametrize(("psf", "allowed", "worst"), [(0.7, 0.003, 0.004), (0.85, 0.003, 0.012), (1.0, 0.007, 0.03)])
@pytest.mark.parametrize("slope", [0.0, 0.07])
def test_a_bar_of_six_pixels_is_as_wide_as_it_is(psf: float, slope: float, allowed: float, worst: float) -> None:
    """Over all phases; at one alone the level between the edges is known from a pixel whose place is not."""
    rows, wide, x = 240, 6.0, np.arange(60.0)[None, :]
    along = np.array([slope, 1.0]) / np.hypot(1.0, slope)
    normal = np.array([along[1], -along[0]])
    across, tilted = wide * normal[0], psf * np.hypot(1.0, slope)
    errors = []
    for phase in np.arange(0.0, 1.0, 0.125):
        left = 27.0 + phase + slope * (np.arange(rows)[:, None] - 120.0)
        picture = grey(1.0 - pixel_step(x, left, tilted) + pixel_step(x, left + wide, tilted))
        begin = np.array([left[20, 0], 20.0])
        sides = (
            straight(begin + np.array([wide, 0.0]), normal, 200, along=along, reach_in=across, reach_out=20.0),
            straight(begin, -normal, 200, along=along, reach_in=across, reach_out=20.0),
        )
        errors.append(sum(found(picture, probes, spread(psf)).offset_px.mean() for probes in sides))
    assert abs(np.mean(errors)) < allowed
    assert np.abs(errors).max() < worst


def test_a_bright_part_gives_the_same_edges() -> None:
    light, probes = slanting(33.0, 0.4, 1.0)
    dark = grey(light)
    bright = Picture(np.float32(240.0) - dark.grey, 255.0)
    one = found(dark, probes, spread(1.0))
    swapped = replace(field_of(dark), part_level=HIGH, field_level=LOW, dark_part=False)
    swapped = replace(swapped, sums=field_of(bright).sums)
    other = find_edges(bright, swapped, probes, spread(1.0), 10.0)
    assert other.found.all()
    assert other.offset_px == pytest.approx(one.offset_px, abs=1e-6)
    assert other.u_px == pytest.approx(one.u_px, rel=1e-5)


def test_sixteen_bits_give_the_same_edges() -> None:
    light, probes = slanting(33.0, 0.4, 1.0)
    rng = np.random.default_rng(6)
    shallow = grey(light, rng)
    deep = Picture(shallow.grey.astype(np.uint16) * np.uint16(257), 65535.0)
    fine = Picture(shallow.grey.astype(np.float32), 255.0)
    one = found(shallow, probes, spread(1.0))
    other = find_edges(deep, field_of(deep, scale=257.0), probes, spread(1.0), 10.0)
    assert other.offset_px == pytest.approx(one.offset_px, abs=1e-6)
    assert other.u_px == pytest.approx(one.u_px, rel=1e-6)
    assert found(fine, probes, spread(1.0)).offset_px == pytest.approx(one.offset_px, abs=1e-9)


def seen_from(picture: Picture, probes: Probes, how: str) -> tuple[Picture, Probes]:
    """Both mirrored, transposed or shifted by whole pixels."""
    x, y = probes.points_px.T
    nx, ny = probes.normals.T
    pixels = picture.grey
    if how == "transposed":
        pixels, x, y, nx, ny = pixels.T, y, x, ny, nx
    elif how == "left to right":
        pixels, x, nx = pixels[:, ::-1], picture.width_px - 1 - x, -nx
    elif how == "upside down":
        pixels, y, ny = pixels[::-1], picture.height_px - 1 - y, -ny
    else:
        # By whole blocks of the plateaus' means: those would change in the last digits.
        pixels, x, y = np.pad(pixels, ((12, 0), (4, 8)), mode="edge"), x + 4.0, y + 12.0
    moved = replace(probes, points_px=np.column_stack([x, y]), normals=np.column_stack([nx, ny]))
    return Picture(np.ascontiguousarray(pixels), picture.full_scale), moved


@pytest.mark.parametrize("how", ["transposed", "left to right", "upside down", "shifted"])
def test_the_picture_seen_another_way_gives_the_same_edges(how: str) -> None:
    rng = np.random.default_rng(7)
    for angle in (0.0, 17.0, 45.0, 71.3, 123.0, 244.0):
        light, probes = slanting(angle, rng.uniform(), 1.0)
        probes = shifted(probes, 0.7)
        clean, noisy = grey(light), grey(light, rng)
        for picture, allowed in ((clean, 1e-6), (noisy, 0.003)):
            one = found(picture, probes, spread(1.0))
            other = found(*seen_from(picture, probes, how), spread(1.0))
            # With noise the plateaus' blocks, which do not mirror with the picture, average other pixels.
            assert other.offset_px.mean() == pytest.approx(one.offset_px.mean(), abs=allowed), angle
            assert np.median(np.abs(other.offset_px - one.offset_px)) < allowed, angle


def test_the_pixels_chosen_do_not_depend_on_the_direction_of_a_run() -> None:
    rng = np.random.default_rng(8)
    light, probes = slanting(62.0, 0.2, 1.0)
    picture = grey(light, rng)
    backwards = replace(
        probes,
        points_px=np.ascontiguousarray(probes.points_px[::-1]),
        normals=np.ascontiguousarray(probes.normals[::-1]),
    )
    one, other = found(picture, probes, spread(1.0)), found(picture, backwards, spread(1.0))
    # The first look starts at other probes; the last step forgets where it started but for a few thousandths.
    assert other.offset_px[::-1] == pytest.approx(one.offset_px, abs=0.006)
    assert other.offset_px.mean() == pytest.approx(one.offset_px.mean(), abs=0.001)


def joined(*parts: Probes) -> Probes:
    """Several probes' runs in one."""
    firsts = np.cumsum([0] + [len(p) for p in parts])
    return Probes(
        *(
            np.concatenate([getattr(p, name) for p in parts])
            for name in (
                "points_px",
                "normals",
                "curvature_per_px",
                "reach_in_px",
                "reach_out_px",
                "free_in_px",
                "free_out_px",
            )
        ),
        runs=np.concatenate([[0], *(p.runs[1:] + first for p, first in zip(parts, firsts, strict=False))]).astype(
            np.intp
        ),
        closed=np.concatenate([p.closed for p in parts]),
    )


def nothing() -> Probes:
    none = np.zeros(0)
    return Probes(
        np.zeros((0, 2)), np.zeros((0, 2)), none, none, none, none, none, np.zeros(1, np.intp), np.zeros(0, np.bool_)
    )


def test_runs_that_see_nothing_change_nothing_for_others() -> None:
    rng = np.random.default_rng(9)
    light, probes = slanting(62.0, 0.2, 1.0)
    picture = grey(light, rng)
    far = straight((-500.0, 3.0), (1.0, 0.0), 20)
    empty = replace(nothing(), runs=np.zeros(3, np.intp), closed=np.zeros(2, np.bool_))
    alone = found(picture, probes, 1.0)
    together = find_edges(picture, field_of(picture), joined(far, probes, empty), 1.0, 10.0)
    own = slice(20, 20 + len(probes))
    for name in ("offset_px", "u_px", "sigma_px", "found"):
        assert np.array_equal(getattr(together, name)[own], getattr(alone, name)), name
    assert not together.found[:20].any()


def test_a_short_run_knows_the_levels_that_all_know() -> None:
    """Ten probes see few flat pixels, the other runs of the picture many: it scatters less, and says so."""
    rng = np.random.default_rng(4)
    light, probes = slanting(62.0, 0.2, 1.0)
    step = probes.points_px[1] - probes.points_px[0]
    short = straight(probes.points_px[20], probes.normals[0], 10, along=step, reach_in=10.0, reach_out=10.0)
    alone, together = [], []
    for _ in range(200):
        picture = grey(light, rng)
        field = field_of(picture)
        one = find_edges(picture, field, short, spread(1.0), 10.0)
        both = find_edges(picture, field, joined(short, probes), spread(1.0), 10.0)
        alone.append((one.offset_px.mean(), one.u_px.mean() / np.sqrt(10.0)))
        together.append((both.offset_px[:10].mean(), both.u_px[:10].mean() / np.sqrt(10.0)))
    lonely, sociable = np.array(alone), np.array(together)
    assert sociable[:, 0].std() < 0.95 * lonely[:, 0].std()
    # What the middle pixel between two edges says of the level depends on the blur, which U leaves out.
    assert 0.65 < sociable[:, 1].mean() / sociable[:, 0].std() < 1.1


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 15, 16, 17, 31, 33])
@pytest.mark.parametrize("closed", [False, True])
def test_short_runs_find_their_edges(count: int, closed: bool) -> None:
    light, probes = slanting(62.0, 0.2, 1.0)
    runs, rounds = one_run(count, closed=closed)
    few = Probes(
        probes.points_px[:count],
        probes.normals[:count],
        probes.curvature_per_px[:count],
        probes.reach_in_px[:count],
        probes.reach_out_px[:count],
        probes.free_in_px[:count],
        probes.free_out_px[:count],
        runs,
        rounds,
    )
    edges = found(grey(light), shifted(few, 0.5), 1.0)
    assert edges.offset_px == pytest.approx(-0.5, abs=0.006)
    assert found(grey(light, np.random.default_rng(10)), few, 1.0).offset_px == pytest.approx(0.0, abs=0.1)


def test_a_flat_picture_a_faint_step_and_a_step_the_wrong_way_are_no_edges() -> None:
    light, probes = slanting(20.0, 0.2, 1.0)
    clear = grey(light)
    flat = Picture(np.full_like(clear.grey, HIGH), 255.0)
    faint = Picture(clear.grey * np.float32(0.1) + np.float32(110.0), 255.0)
    turned = replace(probes, normals=-probes.normals)
    for picture, which in ((flat, probes), (faint, probes), (clear, turned), (clear, shifted(probes, 14.0))):
        edges = find_edges(picture, field_of(clear), which, 1.0, 10.0)
        assert not edges.found.any()
        assert np.isnan(edges.offset_px).all()
        assert np.isnan(edges.u_px).all()


def test_where_dirt_covers_an_edge_it_is_not_found_and_its_neighbours_are() -> None:
    light, probes = slanting(0.0, 0.2, 1.0)
    picture = grey(light, np.random.default_rng(11))
    picture.grey[75:85, 60:100] = 30
    edges = find_edges(picture, field_of(picture), probes, spread(1.0), 10.0)
    rows = probes.points_px[:, 1]
    covered = (rows > 77) & (rows < 83)
    assert not edges.found[covered].any()
    # Where the levels beside the edge are the dirt's, blocks of neighbours are left out.
    clear = (rows < 50) | (rows > 110)
    assert edges.found[clear].all()
    assert np.abs(edges.offset_px[clear]).max() < 0.1
    assert abs(edges.offset_px[clear].mean()) < 0.01


def test_probes_outside_the_picture_and_none_at_all_find_nothing_and_do_not_fail() -> None:
    picture = grey(upright(40.2))
    far = straight((-500.0, -500.0), (1.0, 0.0), 7)
    for which in (far, replace(far, points_px=far.points_px * -1e7), replace(far, points_px=np.full((7, 2), np.nan))):
        edges = find_edges(picture, field_of(picture), which, 1.0, 10.0)
        assert not edges.found.any()
        assert np.isnan(edges.offset_px).all()
    assert len(find_edges(picture, field_of(picture), nothing(), 1.0, 10.0).offset_px) == 0
    empty = replace(nothing(), runs=np.zeros(2, np.intp), closed=np.zeros(1, np.bool_))
    assert len(find_edges(picture, field_of(picture), empty, 1.0, 10.0).found) == 0


@pytest.mark.parametrize("x", [0.0, 0.4, 1.3, 2.6, 4.0, 75.0, 77.2, 78.7, 79.0])
def test_at_the_border_an_edge_is_right_or_not_found(x: float) -> None:
    picture = grey(upright(x))
    probes = straight((x, -5.0), (1.0, 0.0), 130, along=(0.0, 1.0))
    edges = find_edges(picture, field_of(picture), probes, spread(1.0), 10.0)
    assert np.array_equal(np.isfinite(edges.offset_px), edges.found)
    assert (np.abs(edges.offset_px[edges.found]) < 0.01).all()
    inside = (probes.points_px[:, 1] > 6) & (probes.points_px[:, 1] < 113) & (min(x, 79.0 - x) > 5.0)
    assert edges.found[inside].all()


@pytest.mark.parametrize(
    ("start", "reach_in", "reach_out", "seen"),
    [(36.0, 9.0, 2.9, False), (36.0, 1.0, 9.0, True), (44.0, 2.5, 9.0, False), (44.0, 9.0, 1.0, True)],
)
def test_what_a_probe_may_not_reach_it_does_not_find(
    start: float, reach_in: float, reach_out: float, seen: bool
) -> None:
    """The reach is kept to within a pixel: levels are looked up in whole ones."""
    picture = grey(upright(40.2))
    probes = straight((start, 10.0), (1.0, 0.0), 50, along=(0.0, 1.0), reach_in=reach_in, reach_out=reach_out)
    edges = find_edges(picture, field_of(picture), probes, spread(1.0), 10.0)
    assert edges.found.all() if seen else not edges.found.any()


@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0])
def test_probes_nearer_than_a_pixel_share_what_there_is(angle: float) -> None:
    """A strip without a pixel knows nothing: no number is made up for it, and the others are right."""
    light, probes = slanting(angle, 0.37, 1.0)
    along = probes.points_px[1] - probes.points_px[0]
    for spacing in (0.6, 0.85, 1.2):
        close = straight(probes.points_px[0], probes.normals[0], 80, along=along, spacing=spacing)
        picture = grey(light)
        edges = find_edges(picture, field_of(picture), close, spread(1.0), 10.0)
        assert edges.found.mean() > min(spacing, 1.0) - 0.02
        assert np.abs(edges.offset_px[edges.found]).max() < 0.02
        assert abs(edges.offset_px[edges.found].mean()) < 0.0005
        assert np.isnan(edges.offset_px[~edges.found]).all()


@pytest.mark.parametrize("high", [2.0, -2.0, 5.0])
@pytest.mark.parametrize("at", [17, 26, 33])
def test_a_step_aside_between_two_places_that_are_looked_at_is_found(at: int, high: float) -> None:
    """A bump or a notch 10 px long that begins and ends between them: its edge is where it is, not where theirs are."""
    edge = np.full(120, 60.3)
    edge[at + 10 : at + 20] += high
    edges = find_edges(
        grey(upright(edge[:, None], 1.0, (120, 120))),
        field_of(grey(upright(60.3, 1.0, (120, 120)))),
        straight((60.0, 10.0), (1.0, 0.0), 80, along=(0.0, 1.0)),
        spread(1.0),
        20.0,
    )
    middle = edges.offset_px[at + 3 : at + 7]
    assert middle == pytest.approx(np.full(4, 0.3 + high), abs=0.1)
    assert edges.offset_px[:10] == pytest.approx(np.full(10, 0.3), abs=0.01)


@pytest.mark.parametrize("fall", [-0.003, 0.002])
@pytest.mark.parametrize("off", [0.0, 3.0])
def test_light_that_changes_across_the_edge_moves_nothing(fall: float, off: float) -> None:
    """3 % over 10 px: the step's lit side slopes, and its level at the edge is not that at the drawing's place."""
    at, psf = 60.3, 1.2
    fine = np.arange(-20.0, 140.0, 0.01) + 0.005  # a hundred to a pixel, about its centre
    bell = np.exp(-0.5 * (np.arange(-8.0, 8.0, 0.01) + 0.005) ** 2 / psf**2)
    blurred = np.convolve(np.where(fine > at, 1.0 + fall * (fine - 60.0), 0.0), bell / bell.sum(), "same")
    columns = blurred.reshape(-1, 100).mean(axis=1)  # of pixels whose centres are at −19.5, …
    # The convolution with an even number of places stands half of one aside, as do the pixels half a pixel.
    at += 0.005 - 0.5
    light = np.tile(columns[20:120], (120, 1))
    picture = Picture(np.ascontiguousarray(200.0 * light, dtype=np.float32), 255.0)
    sigma = spread(psf)
    lamp = np.array([1.0, fall, 0.0, 0.0, 0.0, 0.0, 59.5, 0.0, 1.0, 1.0])
    field = replace(field_of(picture, 0.0, 200.0), lamp=lamp)
    probes = straight((at - off, 10.0), (1.0, 0.0), 100, along=(0.0, 1.0))
    edges = find_edges(picture, field, probes, sigma, 10.0)
    assert edges.offset_px == pytest.approx(np.full(100, off), abs=0.004)
    assert edges.offset_px.mean() == pytest.approx(off, abs=0.0005)
    blind = find_edges(picture, field_of(picture, 0.0, 200.0), probes, sigma, 10.0)
    assert abs(blind.offset_px.mean() - off) > 0.0015


def test_pixels_that_noise_does_not_explain_are_told() -> None:
    rng = np.random.default_rng(3)
    light, probes = slanting(20.0, 0.3, 1.0)
    clean = [found(grey(light, rng), probes, spread(1.0)).unexplained[0] for _ in range(30)]
    assert np.mean(clean) < 1.03
    # A chamfer: a quarter of the step stands 3 px aside.
    normal = probes.normals[0]
    aside = np.roll(light, np.rint(3.0 * normal[::-1]).astype(int), axis=(0, 1))
    assert found(grey(0.75 * light + 0.25 * aside, rng), probes, spread(1.0)).unexplained[0] > 2.0
    # Compression, which leaves less noise where the picture is flat than beside the edge.
    done, data = cv2.imencode(".jpg", grey(light, rng).grey, [cv2.IMWRITE_JPEG_QUALITY, 75])
    assert done
    pixels = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    picture = Picture(np.ascontiguousarray(pixels), 255.0)
    field = replace(field_of(picture), part_noise=1.0 / 12.0, field_noise=0.3)
    assert find_edges(picture, field, probes, spread(1.0), 10.0).unexplained[0] > 2.0


def test_beside_dirt_no_edge_is_clear() -> None:
    """A speck's skirts move the edges next to it by hundredths of a pixel: a fit should not hear of them."""
    light, probes = slanting(35.0, 0.1, 1.0)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    x, y = probes.points_px[50]
    dust = 0.7 * np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / 2.0**2)
    edges = find_edges(grey(light * (1.0 - dust)), field_of(grey(light)), probes, spread(1.0), 10.0)
    assert not edges.clear[46:55].any()
    assert edges.clear[:35].all()
    assert edges.clear[65:].all()
    assert np.abs(edges.offset_px[edges.clear]).max() < 0.02

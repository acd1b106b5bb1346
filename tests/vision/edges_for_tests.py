"""Pictures of ideal edges, computed independently of the station, and the probes that look at them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from station.twin.coverage import polygon_coverage
from station.vision.field import BLOCK_PX, Field, block_sums
from station.vision.lamp import EVEN
from station.vision.picture import Picture
from station.vision.probe import Floats, Index, Mask, Probes, Run, outlines_of, run_of

LOW, HIGH = 20.0, 220.0
CONTRAST = HIGH - LOW
FULL_WELL, READ_NOISE = 10_500.0, 2.3  # electrons
PSF = [0.7, 0.85, 1.0, 1.25, 1.5]


def spread(psf: float) -> float:
    """Edge spread: that of the lens and the pixel."""
    return float(np.sqrt(psf**2 + 1 / 12))


def variance(level: float) -> float:
    """Of a pixel of the noisy pictures, levels²."""
    return (level / 255.0 * FULL_WELL + READ_NOISE**2) * (255.0 / FULL_WELL) ** 2 + 1 / 12


def pixel_step(x: np.ndarray, edge: np.ndarray | float, psf: np.ndarray | float) -> np.ndarray:
    """The share of light in pixels at `x` of a field that begins at `edge`, blurred by `psf` and the pixel."""

    def integral(t: np.ndarray) -> np.ndarray:
        return t * ndtr(t) + np.exp(-0.5 * t * t) / np.sqrt(2 * np.pi)

    return np.asarray(psf * (integral((x + 0.5 - edge) / psf) - integral((x - 0.5 - edge) / psf)))


def grey(light: np.ndarray, rng: np.random.Generator | None = None) -> Picture:
    """Levels 20/220 of 255; with `rng` 8 bits with the noise of a full well of 10,500 e- and 2.3 e- of reading."""
    levels = LOW + CONTRAST * light
    if rng is None:
        return Picture(np.ascontiguousarray(levels, dtype=np.float32), 255.0)
    electrons = levels / 255.0 * FULL_WELL
    electrons = electrons + np.sqrt(electrons + READ_NOISE**2) * rng.standard_normal(levels.shape)
    levels = np.clip(np.rint(electrons / FULL_WELL * 255.0), 0, 255)
    return Picture(np.ascontiguousarray(levels, dtype=np.uint8), 255.0)


def field_of(picture: Picture, part: float = LOW, field: float = HIGH, scale: float = 1.0) -> Field:
    """What the first look at such a picture would say; `scale` levels of the picture are one of 8 bits."""
    return Field(
        field_level=field * scale,
        part_level=part * scale,
        threshold=0.5 * (part + field) * scale,
        dark_part=part < field,
        clipped=False,
        decimation=1,
        material=np.zeros((1, 1), bool),
        sums=block_sums(picture.grey, BLOCK_PX),
        lamp=EVEN,
        part_noise=variance(part) * scale**2,
        field_noise=variance(field) * scale**2,
    )


def upright(edge: np.ndarray | float, psf: np.ndarray | float = 1.0, shape: tuple[int, int] = (120, 80)) -> np.ndarray:
    """Light of material on the left, field from `edge` (scalar, or one per row) on; `psf` likewise."""
    rows = np.ones((shape[0], 1))
    return pixel_step(np.arange(shape[1], dtype=float)[None, :], edge * rows, psf * rows)


def polygon_light(corners: np.ndarray, height: int, width: int, psf: float) -> np.ndarray:
    """Light that a polygon of material leaves."""
    x, y = corners[:, 0], corners[:, 1]
    if float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) > 0:
        corners = corners[::-1]
    return 1.0 - np.clip(polygon_coverage([np.ascontiguousarray(corners)], height, width, psf), 0.0, 1.0)


def slanting(angle_deg: float, through: float, psf: float, side: int = 160) -> tuple[np.ndarray, Probes]:
    """Light of material on one side of a straight edge, and probes on the edge, 1 px apart."""
    turn = np.radians(angle_deg)
    normal, along = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    # Not in the middle of pixels: where strips end on pixel centres, rounding decides whose they are.
    middle = np.array([side / 2, side / 2]) + through * normal + 0.1873 * along
    far = 4.0 * side
    ends = np.array([middle + far * along, middle - far * along])
    light = polygon_light(np.vstack([ends, ends[::-1] - far * normal]), side, side, psf)
    count = side - 60
    return light, straight(middle - 0.5 * (count - 1) * along, normal, count, along=along)


def one_run(count: int, *, closed: bool) -> tuple[Index, Mask]:
    """`runs` and `closed` of probes that are all neighbours."""
    return np.array([0, count], dtype=np.intp), np.array([closed])


def straight(
    start: np.ndarray | tuple[float, float],
    normal: np.ndarray | tuple[float, float],
    count: int,
    *,
    along: np.ndarray | tuple[float, float] | None = None,
    spacing: float = 1.0,
    reach_in: float = 60.0,
    reach_out: float = 60.0,
) -> Probes:
    """A run of neighbours on a straight line from `start`, `along` which is square to the normal."""
    normal = np.asarray(normal, dtype=float)
    direction = np.array([-normal[1], normal[0]]) if along is None else np.asarray(along, dtype=float)
    points = np.asarray(start, dtype=float) + spacing * np.arange(count)[:, None] * direction
    run = one_run(count, closed=False)
    normals = np.tile(normal, (count, 1))
    reach = np.full(count, reach_in), np.full(count, reach_out)
    return Probes(points, normals, np.zeros(count), *reach, *reach, *run)


def round_light(
    center: tuple[float, float], radius: float, psf: float, *, hole: bool, side: int | None = None
) -> np.ndarray:
    """Light of a disc of material or, with `hole`, of the material around it."""
    count = max(720, int(60 * radius))
    angle = 2 * np.pi * np.arange(count) / count
    # The polygon has the circle's area: its corners stand as far outside as its sides lie inside.
    outer = radius * np.sqrt(2 * np.pi / count / np.sin(2 * np.pi / count))
    corners = np.asarray(center) + outer * np.column_stack([np.cos(angle), np.sin(angle)])
    side = side if side is not None else int(2 * radius + 50)
    light = polygon_light(corners, side, side, psf)
    return 1.0 - light if hole else light


def around(center: tuple[float, float], radius: float, *, hole: bool, turned: float = 0.0) -> Probes:
    """Probes about 1 px apart on a whole circle, normals out of the material."""
    count = round(2 * np.pi * radius)
    angle = turned + 2 * np.pi * np.arange(count) / count
    outward = np.column_stack([np.cos(angle), np.sin(angle)])
    sense = -1.0 if hole else 1.0
    inside, beside = np.full(count, 2.0 * radius), np.full(count, 60.0)
    reach = (beside, inside) if hole else (inside, beside)
    points = np.ascontiguousarray(np.asarray(center) + radius * outward)
    run = one_run(count, closed=True)
    return Probes(points, np.ascontiguousarray(sense * outward), np.full(count, sense / radius), *reach, *reach, *run)


def all_of(probes: Probes, reach: Floats | None = None, *, closed: bool | None = None) -> Run:
    """All probes as one run; `reach` (n,) px, to both sides, instead of theirs: the next edge faces them."""
    if reach is not None:
        probes = replace(probes, reach_in_px=reach, reach_out_px=reach, free_in_px=reach, free_out_px=reach)
    around = bool(probes.closed[0]) if closed is None else closed
    runs, rounds = one_run(len(probes), closed=around)
    return run_of(outlines_of(replace(probes, runs=runs, closed=rounds)), 0)

"""Teeth of a measured gear: where each flank, tip and root lies, and what ISO 1328-1 makes of it.

Every edge point is compared with the drawn outline, along its normal. A flank's place at a circle is the drawn flank
turned about the centre and leaning (a cycloidal one above and below the pitch circle by itself), fitted within half a
module of that circle: the noise of all those points averages, and form far from the circle does not enter. The centre
is that of the gear's own flanks (least squares) or of a datum circle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import ArcSegment, GearFeature, Segment, ToothForm

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_LEAST_POINTS = 4  # of a flank about the circle at which it is taken
_WINDOW = 0.5  # of the module, to both sides of that circle
_LEAST_LEAN = 0.05  # rad: a flank that its points say nothing of leans by less
_LEAST_NOISE_MM = 1e-6
_STEEP = 0.3  # sine between a flank's normal and the radius, at least
_LEVEL = 0.97  # cosine between a tip's or root's normal and the radius, at least
_SAMPLES = 33  # of a flank about a circle
_FINE = 2048  # of the whole drawn flank
CCW, CW = 0, 1  # the sides of a tooth: counter-clockwise (left with the tooth upwards), clockwise (right)


@dataclass(frozen=True, slots=True)
class Roles:
    """Of each point (n,): its `tooth`, its `side`, whether it is on a `flank`, a `tip` or a `root`; its `radius_mm`
    on the drawing, how far (mm) a turn of one rad moves the edge there along its normal (`lever_mm`), and the cosine
    between normal and radius (`level`)."""

    tooth: Index
    side: Index
    flank: Mask
    tip: Mask
    root: Mask
    radius_mm: Floats
    lever_mm: Floats
    level: Floats


@dataclass(frozen=True, slots=True)
class Flanks:
    """All flanks of a gear about one circle, in the gear's own frame: `points_mm` (z, 2, k, 2) along each of them, the
    standard uncertainty `u_rad` (z, 2) of the angles at which they stand from the noise of points, and how much of it
    (rad/mm) each has from being off by itself."""

    points_mm: Floats
    u_rad: Floats
    edge_rad_per_mm: float


def roles_of(gear: GearFeature, nominal_mm: Floats, normals: Floats) -> Roles:
    """What each point of the drawn outline belongs to."""
    x, y = (nominal_mm - gear.center_mm).T
    radius = np.hypot(x, y)
    level = (x * normals[:, 0] + y * normals[:, 1]) / radius
    lever = x * normals[:, 1] - y * normals[:, 0]
    turn = (np.arctan2(y, x) - math.radians(gear.phase_deg)) * gear.teeth / (2.0 * math.pi)
    foot = math.hypot(*gear.flank[-1].end_mm)
    steep = np.abs(lever) > _STEEP * radius
    flat = level > _LEVEL
    return Roles(
        tooth=np.rint(turn).astype(np.intp) % gear.teeth,
        side=np.where(lever > 0.0, CCW, CW).astype(np.intp),
        flank=steep & (radius >= foot - 1e-9) & (radius <= gear.tip_radius_mm + 1e-9),
        tip=flat & (radius > gear.reference_radius_mm),
        root=flat & (radius < gear.reference_radius_mm),
        radius_mm=radius,
        lever_mm=lever,
        level=level,
    )


def own_frame(
    gear: GearFeature, roles: Roles, points_mm: Floats, nominal_mm: Floats, normals: Floats
) -> tuple[Floats, float]:
    """Where the gear's own centre lies (mm) and how far (rad) it is turned against its drawing, from its flanks.

    Least squares of the deviations; a growth of all flanks is left free, so that thick teeth pull nowhere.

    Raises:
        ValueError: with a sentence, if no flanks were found.
    """
    use = roles.flank
    if np.count_nonzero(use) < 4 * _LEAST_POINTS:
        raise ValueError(f"hardly any flank of {gear.id} was found")
    deviations = np.einsum("ij,ij->i", points_mm[use] - nominal_mm[use], normals[use])
    basis = np.column_stack([normals[use], roles.lever_mm[use], np.ones(len(deviations))])
    shift_x, shift_y, turn, _ = np.linalg.lstsq(basis, deviations, rcond=None)[0]
    return np.array([shift_x, shift_y]) + gear.center_mm, float(turn)


def to_own(points_mm: Floats, center_mm: Floats, turn_rad: float) -> Floats:
    """Points (n, 2) in the frame of the gear: its centre at (0, 0), turned onto its drawing."""
    c, s = math.cos(turn_rad), math.sin(turn_rad)
    return np.asarray((points_mm - center_mm) @ np.array([[c, -s], [s, c]]))


class DrawnFlank:
    """The drawn flank of a tooth along +x on its counter-clockwise side: points and normals by radius."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        share = np.array([segment.length_mm for segment in segments])
        counts = np.maximum(np.ceil(_FINE * share / share.sum()).astype(int), 2)
        pieces = [_sampled(segment, count) for segment, count in zip(segments, counts.tolist(), strict=True)]
        points, normals = (np.concatenate([piece[k] for piece in pieces])[::-1] for k in (0, 1))
        self._points, self._normals = points, normals
        self._radius = np.maximum.accumulate(np.hypot(points[:, 0], points[:, 1]))

    @property
    def ends_mm(self) -> tuple[float, float]:
        """Radii between which the flank runs."""
        return float(self._radius[0]), float(self._radius[-1])

    def at(self, radius_mm: Floats) -> tuple[Floats, Floats]:
        """Points and normals out of the material (k, 2) at these radii."""
        points = np.column_stack([np.interp(radius_mm, self._radius, self._points[:, k]) for k in (0, 1)])
        normals = np.column_stack([np.interp(radius_mm, self._radius, self._normals[:, k]) for k in (0, 1)])
        return points, normals / np.linalg.norm(normals, axis=1)[:, None]

    def edge_rad_per_mm(self, radius_mm: float) -> float:
        """By what a flank is turned at a circle when it is off by its own residual, as much in place as in lean: as if
        every stretch of it were off by itself."""
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self._points, axis=0), axis=1))])
        off_middle = float(np.interp(radius_mm, self._radius, run)) / float(run[-1]) - 0.5
        ((x, y),), ((u, v),) = self.at(np.array([radius_mm]))
        return math.sqrt(1.0 + 12.0 * off_middle**2) / abs(float(x * v - y * u))


def flanks_at(
    gear: GearFeature, drawn: DrawnFlank, roles: Roles, deviations: Floats, u_mm: Floats, radius_mm: float
) -> Flanks:
    """Every flank about a circle, from the points' `deviations` (n,) out of the material in the gear's own frame.

    Raises:
        ValueError: with a sentence that names the tooth, if a flank has too few points there.
    """
    reach = _WINDOW * gear.module_mm
    use = np.flatnonzero(roles.flank & (np.abs(roles.radius_mm - radius_mm) <= reach))
    group, lever, count = 2 * roles.tooth[use] + roles.side[use], roles.lever_mm[use], 2 * gear.teeth

    def total(values: Floats) -> Floats:
        return np.bincount(group, values, count).astype(np.float64)

    size = total(np.ones(len(use)))
    if size.min() < _LEAST_POINTS:
        raise ValueError(_too_few(gear, int(size.argmin()), int(size.min()), radius_mm))
    # Least squares of lever · turn + leans; what points tell nothing of leans by nothing.
    leans = _leans(gear, roles.radius_mm[use], radius_mm)
    basis = np.column_stack([lever, leans])
    normal = np.array([[total(one * other) for other in basis.T] for one in basis.T]).transpose(2, 0, 1)
    usual = max(float(np.median(u_mm[use])), _LEAST_NOISE_MM)
    normal += np.diag([0.0, *[(usual / _LEAST_LEAN) ** 2] * leans.shape[1]])
    inverse = np.linalg.inv(normal)
    found = np.einsum("fij,jf->fi", inverse, np.array([total(one * deviations[use]) for one in basis.T]))
    low, high = drawn.ends_mm
    at = np.append(np.linspace(max(low, radius_mm - reach), min(high, radius_mm + reach), _SAMPLES), radius_mm)
    place, out = drawn.at(at)
    more = (
        _leans(gear, at, radius_mm)
        / np.maximum(place[:, 0] * out[:, 1] - place[:, 1] * out[:, 0], _STEEP * at)[:, None]
    )
    # The other side of a tooth is turned the other way by what moves it out.
    sign = np.where(np.arange(count) % 2 == CCW, 1.0, -1.0)
    turns = found[:, :1] + sign[:, None] * (found[:, 1:] @ more.T)
    at_circle = np.column_stack([np.ones(count), sign[:, None] * more[-1]])
    weight = np.einsum("nj,nj->n", np.einsum("fi,fij->fj", at_circle, inverse)[group], basis)
    along = place[:-1]
    both = np.broadcast_to(np.stack([along, along * np.array([1.0, -1.0])]), (gear.teeth, 2, _SAMPLES, 2))
    by = _middles(gear)[:, None, None] + turns[:, :-1].reshape(gear.teeth, 2, _SAMPLES)
    u_rad = np.sqrt(total((weight * u_mm[use]) ** 2)).reshape(-1, 2)
    return Flanks(_turned(both, by), u_rad, drawn.edge_rad_per_mm(radius_mm))


def _leans(gear: GearFeature, at_mm: Floats, radius_mm: float) -> Floats:
    """By how much (n, 1 or 2) a flank moves out at radii if it leans by one. A cycloidal one may bend where its arc
    begins, at the pitch circle: what is below leans by itself."""
    if gear.form is ToothForm.INVOLUTE:
        return (at_mm - radius_mm)[:, None]
    off = at_mm - gear.reference_radius_mm
    return np.column_stack([np.maximum(off, 0.0), np.minimum(off, 0.0)])


def angles_at(flanks: Flanks, gear: GearFeature, center_mm: Floats, radius_mm: float) -> Floats:
    """Angles (z, 2) at which the flanks meet a circle about `center_mm`, each from the drawn middle of its tooth."""
    seen = flanks.points_mm - center_mm
    radius = np.hypot(seen[..., 0], seen[..., 1])
    middle = _middles(gear)[:, None, None]
    angle = np.arctan2(seen[..., 1], seen[..., 0]) - middle
    angle = angle - 2.0 * math.pi * np.rint(angle / (2.0 * math.pi))
    below = np.clip((radius < radius_mm).sum(axis=-1) - 1, 0, radius.shape[-1] - 2)[..., None]
    r0, r1 = (np.take_along_axis(radius, below + k, axis=-1)[..., 0] for k in (0, 1))
    a0, a1 = (np.take_along_axis(angle, below + k, axis=-1)[..., 0] for k in (0, 1))
    return np.asarray(a0 + (a1 - a0) * (radius_mm - r0) / (r1 - r0))


def balls(flanks: Flanks, gear: GearFeature, ball_mm: float, start_mm: float) -> tuple[Floats, Floats, Floats]:
    """Centres (z, 2) of a ball in each space behind a tooth, touching both flanks; the standard uncertainties (z,) of
    their distances from the centre by noise, and (z,) per mm that flanks are off by themselves. `start_mm`: where to
    begin.

    Raises:
        ValueError: with a sentence, if the ball does not touch the flanks within what is known of them.
    """
    sides = flanks.points_mm[:, CCW], np.roll(flanks.points_mm[:, CW], -1, axis=0)
    between = _middles(gear) + math.pi / gear.teeth
    centers = start_mm * np.column_stack([np.cos(between), np.sin(between)])
    normals = np.zeros((2, gear.teeth, 2))
    for _ in range(6):
        gaps = np.zeros((2, gear.teeth))
        for k, side in enumerate(sides):
            gaps[k], normals[k] = _nearest(
                centers, side, f"a ball of {ball_mm:.4g} mm does not touch the flanks of {gear.id}"
            )
        gaps -= ball_mm / 2.0
        (a, b), (c, d) = normals[0].T, normals[1].T
        area = a * d - b * c
        centers = centers - np.column_stack([gaps[0] * d - gaps[1] * b, a * gaps[1] - c * gaps[0]]) / area[:, None]
    radial = np.einsum("ij,ij->i", normals[0], centers) / np.linalg.norm(centers, axis=1)
    # How far a turn moves the flanks along the normal on which the ball touches them.
    lever = np.abs(centers[:, 0] * normals[0, :, 1] - centers[:, 1] * normals[0, :, 0])
    per_rad = lever / (2.0 * np.abs(radial))
    u = per_rad * np.hypot(flanks.u_rad[:, CCW], np.roll(flanks.u_rad[:, CW], -1))
    return centers, u, per_rad * math.sqrt(2.0) * flanks.edge_rad_per_mm


def drawn_ball(gear: GearFeature, drawn: DrawnFlank, ball_mm: float) -> tuple[float, float]:
    """How far (mm) from the drawn centre a ball lies that touches both flanks of a space, and the radius at which it
    touches them.

    Raises:
        ValueError: with a sentence, if it touches none.
    """
    points, normals = drawn.at(np.linspace(*drawn.ends_mm, _FINE))
    centers = points + 0.5 * ball_mm * normals
    off = np.arctan2(centers[:, 1], centers[:, 0]) - math.pi / gear.teeth  # 0 in the middle of the space
    hit = np.flatnonzero((off[:-1] < 0.0) != (off[1:] < 0.0))
    if not len(hit):
        raise ValueError(f"a ball of {ball_mm:.4g} mm does not touch the flanks of {gear.id}")
    k = int(hit[-1])
    share = off[k] / (off[k] - off[k + 1])
    center, touch = (np.hypot(*(p[k] + share * (p[k + 1] - p[k]))) for p in (centers, points))
    return float(center), float(touch)


def _middles(gear: GearFeature) -> Floats:
    """Angles (z,) of the drawn middles of the teeth."""
    return math.radians(gear.phase_deg) + 2.0 * math.pi * np.arange(gear.teeth) / gear.teeth


def _turned(points: Floats, by: Floats) -> Floats:
    """Points (z, 2, k, 2) turned about (0, 0) by angles (z, 2, k)."""
    c, s = np.cos(by), np.sin(by)
    x, y = points[..., 0], points[..., 1]
    return np.stack([c * x - s * y, s * x + c * y], axis=-1)


def _nearest(centers: Floats, curves: Floats, sentence: str) -> tuple[Floats, Floats]:
    """Distances (z,) from centres to curves (z, k, 2), and the directions (z, 2) of growing distance."""
    away = centers[:, None, :] - curves
    square = np.einsum("zki,zki->zk", away, away)
    at = square.argmin(axis=1)
    if at.min() == 0 or at.max() == square.shape[1] - 1:
        raise ValueError(sentence)
    row = np.arange(len(at))
    before, here, after = (square[row, at + k] for k in (-1, 0, 1))
    step = 0.5 * (before - after) / (before - 2.0 * here + after)  # of the parabola through three of them
    one, two, three = (curves[row, at + k] for k in (-1, 0, 1))
    foot = two + 0.5 * step[:, None] * (three - one) + 0.5 * (step**2)[:, None] * (one - 2.0 * two + three)
    apart = centers - foot
    distance = np.linalg.norm(apart, axis=1)
    return distance, apart / distance[:, None]


def _too_few(gear: GearFeature, group: int, found: int, radius_mm: float) -> str:
    side = "left" if group % 2 == CCW else "right"
    return (
        f"the {side} flank of tooth {group // 2 + 1} of {gear.id} shows {found} edge points about the circle of "
        f"{2.0 * radius_mm:.4g} mm, and {_LEAST_POINTS} are needed"
    )


def _sampled(segment: Segment, count: int) -> tuple[Floats, Floats]:
    """Points and outward normals (count, 2) along a segment, material on its left."""
    share = np.linspace(0.0, 1.0, count)[:, None]
    if isinstance(segment, ArcSegment):
        angle = np.radians(segment.start_deg + share * segment.sweep_deg)
        out = np.hstack([np.cos(angle), np.sin(angle)])
        return segment.center_mm + segment.radius_mm * out, math.copysign(1.0, segment.sweep_deg) * out
    start, end = np.asarray(segment.start_mm), np.asarray(segment.end_mm)
    along = (end - start) / segment.length_mm
    return start + share * (end - start), np.tile([along[1], -along[0]], (count, 1))

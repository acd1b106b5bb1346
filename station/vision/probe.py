"""Edges along normals: one batched sampling grid for all probes of a picture.

A probe is a point on the expected outline with the normal that points out of the material. `search` finds where the
material ends, several pixels away if need be; `refine` places that edge to a small fraction of a pixel by fitting the
step response of a Gaussian point spread (erf) with both levels free. The blur is one number for a batch: an unweighted
fit of a symmetric model moves by a wrong blur only at second order, while blur, level and place fitted together per
profile would only add scatter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from station.vision.picture import Picture

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

STEP_PX = 0.5  # sample spacing of the fine fit
WINDOW_PX = 6.0  # half length of a fine profile
MIN_WINDOW_PX = 2.0  # below this two edges cannot be told apart
_CHUNK = 16384  # profiles per remap call (its arrays are limited to 32767 rows)
_BILINEAR_NOISE = 4.0 / 9.0  # mean variance that bilinear interpolation leaves of white noise
_SQRT_2PI = float(np.sqrt(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class Probes:
    """Where to look: `points_px` (n, 2), `normals` (n, 2) unit, out of the material in pixel axes,
    `reach_in_px` and `reach_out_px` (n,): how far the profile may go before it meets another edge."""

    points_px: Floats
    normals: Floats
    reach_in_px: Floats
    reach_out_px: Floats

    def __len__(self) -> int:
        return len(self.points_px)

    def moved(self, offset_px: Floats) -> Probes:
        """The same probes with their points moved along the normals; what they may reach stays where it is."""
        return Probes(
            self.points_px + offset_px[:, None] * self.normals,
            self.normals,
            np.maximum(self.reach_in_px + offset_px, 0.0),
            np.maximum(self.reach_out_px - offset_px, 0.0),
        )


@dataclass(frozen=True, slots=True)
class Edges:
    """What was found, per probe: `offset_px` along the normal (NaN where nothing was), `u_px` its noise,
    `contrast` between field and material in levels, `found` where both are usable."""

    offset_px: Floats
    u_px: Floats
    contrast: Floats
    found: Mask


def sample(picture: Picture, points_px: Floats) -> NDArray[np.float32]:
    """Bilinear levels at `points_px` (..., 2); NaN outside the picture."""
    flat = points_px.reshape(-1, 2)
    values = np.empty(len(flat), np.float32)
    side = 256
    for start in range(0, len(flat), _CHUNK * side):
        part = flat[start : start + _CHUNK * side]
        rows = -(-len(part) // side)
        padded = np.full((rows * side, 2), -10.0, np.float32)
        padded[: len(part)] = part
        grid = padded.reshape(rows, side, 2)
        picked = cv2.remap(
            picture.grey,
            np.ascontiguousarray(grid[..., 0]),
            np.ascontiguousarray(grid[..., 1]),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=float("nan"),
        )
        values[start : start + len(part)] = np.asarray(picked).reshape(-1)[: len(part)]
    return values.reshape(points_px.shape[:-1])


def search(picture: Picture, probes: Probes, distance_px: Floats, dark_part: bool, contrast: float) -> Floats:
    """Offset (n,) of the material's end nearest each probe point, to about a tenth of a pixel; NaN where there is none.

    The end is where the level crosses the middle between the profile's own extremes in the direction that leaves the
    material; profiles with less than 0.35 of the picture's `contrast` have no edge. `distance_px` (n,) limits the
    search.
    """
    reach = float(np.ceil(min(distance_px.max(initial=1.0), 200.0)))
    steps = np.arange(-reach, reach + 0.5, 1.0)
    levels = sample(picture, probes.points_px[:, None, :] + steps[None, :, None] * probes.normals[:, None, :]).astype(
        np.float64
    )
    if not dark_part:
        levels = -levels
    inside = (
        (steps[None, :] >= -np.minimum(distance_px, probes.reach_in_px)[:, None] - 0.5)
        & (steps[None, :] <= np.minimum(distance_px, probes.reach_out_px)[:, None] + 0.5)
        & np.isfinite(levels)
    )
    low = np.where(inside, levels, np.inf).min(axis=1)
    high = np.where(inside, levels, -np.inf).max(axis=1)
    usable = inside.any(axis=1) & (high - low > 0.35 * contrast)
    middle = 0.5 * (np.where(usable, low, 0.0) + np.where(usable, high, 0.0))
    before, after = levels[:, :-1] - middle[:, None], levels[:, 1:] - middle[:, None]
    crossing = (before < 0.0) & (after >= 0.0) & inside[:, :-1] & inside[:, 1:] & usable[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        place = steps[None, :-1] - before / (after - before)
    place = np.where(crossing, place, np.inf)
    nearest = np.abs(place).argmin(axis=1)
    offset = place[np.arange(len(probes)), nearest]
    return np.where(np.isfinite(offset), offset, np.nan)


def blur_of(picture: Picture, probes: Probes, dark_part: bool) -> float:
    """Median standard deviation (px) of the edge spread over probes that already stand on their edges; NaN without any.

    From the ratio of the step's height to its steepest slope, both from the erf fit with the blur free: a scan over
    blurs of the residual of the linear fit, refined by a parabola through the minimum.
    """
    free = (probes.reach_in_px >= 4.0) & (probes.reach_out_px >= 4.0)
    chosen = np.flatnonzero(free if free.sum() >= 20 else probes.reach_in_px + probes.reach_out_px >= 4.0)
    if len(chosen) == 0:
        return float("nan")
    chosen = chosen[:: max(1, len(chosen) // 400)]
    levels, steps, weights = _profiles(picture, _take(probes, chosen), dark_part)
    candidates = np.geomspace(0.45, 5.0, 24)
    cost = np.stack([_fit(levels, steps, weights, sigma, 3)[4] for sigma in candidates], axis=1)
    cost = cost[np.isfinite(cost).all(axis=1)]
    if len(cost) == 0:
        return float("nan")
    best = np.clip(cost.argmin(axis=1), 1, len(candidates) - 2)
    rows = np.arange(len(cost))
    left, middle, right = cost[rows, best - 1], cost[rows, best], cost[rows, best + 1]
    bend = np.maximum(left - 2.0 * middle + right, 1e-12)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    ratio = candidates[1] / candidates[0]
    return float(np.median(candidates[best] * ratio**shift))


def refine(
    picture: Picture,
    probes: Probes,
    sigma_px: Floats | float,
    dark_part: bool,
    contrast: float,
    noise: tuple[float, float] | None = None,
    curvature_px: Floats | None = None,
) -> Edges:
    """Edges at sub-pixel accuracy for probes that stand within about two pixels of them.

    `sigma_px` is the edge spread (scalar or (n,)); `noise` the variances of one pixel in the material and in the field
    (levels²), None to take the fits' own residuals. `u_px` is the standard uncertainty of one pixel's length of
    contour: neighbouring samples share pixels, so the noise enters as a density, variance of a pixel per pixel of
    area, and not as if every sample were a reading of its own. `curvature_px` (n,), positive
    where the material is convex, tells how neighbouring normals spread: a sample where they are wider apart stands for
    more pixels.
    """
    count = len(probes)
    offset, u_px, height = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    found = np.zeros(count, bool)
    sigma = np.broadcast_to(np.asarray(sigma_px, float), (count,))
    for start in range(0, count, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, count))
        levels, steps, weights = _profiles(picture, _take(probes, rows), dark_part)
        bend = np.zeros(len(rows)) if curvature_px is None else curvature_px[rows]
        spacing = np.clip(1.0 + bend[:, None] * steps[None, :], 0.3, 3.0)
        place, _, step_height, (in_part, in_field), cost = _fit(levels, steps, weights, sigma[rows], 4, spacing)
        residual = np.sqrt(np.maximum(cost, 1e-12) / np.maximum(weights.sum(axis=1) - 3.0, 1.0))
        usable = np.isfinite(place)
        if noise is not None:
            variance = (in_part * noise[0] + in_field * noise[1]) / STEP_PX
        else:
            typical = float(np.median(residual[usable])) if usable.any() else 0.0
            variance = (in_part + in_field) * np.maximum(residual, typical) ** 2 / (_BILINEAR_NOISE * STEP_PX)
        spread = np.sqrt(variance)
        # An edge that the fit placed beyond its own window, or that is much weaker than the picture's, is none.
        good = (
            usable
            & (np.abs(place) < np.minimum(3.0, 0.7 * np.minimum(probes.reach_in_px, probes.reach_out_px)[rows] + 0.7))
            & (step_height > 0.35 * contrast)
            & (step_height < 2.5 * contrast)
            & (residual < 0.25 * np.maximum(step_height, 1e-9))
        )
        offset[rows], u_px[rows], height[rows], found[rows] = place, spread, step_height, good
    offset = np.where(found, offset, np.nan)
    return Edges(offset, np.where(found, u_px, np.nan), height, found)


def _take(probes: Probes, rows: NDArray[np.intp]) -> Probes:
    return Probes(probes.points_px[rows], probes.normals[rows], probes.reach_in_px[rows], probes.reach_out_px[rows])


def _profiles(picture: Picture, probes: Probes, dark_part: bool) -> tuple[Floats, Floats, Floats]:
    """Levels (n, m), sample places (m,) and 0/1 weights (n, m): what lies past another edge or the picture is not
    used.
    """
    steps = np.arange(-WINDOW_PX, WINDOW_PX + 0.5 * STEP_PX, STEP_PX)
    levels = sample(picture, probes.points_px[:, None, :] + steps[None, :, None] * probes.normals[:, None, :]).astype(
        np.float64
    )
    seen = np.isfinite(levels)
    levels = np.where(seen, levels if dark_part else -levels, 0.0)
    # Half the way to the next edge: beyond, that edge's own spread would bend the plateau.
    weights = (
        seen
        & (steps[None, :] >= -np.maximum(0.5 * probes.reach_in_px, MIN_WINDOW_PX)[:, None])
        & (steps[None, :] <= np.maximum(0.5 * probes.reach_out_px, MIN_WINDOW_PX)[:, None])
    ).astype(np.float64)
    return levels, steps, weights


def _fit(
    levels: Floats,
    steps: Floats,
    weights: Floats,
    sigma_px: Floats | float,
    iterations: int,
    spacing: Floats | float = 1.0,
) -> tuple[Floats, Floats, Floats, tuple[Floats, Floats], Floats]:
    """Gauss–Newton fit of low + height·Φ((x − place)/σ) per row with σ given.

    Returns place, low, height, the sums of squared coefficients by which noise in the material and in the field moves
    the place, and the weighted sum of squared residuals, each (n,). Rows that cannot be fitted are NaN.
    """
    count = len(levels)
    sigma = np.broadcast_to(np.asarray(sigma_px, float), (count,))[:, None]
    place, height = np.zeros(count), np.ones(count)
    total = weights.sum(axis=1)
    low = np.zeros(count)
    cost = np.full(count, np.nan)
    in_part, in_field = np.full(count, np.nan), np.full(count, np.nan)
    for _ in range(iterations):
        u = (steps[None, :] - place[:, None]) / sigma
        rise = ndtr(u)
        slope = -np.exp(-0.5 * u * u) / (_SQRT_2PI * sigma)
        # Centred normal equations: the offset drops out, and a 2x2 system in (height, height·dplace) is left.
        wr, ws, wl = weights * rise, weights * slope, weights * levels
        with np.errstate(invalid="ignore", divide="ignore"):
            mr, ms, ml = wr.sum(1) / total, ws.sum(1) / total, wl.sum(1) / total
            rr = (wr * rise).sum(1) - total * mr * mr
            ss = (ws * slope).sum(1) - total * ms * ms
            rs = (wr * slope).sum(1) - total * mr * ms
            rl = (wr * levels).sum(1) - total * mr * ml
            sl = (ws * levels).sum(1) - total * ms * ml
            determinant = rr * ss - rs * rs
            height = (rl * ss - sl * rs) / determinant
            moved = (sl * rr - rl * rs) / determinant
            step = np.clip(moved / height, -1.0, 1.0)
            # Place as a linear function of the levels, and what each sample's noise does to it.
            pull = weights * ((slope - ms[:, None]) * rr[:, None] - (rise - mr[:, None]) * rs[:, None])
            # Bilinear samples half a pixel apart see the noise through a triangle of two pixels' width.
            pull = np.pad(pull, ((0, 0), (1, 1)))
            pull = 0.25 * pull[:, :-2] + 0.5 * pull[:, 1:-1] + 0.25 * pull[:, 2:]
            pull2 = (pull / (determinant * height)[:, None]) ** 2 / spacing
            in_field = (pull2 * rise).sum(axis=1)
            in_part = pull2.sum(axis=1) - in_field
        low = ml - height * mr - moved * ms
        bad = ~np.isfinite(step) | (determinant < 1e-9) | (height <= 0.0)
        place = np.where(bad, np.nan, place + np.where(bad, 0.0, step))
        model = low[:, None] + height[:, None] * rise + moved[:, None] * slope
        cost = (weights * (levels - model) ** 2).sum(axis=1)
    lost = ~np.isfinite(place)
    spread = (np.where(lost, np.nan, in_part), np.where(lost, np.nan, in_field))
    return place, low, height, spread, np.where(lost, np.nan, cost)

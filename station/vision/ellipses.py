"""Many ellipses of a picture measured at once: probes about each, edges by the core, one linear fit per ellipse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from station.vision.edges import find_edges
from station.vision.field import BLOCK_PX, Field, block_means, block_sums
from station.vision.lamp import fit_lamp
from station.vision.noise import CLIPPED_LEVEL, noise_of
from station.vision.picture import Picture
from station.vision.probe import Edges, Probes

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

_FIRST_SIGMA_PX = 1.0
_DISTANCE_PX = 2.5  # how far an edge may lie from where the pixels' moments have it
_ENOUGH = 0.7  # of a dot's probes have to be clear
_FAR_OFF = 4.0  # times the usual residual of an edge
_ODD = 3.5  # times the usual misfit of a dot
_MOST_PROBES = 401


@dataclass(frozen=True, slots=True, eq=False)
class Ellipses:
    """`centres` (n, 2) px and `second` (n, 2, 2) px²: the second moments of their areas, a quarter of axes squared."""

    centres: Floats
    second: Floats

    def some(self, index: NDArray[np.intp]) -> Ellipses:
        """Those at `index`."""
        return Ellipses(self.centres[index], self.second[index])

    def radii_px(self) -> Floats:
        """(n,) of circles of the same area."""
        return np.asarray(2.0 * np.linalg.det(self.second) ** 0.25)

    def axes(self) -> Floats:
        """(n, 2, 2) symmetric maps of the unit circle to each ellipse."""
        values, vectors = np.linalg.eigh(self.second)
        return np.asarray((vectors * (2.0 * np.sqrt(np.maximum(values, 0.01)))[:, None, :]) @ vectors.mT)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """`ellipses` at their edges; `good` (n,) where enough of the edge is clean; `blur_px` of the edges (sigma)."""

    ellipses: Ellipses
    good: Mask
    blur_px: float


def measured(picture: Picture, rough: Ellipses, *, dark: bool) -> Measured | None:
    """Ellipses from the edges of dots that are `dark` or bright; None where the two levels cannot be told.

    The first round starts from the pixels' moments; the second from the first, so that what is left is linear.
    """
    field = _field(picture, rough, dark)
    if field is None:
        return None
    sigma_px, found = _FIRST_SIGMA_PX, Measured(rough, np.ones(len(rough.centres), np.bool_), _FIRST_SIGMA_PX)
    for _ in range(2):
        probes, angle = _probes(found.ellipses)
        edges = find_edges(picture, field, probes, sigma_px, _DISTANCE_PX)
        found = _fitted(found.ellipses, probes, angle, edges)
        sigma_px = found.blur_px
    return found


def _field(picture: Picture, rough: Ellipses, dark: bool) -> Field | None:
    """What the core wants to know of a picture: here the dots are the material, whatever lies at the border."""
    small = block_means(picture.grey, BLOCK_PX)
    x, y = np.rint(rough.centres).astype(int).T
    inside = float(np.median(picture.grey[y, x]))
    out = np.rint(
        rough.centres + 2.0 * rough.axes()[:, :, 0] / np.sqrt(2.0) + 2.0 * rough.axes()[:, :, 1] / np.sqrt(2.0)
    )
    ox, oy = np.clip(out.astype(int), 0, [picture.width_px - 1, picture.height_px - 1]).T
    outside = float(np.median(picture.grey[oy, ox]))
    if (inside < outside) != dark or inside == outside:
        return None
    low, high = min(inside, outside), max(inside, outside)
    part_noise, field_noise = noise_of(picture, inside, outside)
    return Field(
        field_level=outside,
        part_level=inside,
        threshold=0.5 * (low + high),
        dark_part=dark,
        clipped=high > CLIPPED_LEVEL * picture.full_scale,
        decimation=1,
        material=np.zeros((1, 1), np.bool_),
        sums=block_sums(picture.grey, BLOCK_PX),
        lamp=fit_lamp(small, BLOCK_PX, high, 0.08 * (high - low)),
        part_noise=part_noise,
        field_noise=field_noise,
    )


def _probes(ellipses: Ellipses) -> tuple[Probes, Floats]:
    """Probes about one pixel apart on every ellipse, an odd number (so that no symmetry with the pixels repeats)."""
    axes, radii = ellipses.axes(), ellipses.radii_px()
    counts = np.clip(2 * np.rint(np.pi * radii).astype(int) + 1, 9, _MOST_PROBES)
    which = np.repeat(np.arange(len(radii)), counts)
    runs = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
    angle = 2.0 * np.pi * (np.arange(runs[-1]) - runs[which]) / counts[which] + 0.37 * which
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    of = axes[which]
    points = ellipses.centres[which] + np.einsum("nij,nj->ni", of, unit)
    along = np.einsum("nij,nj->ni", of, np.column_stack([-unit[:, 1], unit[:, 0]]))
    speed = np.hypot(along[:, 0], along[:, 1])
    normals = np.column_stack([along[:, 1], -along[:, 0]]) / speed[:, None]
    curvature = np.linalg.det(of) / speed**3
    across = 2.0 * np.sqrt(np.linalg.eigvalsh(ellipses.second)[:, 0]) * 2.0
    inward, outward = across[which], _gaps(ellipses, radii)[which]
    closed = np.ones(len(radii), np.bool_)
    return Probes(points, normals, curvature, inward, outward, inward, outward, runs, closed), angle


def _gaps(ellipses: Ellipses, radii: Floats) -> Floats:
    """(n,) at least so far is it from each ellipse's edge to the next ellipse."""
    if len(radii) < 2:
        return np.full(len(radii), 60.0)
    nearest = np.asarray(cKDTree(ellipses.centres).query(ellipses.centres, k=2)[0], dtype=np.float64)
    widest = 2.0 * np.sqrt(np.linalg.eigvalsh(ellipses.second)[:, 1].max())
    return np.asarray(np.maximum(nearest[:, 1] - 2.0 * widest, 1.0))


def _fitted(start: Ellipses, probes: Probes, angle: Floats, edges: Edges) -> Measured:
    """Ellipses through the edges, by linear least squares about `start`; edges far off count in a first pass only."""
    count = len(start.centres)
    which = np.repeat(np.arange(count), np.diff(probes.runs))
    nx, ny = probes.normals.T
    c, s = np.cos(angle), np.sin(angle)
    # normal displacement for a moved middle and changed (symmetric) axes
    design = np.column_stack([nx, ny, nx * c, ny * s, nx * s + ny * c])
    use = edges.clear & np.isfinite(edges.offset_px)
    offset = np.where(use, edges.offset_px, 0.0)
    for _ in range(2):
        rows = design * use[:, None]
        normal = np.zeros((count, 5, 5))
        np.add.at(normal, which, rows[:, :, None] * design[:, None, :])
        right = np.zeros((count, 5))
        np.add.at(right, which, rows * offset[:, None])
        normal += 1e-9 * np.eye(5)
        change = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
        residual = np.where(use, offset - (design * change[which]).sum(axis=1), 0.0)
        usual = 1.4826 * float(np.median(np.abs(residual[use]))) if use.any() else 0.0
        use = use & (np.abs(residual) <= _FAR_OFF * usual + 0.02)
    share = np.bincount(which, weights=use, minlength=count) / np.diff(probes.runs)
    misfit = np.sqrt(
        np.bincount(which, weights=residual**2 * use, minlength=count) / np.maximum(share * np.diff(probes.runs), 1)
    )
    good = (share >= _ENOUGH) & (misfit <= _ODD * float(np.median(misfit)) + 0.01)
    good &= np.hypot(*change[:, :2].T) < _DISTANCE_PX
    axes = start.axes()
    axes[:, 0, 0] += change[:, 2]
    axes[:, 1, 1] += change[:, 3]
    axes[:, 0, 1] += change[:, 4]
    axes[:, 1, 0] += change[:, 4]
    good &= np.linalg.det(axes) > 0.5 * np.linalg.det(start.axes())
    centres = np.where(good[:, None], start.centres + change[:, :2], start.centres)
    second = np.where(good[:, None, None], 0.25 * axes @ axes.mT, start.second)
    blur = float(np.median(edges.sigma_px[use])) if use.any() else _FIRST_SIGMA_PX
    return Measured(Ellipses(centres, second), good, blur)

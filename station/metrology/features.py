"""Measured features: the points of an edge in the part's frame and the ideal geometry associated with them.

Three kinds of motion act on features, and every budget is made of them: all lengths scale together, all edges of the
material move outwards together, and each feature's own parameters scatter with its covariance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


class Kind(StrEnum):
    """What was associated with the points."""

    CIRCLE = "circle"
    LINE = "line"
    CONTOUR = "contour"


@dataclass(frozen=True, slots=True)
class MeasuredFeature:
    """One feature of one part. Lengths in mm, part frame, before any edge or scale is perturbed.

    `points_mm`, `nominal_mm`, `normals` (n, 2): measured points, where the drawing has them, outward normals;
    `u_mm` (n,): noise of each point across the edge; `params` and `covariance`: circle (x, y, radius) 3×3; line (normal
    angle in rad, offset in mm, position along the line in mm) with a 2×2 covariance of (angle, offset at that
    position); contour: empty. `kept` (n,) is False for what stands on the edge without belonging to the fit: a burr,
    a speck. `outward` is +1 where growing material enlarges the radius, or moves a line along its normal, and -1
    where it does the opposite. `expected` counts the points that were looked for. `beyond_mm`: how much farther than
    drawn a straight edge goes before its start and behind its end, to where it meets the next ones.
    """

    id: str
    kind: Kind
    points_mm: Floats
    nominal_mm: Floats
    normals: Floats
    u_mm: Floats
    spacing_mm: float
    closed: bool
    params: tuple[float, ...]
    covariance: Floats
    outward: float
    expected: int
    kept: NDArray[np.bool_]
    gap_mm: float  # longest stretch without any edge
    gap_at_mm: tuple[float, float]
    edge: int = 0  # the number of its kind of edge among those of the calibration
    local_mm: float = 0.0  # how far each edge of a contour of many may be off by itself, beyond noise
    beyond_mm: tuple[float, float] = (0.0, 0.0)

    @property
    def fitted(self) -> int:
        """How many points belong to the fit."""
        return int(np.count_nonzero(self.kept))

    def clean(self) -> MeasuredFeature:
        """Only the points that belong to the fit."""
        if self.fitted == len(self.kept):
            return self
        keep = np.flatnonzero(self.kept)
        return replace(
            self,
            points_mm=self.points_mm.take(keep, axis=0),
            nominal_mm=self.nominal_mm.take(keep, axis=0),
            normals=self.normals.take(keep, axis=0),
            u_mm=self.u_mm.take(keep),
            kept=self.kept.take(keep),
        )

    @property
    def center_mm(self) -> Floats:
        """Centre of a circle; middle of a line's measured part; mean of a contour's points."""
        if not self.params:  # nothing was fitted: all there is are its points
            return np.asarray(self.points_mm.mean(axis=0))
        if self.kind is Kind.CIRCLE:
            return np.array(self.params[:2])
        if self.kind is Kind.LINE:
            return self.normal * self.params[1] + self.direction * self.params[2]
        return np.asarray(self.points_mm.mean(axis=0))

    @property
    def radius_mm(self) -> float:
        """Radius of a circle."""
        return self.params[2]

    @property
    def normal(self) -> Floats:
        """Unit normal of a line, out of the material."""
        return np.array([math.cos(self.params[0]), math.sin(self.params[0])])

    @property
    def direction(self) -> Floats:
        """Unit direction of a line, material on its left."""
        return np.array([-math.sin(self.params[0]), math.cos(self.params[0])])

    def scaled(self, relative: float) -> MeasuredFeature:
        """All lengths longer by `relative`."""
        k = 1.0 + relative
        match self.kind:
            case Kind.CIRCLE:
                params = tuple(p * k for p in self.params)
            case Kind.LINE:
                params = (self.params[0], self.params[1] * k, self.params[2] * k)
            case Kind.CONTOUR:
                params = ()
        return replace(
            self, points_mm=self.points_mm * k, spacing_mm=self.spacing_mm * k, u_mm=self.u_mm * k, params=params
        )

    def grown(self, growth_mm: float) -> MeasuredFeature:
        """Every edge moved out of the material by `growth_mm`."""
        match self.kind:
            case Kind.CIRCLE:
                params: tuple[float, ...] = (*self.params[:2], self.params[2] + self.outward * growth_mm)
            case Kind.LINE:
                params = (self.params[0], self.params[1] + growth_mm, self.params[2])
            case Kind.CONTOUR:
                params = ()
        return replace(self, points_mm=self.points_mm + growth_mm * self.normals, params=params)

    def nudged(self, change: Floats) -> MeasuredFeature:
        """The associated geometry changed by one vector of its covariance's space; the points stay."""
        if self.kind is Kind.LINE:
            angle, shift = float(change[0]), float(change[1])
            # Offset and angle are independent at the position along the line about which it turns.
            offset = self.params[1] + shift + self.params[2] * angle
            return replace(self, params=(self.params[0] + angle, offset, self.params[2] - self.params[1] * angle))
        if self.kind is Kind.CIRCLE:
            return replace(self, params=tuple(p + float(c) for p, c in zip(self.params, change, strict=True)))
        return self

    def scatter(self) -> Floats:
        """Independent one-sigma changes of the parameters, (p, p), one a row: the covariance's symmetric root."""
        return scatters([self])[0, : len(self.covariance), : len(self.covariance)]


def scatters(features: Sequence[MeasuredFeature]) -> Floats:
    """`MeasuredFeature.scatter` of all features at once, (f, 3, 3), filled up with zeros.

    Any root of the covariance would do where values are linear. A zone is not, and of a circle, known alike in all
    directions, rounding chooses the eigenvectors: the symmetric root does not depend on the choice.
    """
    found = np.zeros((len(features), 3, 3))
    for size in (2, 3):
        members = [i for i, f in enumerate(features) if len(f.covariance) == size]
        if members:
            spread, vectors = np.linalg.eigh(np.array([features[i].covariance for i in members]))
            roots = np.sqrt(np.maximum(spread, 0.0))[:, None, :] * vectors
            found[members, :size, :size] = roots @ vectors.swapaxes(1, 2)
    return found

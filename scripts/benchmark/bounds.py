"""What no estimator can beat: Cramér-Rao bounds from the renderer's own derivatives.

Noise is shot, read and quantisation noise, independent from pixel to pixel. Unknown beside what is asked for are the
nuisance parameters of each case, among them always both levels and the blur. For unbiased estimators
cov >= (Jᵀ W J)⁻¹ (Kay, Estimation Theory, 1993, section 3.9: Gaussian noise whose variance is taken as known).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from station.twin.part import CircleDeviation, Deviation, LineDeviation
from station.twin.render import scene_light
from station.twin.scene import Scene

from .scenes import MM_PER_PX

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A parameter of a scene: `change` moves it, `step` is how far for the central difference, in its own unit."""

    name: str
    step: float
    change: Callable[[Scene, float], Scene]


def _low(scene: Scene, by: float) -> Scene:
    return replace(scene, lamp=replace(scene.lamp, part_level=scene.lamp.part_level + by))


def _high(scene: Scene, by: float) -> Scene:
    return replace(scene, lamp=replace(scene.lamp, field_level=scene.lamp.field_level + by))


def _blur(scene: Scene, by: float) -> Scene:
    return replace(scene, optics=replace(scene.optics, psf_sigma_px=scene.optics.psf_sigma_px + by))


NUISANCE = (Unknown("low", 1e-3, _low), Unknown("high", 1e-3, _high), Unknown("blur", 1e-2, _blur))


def _deviated(scene: Scene, deviation: Deviation) -> Scene:
    placed = scene.parts[0]
    part = replace(placed.part, deviations=(*placed.part.deviations, deviation))
    return replace(scene, parts=(replace(placed, part=part), *scene.parts[1:]))


def circle_unknowns(name: str) -> tuple[Unknown, ...]:
    """Diameter and centre of a circle of the part (px)."""

    def grow(scene: Scene, by: float) -> Scene:
        return _deviated(scene, CircleDeviation(name, diameter_mm=by * MM_PER_PX))

    def right(scene: Scene, by: float) -> Scene:
        return _deviated(scene, CircleDeviation(name, shift_mm=(by * MM_PER_PX, 0.0)))

    def up(scene: Scene, by: float) -> Scene:
        return _deviated(scene, CircleDeviation(name, shift_mm=(0.0, by * MM_PER_PX)))

    return (Unknown("diameter", 0.02, grow), Unknown("x", 0.02, right), Unknown("y", 0.02, up))


def line_unknowns(name: str) -> tuple[Unknown, ...]:
    """Offset (px) and tilt (degrees) about its middle of a straight edge of the part."""

    def out(scene: Scene, by: float) -> Scene:
        return _deviated(scene, LineDeviation(name, offset_mm=by * MM_PER_PX))

    def turn(scene: Scene, by: float) -> Scene:
        return _deviated(scene, LineDeviation(name, tilt_deg=by))

    return (Unknown(f"{name} offset", 0.02, out), Unknown(f"{name} tilt", 0.01, turn))


def _moved(scene: Scene, x: float = 0.0, y: float = 0.0, angle_deg: float = 0.0) -> Scene:
    placed = scene.parts[0]
    pose = placed.pose
    shifted = replace(
        pose, x_mm=pose.x_mm + x * MM_PER_PX, y_mm=pose.y_mm + y * MM_PER_PX, angle_deg=pose.angle_deg + angle_deg
    )
    return replace(scene, parts=(replace(placed, pose=shifted), *scene.parts[1:]))


POSE = (
    Unknown("x", 0.02, lambda scene, by: _moved(scene, x=by)),
    Unknown("y", 0.02, lambda scene, by: _moved(scene, y=by)),
    Unknown("angle", 0.01, lambda scene, by: _moved(scene, angle_deg=by)),
)


def derivative(scene: Scene, unknown: Unknown) -> Floats:
    """Change of the light (h·w,) per unit of the parameter, by central difference."""
    h = unknown.step
    up, down = scene_light(unknown.change(scene, h)), scene_light(unknown.change(scene, -h))
    return np.asarray((up - down).ravel() / (2.0 * h))


def variance(scene: Scene) -> Floats:
    """Noise variance of every pixel (h·w,), as fractions of full scale squared."""
    lamp = scene.lamp
    electrons = scene_light(scene).ravel() * lamp.full_well_e
    return np.asarray((electrons + lamp.read_noise_e**2) / lamp.full_well_e**2 + 1.0 / (12.0 * lamp.full_scale**2))


def covariance(scene: Scene, unknowns: Sequence[Unknown]) -> Floats:
    """The bound (p, p) on the covariance of the parameters, in their own units and order."""
    jacobian = np.stack([derivative(scene, unknown) for unknown in unknowns], axis=1)
    information = jacobian.T @ (jacobian / variance(scene)[:, None])
    # Parameters differ in scale by orders of magnitude: inverted as a correlation matrix.
    scale = np.sqrt(np.diag(information))
    return np.asarray(np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale))


def sigmas(scenes: Sequence[Scene], unknowns: Sequence[Unknown]) -> Floats:
    """Root mean square over scenes of the bound on each parameter's standard deviation (p,)."""
    return np.asarray(np.sqrt(np.mean([np.diag(covariance(scene, unknowns)) for scene in scenes], axis=0)))


def combined(scenes: Sequence[Scene], unknowns: Sequence[Unknown], weights: Sequence[float]) -> float:
    """The same for a linear combination of the parameters."""
    g = np.asarray(weights)
    return math.sqrt(float(np.mean([g @ covariance(scene, unknowns) @ g for scene in scenes])))


def contour_point(scenes: Sequence[Scene]) -> float:
    """The bound (px) on the mean offset of one pixel's length of contour, levels and blur known from around it.

    The whole outline is moved out of the material. The information about that one offset, divided by the outline's
    length in pixels, is what one pixel's length contributes; its inverse root is the bound. Points that reach it, with
    errors independent of each other, average to an offset of the whole that reaches the bound of the whole. That is
    stricter than moving a one-pixel piece alone while the rest is known: blur spreads such a bump over its
    neighbours, which leaves it only about a quarter of the information. A contour known to be smooth can be averaged,
    so this bounds the independent point, not the shape.
    """

    def grow(scene: Scene, by: float) -> Scene:
        placed = scene.parts[0]
        part = replace(placed.part, growth_mm=placed.part.growth_mm + by * MM_PER_PX)
        return replace(scene, parts=(replace(placed, part=part), *scene.parts[1:]))

    densities = []
    for scene in scenes:
        d = derivative(scene, Unknown("growth", 0.02, grow))
        length_px = sum(o.length_mm for o in scene.parts[0].part.silhouette.outlines) / MM_PER_PX
        densities.append(float((d**2 / variance(scene)).sum()) / length_px)
    return 1.0 / math.sqrt(float(np.mean(densities)))

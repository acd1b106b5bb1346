"""Best position, depth, tilt and telecentricity from pictures of one silhouette at several heights."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.series import FocusFrame, read_frame
from station.cycle.sight import FOCUS_MARGIN_PX, FOCUS_RATIO
from station.cycle.signed import Signed
from station.errors import CalibrationError
from station.metrology.estimate import Estimate
from station.metrology.focus import (
    LEAST_POSITIONS,
    SHOWN,
    FocalPlane,
    FocusCell,
    FocusCurve,
    fit_focus,
    fit_plane,
    fit_size,
)
from station.metrology.sections import InputFile
from station.metrology.sharpness import Focus, FocusPosition
from station.vision.field import Field, decimation_for, look
from station.vision.growth import size_against
from station.vision.picture import Picture, picture_from
from station.vision.probe import Probes
from station.vision.refusal import Refusal
from station.vision.stretches import Stretch, stretches_of

Floats = NDArray[np.float64]

_CELLS = 3  # of the field each way
_LEAST_EDGES = 4  # stretches in a picture that tell its edge spread
_ALONG_DEG = 30.0  # a normal this near to an axis runs along it
_RESIDUAL_PERCENT = 5.0  # of the edge spread: more is no parabola


@dataclass(frozen=True, slots=True)
class FocusAsked:
    """What is asked: the edge spread that is allowed (px, None: what the quality gate allows), the scale if known, the
    relative change of a size that is allowed."""

    allowed_px: float | None = None
    mm_per_px: float | None = None
    size_allowed: float = 1e-4


@dataclass(frozen=True, slots=True)
class _Seen:
    """One picture of the series: what it shows at which height."""

    z_mm: float
    picture: Picture
    field: Field
    stretches: tuple[Stretch, ...]
    probes: Probes

    @property
    def sigma_px(self) -> float:
        """The median edge spread."""
        return float(np.median([s.sigma_px for s in self.stretches]))


def measure_focus(
    frames: Sequence[FocusFrame], asked: FocusAsked, signed: Signed, progress: Callable[[str], None] = lambda _: None
) -> Focus:
    """The document `focus/1` of a series.

    Raises:
        ImageError: a picture cannot be read, or differs in size.
        CalibrationError: too few heights with edges, or no best position among them.
    """
    _check(asked)
    seen, inputs, notes = _look_at(frames, progress)
    heights = len({s.z_mm for s in seen})
    if heights < LEAST_POSITIONS:
        raise CalibrationError(
            f"edges can be measured at {heights} heights, at least {LEAST_POSITIONS} are needed"
            + (f" ({notes[0]})" if notes else "")
        )
    z = np.array([s.z_mm for s in seen])
    curve = fit_focus(z, np.array([s.sigma_px for s in seen]))
    if curve.residual_percent > _RESIDUAL_PERCENT:
        notes.append(
            f"The edge spreads lie {curve.residual_percent:.0f} % off the parabola: the heights are not what they say, "
            "or the blur is no Gaussian; take the depth with care."
        )
    best = min(seen, key=lambda s: abs(s.z_mm - curve.best_mm.value))
    sizes = [1.0 if s is best else size_against(s.picture, s.field, s.sigma_px, best.probes, best.field) for s in seen]
    sharpest = curve.sharpest_px.value
    allowed = asked.allowed_px or max(FOCUS_RATIO * sharpest, sharpest + FOCUS_MARGIN_PX)
    if allowed <= sharpest:
        raise CalibrationError(f"{allowed:g} px are allowed, but edges are never sharper than {sharpest:.2f} px")
    cells = _cells(seen)
    plane = fit_plane(cells)
    growth = _growth(z, sizes, curve)
    half_mm = None if asked.mm_per_px is None else 0.5 * asked.mm_per_px * math.hypot(*best.picture.grey.shape)
    return Focus(
        made=signed.made_from(inputs),
        width_px=best.picture.width_px,
        height_px=best.picture.height_px,
        mm_per_px=asked.mm_per_px,
        curve=curve,
        allowed_px=allowed,
        depth_mm=curve.depth_mm(allowed),
        sideways_mm=_sideways(seen),
        plane=plane,
        tilt_deg=_tilt(plane, asked.mm_per_px),
        cells=tuple(cells),
        size_per_mm=growth,
        size_allowed=asked.size_allowed,
        size_depth_mm=None if growth is None or not _shown(growth) else asked.size_allowed / abs(growth.value),
        chief_ray_deg=None if growth is None or half_mm is None else math.degrees(math.atan(growth.value * half_mm)),
        positions=tuple(
            FocusPosition(s.z_mm, s.sigma_px, len(s.stretches), size) for s, size in zip(seen, sizes, strict=True)
        ),
        notes=tuple(notes),
    )


def _check(asked: FocusAsked) -> None:
    for name, value in (("the allowed edge spread", asked.allowed_px), ("the scale", asked.mm_per_px)):
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise CalibrationError(f"{name} has to be a positive number, not {value:g}")
    if not (math.isfinite(asked.size_allowed) and asked.size_allowed > 0.0):
        raise CalibrationError(f"the allowed change of size has to be a positive number, not {asked.size_allowed:g}")


def _look_at(
    frames: Sequence[FocusFrame], progress: Callable[[str], None]
) -> tuple[list[_Seen], list[InputFile], list[str]]:
    seen: list[_Seen] = []
    inputs, notes = [], []
    shape: tuple[int, ...] | None = None
    for frame in sorted(frames, key=lambda f: f.z_mm):
        progress(frame.path.name)
        taken, file = read_frame(frame.path, frame.place)
        inputs.append(file)
        picture = picture_from(taken.pixels)
        if shape is not None and picture.grey.shape != shape:
            raise CalibrationError("the pictures of the series differ in size", place=frame.place)
        shape = picture.grey.shape
        field = look(picture, decimation_for(picture, None))
        if isinstance(field, Refusal):
            notes.append(f"Not used: {frame.path.name}: {field.sentence}")
            continue
        stretches, probes = stretches_of(picture, field)
        if len(stretches) < _LEAST_EDGES:
            notes.append(f"Not used: {frame.path.name}: only {len(stretches)} smooth edges can be measured in it.")
            continue
        if field.clipped:
            notes.append(
                f"{frame.path.name} is clipped at the camera's limit, which sharpens edges: shorten the exposure."
            )
        seen.append(_Seen(frame.z_mm, picture, field, stretches, probes))
    return seen, inputs, notes


def _cells(seen: Sequence[_Seen]) -> list[FocusCell]:
    """The best position of each ninth of the field that has edges at enough heights."""
    height, width = seen[0].picture.grey.shape
    found = []
    for row in range(_CELLS):
        for column in range(_CELLS):
            z, sigma, places = [], [], []
            for s in seen:
                here = [
                    e
                    for e in s.stretches
                    if int(_CELLS * e.x_px / width) == column and int(_CELLS * e.y_px / height) == row
                ]
                if here:
                    z.append(s.z_mm)
                    # Means of σ² over a tilted cell are the parabola of its mean place; medians are not.
                    sigma.append(float(np.sqrt(np.mean([e.sigma_px**2 for e in here]))))
                    places += [(e.x_px, e.y_px) for e in here]
            curve = _fitted(z, sigma)
            if curve is not None:
                x, y = np.mean(places, axis=0)
                found.append(FocusCell(float(x), float(y), curve.best_mm))
    return found


def _sideways(seen: Sequence[_Seen]) -> Estimate | None:
    """Best position of edges whose normals run across the picture less that of edges whose normals run down."""
    curves = []
    for axis_deg in (0.0, 90.0):
        z, sigma = [], []
        for s in seen:
            here = [
                e.sigma_px for e in s.stretches if abs((e.normal_deg - axis_deg + 90.0) % 180.0 - 90.0) < _ALONG_DEG
            ]
            if len(here) >= 2:
                z.append(s.z_mm)
                sigma.append(float(np.median(here)))
        curves.append(_fitted(z, sigma))
    across, down = curves
    if across is None or down is None:
        return None
    return Estimate(across.best_mm.value - down.best_mm.value, math.hypot(across.best_mm.u, down.best_mm.u))


def _fitted(z: list[float], sigma: list[float]) -> FocusCurve | None:
    try:
        return fit_focus(np.array(z), np.array(sigma)) if len(set(z)) >= LEAST_POSITIONS else None
    except CalibrationError:
        return None


def _growth(z: Floats, sizes: Sequence[float | None], curve: FocusCurve) -> Estimate | None:
    known = [k for k, size in enumerate(sizes) if size is not None]
    if len({float(z[k]) for k in known}) < LEAST_POSITIONS:
        return None
    return fit_size(z[known], np.array([sizes[k] for k in known], np.float64), curve.best_mm.value)


def _shown(estimate: Estimate) -> bool:
    return abs(estimate.value) > SHOWN * estimate.u


def _tilt(plane: FocalPlane | None, mm_per_px: float | None) -> Estimate | None:
    """Angle between the plane of best focus and the plane of equal heights."""
    if plane is None or mm_per_px is None:
        return None
    x, y = plane.per_px_x.times(1.0 / mm_per_px), plane.per_px_y.times(1.0 / mm_per_px)
    slope = math.hypot(x.value, y.value)
    u = math.hypot(x.value * x.u, y.value * y.u) / slope if slope > 0.0 else math.hypot(x.u, y.u)
    return Estimate(math.degrees(math.atan(slope)), math.degrees(u))

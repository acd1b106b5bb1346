"""The figures of a camera's calibration: residuals, coverage, distortion, uncertainty over the field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from station.metrology.camera import CameraModel
from station.metrology.lens import CameraCalibration
from station.metrology.lens_uncertainty import place_u_px

Floats = NDArray[np.float64]

MOST_SHOWN = 24  # pictures with a plot of their own
_ACROSS = 3
_COLOUR = "#1f5fa8"


def residual_figures(model: CameraModel, fit: CameraCalibration) -> list[tuple[str, Figure]]:
    """Residual vectors, one small plot per picture, at one magnification."""
    ends = np.cumsum([view.corners for view in fit.views])
    parts = np.split(fit.residuals, ends[:-1])
    growth = _magnification(model, fit.residuals[:, 2:])
    shown = list(zip(fit.views, parts, strict=True))[:MOST_SHOWN]
    across = min(_ACROSS, len(shown))
    down = -(-len(shown) // across)
    side = (10.5 if across > 1 else 8.0) / across
    height = side * model.height_px / model.width_px
    figure = Figure(figsize=(side * across, (height + 0.45) * down + 0.3), layout="constrained")
    for number, (view, part) in enumerate(shown, start=1):
        axes = _field(figure, (down, across, number), model)
        axes.set_title(f"{view.name}: {view.rms_px:.3g} px, {view.corners}", fontsize=8)
        _arrows(axes, part[:, :2], part[:, 2:], growth)
    more = f"; {len(parts) - MOST_SHOWN} more pictures are not drawn" if len(parts) > MOST_SHOWN else ""
    figure.suptitle(f"residuals × {growth:g}{more}", fontsize=9)
    return [("residuals over the field", figure)]


def rms_figure(fit: CameraCalibration) -> Figure:
    """Rms and number of points of each picture."""
    names = [view.name for view in fit.views]
    figure = Figure(figsize=(8, 0.8 + 0.24 * len(names)), layout="constrained")
    axes = figure.subplots()
    place = list(range(len(names)))
    axes.barh(place, [view.rms_px for view in fit.views], color=_COLOUR, height=0.7)
    for at, view in zip(place, fit.views, strict=True):
        axes.text(view.rms_px, at, f" {view.corners} points", va="center", fontsize=7)
    axes.set_yticks(place, names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.2 * max(view.rms_px for view in fit.views) + 1e-9)
    axes.set_xlabel("rms of the residuals, px")
    return figure


def coverage_figure(model: CameraModel, fit: CameraCalibration) -> Figure:
    """Every point used, over the counts per cell of the field."""
    figure = Figure(figsize=(7, 0.6 + 6.0 * model.height_px / model.width_px), layout="constrained")
    axes = _field(figure, (1, 1, 1), model)
    if model.evidence is not None:
        cells = np.array(model.evidence.coverage, dtype=np.float64)
        extent = (-0.5, model.width_px - 0.5, model.height_px - 0.5, -0.5)
        shown = axes.imshow(np.where(cells > 0, cells, np.nan), extent=extent, cmap="Blues", vmin=0, alpha=0.8)
        figure.colorbar(shown, ax=axes, label="points per cell", shrink=0.8)
    axes.plot(fit.residuals[:, 0], fit.residuals[:, 1], ".", color="#222222", markersize=1.5, rasterized=False)
    return figure


def distortion_figure(model: CameraModel) -> Figure:
    """How far the lens moves points, against the best lens without distortion."""
    points, shape = _grid(model, 33)
    arrows, _ = _grid(model, 13)
    figure = Figure(figsize=(7, 0.6 + 6.0 * model.height_px / model.width_px), layout="constrained")
    axes = _field(figure, (1, 1, 1), model)
    size = np.hypot(*_bending(model, points).T).reshape(shape)
    if np.ptp(size) > 1e-9:
        x, y = points[:, 0].reshape(shape), points[:, 1].reshape(shape)
        shown = axes.contourf(x, y, size, levels=12, cmap="viridis")
        figure.colorbar(shown, ax=axes, label="moved by, px", shrink=0.8)
        moved = _bending(model, arrows)
        growth = _magnification(model, moved, share=0.06)
        _arrows(axes, arrows, moved, growth, colour="white")
        axes.set_title(f"arrows × {growth:g}", fontsize=8)
    else:
        axes.set_title("no distortion", fontsize=8)
    return figure


def uncertainty_figure(model: CameraModel) -> Figure:
    """Standard uncertainty of places in the field against each other."""
    points, shape = _grid(model, 25)
    figure = Figure(figsize=(7, 0.6 + 6.0 * model.height_px / model.width_px), layout="constrained")
    axes = _field(figure, (1, 1, 1), model)
    u = place_u_px(model, points).reshape(shape)
    shown = axes.contourf(points[:, 0].reshape(shape), points[:, 1].reshape(shape), u, levels=12, cmap="magma_r")
    figure.colorbar(shown, ax=axes, label="standard uncertainty, px", shrink=0.8)
    return figure


def _bending(model: CameraModel, points: Floats) -> Floats:
    """(n, 2) px: where the lens shows points minus where its rest without distortion, best fitted, would."""
    plain = replace(model, distortion=(0.0, 0.0, 0.0, 0.0, 0.0), evidence=None)
    ideal = plain.to_px(model.to_mm(points))
    off = points - ideal
    x, y = (ideal - ideal.mean(axis=0)).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    design = np.concatenate([np.column_stack([x, -y, one, zero]), np.column_stack([y, x, zero, one])])
    flat = off.T.ravel()
    return np.asarray((flat - design @ np.linalg.lstsq(design, flat, rcond=None)[0]).reshape(2, -1).T)


def _grid(model: CameraModel, across: int) -> tuple[Floats, tuple[int, int]]:
    down = max(3, round(across * model.height_px / model.width_px))
    x, y = np.meshgrid(np.linspace(0, model.width_px - 1, across), np.linspace(0, model.height_px - 1, down))
    return np.column_stack([x.ravel(), y.ravel()]), (down, across)


def _field(figure: Figure, place: tuple[int, int, int], model: CameraModel) -> Axes:
    axes = figure.add_subplot(*place)
    axes.set_xlim(-0.5, model.width_px - 0.5)
    axes.set_ylim(model.height_px - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=6)
    axes.locator_params(nbins=5)
    return axes


def _magnification(model: CameraModel, errors: Floats, share: float = 0.05) -> float:
    """A round number that draws the larger of the errors as `share` of the picture's width."""
    large = float(np.percentile(np.hypot(errors[:, 0], errors[:, 1]), 95)) if len(errors) else 0.0
    if large <= 0.0:
        return 1.0
    wanted = share * model.width_px / large
    decade = 10.0 ** np.floor(np.log10(wanted))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * decade <= wanted * 1.0001) * decade)


def _arrows(axes: Axes, points: Floats, errors: Floats, growth: float, colour: str = _COLOUR) -> None:
    axes.quiver(
        points[:, 0], points[:, 1], growth * errors[:, 0], growth * errors[:, 1],
        angles="xy", scale_units="xy", scale=1.0, width=0.0022, color=colour,
    )  # fmt: skip

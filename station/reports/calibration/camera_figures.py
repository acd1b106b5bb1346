"""The figures of a camera's calibration: residuals, coverage, distortion, uncertainty over the field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from station.metrology.camera import CameraModel
from station.metrology.lens import CameraCalibration
from station.metrology.lens_uncertainty import place_u_px
from station.reports.calibration.field import arrows, field, frame, magnification
from station.reports.document import Plot
from station.reports.drawing import BLUE, WHOLE, canvas

Floats = NDArray[np.float64]

MOST_SHOWN = 24  # pictures with a plot of their own
_ACROSS = 3
_LONGEST_NAME = 26


def residual_plot(model: CameraModel, fit: CameraCalibration) -> Plot:
    """Residual vectors, one small plot per picture, at one magnification."""
    ends = np.cumsum([view.corners for view in fit.views])
    parts = np.split(fit.residuals, ends[:-1])
    growth = magnification(model.width_px, fit.residuals[:, 2:])
    shown = list(zip(fit.views, parts, strict=True))[:MOST_SHOWN]
    across = min(_ACROSS, len(shown))
    down = -(-len(shown) // across)
    width = WHOLE if across > 1 else 0.75 * WHOLE
    height = (width / across - 0.5) * model.height_px / model.width_px
    with canvas(width, (height + 0.7) * down, rows=down, columns=across) as c:
        for axes, (view, part) in zip(c.axes, shown, strict=False):
            frame(axes, model.width_px, model.height_px)
            axes.tick_params(labelsize=7)
            axes.set(xlabel="", ylabel="")
            axes.set_title(f"{_short(view.name)}: {view.rms_px:.2g} px", fontsize=8)
            arrows(axes, part[:, :2], part[:, 2:], growth)
        for axes in c.axes[len(shown) :]:
            axes.set_visible(False)
        more = f" {len(parts) - MOST_SHOWN} more pictures are not drawn." if len(parts) > MOST_SHOWN else ""
        caption = f"Axes in px; arrows {growth:g} times as long as they are; after each name the rms.{more}"
        return c.plot("Residuals over the field", caption, wide=True)


def rms_plot(fit: CameraCalibration) -> Plot:
    """Rms and number of points of each picture."""
    with canvas(WHOLE, 0.8 + 0.24 * len(fit.views)) as c:
        place = range(len(fit.views))
        c.axis.barh(place, [view.rms_px for view in fit.views], color=BLUE, height=0.7)
        for at, view in zip(place, fit.views, strict=True):
            c.axis.text(view.rms_px, at, f" {view.corners} points", va="center", fontsize=8)
        c.axis.set_yticks(place, [_short(view.name) for view in fit.views])
        c.axis.invert_yaxis()
        c.axis.set_xlim(0, 1.2 * max(view.rms_px for view in fit.views) + 1e-9)
        c.axis.set_xlabel("rms of the residuals, px")
        c.axis.grid(visible=False, axis="y")
        return c.plot("Picture by picture", "A picture that stands out was blurred, moved, or shows a bent board.",
                      wide=True)  # fmt: skip


def coverage_plot(model: CameraModel, fit: CameraCalibration) -> Plot:
    """Every point used, over the counts per cell of the field."""
    with field(model.width_px, model.height_px) as c:
        if model.evidence is not None:
            cells = np.array(model.evidence.coverage, dtype=np.float64)
            extent = (-0.5, model.width_px - 0.5, model.height_px - 0.5, -0.5)
            shown = c.axis.imshow(np.where(cells > 0, cells, np.nan), extent=extent, cmap="Blues", vmin=0, alpha=0.8)
            c.figure.colorbar(shown, ax=c.axis, label="points per cell", shrink=0.8)
        c.axis.plot(fit.residuals[:, 0], fit.residuals[:, 1], ".", color="#222222", markersize=1.5)
        return c.plot("Coverage", "Dots: every point that was used. White cells have none.")


def distortion_plot(model: CameraModel) -> Plot:
    """How far the lens moves points, against the best lens without distortion."""
    points, shape = _grid(model, 33)
    size = np.hypot(*_bending(model, points).T).reshape(shape)
    caption = "How far points are moved from where a lens without distortion, best fitted, would show them"
    with field(model.width_px, model.height_px) as c:
        if np.ptp(size) <= 1e-9:
            c.axis.text(0.5, 0.5, "no distortion", transform=c.axis.transAxes, ha="center")
            return c.plot("Distortion", f"{caption}.")
        x, y = points[:, 0].reshape(shape), points[:, 1].reshape(shape)
        shown = c.axis.contourf(x, y, size, levels=12, cmap="viridis")
        c.figure.colorbar(shown, ax=c.axis, label="moved by, px", shrink=0.8)
        at, _ = _grid(model, 13)
        moved = _bending(model, at)
        growth = magnification(model.width_px, moved, share=0.06)
        arrows(c.axis, at, moved, growth, colour="white")
        return c.plot("Distortion", f"{caption}; arrows × {growth:g}.")


def uncertainty_plot(model: CameraModel) -> Plot:
    """Standard uncertainty of places in the field against each other."""
    points, shape = _grid(model, 25)
    with field(model.width_px, model.height_px) as c:
        u = place_u_px(model, points).reshape(shape)
        shown = c.axis.contourf(points[:, 0].reshape(shape), points[:, 1].reshape(shape), u, levels=12, cmap="magma_r")
        c.figure.colorbar(shown, ax=c.axis, label="standard uncertainty, px", shrink=0.8)
        return c.plot(
            "Uncertainty of the lens model",
            "Of places against each other, after the shift, turn and scale common to all. It grows where no picture "
            "had points.",
        )


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


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:12]}…{name[-12:]}"

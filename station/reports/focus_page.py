"""The page of `focus/1`: the edge spread against height, where it is best over the field, size against height."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from station.metrology.rounding import with_uncertainty
from station.metrology.sharpness import Focus
from station.reports.document import Section, figure, page, table

BLUE, RED, GREY = "#1f5fa8", "#c8501e", "#888888"


def focus_page(focus: Focus, rows: Sequence[tuple[str, str]]) -> str:
    """The page as HTML; `rows` are the document's figures in words."""
    sections = [
        Section("Figures", ("± is the expanded uncertainty, U = 2 u.",), (table((), rows),)),
        Section(
            "Edge spread against height",
            (
                "Median over all edges of a picture, with the parabola σ² = σ0² + (c (z − z0))². Within the shaded "
                "range edges stay as sharp as allowed. Below: what the parabola leaves.",
            ),
            (figure(_curve_figure(focus), "edge spread against height with the fitted parabola and its residuals"),),
        ),
    ]
    if focus.notes:
        sections.insert(1, Section("To be noted", focus.notes))
    if len(focus.cells) > 1:
        sections.append(
            Section(
                "Best position over the field",
                ("Best height of each part of the field that has edges, less the best of all; a slope is a tilt.",),
                (figure(_field_figure(focus), "best height over the field"),),
            )
        )
    if focus.size_per_mm is not None:
        sections.append(
            Section(
                "Size against height",
                ("Off the size in the sharpest picture. A telecentric lens shows one size at every height.",),
                (figure(_size_figure(focus), "relative size against height"),),
            )
        )
    intro = ["Best position, depth of field, tilt, telecentricity. Procedure and formulas: docs/calibration-light.md."]
    return page("Focus", intro, sections)


def _curve_figure(focus: Focus) -> Figure:
    drawn = Figure(figsize=(8, 5.2), layout="constrained")
    above, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    curve = focus.curve
    z = np.array([p.z_mm for p in focus.positions])
    sigma = np.array([p.sigma_px for p in focus.positions])
    grid = np.linspace(z.min(), z.max(), 200)
    above.axvspan(
        curve.best_mm.value - focus.depth_mm, curve.best_mm.value + focus.depth_mm, color=BLUE, alpha=0.08, lw=0
    )
    above.plot(grid, [curve.sigma_px(at) for at in grid], color=RED, lw=1.2)
    above.plot(z, sigma, "o", color=BLUE, ms=5)
    above.axhline(focus.allowed_px, color=GREY, lw=0.8, ls="--")
    above.annotate("allowed", (z.min(), focus.allowed_px), va="bottom", fontsize=8, color=GREY)
    above.axvline(curve.best_mm.value, color=GREY, lw=0.8)
    above.set(
        ylabel="edge spread σ, px", ylim=(0.0, None), xlim=(z.min() - 0.03 * np.ptp(z), z.max() + 0.03 * np.ptp(z))
    )
    fitted = np.array([curve.sigma_px(at) for at in z])
    below.axhline(0.0, color=RED, lw=1.0)
    below.plot(z, 100.0 * (sigma / fitted - 1.0), "o", color=BLUE, ms=4)
    below.set(xlabel="height z, mm", ylabel="off the fit, %")
    return drawn


def _field_figure(focus: Focus) -> Figure:
    drawn = Figure(figsize=(8, 8 * focus.height_px / focus.width_px), layout="constrained")
    axes = drawn.subplots()
    x, y = np.array([c.x_px for c in focus.cells]), np.array([c.y_px for c in focus.cells])
    off = np.array([c.best_mm.value for c in focus.cells]) - focus.curve.best_mm.value
    reach = max(float(np.abs(off).max()), 1e-9)
    shown = axes.scatter(x, y, c=1e3 * off, s=500, cmap="coolwarm", vmin=-1e3 * reach, vmax=1e3 * reach)
    for cell, value in zip(focus.cells, off, strict=True):
        text = with_uncertainty(1e3 * value, 2e3 * cell.best_mm.u)
        axes.annotate(text, (cell.x_px, cell.y_px), (0, 14), textcoords="offset points", ha="center", fontsize=8)
    axes.set(xlabel="x, px", ylabel="y, px", xlim=(0.0, focus.width_px), ylim=(focus.height_px, 0.0))
    axes.grid(visible=False)
    drawn.colorbar(shown, ax=axes, label="best height less that of all, µm")
    return drawn


def _size_figure(focus: Focus) -> Figure:
    drawn = Figure(figsize=(8, 3.0), layout="constrained")
    axes = drawn.subplots()
    known = [(p.z_mm, p.size) for p in focus.positions if p.size is not None]
    z, size = np.array(known).T
    axes.plot(z, 1e6 * (size - 1.0), "o", color=BLUE, ms=5)
    if focus.size_per_mm is not None:
        line = focus.size_per_mm.value * (z - z.mean())
        axes.plot(z, 1e6 * (line + (size - 1.0).mean()), color=RED, lw=1.2)
    axes.set(xlabel="height z, mm", ylabel="size, ppm")
    return drawn

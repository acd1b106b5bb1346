"""The page of `focus/1`: the edge spread against height, where it is best over the field, size against height."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from station.metrology.rounding import with_uncertainty
from station.metrology.sharpness import Focus
from station.reports.calibration.field import field
from station.reports.calibration.instrument import instrument_page, judged
from station.reports.document import Document, Fact, Plot, Section, Table, numbers
from station.reports.drawing import BLUE, GREY, RED, WHOLE, canvas


def focus_page(focus: Focus, rows: Sequence[tuple[str, str]]) -> Document:
    """The page; `rows` are the document's figures in words."""
    plots = [_curve_plot(focus)]
    if len(focus.cells) > 1:
        plots.append(_field_plot(focus))
    if focus.size_per_mm is not None:
        plots.append(_size_plot(focus))
    best = focus.curve.best_mm
    sentence = (
        f"Edges are sharpest at {with_uncertainty(best.value, 2.0 * best.u)} mm; within ± {focus.depth_mm:.2g} mm of "
        f"it they stay below {focus.allowed_px:.2f} px."
    )
    return instrument_page(
        title="Focus",
        method="focus/1 · parabola through the edge spreads; formulas: docs/calibration-light.md",
        asked="At which height is a part sharp, how far may it lie off, and does its size then stay the same?",
        judgement=judged(sentence, focus.notes),
        made=focus.made,
        parameters=(
            Fact("edge spread allowed", f"{focus.allowed_px:.2f} px (σ)"),
            Fact("change of a size allowed", f"{100 * focus.size_allowed:g} %"),
            Fact("picture", f"{focus.width_px} × {focus.height_px} px"),
        ),
        rows=rows,
        sections=(Section("Plots", plots=tuple(plots)), _heights(focus)),
        notes=focus.notes,
    )


def _heights(focus: Focus) -> Section:
    rows = []
    for p in focus.positions:
        size = "–" if p.size is None else f"{p.size:.6f}"
        rows.append((f"{p.z_mm:+.4g}", f"{p.sigma_px:.3f}", f"{focus.curve.sigma_px(p.z_mm):.3f}", str(p.edges), size))
    columns = numbers("Height, mm", "Edge spread, px", "Fit, px", "Edges", "Size, of the sharpest")
    return Section("Heights", table=Table(columns, tuple(rows)))


def _curve_plot(focus: Focus) -> Plot:
    curve = focus.curve
    z = np.array([p.z_mm for p in focus.positions])
    sigma = np.array([p.sigma_px for p in focus.positions])
    grid = np.linspace(z.min(), z.max(), 200)
    fitted = np.array([curve.sigma_px(at) for at in z])
    with canvas(WHOLE, 4.6, rows=2, share=True, heights=(3, 1)) as c:
        above, below = c.axes
        best = curve.best_mm.value
        above.axvspan(best - focus.depth_mm, best + focus.depth_mm, color=BLUE, alpha=0.08, lw=0)
        above.plot(grid, [curve.sigma_px(at) for at in grid], color=RED)
        above.plot(z, sigma, "o", color=BLUE)
        above.axhline(focus.allowed_px, color=GREY, lw=0.8, ls="--")
        above.annotate("allowed", (z.min(), focus.allowed_px), va="bottom", fontsize=8, color=GREY)
        above.axvline(best, color=GREY, lw=0.8)
        margin = 0.03 * np.ptp(z)
        above.set(ylabel="edge spread σ, px", ylim=(0.0, None), xlim=(z.min() - margin, z.max() + margin))
        below.axhline(0.0, color=RED, lw=1.0)
        below.plot(z, 100.0 * (sigma / fitted - 1.0), "o", color=BLUE)
        below.set(xlabel="height z, mm", ylabel="off the fit, %")
        return c.plot(
            "Edge spread against height",
            "Median over all edges of a picture, with the parabola σ² = σ0² + (c (z − z0))². Within the shaded range "
            "edges stay as sharp as allowed. Below: what the parabola leaves.",
            wide=True,
        )


def _field_plot(focus: Focus) -> Plot:
    x, y = np.array([c.x_px for c in focus.cells]), np.array([c.y_px for c in focus.cells])
    off = np.array([c.best_mm.value for c in focus.cells]) - focus.curve.best_mm.value
    reach = 1e3 * max(float(np.abs(off).max()), 1e-9)
    with field(focus.width_px, focus.height_px) as c:
        shown = c.axis.scatter(x, y, c=1e3 * off, s=150, cmap="coolwarm", vmin=-reach, vmax=reach, edgecolor=GREY)
        for cell, value in zip(focus.cells, off, strict=True):
            text = with_uncertainty(1e3 * value, 2e3 * cell.best_mm.u).replace(" ± ", "\n± ")
            c.axis.annotate(text, (cell.x_px, cell.y_px), (0, -9), textcoords="offset points", ha="center", va="top",
                            fontsize=7)  # fmt: skip
        c.figure.colorbar(shown, ax=c.axis, label="best height less that of all, µm", shrink=0.8)
        return c.plot(
            "Best position over the field",
            "Best height (µm, with U) of each part of the field that has edges, less the best of all; a slope is a "
            "tilt.",
        )


def _size_plot(focus: Focus) -> Plot:
    z, size = np.array([(p.z_mm, p.size) for p in focus.positions if p.size is not None]).T
    with canvas(height=3.2) as c:
        c.axis.plot(z, 1e6 * (size - 1.0), "o", color=BLUE)
        if focus.size_per_mm is not None:
            line = focus.size_per_mm.value * (z - z.mean())
            c.axis.plot(z, 1e6 * (line + (size - 1.0).mean()), color=RED)
        c.axis.set(xlabel="height z, mm", ylabel="size off the sharpest picture's, ppm")
        return c.plot("Size against height", "A telecentric lens shows one size at every height.")

"""The page of `light/1`: photon transfer, linearity, the lamp's fall-off, and what was said about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from station.metrology.light import Light
from station.metrology.photon_transfer import GAIN_RANGE, LINEAR_RANGE, PhotonTransfer
from station.reports.document import Section, figure, page, table

BLUE, RED, GREY = "#1f5fa8", "#c8501e", "#888888"


def light_page(light: Light, rows: Sequence[tuple[str, str]]) -> str:
    """The page as HTML; `rows` are the document's figures in words."""
    t = light.transfer
    sections = [
        Section("Figures", ("± is the expanded uncertainty, U = 2 u.",), (table((), rows),)),
        Section(
            "Photon transfer",
            (
                "Temporal variance of a pixel against its level, both above the dark. The slope is the gain K; photons "
                "alone make it a straight line. Hollow points were not used for the slope.",
            ),
            (figure(_transfer_figure(t), "temporal variance against level with the fitted gain"),),
        ),
        Section(
            "Linearity",
            (
                "Deviation of the level from the straight line against exposure, relative to the line (EMVA 1288); the "
                "bars are two standard uncertainties. A bow is the camera; single points that stand out are the lamp.",
            ),
            (figure(_linearity_figure(t), "deviation from the straight line against level"),),
        ),
        Section(
            "Signal to noise",
            ("The line is what dark noise, photons and the converter allow.",),
            (figure(_snr_figure(t), "signal-to-noise ratio against electrons"),),
        ),
        Section(
            "The lamp over the field",
            ("Level in percent of the brightest cell, as the picture lies.",),
            (figure(_lamp_figure(light), "map of the lamp's level over the field"),),
        ),
    ]
    if light.pixels.hot or light.pixels.dead:
        listed = [("hot", light.pixels.hot), ("dead or off", light.pixels.dead)]
        lines = [(kind, str(x), str(y)) for kind, places in listed for x, y in places[:20]]
        sections.append(
            Section(
                "Defective pixels",
                (f"The worst of {light.pixels.hot_count} that are hot and {light.pixels.dead_count} that are off.",),
                (table(("Kind", "Column", "Row"), lines),),
            )
        )
    notes = (*t.notes, *light.notes)
    if notes:
        sections.insert(1, Section("To be noted", notes))
    intro = [
        "Camera and lamp after EMVA 1288, release 4, linear model. Procedure and formulas: docs/calibration-light.md."
    ]
    return page("Light", intro, sections)


def _transfer_figure(t: PhotonTransfer) -> Figure:
    drawn = Figure(figsize=(8, 4.2), layout="constrained")
    axes = drawn.subplots()
    signal = np.array([p.signal_dn for p in t.points])
    variance = np.array([p.variance_dn2 for p in t.points])
    used = np.array([p.for_gain for p in t.points])
    end = GAIN_RANGE * t.saturation_dn
    offset = float(np.mean(variance[used] - t.gain_dn_per_e.value * signal[used])) if t.dark_noise_is_limit else 0.0
    axes.plot([0.0, end], [offset, offset + t.gain_dn_per_e.value * end], color=RED, lw=1.2, label="fit")
    axes.plot([end, t.saturation_dn], offset + t.gain_dn_per_e.value * np.array([end, t.saturation_dn]), ":", color=RED)
    axes.plot(signal[used], variance[used], "o", color=BLUE, ms=5, label="used")
    axes.plot(signal[~used], variance[~used], "o", mfc="none", color=BLUE, ms=5, label="not used")
    axes.axvline(t.saturation_dn, color=GREY, lw=0.8)
    axes.annotate("saturation", (t.saturation_dn, 0.0), rotation=90, ha="right", va="bottom", fontsize=8, color=GREY)
    axes.set(xlabel="level above dark, DN", ylabel="temporal variance above dark, DN²", xlim=(0.0, None))
    axes.set_ylim(0.0, 1.15 * float(variance.max()))
    axes.legend(frameon=False)
    return drawn


def _linearity_figure(t: PhotonTransfer) -> Figure:
    drawn = Figure(figsize=(8, 3.2), layout="constrained")
    axes = drawn.subplots()
    share = np.array([100.0 * p.signal_dn / t.saturation_dn for p in t.points])
    off = np.array([p.deviation_percent for p in t.points])
    bars = 2.0 * np.array([p.u_deviation_percent for p in t.points])
    used = np.array([p.for_linearity for p in t.points])
    axes.axhline(0.0, color=RED, lw=1.0)
    axes.errorbar(share[used], off[used], bars[used], fmt="o", color=BLUE, ms=5, lw=1.0)
    axes.axvspan(*(100.0 * edge for edge in LINEAR_RANGE), color=BLUE, alpha=0.06, lw=0)
    # What saturates would hide the rest.
    reach = 1.3 * float((np.abs(off) + bars)[used].max()) + 1e-9
    axes.set(xlabel="level, % of saturation", ylabel="off the line, %", xlim=(0.0, 105.0), ylim=(-reach, reach))
    return drawn


def _snr_figure(t: PhotonTransfer) -> Figure:
    drawn = Figure(figsize=(8, 3.6), layout="constrained")
    axes = drawn.subplots()
    gain = t.gain_dn_per_e.value
    dark = t.dark_noise_e.value**2 + 1.0 / 12.0 / gain**2
    electrons = np.array([p.signal_dn / gain for p in t.points])
    variance = np.array([p.variance_dn2 / gain**2 for p in t.points])
    grid = np.geomspace(1.0, max(t.saturation_e.value, 10.0), 100)
    axes.loglog(grid, grid / np.sqrt(grid + dark), color=RED, lw=1.2, label="model")
    axes.loglog(grid, np.sqrt(grid), ":", color=GREY, lw=1.0, label="photons alone")
    shown = (variance + dark > 0.0) & (electrons <= 1.001 * t.saturation_dn / gain)
    ratio = electrons[shown] / np.sqrt((variance + dark)[shown])
    axes.loglog(electrons[shown], ratio, "o", color=BLUE, ms=5, label="measured")
    axes.axhline(1.0, color=GREY, lw=0.6)
    axes.set(xlabel="signal, electrons", ylabel="signal-to-noise ratio")
    axes.legend(frameon=False)
    return drawn


def _lamp_figure(light: Light) -> Figure:
    cells = 100.0 * np.array(light.lamp.cells)
    drawn = Figure(figsize=(8, 8 * light.height_px / light.width_px + 0.3), layout="constrained")
    axes = drawn.subplots()
    shown = axes.imshow(cells, cmap="viridis", aspect="auto", extent=(0.0, light.width_px, light.height_px, 0.0))
    axes.set(xlabel="x, px", ylabel="y, px")
    axes.grid(visible=False)
    drawn.colorbar(shown, ax=axes, label="% of the brightest cell")
    rows, columns = cells.shape
    middle = 0.5 * (cells.min() + cells.max())
    for (row, column), value in np.ndenumerate(cells):
        at = (column + 0.5) * light.width_px / columns, (row + 0.5) * light.height_px / rows
        colour = "black" if value > middle else "white"
        axes.text(*at, f"{value:.0f}", ha="center", va="center", fontsize=7, color=colour)
    return drawn

"""The page of `psf/1`: edge spread beside the Gaussian step, modulation transfer, sharpness over the field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtr

from station.cycle.psf import PsfFound
from station.metrology.sharpness import Psf
from station.reports.document import Section, figure, page, table
from station.vision.slanted import FREQUENCIES, NYQUIST

BLUE, RED, GREY = "#1f5fa8", "#c8501e", "#888888"


def psf_page(found: PsfFound, rows: Sequence[tuple[str, str]]) -> str:
    """The page as HTML; `rows` are the document's figures in words."""
    psf = found.psf
    sections = [
        Section("Figures", ("± is the expanded uncertainty, U = 2 u.",), (table((), rows),)),
        Section(
            "Modulation transfer",
            (
                "Every edge that was looked at, with the transfer of the median Gaussian (dashed). A lens that is "
                "blurred by defocus, motion or sharpening has zeros or humps that a Gaussian has not.",
            ),
            (figure(_mtf_figure(psf), "modulation transfer of all edges"),),
        ),
        Section(
            "Edge and line spread",
            (
                "Left: the edge nearest to the median, with the Gaussian step that the vision core assumes. Right: "
                "what that step leaves at every edge, in percent of the contrast; noise alone leaves the grey band.",
            ),
            (figure(_esf_figure(found), "edge spread of the median edge and residuals of all"),),
        ),
        Section(
            "Over the field",
            ("Edge spread σ in pixels; bars lie along the normals of the edges.",),
            (figure(_field_figure(psf), "edge spread over the field"),),
        ),
    ]
    if psf.notes:
        sections.insert(1, Section("To be noted", psf.notes))
    intro = ["Slanted edges after ISO 12233 beside the vision core. Procedure and formulas: docs/calibration-light.md."]
    return page("Sharpness", intro, sections)


def _mtf_figure(psf: Psf) -> Figure:
    drawn = Figure(figsize=(8, 4.0), layout="constrained")
    axes = drawn.subplots()
    for number, place in enumerate(psf.places):
        axes.plot(FREQUENCIES, place.mtf, color=BLUE, lw=0.8, alpha=0.5, label="edges" if number == 0 else None)
    sigma = psf.summary.sigma_px.value
    axes.plot(FREQUENCIES, np.exp(-2.0 * (np.pi * sigma * FREQUENCIES) ** 2), "--", color=RED, lw=1.4, label="Gaussian")
    axes.axvline(NYQUIST, color=GREY, lw=0.8)
    axes.annotate("Nyquist", (NYQUIST, 1.0), rotation=90, ha="right", va="top", fontsize=8, color=GREY)
    axes.axhline(0.5, color=GREY, lw=0.5)
    axes.set(xlabel="cycles per pixel", ylabel="modulation transfer", xlim=(0.0, 1.0), ylim=(0.0, 1.1))
    axes.legend(frameon=False)
    return drawn


def _esf_figure(found: PsfFound) -> Figure:
    drawn = Figure(figsize=(10.5, 3.8), layout="constrained")
    left, right = drawn.subplots(1, 2)
    middle = found.psf.summary.sigma_px.value
    edge = min(found.edges, key=lambda e: abs(e.sigma_px - middle))
    shift = float(np.interp(0.5, edge.esf, edge.distance_px))
    left.plot(edge.distance_px - shift, 100.0 * edge.esf, ".", color=BLUE, ms=4)
    left.plot(edge.distance_px - shift, 100.0 * ndtr((edge.distance_px - shift) / edge.sigma_px), color=RED, lw=1.0)
    reach = 5.0 * middle + 1.0
    left.set(xlabel="distance from the edge, px", ylabel="edge spread, %", xlim=(-reach, reach))
    noise = 100.0 * float(np.median([e.noise for e in found.edges]))
    right.axhspan(-2.0 * noise, 2.0 * noise, color=GREY, alpha=0.25, lw=0)
    for e in found.edges:
        _residuals(right, e.distance_px, e.esf, e.sigma_px)
    right.set(xlabel="distance from the edge, px", ylabel="off the Gaussian step, %", xlim=(-reach, reach))
    return drawn


def _residuals(axes: Axes, distance: np.ndarray, esf: np.ndarray, sigma: float) -> None:
    shift = float(np.interp(0.5, esf, distance))
    axes.plot(distance - shift, 100.0 * (esf - ndtr((distance - shift) / sigma)), color=BLUE, lw=0.7, alpha=0.5)


def _field_figure(psf: Psf) -> Figure:
    drawn = Figure(figsize=(8, 8 * psf.height_px / psf.width_px + 0.3), layout="constrained")
    axes = drawn.subplots()
    x, y = np.array([p.x_px for p in psf.places]), np.array([p.y_px for p in psf.places])
    sigma = np.array([p.sigma_px.value for p in psf.places])
    angle = np.radians([p.normal_deg for p in psf.places])
    size = 0.04 * psf.width_px
    shown = axes.quiver(
        x, y, size * np.cos(angle), size * np.sin(angle), sigma, angles="xy", scale_units="xy", scale=1.0, pivot="mid",
        cmap="viridis", headwidth=1, headlength=0, headaxislength=0, width=0.006,
    )  # fmt: skip
    for at_x, at_y, value in zip(x, y, sigma, strict=True):
        axes.annotate(f"{value:.2f}", (at_x, at_y), (0, 7), textcoords="offset points", ha="center", fontsize=7)
    axes.set(xlabel="x, px", ylabel="y, px", xlim=(0.0, psf.width_px), ylim=(psf.height_px, 0.0))
    axes.grid(visible=False)
    drawn.colorbar(shown, ax=axes, label="edge spread σ, px")
    return drawn

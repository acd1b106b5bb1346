"""The page of `psf/1`: edge spread beside the Gaussian step, modulation transfer, sharpness over the field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from station.cycle.psf import PsfFound
from station.metrology.rounding import with_uncertainty
from station.metrology.sharpness import Psf
from station.reports.calibration.field import field
from station.reports.calibration.instrument import instrument_page, judged
from station.reports.document import Document, Fact, Plot, Section
from station.reports.drawing import BLUE, GREY, RED, canvas
from station.vision.slanted import FREQUENCIES, NYQUIST

_MOST_LABELS = 12  # figures beside edges: with more they cover each other, and the colours say it


def psf_page(found: PsfFound, rows: Sequence[tuple[str, str]]) -> Document:
    """The page; `rows` are the document's figures in words."""
    psf, s = found.psf, found.psf.summary
    sentence = (
        f"Edges are {with_uncertainty(s.sigma_px.value, 2.0 * s.sigma_px.u)} px wide (σ), {s.least_px:.3f} to "
        f"{s.largest_px:.3f} px over the field, and differ from a Gaussian step by {s.misfit_percent:.2f} %."
    )
    plots = (_mtf_plot(psf), _field_plot(psf), _esf_plot(found), _residual_plot(found))
    return instrument_page(
        title="Sharpness",
        method="psf/1 · slanted edges after ISO 12233 beside the vision core; formulas: docs/calibration-light.md",
        asked="How sharp are edges over the field, and are they the Gaussian steps that the vision core assumes?",
        judgement=judged(sentence, psf.notes),
        made=psf.made,
        parameters=(
            Fact("edges looked at", f"{s.places}, in 3 × 4 parts of the field"),
            Fact("picture", f"{psf.width_px} × {psf.height_px} px"),
        ),
        rows=rows,
        sections=(Section("Plots", plots=plots),),
        notes=psf.notes,
    )


def _mtf_plot(psf: Psf) -> Plot:
    sigma = psf.summary.sigma_px.value
    with canvas(height=3.3) as c:
        for number, place in enumerate(psf.places):
            c.axis.plot(FREQUENCIES, place.mtf, color=BLUE, lw=0.8, alpha=0.5, label="edges" if number == 0 else None)
        gaussian = np.exp(-2.0 * (np.pi * sigma * FREQUENCIES) ** 2)
        c.axis.plot(FREQUENCIES, gaussian, "--", color=RED, lw=1.4, label="median Gaussian")
        c.axis.axvline(NYQUIST, color=GREY, lw=0.8)
        c.axis.annotate("Nyquist ", (NYQUIST, 1.09), rotation=90, ha="right", va="top", fontsize=8, color=GREY)
        c.axis.axhline(0.5, color=GREY, lw=0.5)
        c.axis.set(xlabel="cycles per pixel", ylabel="modulation transfer", xlim=(0.0, 1.0), ylim=(0.0, 1.1))
        c.figure.legend(loc="outside upper center", ncols=2)
        return c.plot(
            "Modulation transfer",
            "Every edge that was looked at. Defocus, motion or sharpening have zeros or humps that a Gaussian has not.",
        )


def _esf_plot(found: PsfFound) -> Plot:
    middle = found.psf.summary.sigma_px.value
    edge = min(found.edges, key=lambda e: abs(e.sigma_px - middle))
    distance = edge.distance_px - float(np.interp(0.5, edge.esf, edge.distance_px))
    reach = 5.0 * middle + 1.0
    with canvas(height=3.2) as c:
        c.axis.plot(distance, 100.0 * edge.esf, ".", color=BLUE, label="edge nearest to the median")
        c.axis.plot(distance, 100.0 * ndtr(distance / edge.sigma_px), color=RED, lw=1.0, label="Gaussian step")
        c.axis.set(xlabel="distance from the edge, px", ylabel="level, % of the step", xlim=(-reach, reach))
        c.figure.legend(loc="outside upper center", ncols=2)
        return c.plot("Edge spread", "With the Gaussian step that the vision core assumes.")


def _residual_plot(found: PsfFound) -> Plot:
    reach = 5.0 * found.psf.summary.sigma_px.value + 1.0
    noise = 100.0 * float(np.median([e.noise for e in found.edges]))
    with canvas(height=3.2) as c:
        c.axis.axhspan(-2.0 * noise, 2.0 * noise, color=GREY, alpha=0.25, lw=0)
        for e in found.edges:
            distance = e.distance_px - float(np.interp(0.5, e.esf, e.distance_px))
            c.axis.plot(distance, 100.0 * (e.esf - ndtr(distance / e.sigma_px)), color=BLUE, lw=0.7, alpha=0.5)
        c.axis.set(xlabel="distance from the edge, px", ylabel="off the Gaussian step, %", xlim=(-reach, reach))
        return c.plot("What the Gaussian step leaves", "At every edge, in percent of the step; noise alone leaves the "
                      "grey band.")  # fmt: skip


def _field_plot(psf: Psf) -> Plot:
    x, y = np.array([p.x_px for p in psf.places]), np.array([p.y_px for p in psf.places])
    sigma = np.array([p.sigma_px.value for p in psf.places])
    angle = np.radians([p.normal_deg for p in psf.places])
    size = 0.04 * psf.width_px
    with field(psf.width_px, psf.height_px) as c:
        shown = c.axis.quiver(
            x, y, size * np.cos(angle), size * np.sin(angle), sigma, angles="xy", scale_units="xy", scale=1.0,
            pivot="mid", cmap="viridis", headwidth=1, headlength=0, headaxislength=0, width=0.008,
        )  # fmt: skip
        for at_x, at_y, value in zip(x, y, sigma, strict=True) if len(sigma) <= _MOST_LABELS else ():
            c.axis.annotate(f"{value:.2f}", (at_x, at_y), (0, 5), textcoords="offset points", ha="center", fontsize=7)
        c.figure.colorbar(shown, ax=c.axis, label="edge spread σ, px", shrink=0.8)
        return c.plot("Over the field", "Edge spread σ in px; bars lie along the normals of the edges.")

"""The page of `light/1`: photon transfer, linearity, the lamp's fall-off, and what was said about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from station.metrology.light import Light
from station.metrology.photon_transfer import GAIN_RANGE, LINEAR_RANGE, PhotonTransfer
from station.metrology.rounding import with_uncertainty
from station.reports.calibration.field import BESIDE, field
from station.reports.calibration.instrument import instrument_page, judged
from station.reports.document import Document, Fact, Judgement, Plot, Section, Table, Tone, numbers, words
from station.reports.drawing import BLUE, GREY, HALF, RED, canvas, plain_numbers

MOST_LISTED = 20  # defective pixels of a kind


def light_page(light: Light, rows: Sequence[tuple[str, str]]) -> Document:
    """The page; `rows` are the document's figures in words."""
    t = light.transfer
    plots = (_transfer_plot(t), _linearity_plot(t), _snr_plot(t), _lamp_plot(light))
    notes = (*t.notes, *light.notes)
    sections = [Section("Plots", plots=plots), _exposures(t)]
    if light.pixels.hot or light.pixels.dead:
        sections.append(_defects(light))
    return instrument_page(
        title="Camera and lamp",
        method="light/1 · EMVA 1288, release 4, linear model; formulas: docs/calibration-light.md",
        asked="Does the camera count photons as it should, and is the lamp even, steady and as it was?",
        judgement=_judgement(light, notes),
        made=light.made,
        parameters=(
            Fact("gain fitted", f"up to {100 * GAIN_RANGE:g} % of saturation"),
            Fact("linearity judged", f"{100 * LINEAR_RANGE[0]:g} to {100 * LINEAR_RANGE[1]:g} % of saturation"),
            Fact("picture", f"{light.width_px} × {light.height_px} px, {light.bit_depth} bits"),
        ),
        rows=rows,
        sections=sections,
        notes=notes,
    )


def _judgement(light: Light, notes: Sequence[str]) -> Judgement:
    t = light.transfer
    gain = with_uncertainty(t.gain_dn_per_e.value, 2.0 * t.gain_dn_per_e.u)
    sentence = (
        f"Gain {gain} DN/e-, linear to {t.linearity_error_percent:.2g} %; the lamp falls off by "
        f"{light.lamp.falloff_percent:.1f} % over the field."
    )
    if light.change is None:
        return judged(sentence, notes)
    change = f"level {light.change.center_percent:+.1f} %, at most {light.change.worst_percent:+.1f} % in one place"
    if light.change.notable:
        return Judgement(Tone.BAD, "changed", f"The lamp is not as accepted: {change}. {sentence}")
    return Judgement(Tone.GOOD, "as accepted", f"Against the accepted lamp: {change}. {sentence}")


def _exposures(t: PhotonTransfer) -> Section:
    rows = []
    for p in t.points:
        used = ", ".join(name for name, on in (("gain", p.for_gain), ("linearity", p.for_linearity)) if on)
        values = (f"{p.exposure_us:g}", f"{p.signal_dn:.2f}", f"{p.variance_dn2:.3f}", f"{p.deviation_percent:+.3f}")
        rows.append((*values, used or "–"))
    columns = numbers("Exposure, µs", "Level above dark, DN", "Temporal variance, DN²", "Off the line, %")
    return Section("Exposures", table=Table((*columns, *words("Used for")), tuple(rows)))


def _defects(light: Light) -> Section:
    listed = [("hot", light.pixels.hot), ("dead or off", light.pixels.dead)]
    lines = tuple((kind, str(x), str(y)) for kind, places in listed for x, y in places[:MOST_LISTED])
    said = f"The worst of {light.pixels.hot_count} that are hot and {light.pixels.dead_count} that are off."
    return Section("Defective pixels", (said,), table=Table((*words("Kind"), *numbers("Column", "Row")), lines))


def _transfer_plot(t: PhotonTransfer) -> Plot:
    signal = np.array([p.signal_dn for p in t.points])
    variance = np.array([p.variance_dn2 for p in t.points])
    used = np.array([p.for_gain for p in t.points])
    gain, end = t.gain_dn_per_e.value, GAIN_RANGE * t.saturation_dn
    offset = float(np.mean(variance[used] - gain * signal[used])) if t.dark_noise_is_limit else 0.0
    with canvas(height=3.3) as c:
        c.axis.plot([0.0, end], [offset, offset + gain * end], color=RED, label="fit")
        c.axis.plot([end, t.saturation_dn], offset + gain * np.array([end, t.saturation_dn]), ":", color=RED)
        c.axis.plot(signal[used], variance[used], "o", color=BLUE, label="used")
        c.axis.plot(signal[~used], variance[~used], "o", mfc="none", color=BLUE, label="not used")
        c.axis.axvline(t.saturation_dn, color=GREY, lw=0.8)
        c.axis.annotate("saturation ", (t.saturation_dn, 0.0), rotation=90, ha="right", va="bottom", fontsize=8,
                        color=GREY)  # fmt: skip
        c.axis.set(xlabel="level above dark, DN", ylabel="temporal variance above dark, DN²", xlim=(0.0, None))
        c.axis.set_ylim(0.0, 1.15 * float(variance.max()))
        c.figure.legend(loc="outside upper center", ncols=3)
        return c.plot(
            "Photon transfer",
            "The slope is the gain K; photons alone make it a straight line. Hollow points were not used for it.",
        )


def _linearity_plot(t: PhotonTransfer) -> Plot:
    share = np.array([100.0 * p.signal_dn / t.saturation_dn for p in t.points])
    off = np.array([p.deviation_percent for p in t.points])
    bars = 2.0 * np.array([p.u_deviation_percent for p in t.points])
    used = np.array([p.for_linearity for p in t.points])
    # What saturates would hide the rest.
    reach = 1.3 * float((np.abs(off) + bars)[used].max()) + 1e-9
    with canvas(height=3.3) as c:
        c.axis.axhline(0.0, color=RED)
        c.axis.errorbar(share[used], off[used], bars[used], fmt="o", color=BLUE, lw=1.0)
        c.axis.axvspan(*(100.0 * edge for edge in LINEAR_RANGE), color=BLUE, alpha=0.06, lw=0)
        c.axis.set(xlabel="level, % of saturation", ylabel="off the line, %", xlim=(0.0, 105.0), ylim=(-reach, reach))
        return c.plot(
            "Linearity",
            "Level off the straight line against exposure, with U. A bow is the camera; single points that stand out "
            "are the lamp.",
        )


def _snr_plot(t: PhotonTransfer) -> Plot:
    gain = t.gain_dn_per_e.value
    dark = t.dark_noise_e.value**2 + 1.0 / 12.0 / gain**2
    electrons = np.array([p.signal_dn / gain for p in t.points])
    variance = np.array([p.variance_dn2 / gain**2 for p in t.points])
    grid = np.geomspace(1.0, max(t.saturation_e.value, 10.0), 100)
    shown = (variance + dark > 0.0) & (electrons <= 1.001 * t.saturation_dn / gain)
    ratio = electrons[shown] / np.sqrt((variance + dark)[shown])
    with canvas(height=3.3) as c:
        c.axis.loglog(grid, grid / np.sqrt(grid + dark), color=RED, label="model")
        c.axis.loglog(grid, np.sqrt(grid), ":", color=GREY, lw=1.0, label="photons alone")
        c.axis.loglog(electrons[shown], ratio, "o", color=BLUE, label="measured")
        c.axis.axhline(1.0, color=GREY, lw=0.6)
        c.axis.set(xlabel="signal, electrons", ylabel="signal-to-noise ratio")
        plain_numbers(c.axis.xaxis, c.axis.yaxis)
        c.figure.legend(loc="outside upper center", ncols=3)
        return c.plot("Signal to noise", "Model: what dark noise, photons and the converter allow.")


def _lamp_plot(light: Light) -> Plot:
    cells = 100.0 * np.array(light.lamp.cells)
    rows, columns = cells.shape
    middle = 0.5 * (cells.min() + cells.max())
    with field(light.width_px, light.height_px) as c:
        shown = c.axis.imshow(cells, cmap="viridis", extent=(-0.5, light.width_px - 0.5, light.height_px - 0.5, -0.5))
        size = min(7.5, 72.0 * (HALF - BESIDE) / columns / 2.2)  # points: two digits fit into a cell
        for (row, column), value in np.ndenumerate(cells):
            at = (column + 0.5) * light.width_px / columns - 0.5, (row + 0.5) * light.height_px / rows - 0.5
            colour = "black" if value > middle else "white"
            c.axis.text(*at, f"{value:.0f}", ha="center", va="center", fontsize=size, color=colour)
        c.figure.colorbar(shown, ax=c.axis, label="% of the brightest cell", shrink=0.8)
        return c.plot("The lamp over the field", "Level in percent of the brightest cell, as the picture lies.")

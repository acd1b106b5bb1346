"""Camera and lamp, focus and sharpness, in words."""

from __future__ import annotations

import math
from pathlib import Path

from rich.text import Text

from station.metrology.estimate import Estimate
from station.metrology.light import Light
from station.metrology.rounding import with_uncertainty
from station.metrology.sections import Made
from station.metrology.sharpness import Focus, Psf
from station.tables.basics import console, print_rows, table

Rows = list[tuple[str, str]]


def estimate_text(estimate: Estimate, unit: str = "") -> str:
    """`0.3501 ± 0.0012 DN/e-`: U is twice u; many digits are written with a power of ten."""
    expanded = 2.0 * estimate.u
    if 0.0 < expanded < 1e-5:
        power = math.floor(math.log10(max(abs(estimate.value), expanded)))
        scaled = estimate.times(10.0**-power)
        return f"({with_uncertainty(scaled.value, 2.0 * scaled.u)})e{power} {unit}".strip()
    return f"{with_uncertainty(estimate.value, expanded)} {unit}".strip()


def made_rows(made: Made) -> Rows:
    """Who made a document, of what."""
    return [
        ("made", f"{made.created:%Y-%m-%d %H:%M %Z}" + (f" by {made.by}" if made.by else "")),
        ("camera, lamp", f"{made.camera_serial or 'not said'}, {made.lamp_serial or 'not said'}"),
        ("temperature", "not known" if made.temperature_c is None else f"{made.temperature_c:g} °C"),
        ("pictures", str(len(made.inputs))),
    ]


def light_rows(light: Light) -> Rows:
    """What `light/1` says."""
    t, p, lamp = light.transfer, light.pixels, light.lamp
    more = "" if t.saturation_reached else " at least"
    at_most = "at most " if t.dark_noise_is_limit else ""
    rows = [
        ("picture", f"{light.width_px} × {light.height_px} px, {light.bit_depth} bits"),
        ("gain K", estimate_text(t.gain_dn_per_e, "DN/e-")),
        ("temporal dark noise", at_most + estimate_text(t.dark_noise_e, "e-")),
        ("saturation capacity", f"{estimate_text(t.saturation_e, 'e-')}{more} ({t.saturation_dn:.1f} DN above dark)"),
        ("best signal to noise", f"{estimate_text(t.snr_max)} ({20 * math.log10(t.snr_max.value):.1f} dB)"),
        ("dynamic range", f"{estimate_text(t.dynamic_range)} ({20 * math.log10(t.dynamic_range.value):.1f} dB)"),
        ("absolute threshold", estimate_text(t.threshold_e, "e-")),
        (
            "linearity error LE",
            f"{t.linearity_error_percent:.3f} % (from {t.linearity_least_percent:+.3f} to "
            f"{t.linearity_most_percent:+.3f} %; noise alone {t.linearity_u_percent:.3f} %)",
        ),
        ("black level", f"{t.black_level_dn:.2f} DN"),
    ]
    if t.dark_current_e_per_s is not None:
        rows.append(("dark current", estimate_text(t.dark_current_e_per_s, "e-/s")))
    if t.quantum_efficiency is not None:
        rows.append(("quantum efficiency", estimate_text(t.quantum_efficiency.times(100.0), "%")))
    kinds = "rows {}, columns {}, pixels {}"
    dark = (estimate_text(e) for e in (p.dsnu_rows_e, p.dsnu_columns_e, p.dsnu_pixels_e))
    lit = (estimate_text(e) for e in (p.prnu_rows_percent, p.prnu_columns_percent, p.prnu_pixels_percent))
    rows += [
        ("dark differences DSNU", f"{estimate_text(p.dsnu_e, 'e-')}; {kinds.format(*dark)} e-"),
        ("response differences PRNU", f"{kinds.format(*lit)} %; {estimate_text(p.prnu_percent, '%')} with the lamp"),
        ("defective pixels", f"{p.hot_count} hot, {p.dead_count} dead or off"),
        (
            "lamp",
            f"{lamp.center_dn:.1f} DN in the middle at {lamp.exposure_us:g} µs ({100 * lamp.center_share:.0f} % of "
            f"saturation), falls off by {lamp.falloff_percent:.1f} %",
        ),
        ("flicker", f"{estimate_text(lamp.flicker_percent, '%')} from frame to frame"),
    ]
    if light.change is not None:
        c = light.change
        row, column = c.worst_cell
        where = f"row {row + 1}, column {column + 1} of the map"
        rows.append(
            (
                "against the accepted",
                f"{'CHANGED: ' if c.notable else ''}level {c.center_percent:+.1f} %, fall-off {c.falloff_points:+.1f} "
                f"points, most at {where}: {c.worst_percent:+.1f} %",
            )
        )
    return rows


def focus_rows(focus: Focus) -> Rows:
    """What `focus/1` says."""
    c = focus.curve
    rows = [
        ("best position", estimate_text(c.best_mm, "mm")),
        ("sharpest edge", f"{estimate_text(c.sharpest_px, 'px')} (sigma of lens and pixel)"),
        ("growth of the blur", f"{estimate_text(c.growth_px_per_mm, 'px/mm')}; rms {c.residual_percent:.2f} % left"),
        ("depth of field", f"± {focus.depth_mm:.3g} mm for edges up to {focus.allowed_px:.2f} px"),
    ]
    if focus.sideways_mm is not None:
        rows.append(("astigmatism", f"{estimate_text(focus.sideways_mm, 'mm')} between edges across and down"))
    if focus.plane is not None:
        shown = "" if focus.plane.shown else " (not more than chance)"
        x, y = focus.plane.per_px_x.times(focus.width_px), focus.plane.per_px_y.times(focus.height_px)
        rows.append(
            (
                "best position over the field",
                f"{estimate_text(x, 'mm')} to the right, {estimate_text(y, 'mm')} down{shown}",
            )
        )
        if focus.tilt_deg is not None:
            rows.append(("tilt of the focal plane", estimate_text(focus.tilt_deg, "°")))
    if focus.size_per_mm is not None:
        percent = estimate_text(focus.size_per_mm.times(100.0), "% per mm")
        rows.append(("size against height", percent + ("" if focus.size_depth_mm else " (telecentric as far as seen)")))
        if focus.size_depth_mm is not None:
            rows.append(
                ("depth for sizes", f"± {focus.size_depth_mm:.3g} mm changes a size by {100 * focus.size_allowed:g} %")
            )
        if focus.chief_ray_deg is not None:
            rows.append(("chief ray at the corner", f"{focus.chief_ray_deg:+.3f}°"))
    return rows


def psf_rows(psf: Psf) -> Rows:
    """What `psf/1` says."""
    s = psf.summary
    rows = [
        ("places", str(s.places)),
        ("edge spread", f"{estimate_text(s.sigma_px, 'px')} by slanted edges, {s.core_sigma_px:.3f} px by the core"),
        ("over the field", f"{s.least_px:.3f} to {s.largest_px:.3f} px"),
    ]
    if s.across_px is not None and s.down_px is not None:
        rows.append(("edges across, down", f"{estimate_text(s.across_px, 'px')}, {estimate_text(s.down_px, 'px')}"))
    half = "above 1" if s.mtf50 is None else f"{s.mtf50:.3f}"
    rows += [
        ("MTF50", f"{half} cycles/px"),
        ("MTF at Nyquist", f"{100 * s.mtf_nyquist:.1f} %"),
        ("beyond a Gaussian step", f"{s.misfit_percent:.2f} % of the contrast (rms)"),
    ]
    return rows


def print_light(light: Light, path: Path) -> None:
    """Camera and lamp."""
    out = console()
    shown = table("Exposure µs", "Signal DN", "Variance DN²", "Off the line %", "Used for")
    for point in light.transfer.points:
        used = ", ".join(n for n, on in (("gain", point.for_gain), ("linearity", point.for_linearity)) if on)
        values = (f"{point.exposure_us:g}", f"{point.signal_dn:.2f}", f"{point.variance_dn2:.3f}")
        shown.add_row(*values, f"{point.deviation_percent:+.3f}", used or "–")
    out.print(shown)
    print_rows(out, [*made_rows(light.made), *light_rows(light)])
    _end(light.transfer.notes + light.notes, path)


def print_focus(focus: Focus, path: Path) -> None:
    """Focus."""
    out = console()
    shown = table("Height mm", "Edge spread px", "Fit px", "Edges", "Size")
    for p in focus.positions:
        size = "–" if p.size is None else f"{p.size:.6f}"
        shown.add_row(f"{p.z_mm:+.4g}", f"{p.sigma_px:.3f}", f"{focus.curve.sigma_px(p.z_mm):.3f}", str(p.edges), size)
    out.print(shown)
    print_rows(out, [*made_rows(focus.made), *focus_rows(focus)])
    _end(focus.notes, path)


def print_psf(psf: Psf, path: Path) -> None:
    """Sharpness."""
    out = console()
    shown = table(
        "Picture", "x, y px", "Normal °", "Sigma px", "Core px", "MTF50 c/px", "Nyquist %", "Misfit %", "Noise %"
    )
    for p in psf.places:
        half = "–" if p.mtf50 is None else with_uncertainty(p.mtf50.value, 2.0 * p.mtf50.u)
        shown.add_row(
            p.image,
            f"{p.x_px:.0f}, {p.y_px:.0f}",
            f"{p.normal_deg:+.1f}",
            estimate_text(p.sigma_px),
            f"{p.core_sigma_px:.3f}",
            half,
            estimate_text(p.mtf_nyquist.times(100.0)),
            f"{p.misfit_percent:.2f}",
            f"{p.noise_percent:.2f}",
        )
    out.print(shown)
    print_rows(out, [*made_rows(psf.made), *psf_rows(psf)])
    _end(psf.notes, path)


def _end(notes: tuple[str, ...], path: Path) -> None:
    out = console()
    for note in notes:
        out.print(Text(f"note: {note}", "yellow"))
    out.print(f"Written to {path}.")

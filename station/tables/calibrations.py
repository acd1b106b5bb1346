"""Calibrations, and what they rest on."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from station.cycle.camera_report import BoardReport
from station.metrology.calibration import Calibration
from station.metrology.edge_kinds import EdgeKind
from station.metrology.masters import DOUBTFUL_P
from station.tables.basics import console, print_rows, table


def calibration_rows(calibration: Calibration) -> list[tuple[str, str]]:
    """What a calibration says, in words."""
    scale = calibration.camera.scale_mm_per_px()
    return [
        ("id", calibration.id),
        ("made from", calibration.made_from),
        ("picture", f"{calibration.camera.width_px} × {calibration.camera.height_px} px"),
        ("scale", f"{scale:.9g} mm/px, u {calibration.u_scale:.2g} relative"),
        *(
            (_of_kind("edge offset", kind), f"{kind.offset_px:+.4f} px out of the material, u {kind.u_px:.4f} px")
            for kind in calibration.kinds
        ),
        ("single edge beyond both", f"u {calibration.local_px:.4f} px"),
        ("edge spread", "not known" if calibration.psf_sigma_px is None else f"{calibration.psf_sigma_px:.2f} px"),
        *_look_rows(calibration),
        ("backlight", {"none": "not clipped", "clipped": "clipped", "any": "not calibrated"}[calibration.clipping]),
        *_origin_rows(calibration),
        ("valid until", f"{calibration.valid_until:%Y-%m-%d %H:%M %Z}"),
        ("sha256", calibration.sha256),
    ]


def _look_rows(c: Calibration) -> list[tuple[str, str]]:
    rows = []
    for kind in c.kinds:
        if (look := kind.look) is not None:
            spread = f"{look.least_spread_px:.3f} to {look.most_spread_px:.3f} px wide"
            off = f"pixels off a clean step by {look.misfit:.2g} of it, at most {look.most_misfit:.2g}"
            rows.append((_of_kind("masters' edges", kind), f"{spread}, {off}"))
    return rows


def _of_kind(words: str, kind: EdgeKind) -> str:
    return f"{words} ({kind.kind})" if kind.kind else words


def _origin_rows(c: Calibration) -> list[tuple[str, str]]:
    """What the calibration rests on, as far as it says so."""
    rows: list[tuple[str, str]] = []
    if c.statistics is not None:
        s = c.statistics
        judged = "too few sizes to judge the certificates by"
        if s.p_value is not None:
            judged = f"chi² {s.chi2:.3g} with {s.degrees_of_freedom} degrees of freedom, p {s.p_value:.2g}: "
            judged += (
                "certificates and noise explain it"
                if s.p_value >= DOUBTFUL_P
                else "more than certificates and noise explain; the single edge's u pays for it"
            )
        rows.append(("errors of the masters", f"sd {1e3 * s.sd_mm:.2g} µm, at most {1e3 * s.max_mm:.2g} µm; {judged}"))
    if c.artefact is not None:
        rows.append(("artefact", " ".join(part for part in (c.artefact.name, c.artefact.serial) if part) or "–"))
        for m in c.artefact.masters:
            said = [m.certificate and f"certificate {m.certificate}", m.issuer, m.dated and f"of {m.dated}"]
            said.append(m.due and f"due {m.due}")
            rows.append(
                (f"master {m.master}".strip(), ", ".join(str(part) for part in said if part) or "no certificate")
            )
    if c.devices is not None:
        named = ((name, getattr(c.devices, name)) for name in ("camera", "lens", "lamp"))
        rows.append(("devices", ", ".join(f"{name} {serial}" for name, serial in named if serial)))
    if c.sections:
        rows.append(("carries", ", ".join(section.name for section in c.sections)))
    rows.append(("temperature", f"{c.temperature_c:g} °C"))
    if c.made_by or c.software:
        rows.append(
            ("made", " with software ".join(part for part in (f"by {c.made_by}" * bool(c.made_by), c.software) if part))
        )
    return rows


def print_calibration(calibration: Calibration, rows: list[tuple[str, str]], path: Path) -> None:
    """A calibration and how its masters are reproduced."""
    out = console()
    if calibration.residuals:
        shown = table("Picture", "Feature", "Certified mm", "Measured mm", "Error µm", "u of certificate µm", "At px")
        for r in calibration.residuals:
            sizes = (f"{r.certified_mm:.5f}", f"{r.measured_mm:.5f}")
            at = "–" if r.at_px is None else f"({r.at_px[0]:.0f}, {r.at_px[1]:.0f})"
            shown.add_row(r.image, r.feature, *sizes, f"{1e3 * r.error_mm:+.2f}", f"{1e3 * r.u_certified_mm:.2f}", at)
        out.print(shown)
    print_rows(out, rows)
    out.print(f"Written to {path}.")


def print_camera(calibration: Calibration, report: BoardReport, path: Path) -> None:
    """A camera's calibration, and which pictures it rests on."""
    out = console()
    rows = table("Picture", "Corners", "rms px")
    for view in report.fit.views:
        rows.add_row(view.name, str(view.corners), f"{view.rms_px:.3f}")
    out.print(rows)
    for name, reason in report.refused:
        out.print(Text(f"not used: {name}: {reason}", "yellow"))
    for name, remark in report.remarks:
        out.print(Text(f"{name}: {remark}", "dim"))
    print_rows(out, calibration_rows(calibration) + _lens_rows(calibration, report))
    out.print(f"Written to {path}.")


def _lens_rows(calibration: Calibration, report: BoardReport) -> list[tuple[str, str]]:
    model, u = calibration.camera, report.fit.telecentricity_u_per_mm
    distance = "not known" if model.distance_mm is None else f"{model.distance_mm:.4g} mm"
    if model.telecentric:
        steepness = "not measured" if u is None else f"{model.telecentricity_per_mm:+.2e} per mm of height, u {u:.1e}"
        kind = [("lens", "telecentric"), ("change of scale", steepness), ("tilt", f"{model.tilt_deg:.2f}°")]
    else:
        kind = [("focal length", f"{model.matrix[0]:.5g} px"), ("tilt, distance", f"{model.tilt_deg:.2f}°, {distance}")]
    return [
        *kind,
        ("distortion", ", ".join(f"{d:.4g}" for d in model.distortion)),
        ("rms", f"{model.rms_px:.{3 if model.rms_px >= 0.05 else 4}f} px of {len(report.fit.residuals)} points"),
        ("of u of the scale, the fit", f"{report.fit.scale_relative_u:.2g}"),
    ]

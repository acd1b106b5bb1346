"""A camera's calibration from a board as a page: what it says, how well the pictures agree, where they show nothing."""

from __future__ import annotations

import numpy as np

from station.cycle.camera_report import BoardReport
from station.metrology.calibration import Calibration
from station.metrology.camera import CameraModel
from station.reports.camera_figures import (
    coverage_figure,
    distortion_figure,
    residual_figures,
    rms_figure,
    uncertainty_figure,
)
from station.reports.document import Markup, Section, figure, page, picture, table

EVEN_SHARE = 0.5  # of the cells of the field: with fewer covered, the page says so


def camera_page(calibration: Calibration, report: BoardReport) -> str:
    """The page; equal calibrations give equal bytes.

    Raises:
        CalibrationError: never; what is not known is said.
    """
    model, fit = calibration.camera, report.fit
    intro = [
        f"Made from {calibration.made_from}. {len(fit.residuals)} points lie {model.rms_px:.3g} px (rms) off the model"
        f"{f', {fit.dropped_corners} single points far off were left out' if fit.dropped_corners else ''}."
    ]
    sections = [
        Section("What it says", (), [table((), _rows(calibration, report))]),
        Section(
            "Residuals",
            (
                "Seen minus predicted, drawn longer than they are (the title says how much). Arrows without a pattern "
                "are noise. A pattern that is alike in all pictures is the lens: it wants more terms or pictures. A "
                "pattern that turns with the board is the board: it is not flat, or not printed true.",
            ),
            [figure(drawn, name) for name, drawn in residual_figures(model, fit)],
        ),
    ]
    if len(fit.views) > 1:
        sections.append(Section("Residuals picture by picture", (), [figure(rms_figure(fit), "rms of each picture")]))
    sections += [
        Section("Coverage of the field", (_coverage_text(model),), [figure(coverage_figure(model, fit), "coverage")]),
        Section(
            "Distortion",
            ("How far points are moved from where a lens without distortion, best fitted, would show them.",),
            [figure(distortion_figure(model), "distortion")],
        ),
    ]
    if model.evidence is not None and model.evidence.spread:
        text = (
            "Standard uncertainty of places against each other, after the shift, turn and scale common to all. It "
            "grows where no picture had points."
        )
        sections.append(
            Section("What the lens model is uncertain by", (text,), [figure(uncertainty_figure(model), "u")])
        )
    if report.remarks:
        sections.append(Section("Remarks", (), [table(("Picture", "Remark"), report.remarks)]))
    sections.append(_refused(report))
    return page(f"Camera calibration {calibration.id}", intro, sections)


def _rows(calibration: Calibration, report: BoardReport) -> list[tuple[str, str]]:
    model, fit = calibration.camera, report.fit
    matrix = ", ".join(f"{number:.6g}" for number in model.matrix)
    lens = "telecentric" if model.telecentric else "pinhole"
    rows = [
        ("picture", f"{model.width_px} × {model.height_px} px"),
        ("scale in the middle", f"{model.scale_mm_per_px():.9g} mm/px, u {calibration.u_scale:.2g} relative"),
        ("of that, from the fit", f"{fit.scale_relative_u:.2g}"),
        ("lens", f"{lens}; fitted: scale, {', '.join(fit.terms) or 'nothing else'}"),
        ("distortion k1, k2, p1, p2, k3", ", ".join(f"{number:.4g}" for number in model.distortion)),
    ]
    if model.telecentric:
        u = fit.telecentricity_u_per_mm
        value = "not measured" if u is None else f"{model.telecentricity_per_mm:.2e} ± {u:.1e} (u) per mm of height"
        rows.append(("change of scale", value))
    else:
        distance = "not known" if model.distance_mm is None else f"{model.distance_mm:.5g} mm"
        rows += [("fx, fy, cx, cy", f"{matrix} px"), ("distance of the plane", distance)]
    rows += [
        ("tilt of the plane", f"{model.tilt_deg:.2f}°"),
        ("edges", "not calibrated by a board: u 0.3 px"),
        ("valid until", f"{calibration.valid_until:%Y-%m-%d %H:%M %Z}"),
        ("sha256", calibration.sha256),
    ]
    return rows


def _coverage_text(model: CameraModel) -> str:
    if model.evidence is None:
        return ""
    cells = np.array(model.evidence.coverage)
    share = float((cells > 0).mean())
    text = f"Points in {100 * share:.0f} % of the field's cells. What lies outside is extrapolated by the lens model."
    if share < EVEN_SHARE:
        text += " That is little: place the board so that it reaches the corners, or take more pictures."
    return text


def _refused(report: BoardReport) -> Section:
    if not report.refused:
        return Section("Pictures left out", ("None.",))
    small = dict(report.thumbnails)
    rows: list[tuple[str | Markup, ...]] = [
        (name, reason, picture(small[name], f"thumbnail of {name}") if name in small else "")
        for name, reason in report.refused
    ]
    return Section("Pictures left out", (), [table(("Picture", "Why", ""), rows)])

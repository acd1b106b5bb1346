"""A camera's calibration from a board as a page: what it says, how well the pictures agree, where they show nothing."""

from __future__ import annotations

import cv2
import numpy as np

from station.cycle.camera_report import BoardReport
from station.metrology.calibration import Calibration
from station.metrology.camera import CameraModel
from station.reports.calibration.camera_figures import (
    coverage_plot,
    distortion_plot,
    residual_plot,
    rms_plot,
    uncertainty_plot,
)
from station.reports.document import (
    Document,
    Fact,
    Judgement,
    Section,
    Source,
    Table,
    Thumbnail,
    Tone,
    facts_of,
    moment_text,
    words,
)

EVEN_SHARE = 0.5  # of the cells of the field: with fewer covered, the page says so


def camera_page(
    calibration: Calibration, report: BoardReport, sources: tuple[Source, ...], parameters: tuple[Fact, ...]
) -> Document:
    """The page; `parameters` are what the person said of board and plane."""
    model, fit = calibration.camera, report.fit
    plots = [coverage_plot(model, fit), distortion_plot(model)]
    if model.evidence is not None and model.evidence.spread:
        plots.append(uncertainty_plot(model))
    residuals = [residual_plot(model, fit), *([rms_plot(fit)] if len(fit.views) > 1 else [])]
    coverage = _coverage(model)
    sections = [
        Section("What it says", facts=facts_of(_rows(calibration, report))),
        Section("Residuals", (_RESIDUALS,), plots=tuple(residuals)),
        Section("Over the field", (coverage,) if coverage else (), plots=tuple(plots)),
        *([Section("Remarks", table=Table(words("Picture", "Remark"), report.remarks))] if report.remarks else []),
        _refused(report),
    ]
    return Document(
        title=f"Camera calibration {calibration.id}",
        method=calibration.made_from,
        asked="How does this camera map its measuring plane, and how surely?",
        judgement=_judgement(model, report),
        made_by=calibration.made_by,
        made_on=moment_text(calibration.created),
        about=facts_of(
            [
                ("picture", f"{model.width_px} × {model.height_px} px"),
                ("valid until", moment_text(calibration.valid_until)),
            ]
        ),
        parameters=parameters,
        notes=(),
        sections=tuple(sections),
        sources=sources,
    )


_RESIDUALS = (
    "Seen minus predicted. Arrows without a pattern are noise. A pattern that is alike in all pictures is the lens: it "
    "wants more terms or pictures. A pattern that turns with the board is the board: it is not flat, or not printed "
    "true."
)


def _judgement(model: CameraModel, report: BoardReport) -> Judgement:
    fit, left = report.fit, len(report.refused)
    points = f"{len(fit.residuals)} points in {len(fit.views)} pictures lie {model.rms_px:.2g} px (rms) off the model"
    dropped = f"; {fit.dropped_corners} single points far off were left out" if fit.dropped_corners else ""
    pictures = f"; {left} pictures were left out, named below" if left else ""
    share = _covered(model)
    if share is not None and share < EVEN_SHARE:
        said = f"; only {100 * share:.0f} % of the field have points: what lies outside is extrapolated"
        return Judgement(Tone.DOUBTFUL, "little of the field is covered", f"{points}{dropped}{pictures}{said}.")
    return Judgement(Tone.NONE, "calibrated", f"{points}{dropped}{pictures}.")


def _rows(calibration: Calibration, report: BoardReport) -> list[tuple[str, str]]:
    model, fit = calibration.camera, report.fit
    matrix = ", ".join(f"{number:.6g}" for number in model.matrix)
    lens = "telecentric" if model.telecentric else "pinhole"
    rows = [
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
    return [
        *rows,
        ("tilt of the plane", f"{model.tilt_deg:.2f}°"),
        ("edges", "not calibrated by a board: u 0.3 px"),
        ("sha256", calibration.sha256),
    ]


def _covered(model: CameraModel) -> float | None:
    """Share of the field's cells that have points; None where it is not known."""
    return None if model.evidence is None else float((np.array(model.evidence.coverage) > 0).mean())


def _coverage(model: CameraModel) -> str:
    share = _covered(model)
    if share is None:
        return ""
    text = f"Points in {100 * share:.0f} % of the field's cells. What lies outside is extrapolated by the lens model."
    if share < EVEN_SHARE:
        text += " That is little: place the board so that it reaches the corners, or take more pictures."
    return text


def _refused(report: BoardReport) -> Section:
    if not report.refused:
        return Section("Pictures left out", ("None.",))
    small = dict(report.thumbnails)
    rows: list[tuple[str | Thumbnail, ...]] = []
    for name, reason in report.refused:
        seen: str | Thumbnail = ""
        if name in small:
            _, data = cv2.imencode(".png", small[name])
            seen = Thumbnail(data.tobytes(), f"thumbnail of {name}")
        rows.append((name, reason, seen))
    return Section("Pictures left out", table=Table(words("Picture", "Why", ""), tuple(rows)))

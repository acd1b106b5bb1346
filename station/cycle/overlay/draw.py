"""The overlay: the picture with what was measured in it, and the verdict beside it, as one PNG."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.findings import Finding
from station.cycle.measure import Outcome
from station.cycle.overlay.callouts import MOST_BALLOONS, MOST_FINDINGS, draw_balloons, draw_place, letter_of
from station.cycle.overlay.canvas import Canvas
from station.cycle.overlay.deviations import draw_traces, factor_for, traces_of
from station.cycle.overlay.dimensions import Projection, dimension_of, draw_dimension
from station.cycle.overlay.marks import DrawnMark, draw_marks, view_of_marks
from station.cycle.overlay.palette import INK, PAGE, PAPER, QUIET, RULE, STYLES
from station.cycle.overlay.panel import draw_panel
from station.cycle.overlay.placing import Clutter
from station.cycle.overlay.scales import draw_scales
from station.cycle.overlay.view import DIMMED, PLAIN, ground, view_of, whole
from station.cycle.overlay.wording import worst_first
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict
from station.order.model import Order
from station.plan.plan import Plan
from station.vision.picture import Picture, picture_from
from station.vision.pose import Pose

WIDTH, HEIGHT = 1600, 1000
PANE_WIDTH, PANE_HEIGHT = 1056, 884
_REFUSAL_RADIUS = 60.0
_TOGETHER = 40.0  # display pixels between findings that share a ring
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]  # fastest, and smallest


def draw_overlay(
    pixels: NDArray[np.generic],
    order: Order,
    plan: Plan,
    calibration: Calibration | None,
    outcome: Outcome,
    marks: Sequence[DrawnMark] = (),
) -> bytes:
    """A PNG of 1600 × 1000 pixels: the part with its deviations, balloons and findings; verdict, table and reason.

    `pixels` is the camera's picture, (h, w) or (h, w, 3 or 4) of 8 or 16 bits. Where the part was not found, or there
    is no calibration because the order asks for marks only, the picture is shown as it is. `marks` are those that were
    looked for in this picture. The same input gives the same bytes.

    Raises:
        ValueError: the pixels are not a picture.
    """
    picture = picture_from(pixels)
    canvas = Canvas(np.full((HEIGHT, WIDTH, 3), PAGE, np.uint8))
    pane = canvas.part(0, 0, PANE_WIDTH, PANE_HEIGHT)
    if outcome.sighting is not None and calibration is not None:
        _draw_measured(pane, picture, plan, calibration, outcome, outcome.sighting.pose, marks)
    else:
        _draw_plain(pane, picture, outcome, marks)
    draw_panel(canvas.part(PANE_WIDTH, 0, WIDTH - PANE_WIDTH, PANE_HEIGHT), order, outcome)
    _draw_reason(canvas.part(0, PANE_HEIGHT, WIDTH, HEIGHT - PANE_HEIGHT), outcome)
    canvas.line([(PANE_WIDTH, 0), (PANE_WIDTH, PANE_HEIGHT)], RULE, 1)
    _, encoded = cv2.imencode(".png", canvas.image, _PNG)
    return encoded.tobytes()


def _draw_measured(
    pane: Canvas,
    picture: Picture,
    plan: Plan,
    calibration: Calibration,
    outcome: Outcome,
    pose: Pose,
    marks: Sequence[DrawnMark],
) -> None:
    camera = calibration.camera
    nominal_mm = [*plan.outer, *plan.openings]
    shown = list(nominal_mm or [t.points_mm for t in plan.targets])
    shown += [np.array([finding.where_mm]) for finding in outcome.findings]
    if not shown:
        _draw_plain(pane, picture, outcome, marks)
        return
    view = view_of(camera.to_px(pose.to_plane(np.concatenate(shown))), pane.width, pane.height)
    pane.image[...] = ground(picture, view, PLAIN if marks else DIMMED)  # a face is looked at, a silhouette is not
    project = Projection(calibration, pose, view)
    clutter = Clutter.empty(pane.width, pane.height)
    for outline in nominal_mm:
        points = project(np.concatenate([outline, outline[:1]]))
        clutter.line(points)
        pane.line(points, QUIET, 1, closed=True)
    traces = traces_of(plan, calibration, outcome, pose, view)
    factor = factor_for(traces)
    draw_traces(pane, traces, factor)
    for trace in traces:
        for run in trace.runs:
            clutter.line(trace.drawn(factor)[run])
    clutter.box(*draw_scales(pane, plan.mm_per_px / view.zoom, factor if traces else None))
    features = {feature.id: feature for feature in outcome.features}
    found = [
        dimension_of(item, number, plan, features, project) for number, item in enumerate(worst_first(outcome.items))
    ]
    dimensions = [dimension for dimension in found if dimension is not None][:MOST_BALLOONS]
    for dimension in dimensions:
        draw_dimension(pane, dimension)
        if dimension.arrows is not None:
            clutter.line(dimension.arrows, 0.6)
    for dimension in dimensions:
        clutter.box(dimension.anchor[0] - 10.0, dimension.anchor[1] - 10.0, 20.0, 20.0, 8.0)
    _draw_findings(pane, clutter, outcome.findings, project, view.zoom / plan.mm_per_px)
    draw_marks(pane, clutter, view, marks)
    draw_balloons(pane, clutter, dimensions)


def _draw_findings(
    pane: Canvas, clutter: Clutter, findings: tuple[Finding, ...], project: Projection, px_per_mm: float
) -> None:
    """A ring at each finding, worst first; those that lie together share the ring of the worst."""
    places = [project(np.array(finding.where_mm))[0] for finding in findings]
    first: dict[int, int] = {}
    for number, at in enumerate(places):
        near = (other for other in first if np.hypot(*(places[other] - at)) < _TOGETHER)
        leader = next(near, number)
        first[leader] = first.get(leader, 0) + 1
    for number, together in list(first.items())[:MOST_FINDINGS]:
        finding = findings[number]
        radius = float(np.clip(0.6 * finding.size_mm * px_per_mm + 10.0, 22.0, 150.0))
        words = f"{finding.kind}, {finding.size_mm:.2g} mm" + (f" + {together - 1} more" if together > 1 else "")
        draw_place(pane, clutter, places[number], radius, finding.verdict, letter_of(number), words)


def _draw_plain(pane: Canvas, picture: Picture, outcome: Outcome, marks: Sequence[DrawnMark]) -> None:
    """The picture as it is about its marks, or whole, and a ring where the trouble lies."""
    refusal = outcome.refusal
    view = whole(picture, pane.width, pane.height)
    if refusal is None:
        view = view_of_marks(picture, marks, pane.width, pane.height)
    shown = ground(picture, view, PLAIN)
    corners = view.to_display([(-0.5, -0.5), (picture.width_px - 0.5, picture.height_px - 0.5)])
    (left, top), (right, bottom) = np.clip(np.rint(corners).astype(int), 0, (pane.width, pane.height)).tolist()
    pane.image[...] = PAGE
    pane.image[top:bottom, left:right] = shown[top:bottom, left:right]
    clutter = Clutter.empty(pane.width, pane.height)
    draw_marks(pane, clutter, view, marks)
    if refusal is not None and refusal.where_px is not None:
        at = view.to_display([refusal.where_px])[0]
        draw_place(pane, clutter, at, _REFUSAL_RADIUS, outcome.verdict, "!", str(refusal.trouble))


def _draw_reason(band: Canvas, outcome: Outcome) -> None:
    """Why, in words, over the whole width."""
    band.box(0, 0, band.width, band.height, PAPER)
    band.line([(0, 0), (band.width, 0)], RULE, 1)
    words = outcome.reason
    if not words and outcome.verdict is Verdict.PASS:
        count = len(outcome.items)
        words = "The characteristic conforms." if count == 1 else f"All {count} characteristics conform."
    if outcome.verdict is not Verdict.PASS:
        band.box(0, 0, 12, band.height, STYLES[outcome.verdict].block)
    lines = band.wrap(words, 26, band.width - 64, 3)
    y = band.height / 2.0 - (len(lines) - 1) * 17.0 + 9.0
    for line in lines:
        band.text(36, y, line, 26, INK)
        y += 34.0

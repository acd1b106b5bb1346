"""A surface, decided: what a learned network takes for defects, measured, against the size that the order allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.marks.answer import MarkAnswer, ModelUsed, SeenDefect, SeenMark
from station.cycle.marks.patch import Patch
from station.cycle.marks.rim import NO_RIM, RimSeen
from station.metrology.decision import SEVERITY, Verdict, decide
from station.networks.load import Model
from station.order.model import DecisionRule
from station.plan.plan import Item
from station.vision.surface.findings import Defect, find_defects
from station.vision.surface.lay import runs_along_lay
from station.vision.surface.score import defect_scores

MODEL = "surface"
EDGE_PX = 3  # of a region's border that is not judged
_LEAST_SEEN = 0.999
_LEAST_JUDGED = 0.5
_DARK, _BRIGHT = 3, 252  # levels at which a camera shows nothing any more
_LEAST_BLIND_PX = 3
_LINE = "line along the lay"


@dataclass(frozen=True, slots=True)
class SurfaceSettings:
    """What a surface model's manifest says of its findings: the score at a defect's border, and the standard
    uncertainty of a size, of itself (a fraction) and of the border (px). Smaller than `least_px` it sees nothing."""

    outline_level: float
    u_relative: float
    u_px: float
    least_px: float


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the order allows, the score from which the model is sure, and how it is decided between them."""

    size_mm: float
    sure: float
    rule: DecisionRule


def decide_surface(
    item: Item, patch: Patch, view: str, label: str, model: Model, rule: DecisionRule, rim: RimSeen = NO_RIM
) -> MarkAnswer:
    """PASS where no finding is larger than the order allows and everything could be judged; FAIL where one is shown to
    be; else UNDECIDED. Neither what the model is in doubt about nor a line along the lay fails a part. `rim` is what
    its outline shows.

    Raises:
        ModelError: the model failed.
    """
    settings = model.manifest.settings_as(SurfaceSettings)
    sure, doubt = model.manifest.threshold("defect"), model.manifest.threshold("doubt")
    judged = _off_edges(patch)
    scores = defect_scores(patch.grey, judged, model.run)
    scale = patch.mm_per_px
    found = find_defects(scores, judged, doubt, scale or 1.0, outline_level=settings.outline_level)
    raw = float(scores[judged].max()) if judged.any() else 0.0
    used = ModelUsed(model.name, model.sha256, raw, sure)
    ring = patch.to_picture(_border(patch))
    if scale is None:
        defects = tuple(_without_scale(one, patch) for one in found)
        what = f"its largest finding is {found[0].size_px:.0f} pixels long" if found else "nothing was found on it"
        why = f"{what}, and without a calibration nobody knows how many millimetres a pixel is"
        return MarkAnswer(Verdict.UNDECIDED, f"{label}: {why}.", SeenMark(view, ring, model=used, defects=defects))
    assert item.upper is not None
    limits = _Limits(item.upper, sure, rule)
    defects = (*(_judged(one, patch, judged, scale, settings, limits) for one in found), *rim.defects)
    seen = SeenMark(view, ring, model=used, defects=defects)
    # The worst finding speaks for the face, of equal ones the largest.
    largest = max(defects, key=lambda one: (-SEVERITY.index(one.verdict), one.size_mm or 0.0), default=None)
    value = 0.0 if largest is None or largest.size_mm is None else largest.size_mm
    u = settings.u_px * scale if largest is None or largest.u_mm is None else largest.u_mm
    decision = decide(value, u, None, item.upper, rule=rule.rule, probability=rule.conformance_probability)
    verdict = decision.verdict if largest is None else largest.verdict
    reason = ""
    if verdict is not Verdict.PASS:
        reason = _sentence(label, verdict, defects, item.upper)
    elif judged.sum() < _LEAST_JUDGED * patch.valid.sum():
        why = f"most of its region lies within {EDGE_PX} pixels of an edge, where nothing is judged"
        verdict, reason = Verdict.UNDECIDED, f"{label}: {why}."
    elif unsure := _doubt(patch, scale, item.upper, settings, rim):
        verdict, reason = Verdict.UNDECIDED, f"{label}: {unsure}."
    guard = decision.guard_band if math.isfinite(decision.guard_band) else None
    return MarkAnswer(verdict, reason, seen, value, u, decision.conformance_probability, guard)


def _off_edges(patch: Patch) -> NDArray[np.bool_]:
    """Where the face is judged: what an edge of the part, of an opening or of the field blurs into is not the face."""
    if patch.corner_mm is None:
        return patch.valid
    size = 2 * EDGE_PX + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.erode(np.pad(patch.valid, 1).astype(np.uint8), disc)[1:-1, 1:-1] > 0)


def _judged(
    found: Defect,
    patch: Patch,
    judged: NDArray[np.bool_],
    mm_per_px: float,
    settings: SurfaceSettings,
    limits: _Limits,
) -> SeenDefect:
    size_mm = found.size_px * mm_per_px
    u_mm = math.hypot(settings.u_px * mm_per_px, settings.u_relative * size_mm)
    rule = limits.rule
    decision = decide(size_mm, u_mm, None, limits.size_mm, rule=rule.rule, probability=rule.conformance_probability)
    middle = patch.to_mm(np.array([found.center_px]))
    is_line = decision.verdict is not Verdict.PASS and runs_along_lay(patch.grey, judged, found)
    in_doubt = decision.verdict is Verdict.FAIL and (is_line or found.peak_score < limits.sure)
    return SeenDefect(
        Verdict.UNDECIDED if in_doubt else decision.verdict,
        patch.to_picture(found.outline_px),
        found.size_px,
        found.peak_score,
        patch.to_mm(found.outline_px),
        None if middle is None else (float(middle[0, 0]), float(middle[0, 1])),
        size_mm,
        u_mm,
        _LINE if is_line else "defect",
    )


def _without_scale(found: Defect, patch: Patch) -> SeenDefect:
    return SeenDefect(Verdict.UNDECIDED, patch.to_picture(found.outline_px), found.size_px, found.peak_score)


def _sentence(label: str, verdict: Verdict, defects: Sequence[SeenDefect], limit_mm: float) -> str:
    """The worst finding in words."""
    same = [one for one in defects if one.verdict is verdict]
    worst_one = max(same, key=lambda one: one.size_mm or 0.0)
    assert worst_one.size_mm is not None
    assert worst_one.u_mm is not None
    at = "" if worst_one.where_mm is None else f" at ({worst_one.where_mm[0]:.3g}, {worst_one.where_mm[1]:.3g}) mm"
    more = f", and {len(same) - 1} more like it" if len(same) > 1 else ""
    named = worst_one.kind if worst_one.kind.endswith("material") else f"a {worst_one.kind}"
    size = f"{worst_one.size_mm:.2g} ± {2.0 * worst_one.u_mm:.1g} mm"
    if worst_one.kind == _LINE:
        return f"{label}: a {_LINE}{at} is {size} large{more}, which a tool's groove may be: look at it."
    if verdict is Verdict.UNDECIDED and worst_one.size_mm - 2.0 * worst_one.u_mm > limit_mm:
        what = f"what may be {named}{at} is {size} large{more}; {limit_mm:g} mm is allowed"
        return f"{label}: {what}. The model is not sure of it: look at it."
    if verdict is Verdict.FAIL:
        return f"{label}: {named}{at} is {size} large{more}; {limit_mm:g} mm is allowed."
    return f"{label}: {named}{at} is {size} large{more}, too near the {limit_mm:g} mm that are allowed to be decided."


def _doubt(patch: Patch, mm_per_px: float, limit_mm: float, settings: SurfaceSettings, rim: RimSeen) -> str:
    """Why a face on which nothing too large was found may still have a defect that is; or nothing."""
    if patch.seen < _LEAST_SEEN:
        return f"the picture shows only {100.0 * patch.seen:.0f} % of it"
    if limit_mm < settings.least_px * mm_per_px:
        return (
            f"defects of {limit_mm:g} mm are {limit_mm / mm_per_px:.1f} pixels large here, and below "
            f"{settings.least_px:g} pixels the model misses some"
        )
    if rim.unseen_mm > limit_mm:
        return f"no edge was found along {rim.unseen_mm:.2g} mm of its rim"
    blind = ((patch.grey <= _DARK) | (patch.grey >= _BRIGHT)) & patch.valid
    size_px, center = _largest(blind)
    if size_px > max(limit_mm / mm_per_px, _LEAST_BLIND_PX):
        where = patch.to_mm(np.array([center]))
        at = "" if where is None else f" at ({where[0, 0]:.3g}, {where[0, 1]:.3g}) mm"
        return f"{size_px * mm_per_px:.2g} mm of it{at} are too bright or too dark to be judged"
    return ""


def _largest(mask: NDArray[np.bool_]) -> tuple[float, tuple[float, float]]:
    """Extent (px) and middle of the largest connected place."""
    _, _, boxes, middles = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if len(boxes) < 2:
        return 0.0, (0.0, 0.0)
    extents = np.hypot(boxes[1:, cv2.CC_STAT_WIDTH], boxes[1:, cv2.CC_STAT_HEIGHT])
    number = int(extents.argmax())
    return float(extents[number]), (float(middles[1 + number, 0]), float(middles[1 + number, 1]))


def _border(patch: Patch) -> NDArray[np.float64]:
    """The valid region's outer border, (n, 2) px."""
    found = cv2.findContours(patch.valid.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    if not found:
        height, width = patch.grey.shape
        return np.array([[0.0, 0.0], [width - 1.0, 0.0], [width - 1.0, height - 1.0], [0.0, height - 1.0]])
    return np.asarray(max(found, key=len).reshape(-1, 2), np.float64)

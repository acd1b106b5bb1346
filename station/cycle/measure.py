"""From a picture to answers, pure: quality gate -> locate -> probe -> fit -> millimetres -> uncertainty -> decide.

No files, no clock, no device: the same plan, calibration and picture give the same result, which is what makes every
stored inspection repeatable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.cycle.edge_looks import EdgeOdd, edges_seen, odd_edges, with_odd_edges
from station.cycle.findings import Finding, find_differences
from station.cycle.placing import bending, place_probes, to_part
from station.cycle.results import ItemResult, answer_items, error_items
from station.cycle.sight import Sighting, sight
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict, worst
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.plan.associate import associate
from station.plan.plan import Plan
from station.plan.seen import Seen
from station.plan.targets import Target
from station.vision.edges import find_edges
from station.vision.picture import Picture
from station.vision.probe import Edges
from station.vision.refusal import Refusal, Trouble

Floats = NDArray[np.float64]

SEARCH_PX = 30.0  # an edge may lie this far from the drawing
BOTH_EDGES = math.sqrt(2.0)  # a chamfer moves both edges of a width the same way; their scatter is taken as independent
_ROOMY_SIGMAS = 12.0  # of the blur: an edge that far from the next is alone
_BAR = 1.5  # radii: a small circle is as crowded as a bar that wide


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything one picture says about one order."""

    verdict: Verdict
    reason: str
    items: tuple[ItemResult, ...]
    findings: tuple[Finding, ...]
    features: tuple[MeasuredFeature, ...]
    sighting: Sighting | None
    refusal: Refusal | None


def inspect_picture(
    order: Order, plan: Plan, calibration: Calibration, picture: Picture, conditions: Conditions
) -> Outcome:
    """Measure and decide everything of `plan` in one silhouette picture (backlit or front-lit)."""
    if plan.refusal:
        return _refused(plan, Refusal(Trouble.NOTHING, f"The part cannot be measured here: {plan.refusal}."))
    found = sight(plan, calibration, picture)
    if isinstance(found, Refusal):
        return _refused(plan, found)
    measured = measure_track(plan, calibration, found)
    odd = _odd(plan, calibration, found, measured)
    features = measure_features(plan, calibration, found, measured, odd)
    findings = find_differences(
        plan,
        calibration,
        found.picture,
        found.field,
        found.pose,
        found.blur_px,
        measured.deviations_px,
    )
    lens = bending(calibration, found.pose)
    answers = answer_items(order, plan, features, findings, calibration, conditions, lens)
    items = with_odd_edges(answers, odd, calibration)
    verdicts = [item.verdict for item in items] + [f.verdict for f in findings.all]
    verdict = worst(verdicts)
    reason = explain_verdict(verdict, items, findings.all)
    return Outcome(verdict, reason, items, findings.all, tuple(features.values()), found, None)


@dataclass(frozen=True, slots=True)
class MeasuredTrack:
    """The edges of all probes of the plan: as found in the picture; how far (px, out of the material) each (n,) lies
    from the drawing, NaN where none was found; and as points (n, 2) on the part, mm."""

    edges: Edges
    deviations_px: Floats
    points_mm: Floats


def measure_track(plan: Plan, calibration: Calibration, sighting: Sighting) -> MeasuredTrack:
    """Every edge of the plan in one pass."""
    probes = place_probes(plan.track, sighting.pose, calibration, plan.mm_per_px)
    edges = find_edges(sighting.picture, sighting.field, probes, sighting.blur_px, SEARCH_PX)
    deviations = edges.offset_px - _appear_px(plan, calibration)
    return MeasuredTrack(edges, deviations, to_part(plan.track, probes, deviations, sighting.pose, calibration))


def _appear_px(plan: Plan, calibration: Calibration) -> float | Floats:
    """How far out of the material edges appear, at each probe (n,) where they are not all of one kind."""
    if plan.edges is None:
        return calibration.edge_offset_px
    # The last one is that of edges whose kind is not known (`NO_KIND`).
    return np.array([*(kind.offset_px for kind in calibration.kinds), calibration.edge_offset_px])[plan.edges]


def _odd(plan: Plan, calibration: Calibration, sighting: Sighting, measured: MeasuredTrack) -> dict[str, EdgeOdd]:
    """Edges that do not look like the masters'."""
    if not any(kind.look for kind in calibration.kinds):
        return {}
    return odd_edges(calibration, edges_seen(plan, sighting, measured.edges))


def measure_features(
    plan: Plan,
    calibration: Calibration,
    sighting: Sighting,
    measured: MeasuredTrack | None = None,
    odd: Mapping[str, EdgeOdd] = MappingProxyType({}),
) -> dict[str, MeasuredFeature]:
    """Every feature of the plan, associated with the edges that were found of it.

    What looks otherwise than the masters' edges (`odd`) may lie off by that much more.
    """
    if measured is None:
        measured = measure_track(plan, calibration, sighting)
    crowding = crowding_px(plan, sighting.blur_px)
    u_mm = measured.edges.u_px * plan.mm_per_px
    first, last = (np.array([target.rows[end] for target in plan.targets], np.intp) for end in (0, -1))
    # Probes that have no edge, or one that may not be fitted.
    spoilt = np.flatnonzero(~(measured.edges.found & measured.edges.clear))
    whole = (np.searchsorted(spoilt, first) == np.searchsorted(spoilt, last, side="right")).tolist()
    unexplained = measured.edges.unexplained[np.searchsorted(plan.track.runs, first, side="right") - 1].tolist()
    seen = []
    for target, times, all_there in zip(plan.targets, unexplained, whole, strict=True):
        span = target.span
        crowded = 0.0 if crowding is None else float(crowding[span].mean())
        off = odd[target.id].off_px if target.id in odd else 0.0
        if target.kind is Kind.LINE:
            off *= BOTH_EDGES
        local_mm = math.hypot(calibration.local_px, crowded, off) * plan.mm_per_px
        if isinstance(span, slice) and all_there:
            points = measured.points_mm[span]
            seen.append(Seen(points, target.points_mm, target.normals, u_mm[span], local_mm, times))
        else:
            seen.append(_seen(target, measured, u_mm, local_mm, times))
    return {f.id: f for f in associate(plan.targets, seen)}


def _seen(target: Target, measured: MeasuredTrack, u_mm: Floats, local_mm: float, unexplained: float) -> Seen:
    """What was found of a target of which not everything was, or not everything may be fitted."""
    span = target.span
    found, clear = measured.edges.found[span], measured.edges.clear[span]
    if found.all():
        return Seen(
            measured.points_mm[span], target.points_mm, target.normals, u_mm[span], local_mm, unexplained, clear
        )
    rows = np.flatnonzero(found)
    return Seen(
        measured.points_mm[span].take(rows, axis=0),
        target.points_mm.take(rows, axis=0),
        target.normals.take(rows, axis=0),
        u_mm[span].take(rows),
        local_mm,
        unexplained,
        clear.take(rows),
        *_gap(target, found),
    )


def crowding_px(plan: Plan, blur_px: float) -> Floats | None:
    """How far (px) each of the plan's edges (n,) may be off because the next one lies within its blur.

    None where nothing is crowded. The next edge is modelled, but the levels between the two hardly show. Fitted to bars
    of 4 to 8 px: the error falls by e every 0.67 of the blur's sigma; a small circle is taken for a bar of three
    quarters of its diameter.
    """
    track, sigma_mm = plan.track, plan.mm_per_px * blur_px
    if _roomy(track.reach_in_mm, track.reach_out_mm, track.curvature_per_mm, _ROOMY_SIGMAS * sigma_mm):
        return None
    room = np.minimum(
        np.minimum(track.reach_in_mm, track.reach_out_mm), _BAR / np.maximum(np.abs(track.curvature_per_mm), 1e-9)
    )
    return np.asarray(0.06 * blur_px * np.exp(-1.5 * (room / sigma_mm - 3.85)))


@compiled
def _roomy(reach_in: Floats, reach_out: Floats, curvature: Floats, least: float) -> bool:
    """Whether every edge is farther than `least` from the next: asked of every picture, and nearly always so."""
    for k in range(len(reach_in)):
        if reach_in[k] <= least or reach_out[k] <= least or least * abs(curvature[k]) >= _BAR:
            return False
    return True


def _gap(target: Target, found: NDArray[np.bool_]) -> tuple[float, tuple[float, float]]:
    """Longest stretch (mm) of a target's probes without an edge, and the nominal point in its middle."""
    lost = np.flatnonzero(~found)
    runs = np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1)
    longest = max(runs, key=len)
    middle = target.points_mm[longest[len(longest) // 2]]
    return len(longest) * target.spacing_mm, (float(middle[0]), float(middle[1]))


def _refused(plan: Plan, refusal: Refusal) -> Outcome:
    verdict = Verdict.FAIL if refusal.trouble is Trouble.MIRRORED else Verdict.ERROR
    # A refusal says nothing about the part, but for one: what lies on its wrong face is shown not to be as ordered.
    shown = (Finding(str(refusal.trouble), verdict, None, 0.0, refusal.sentence),) if verdict is Verdict.FAIL else ()
    return Outcome(verdict, refusal.sentence, error_items(plan, refusal.sentence), shown, (), None, refusal)


def explain_verdict(verdict: Verdict, items: Sequence[ItemResult], findings: Sequence[Finding]) -> str:
    """What decided the verdict, in at most three sentences, worst first.

    Openings that are shown to be wrong come before characteristics, everything else that was found after them.
    """
    if verdict is Verdict.PASS:
        return ""
    found = [f for f in findings if f.verdict is verdict]
    shown = [f for f in found if verdict is Verdict.FAIL and "opening" in f.kind]
    worst_first = sorted((i for i in items if i.verdict is verdict and i.reason), key=lambda i: -i.used_up)
    sentences = [f.sentence for f in shown] + [i.reason for i in worst_first] + [f.sentence for f in found]
    sentences = list(dict.fromkeys(sentences))
    more = f" And {len(sentences) - 3} more." if len(sentences) > 3 else ""
    return " ".join(sentences[:3]) + more

"""From a picture to answers, pure: quality gate -> locate -> probe -> fit -> millimetres -> uncertainty -> decide.

No files, no clock, no device: the same plan, calibration and picture give the same result, which is what makes every
stored inspection repeatable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.findings import Finding, find_differences
from station.cycle.placing import place_probes
from station.cycle.results import ItemResult, answer_items, error_items
from station.cycle.sight import Sighting, sight
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict, worst
from station.metrology.features import MeasuredFeature
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.plan.associate import associate
from station.plan.plan import Plan
from station.plan.targets import Target
from station.vision.picture import Picture
from station.vision.probe import Edges, Probes, refine, search
from station.vision.refusal import Refusal, Trouble

Floats = NDArray[np.float64]


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
    features = measure_features(plan, calibration, found)
    findings = find_differences(plan, calibration, found.picture, found.field, found.pose, found.blur_px)
    items = answer_items(order, plan, features, findings, calibration, conditions)
    verdicts = [item.verdict for item in items] + [f.verdict for f in findings.all]
    verdict = worst(verdicts)
    reason = explain_verdict(verdict, items, findings.all)
    return Outcome(verdict, reason, items, findings.all, tuple(features.values()), found, None)


def measure_features(plan: Plan, calibration: Calibration, sighting: Sighting) -> dict[str, MeasuredFeature]:
    """Every feature of the plan in one pass: probe all, refine all, associate all."""
    targets = plan.targets
    if not targets:
        return {}
    pose, picture, field = sighting.pose, sighting.picture, sighting.field
    sizes = [len(t) for t in targets]
    index = np.repeat(np.arange(len(targets)), sizes)
    nominal = np.concatenate([t.points_mm for t in targets])
    normals = np.concatenate([t.normals for t in targets])
    curvature_px = np.concatenate([t.curvature_per_mm for t in targets]) * plan.mm_per_px
    probes = place_probes(
        nominal,
        normals,
        np.concatenate([t.reach_in_mm for t in targets]),
        np.concatenate([t.reach_out_mm for t in targets]),
        pose,
        calibration,
        plan.mm_per_px,
    )
    reach = np.minimum(np.maximum(probes.reach_in_px, probes.reach_out_px), 30.0)
    offset = search(picture, probes, reach, field.dark_part, field.contrast)
    edges, probes = _refined(picture, probes, offset, sighting, curvature_px)
    # Out of the material by the blur's pull on a curved edge (v κ / 2), and back by the calibrated edge offset.
    blur2 = sighting.blur_px**2
    correction = 0.5 * blur2 * curvature_px - calibration.edge_offset_px
    at = probes.points_px + (np.nan_to_num(edges.offset_px) + correction)[:, None] * probes.normals
    measured = pose.to_part(calibration.camera.to_mm(at))
    groups = [np.flatnonzero((index == i) & edges.found) for i in range(len(targets))]
    features = associate(
        targets,
        [measured[g] for g in groups],
        [nominal[g] for g in groups],
        [normals[g] for g in groups],
        [edges.u_px[g] * plan.mm_per_px for g in groups],
        [_gap(t, edges.found[index == i]) for i, t in enumerate(targets)],
        [math.hypot(calibration.local_px, crowding_px(t, sighting.blur_px)) * plan.mm_per_px for t in targets],
    )
    return {f.id: f for f in features}


def crowding_px(target: Target, blur_px: float) -> float:
    """How far (px) the blur of the next edge may pull this one: not modelled, so paid for.

    Fitted to bars and holes of known size under blurs of 1.1 to 1.6 px: the pull falls by e every 0.77 of the blur's
    sigma, and a small circle behaves like a bar of three quarters of its diameter.
    """
    room = float(np.median(np.minimum(target.reach_in_mm, target.reach_out_mm)))
    bend = float(np.median(np.abs(target.curvature_per_mm)))
    if bend > 0.0:
        room = min(room, 1.5 / bend)
    return 0.08 * blur_px * math.exp(-1.3 * (room / target.spacing_mm / blur_px - 3.16))


def _gap(target: Target, found: NDArray[np.bool_]) -> tuple[float, tuple[float, float]]:
    """Longest stretch (mm) of a target's probes without an edge, and the nominal point in its middle."""
    lost = np.flatnonzero(~found)
    if len(lost) == 0:
        return 0.0, (0.0, 0.0)
    runs = np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1)
    longest = max(runs, key=len)
    middle = target.points_mm[longest[len(longest) // 2]]
    return len(longest) * target.spacing_mm, (float(middle[0]), float(middle[1]))


def _refined(
    picture: Picture, probes: Probes, offset: Floats, sighting: Sighting, curvature_px: Floats
) -> tuple[Edges, Probes]:
    """Fine edges about the coarse ones; a second round where the first moved the profile's centre noticeably."""
    dark, contrast, noise = sighting.field.dark_part, sighting.field.contrast, sighting.field.noise
    seen = np.isfinite(offset)
    centred = probes.moved(np.where(seen, offset, 0.0))
    first = refine(picture, centred, sighting.blur_px, dark, contrast, noise, curvature_px)
    again = centred.moved(np.where(first.found, np.nan_to_num(first.offset_px), 0.0))
    second = refine(picture, again, sighting.blur_px, dark, contrast, noise, curvature_px)
    found = seen & first.found & second.found
    return Edges(second.offset_px, second.u_px, second.contrast, found), again


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

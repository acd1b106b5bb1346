"""From a picture to answers, pure: quality gate -> locate -> probe -> fit -> millimetres -> uncertainty -> decide.

No files, no clock, no device: the same plan, calibration and picture give the same result, which is what makes every
stored inspection repeatable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.findings import Finding, find_differences
from station.cycle.placing import place_probes
from station.cycle.results import ItemResult, answer_items, error_items
from station.metrology.calibration import Calibration, Clipping
from station.metrology.decision import Verdict, worst
from station.metrology.features import MeasuredFeature
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.plan.associate import associate
from station.plan.plan import Plan
from station.plan.targets import Target
from station.vision.field import Field, Piece, choose_piece, decimation_for, look, pieces_of
from station.vision.locate import Match, Shape, match
from station.vision.picture import Picture
from station.vision.pose import Pose, rigid_step, tukey_weights
from station.vision.probe import Edges, Probes, blur_of, refine, search
from station.vision.refusal import Refusal, Trouble

Floats = NDArray[np.float64]

FOCUS_LIMIT_PX = 3.0  # edge spread that no lens in focus shows
FOCUS_RATIO = 1.6  # of the calibration's own
DIRT_LIMIT = 0.02  # share of the field
_LEAST_EXPLAINED = 0.75
_REGISTER_PROBES = 3000


@dataclass(frozen=True, slots=True)
class Sighting:
    """The part as found: pose, edge spread, how far the first look already explains the picture."""

    picture: Picture
    field: Field
    pose: Pose
    blur_px: float
    match: Match


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
    features, edges_seen = measure_features(plan, calibration, found)
    findings = find_differences(plan, calibration, found.picture, found.field, found.pose, found.blur_px)
    items = answer_items(order, plan, features, findings, calibration, conditions)
    verdicts = [item.verdict for item in items] + [f.verdict for f in findings.all]
    verdict = worst(verdicts)
    return Outcome(
        verdict, _reason(items, findings.all), items, findings.all, tuple(features.values()), found, None
    )


def sight(plan: Plan, calibration: Calibration, picture: Picture) -> Sighting | Refusal:
    """The quality gate and the search for the part."""
    size_px = plan.size_mm / plan.mm_per_px
    field = look(picture, decimation_for(picture, size_px or None))
    if isinstance(field, Refusal):
        return field
    gate = _exposure(field, calibration)
    if gate is not None:
        return gate
    expected_px = plan.area_mm2 / plan.mm_per_px**2
    pieces = pieces_of(field, 6.0 * field.decimation**2)
    piece = choose_piece(pieces, expected_px or None, picture.width_px, picture.height_px)
    if isinstance(piece, Refusal):
        return piece
    dirt = sum(p.area_px for p in pieces if p is not piece and not p.sides)
    if dirt > DIRT_LIMIT * picture.width_px * picture.height_px:
        worst_piece = max((p for p in pieces if p is not piece and not p.sides), key=lambda p: p.area_px)
        return Refusal(
            Trouble.DIRTY,
            f"The field is dirty: specks cover {100 * dirt / (picture.width_px * picture.height_px):.1f} % of it, "
            f"the largest at pixel ({worst_piece.center_px[0]:.0f}, {worst_piece.center_px[1]:.0f}). Clean the backlight.",
            worst_piece.center_px,
        )
    found = locate(plan, calibration, piece, field)
    if isinstance(found, Refusal):
        return found
    pose, blur = register(plan, calibration, picture, field, found.pose, 3.0 * field.decimation)
    focus = _focus(blur, calibration, piece, field)
    if focus is not None:
        return focus
    return Sighting(picture, field, pose, blur, found)


def _exposure(field: Field, calibration: Calibration) -> Refusal | None:
    if field.clipped and calibration.clipping is Clipping.NONE:
        return Refusal(
            Trouble.CLIPPED,
            "The backlight is clipped at the camera's limit, but the calibration was made on a field that is not: edges "
            "would move. Shorten the exposure, or calibrate with masters under this light.",
        )
    if not field.clipped and calibration.clipping is Clipping.CLIPPED and field.dark_part:
        return Refusal(
            Trouble.CLIPPED,
            "The backlight is not clipped, but the calibration was made on a clipped field: edges would move. "
            "Use the exposure of the calibration, or calibrate under this light.",
        )
    return None


def _focus(blur_px: float, calibration: Calibration, piece: Piece, field: Field) -> Refusal | None:
    if not np.isfinite(blur_px):
        return Refusal(
            Trouble.UNSTEADY,
            "The part's edges cannot be measured: no clear step in level anywhere along them.",
            piece.center_px,
        )
    limit = FOCUS_LIMIT_PX
    if calibration.psf_sigma_px is not None and field.dark_part:
        # Only the light of the masters tells how sharp edges have to be; reflected light shows softer ones.
        limit = max(FOCUS_RATIO * calibration.psf_sigma_px, calibration.psf_sigma_px + 0.6)
    if blur_px > limit:
        return Refusal(
            Trouble.OUT_OF_FOCUS,
            f"The picture is out of focus: edges spread over {blur_px:.1f} pixels (sigma), at most {limit:.1f} is usable. "
            "Check the focus and that the part lies flat.",
            piece.center_px,
        )
    return None


def locate(plan: Plan, calibration: Calibration, piece: Piece, field: Field) -> Match | Refusal:
    """The pose of the part from its piece, or that it is another part or lies on its wrong face."""
    camera = calibration.camera
    outer = camera.to_mm(piece.outer_px)
    openings = tuple(camera.to_mm(o) for o in piece.openings_px if len(o) >= 4)
    ratio = piece.area_px * plan.mm_per_px**2 / plan.area_mm2
    if not 0.55 < ratio < 1.6:
        return Refusal(
            Trouble.OTHER_PART,
            f"This is another part than the order's: its outline encloses {100 * ratio:.0f} % of the ordered area.",
            piece.center_px,
        )
    samples = [c.target for c in plan.checks if c.target is not None]
    shape = Shape(
        plan.outer,
        plan.openings,
        np.concatenate([t.points_mm for t in samples])[:: max(1, sum(map(len, samples)) // 4000)],
        np.concatenate([t.normals for t in samples])[:: max(1, sum(map(len, samples)) // 4000)],
    )
    cap = max(4.0 * field.decimation * plan.mm_per_px, 0.02 * plan.size_mm)
    right = match(outer, openings, shape, mirrored=plan.mirrored, cap=cap)
    if right.distance > 0.25 * cap:
        wrong = match(outer, openings, shape, mirrored=not plan.mirrored, cap=cap)
        if wrong.distance < 0.6 * right.distance and wrong.explained > _LEAST_EXPLAINED:
            return Refusal(
                Trouble.MIRRORED,
                "The part is mirrored: it lies on its wrong face, or is the mirror image of what was ordered.",
                piece.center_px,
            )
    if right.explained < _LEAST_EXPLAINED:
        return Refusal(
            Trouble.OTHER_PART,
            f"This is another part than the order's: only {100 * right.explained:.0f} % of the ordered outline is in the picture.",
            piece.center_px,
        )
    return right


def register(
    plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose, reach_px: float
) -> tuple[Pose, float]:
    """The pose refined at full resolution by probes along the whole silhouette, and the edge spread (px)."""
    targets = [c.target for c in plan.checks if c.target is not None]
    points = np.concatenate([t.points_mm for t in targets])
    keep = slice(None, None, max(1, len(points) // _REGISTER_PROBES))
    points = points[keep]
    normals = np.concatenate([t.normals for t in targets])[keep]
    reach_in = np.concatenate([t.reach_in_mm for t in targets])[keep]
    reach_out = np.concatenate([t.reach_out_mm for t in targets])[keep]
    blur = float("nan")
    for round_ in range(4):
        probes = place_probes(points, normals, reach_in, reach_out, pose, calibration, plan.mm_per_px)
        # The first look may be off by the decimation, the part by its tolerance: later rounds look closer.
        distance = np.full(len(probes), max(reach_px, 12.0) * 2.0 if round_ == 0 else max(reach_px, 12.0))
        offset = search(picture, probes, distance, field.dark_part, field.contrast)
        seen = np.isfinite(offset)
        if seen.sum() < 8:
            return pose, float("nan")
        if round_ == 2:
            blur = blur_of(picture, _some(probes.moved(np.where(seen, offset, 0.0)), seen), field.dark_part)
        at = probes.points_px + np.where(seen, offset, 0.0)[:, None] * probes.normals
        measured = calibration.camera.to_mm(at)
        plane_normals = pose.turn(normals)
        gap = ((measured - pose.to_plane(points)) * plane_normals).sum(axis=1)
        weights = np.where(seen, tukey_weights(np.where(seen, gap, np.nan), 0.3 * plan.mm_per_px, 8.0), 0.0)
        about = pose.to_plane(points).mean(axis=0)
        step = rigid_step(pose.to_plane(points), plane_normals, np.where(seen, gap, 0.0), weights, about)
        pose = pose.nudged(float(step[0]), float(step[1]), float(step[2]), about)
    return pose, blur


def measure_features(
    plan: Plan, calibration: Calibration, sighting: Sighting
) -> tuple[dict[str, MeasuredFeature], Edges | None]:
    """Every feature of the plan in one pass: probe all, refine all, associate all."""
    targets = plan.targets
    if not targets:
        return {}, None
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
    edges, probes = _refined(picture, probes, offset, sighting, index)
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
        calibration.local_px * plan.mm_per_px,
    )
    return {f.id: f for f in features}, edges


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
    picture: Picture, probes: Probes, offset: Floats, sighting: Sighting, index: NDArray[np.intp]
) -> tuple[Edges, Probes]:
    """Fine edges about the coarse ones; a second round where the first moved the profile's centre noticeably."""
    dark, contrast, noise = sighting.field.dark_part, sighting.field.contrast, sighting.field.noise
    seen = np.isfinite(offset)
    centred = probes.moved(np.where(seen, offset, 0.0))
    first = refine(picture, centred, sighting.blur_px, dark, contrast, noise)
    again = centred.moved(np.where(first.found, np.nan_to_num(first.offset_px), 0.0))
    second = refine(picture, again, sighting.blur_px, dark, contrast, noise)
    found = seen & first.found & second.found
    return Edges(second.offset_px, second.u_px, second.contrast, found), again


def _some(probes: Probes, keep: NDArray[np.bool_]) -> Probes:
    return Probes(probes.points_px[keep], probes.normals[keep], probes.reach_in_px[keep], probes.reach_out_px[keep])


def _refused(plan: Plan, refusal: Refusal) -> Outcome:
    verdict = Verdict.FAIL if refusal.trouble is Trouble.MIRRORED else Verdict.ERROR
    # A refusal says nothing about the part, but for one: what lies on its wrong face is shown not to be as ordered.
    shown = (Finding(str(refusal.trouble), verdict, None, 0.0, refusal.sentence),) if verdict is Verdict.FAIL else ()
    return Outcome(verdict, refusal.sentence, error_items(plan, refusal.sentence), shown, (), None, refusal)


def _reason(items: tuple[ItemResult, ...], findings: tuple[Finding, ...]) -> str:
    """One sentence: what decided the verdict, worst first."""
    verdict = worst([i.verdict for i in items] + [f.verdict for f in findings])
    sentences = [f.sentence for f in findings if f.verdict is verdict]
    sentences += [i.reason for i in items if i.verdict is verdict and i.reason]
    return " ".join(dict.fromkeys(sentences[:3])) if verdict is not Verdict.PASS else ""

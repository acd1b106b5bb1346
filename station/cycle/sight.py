"""The quality gate and the search for the part: is this picture worth measuring, and where does the part lie?

Every refusal says what, where and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.placing import place_probes
from station.metrology.calibration import Calibration, Clipping
from station.plan.plan import Plan
from station.vision.field import Field, Piece, choose_piece, decimation_for, look, pieces_of
from station.vision.locate import Match, Shape, match
from station.vision.picture import Picture
from station.vision.pose import Pose, rigid_step, tukey_weights
from station.vision.probe import Probes, blur_of, search
from station.vision.refusal import Refusal, Trouble
from station.vision.search import best_shifts

Floats = NDArray[np.float64]

FOCUS_LIMIT_PX = 3.0  # edge spread that no lens in focus shows
FOCUS_RATIO = 1.6  # of the calibration's own
DIRT_LIMIT = 0.02  # share of the field
_LEAST_EXPLAINED = 0.75
_REGISTER_PROBES = 3000
_CHIRAL_PX = 0.3  # a face that fits better than this is the right one whatever its mirror image does


@dataclass(frozen=True, slots=True)
class Sighting:
    """The part as found: pose, edge spread, how far the first look already explains the picture."""

    picture: Picture
    field: Field
    pose: Pose
    blur_px: float
    match: Match


def sight(plan: Plan, calibration: Calibration, picture: Picture) -> Sighting | Refusal:
    """The quality gate and the search for the part."""
    size_px = plan.size_mm / plan.mm_per_px
    field = look(picture, decimation_for(picture, size_px or None))
    if isinstance(field, Refusal):
        return field
    gate = _exposure(field, calibration)
    if gate is not None:
        return gate
    if not plan.outer:
        return _sight_partial(plan, calibration, picture, field)
    expected_px = plan.area_mm2 / plan.mm_per_px**2
    pieces = pieces_of(field, 6.0 * field.decimation**2)
    piece = choose_piece(pieces, expected_px or None)
    if isinstance(piece, Refusal):
        return piece
    dirt = sum(p.area_px for p in pieces if p is not piece and not p.sides)
    if dirt > DIRT_LIMIT * picture.width_px * picture.height_px:
        worst_piece = max((p for p in pieces if p is not piece and not p.sides), key=lambda p: p.area_px)
        return Refusal(
            Trouble.DIRTY,
            f"The field is dirty: specks cover {100 * dirt / (picture.width_px * picture.height_px):.1f} % of it, "
            f"the largest at pixel ({worst_piece.center_px[0]:.0f}, {worst_piece.center_px[1]:.0f}). "
            "Clean the backlight.",
            worst_piece.center_px,
        )
    found, mirror = locate(plan, calibration, piece, field)
    if isinstance(found, Refusal):
        return found
    pose, blur = register(plan, calibration, picture, field, found.pose, 3.0 * field.decimation)
    if mirror is not None and _fits_better(plan, calibration, picture, field, pose, mirror):
        return _mirrored(piece)
    focus = _focus(blur, calibration, piece, field)
    if focus is not None:
        return focus
    return Sighting(picture, field, pose, blur, found)


def _sight_partial(plan: Plan, calibration: Calibration, picture: Picture, field: Field) -> Sighting | Refusal:
    """The pose from a few edges alone: all rotations in steps of 4 degrees, then the best ones registered."""
    nothing = Refusal(
        Trouble.NOTHING,
        "The edges that the order lists are not in the picture. Place the part, or give its whole outline.",
    )
    if not plan.seen:
        return nothing
    points = np.concatenate([t.points_mm for t in plan.seen])
    normals = np.concatenate([t.normals for t in plan.seen])
    keep = slice(None, None, max(1, len(points) // 600))
    points, normals = points[keep], normals[keep]
    far = np.full(len(points), plan.mm_per_px)
    poses = [Pose(float(a), 0.0, 0.0, plan.mirrored) for a in np.radians(np.arange(0.0, 360.0, 4.0))]
    origin = calibration.camera.to_px(np.zeros((1, 2)))[0]
    candidates = []
    for pose in poses:
        probes = place_probes(points, normals, far, far, pose, calibration, plan.mm_per_px)
        candidates.append((probes.points_px - origin, probes.normals))
    scored = sorted(zip(best_shifts(picture, field, candidates), poses, strict=True), key=lambda item: -item[0][0])
    best: tuple[float, Pose, float] | None = None
    for (_, x, y), pose in scored[:4]:
        place = calibration.camera.to_mm(np.array([[x, y]]))[0]
        start = Pose(pose.angle_rad, float(place[0]), float(place[1]), plan.mirrored)
        refined, blur = register(plan, calibration, picture, field, start, 4.0 * field.decimation)
        share = _share_seen(plan, calibration, picture, field, refined)
        if best is None or share > best[0]:
            best = (share, refined, blur)
    if best is None or best[0] < _LEAST_EXPLAINED or not np.isfinite(best[2]):
        return nothing
    return Sighting(picture, field, best[1], best[2], Match(best[1], 0.0, best[0], 0.0))


def _share_seen(plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose) -> float:
    """Share of the probes that have an edge within three pixels."""
    offset = _offsets(plan, calibration, picture, field, pose)
    return float((np.abs(np.nan_to_num(offset, nan=99.0)) < 3.0).mean())


def _offsets(plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose) -> Floats:
    """How far (px) the nearest edge lies from each of some probes of the plan; NaN where there is none."""
    targets = plan.seen
    keep = slice(None, None, max(1, sum(map(len, targets)) // _REGISTER_PROBES))
    probes = place_probes(
        np.concatenate([t.points_mm for t in targets])[keep],
        np.concatenate([t.normals for t in targets])[keep],
        np.concatenate([t.reach_in_mm for t in targets])[keep],
        np.concatenate([t.reach_out_mm for t in targets])[keep],
        pose,
        calibration,
        plan.mm_per_px,
    )
    return search(picture, probes, np.full(len(probes), 12.0), field.dark_part, field.contrast)


def _exposure(field: Field, calibration: Calibration) -> Refusal | None:
    if field.clipped and calibration.clipping is Clipping.NONE:
        return Refusal(
            Trouble.CLIPPED,
            "The backlight is clipped at the camera's limit, but the calibration was made on a field that is not: "
            "edges would move. Shorten the exposure, or calibrate with masters under this light.",
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
            f"The picture is out of focus: edges spread over {blur_px:.1f} pixels (sigma), at most {limit:.1f} is "
            "usable. Check the focus and that the part lies flat.",
            piece.center_px,
        )
    return None


def locate(plan: Plan, calibration: Calibration, piece: Piece, field: Field) -> tuple[Match | Refusal, Match | None]:
    """The pose of the part from its piece, or that it is another part or lies on its wrong face.

    Second, the pose of the mirror image where that explains the picture noticeably better: whether it really does is
    seen at full resolution only.
    """
    camera = calibration.camera
    outer = camera.to_mm(piece.outer_px)
    openings = tuple(camera.to_mm(o) for o in piece.openings_px if len(o) >= 4)
    ratio = piece.area_px * plan.mm_per_px**2 / plan.area_mm2
    if not 0.55 < ratio < 1.6:
        sentence = f"its outline encloses {100 * ratio:.0f} % of the ordered area"
        return Refusal(Trouble.OTHER_PART, f"This is another part than the order's: {sentence}.", piece.center_px), None
    samples = plan.seen
    shape = Shape(
        plan.outer,
        plan.openings,
        np.concatenate([t.points_mm for t in samples])[:: max(1, sum(map(len, samples)) // 4000)],
        np.concatenate([t.normals for t in samples])[:: max(1, sum(map(len, samples)) // 4000)],
    )
    cap = max(4.0 * field.decimation * plan.mm_per_px, 0.02 * plan.size_mm)
    right = match(outer, openings, shape, mirrored=plan.mirrored, cap=cap)
    wrong = match(outer, openings, shape, mirrored=not plan.mirrored, cap=cap)
    clearly = right.distance > 0.25 * cap and wrong.distance < 0.6 * right.distance
    if clearly and wrong.explained > _LEAST_EXPLAINED:
        return _mirrored(piece), None
    if right.explained < _LEAST_EXPLAINED:
        sentence = f"only {100 * right.explained:.0f} % of the ordered outline is in the picture"
        return Refusal(Trouble.OTHER_PART, f"This is another part than the order's: {sentence}.", piece.center_px), None
    return right, wrong if wrong.distance < 0.95 * right.distance else None


def _mirrored(piece: Piece) -> Refusal:
    return Refusal(
        Trouble.MIRRORED,
        "The part is mirrored: it lies on its wrong face, or is the mirror image of what was ordered.",
        piece.center_px,
    )


def _fits_better(
    plan: Plan, calibration: Calibration, picture: Picture, field: Field, right: Pose, mirror: Match
) -> bool:
    """Whether the mirror image lies clearly nearer to the edges than the face that was ordered."""
    other, _ = register(plan, calibration, picture, field, mirror.pose, 3.0 * field.decimation)
    gap, mirror_gap = (_mean_gap(plan, calibration, picture, field, pose) for pose in (right, other))
    return gap > _CHIRAL_PX and mirror_gap < 0.5 * gap


def _mean_gap(plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose) -> float:
    """Mean distance (px) of the picture's edges from the drawing at a pose; 12 where no edge is near."""
    offset = _offsets(plan, calibration, picture, field, pose)
    return float(np.mean(np.minimum(np.abs(np.nan_to_num(offset, nan=12.0)), 12.0)))


def register(
    plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose, reach_px: float
) -> tuple[Pose, float]:
    """The pose refined at full resolution by probes along the whole silhouette, and the edge spread (px)."""
    targets = plan.seen
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


def _some(probes: Probes, keep: NDArray[np.bool_]) -> Probes:
    return Probes(probes.points_px[keep], probes.normals[keep], probes.reach_in_px[keep], probes.reach_out_px[keep])

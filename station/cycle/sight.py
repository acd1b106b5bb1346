"""The quality gate and the search for the part: is this picture worth measuring, and where does the part lie?

Every refusal says what, where and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from station.cycle.placing import place_probes, some_of
from station.cycle.registration import mean_gap, register, share_seen
from station.metrology.calibration import Calibration, Clipping
from station.plan.plan import Plan
from station.vision.field import Field, decimation_for, look
from station.vision.locate import Match, Shape, match
from station.vision.picture import Picture
from station.vision.pieces import Piece, choose_piece, pieces_of
from station.vision.pose import Pose
from station.vision.refusal import Refusal, Trouble
from station.vision.search import best_shifts

Floats = NDArray[np.float64]

FOCUS_LIMIT_PX = 3.0  # edge spread that no lens in focus shows
FOCUS_RATIO = 1.6  # of the calibration's own
FOCUS_MARGIN_PX = 0.6  # more than its own, where that is larger
DIRT_LIMIT = 0.02  # share of the field
_LEAST_EXPLAINED = 0.75
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
    if len(plan.track) == 0:
        return Refusal(
            Trouble.NOTHING,
            "The part is only a few pixels large here: no edge of it can be measured. Use another optics.",
        )
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
    ratio = piece.area_px / expected_px
    if not 0.55 < ratio < 1.6:
        sentence = f"its outline encloses {100 * ratio:.0f} % of the ordered area"
        return Refusal(Trouble.OTHER_PART, f"This is another part than the order's: {sentence}.", piece.center_px)
    contours = Contours.of(piece, calibration)
    found = locate(plan, contours, field, mirrored=plan.mirrored)
    pose, blur = register(plan, calibration, picture, field, found.pose, 3.0 * field.decimation)
    gap = mean_gap(plan, calibration, picture, field, pose)
    if found.explained < _LEAST_EXPLAINED or gap > _CHIRAL_PX:
        refusal = _other_face(plan, calibration, picture, field, piece, contours, found, gap)
        if refusal is not None:
            return refusal
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
    if len(plan.track) == 0:
        return nothing
    track = some_of(plan.track, 600)
    poses = [Pose(float(a), 0.0, 0.0, plan.mirrored) for a in np.radians(np.arange(0.0, 360.0, 4.0))]
    origin = calibration.camera.to_px(np.zeros((1, 2)))[0]
    candidates = []
    for pose in poses:
        probes = place_probes(track, pose, calibration, plan.mm_per_px)
        candidates.append((probes.points_px - origin, probes.normals))
    scored = sorted(zip(best_shifts(picture, field, candidates), poses, strict=True), key=lambda item: -item[0][0])
    best: tuple[float, Pose, float] | None = None
    for (_, x, y), pose in scored[:4]:
        place = calibration.camera.to_mm(np.array([[x, y]]))[0]
        start = Pose(pose.angle_rad, float(place[0]), float(place[1]), plan.mirrored)
        refined, blur = register(plan, calibration, picture, field, start, 4.0 * field.decimation)
        share = share_seen(plan, calibration, picture, field, refined)
        if best is None or share > best[0]:
            best = (share, refined, blur)
    if best is None or best[0] < _LEAST_EXPLAINED or not np.isfinite(best[2]):
        return nothing
    return Sighting(picture, field, best[1], best[2], Match(best[1], 0.0, best[0], 0.0))


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
        limit = max(FOCUS_RATIO * calibration.psf_sigma_px, calibration.psf_sigma_px + FOCUS_MARGIN_PX)
    if blur_px > limit:
        return Refusal(
            Trouble.OUT_OF_FOCUS,
            f"The picture is out of focus: edges spread over {blur_px:.1f} pixels (sigma), at most {limit:.1f} is "
            "usable. Check the focus and that the part lies flat.",
            piece.center_px,
        )
    return None


@dataclass(frozen=True, slots=True)
class Contours:
    """A piece's outer contour and openings on the measuring plane, (n, 2) mm each."""

    outer: Floats
    openings: tuple[Floats, ...]

    @classmethod
    def of(cls, piece: Piece, calibration: Calibration) -> Contours:
        """The contours of a piece that can be looked at: openings of a few pixels are left out."""
        rings = [piece.outer_px, *(o for o in piece.openings_px if len(o) >= 4)]
        plane = calibration.camera.to_mm(np.concatenate(rings))
        ends = accumulate(len(ring) for ring in rings)
        outer, *openings = (plane[end - len(ring) : end] for ring, end in zip(rings, ends, strict=True))
        return cls(outer, tuple(openings))


def locate(plan: Plan, contours: Contours, field: Field, *, mirrored: bool) -> Match:
    """The pose that brings one face of the drawing nearest to the contours."""
    samples = some_of(plan.track, 4000)
    shape = Shape(plan.outer, plan.openings, samples.points_mm, samples.normals)
    cap = max(4.0 * field.decimation * plan.mm_per_px, 0.02 * plan.size_mm)
    return match(contours.outer, contours.openings, shape, mirrored=mirrored, cap=cap)


def _other_face(
    plan: Plan,
    calibration: Calibration,
    picture: Picture,
    field: Field,
    piece: Piece,
    contours: Contours,
    right: Match,
    gap_px: float,
) -> Refusal | None:
    """Why a part that does not lie on its drawing is refused: mirrored, another part; None if it is neither.

    `right` and `gap_px` are the match of the face that was ordered and the mean distance of the edges from it.
    """
    wrong = locate(plan, contours, field, mirrored=not plan.mirrored)
    clearly = right.distance > 0.25 * right.cap and wrong.distance < 0.6 * right.distance
    if clearly and wrong.explained > _LEAST_EXPLAINED:
        return _mirrored(piece)
    if right.explained < _LEAST_EXPLAINED:
        sentence = f"only {100 * right.explained:.0f} % of the ordered outline is in the picture"
        return Refusal(Trouble.OTHER_PART, f"This is another part than the order's: {sentence}.", piece.center_px)
    if gap_px > _CHIRAL_PX and wrong.distance < 0.95 * right.distance:
        # Which face it is shows at full resolution only.
        other, _ = register(plan, calibration, picture, field, wrong.pose, 3.0 * field.decimation)
        if mean_gap(plan, calibration, picture, field, other) < 0.5 * gap_px:
            return _mirrored(piece)
    return None


def _mirrored(piece: Piece) -> Refusal:
    return Refusal(
        Trouble.MIRRORED,
        "The part is mirrored: it lies on its wrong face, or is the mirror image of what was ordered.",
        piece.center_px,
    )

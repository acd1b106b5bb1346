"""What the picture shows that the order's geometry does not have, in millimetres and in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict
from station.plan.plan import OutlineCheck, Plan
from station.plan.targets import Target
from station.vision.compare import Difference, DifferenceKind, compare
from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.pose import Pose
from station.vision.running import worst_by_outline
from station.vision.teeth import count_runs

Floats = NDArray[np.float64]

PROFILE_REACH_PX = 24.0  # deviations up to here a profile's probes are sure to see
PROFILE_WIDTH_PX = 24.0  # and only if they are this wide
SPECK_SHARE = 0.03  # of the largest opening: a loose thing smaller than that is dust on the glass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that prevents PASS. `where_mm` in the part's frame (None: the whole part), `size_mm` its depth or
    width.
    """

    kind: str
    verdict: Verdict
    where_mm: tuple[float, float] | None
    size_mm: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings, FAIL first; `openings_mm` (n, 2) where the picture shows openings, `pieces` of material, `teeth`
    around each contour of the plan. Empty where nobody looked."""

    all: tuple[Finding, ...]
    openings_mm: Floats
    pieces: int | None
    teeth: Mapping[str, int]
    outlines: Mapping[str, Floats]

    def count_of(self, of: str, features: tuple[str, ...]) -> int | None:
        """How many openings (inside the named feature, if any), pieces or teeth there are; None if not known."""
        if of == "teeth":
            return self.teeth.get(features[0]) if features else next(iter(self.teeth.values()), None)
        if of == "pieces" or self.pieces is None:
            return self.pieces
        if not features:
            return len(self.openings_mm)
        outline = self.outlines.get(features[0])
        if outline is None:
            return None
        around = outline.astype(np.float32).reshape(-1, 1, 2)
        return sum(cv2.pointPolygonTest(around, (float(x), float(y)), False) > 0 for x, y in self.openings_mm)


def find_differences(
    plan: Plan,
    calibration: Calibration,
    picture: Picture,
    field: Field,
    pose: Pose,
    blur_px: float,
    deviations_px: Floats,
) -> Findings:
    """Compare the whole silhouette; nothing for partial geometry, where only what is listed is looked at.

    `deviations_px` (n,) is how far (px, along the normal, NaN where none was found) the edge lies from the drawing at
    each of the plan's probes.
    """
    if not plan.outer:
        return Findings((), np.zeros((0, 2)), None, {}, {})
    camera = calibration.camera
    polygons = (*plan.outer, *plan.openings)
    together = camera.to_px(pose.to_plane(np.concatenate(polygons)))
    ends = accumulate(map(len, polygons), initial=0)
    in_picture = tuple(together[first:end] for first, end in pairwise(ends))
    outer, openings = in_picture[: len(plan.outer)], in_picture[len(plan.outer) :]
    doubt = _place_u_mm(plan, calibration, plan.size_mm / 2.0)
    band_mm = max((c.allowed_mm for c in plan.checks), default=0.1) + 2.0 * doubt
    band_px = max(band_mm / plan.mm_per_px, 2.0 * blur_px + 1.0)
    seen = compare(picture, field, outer, openings, band_px, blur_px)
    middles = pose.to_part(camera.to_mm(seen.openings_px)) if len(seen.openings_px) else np.zeros((0, 2))
    outlines = {t.id: t.points_mm for t in plan.counted}
    teeth = {t.id: _teeth(t, plan, calibration, picture, field, pose) for t in plan.counted}
    counts = {name: number for name, number in teeth.items() if number is not None}
    if plan.partial:
        return Findings((), middles, seen.pieces, counts, outlines)
    shown = [d for d in seen.differences if not _is_speck(d, plan)]
    shown = _not_left_to_profiles(shown, plan, calibration, pose)
    found = [_from_difference(d, plan, calibration, pose, field, band_mm) for d in shown]
    missing = {d.opening for d in seen.differences if d.kind is DifferenceKind.MISSING_OPENING}
    found += _deviating(plan, calibration, deviations_px, missing)
    found.sort(key=lambda f: (f.verdict is not Verdict.FAIL, -f.size_mm))
    return Findings(tuple(found), middles, seen.pieces, counts, outlines)


def _teeth(
    target: Target, plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose
) -> int | None:
    """Teeth of a contour: runs of material on the circle half-way between its tips and its roots."""
    low, high = target.points_mm.min(axis=0), target.points_mm.max(axis=0)
    middle = (low + high) / 2.0
    radius = np.hypot(*(target.points_mm - middle).T)
    pitch = float(radius.min() + radius.max()) / 2.0
    count = max(64, int(8.0 * math.pi * pitch / plan.mm_per_px))
    angle = 2.0 * math.pi * np.arange(count) / count
    circle = middle + pitch * np.column_stack([np.cos(angle), np.sin(angle)])
    return count_runs(picture, field, calibration.camera.to_px(pose.to_plane(circle)))


def _is_speck(d: Difference, plan: Plan) -> bool:
    """A loose piece that is dust on the glass: tiny against the openings of the part."""
    if d.kind is not DifferenceKind.LOOSE_PIECE:
        return False
    width_mm = 2.0 * math.sqrt(d.area_px / math.pi) * plan.mm_per_px
    largest = max((c.size_mm for c in plan.checks if c.opening), default=plan.size_mm)
    return width_mm < max(SPECK_SHARE * largest, 4.0 * plan.mm_per_px)


def _not_left_to_profiles(
    differences: list[Difference], plan: Plan, calibration: Calibration, pose: Pose
) -> list[Difference]:
    """Without the material that a line profile of the order decides: its probes reach as far, and one edge gets one
    answer."""
    # A spur or a crack may be too narrow for a probe to find its tip: only what is wide is left to the profile.
    wide = [
        d
        for d in differences
        if d.kind in (DifferenceKind.EXTRA_MATERIAL, DifferenceKind.MISSING_MATERIAL)
        and d.depth_px <= PROFILE_REACH_PX
        and d.area_px >= PROFILE_WIDTH_PX * d.depth_px
    ]
    probed = [(check.profiled, check.target.points_mm) for check in plan.checks if check.target is not None]
    if not wide or not any(profiled for profiled, _ in probed):
        return differences
    where = pose.to_part(calibration.camera.to_mm(np.array([d.where_px for d in wide])))
    _, nearest = cKDTree(np.concatenate([points for _, points in probed])).query(where)
    profiled = np.repeat([profiled for profiled, _ in probed], [len(points) for _, points in probed])[nearest]
    decided = {id(d) for d, left_out in zip(wide, profiled, strict=True) if left_out}
    return [d for d in differences if id(d) not in decided]


def _place_u_mm(plan: Plan, calibration: Calibration, arm_mm: float) -> float:
    """Standard uncertainty of an edge's place at a distance from the part's middle."""
    edge = math.hypot(calibration.u_edge_px, calibration.local_px) * plan.mm_per_px
    return math.hypot(calibration.u_scale * arm_mm, edge)


def _from_difference(
    d: Difference, plan: Plan, calibration: Calibration, pose: Pose, field: Field, band_mm: float
) -> Finding:
    where = pose.to_part(calibration.camera.to_mm(np.array([d.where_px])))[0]
    place = f"at ({where[0]:.3g}, {where[1]:.3g}) mm"
    depth_mm = d.depth_px * plan.mm_per_px
    width_mm = 2.0 * math.sqrt(d.area_px / math.pi) * plan.mm_per_px
    at = (float(where[0]), float(where[1]))
    match d.kind:
        case DifferenceKind.EXTRA_OPENING:
            if field.dark_part:
                sentence = f"There is an opening too many {place}, about {width_mm:.2g} mm across."
                return Finding(str(d.kind), Verdict.FAIL, at, width_mm, sentence)
            sentence = (
                f"A dark spot {place}, about {width_mm:.2g} mm across, may be an opening too many: "
                "reflected light cannot tell."
            )
            return Finding(str(d.kind), Verdict.UNDECIDED, at, width_mm, sentence)
        case DifferenceKind.MISSING_OPENING:
            check = _opening(plan, d.opening)
            middle = check.center_mm if check is not None else at
            name = f"{check.name} " if check is not None else ""
            sentence = (
                f"The opening {name}at ({middle[0]:.4g}, {middle[1]:.4g}) mm, {2 * depth_mm:.3g} mm across, is missing."
            )
            return Finding(str(d.kind), Verdict.FAIL, middle, 2 * depth_mm, sentence)
        case DifferenceKind.LOOSE_PIECE:
            sentence = f"Something lies in an opening {place}, {width_mm:.2g} mm across. Blow it out and measure again."
            return Finding(str(d.kind), Verdict.UNDECIDED, at, width_mm, sentence)
        case DifferenceKind.EXTRA_MATERIAL:
            sentence = (
                f"There is material too much {place}: it stands {depth_mm:.2g} mm off the outline of the drawing."
            )
        case DifferenceKind.MISSING_MATERIAL:
            sentence = f"Material is missing {place}: {depth_mm:.2g} mm deep from the outline of the drawing."
    # Beyond twice what any tolerance explains it is shown; between, a person has to look.
    verdict = Verdict.FAIL if field.dark_part and depth_mm > 2.0 * band_mm else Verdict.UNDECIDED
    return Finding(str(d.kind), verdict, at, depth_mm, sentence)


def _opening(plan: Plan, number: int) -> OutlineCheck | None:
    checks = [c for c in plan.checks if c.opening]
    return checks[number] if 0 <= number < len(checks) else None


def _deviating(plan: Plan, calibration: Calibration, deviations_px: Floats, missing: set[int]) -> list[Finding]:
    """Outlines whose edge lies farther off the drawing than any tolerance of the order explains.

    Outlines that a line profile of the order covers are decided by that characteristic alone.
    """
    opening_numbers = np.cumsum([check.opening for check in plan.checks]) - 1
    probed = [
        (check, check.target, int(number))
        for check, number in zip(plan.checks, opening_numbers, strict=True)
        if check.target is not None
    ]
    # The probes of a closed outline follow each other.
    first = np.array([target.rows[0] for _, target, _ in probed], np.intp)
    end = first + np.array([len(target) for _, target, _ in probed], np.intp)
    worst_px, place = worst_by_outline(deviations_px, first, end)
    found = []
    for (check, target, number), depth_px, worst in zip(probed, worst_px.tolist(), place.tolist(), strict=True):
        if (check.opening and number in missing) or check.profiled:
            continue
        depth_mm = depth_px * plan.mm_per_px
        # NaN, where too few edges were found, is no deviation.
        if not depth_mm > check.allowed_mm:
            continue
        arm = float(np.hypot(*(target.points_mm[worst] - np.mean(target.points_mm, axis=0))))
        limit = check.allowed_mm + 2.0 * _place_u_mm(plan, calibration, max(arm, plan.size_mm / 2.0))
        if depth_mm > limit:
            where = target.points_mm[worst]
            found.append(
                Finding(
                    "outline off the drawing",
                    Verdict.UNDECIDED,
                    (float(where[0]), float(where[1])),
                    depth_mm,
                    f"The outline {check.name} lies {depth_mm:.2g} mm off the drawing "
                    f"at ({where[0]:.3g}, {where[1]:.3g}) mm, "
                    f"more than the {check.allowed_mm:.2g} mm that the order's tolerances explain.",
                )
            )
    return found

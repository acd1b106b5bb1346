"""How much each thing that real pictures bring takes from the measurement: bias, scatter, honesty, false verdicts.

Two parts are measured over and over, each time made a little differently and lying anywhere: a ring, and a plate with
a slot. One size of every part lies a little outside its limit, so a part that passes is a false PASS. The same parts
and poses serve every case, so that the cases differ by what was spoiled alone. The calibration knows everything: what
U does not cover here is what a station's own budget (edge, local) has to pay for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from station.cycle.edge_looks import edges_seen
from station.cycle.measure import Outcome, inspect_picture, measure_track
from station.cycle.sight import Sighting, sight
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict
from station.metrology.edge_look import edge_look
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.uncertainty import Conditions
from station.plan.compile import compile_plan
from station.twin.part import MadePart, part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, PlacedPart, Pose, Scene
from station.twin.truth import Truth, part_truth
from station.vision.picture import picture_from

from .degrade_parts import MM_PER_PX, Subject, exact, subjects
from .spoil import Case, cases

Floats = NDArray[np.float64]

_SEED = 20261122
_AT_20_C = Conditions(20.0, 0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One case on one part. Lengths in 1/1000 px over all parts that gave a value; NaN where none did.

    `outer` is the ring's rim or the plate's width, `inner` the ring's hole or the slot's width, `place` the rim's
    centre in the field (`place_bias` the length of its mean error, `place_rmse` per axis) or the distance from the
    plate's edge to the slot. `times_clean` is the rmse of `outer` and `inner` together over that of the clean case,
    `contour_rmse` that of the edge points that the fits kept. `measured` and `covered` are shares of the sizes asked
    for and of the U95 intervals that hold the truth; `false_pass` counts parts, `false_fail` conforming sizes.
    """

    case: str
    story: str
    part: str
    parts: int
    measured: float
    outer_bias: float
    outer_rmse: float
    inner_bias: float
    inner_rmse: float
    place_bias: float
    place_rmse: float
    times_clean: float
    contour_rmse: float
    covered: float
    false_pass: int
    false_fail: int


@dataclass(slots=True)
class _Errors:
    """What was gathered over the parts of one row, in px."""

    sizes: dict[str, list[float]]
    place: list[Floats]
    squares: list[Floats]
    covered: list[bool]
    asked: int = 0
    false_pass: int = 0
    false_fail: int = 0


def degrade(parts: int = 60, names: Sequence[str] = (), seed: int = _SEED, *, look: bool = False) -> Iterator[Row]:
    """A row for every case (those named, or all) and subject; the clean case comes first in any event. With `look` the
    calibration knows how clean edges look.

    Raises:
        ValueError: there is no case of such a name.
    """
    known = {case.name: case for case in cases()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"there is no case {unknown[0]!r}; there are {', '.join(known)}")
    wanted = [case for name, case in known.items() if not names or name in names or name == "clean"]
    clean: dict[str, float] = {}
    for case in wanted:
        for number, subject in enumerate(subjects()):
            errors = _measured(
                case, subject, parts, seed + number, _calibrated(subject, seed) if look else exact(subject.optics)
            )
            rmse = _rms(errors.sizes[subject.outer] + errors.sizes[subject.inner])
            row = _row(case, subject, parts, errors, rmse / clean.setdefault(subject.name, rmse))
            if not names or case.name in names:
                yield row


def count_rows(names: Sequence[str] = ()) -> int:
    """How many rows `degrade` will yield."""
    return len(subjects()) * (len(names) or len(cases()))


def _calibrated(subject: Subject, seed: int) -> Calibration:
    """The exact calibration, and the look of the edges of three clean masters at a fixed focus."""
    calibration, plain, seen = exact(subject.optics), part_of_order(subject.order), []
    plan = compile_plan(subject.order, calibration)
    for number in range(3):
        rng = np.random.default_rng((seed, number, 2))
        scene = Scene(subject.optics, Lamp(), (PlacedPart(plain, Pose(0.0, 0.0, float(rng.uniform(0.0, 360.0)))),))
        found = sight(plan, calibration, picture_from(render(scene, rng)))
        assert isinstance(found, Sighting)
        seen += edges_seen(plan, found, measure_track(plan, calibration, found).edges)
    return replace(
        calibration, edge_look=edge_look([e.spread_px for e in seen], [e.misfit for e in seen], fixed_focus=True)
    )


def _measured(case: Case, subject: Subject, parts: int, seed: int, calibration: Calibration) -> _Errors:
    plan = compile_plan(subject.order, calibration)
    errors = _Errors({item.characteristic.id: [] for item in plan.items}, [], [], [])
    plain = part_of_order(subject.order)
    for number in range(parts):
        rng = np.random.default_rng((seed, number))
        part = MadePart(plain.silhouette, plain.features, subject.make(rng))
        x, y, turn = (*(rng.uniform(-5.0, 5.0, 2) * MM_PER_PX), rng.uniform(0.0, 360.0))
        scene = Scene(subject.optics, Lamp(), (PlacedPart(part, Pose(float(x), float(y), float(turn))),))
        # What spoils draws from a stream of its own, and leaves the next parts as they are.
        own = np.random.default_rng((seed, number, 1))
        picture = picture_from(case.take(case.change(scene, own), own))
        outcome = inspect_picture(subject.order, plan, calibration, picture, _AT_20_C)
        _gather(errors, outcome, subject, scene)
    return errors


def _gather(errors: _Errors, outcome: Outcome, subject: Subject, scene: Scene) -> None:
    truth = part_truth(scene.parts[0].part)
    errors.false_pass += outcome.verdict is Verdict.PASS
    for item in outcome.items:
        true = subject.size(truth, item.item.characteristic.id)
        errors.asked += 1
        if item.value is None or item.u is None:
            continue
        errors.sizes[item.item.characteristic.id].append((item.value - true) / MM_PER_PX)
        errors.covered.append(abs(item.value - true) <= 2.0 * item.u)
        lower, upper = item.item.lower, item.item.upper
        assert lower is not None
        assert upper is not None
        errors.false_fail += item.verdict is Verdict.FAIL and lower <= true <= upper
    if outcome.sighting is None:
        return
    for feature in outcome.features:
        if not feature.params:
            continue
        clean = feature.clean()
        at = _to_true_frame(outcome.sighting.pose.to_plane(clean.points_mm), scene.parts[0].pose)
        errors.squares.append((_off_truth(clean, at, truth) / MM_PER_PX) ** 2)
        if feature.id == "OD":
            center = _to_true_frame(outcome.sighting.pose.to_plane(feature.center_mm[None, :]), scene.parts[0].pose)[0]
            gap = _turned(center - np.array(truth.circle("OD").center_mm), scene.parts[0].pose.angle_deg)
            errors.place.append(gap / MM_PER_PX)


def _off_truth(feature: MeasuredFeature, at: Floats, truth: Truth) -> Floats:
    """Distance (n,) mm of points (n, 2) from the true feature."""
    if feature.kind is Kind.CIRCLE:
        circle = truth.circle(feature.id)
        return np.asarray(np.hypot(*(at - np.array(circle.center_mm)).T) - circle.diameter_mm / 2)
    line = truth.line(feature.id)
    angle = math.radians(line.direction_deg)
    return np.asarray((at - np.array(line.center_mm)) @ np.array([-math.sin(angle), math.cos(angle)]))


def _to_true_frame(plane_mm: Floats, pose: Pose) -> Floats:
    return _turned(plane_mm - np.array([pose.x_mm, pose.y_mm]), -pose.angle_deg)


def _turned(vectors: Floats, angle_deg: float) -> Floats:
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return np.asarray(vectors @ np.array([[cos, sin], [-sin, cos]]))


def _row(case: Case, subject: Subject, parts: int, errors: _Errors, times_clean: float) -> Row:
    outer, inner = errors.sizes[subject.outer], errors.sizes[subject.inner]
    if "3" in errors.sizes:
        place_bias, place_rmse = _mean(errors.sizes["3"]), _rms(errors.sizes["3"])
    else:
        gaps = np.array(errors.place).reshape(-1, 2)
        place_bias = float(np.hypot(*gaps.mean(axis=0))) if len(gaps) else math.nan
        place_rmse = _rms(gaps.ravel().tolist())
    squares = np.concatenate(errors.squares) if errors.squares else np.array([math.nan])
    return Row(
        case=case.name,
        story=case.story,
        part=subject.name,
        parts=parts,
        measured=sum(map(len, errors.sizes.values())) / max(errors.asked, 1),
        outer_bias=1e3 * _mean(outer),
        outer_rmse=1e3 * _rms(outer),
        inner_bias=1e3 * _mean(inner),
        inner_rmse=1e3 * _rms(inner),
        place_bias=1e3 * place_bias,
        place_rmse=1e3 * place_rmse,
        times_clean=times_clean,
        contour_rmse=1e3 * math.sqrt(float(squares.mean())),
        covered=_mean(errors.covered),
        false_pass=errors.false_pass,
        false_fail=errors.false_fail,
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def _rms(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else math.nan

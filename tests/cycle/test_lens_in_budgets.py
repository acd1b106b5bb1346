"""What is not known of the lens in every budget, against drawing lenses from the covariance and measuring again."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from station.cycle.camera import evidence_of
from station.cycle.placing import bending
from station.metrology.camera import CameraModel
from station.metrology.characteristics import evaluate, is_plain
from station.metrology.features import MeasuredFeature
from station.metrology.lens_field import lens_field
from station.metrology.lens_uncertainty import length_u, shifted
from station.metrology.uncertainty import Conditions, measure_all
from station.plan.associate import associate
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.plan.predict import predict
from station.plan.seen import Seen
from station.vision.pose import Pose

from ..metrology.calibrations_for_tests import exact_calibration
from ..metrology.test_telecentric import fitted
from ..order.builders import circle, size, square, zone
from .scenes_for_measure import order

DRAWN = 1000
SLOT = {"id": "S", "type": "slot", "side": "inner", "center": [5, 5], "length": 4, "width": 1, "angle": 20}
HOLES = [circle("H1", "inner", [1.5, 1.5], 1.6), circle("H2", "inner", [8.5, 8.5], 2), circle("H3", "inner", [8, 2], 1)]
PART = order(
    [*square(), SLOT, *HOLES],
    size("diameter", "H2", 2, 0.1), size("distance", ["H1", "H2"], 9.899, 0.1), size("distance", ["E1", "E3"], 10, 0.1),
    size("distance", ["E4", "H3"], 8, 0.1), size("width", "S", 1, 0.1), size("length", "S", 4, 0.1),
    {"type": "angle", "features": ["E1", "E2"], "nominal": 90, "lower_tol": -1, "upper_tol": 1},
    {**size("width", ["E2", "E4"], 10, 0.1), "modifier": "GX"}, {**size("diameter", "H2", 2, 0.1), "modifier": "GN"},
    zone("straightness", "E1", 0.1), zone("roundness", "H2", 0.1), zone("parallelism", "E3", 0.1, "A"),
    zone("perpendicularity", "E2", 0.1, "A"), zone("position", "H2", 0.1, "A", "B"),
    zone("position", "S", 0.1, "H", "B"), zone("concentricity", "H3", 0.1, "H"),
    zone("line_profile", "S", 0.1, "A", "B"), zone("line_profile", "S", 0.1),
    datums={"A": "E1", "B": "E4", "H": "H1"},
)  # fmt: skip
POSE = Pose(0.3, -2.5, -5.5)


@pytest.fixture(scope="module")
def camera() -> CameraModel:
    """A bent lens from one noisy picture of a grid."""
    found, _ = fitted([{}], 5, noise_px=0.3, k1=1e-2, k2=-5e-3)
    return replace(found.model, evidence=evidence_of(found, ()), rms_px=found.scale_relative_u)


def edges_px(camera: CameraModel, plan: Plan) -> dict[str, np.ndarray]:
    """Where a part with a form of a few micrometres shows its edges."""
    found = {}
    for target in plan.targets:
        t = np.linspace(0.0, 2.0 * math.pi, len(target))
        form = 4e-3 * np.sin(1.5 * t + 0.4) + 3e-3 * np.sin(2.5 * t + 1.0) + 1e-2
        place = np.array([0.02, 0.03]) if target.id.startswith("S") else np.zeros(2)
        found[target.id] = camera.to_px(POSE.to_plane(target.points_mm + place + form[:, None] * target.normals))
    return found


def features_of(camera: CameraModel, plan: Plan, edges: dict[str, np.ndarray]) -> dict[str, MeasuredFeature]:
    seen = [
        Seen(POSE.to_part(camera.to_mm(edges[t.id])), t.points_mm, t.normals, np.full(len(t), 1e-5), 0.0)
        for t in plan.targets
    ]
    return {feature.id: feature for feature in associate(plan.targets, seen)}


def test_every_budget_holds_what_other_lenses_would_say(camera: CameraModel):
    u_scale = camera.rms_px
    known = replace(exact_calibration(camera), u_scale=u_scale)
    plan = compile_plan(PART, known)
    assert not [item.refusal for item in plan.items if item.refusal]
    edges = edges_px(camera, plan)
    features = features_of(camera, plan, edges)
    questions = [item.question for item in plan.items]
    stated = measure_all(questions, features, known, plan.mm_per_px, Conditions(20.0, 0.0), bending(known, POSE))
    rng, spread = np.random.default_rng(6), np.array(camera.evidence.spread)
    drawn = []
    for _ in range(DRAWN):
        other = shifted(camera, rng.normal(size=len(spread)) @ spread)
        again = features_of(other, plan, edges)
        drawn.append([evaluate(question, again).value for question in questions])
    scatter = np.std(drawn, axis=0)
    for question, answer, seen in zip(questions, stated, scatter, strict=True):
        assert not isinstance(answer, ValueError)
        said = math.hypot(answer.by_lens, answer.to_scale * u_scale)
        # A zone that two places decide goes the worse way of both: the budget holds it for sure.
        assert 0.9 < said / seen < (1.1 if is_plain(question) else 1.2), question
        assert ("distortion of the lens" in [row.source for row in answer.budget]) == (answer.by_lens > 0.0)
        assert sum(row.variance for row in answer.budget) == pytest.approx(answer.u**2)


def test_a_length_has_the_u_that_the_camera_states(camera: CameraModel):
    u_scale = camera.rms_px
    known = replace(exact_calibration(camera), u_scale=u_scale)
    plan = compile_plan(PART, known)
    features = features_of(camera, plan, edges_px(camera, plan))
    asked = [item.question for item in plan.items if item.question.features == ("H1", "H2")]
    (found,) = measure_all(asked, features, known, plan.mm_per_px, Conditions(20.0, 0.0), bending(known, POSE))
    assert not isinstance(found, ValueError)
    ends = [camera.to_px(POSE.to_plane(np.array([features[name].center_mm]))) for name in ("H1", "H2")]
    stated = float(length_u(camera, *ends)[0])
    assert math.hypot(found.by_lens, found.to_scale * u_scale) == pytest.approx(stated, rel=0.05)


def test_it_matters_where_in_the_field_a_part_lies(camera: CameraModel):
    known = exact_calibration(camera)
    plan = compile_plan(PART, known)
    features = features_of(camera, plan, edges_px(camera, plan))
    asked = [item.question for item in plan.items if item.question.features == ("S.left", "S.right")][:1]
    u = []
    for place in (Pose(0.0, -5.0, -5.0), Pose(0.0, -5.0, -5.0, mirrored=True), Pose(math.pi, 15.0, 10.0)):
        (found,) = measure_all(asked, features, known, plan.mm_per_px, Conditions(20.0, 0.0), bending(known, place))
        assert not isinstance(found, ValueError)
        u.append(found.by_lens)
    assert max(u) > 3.0 * min(u) > 0.0


def test_nothing_is_charged_where_nothing_is_known_of_the_lens(camera: CameraModel):
    plain = exact_calibration(replace(camera, evidence=None))
    assert lens_field(plain.camera) is None
    assert bending(plain, POSE) is None
    assert camera.evidence is not None
    grown = (0.0,) * 9 + tuple(1e-4 * n for row in camera.plane[:2] for n in row) + (0.0,) * 3
    only_scale = replace(camera, evidence=replace(camera.evidence, spread=(grown,)))
    field = lens_field(only_scale)
    assert field is None or np.abs(field.bends).max() < 1e-12
    plan = compile_plan(PART, exact_calibration(camera))
    known, without = (predict(plan, PART, exact_calibration(c)) for c in (camera, plain.camera))
    for item, a, b in zip(plan.items, known, without, strict=True):
        assert a.u is not None
        assert b.u is not None
        assert a.u > b.u or (a.u == b.u and not is_plain(item.question)), item.question  # a form at nominal has none

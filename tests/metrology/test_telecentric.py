"""Telecentric lenses against simulated views with a known truth: parameters and their stated uncertainty."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from station.errors import CalibrationError
from station.metrology.camera import CameraModel
from station.metrology.camera_evidence import CameraEvidence, ViewEvidence
from station.metrology.distortion import distort
from station.metrology.eccentricity import eccentricity_px
from station.metrology.lens import calibrate
from station.metrology.lens_uncertainty import length_u, place_u_px

WIDTH, HEIGHT = 1280, 1024
HALF, CENTRE = 0.5 * math.hypot(WIDTH, HEIGHT), np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
GRID = np.stack(np.meshgrid(np.arange(25) - 12.0, np.arange(19) - 9.0), -1).reshape(-1, 2)
PX_PER_MM = 50.0


@dataclass
class SimulatedView:
    points_px: np.ndarray
    points_mm: np.ndarray
    sharpness: float = 1.0
    name: str = ""
    dot_mm: float = 0.0


def seen(
    mm, *, spin=0.0, shift=(0.0, 0.0), k1=1e-3, k2=0.0, tilt=0.0, way=0.0, centre=(0.0, 0.0), height=0.0, steep=0.0
):
    """Parallel projection of a plane, written out independently of the fit."""
    turn = np.array([[math.cos(spin), -math.sin(spin)], [math.sin(spin), math.cos(spin)]])
    along = np.array([math.cos(way), math.sin(way)])
    shorter = np.eye(2) - (1 - math.cos(tilt)) * np.outer(along, along)
    ideal = (mm * [1, -1]) @ shorter.T @ turn.T * PX_PER_MM * (1 + steep * height) + shift
    return CENTRE + centre + HALF * distort((ideal - centre) / HALF, (k1, k2, 0.0, 0.0, 0.0))


def fitted(views, seed, noise_px=0.02, heights=None, **lens):
    rng = np.random.default_rng(seed)
    made = [
        SimulatedView(seen(GRID, **lens, **view) + rng.normal(0, noise_px, GRID.shape), GRID, name=f"v{number}")
        for number, view in enumerate(views)
    ]
    return calibrate(made, WIDTH, HEIGHT, telecentric=True, heights_mm=heights), rng


def with_spread(found) -> CameraModel:
    rows = tuple(tuple(row) for row in found.spread.tolist())
    return replace(found.model, evidence=CameraEvidence((), (), (), found.terms, rows))


def length_scores(found, rng, view, **lens):
    """Errors of lengths anywhere in the field over their stated u."""
    a_mm, b_mm = rng.uniform(-8, 8, (6, 2)), rng.uniform(-8, 8, (6, 2))
    a, b = (seen(mm, **lens, **view) for mm in (a_mm, b_mm))
    model = with_spread(found)
    error = np.linalg.norm(model.to_mm(b) - model.to_mm(a), axis=1) - np.linalg.norm(b_mm - a_mm, axis=1)
    return (error / length_u(model, a, b)).tolist()


BENT = {"k1": 1e-2, "k2": -5e-3, "centre": (40.0, -30.0)}
CASES = {
    "one frontal picture": ([{}], {}, None, ("k1",)),
    "two terms about another centre": ([{}], BENT, None, ("k1", "k2", "centre")),
    "a tilted plane": ([{"tilt": 0.09, "way": 0.6}], {}, None, ("k1", "pixels")),
    "turned and shifted": ([{"spin": s, "shift": (30 * s, -20 * s)} for s in (0, 0.8, 1.6, 3)], {}, None, ("k1",)),
    "heights": ([{"height": h} for h in (0.0, 2.0, -2.0)], {"steep": 2e-4}, [0.0, 2.0, -2.0], ("k1",)),
    "tilted views": ([{}, {"tilt": 0.3, "way": 0.5}, {"tilt": 0.4, "way": 2.0}], {}, None, ("k1",)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_lengths_anywhere_are_right_within_their_stated_uncertainty(case):
    views, lens, heights, terms = CASES[case]
    scores, steep, kept = [], [], []
    for seed in range(16):
        found, rng = fitted(views, seed, heights=heights, **lens)
        scores += length_scores(found, rng, views[0], **lens)
        kept.append(found.terms)
        if found.telecentricity_u_per_mm is not None:
            steep.append((found.model.telecentricity_per_mm - lens["steep"]) / found.telecentricity_u_per_mm)
    # lengths of one fit share their errors: between 16 and 96 independent figures
    assert 0.6 < math.sqrt(np.mean(np.square(scores))) < 1.45
    assert kept.count(terms) >= 14
    assert (len(steep) == 16) == (heights is not None)
    if steep:
        assert 0.5 < math.sqrt(np.mean(np.square(steep))) < 1.6


def test_the_model_is_telecentric_and_knows_its_scale():
    found, _ = fitted([{"spin": 0.3}], 1)
    model = found.model
    assert model.telecentric
    assert model.distance_mm is None
    assert model.scale_mm_per_px() == pytest.approx(1 / PX_PER_MM, rel=1e-5)
    assert found.scale_relative_u < 5e-6
    assert model.rms_px == pytest.approx(0.02 * math.sqrt(2), rel=0.1)
    centre, right = model.to_mm([CENTRE, np.add(CENTRE, [1, 0])])
    assert np.allclose(centre, 0, atol=1e-9)
    assert right[0] > 0
    assert model.raised_by(3.0) is model


def test_a_plane_beside_the_calibrated_one_is_scaled_by_the_measured_telecentricity():
    found, _ = fitted([{"height": 0.0}, {"height": 3.0}], 2, heights=[0.0, 3.0], steep=2e-3)
    raised = found.model.raised_by(2.0)
    assert raised.scale_mm_per_px() == pytest.approx(1 / PX_PER_MM / (1 + 2e-3 * 2.0), rel=1e-5)
    with pytest.raises(CalibrationError, match="reach the camera"):
        found.model.raised_by(-1e4)


def test_tilted_views_are_named_and_a_tilted_plane_says_its_tilt():
    found, _ = fitted([{}, {"tilt": 0.3, "way": 0.5}], 3)
    assert found.tilted == ("v1",)
    alone, _ = fitted([{"tilt": 0.2, "way": 1.0}], 4)
    assert alone.model.tilt_deg == pytest.approx(math.degrees(0.2), abs=0.05)


def test_the_uncertainty_grows_where_no_points_were():
    corner = GRID[(GRID[:, 0] < 0) & (GRID[:, 1] > 0)]
    rng = np.random.default_rng(5)
    view = SimulatedView(seen(corner) + rng.normal(0, 0.02, corner.shape), corner)
    model = with_spread(calibrate([view], WIDTH, HEIGHT, telecentric=True))
    x, y = np.meshgrid(np.linspace(0, WIDTH - 1, 9), np.linspace(0, HEIGHT - 1, 9))
    u = place_u_px(model, np.column_stack([x.ravel(), y.ravel()])).reshape(9, 9)
    assert u[8, 8] > 2 * u[2, 2]
    assert (length_u(replace(model, evidence=None), view.points_px[:3], view.points_px[3:6]) == 0).all()


def test_a_mirrored_board_is_refused():
    view = SimulatedView(seen(GRID)[:, ::-1].copy(), GRID)
    with pytest.raises(CalibrationError, match="no camera fits"):
        calibrate([view], WIDTH, HEIGHT, telecentric=True)


class TestEccentricity:
    def test_it_is_heikkilas_for_a_pinhole(self):
        """A circle's projection under a homography H is the conic H^-T C H^-1; its centre in closed form."""
        h = np.array([[30.0, 2.0, 600.0], [-1.0, 28.0, 500.0], [4e-3, -3e-3, 1.0]])

        def to_px(mm):
            seen_ = np.column_stack([mm, np.ones(len(mm))]) @ h.T
            return seen_[:, :2] / seen_[:, 2:]

        for x, y, radius in [(3.0, -2.0, 0.5), (-8.0, 5.0, 1.5), (0.0, 0.0, 3.0)]:
            circle = np.array([[1, 0, -x], [0, 1, -y], [-x, -y, x * x + y * y - radius**2]])
            conic = np.linalg.inv(h).T @ circle @ np.linalg.inv(h)
            centre = -np.linalg.solve(conic[:2, :2], conic[:2, 2])
            off = eccentricity_px(np.array([[x, y]]), 2 * radius, to_px)
            assert off[0] == pytest.approx(centre - to_px(np.array([[x, y]]))[0], rel=0.02, abs=1e-9)

    def test_an_affine_map_has_none(self):
        assert np.abs(eccentricity_px(GRID, 0.5, lambda mm: mm @ [[3.0, 1.0], [-0.5, 2.0]] + 7.0)).max() < 1e-12

    def test_a_calibration_from_ellipses_is_free_of_it(self):
        """Ellipses' middles of large dots, seen at 30 degrees, without noise."""
        turn = math.radians(30)
        ideal = np.array([[math.cos(turn), 0.0, 0.0], [0.0, -1.0, 0.0], [math.sin(turn), 0.0, 1.0]])

        def to_px(mm):
            bent = np.column_stack([mm * 1e-2, np.ones(len(mm))]) @ ideal.T
            return CENTRE + 3000.0 * bent[:, :2] / bent[:, 2:]

        ellipses = to_px(GRID) + eccentricity_px(GRID, 0.8, to_px)
        for dot_mm, low, high in ((0.8, 0.0, 1e-6), (0.0, 1e-5, 1.0)):
            found = calibrate([SimulatedView(ellipses, GRID, dot_mm=dot_mm)], WIDTH, HEIGHT)
            ends = found.model.to_mm(to_px(GRID))
            apart = np.linalg.norm(ends[:, None] - ends[None], axis=2) - np.linalg.norm(
                GRID[:, None] - GRID[None], axis=2
            )
            assert low <= np.abs(apart).max() < high


class TestDocument:
    def _model(self) -> CameraModel:
        found, _ = fitted([{"height": 0.0}, {"height": 3.0}], 2, heights=[0.0, 3.0], steep=2e-3)
        rows = tuple(tuple(row) for row in found.spread.tolist())
        views = (ViewEvidence("a.png", 475, 0.03),)
        evidence = CameraEvidence(views, (("b.png", "blurred"),), ((1, 2), (0, 3)), found.terms, rows, 1e-6)
        return replace(found.model, evidence=evidence)

    def test_round_trip_is_equal_and_old_documents_stay_as_they_were(self):
        model = self._model()
        assert CameraModel.from_document(json.loads(json.dumps(model.to_document()))) == model
        plain = CameraModel.similarity(640, 480, 0.02).to_document()
        assert "evidence" not in plain
        assert "telecentricity_per_mm" not in plain

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"views": 1}, "not a list"),
            ({"views": [{"name": "a"}]}, "missing"),
            ({"views": [3]}, "not an object"),
            ({"refused": [{"name": "a", "reason": "b", "x": 1}]}, "unknown"),
            ({"coverage": [[1] * 17]}, "at most 16"),
            ({"coverage": [["a"]]}, "finite number"),
            ({"spread": [[1.0]]}, "18 numbers"),
            ({"spread": [[math.nan] * 18]}, "finite"),
            ({"telecentricity_u_per_mm": "0"}, "finite number"),
            ({"more": 1}, "unknown"),
        ],
    )
    def test_nonsense_is_refused_with_its_place(self, change, sentence):
        document = self._model().to_document()
        document["evidence"] |= change
        with pytest.raises(CalibrationError, match=sentence) as caught:
            CameraModel.from_document(document)
        assert str(caught.value).startswith("camera.evidence")

    def test_the_spread_goes_along_with_another_scale_and_is_dropped_where_it_cannot(self):
        model = self._model()
        ends = np.add([CENTRE], [[-300.0, 100.0]]), np.add([CENTRE], [[400.0, -200.0]])
        assert length_u(model.scaled(2.0), *ends) == pytest.approx(2.0 * length_u(model, *ends), rel=1e-6)

"""Where the points of an outline lie, against the outline that was photographed: corners and kinks under blur."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from station.cycle.measure import measure_track
from station.cycle.sight import Sighting, sight
from station.order.model import Order
from station.plan.compile import compile_plan
from station.plan.track import Track
from station.twin.scene import Lamp, Pose

from ..order.builders import chain, zone
from .scenes_for_measure import exact, made, optics, order, photograph

MM_PER_PX = 0.010
QUIET = Lamp(full_well_e=1e8, read_noise_e=0.0)


def photographed(what: Order, psf_px: float, angle_deg: float) -> tuple[Track, np.ndarray]:
    """The track, and how far (px) every point of it was found off the drawing, in a picture without noise."""
    seen = optics(400, 400, psf_px)
    known = exact(seen)
    plan = compile_plan(what, known)
    pose = Pose(0.0031, -0.0047, angle_deg)
    found = sight(plan, known, photograph(made(what), seen, np.random.default_rng(1), pose, QUIET))
    assert isinstance(found, Sighting)
    points = measure_track(plan, known, found).points_mm
    return plan.track, ((points - plan.track.points_mm) * plan.track.normals).sum(axis=1) / MM_PER_PX


def asked(features: list[dict[str, Any]]) -> Order:
    return order(features, *(zone("straightness", f["id"], 0.05) for f in features))


@pytest.mark.parametrize("psf_px", [0.7, 1.5])
@pytest.mark.parametrize("angle_deg", [0.0, 17.0, 63.0])
@pytest.mark.parametrize("half_base_mm", [0.6, 1.2])
def test_an_edge_is_measured_right_up_to_a_sharp_corner(psf_px: float, angle_deg: float, half_base_mm: float) -> None:
    # The strip that shows the material runs into the other edge at a slant, and that edge's blur reaches the probe:
    # taken for a part of the step, it moved the edge by 0.17 px at 4 px from a corner of 45 degrees.
    what = asked(chain("L", [(-half_base_mm, -0.6), (half_base_mm, -0.6), (0.0, 0.6)]))
    track, error = photographed(what, psf_px, angle_deg)
    assert abs(error.mean()) < 0.004
    assert abs(error).max() < 0.055
    for first, last in zip(track.runs[:-1], track.runs[1:], strict=True):
        assert abs(error[first + 4 : last - 4]).max() < 0.015


@pytest.mark.parametrize("psf_px", [0.7, 1.5])
@pytest.mark.parametrize("angle_deg", [0.0, 29.0])
def test_a_kink_that_blur_rounds_off_is_measured_where_it_is(psf_px: float, angle_deg: float) -> None:
    # Blur moves the middle of a kink of 9 degrees by 0.4 sigma times the angle: 0.1 px under the wider one.
    turns = np.arange(40) * 2.0 * math.pi / 40
    what = asked(chain("L", [(1.3 * math.cos(t), 1.3 * math.sin(t)) for t in turns]))
    track, error = photographed(what, psf_px, angle_deg)
    assert len(track.closed) == 1
    assert abs(error.mean()) < 0.001
    assert abs(error).max() < 0.03

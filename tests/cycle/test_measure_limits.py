"""What once gave a wrong answer: mirror images that nearly fit, crowded edges, lobes, short edges, bonus limits."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from station.metrology.decision import Verdict
from station.order.geometry import ContourFeature
from station.order.model import Characteristic, CharacteristicType, Limits
from station.twin.part import CircleDeviation, LineDeviation, Lobes
from station.twin.scene import Pose
from station.twin.truth import part_truth
from station.vision.refusal import Trouble

from ..order.builders import chain, circle, size, zone
from .scenes_for_measure import MM_PER_PX, anywhere, exact, inspected, made, optics, order, photograph, saw


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_mirror_image_that_nearly_fits_is_told_at_full_resolution(seed: int) -> None:
    """Saw teeth: every tooth fits its mirror image to a pixel, far within what a general tolerance would allow."""
    rng = np.random.default_rng(seed)
    teeth = saw((0.0, 0.95), (0.30, 1.2), (0.45, 0.95))
    features = [*chain("T", teeth), circle("B", "inner", [0, 0], 0.5)]
    above, below = (order(features, size("diameter", "B", 0.5, 0.01), view=view) for view in ("top", "bottom"))
    seen = optics(360, 360)
    picture = photograph(made(above), seen, rng, anywhere(rng))
    assert inspected(above, picture, exact(seen)).verdict is Verdict.PASS
    refused = inspected(below, picture, exact(seen))
    assert refused.verdict is Verdict.FAIL
    assert refused.refusal is not None
    assert refused.refusal.trouble is Trouble.MIRRORED


@pytest.mark.parametrize("radius_px", [3.3, 4.0, 6.0])
def test_the_uncertainty_of_a_small_hole_under_a_wide_blur_covers_its_error(radius_px: float) -> None:
    rng = np.random.default_rng(4)
    diameter = 2 * radius_px * MM_PER_PX
    what = order(
        [circle("OD", "outer", [0, 0], 1.6), circle("H", "inner", [0, 0], diameter)],
        size("diameter", "H", diameter, 0.05),
    )
    seen = optics(240, 240, 1.5)
    worst = 0.0
    for _ in range(8):
        item = inspected(what, photograph(made(what), seen, rng, anywhere(rng)), exact(seen)).items[0]
        assert item.value is not None
        assert item.expanded is not None
        worst = max(worst, abs(item.value - diameter) / item.expanded)
    assert worst < 1.3


@pytest.mark.parametrize("lobes", [3, 5, 9, 15])
def test_roundness_keeps_its_lobes(lobes: int) -> None:
    """Half transmission at 50 undulations per revolution leaves 2^-(n/50)^2 of n lobes: 94 % of 15."""
    rng = np.random.default_rng(5)
    what = order([circle("OD", "outer", [0, 0], 0.6)], zone("roundness", "OD", 0.1))
    part = made(what, CircleDeviation("OD", 0.0, lobes=(Lobes(0.010, lobes),)))
    seen = optics(140, 140)
    item = inspected(what, photograph(part, seen, rng, anywhere(rng)), exact(seen)).items[0]
    expected = part_truth(part).circle("OD").roundness_mm * 2.0 ** -((lobes / 50.0) ** 2)
    # The blur of the optics itself (sigma 1.1 px) takes its part of short waves: exp(-(n sigma / R)^2 / 2).
    optical = math.exp(-0.5 * (lobes * 1.12 / 30.0) ** 2)
    assert item.value == pytest.approx(expected * optical, rel=0.06)


@pytest.mark.parametrize("length", [0.5, 0.8, 1.4])
def test_parallelism_is_that_of_the_whole_edge(length: float) -> None:
    rng = np.random.default_rng(6)
    corners = [(0, 0), (length, 0), (length, 0.6), (0, 0.6)]
    what = order(chain("E", corners), zone("parallelism", "E3", 0.1, "A"), datums={"A": "E1"})
    tilt = math.degrees(math.atan2(0.02, length))
    part = made(what, LineDeviation("E3", tilt_deg=tilt))
    seen = optics(280, 280)
    item = inspected(what, photograph(part, seen, rng, anywhere(rng)), exact(seen)).items[0]
    assert item.value == pytest.approx(0.02, abs=0.0008)


@pytest.mark.parametrize(("made_mm", "verdict"), [(0.44, Verdict.FAIL), (0.505, Verdict.FAIL), (0.56, Verdict.FAIL)])
def test_a_bonus_is_earned_within_the_size_limits_only(made_mm: float, verdict: Verdict) -> None:
    """Bore 0.5 ± 0.01, zone 0.02 MMC: never more than 0.02 bonus, none below the maximum material size."""
    rng = np.random.default_rng(7)
    features = [circle("D", "outer", [0, 0], 2.0), circle("F", "inner", [0, 0], 0.5)]
    asked = zone("position", "F", 0.02, "A", modifier="MMC")
    what = order(features, size("diameter", "F", 0.5, 0.01), asked, datums={"A": "D"})
    part = made(what, CircleDeviation("F", made_mm - 0.5, (0.024, 0.0)))
    seen = optics(260, 260)
    place = inspected(what, photograph(part, seen, rng), exact(seen)).items[1]
    assert place.value == pytest.approx(0.048, abs=0.0005)
    assert place.verdict is verdict


@pytest.mark.parametrize("width_px", [2, 3, 5, 9])
@pytest.mark.parametrize("outwards", [True, False])
def test_what_is_narrow_on_an_edge_under_a_profile_never_passes(width_px: int, outwards: bool) -> None:
    """A thin spur or slit of 15 px: a probe may miss its tip, the comparison of the silhouette must not."""
    rng = np.random.default_rng(8)
    plain = order(chain("E", [(0, 0), (1.6, 0), (1.6, 1.0), (0, 1.0)]), zone("straightness", "E1", 0.5))
    assert plain.geometry.silhouette is not None
    body = ContourFeature("BODY", plain.geometry.silhouette.outer)
    profile = Characteristic(
        "1", CharacteristicType.LINE_PROFILE, ("BODY",), (), Limits(None, None, Decimal("0.06"), "zone"), "mm"
    )
    geometry = replace(plain.geometry, features={**plain.geometry.features, "BODY": body})
    what = replace(plain, geometry=geometry, characteristics=(profile,))
    seen = optics(280, 280)
    picture = photograph(made(what), seen, rng, Pose(-0.8, -0.5, 0.0))
    assert inspected(what, picture, exact(seen)).verdict is Verdict.PASS
    grey = picture.grey.copy()
    top = int(np.flatnonzero((grey < 120).any(axis=1))[0])
    rows = slice(top - 15, top + 2) if outwards else slice(top - 2, top + 15)
    grey[rows, 140 : 140 + width_px] = 20.0 if outwards else 220.0
    assert inspected(what, replace(picture, grey=grey), exact(seen)).verdict is not Verdict.PASS

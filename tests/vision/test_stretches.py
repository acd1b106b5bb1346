"""Edges of silhouettes that nobody described: how sharp they are, where they lie, how much larger they get."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from station.twin.masters import master_design
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Polarity, Pose, Scene
from station.vision.field import Field, decimation_for, look
from station.vision.growth import size_against
from station.vision.picture import Picture, picture_from
from station.vision.stretches import stretches_of

OPTICS = Optics(width_px=900, height_px=800, mm_per_px=0.014)


def seen(optics: Optics, lamp: Lamp = Lamp(), pose: Pose = Pose(0.1, 0.2, 13.0)) -> tuple[Picture, Field]:  # noqa: B008
    scene = Scene(optics, lamp, (PlacedPart(master_design().made(), pose),))
    picture = picture_from(render(scene, np.random.default_rng(1)))
    field = look(picture, decimation_for(picture, None))
    assert isinstance(field, Field)
    return picture, field


@pytest.mark.parametrize("polarity", list(Polarity))
@pytest.mark.parametrize("psf", [0.7, 1.0, 1.5, 3.0, 5.0])
def test_the_edge_spread_is_that_of_lens_and_pixel(psf: float, polarity: Polarity) -> None:
    lamp = Lamp() if polarity is Polarity.BACKLIT else Lamp(30 / 255, 200 / 255, polarity)
    stretches, _ = stretches_of(*seen(replace(OPTICS, psf_sigma_px=psf), lamp))
    assert len(stretches) > 30
    sigmas = np.array([s.sigma_px for s in stretches])
    assert np.median(sigmas) == pytest.approx((psf**2 + 1 / 12) ** 0.5, rel=0.005)
    assert np.ptp(sigmas) < 0.1 * psf


def test_stretches_stand_on_the_outlines_and_point_out_of_the_material() -> None:
    stretches, probes = stretches_of(*seen(OPTICS))
    assert len(probes.runs) == len(stretches) + 1
    middle = np.array(OPTICS.origin_px) + np.array([0.1, -0.2]) / OPTICS.mm_per_px
    outer = 0
    for s in stretches:
        arm = np.array([s.x_px, s.y_px]) - middle
        if np.hypot(*arm) > 4.8 / OPTICS.mm_per_px:
            outer += 1
            assert np.hypot(*arm) == pytest.approx(5.0 / OPTICS.mm_per_px, abs=0.05)
            assert np.degrees(np.arctan2(arm[1], arm[0])) == pytest.approx(s.normal_deg, abs=0.5)
            assert s.curvature_per_px == pytest.approx(OPTICS.mm_per_px / 5.0, rel=0.2)
        else:
            assert s.curvature_per_px < 0.0  # bores
    assert outer >= 30


@pytest.mark.parametrize("factor", [0.999, 1.0002, 1.003])
def test_a_change_of_size_is_found_under_another_blur_and_place(factor: float) -> None:
    picture, field = seen(OPTICS)
    _, reference = stretches_of(picture, field)
    other = replace(OPTICS, mm_per_px=OPTICS.mm_per_px / factor, defocus_sigma_px=2.0)
    moved, moved_field = seen(other, pose=Pose(0.16, 0.15, 13.1))
    found = size_against(moved, moved_field, 2.2, reference, field)
    assert found is not None
    assert found == pytest.approx(factor, abs=1e-5)


def test_a_picture_without_smooth_edges_has_no_stretches() -> None:
    noise = np.random.default_rng(1).choice([20, 220], (60, 60)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    picture = picture_from(noise)
    field = look(picture, decimation_for(picture, None))
    assert isinstance(field, Field)
    stretches, probes = stretches_of(picture, field)
    assert stretches == ()
    assert len(probes) == 0

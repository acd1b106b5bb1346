"""Light, noise, dust and the converter."""

import numpy as np
import pytest

from station.twin.part import Flaw, FlawKind, MadePart
from station.twin.render import lamp_evenness, render, render_ideal, scene_light
from station.twin.scene import Dust, Lamp, Optics, PlacedPart, Polarity, Pose, Scene, Scratch, Surface

from .shapes_for_tests import BLOCK, RING

OPTICS = Optics(320, 240, 0.02, 1.0)
PLACED = PlacedPart(MadePart(RING), Pose(0.1, 0.0, 10.0))


def picture(scene, seed=1):
    return render(scene, np.random.default_rng(seed))


def test_levels_and_shot_noise_are_those_of_the_sensor():
    image = picture(Scene(OPTICS)).astype(float)
    assert image.mean() == pytest.approx(220, abs=0.05)
    electrons = 220 / 255 * 10_500
    grey_per_electron = 255 / 10_500
    expected = np.hypot(np.sqrt(electrons + 2.3**2) * grey_per_electron, 1 / np.sqrt(12))
    assert image.std() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("bits", "kind"), [(8, np.uint8), (10, np.uint16), (12, np.uint16), (16, np.uint16)])
def test_bit_depth_scales_the_same_light(bits, kind):
    image = picture(Scene(OPTICS, Lamp(bit_depth=bits), (PLACED,)))
    assert image.dtype == kind
    assert image.shape == (240, 320)
    assert image[5, 5] / (2**bits - 1) == pytest.approx(220 / 255, abs=0.06)


def test_the_same_seed_gives_the_same_picture():
    scene = Scene(OPTICS, parts=(PLACED,))
    assert np.array_equal(picture(scene, 7), picture(scene, 7))
    assert not np.array_equal(picture(scene, 7), picture(scene, 8))


def test_over_exposure_clips():
    image = picture(Scene(OPTICS, Lamp(clip_gain=1.3), (PLACED,)))
    assert image[5, 5] == 255
    assert 0.5 < (image == 255).mean() < 0.95


def test_unevenness_stays_between_its_bounds():
    field = lamp_evenness(OPTICS, 0.1)
    assert 0.9 <= field.min() < 0.902
    assert field.max() <= 1.0


def test_front_light_turns_the_picture_round():
    lamp = Lamp(field_level=0.05, part_level=0.7, polarity=Polarity.FRONTLIT)
    surface = Surface(grain=0.05, lay_deg=30.0, scratches=(Scratch(((-1.5, 1.0), (1.5, 1.2)), 0.05, -0.5),))
    scene = Scene(OPTICS, lamp, (PlacedPart(MadePart(BLOCK), surface=surface),))
    light = scene_light(scene, np.random.default_rng(2))
    assert light[5, 5] == pytest.approx(0.05, abs=1e-6)
    assert light[150:160, 100:220].mean() == pytest.approx(0.7, abs=0.02)
    assert light[64:68, 158:162].min() < 0.5


def test_dust_dims_the_field_but_never_the_part():
    square = ((-0.2, -0.2), (0.2, -0.2), (0.2, 0.2), (-0.2, 0.2))
    on_field = tuple((x + 2.6, y + 2.0) for x, y in square)
    on_part = tuple((x - 1.4, y) for x, y in square)
    light = scene_light(Scene(OPTICS, parts=(PLACED,), dust=(Dust(on_field), Dust(on_part))))
    clean = scene_light(Scene(OPTICS, parts=(PLACED,)))
    changed = np.abs(light - clean) > 1e-4
    assert changed[:80, 250:].any()
    assert not changed[80:, :250].any()


def test_flaws_add_and_remove_material():
    def area(*flaws):
        return render_ideal(Scene(OPTICS, parts=(PlacedPart(MadePart(RING, flaws=flaws)),))).sum() * 0.02**2

    hole = Flaw(FlawKind.EXTRA_HOLE, ((-1.5, -0.1), (-1.3, -0.1), (-1.3, 0.1), (-1.5, 0.1)))
    spur = Flaw(FlawKind.SPUR, ((1.9, -0.05), (2.5, -0.05), (2.5, 0.05), (1.9, 0.05)))
    assert area() - area(hole) == pytest.approx(0.04, abs=1e-4)
    assert area(spur) - area() == pytest.approx(0.05, abs=1e-3)


def test_two_parts_overlap_without_being_darker_than_one():
    twice = render_ideal(Scene(OPTICS, parts=(PLACED, PLACED)))
    assert twice.max() <= 1.0 + 1e-12
    apart = Scene(OPTICS, parts=(PlacedPart(MadePart(RING), Pose(-2.0)), PlacedPart(MadePart(BLOCK), Pose(2.0, 1.0))))
    assert render_ideal(apart).sum() > render_ideal(Scene(OPTICS, parts=(PLACED,))).sum()

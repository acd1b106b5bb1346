"""The study's ways to spoil a picture do what they say, and leave the truth alone."""

import math

import numpy as np
import pytest

from scripts.benchmark.degrade import count_rows, degrade
from scripts.benchmark.degrade_parts import subjects
from scripts.benchmark.spoil import Case, cases
from station.twin.part import part_of_order
from station.twin.render import scene_light
from station.twin.scene import Lamp, PlacedPart, Pose, Scene
from station.twin.truth import part_truth

RING, PLATE = subjects()
SCENE = Scene(RING.optics, Lamp(), (PlacedPart(part_of_order(RING.order), Pose(0.013, -0.007, 33.0)),))
BY_NAME = {case.name: case for case in cases()}


def taken(case: Case, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return case.take(case.change(SCENE, rng), rng)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_every_case_gives_a_picture_of_the_same_part(case):
    rng = np.random.default_rng(1)
    changed = case.change(SCENE, rng)
    assert part_truth(changed.parts[0].part) == part_truth(SCENE.parts[0].part)
    pixels = case.take(changed, rng)
    assert pixels.shape[:2] == (RING.optics.height_px, RING.optics.width_px)
    assert pixels.dtype == (np.uint16 if case.name.startswith("bits") else np.uint8)
    assert np.array_equal(pixels, taken(case))
    assert case.name == "clean" or not np.array_equal(pixels, taken(BY_NAME["clean"]))


@pytest.mark.parametrize("times", [2, 4])
def test_noise_is_as_many_times_as_it_says(times):
    def spread(name):
        light = scene_light(BY_NAME[name].change(SCENE, np.random.default_rng(1)))
        flat = light > 0.8627 - 1e-6
        return float(taken(BY_NAME[name])[flat].std())

    assert spread(f"noise-{times}") == pytest.approx(times * spread("clean"), rel=0.03)


@pytest.mark.parametrize("half", [10, 20])
def test_light_is_uneven_by_what_it_says_about_its_mean(half):
    changed = BY_NAME[f"light-{half}"].change(SCENE, np.random.default_rng(1))
    field = scene_light(Scene(SCENE.optics, changed.lamp))
    assert field.min() / field.max() == pytest.approx((1 - half / 100) / (1 + half / 100), rel=0.01)


@pytest.mark.parametrize("name", ["motion", "ghost"])
def test_what_smears_leaves_the_centre_of_the_dark_where_it_was(name):
    def middle(pixels):
        dark = 220.0 - np.mean(pixels, axis=0)
        across = dark.sum(axis=0) @ np.arange(dark.shape[1]) / dark.sum()
        down = dark.sum(axis=1) @ np.arange(dark.shape[0]) / dark.sum()
        return float(across), float(down)

    clean = middle([taken(BY_NAME["clean"], seed) for seed in range(4)])
    assert middle([taken(BY_NAME[name], seed) for seed in range(4)]) == pytest.approx(clean, abs=0.03)


@pytest.mark.parametrize(
    ("name", "levels"), [("white", (220, 220, 220)), ("green", (40, 220, 26)), ("red", (7, 22, 220))]
)
def test_a_colour_sensor_sees_the_lamp_in_its_own_colours(name, levels):
    pixels = taken(BY_NAME[f"bayer-{name}"])
    assert pixels.shape[2] == 3
    assert np.median(pixels[:20], axis=(0, 1)) == pytest.approx(levels, abs=2.0)


def test_a_tilted_part_is_sharp_on_one_side_and_soft_on_the_other():
    changed = BY_NAME["tilt"].change(SCENE, np.random.default_rng(4)).optics
    span = 240.0 * math.hypot(*changed.blur_slope)
    assert (changed.psf_sigma_px - span / 2, changed.psf_sigma_px + span / 2) == pytest.approx((0.8, 2.5), abs=1e-3)


@pytest.mark.parametrize("subject", [RING, PLATE], ids=["ring", "plate"])
def test_one_size_of_every_part_lies_just_beyond_a_limit(subject):
    plain = part_of_order(subject.order)
    for seed in range(10):
        part = type(plain)(plain.silhouette, plain.features, subject.make(np.random.default_rng(seed)))
        truth = part_truth(part)
        beyond = []
        for c in subject.order.characteristics:
            true = subject.size(truth, c.id)
            beyond.append(max(float(c.limits.lower) - true, true - float(c.limits.upper)) / 0.010)
        assert max(beyond) == pytest.approx(0.03, abs=1e-6)
        assert sorted(beyond)[-2] < -0.9


def test_a_row_for_each_part_and_no_case_that_does_not_exist():
    rows = list(degrade(2, ["bits-12"]))
    assert [(row.case, row.part) for row in rows] == [("bits-12", "ring"), ("bits-12", "plate")]
    assert len(rows) == count_rows(["bits-12"])
    for row in rows:
        assert row.measured == 1.0
        assert abs(row.outer_bias) < 10.0
        assert row.contour_rmse < 30.0
        assert row.false_pass == row.false_fail == 0
    with pytest.raises(ValueError, match="no case 'rain'"):
        next(degrade(1, ["rain"]))

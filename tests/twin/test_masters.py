"""The masters' set for the ordinary calibration script."""

import csv

import cv2
import numpy as np
import pytest

from station.order.read import read_order
from station.twin.masters import twin_masters, write_twin_masters
from station.twin.scene import Lamp, Optics
from station.twin.truth import part_truth

OPTICS = Optics(400, 300, 0.04, 0.8)


def test_certificates_lie_within_their_uncertainty_of_the_truth():
    pictures = list(twin_masters(OPTICS, Lamp(), np.random.default_rng(1), masters=4, pictures=1))
    errors = []
    for picture in pictures:
        truth = part_truth(picture.part)
        errors += [(value - truth.circle(name).diameter_mm) / u for name, value, u in picture.certificate]
    assert len(errors) == 24
    assert np.std(errors) == pytest.approx(1.0, abs=0.35)
    assert len({value for picture in pictures for _, value, _ in picture.certificate}) == 24


def test_the_set_is_pictures_a_table_and_an_order(tmp_path):
    order_file = write_twin_masters(tmp_path, OPTICS, Lamp(), np.random.default_rng(2), masters=2, pictures=2)
    features = set(read_order(order_file).geometry.features)
    with (tmp_path / "MASTERS.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["image", "feature", "value_mm", "u_mm"]
    assert {row["feature"] for row in rows} == features
    images = {row["image"] for row in rows}
    assert len(images) == 4
    for name in images:
        assert cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED).shape == (300, 400)

"""What somebody got wrong on a part's face."""

import math

import cv2
import numpy as np
import pytest

from station.errors import InputError
from station.order.geometry import Silhouette
from station.twin.mark_faults import CLEAR_MM, LOOK_ALIKES, damaged, miscoded, misspelt, unwritten
from station.twin.marks import CodeMark, DefectKind, StraightLine, TextMark
from station.twin.part import MadePart

from .shapes_for_tests import circle, polygon_outline

PLATE = Silhouette(
    (polygon_outline([(-4, -2), (4, -2), (4, 2), (-4, 2)], "P"),), (circle(0.8, (2.5, 0.0), opening=True, name="H"),)
)
CODE = CodeMark("datamatrix", "TAG-1", (-2.5, 0.5), 1.6)
TEXT = TextMark("ANNA 22.11.26", StraightLine((-3.5, -1.7)), 0.5)
PART = MadePart(PLATE, marks=(CODE, TEXT))


def test_one_letter_is_wrong_and_does_not_look_like_the_right_one():
    spelt = [misspelt(PART, np.random.default_rng(seed)).marks for seed in range(40)]
    assert all(code is CODE for code, _ in spelt)
    for _, text in spelt:
        (wrong,) = [(a, b) for a, b in zip(TEXT.text, text.text, strict=True) if a != b]
        assert wrong[0].isdigit() == wrong[1].isdigit()
        assert not any(set(wrong) <= set(group) for group in LOOK_ALIKES)
    assert len({text.text for _, text in spelt}) > 20
    assert misspelt(PART, np.random.default_rng(5)) == misspelt(PART, np.random.default_rng(5))


def test_other_faults_of_marks():
    assert unwritten(PART).marks == (CODE,)
    assert [one.content for one in miscoded(PART, "TAG-2").marks if isinstance(one, CodeMark)] == ["TAG-2"]
    with pytest.raises(InputError, match="no letter"):
        misspelt(unwritten(PART), np.random.default_rng(1))


@pytest.mark.parametrize("kind", list(DefectKind))
@pytest.mark.parametrize("size_mm", [0.15, 0.9])
def test_damage_has_the_size_asked_for_and_lies_clear_of_everything_else(kind, size_mm):
    for seed in range(8):
        part = damaged(PART, kind, size_mm, np.random.default_rng(seed))
        (defect,) = part.defects
        assert defect.kind is kind
        assert defect.extent_mm == pytest.approx(size_mm, rel=0.02)
        points = np.asarray(defect.outline_mm)
        assert np.abs(points[:, 0]).max() < 4 - CLEAR_MM
        assert np.abs(points[:, 1]).max() < 2 - CLEAR_MM
        assert np.hypot(points[:, 0] - 2.5, points[:, 1]).min() > 0.8 + CLEAR_MM
        assert not np.any(np.all(np.abs(points - CODE.center_mm) < 0.8 + CLEAR_MM, axis=1))
        area = cv2.contourArea(points.astype(np.float32))
        assert 0.02 * size_mm**2 < area < math.pi / 4 * size_mm**2 * 1.01


def test_a_second_defect_does_not_lie_on_the_first():
    part = damaged(PART, DefectKind.STAIN, 1.0, np.random.default_rng(3))
    both = damaged(part, DefectKind.PIT, 0.2, np.random.default_rng(3))
    stain, pit = (np.asarray(one.outline_mm, np.float32) for one in both.defects)
    assert all(cv2.pointPolygonTest(stain, (float(x), float(y)), False) < 0 for x, y in pit)


def test_damage_too_large_for_the_part_is_refused():
    with pytest.raises(InputError, match=r"no room for a pit of 5 mm"):
        damaged(PART, DefectKind.PIT, 5.0, np.random.default_rng(1))

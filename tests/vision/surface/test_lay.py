"""Lines along the lay of a ground face, across it, and on a face without one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from station.vision.surface.lay import runs_along_lay

from .lays_for_tests import SIZE, brushed, with_line


@pytest.mark.parametrize("lay_deg", [0.0, 37.0, 90.0, 151.0])
def test_a_line_along_the_lay_is_one_and_one_across_it_is_none(lay_deg: float) -> None:
    valid = np.ones((SIZE, SIZE), np.bool_)
    for off_deg, along in ((0.0, True), (3.0, True), (15.0, False), (90.0, False)):
        grey, found = with_line(brushed(lay_deg), lay_deg + off_deg)
        assert runs_along_lay(grey, valid, found) is along, off_deg


def test_a_face_without_a_lay_has_no_lines_along_it() -> None:
    valid = np.ones((SIZE, SIZE), np.bool_)
    along = 0
    for seed in range(8):
        noise = np.random.default_rng(seed).standard_normal((SIZE, SIZE)).astype(np.float32)
        grey, found = with_line(120.0 + 12.0 * cv2.GaussianBlur(noise, (0, 0), 1.0), 22.5 * seed)
        along += runs_along_lay(grey, valid, found)
    assert along == 0


def test_a_short_finding_has_no_direction() -> None:
    grey, found = with_line(brushed(0.0), 0.0, length_px=6.0)
    assert not runs_along_lay(grey, np.ones((SIZE, SIZE), np.bool_), found)


def test_what_lies_beside_the_region_says_nothing_of_the_lay() -> None:
    valid = np.zeros((SIZE, SIZE), np.bool_)
    valid[70:170, 40:200] = True
    face = brushed(90.0)
    face[70:170, 40:200] = brushed(0.0)[70:170, 40:200]
    grey, found = with_line(face, 0.0)
    assert runs_along_lay(grey, valid, found)
    grey, found = with_line(face, 90.0, length_px=60.0)
    assert not runs_along_lay(grey, valid, found)

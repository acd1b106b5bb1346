"""Lines of text in a whole picture, against where they were drawn."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest

from station.twin.lettering import Face, Line, draw, length_caps
from station.vision.text.find import find_lines

FONT = Face(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")
TEXT = "ANNA 22.11.26"
SIZE = 600


def _picture(angle_deg: float, cap: float, noise: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """A face with the text through its middle, and the middle of its letters."""
    along = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    up = np.array([along[1], -along[0]])
    middle = np.array([310.0, 290.0])
    start = middle - along * cap * length_caps(TEXT, FONT) / 2 - up * cap / 2
    mask = draw(TEXT, FONT, Line((start[0], start[1]), cap, angle_deg), (SIZE, SIZE)).mask
    face = 150 - 80 * mask + np.random.default_rng(2).normal(0, noise, mask.shape)
    return np.clip(face, 0, 255).astype(np.uint8), middle


@pytest.mark.parametrize("cap", [16.0, 30.0])
@pytest.mark.parametrize("angle", [0.0, 35.0, 90.0, -120.0, 178.0])
def test_a_line_is_found_in_any_rotation(angle: float, cap: float) -> None:
    picture, middle = _picture(angle, cap)
    best = find_lines(picture)[0]
    assert np.hypot(*(np.array(best.middle_px) - middle)) < 0.5 * cap
    assert abs((best.angle_deg - angle + 90) % 180 - 90) < 2.0
    assert best.length_px == pytest.approx(cap * length_caps(TEXT, FONT), abs=1.2 * cap)
    assert best.cap_px == pytest.approx(cap, rel=0.35)


def test_one_of_the_two_directions_shows_the_letters_upright() -> None:
    picture, _ = _picture(200.0, 30.0, noise=0.0)
    line = find_lines(picture)[0]
    expected, _ = _picture(0.0, 30.0, noise=0.0)
    straight = find_lines(expected)[0]
    shown = []
    for found, image, turned in ((straight, expected, False), (line, picture, False), (line, picture, True)):
        at = found.points_px(turned=turned)
        strip = cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        shown.append(cv2.resize(strip, (400, 40)).astype(float).ravel())
    like = [float(np.corrcoef(shown[0], other)[0, 1]) for other in shown[1:]]
    assert max(like) > min(like) + 0.3


def test_a_code_is_not_taken_for_text() -> None:
    picture, middle = _picture(0.0, 20.0)
    cells = np.random.default_rng(3).random((16, 16)) < 0.5
    picture[400:528, 100:228] = np.kron(np.where(cells, 40, 150), np.ones((8, 8))).astype(np.uint8)
    code = np.array([(100, 400), (228, 400), (228, 528), (100, 528)], float)
    for line in find_lines(picture, [code]):
        assert not (90 < line.middle_px[0] < 238 and 390 < line.middle_px[1] < 538)
    assert np.hypot(*(np.array(find_lines(picture, [code])[0].middle_px) - middle)) < 10


@pytest.mark.parametrize("shape", [(1, 1), (8, 500), (15, 15), (64, 64)])
def test_small_and_empty_pictures_hold_no_line(shape: tuple[int, int]) -> None:
    assert find_lines(np.full(shape, 128, np.uint8)) == ()

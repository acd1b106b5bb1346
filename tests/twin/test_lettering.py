"""Letters as masks: where they stand, along lines and arcs; the dot matrix; how marks change a face."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest

from station.twin.dot_letters import can_matrix, matrix_dots, struck
from station.twin.lettering import Face, Line, draw, hershey, length_caps
from station.twin.marking import burned, engraved, peened

FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
SHAPE = (120, 400)


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask > 0.5)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


@pytest.mark.parametrize("cap", [9.0, 24.0, 50.0])
def test_a_capital_stands_on_the_baseline_and_is_as_high_as_asked(cap: float) -> None:
    _, top, _, bottom = _box(draw("HHH", Face(FONT), Line((20.0, 90.0), cap), SHAPE).mask)
    assert bottom == pytest.approx(90.5, abs=1.0)
    assert bottom - top == pytest.approx(cap, abs=1.0)


def test_letters_are_as_far_along_as_their_advances_say() -> None:
    face = Face(FONT)
    letters = draw("H I", face, Line((20.0, 90.0), 40.0, tracking=0.1), SHAPE)
    assert len(letters.middles_px) == 3
    assert letters.middles_px[:, 1] == pytest.approx(70.0)
    end = letters.middles_px[2, 0] + 0.5 * 40.0 * face.glyph("I").advance
    assert end - 20.0 == pytest.approx(40.0 * (length_caps("H I", face, 0.1) - 0.1))


def test_a_turned_line_is_the_straight_one_turned() -> None:
    straight = draw("ABC", Face(FONT), Line((60.0, 140.0), 30.0), (200, 200)).mask
    turned = draw("ABC", Face(FONT), Line((140.0, 60.0), 30.0, 90.0), (200, 200)).mask
    # clockwise by 90 degrees: (x, y) relative to the start becomes (-y, x)
    expected = np.rot90(straight, -1)
    a, b = _box(turned), _box(expected)
    assert (a[2] - a[0], a[3] - a[1]) == pytest.approx((b[2] - b[0], b[3] - b[1]), abs=1)
    assert a[0] >= 139  # tops point right of a baseline that runs down
    assert float(np.sum(turned)) == pytest.approx(float(np.sum(straight)), rel=0.02)


@pytest.mark.parametrize("radius", [80.0, -80.0])
def test_letters_on_an_arc_keep_their_distance_from_its_middle(radius: float) -> None:
    middle = np.array([150.0, 150.0])
    start = middle - (0.0, radius)
    letters = draw("HHHHHH", Face(FONT), Line((start[0], start[1]), 20.0, 0.0, radius_px=radius), (300, 300))
    away = np.hypot(*(letters.middles_px - middle).T)
    assert away == pytest.approx(abs(radius) + (10.0 if radius > 0 else -10.0), abs=1e-6)
    rows, columns = np.nonzero(letters.mask > 0.5)
    reach = np.hypot(columns - middle[0], rows - middle[1])
    low, high = sorted((abs(radius), abs(radius) + (20.0 if radius > 0 else -20.0)))
    assert reach.min() > low - 2.5
    assert reach.max() < high + 3.5


def test_a_letter_that_the_font_lacks_is_said_to_be_missing() -> None:
    assert Face(FONT).can("ANNA 22.11.26 Ø")
    assert not Face(FONT).can("\ue123")


def test_hershey_reads_the_usenet_format(tmp_path: Path) -> None:
    # a space 10 wide and a letter of one vertical stroke from top (-12) to baseline (9)
    (tmp_path / "two.jhf").write_text("    1  1MW\n    2  3MWRFR[\n")
    letters = hershey(tmp_path / "two.jhf")
    assert letters[" "].advance == pytest.approx(10 / 21)
    (stroke,) = letters["!"].lines
    assert stroke == pytest.approx(np.array([[5 / 21, -1.0], [5 / 21, 0.0]]))


def test_the_dot_matrix_shows_the_letters_people_know() -> None:
    dots = matrix_dots("I", Line((10.0, 50.0), 36.0))
    assert dots.pitch_px == pytest.approx(6.0)
    places = {(round((x - 10) / 6), round((y - 50) / 6) + 6) for x, y in dots.points_px}
    stem = {(2, row) for row in range(7)}
    assert places == stem | {(1, 0), (3, 0), (1, 6), (3, 6)}
    assert can_matrix("A-1 z")
    assert not can_matrix("Ä")


def test_craters_lie_at_the_dots() -> None:
    dots = matrix_dots(".", Line((20.0, 50.0), 36.0))
    mask = struck(dots, (80, 80), 2.0, np.random.default_rng(0), scatter=0.0)
    rows, columns = np.nonzero(mask > 0.2)
    weights = mask[rows, columns]
    middle = dots.points_px.mean(0)
    assert np.average(columns, weights=weights) == pytest.approx(middle[0], abs=0.2)
    assert np.average(rows, weights=weights) == pytest.approx(middle[1], abs=0.2)
    assert float(mask.sum()) == pytest.approx(len(dots.points_px) * np.pi * 4.0, rel=0.1)


def test_marks_leave_the_bare_face_alone_and_change_what_is_marked() -> None:
    face = np.full((80, 80), 0.5, np.float32)
    mask = np.zeros((80, 80), np.float32)
    mask[30:50, 30:50] = 1.0
    dark = burned(face, mask, change=-0.4, grain=np.zeros_like(face), ragged=0.0)
    assert dark[40, 40] == pytest.approx(0.3)
    cut = engraved(face, mask, floor=-0.2, walls=0.5, wall_px=1.0, light_rad=0.0)
    assert cut[40, 40] == pytest.approx(0.4, abs=0.01)
    assert (cut[40, 30] - 0.5) * (cut[40, 49] - 0.5) < 0  # one wall lit, the one across from it shaded
    hit = peened(face, mask, floor=-0.2, glint=0.5, wall_px=1.0, light_rad=0.0, rim=0.3)
    for made in (dark, cut, hit):
        assert (made[:20] == face[:20]).all()
        assert made.dtype == np.float32

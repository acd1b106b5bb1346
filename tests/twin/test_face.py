"""Marks and defects on a part's face, judged from outside: a code reader, and the picture of the clean part."""

import math

import cv2
import numpy as np
import pytest
import zxingcpp

from station.errors import InputError
from station.order.geometry import Silhouette
from station.order.model import Face, TextArc
from station.twin.face_truth import face_truth
from station.twin.marks import (
    CodeMark,
    DefectKind,
    MarkStyle,
    StraightLine,
    TextMark,
    scratch,
    spot,
)
from station.twin.part import MadePart
from station.twin.render import render, scene_light
from station.twin.scene import Lamp, Optics, PlacedPart, Polarity, Pose, Scene, Surface

from .shapes_for_tests import polygon_outline

OPTICS = Optics(800, 600, 0.01, 1.0)
LEVEL = Pose()
FRONT = Lamp(0.04, 0.62, Polarity.FRONTLIT, 0.08)
DARK = Lamp(0.01, 0.06, Polarity.FRONTLIT, 0.05, steep=6.0, slant=2.0)
PLATE = Silhouette((polygon_outline([(-3.2, -2.2), (3.2, -2.2), (3.2, 2.2), (-3.2, 2.2)], "P"),), ())
GTIN = "010761234567890021A1"


def plate(*marks, defects=(), marked=Face.TOP):
    return MadePart(PLATE, marks=marks, defects=defects, marked=marked)


def light(part, pose=LEVEL, face=Face.TOP, lamp=FRONT, optics=OPTICS):
    return scene_light(Scene(optics, lamp, (PlacedPart(part, pose, face),)))


def picture(part, pose=LEVEL, face=Face.TOP, lamp=FRONT):
    scene = Scene(OPTICS, lamp, (PlacedPart(part, pose, face, Surface(grain=0.03)),))
    return render(scene, np.random.default_rng(4))


def changed(part, pose=LEVEL, optics=OPTICS):
    """How much each pixel differs from the same part without anything on it."""
    return np.abs(light(part, pose, optics=optics) - light(MadePart(part.silhouette), pose, optics=optics))


def corners_of(code):
    at = code.position
    return np.array([(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)])


@pytest.mark.parametrize("pose", [Pose(), Pose(0.2, -0.1, 33.0), Pose(-0.3, 0.1, 171.5), Pose(angle_deg=264.0)])
@pytest.mark.parametrize(
    "mark",
    [
        CodeMark("datamatrix", GTIN, (0.6, 0.2), 1.6, gs1=True),
        CodeMark("datamatrix", "PLATE-5H-0015", (0.3, -0.2), 1.6, 20.0, style=MarkStyle.PRINTED),
        CodeMark("datamatrix", "A1", (0.3, -0.2), 1.2, style=MarkStyle.LASER, inverted=True, contrast=-0.7),
        CodeMark("qr", "C-88121/A1", (-0.5, 0.0), 1.5, style=MarkStyle.LASER),
    ],
    ids=["gs1", "printed", "inverted", "qr"],
)
def test_a_code_reader_reads_the_code_where_it_is(mark, pose):
    part = plate(mark)
    found = zxingcpp.read_barcodes(picture(part, pose))
    assert [one.bytes.decode() for one in found] == [mark.content]
    assert (found[0].symbology_identifier == "]d2") == mark.gs1
    true = face_truth(PlacedPart(part, pose), OPTICS).marks[0].corners_px
    assert np.abs(corners_of(found[0]) - true).max() < 6.0


def test_fnc1_stands_between_the_elements():
    mark = CodeMark("datamatrix", "010761234567890010AB\x1d21A1", (0.0, 0.0), 2.0, gs1=True)
    found = zxingcpp.read_barcodes(picture(plate(mark)))
    assert found[0].bytes == b"010761234567890010AB\x1d21A1"
    assert found[0].content_type == zxingcpp.ContentType.GS1


def test_a_linear_code_is_read():
    found = zxingcpp.read_barcodes(
        picture(plate(CodeMark("code128", "ABC-123", (0.0, 0.0), 4.0)), Pose(0.1, 0.0, 94.0))
    )
    assert [one.text for one in found] == ["ABC-123"]


def test_peened_modules_are_craters_with_a_bright_middle_and_a_dark_wall():
    mark = CodeMark("datamatrix", "A1", (0.0, 0.0), 3.0, style=MarkStyle.PEENED)
    seen = light(plate(mark)) / light(plate())
    corner = face_truth(PlacedPart(plate(mark)), OPTICS).marks[0].corners_px[3]  # the solid corner, at the lower left
    pitch = 300 / 10
    x, y = float(corner[0]) + pitch / 2, float(corner[1]) - pitch / 2
    middle, wall = seen[round(y), round(x)], seen[round(y), round(x + 0.36 * pitch)]
    assert middle == pytest.approx(1.0, abs=0.08)
    assert wall < 0.75
    shine = light(plate(mark), lamp=DARK)
    assert shine[round(y), round(x + 0.36 * pitch)] > 2.0 * shine[round(y), round(x)]


@pytest.mark.parametrize("marked", list(Face))
def test_marks_are_seen_on_their_own_face_alone_and_never_mirrored(marked):
    part = plate(CodeMark("datamatrix", "A1", (0.5, 0.0), 1.4), marked=marked)
    for face in Face:
        found = zxingcpp.read_barcodes(picture(part, Pose(0.1, 0.0, 25.0), face), try_invert=False)
        assert len(found) == (face is marked)
        if found:
            true = face_truth(PlacedPart(part, Pose(0.1, 0.0, 25.0), face), OPTICS).marks[0].corners_px
            assert np.abs(corners_of(found[0]) - true).max() < 6.0
    other = Face.BOTTOM if marked is Face.TOP else Face.TOP
    assert face_truth(PlacedPart(part, face=other), OPTICS).marks == ()


def letter_boxes(text, face=Face.TOP, pose=LEVEL):
    part = plate(text, marked=face)
    return part, face_truth(PlacedPart(part, pose, face), OPTICS).marks[0].corners_px.reshape(-1, 4, 2)


@pytest.mark.parametrize(
    ("line", "first_is", "tops_are"),
    [
        (StraightLine((-1.5, 0.3)), "left", (0, -1)),
        (StraightLine((1.5, 0.3), 180.0), "right", (0, 1)),
        (TextArc((0.0, 0.0), 1.5, 60.0, 120.0), "right", (0, 1)),  # counter-clockwise over the top: tops to the centre
        (TextArc((0.0, 0.0), 1.5, 120.0, 60.0), "left", (0, -1)),  # clockwise over the top: tops outwards
        (TextArc((0.0, 0.0), 1.5, 240.0, 300.0), "left", (0, -1)),
        (TextArc((0.0, 0.0), 1.5, 300.0, 240.0), "right", (0, 1)),
    ],
)
def test_letters_stand_where_the_order_s_words_put_them(line, first_is, tops_are):
    _, boxes = letter_boxes(TextMark("HIH", line, 0.3))
    along = boxes[:, :, 0].mean(axis=1)
    assert (along[0] < along[-1]) == (first_is == "left")
    up = boxes[1, 0] - boxes[1, 3]  # from the lower left to the upper left of the middle letter
    assert up / np.linalg.norm(up) == pytest.approx(tops_are, abs=0.02)
    if isinstance(line, TextArc):
        feet = (boxes[:, 2] + boxes[:, 3]) / 2
        assert np.hypot(*(feet - OPTICS.origin_px).T) == pytest.approx(150.0, abs=0.1)
        assert (along[0] + along[-1]) / 2 == pytest.approx(OPTICS.origin_px[0], abs=0.1), "centred on its arc"


@pytest.mark.parametrize("style", list(MarkStyle))
@pytest.mark.parametrize("pose", [Pose(), Pose(0.1, 0.2, 77.0)])
def test_the_lettering_is_drawn_inside_the_boxes_that_the_truth_names(style, pose):
    text = TextMark("HEXE", StraightLine((-1.6, -0.2)), 0.8, style)
    part, boxes = letter_boxes(text, pose=pose)
    ink = changed(part, pose) > 0.02
    inside = np.zeros(ink.shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(box).astype(np.int32) for box in boxes], 1)
    reach = 19 if style is MarkStyle.PEENED else 9  # its craters stand around the letter's lines
    near = cv2.dilate(inside, np.ones((reach, reach), np.uint8)).astype(bool)
    assert not (ink & ~near).any()
    for box in boxes:
        one = np.zeros(ink.shape, np.uint8)
        cv2.fillPoly(one, [np.rint(box).astype(np.int32)], 1)
        assert 0.06 < ink[one.astype(bool)].mean() < 0.6


def test_a_letter_is_not_its_own_mirror_image():
    text = TextMark("F", StraightLine((0.0, 0.0)), 1.0)
    part, (box,) = letter_boxes(text)
    ink = changed(part)
    left, right = box[:, 0].min(), box[:, 0].max()
    columns = ink[:, round(left) : round(right) + 1].sum(axis=0)
    assert columns[: len(columns) // 2].sum() > 1.5 * columns[len(columns) // 2 :].sum(), "the stem is on the left"
    below, (box,) = letter_boxes(text, Face.BOTTOM)
    ink = np.abs(light(below, face=Face.BOTTOM) - light(plate(), face=Face.BOTTOM))
    turned = ink[::-1, ::-1]  # direction 0 runs to the left in the picture of the lower face, upside down
    left, right = 799 - box[:, 0].max(), 799 - box[:, 0].min()
    columns = turned[:, round(left) : round(right) + 1].sum(axis=0)
    assert columns[: len(columns) // 2].sum() > 1.5 * columns[len(columns) // 2 :].sum()


RNG = np.random.default_rng(11)
DEFECTS = [
    scratch(((-1.0, 0.3), (0.0, 0.15), (0.8, 0.2)), 0.06),
    scratch(((0.4, -0.5), (0.4, 0.5)), 0.15, -0.5),
    spot(DefectKind.PIT, (0.3, 0.1), 0.3, -0.5, RNG),
    spot(DefectKind.STAIN, (-0.5, 0.4), 1.2, -0.15, RNG),
    spot(DefectKind.DENT, (0.0, 0.0), 0.6, -0.6, RNG),
]


@pytest.mark.parametrize("defect", DEFECTS, ids=[one.kind.value for one in DEFECTS])
@pytest.mark.parametrize("pose", [Pose(), Pose(0.15, -0.1, 127.0)])
def test_the_true_outline_is_where_the_picture_differs_from_the_clean_one(defect, pose):
    part = plate(defects=(defect,))
    sharp = Optics(800, 600, 0.01, 0.3)
    (true,) = face_truth(PlacedPart(part, pose), sharp).defects
    difference = changed(part, pose, sharp)
    seen = (difference > 0.25 * np.percentile(difference[difference > 1e-3], 90)).astype(np.uint8)
    drawn = np.zeros(seen.shape, np.uint8)
    cv2.fillPoly(drawn, [np.rint(true.outline_px * 16).astype(np.int32)], 1, shift=4)
    band = cv2.dilate(drawn, np.ones((3, 3), np.uint8)) - cv2.erode(drawn, np.ones((3, 3), np.uint8))
    level_middle = defect.kind is DefectKind.DENT
    differs = (seen != drawn) & (band == 0)
    if level_middle:  # the bottom of a dent is as level as the face
        assert not (seen & ~drawn & ~band).any()
    else:
        assert differs.mean() * differs.size <= 0.02 * drawn.sum()
    hull = cv2.convexHull(np.argwhere(seen)).reshape(-1, 2).astype(float)
    extent = max(math.dist(a, b) for a in hull for b in hull) + 1.0
    assert extent * 0.01 == pytest.approx(defect.extent_mm, abs=0.02)


def test_a_scratch_is_as_long_as_it_was_made():
    assert scratch(((0.0, 0.0), (1.0, 0.0)), 0.1).extent_mm == pytest.approx(1.1, abs=1e-3)
    assert scratch(((0.0, 0.0), (0.3, 0.4)), 0.02).extent_mm == pytest.approx(0.52, abs=1e-3)


def test_the_lamp_stands_still_when_the_part_turns():
    """Where a groove's lit wall lies follows from the lamp, not from the part."""
    defect = scratch(((-0.8, 0.0), (0.8, 0.0)), 0.2)
    lamp = Lamp(0.04, 0.4, Polarity.FRONTLIT, steep=0.0, slant=1.0, from_deg=90.0)
    for angle in (0.0, 180.0):
        seen = light(plate(defects=(defect,)), Pose(angle_deg=angle), lamp=lamp)
        above, below = seen[293:298, 380:420].mean(), seen[302:307, 380:420].mean()
        assert above < below, "light from above falls on the lower wall of a groove"
    across = light(plate(defects=(defect,)), Pose(angle_deg=90.0), lamp=lamp)
    assert across[280:320, 380:420].std() < 0.005, "a groove along the light has no lit wall"


def test_the_blur_of_a_mark_is_the_lens_s():
    """A long straight edge of a printed mark against the error function, at a hundredth of its height."""
    mark = CodeMark("datamatrix", "A1", (0.0, 0.0), 4.0, style=MarkStyle.PRINTED, contrast=-1.0)
    optics = Optics(800, 600, 0.01, 2.0, center_px=(400.0, 300.0))
    seen = light(plate(mark), lamp=Lamp(0.0, 1.0, Polarity.FRONTLIT), optics=optics)
    row = seen[320, 190:212]  # across the solid left side, whose edge is at column 200
    x = np.arange(190, 212) - 200.0
    sigma = math.hypot(2.0, 1 / math.sqrt(12))
    expected = np.array([0.5 * math.erfc(one / (sigma * math.sqrt(2.0))) for one in x])
    assert row == pytest.approx(expected, abs=0.02)


def test_what_cannot_be_marked_is_said_in_a_sentence():
    with pytest.raises(InputError, match="symbology 'plessey'"):
        picture(plate(CodeMark("plessey", "1", (0.0, 0.0), 1.0)))
    with pytest.raises(InputError, match="the letter '中'"):
        picture(plate(TextMark("中", StraightLine((0.0, 0.0)), 1.0)))
    with pytest.raises(InputError, match="not a GS1"):
        picture(plate(CodeMark("datamatrix", "no GS1", (0.0, 0.0), 1.0, gs1=True)))

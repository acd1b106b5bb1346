"""The marks of a part that was made to its order: what stands where, and that a code reader reads what was ordered."""

import json

import numpy as np
import pytest
import zxingcpp

from station.order.model import Face
from station.order.read import parse_order
from station.twin.face_truth import face_truth
from station.twin.marks import CodeMark, TextMark
from station.twin.part import part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Polarity, Pose, Scene, Surface

OPTICS = Optics()
FRONT = Lamp(0.04, 0.62, Polarity.FRONTLIT, 0.08)
SQUARE = [
    {"id": "S", "type": "line", "start": [-5, -3], "end": [5, -3], "material": "left"},
    {"id": "E", "type": "line", "start": [5, -3], "end": [5, 3], "material": "left"},
    {"id": "N", "type": "line", "start": [5, 3], "end": [-5, 3], "material": "left"},
    {"id": "W", "type": "line", "start": [-5, 3], "end": [-5, -3], "material": "left"},
]


def order(*characteristics, features=SQUARE, view="top"):
    document = {
        "schema": "order/1",
        "order_id": "MO-1",
        "part": {"serial": "A1"},
        "geometry": {"features": features, "view": view} if features else {},
        "characteristics": [{"id": str(number), **one} for number, one in enumerate(characteristics, start=1)],
    }
    return parse_order(json.dumps(document).encode(), None, "order")


def code(region=None, expected="PLATE-0001", **more):
    return {"type": "code", "symbology": "Data Matrix", "expected": expected, **where(region), **more}


def text(region=None, expected="ANNA 22.11.26", **more):
    return {"type": "text", "expected": expected, **where(region), **more}


def where(region):
    return {} if region is None else {"region": region}


def boxes_mm(part):
    """Of each mark the corners in the part's frame, as an untilted picture shows them."""
    truth = face_truth(PlacedPart(part, face=part.marked), OPTICS)
    x, y = OPTICS.origin_px
    side = -1.0 if part.marked is Face.BOTTOM else 1.0
    return [(one.corners_px - (x, y)) * (side, -1.0) * OPTICS.mm_per_px for one in truth.marks]


def read(part, pose):
    scene = Scene(OPTICS, FRONT, (PlacedPart(part, pose, part.marked, Surface(grain=0.03)),))
    return zxingcpp.read_barcodes(render(scene, np.random.default_rng(1)))


@pytest.mark.parametrize("view", ["top", "bottom"])
def test_every_mark_stands_in_its_region(view):
    regions = [[[-4, -1], [-2, 1]], [[-1, 1.5], [4, 2.5]], [[2, -2], [3, 1]]]
    part = part_of_order(order(code(regions[0]), text(regions[1]), text(regions[2], "UP", direction=90), view=view))
    assert part.marked is Face(view)
    for corners, ((left, low), (right, top)) in zip(boxes_mm(part), regions, strict=True):
        assert left <= corners[:, 0].min() < corners[:, 0].max() <= right
        assert low <= corners[:, 1].min() < corners[:, 1].max() <= top
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        assert middle == pytest.approx(((left + right) / 2, (low + top) / 2), abs=0.06)
    upwards = boxes_mm(part)[2].reshape(-1, 4, 2)
    assert upwards[1, :, 1].mean() > upwards[0, :, 1].mean(), "read upwards in the part's frame"


@pytest.mark.parametrize("view", ["top", "bottom"])
@pytest.mark.parametrize("pose", [Pose(0.3, -0.2, 20.0), Pose(angle_deg=213.0)])
def test_the_code_reads_as_ordered_on_the_face_that_the_camera_sees(view, pose):
    gs1 = code([[-4, -1.5], [-1, 1.5]], "010761234567890010AB\x1d21A1", gs1=True)
    found = read(part_of_order(order(gs1, code([[1, -1.5], [4, 1.5]]), view=view)), pose)
    assert sorted(one.bytes for one in found) == [b"010761234567890010AB\x1d21A1", b"PLATE-0001"]


def test_a_text_has_the_height_that_the_order_says_else_one_that_fits():
    part = part_of_order(order(text([[-4, 0], [4, 2]], height=0.7), text([[-1, -2], [1, -1]])))
    ordered, free = part.marks
    assert isinstance(ordered, TextMark)
    assert ordered.height_mm == 0.7
    assert isinstance(free, TextMark)
    corners = boxes_mm(part)[1]
    assert 1.7 < np.ptp(corners[:, 0]) <= 2.0


def test_a_text_along_an_arc_stands_on_it():
    arc = {"center": [0, 0], "radius": 2, "start_angle": 200, "end_angle": 340}
    part = part_of_order(order(text(arc=arc)))
    feet = boxes_mm(part)[0].reshape(-1, 4, 2)[:, 2:].mean(axis=1)
    assert np.hypot(*feet.T) == pytest.approx(2.0, abs=1e-9)
    assert np.degrees(np.arctan2(*feet.T[::-1])).min() > -160
    assert np.degrees(np.arctan2(*feet.T[::-1])).max() < -20


def test_an_order_of_marks_only_is_made_as_a_blank_plate():
    part = part_of_order(order(code(view="front"), text(view="front"), features=[]))
    assert {type(one) for one in part.marks} == {CodeMark, TextMark}
    assert [one.text for one in read(part, Pose(angle_deg=77.0))] == ["PLATE-0001"]
    first, second = boxes_mm(part)
    assert first[:, 1].min() > second[:, 1].max(), "one above the other"


def test_what_the_twin_cannot_make_is_left_out():
    part = part_of_order(order(text([[-4, 0], [4, 2]], "部品"), code([[-4, -2], [4, 0]])))
    assert [type(one) for one in part.marks] == [CodeMark]
    assert part_of_order(order({"type": "code", "symbology": "maxicode", "expected": "A"})).marks == ()

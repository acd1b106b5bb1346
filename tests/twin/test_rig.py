"""The simulated rig behind the devices' protocols."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from station.devices.protocols import TowerSign, View
from station.errors import CaptureError, DeviceError, InputError, LostDeviceError
from station.order.model import Face
from station.order.read import read_order
from station.twin.bench import Workpiece, workpiece_of_case, workpiece_of_order
from station.twin.demo import demo_cases, write_demo
from station.twin.face_truth import face_truth
from station.twin.marks import MarkStyle, StraightLine, TextMark
from station.twin.part import MadePart
from station.twin.rig import TwinRig
from station.twin.rig_file import read_twin
from station.twin.troubles import Trouble

from .shapes_for_tests import RING, RING_FEATURES

TWIN_FILE = Path(__file__).parents[2] / "hw" / "twin.toml"
EXPOSURE_US = 2000.0


class Clock:
    def __init__(self, step_s=0.02):
        self.now_s, self.step_s = 100.0, step_s

    def __call__(self):
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
def facts(tmp_path):
    small = TWIN_FILE.read_text().replace("= 1600", "= 320").replace("= 1200", "= 240").replace("0.010", "0.030")
    path = tmp_path / "twin.toml"
    path.write_text(small)
    return read_twin(path)


@pytest.fixture
def rig(facts):
    pieces = [Workpiece("R-1", MadePart(RING, RING_FEATURES)), Workpiece("R-2", MadePart(RING), Face.BOTTOM)]
    return TwinRig(facts, pieces, Clock())


def test_the_file_of_the_twin_is_read_completely():
    facts = read_twin(TWIN_FILE)
    assert (facts.optics.width_px, facts.optics.height_px, facts.optics.mm_per_px) == (1600, 1200, 0.010)
    assert [view for view, _ in facts.lamps] == list(View)
    assert facts.lamp(View.BACKLIGHT).field_level == 0.8627


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("psf_sigma_px", "psf_sigma", "'psf_sigma' is unknown"),
        ("[field]", "[fields]", "'fields' is unknown"),
        ("[lamps.ring]", "[lamps.rings]", "'rings' is unknown"),
        ("width_px = 1600", "width_px = 1600.5", "width_px: this must be a whole number"),
        ("seed = ", "#", "'seed' is missing"),
        ('polarity = "backlit"', 'polarity = "sideways"', "'sideways'"),
        ("[optics]", "[optics", "not TOML"),
        ('finish = "brushed"', 'finish = "polished"', "no finish 'polished'"),
        ("slant = 2.0", "slants = 2.0", "'slants' is unknown"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path, old, new, sentence):
    path = tmp_path / "rig.toml"
    text = TWIN_FILE.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=sentence):
        read_twin(path)


def test_the_camera_sees_the_part_under_the_light_that_is_on(rig):
    assert rig.camera.capture(View.BACKLIGHT, EXPOSURE_US).image.max() < 10  # no lamp, no light
    steady_s = rig.light.turn_on(View.BACKLIGHT)
    empty = rig.camera.capture(View.BACKLIGHT, EXPOSURE_US)
    assert empty.image.min() > 150
    assert rig.feeder.present().serial == "R-1"
    frame = rig.camera.capture(View.BACKLIGHT, EXPOSURE_US)
    assert frame.image.min() < 40
    assert frame.sequence == empty.sequence + 1
    assert frame.captured_at_s > empty.captured_at_s
    assert steady_s <= empty.captured_at_s
    rig.light.turn_on(View.FRONT)
    front = rig.camera.capture(View.FRONT, EXPOSURE_US)
    assert np.median(front.image) < 20 < front.image.max()


def test_a_lamp_that_has_not_settled_is_too_dark(tmp_path):
    rig = TwinRig(read_twin(TWIN_FILE), clock=Clock(step_s=0.001))
    steady_s = rig.light.turn_on(View.BACKLIGHT)
    early = rig.camera.capture(View.BACKLIGHT, EXPOSURE_US)
    assert early.captured_at_s < steady_s
    assert np.median(early.image) < 120
    assert rig.light.turn_on(View.BACKLIGHT) == steady_s


def test_brightness_goes_with_the_exposure(rig):
    rig.light.turn_on(View.BACKLIGHT)
    half = rig.camera.capture(View.BACKLIGHT, EXPOSURE_US / 2).image.mean()
    full = rig.camera.capture(View.BACKLIGHT, EXPOSURE_US).image.mean()
    assert half == pytest.approx(full / 2, rel=0.01)
    assert np.median(rig.camera.capture(View.BACKLIGHT, EXPOSURE_US * 1.4).image) == 255
    with pytest.raises(CaptureError, match="exposure"):
        rig.camera.capture(View.BACKLIGHT, 0.0)


def test_the_gate_holds_unless_told_and_after_every_part(rig):
    assert rig.gate.is_holding()
    with pytest.raises(DeviceError, match="no part"):
        rig.gate.let_through()
    rig.feeder.present()
    rig.gate.let_through()
    assert not rig.gate.is_holding()
    rig.feeder.clear()
    assert rig.gate.is_holding()
    rig.feeder.present()
    rig.feeder.clear()
    assert rig.feeder.present() is None
    feeder = [event.what for event in rig.history if event.device == "feeder"]
    assert feeder == ["present R-1", "through R-1", "present R-2", "held R-2"]


def test_history_says_when(rig):
    rig.tower.show(TowerSign.BUSY)
    rig.tower.close()
    times = [event.at_s for event in rig.history]
    assert [event.what for event in rig.history] == ["busy", "off"]
    assert times == sorted(times)


def test_a_second_part_waits_for_the_first(rig):
    rig.feeder.present()
    with pytest.raises(DeviceError, match="R-1"):
        rig.feeder.present()


def test_troubles_show_where_they_should(rig):
    rig.light.turn_on(View.BACKLIGHT)
    before = rig.camera.capture(View.BACKLIGHT, EXPOSURE_US)
    rig.misbehave(Trouble.STALE_FRAME)
    rig.feeder.present()
    assert rig.camera.capture(View.BACKLIGHT, EXPOSURE_US).captured_at_s == before.captured_at_s
    rig.misbehave(Trouble.CAMERA_LOST)
    with pytest.raises(LostDeviceError):
        rig.camera.capture(View.BACKLIGHT, EXPOSURE_US)
    rig.misbehave(Trouble.WRONG_EXPOSURE, Trouble.HIDDEN_GAIN)
    frame = rig.camera.capture(View.BACKLIGHT, EXPOSURE_US)
    assert (frame.exposure_us, frame.digital_gain) == (EXPOSURE_US / 2, 1.5)
    rig.misbehave(Trouble.LAMP_DEAD, Trouble.GATE_STUCK)
    assert rig.camera.capture(View.BACKLIGHT, EXPOSURE_US).image.max() < 10
    with pytest.raises(DeviceError, match="did not open"):
        rig.gate.let_through()
    rig.misbehave()
    rig.gate.let_through()


def test_a_door_that_was_open_since_the_last_question_counts_once(rig):
    rig.misbehave(Trouble.DOOR_OPEN)
    assert rig.interlock.stopped_by() == rig.interlock.stopped_by() == "the door is open"
    rig.misbehave()
    assert rig.interlock.stopped_by() == "the door was open"  # until a moment ago
    assert rig.interlock.stopped_by() == ""
    rig.misbehave(Trouble.DOOR_OPEN)
    rig.misbehave(Trouble.E_STOP)
    assert rig.interlock.stopped_by() == "the emergency stop is pressed and the door was open"


def test_the_same_seed_gives_the_same_run(rig, tmp_path):
    again = TwinRig(read_twin(tmp_path / "twin.toml"), [Workpiece("R-1", MadePart(RING, RING_FEATURES))], Clock())
    for one in (rig, again):
        one.light.turn_on(View.BACKLIGHT)
        one.feeder.present()
    first, second = (one.camera.capture(View.BACKLIGHT, EXPOSURE_US).image for one in (rig, again))
    assert np.array_equal(first, second)


def test_closing_everything_is_safe(rig):
    rig.feeder.present()
    rig.gate.let_through()
    for device in (rig.camera, rig.light, rig.gate, rig.tower, rig.feeder):
        device.close()
        device.close()
    assert rig.gate.is_holding()
    assert rig.camera.facts().serial == "TW-0001"


def test_workpieces_come_from_cases_and_from_orders(tmp_path):
    write_demo(tmp_path)
    case = demo_cases()[0]
    made = workpiece_of_case(case, tmp_path)
    ordered = workpiece_of_order(read_order(made.order_file), made.order_file)
    assert (made.serial, made.order_file) == (ordered.serial, ordered.order_file)
    assert made.part.deviations
    assert not ordered.part.deviations


ENGRAVED = TextMark("R1", StraightLine((-1.6, -0.3)), 0.6, MarkStyle.ENGRAVED)


def test_every_lamp_shows_the_face_in_its_own_way_and_the_same_face_again(facts):
    """A cut letter is dark where its flanks send the light away, and bright where only slopes send it to the camera."""
    rig = TwinRig(facts, [Workpiece("R-1", MadePart(RING, RING_FEATURES, marks=(ENGRAVED,)))], Clock())
    rig.feeder.present()
    (placed,) = rig.scene.parts
    corners = face_truth(placed, rig.scene.optics).marks[0].corners_px
    box = np.zeros((240, 320), np.uint8)
    cv2.fillPoly(box, [np.rint(corners[:4]).astype(np.int32)], 1)
    seen = {}
    for view in (View.FRONT, View.RING, View.DARK):
        rig.light.turn_on(view)
        first, again = (rig.camera.capture(view, EXPOSURE_US).image.astype(float) for _ in range(2))
        assert np.abs(first - again).mean() < 4.0, "only the sensor's noise differs"
        assert first.max() < 250, "nothing is saturated"
        seen[view] = first[box == 1]
    assert np.percentile(seen[View.FRONT], 5) < 0.9 * np.median(seen[View.FRONT])
    assert np.percentile(seen[View.DARK], 95) > 1.3 * np.median(seen[View.DARK])
    rig.light.turn_on(View.BACKLIGHT)
    assert rig.camera.capture(View.BACKLIGHT, EXPOSURE_US).image[box == 1].std() < 3.0, "against the light it is dark"


def test_a_face_is_the_part_s_own():
    """Another run that puts it elsewhere shows the same face; another part has another one."""
    facts = read_twin(TWIN_FILE)
    parts = [Workpiece(serial, MadePart(RING, RING_FEATURES)) for serial in ("R-1", "R-2")]

    def surfaces(seed):
        rig = TwinRig(replace(facts, seed=seed), parts, Clock())
        for _ in parts:
            rig.feeder.present()
            yield rig.scene.parts[0]
            rig.feeder.clear()

    first, second = list(surfaces(1)), list(surfaces(2))
    assert [one.surface for one in first] == [one.surface for one in second]
    assert [one.pose for one in first] != [one.pose for one in second]
    assert first[0].surface != first[1].surface

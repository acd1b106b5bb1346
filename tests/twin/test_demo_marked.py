"""The marked parts of the demo: what a reader and an eye that knows the order find on them."""

from difflib import SequenceMatcher
from pathlib import Path

import pytest
import zxingcpp

from station.cycle.examine import needed_views
from station.devices.protocols import View
from station.order.model import CharacteristicType, Order
from station.order.read import parse_order
from station.twin.bench import workpiece_of_case
from station.twin.demo_case import DemoCase, Expected
from station.twin.demo_marked import marked_cases
from station.twin.marks import TextMark
from station.twin.rig import TwinRig
from station.twin.rig_file import read_twin

TWIN_FILE = Path(__file__).parents[2] / "hw" / "twin.toml"
EXPOSURE_US = 2000.0
CASES = marked_cases()


def order_of(case: DemoCase) -> Order:
    return parse_order(case.document, None, case.serial, drawing=case.drawing.encode() or None)


def asked(case: DemoCase, kind: CharacteristicType):
    return next((c for c in order_of(case).characteristics if c.type is kind), None)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_verdict_follows_from_what_is_on_the_part(case):
    """From the order and the part's marks and defects alone, without any picture."""
    (text,) = (mark for mark in case.part.marks if isinstance(mark, TextMark))
    (code,) = (mark for mark in case.part.marks if not isinstance(mark, TextMark))
    surface = asked(case, CharacteristicType.SURFACE)
    right = text.text == asked(case, CharacteristicType.TEXT).expected
    if code.content != asked(case, CharacteristicType.CODE).expected:
        assert case.expected is Expected.ERROR  # another part's: nothing is said of the ordered one
        return
    right &= all(one.extent_mm <= float(surface.max_defect_mm) for one in case.part.defects)
    assert case.expected is (Expected.PASS if right else Expected.FAIL)


def test_what_is_wrong_is_wrong_by_much_and_what_is_allowed_by_little():
    """No case hangs on how well a size is measured: half of what is allowed, or twice."""
    for case in CASES:
        for defect in case.part.defects:
            allowed = float(asked(case, CharacteristicType.SURFACE).max_defect_mm)
            assert not 0.5 * allowed < defect.extent_mm < 2.0 * allowed
        text = next(mark.text for mark in case.part.marks if isinstance(mark, TextMark))
        expected = asked(case, CharacteristicType.TEXT).expected
        same = sum(block.size for block in SequenceMatcher(a=text, b=expected).get_matching_blocks())
        assert len(expected) - same in (0, 1)


def test_cases_are_the_same_every_time():
    assert marked_cases() == CASES


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_rig_shows_every_view_that_the_order_needs_and_the_code_reads_in_front(case):
    rig = TwinRig(read_twin(TWIN_FILE), [workpiece_of_case(case)])
    views = [View(one) for one in needed_views(order_of(case), [view for view in View if view in rig.light.views])]
    measured = asked(case, CharacteristicType.SURFACE) is not None
    assert views == [*([View.BACKLIGHT] if measured else []), View.FRONT, View.RING, View.DARK]
    rig.feeder.present()
    for view in views:
        rig.light.turn_on(view)
        image = rig.camera.capture(view, EXPOSURE_US).image
        assert image.max() < 255
        if view is View.FRONT:
            content = next(mark.content for mark in case.part.marks if not isinstance(mark, TextMark))
            assert [one.bytes.decode() for one in zxingcpp.read_barcodes(image)] == [content]

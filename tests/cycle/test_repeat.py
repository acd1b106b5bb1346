"""A characteristic measured again and again: a number or a reason, the gate untouched."""

import json
from datetime import timedelta

import pytest

from station.cycle.inspect import Instrument
from station.cycle.repeat import measure_again, subject_of
from station.errors import CalibrationError, InputError
from station.genealogy.inspection import StationRecord
from station.order.read import parse_order
from station.twin.bench import workpiece_of_order
from station.twin.rig import TwinRig
from station.twin.troubles import Trouble
from tests.cli.small import NOW, calibration, ring_order

from .test_cell import facts


def order(**changes):
    return parse_order(json.dumps(ring_order(**changes)).encode(), None, "order")


def instrument():
    record = StationRecord(id="cell-test", software="0", rig="twin", simulated=True)
    return Instrument(calibration(), b"", record)


def test_the_same_part_is_read_alike_and_the_gate_does_not_move():
    ring = order()
    subject = subject_of(ring, "1", instrument(), NOW)
    rig = TwinRig(facts(), [workpiece_of_order(ring)])
    rig.feeder.present()
    first, second = (measure_again(rig, subject, 2000.0) for _ in range(2))
    assert subject.nominal == 4.0
    assert first.value == pytest.approx(4.0, abs=0.002)
    assert second.value == pytest.approx(first.value, abs=2e-4)
    assert first.value != second.value
    assert not any(event.device == "gate" for event in rig.history)


def test_no_part_and_a_bad_frame_are_answers_with_a_reason():
    ring = order()
    subject = subject_of(ring, "1", instrument(), NOW)
    rig = TwinRig(facts(), [workpiece_of_order(ring)])
    empty = measure_again(rig, subject, 2000.0)
    assert empty.value is None
    assert empty.reason
    rig.feeder.present()
    rig.misbehave(Trouble.WRONG_EXPOSURE)
    assert "was exposed" in measure_again(rig, subject, 2000.0).reason


def test_what_cannot_be_studied_is_refused():
    with pytest.raises(InputError, match="no characteristic '7'; it has 1, 2, 3"):
        subject_of(order(), "7", instrument(), NOW)
    with pytest.raises(CalibrationError, match="expired"):
        subject_of(order(), "1", instrument(), NOW + timedelta(days=99))
    code = {"id": "4", "type": "code", "symbology": "datamatrix", "expected": "1"}
    with pytest.raises(InputError, match="gives no number"):
        subject_of(order(characteristics=[*ring_order()["characteristics"], code]), "4", instrument(), NOW)
    assert subject_of(order(), "3", instrument(), NOW).nominal is None

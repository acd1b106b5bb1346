import time
from itertools import pairwise

import pytest

from station.devices.gpio import Gate, GateFacts, Light, LightFacts
from station.errors import DeviceError, InputError


def test_a_gate_holds_on_open_on_hold_and_on_close(pins):
    gate = Gate(GateFacts("GPIO17"))
    pin = pins.pin(17)
    assert gate.is_holding()
    assert pin.state == 0
    gate.let_through()
    assert pin.state == 1
    assert not gate.is_holding()
    gate.hold()
    assert pin.state == 0
    assert gate.is_holding()
    gate.let_through()
    gate.close()
    gate.close()
    assert pin.state == 0


def test_a_level_is_taken_back_at_the_end_of_its_time_though_nobody_asks(pins, soon):
    gate = Gate(GateFacts("GPIO17", open_ms=40.0))
    gate.let_through()
    assert soon(lambda: pins.pin(17).state == 0)
    assert gate.is_holding()
    gate.close()


def test_the_end_of_an_opening_does_not_shut_the_next_one(pins):
    gate = Gate(GateFacts("GPIO17", open_ms=100.0))
    gate.let_through()
    time.sleep(0.06)
    gate.hold()
    gate.let_through()
    time.sleep(0.06)  # the first would have ended here
    assert pins.pin(17).state == 1
    gate.close()


def test_a_kicked_gate_toggles_while_it_is_open_and_then_stands_low(pins, soon):
    gate = Gate(GateFacts("GPIO17", open_ms=200.0, kick_hz=50.0))
    pin = pins.pin(17)
    pin.clear_states()
    gate.let_through()
    assert soon(gate.is_holding)
    assert soon(lambda: pin.state == 0)
    changes = [state for _, state in pin.states]
    assert 10 <= len(changes) <= 24
    assert all(one != other for one, other in pairwise(changes))
    gate.close()


def test_a_kicked_gate_that_holds_again_kicks_no_more(pins):
    gate = Gate(GateFacts("GPIO17", open_ms=1000.0, kick_hz=100.0))
    gate.let_through()
    time.sleep(0.03)
    gate.hold()
    pin = pins.pin(17)
    pin.clear_states()
    time.sleep(0.05)
    assert [state for _, state in pin.states] == [0]
    gate.close()


SENSED = GateFacts("GPIO17", sense_pin="GPIO27", travel_ms=200.0)


def test_a_gate_that_is_sensed_says_so_itself(pins, later):
    sense = pins.pin(27)
    gate = Gate(SENSED)
    assert not gate.is_holding()  # pulled up: the contact is open, or its wire
    with pytest.raises(DeviceError, match="does not hold"):
        gate.check()
    with pytest.raises(DeviceError, match="does not hold"):
        gate.hold()
    sense.drive_low()
    time.sleep(0.03)
    gate.hold()
    assert gate.check() == "gate, by level, holds: 1 output and 1 input through Mock"
    later(0.02, sense.drive_high)
    gate.let_through()
    assert not gate.is_holding()
    gate.close()


def test_a_gate_that_does_not_open_is_told_to_hold(pins):
    gate = Gate(SENSED)
    pins.pin(27).drive_low()
    with pytest.raises(DeviceError, match="did not open") as caught:
        gate.let_through()
    assert caught.value.place == "gate sense GPIO27"
    assert pins.pin(17).state == 0
    gate.close()


@pytest.mark.parametrize("facts", [GateFacts("GPIO17", open_ms=0.0), GateFacts("GPIO17", kick_hz=1e6)])
def test_times_that_cannot_be_are_said(pins, facts):
    with pytest.raises(InputError, match="open_ms"):
        Gate(facts)


def test_a_sense_whose_open_wire_reads_as_holding_is_refused_and_the_pin_let_go(pins):
    with pytest.raises(InputError, match="open wire"):
        Gate(GateFacts("GPIO17", sense_pin="GPIO27", sense_pull="down"))
    Light(LightFacts({"front": "GPIO17"})).close()


def test_a_gate_whose_kicks_fail_is_shut_and_not_left_open(pins, soon, monkeypatch):
    gate = Gate(GateFacts("GPIO17", open_ms=5000.0, kick_hz=50.0))

    def broken():
        raise RuntimeError("a bug")

    monkeypatch.setattr(gate._pin, "toggle", broken)
    gate.let_through()
    assert soon(lambda: pins.pin(17).state == 0)
    assert gate.is_holding()
    gate.close()


def test_a_gate_that_nobody_would_shut_does_not_open(pins, monkeypatch):
    gate = Gate(GateFacts("GPIO17"))

    def none_left(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", none_left)
    with pytest.raises(RuntimeError, match="new thread"):
        gate.let_through()
    assert pins.pin(17).state == 0
    gate.close()

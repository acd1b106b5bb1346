import time

import pytest

from station.devices.gpio import Handshake, HandshakeFacts
from station.errors import DeviceError, LostDeviceError

OUTPUTS = {"ready": 5, "busy": 6, "result_valid": 13, "ok": 19, "nok": 26, "fault": 21}
FACTS = HandshakeFacts("GPIO5", "GPIO27", "GPIO6", "GPIO13", "GPIO19", "GPIO26", "GPIO21", debounce_ms=2.0)


@pytest.fixture
def line(pins):
    handshake = Handshake(FACTS)
    handshake.set_ready(True)
    yield handshake
    handshake.close()


def on(pins):
    return {name for name, number in OUTPUTS.items() if pins.pin(number).state}


def test_one_part(pins, line, soon, later):
    assert on(pins) == {"ready"}
    assert not line.wait_trigger(0.02)
    later(0.02, pins.pin(27).drive_high)
    assert line.wait_trigger(1.0)
    assert on(pins) == {"busy"}
    assert not line.wait_trigger(0.02)
    line.give(False)
    assert on(pins) == {"result_valid", "nok"}
    pins.pin(27).drive_low()
    assert soon(lambda: on(pins) == set())  # nobody calls us
    line.set_ready(True)
    assert on(pins) == {"ready"}


def test_ok_rises_before_valid_and_falls_after_it(pins, line, soon):
    times = {}
    pins.pin(27).drive_high()
    assert line.wait_trigger(1.0)
    for name in ("ok", "result_valid", "busy"):
        pins.pin(OUTPUTS[name]).clear_states()
    line.give(True)
    pins.pin(27).drive_low()
    assert soon(lambda: on(pins) == set())
    for name in ("ok", "result_valid", "busy"):
        pin, at_s = pins.pin(OUTPUTS[name]), 0.0
        begin_s = pin._last_change - sum(one.timestamp for one in pin.states)
        for one in pin.states[1:]:
            at_s += one.timestamp
            times[name, bool(one.state)] = begin_s + at_s
    assert times["ok", True] < times["result_valid", True] < times["busy", False]
    assert times["result_valid", False] < times["ok", False]


def test_a_trigger_too_short_for_the_cycle_to_see_is_kept_and_its_result_is_not_shown(pins, line, soon):
    pins.pin(27).drive_high()
    assert soon(lambda: on(pins) == {"busy"})
    pins.pin(27).drive_low()
    time.sleep(0.03)
    assert line.wait_trigger(0.1)
    line.give(True)
    assert on(pins) == set()


def test_a_fault_takes_a_result_back_at_once(pins, line):
    pins.pin(27).drive_high()
    assert line.wait_trigger(1.0)
    line.give(True)
    line.set_fault(True)
    assert on(pins) == {"fault"}
    line.set_fault(False)
    assert on(pins) == set()


def test_close_takes_everything_back_and_lets_go(pins, line):
    pins.pin(27).drive_high()
    assert line.wait_trigger(1.0)
    line.give(True)
    line.close()
    line.close()
    assert on(pins) == set()
    Handshake(FACTS).close()


def test_a_result_nobody_asked_for_is_refused(line):
    with pytest.raises(DeviceError, match="handshake: the line has not asked for a result"):
        line.give(True)


def test_a_trigger_that_is_gone_is_said_and_nothing_stands(pins, line, monkeypatch):
    pins.pin(27).drive_high()
    assert line.wait_trigger(1.0)
    line.give(True)
    state = type(pins.pin(27))._get_state

    def gone(pin):
        if pin.info.name == "GPIO27":
            raise OSError(19, "No such device")
        return state(pin)

    monkeypatch.setattr(type(pins.pin(27)), "_get_state", gone)
    with pytest.raises(LostDeviceError, match=r"handshake trigger GPIO27: .*No such device"):
        line.wait_trigger(1.0)
    with pytest.raises(LostDeviceError, match="No such device"):
        line.check()
    assert on(pins) == set()


def test_the_alive_pin_toggles_until_the_end(pins):
    facts = HandshakeFacts(
        "GPIO5", "GPIO27", "GPIO6", "GPIO13", "GPIO19", "GPIO26", "GPIO21", alive_pin="GPIO4", alive_hz=25.0
    )
    handshake = Handshake(facts)
    time.sleep(0.3)
    assert handshake.check() == "line handshake, no signal on: 7 outputs and 1 input through Mock"
    handshake.close()
    assert 8 <= len(pins.pin(4).states) <= 20
    assert pins.pin(4).state == 0


def test_a_trigger_between_two_waits_is_not_lost(pins, line, soon):
    assert not line.wait_trigger(0.01)
    pins.pin(27).drive_high()
    assert soon(lambda: on(pins) == {"busy"})
    line.set_ready(True)  # as before every wait
    assert on(pins) == {"busy"}
    assert line.wait_trigger(0.0)
    line.give(True)
    assert on(pins) == {"result_valid", "ok"}


def test_a_trigger_that_the_line_took_back_meanwhile_is_nobodys(pins, line, soon):
    pins.pin(27).drive_high()
    assert soon(lambda: on(pins) == {"busy"})
    pins.pin(27).drive_low()
    time.sleep(0.03)
    line.set_ready(True)
    assert on(pins) == {"ready"}
    assert not line.wait_trigger(0.02)


def test_whatever_ends_the_thread_that_follows_the_trigger_no_result_stands(pins, line, monkeypatch):
    pins.pin(27).drive_high()
    assert line.wait_trigger(1.0)
    line.give(True)

    def broken():
        raise RuntimeError("a bug")

    monkeypatch.setattr(line._trigger, "changes", broken)
    with pytest.raises(LostDeviceError, match=r"the trigger is not followed any more \(a bug\)"):
        line.wait_trigger(1.0)
    assert on(pins) == set()

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.line_signals import LineSignals, Signals, steps
from station.errors import DeviceError


@pytest.fixture
def line():
    signals = LineSignals()
    signals.trigger(False)
    signals.set_ready(True)
    return signals


def test_one_part_from_ready_to_ready(line):
    assert line.now == Signals(ready=True)
    assert line.trigger(True)
    assert line.now == Signals(busy=True)
    line.give(True)
    assert line.now == Signals(result_valid=True, ok=True)
    line.trigger(False)
    assert line.now == Signals()
    line.set_ready(True)
    assert line.now == Signals(ready=True)


def test_a_trigger_that_stands_before_ready_does_not_count():
    signals = LineSignals()
    signals.trigger(True)
    signals.set_ready(True)
    assert not signals.trigger(True)
    assert signals.now == Signals(ready=True)


def test_nothing_is_given_that_was_not_asked_for(line):
    with pytest.raises(DeviceError, match="not asked"):
        line.give(True)


def test_a_line_that_gave_up_gets_no_result_and_neither_does_its_next_part(line):
    line.trigger(True)
    line.trigger(False)
    assert not line.trigger(True)  # the next part, while we are still busy with the last
    line.give(True)
    assert line.now == Signals()


def test_a_result_that_stands_is_not_there_for_the_next_trigger(line):
    line.trigger(True)
    line.give(True)
    line.trigger(False)
    assert not line.trigger(True)
    assert line.now == Signals()


def test_with_a_fault_no_result_is_valid_and_none_comes_for_what_was_asked(line):
    line.trigger(True)
    line.set_fault(True)
    line.set_fault(False)
    line.give(True)
    assert line.now == Signals()
    line.set_fault(True)
    line.set_ready(True)
    assert line.now == Signals(fault=True)


def test_ready_withdraws_a_result(line):
    line.trigger(True)
    line.give(False)
    assert line.now == Signals(result_valid=True, nok=True)
    line.set_ready(True)
    assert line.now == Signals(ready=True)


def test_a_line_that_was_lost_must_lower_its_trigger_before_it_counts_again(line):
    line.trigger(True)
    line.give(True)
    line.lose_line()
    assert line.now == Signals()
    line.set_ready(True)
    assert not line.trigger(True)
    line.trigger(False)
    assert line.trigger(True)


_EVENTS = st.sampled_from(["rise", "fall", "ready", "unready", "ok", "nok", "fault", "no fault"])


@given(st.lists(_EVENTS, max_size=60))
def test_no_moment_shows_a_wrong_result_whatever_happens(events):
    signals, shown, asked, stands = LineSignals(), dict.fromkeys(Signals.__slots__, False), None, False
    for event in events:
        before = signals.now
        if event in ("rise", "fall"):
            if stands and event == "fall":
                asked = None
            stands = event == "rise"
            if signals.trigger(stands):
                asked = "nothing given"
        elif event in ("ok", "nok"):
            if before.busy:
                signals.give(event == "ok")
                asked = event if asked == "nothing given" else None
        elif event in ("fault", "no fault"):
            signals.set_fault(event == "fault")
            asked = None if event == "fault" else asked
        else:
            signals.set_ready(event == "ready")
            asked = None if event == "ready" or asked in ("ok", "nok") else asked
        for name, on in steps(before, signals.now):
            shown[name] = on
            assert not (shown["ok"] and shown["nok"])
            assert not shown["result_valid"] or (stands and (shown["ok"] or shown["nok"]) and not shown["fault"])
            assert not (shown["ready"] and shown["result_valid"])
        assert Signals(**shown) == signals.now
        assert signals.now.result_valid == (asked in ("ok", "nok"))
        assert signals.now.ok == (asked == "ok")

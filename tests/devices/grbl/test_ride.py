"""A way judged report by report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.grbl.ride import Ride, state_words
from station.errors import StoppedError

PLACES = st.tuples(*[st.floats(-200.0, 0.0)] * 3)
SLACK = (0.008, 0.008, 0.008)


def ride(start, target):
    return Ride(start, target, SLACK, 0.0, 60.0, 1.0)


def on_the_way(start, target, share):
    return tuple(a + (b - a) * share for a, b in zip(start, target, strict=True))


@given(PLACES, PLACES, st.integers(2, 50))
def test_a_straight_way_is_gone_to_its_end(start, target, reports):
    one = ride(start, target)
    for at in range(1, reports):
        assert not one.arrived(at * 0.01, "Run", None, on_the_way(start, target, at / reports))
    assert one.arrived(reports, "Idle", None, target)


@given(PLACES, st.integers(0, 2), st.floats(0.02, 50.0), st.sampled_from([-1, 1]))
def test_two_reports_off_the_way_stop_it_and_one_does_not(target, axis, off, side):
    start = (-100.0, -100.0, -100.0)
    one = ride(start, target)
    ends = (min if side < 0 else max)(start[axis], target[axis])
    astray = list(on_the_way(start, target, 0.5))
    astray[axis] = ends + side * off
    assert not one.arrived(0.1, "Run", None, tuple(astray))
    assert not one.arrived(0.2, "Run", None, on_the_way(start, target, 0.5))
    assert not one.arrived(0.3, "Run", None, tuple(astray))
    with pytest.raises(StoppedError, match="off its way"):
        one.arrived(0.4, "Run", None, tuple(astray))


def test_standing_still_and_being_late_are_told_apart():
    one = ride((0.0, 0.0, 0.0), (-10.0, 0.0, 0.0))
    assert not one.arrived(1.0, "Run", None, (0.0, 0.0, 0.0))
    with pytest.raises(StoppedError, match=r"stands at .* does not go on"):
        one.arrived(1.01, "Idle", None, (0.0, 0.0, 0.0))
    slow = ride((0.0, 0.0, 0.0), (-10.0, 0.0, 0.0))
    for at in range(61):
        assert not slow.arrived(at, "Run", None, (-at / 10.0, 0.0, 0.0))
    with pytest.raises(StoppedError, match="should have reached"):
        slow.arrived(60.5, "Run", None, (-6.1, 0.0, 0.0))


@pytest.mark.parametrize("state", ["Door", "Hold", "Alarm", "Sleep", "Check", "Tool", "Home", "Jog"])
def test_every_state_that_ends_a_way_has_words(state):
    with pytest.raises(StoppedError) as caught:
        ride((0.0, 0.0, 0.0), (-1.0, 0.0, 0.0)).arrived(0.1, state, 1, (0.0, 0.0, 0.0))
    assert caught.value.sentence == state_words(state, 1)
    assert "ecover and home" in caught.value.sentence
    assert not state_words("Run", None)
    assert not state_words("Idle", None)

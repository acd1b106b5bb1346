from hypothesis import given
from hypothesis import strategies as st

from station.devices.gpio.debounce import Debounce


def test_a_bouncing_press_settles_once_and_only_after_its_time():
    contact = Debounce(0.02, level=False)
    for at_ms, level in ((100, True), (101, False), (103, True), (104, False), (107, True)):
        assert contact.feed(at_ms / 1000, level) is None
    assert contact.feed(0.126, True) is None
    assert contact.feed(0.128, True) is True
    assert contact.feed(0.5, True) is None


def test_a_press_that_was_long_enough_counts_though_it_is_told_late():
    contact = Debounce(0.02, level=False)
    assert [contact.feed(at, level) for at, level in ((1.0, True), (1.03, False), (9.0, False))] == [None, True, False]


def test_a_spike_does_not_count():
    contact = Debounce(0.02, level=False)
    assert [contact.feed(at, level) for at, level in ((1.0, True), (1.01, False), (9.0, False))] == [None] * 3


def test_the_level_read_makes_up_for_a_lost_edge():
    contact = Debounce(0.02, level=False)
    contact.feed(1.0, True)  # read, not heard
    assert contact.feed(1.03, True) is True


def test_a_level_that_was_read_before_its_edge_was_told_stands_since_the_edge():
    contact = Debounce(0.02, level=False)
    told = [contact.feed(at, level) for at, level in ((1.025, True), (1.0, True), (1.03, False))]
    assert told == [None, None, True]


def test_steady_asks_for_the_whole_time():
    contact = Debounce(0.02, level=True)
    assert contact.steady(True, 0.0)
    contact.feed(1.0, False)
    contact.feed(1.001, True)
    assert not contact.steady(True, 1.015)
    assert contact.steady(True, 1.022)


@given(st.lists(st.tuples(st.floats(0.0001, 0.1), st.booleans()), max_size=40))
def test_settled_levels_alternate_and_end_at_the_last_level(moves):
    contact, now_s, told, level = Debounce(0.02, level=False), 0.0, [], False
    for wait_s, level in moves:
        now_s += wait_s
        told.append(contact.feed(now_s, level))
    told.append(contact.feed(now_s + 1.0, level))
    heard = [one for one in told if one is not None]
    assert heard == [at % 2 == 0 for at in range(len(heard))]
    assert (heard[-1] if heard else False) == level

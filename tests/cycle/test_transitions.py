"""The cell's table of states: what it allows, and what it does not."""

from __future__ import annotations

from itertools import product

import pytest

from station.cycle.transitions import OPC_40100, TRANSITIONS, Event, State, after


def test_every_state_has_its_word_and_can_be_reached_and_left() -> None:
    assert set(OPC_40100) == set(State)
    assert {to for (_, _), to in TRANSITIONS.items()} == set(State)
    assert {of for of, _ in TRANSITIONS} == set(State)


def test_a_fault_can_come_in_every_state_and_only_mending_ends_it() -> None:
    assert all(after(state, Event.FAIL) is State.FAULT for state in State)
    assert {event for of, event in TRANSITIONS if of is State.FAULT} == {Event.FAIL, Event.MEND}
    # What is mended begins anew: whether the station may measure is asked again.
    assert after(State.FAULT, Event.MEND) is State.START


def test_only_a_measured_part_is_decided_and_a_locked_cell_measures_none() -> None:
    assert [of for (of, _), to in TRANSITIONS.items() if to is State.DECIDED and of is not to] == [State.MEASURING]
    assert {of for (of, event) in TRANSITIONS if event is Event.PART} == {State.READY, State.DECIDED}


def test_what_the_table_does_not_have_is_refused() -> None:
    for state, event in product(State, Event):
        if (state, event) not in TRANSITIONS:
            with pytest.raises(ValueError, match=f"{event} cannot happen to a cell that is {state}"):
                after(state, event)

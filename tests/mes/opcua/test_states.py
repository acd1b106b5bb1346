"""The station's states in the standard's state machines; the way between any two is one of its transitions."""

from __future__ import annotations

import itertools

import pytest

from station.cycle.transitions import TRANSITIONS, State
from station.mes.opcua.states import steps, transition, way, where
from station.mes.opcua.table import machine_vision


def names(before: State, after: State) -> list[str]:
    return [transition(*step).name for step in steps(where(before), where(after))]


@pytest.mark.parametrize(
    ("before", "after", "through"),
    [
        (State.READY, State.MEASURING, ["ReadyToSingleExecutionAuto"]),
        (State.MEASURING, State.DECIDED, ["SingleExecutionToReadyAuto"]),
        (State.DECIDED, State.READY, []),
        (State.START, State.READY, ["PreoperationalToOperationalAuto", "InitializedToReadyAuto"]),
        (State.READY, State.LOCKED, ["OperationalToHaltedAuto"]),
        (
            State.LOCKED,
            State.READY,
            ["HaltedToPreoperationalAuto", "PreoperationalToOperationalAuto", "InitializedToReadyAuto"],
        ),
        (State.MEASURING, State.FAULT, ["OperationalToErrorAuto"]),
        (State.FAULT, State.START, ["ErrorToPreoperationalAuto"]),
        (State.READY, State.IDLE, ["ReadyToInitializedAuto"]),
    ],
)
def test_the_way_is_the_standards(before: State, after: State, through: list[str]) -> None:
    assert names(before, after) == through


def test_there_is_a_way_from_every_state_of_the_cell_to_every_other() -> None:
    for before, after in itertools.product(State, State):
        path = way(where(before), where(after))
        assert (path[0], path[-1]) == (where(before), where(after))
        assert len(path) <= 5


def test_whatever_the_cell_does_is_a_chain_of_the_tables_transitions() -> None:
    nodes = machine_vision().nodes
    for (before, _), after in TRANSITIONS.items():
        for first, second in steps(where(before), where(after)):
            step = transition(first, second)
            assert nodes[step.from_state].name in first
            assert nodes[step.to_state].name in second or second[0] == nodes[step.to_state].name
            assert step.causes == (), "a client caused it"

"""The station's states in the words of OPC 40100-1, and the way from one to the next.

The standard knows only some transitions; where the station goes further in one step, what is between is gone through,
so that a client's own state machine follows. All are the automatic ones: no client caused them.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from itertools import pairwise

from station.cycle.state import FaultKind, Snapshot
from station.cycle.transitions import OPC_40100, State
from station.mes.opcua.table import TableNode, machine_vision

Where = tuple[str, ...]  # ("Halted",) or ("Operational", "Ready")
PREOPERATIONAL: Where = ("Preoperational",)
READY: Where = ("Operational", "Ready")
EXECUTING: Where = ("Operational", "SingleExecution")

# SystemState (SEMI E10's words): what the station is there for now.
SYSTEM_STATE = {
    State.START: "SBY_2",
    State.LOCKED: "UDT_5",
    State.IDLE: "SBY_2",
    State.READY: "SBY_2",
    State.MEASURING: "PRD_1",
    State.DECIDED: "SBY_2",
    State.FAULT: "UDT_5",
}


def where(state: State) -> Where:
    """Where a cell in `state` is in the standard's state machines."""
    return tuple(OPC_40100[state].split(": "))


def way(before: Where, after: Where) -> tuple[Where, ...]:
    """The places on the shortest way from one to the other, both included."""
    paths: deque[tuple[Where, ...]] = deque([(before,)])
    seen = {before}
    while paths:
        path = paths.popleft()
        if path[-1] == after:
            return path
        for place in _neighbours()[path[-1]]:
            if place not in seen:
                seen.add(place)
                paths.append((*path, place))
    raise ValueError(f"there is no way from {before} to {after}")


def steps(before: Where, after: Where) -> tuple[tuple[Where, Where], ...]:
    """The single steps of the way from one to the other; none where they are the same."""
    return tuple(pairwise(way(before, after)))


def transition(before: Where, after: Where) -> TableNode:
    """The transition of one step: of the outer state machine, or of the one inside Operational."""
    outer, inner = _machines()
    if before[0] != after[0]:
        return _automatic(outer)[before[0], after[0]]
    return _automatic(inner)[before[1], after[1]]


def is_safety_triggered(snapshot: Snapshot) -> bool:
    """Whether a door or an emergency stop keeps the cell still."""
    return snapshot.fault is not None and snapshot.fault.kind is FaultKind.INTERLOCK


def _machines() -> tuple[int, int]:
    table = machine_vision()
    return table.named("VisionStateMachineType").id, table.named("VisionAutomaticModeStateMachineType").id


def _automatic(machine: int) -> dict[tuple[str, str], TableNode]:
    nodes = machine_vision().nodes
    return {
        (nodes[one.from_state].name, nodes[one.to_state].name): one
        for one in machine_vision().children(machine)
        if one.type == "i=2310" and one.name.endswith("Auto") and nodes[one.to_state].parent == str(machine)
    }


@cache
def _neighbours() -> dict[Where, tuple[Where, ...]]:
    """Entering Operational is entering Initialized; it can be left from anywhere in it."""
    outer, inner = _machines()
    modes = {name for pair in _automatic(inner) for name in pair}
    found: dict[Where, list[Where]] = {}
    for before, after in _automatic(inner):
        found.setdefault(("Operational", before), []).append(("Operational", after))
    for before, after in _automatic(outer):
        starts: list[Where] = [("Operational", mode) for mode in modes] if before == "Operational" else [(before,)]
        end: Where = ("Operational", "Initialized") if after == "Operational" else (after,)
        for start in starts:
            found.setdefault(start, []).append(end)
    return {place: tuple(ends) for place, ends in found.items()}

"""The states of the cell and what leads from one to the next: one table, no code of its own.

Whatever happens that the table does not have is a bug, and is refused.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where the cell is."""

    START = "start"  # nothing is known yet: outputs safe
    LOCKED = "locked"  # it must not measure: no calibration in force, a shift check failed
    IDLE = "idle"  # there is nothing to do
    READY = "ready"  # the next part may come
    MEASURING = "measuring"  # a part is between scan and commit
    DECIDED = "decided"  # its record is committed; shown until the next part comes
    FAULT = "fault"  # a device, or the line, needs to be mended: outputs safe, parts held


class Event(StrEnum):
    """What happens to it."""

    LOCK = "lock"
    UNLOCK = "unlock"
    PART = "part"  # one lies in the rig
    DECIDE = "decide"  # its verdict is final and recorded, or it is held without one
    FAIL = "fail"  # something must be mended before anything goes on
    MEND = "mend"
    FINISH = "finish"  # no part will come any more


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.START, Event.LOCK): State.LOCKED,
    (State.START, Event.UNLOCK): State.READY,
    (State.START, Event.FAIL): State.FAULT,
    (State.LOCKED, Event.LOCK): State.LOCKED,  # for another reason
    (State.LOCKED, Event.UNLOCK): State.READY,
    (State.LOCKED, Event.FAIL): State.FAULT,
    (State.IDLE, Event.LOCK): State.LOCKED,
    (State.IDLE, Event.UNLOCK): State.READY,
    (State.IDLE, Event.FAIL): State.FAULT,
    (State.READY, Event.LOCK): State.LOCKED,
    (State.READY, Event.PART): State.MEASURING,
    (State.READY, Event.FAIL): State.FAULT,
    (State.READY, Event.FINISH): State.IDLE,
    (State.MEASURING, Event.DECIDE): State.DECIDED,
    (State.MEASURING, Event.FAIL): State.FAULT,
    (State.DECIDED, Event.LOCK): State.LOCKED,
    (State.DECIDED, Event.PART): State.MEASURING,
    (State.DECIDED, Event.FAIL): State.FAULT,
    (State.DECIDED, Event.FINISH): State.DECIDED,  # the last result stays on show
    (State.FAULT, Event.FAIL): State.FAULT,  # another one
    (State.FAULT, Event.MEND): State.START,
}

OPC_40100: dict[State, str] = {
    State.START: "Preoperational",
    State.LOCKED: "Halted",
    State.IDLE: "Operational: Initialized",
    State.READY: "Operational: Ready",
    State.MEASURING: "Operational: SingleExecution",
    State.DECIDED: "Operational: Ready",
    State.FAULT: "Error",
}


def after(state: State, event: Event) -> State:
    """The next state. Raises ValueError for what cannot happen."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ValueError(f"{event} cannot happen to a cell that is {state}") from None

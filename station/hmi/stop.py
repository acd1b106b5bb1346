"""Why the cell stands, as the live page says it: a fault, or a lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from station.cycle.state import Needs, Snapshot
from station.cycle.transitions import State

LOCKED = "locked"  # what happened, and what to do, where it is no fault


@dataclass(frozen=True, slots=True)
class StopView:
    """`kind` chooses the texts; `sentence` is the station's own, `since` the time of day and the date where the station
    stands. `look` is the name of the fault that waits for a person, empty where none does; `said` whether one said that
    he has looked; `may_say` whether this reader can."""

    kind: str
    needs: Needs | None
    sentence: str
    since: tuple[str, str]
    look: str = ""
    said: bool = False
    may_say: bool = False

    @property
    def by_itself(self) -> bool:
        """Whether nobody has to say anything for it to go on."""
        return self.needs is Needs.DEVICE or self.kind == LOCKED

    @property
    def key(self) -> str:
        """Another one is another stop, or another step of the same, and is read out."""
        return f"{self.kind} {self.needs or ''} {self.look or self.sentence}"


def stop_view(now: Snapshot, *, may_say: bool, said: bool) -> StopView | None:
    """Why the cell stands; None where it does not."""
    since = _time_of_day(now.since)
    if now.state is State.LOCKED:
        return StopView(LOCKED, None, now.message, since)
    if now.state is not State.FAULT or now.fault is None:
        return None
    fault = now.fault
    look = fault.id if fault.needs is Needs.LOOK else ""
    return StopView(fault.kind, fault.needs, now.message, since, look, said, may_say)


def _time_of_day(utc: str) -> tuple[str, str]:
    if not utc:
        return "", ""
    here = datetime.fromisoformat(utc).astimezone()
    return f"{here:%H:%M}", f"{here:%Z, %Y-%m-%d}"

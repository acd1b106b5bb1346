"""The live page as data: the station now, the orders in the sequence that matters, the newest part."""

from __future__ import annotations

from dataclasses import dataclass, replace

from station.cycle.state import Progress, QueueEntry, Snapshot
from station.cycle.transitions import State
from station.errors import StationError
from station.genealogy.store import Genealogy
from station.hmi.part import PartView, remembered_part, stored_part

SHOWN = 40  # orders at most, half of them still to come; a longer strip is not read


STANDING = (State.FAULT, State.LOCKED)


@dataclass(frozen=True, slots=True)
class LiveView:
    """What the live page shows; `part` is the newest with a verdict."""

    snapshot: Snapshot
    part: PartView | None
    orders: tuple[QueueEntry, ...]
    more: int
    waiting: int
    done: int
    measuring: QueueEntry | None

    @property
    def previous(self) -> bool:
        """Whether the verdict that stands there is not about the part that now lies in the station."""
        return self.measuring is not None or self.snapshot.state in (State.MEASURING, *STANDING)

    @property
    def badge(self) -> bool:
        """Whether the part itself has to say that it was simulated, because the station does not."""
        return self.part is not None and self.part.simulated and not self.snapshot.simulated


def live_view(snapshot: Snapshot, genealogy: Genealogy) -> LiveView:
    """The page for `snapshot`; a record that cannot be read does not take the verdict from the screen."""
    now = [entry for entry in snapshot.queue if entry.progress is Progress.MEASURING]
    waiting = [entry for entry in snapshot.queue if entry.progress is Progress.WAITING]
    done = [entry for entry in snapshot.queue if entry.progress is Progress.DONE]
    ahead = (now + waiting)[: SHOWN // 2]
    behind = tuple(reversed(done))[: SHOWN - len(ahead)]
    orders = (*ahead, *behind)
    return LiveView(
        snapshot=snapshot,
        part=_newest(snapshot, genealogy),
        orders=orders,
        more=len(snapshot.queue) - len(orders),
        waiting=len(waiting),
        done=len(done),
        measuring=now[0] if now and snapshot.state not in STANDING else None,
    )


def _newest(snapshot: Snapshot, genealogy: Genealogy) -> PartView | None:
    last = snapshot.last
    if last is None:
        return None
    try:
        part = stored_part(genealogy, last.inspection_id)
    except StationError:
        return remembered_part(last, snapshot.simulated)
    # That a conforming part could not leave is no verdict, so its record does not say it; the cell does.
    return part if part.reason else replace(part, reason=last.reason)

"""The queue as people see it: what was decided, what is being measured, what waits."""

from __future__ import annotations

from collections.abc import Sequence

from station.cycle.state import Progress, QueueEntry
from station.order.folder import Listed

QUEUE_KEPT = 500  # parts that are done: the record has them all, the page the last ones

Queue = tuple[QueueEntry, ...]


def queue_of(listed: Sequence[Listed], before: Queue = ()) -> Queue:
    """What was begun or decided before, then what waits as it is listed now; an order that cannot be used is shown with
    its sentence, under its file's name where it has no serial."""
    begun = tuple(entry for entry in before if entry.progress is not Progress.WAITING)
    known = {(entry.order_id, entry.serial) for entry in begun}
    waiting = (
        QueueEntry(one.order_id, one.serial or one.path.name, one.part_number, reason=one.fault)
        for one in listed
        if not known & {(one.order_id, one.serial), ("", one.serial)}
    )
    return (*begun, *waiting)


def without_oldest(queue: Queue) -> Queue:
    """A line that runs for days has no end of parts: room for one more."""
    done = [entry for entry in queue if entry.progress is Progress.DONE]
    return tuple(entry for entry in queue if entry is not done[0]) if len(done) >= QUEUE_KEPT else queue

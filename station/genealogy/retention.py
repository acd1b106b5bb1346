"""Which pictures are kept, by rule: all of what is not PASS, and of PASS a part of the older ones. Never silently.

The record itself is never thinned out. Before a picture goes, an event `pictures-removed` names it and the rule; a
process that is killed in between leaves a picture too many, which the next run removes. What people touched (decided,
withdrew, corrected) keeps its pictures, and so does every picture that another record still needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from station.errors import InputError
from station.genealogy.disk import GB, free_bytes
from station.genealogy.entries import REMOVED, SHIFT_CHECK
from station.genealogy.events import OVERLAY
from station.genealogy.follow import move_to, position
from station.genealogy.frames import ContentFolder
from station.genealogy.pages import MAX_LIMIT, RecordSummary
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text

FOLLOWER = "retention"
BATCH = 200  # inspections of one event


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Of PASS older than `keep_days` one in `keep_one_in` keeps its pictures; None: nothing is removed by age. While
    less than `keep_free_gb` is free, what is older than `pressed_days` is thinned out likewise, oldest first."""

    keep_days: float | None = None
    keep_one_in: int = 20
    keep_free_gb: float = 0.0
    pressed_days: float = 7.0

    def __post_init__(self) -> None:
        if self.keep_one_in < 1:
            raise InputError("one in how many is kept: at least 1", place="retention.keep_one_in")
        for name in ("keep_days", "keep_free_gb", "pressed_days"):
            if (getattr(self, name) or 0.0) < 0.0:
                raise InputError("this must not be negative", place=f"retention.{name}")

    @property
    def sentence(self) -> str:
        """The rule, as the record says it."""
        said = [f"of PASS one in {self.keep_one_in} keeps its pictures"]
        if self.keep_days is not None:
            said.append(f"once older than {self.keep_days:g} days")
        if self.keep_free_gb:
            said.append(f"or older than {self.pressed_days:g} days while less than {self.keep_free_gb:g} GB are free")
        return " ".join(said)

    def samples(self, inspection_id: str) -> bool:
        """Whether this PASS is one of those that keep theirs: by its id's hash, so that anybody can check it."""
        return int.from_bytes(hashlib.sha256(inspection_id.encode()).digest()[:8]) % self.keep_one_in == 0


@dataclass(frozen=True, slots=True)
class Thinned:
    """What a run removed, or would remove."""

    inspections: int
    pictures: int
    bytes: int


def thin_out(
    genealogy: Genealogy,
    rule: RetentionRule,
    *,
    now: datetime,
    by: str,
    apply: bool = True,
    free: Callable[[], int] | None = None,
) -> Thinned:
    """Apply the rule to everything it has become old enough for since the last run; `apply` False only counts.

    Raises:
        StorageError: the event could not be recorded, and then nothing was removed.
    """
    folder = ContentFolder(genealogy.home.frames)
    free = free or (lambda: free_bytes(genealogy.home.path))
    if apply:
        _finish(genealogy, folder)
    masters, done = _masters(genealogy), Thinned(0, 0, 0)
    for batch in _old_enough(genealogy, rule, now, free):
        removable = [one for one in batch if _may_go(genealogy, rule, one)]
        digests = _only_theirs(genealogy, removable, masters)
        sizes = {digest: path.stat().st_size for digest in digests if (path := folder.find(digest)) is not None}
        if apply and sizes:
            payload = {"rule": rule.sentence, "inspections": [one.id for one in removable], "sha256": list(sizes)}
            subject = str(genealogy.inspection(removable[0].id)["station"]["id"])
            genealogy.add_event(REMOVED, subject, {**payload, "by": by}, at=now)
            for digest in sizes:
                folder.discard(digest)
        if apply:
            move_to(genealogy, FOLLOWER, batch[-1].cursor, at=now)
        gone = len(removable) if sizes else 0
        done = Thinned(done.inspections + gone, done.pictures + len(sizes), done.bytes + sum(sizes.values()))
    return done


def _old_enough(
    genealogy: Genealogy, rule: RetentionRule, now: datetime, free: Callable[[], int]
) -> Iterator[list[RecordSummary]]:
    """Batches of records that no run has looked at and that the rule is for, oldest first."""
    by_age = None if rule.keep_days is None else utc_text(now - timedelta(days=rule.keep_days))
    pressed = utc_text(now - timedelta(days=rule.pressed_days))
    after = position(genealogy, FOLLOWER)
    while page := genealogy.records(after, BATCH).records:
        limit = by_age or ""
        if rule.keep_free_gb and free() < rule.keep_free_gb * GB:
            limit = max(limit, pressed)
        batch = [one for one in page if one.committed < limit]
        if batch:
            yield batch
        if len(batch) < len(page):
            return
        after = batch[-1].cursor


def _may_go(genealogy: Genealogy, rule: RetentionRule, record: RecordSummary) -> bool:
    if record.verdict != "PASS" or rule.samples(record.id):
        return False
    return all(one.kind == OVERLAY for one in genealogy.events_about([record.id]))


def _only_theirs(genealogy: Genealogy, records: list[RecordSummary], masters: set[str]) -> list[str]:
    """Hashes of the pictures that nothing but these records refers to."""
    mine = {one.cursor for one in records}
    users = genealogy.users_of_frames(mine)
    return [digest for digest, cursors in users.items() if cursors <= mine and digest not in masters]


def _masters(genealogy: Genealogy) -> set[str]:
    """Pictures of shift checks, which no table lists."""
    return {
        str(frame["sha256"])
        for event in genealogy.events(SHIFT_CHECK, limit=MAX_LIMIT)
        for master in event.payload["masters"]
        for frame in master["frames"]
    }


def _finish(genealogy: Genealogy, folder: ContentFolder) -> None:
    """Remove what the last run named and a power cut kept; not what was taken again since."""
    for event in genealogy.events(REMOVED, limit=1):
        named: list[Any] = list(event.payload["sha256"])
        for digest in named:
            cursors = genealogy.cursors_of_frame(digest)
            if all(cursor < event.cursor for cursor in cursors):
                folder.discard(digest)

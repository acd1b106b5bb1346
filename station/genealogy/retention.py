"""Which pictures are kept, by rule: all of what is not PASS, and of PASS a part of the older ones. Never silently.

The record itself is never thinned out. Before a picture goes, an event `pictures-removed` names it and the rule; a
process that is killed in between leaves a picture too many, which the next run removes. A part that people touched
(decided, withdrew, corrected) keeps its pictures, and so does every picture that another record still needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from station.errors import InputError
from station.genealogy import rows
from station.genealogy.database import translated, writing
from station.genealogy.disk import GB, free_bytes
from station.genealogy.entries import REMOVED
from station.genealogy.follow import move_to, position
from station.genealogy.frames import ContentFolder
from station.genealogy.needed import Masters, not_since, only_theirs, touched
from station.genealogy.pages import RecordSummary
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text

FOLLOWER = "retention"
BATCH = 200  # inspections of one event
AT_ONCE = 20  # pictures removed under one lock: a commit waits for no more
LONGEST_DAYS = 36_525.0
NOTHING_REMOVED = "no more pictures are removed for now"


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
        for name in ("keep_days", "pressed_days"):
            if not (getattr(self, name) or 0.0) <= LONGEST_DAYS:
                raise InputError(f"at most {LONGEST_DAYS:g} days (100 years)", place=f"retention.{name}")

    @property
    def sentence(self) -> str:
        """The rule, as the record says it."""
        when = []
        if self.keep_days is not None:
            when.append(f"once older than {self.keep_days:g} days")
        if self.keep_free_gb:
            when.append(f"once older than {self.pressed_days:g} days while less than {self.keep_free_gb:g} GB are free")
        if not when:
            return "all pictures are kept"
        return f"of PASS one in {self.keep_one_in} keeps its pictures {' or '.join(when)}"

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
        IntegrityError: what the record says of itself is not what was committed; nothing more is removed.
        StorageError: the event could not be recorded, and then nothing more was removed.
    """
    run = _Run(genealogy, rule, now, by)
    if apply:
        run.finish()
    done = Thinned(0, 0, 0)
    for batch in _old_enough(genealogy, rule, now, free or (lambda: free_bytes(genealogy.home.path))):
        sizes, inspections = run.removed(batch) if apply else run.removable(batch)
        if apply:
            move_to(genealogy, FOLLOWER, batch[-1].cursor, at=now)
        done = Thinned(done.inspections + inspections, done.pictures + len(sizes), done.bytes + sum(sizes.values()))
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


class _Run:
    """One run. The cell commits meanwhile: what goes is settled in the transaction that says so, and each picture is
    asked about once more, under the writer's lock, before it goes."""

    def __init__(self, genealogy: Genealogy, rule: RetentionRule, now: datetime, by: str) -> None:
        self._genealogy, self._rule, self._now, self._by = genealogy, rule, now, by
        self._folder = ContentFolder(genealogy.home.frames)
        self._masters = Masters()

    def removable(self, batch: list[RecordSummary]) -> tuple[dict[str, int], int]:
        """The pictures that may go, with their sizes, and how many inspections they are of."""
        with translated(NOTHING_REMOVED), self._genealogy.engine.connect() as connection:
            users = self._users(connection, batch)
        sizes = {digest: size for digest in users if (size := self._size(digest)) is not None}
        return sizes, len(set().union(*(users[digest] for digest in sizes)))

    def removed(self, batch: list[RecordSummary]) -> tuple[dict[str, int], int]:
        """As `removable`; they are named in the record, and then gone."""
        looked_at, _ = self.removable(batch)
        if not looked_at:
            return {}, 0
        station = str(self._genealogy.inspection(batch[0].id)["station"]["id"])
        with translated(NOTHING_REMOVED), writing(self._genealogy.engine) as connection:
            users = {digest: of for digest, of in self._users(connection, batch).items() if digest in looked_at}
            if not users:
                return {}, 0
            of = set().union(*users.values())
            payload = {
                "rule": self._rule.sentence,
                "inspections": [one.id for one in batch if one.cursor in of],
                "sha256": list(users),
                "by": self._by,
            }
            said = rows.add_event(connection, REMOVED, station, payload, at=self._now)
        self._discard(list(users), said.cursor)
        return {digest: looked_at[digest] for digest in users}, len(of)

    def finish(self) -> None:
        """Remove what the last run named and a power cut kept."""
        for event in self._genealogy.events(REMOVED, limit=1):
            self._discard(list(event.payload["sha256"]), event.cursor)

    def _users(self, connection: Connection, batch: list[RecordSummary]) -> dict[str, set[int]]:
        mine = {one.cursor for one in batch if one.verdict == "PASS" and not self._rule.samples(one.id)}
        return only_theirs(connection, mine - touched(connection, mine), self._masters) if mine else {}

    def _discard(self, digests: list[str], said: int) -> None:
        """Remove what the entry `said` names, except what was taken again since. A commit that found its picture there
        and waits for the lock stores it again."""
        for start in range(0, len(digests), AT_ONCE):
            with translated(NOTHING_REMOVED), writing(self._genealogy.engine) as connection:
                for digest in not_since(connection, digests[start : start + AT_ONCE], said, self._masters):
                    self._folder.discard(digest)

    def _size(self, digest: str) -> int | None:
        path = self._folder.find(digest)
        try:
            return None if path is None else path.stat().st_size
        except FileNotFoundError:  # another run was faster
            return None

"""A follower of the record: hands entry after entry to whoever sends them on, in the order of commits, each at least
once, and remembers how far it came. It reads what is committed and never stands in the way of a commit.

    follower = Follower(genealogy, "webhook:mes", send, now)
    Thread(target=follower.run, args=(stop,)).start()
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from station.errors import StationError
from station.genealogy.chain import ChainEntry
from station.genealogy.follow import begin, entries_behind, move_to, newest
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text

POLL_S = 0.5
PAGE = 16  # entries in memory at once
KEEP_EVERY_S = 1.0  # positions are durable writes beside the cell's own; after a crash this much is sent twice
KEEP_SKIPPED_EVERY_S = 60.0


class Outcome(StrEnum):
    """What became of sending one entry."""

    TAKEN = "taken"  # the receiver acknowledged it
    LATER = "later"  # it could not be reached, or cannot take anything just now
    REFUSED = "refused"  # it does not want this entry


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, why it was not taken, and how long the receiver asked to be left alone."""

    outcome: Outcome
    sentence: str = ""
    wait_s: float = 0.0


TAKEN = Answer(Outcome.TAKEN)


@dataclass(frozen=True, slots=True)
class Refusals:
    """When an entry that the receiver refuses is given up: after `tries` refusals, then `note(entry, sentence, tries)`
    is called and the next entry follows. A receiver that refuses `most_in_a_row` different entries one after the other
    is at fault itself, not they: from then on nothing is given up until it takes something."""

    note: Callable[[ChainEntry, str, int], None]
    tries: int = 6
    most_in_a_row: int = 3


@dataclass(frozen=True, slots=True)
class FollowerStatus:
    """How a follower does. `position` is the cursor it acknowledged last, `behind` how many entries are committed and
    not acknowledged (None: not known); `sentence` says what is wrong since `failing_since` (UTC), both empty when all
    is well."""

    name: str
    position: int
    behind: int | None
    sentence: str
    failing_since: str


class Follower:
    """Follows the record under a `name` of its own. `send` gets one entry at a time and may take its time; `wanted`
    says which entries it gets at all; without `refusals` an entry is tried until it is taken."""

    def __init__(
        self,
        genealogy: Genealogy,
        name: str,
        send: Callable[[ChainEntry], Answer],
        clock: Callable[[], datetime],
        *,
        wanted: Callable[[ChainEntry], bool] = lambda _: True,
        from_beginning: bool = False,
        pause: Pause | None = None,
        refusals: Refusals | None = None,
    ) -> None:
        self.name = name
        self._genealogy, self._send, self._clock = genealogy, send, clock
        self._wanted, self._from_beginning, self._refusals = wanted, from_beginning, refusals
        self._pause = pause or Pause()
        self._position: int | None = None  # None: not begun
        self._kept, self._kept_s, self._delivered = 0, 0.0, False
        self._given_up_in_a_row = 0
        self._trouble = ("", "")  # sentence, since when; one tuple, so that a reader never sees halves

    def status(self) -> FollowerStatus:
        """How it does just now; for health and metrics, from any thread."""
        position, (sentence, since) = self._position, self._trouble
        try:
            behind = None if position is None else newest(self._genealogy) - position
        except StationError:
            behind = None
        return FollowerStatus(self.name, position or 0, behind, sentence, since)

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set. Raises nothing: what goes wrong is in `status`, and is tried again."""
        while not stop.is_set():
            try:
                moved = self._page(stop)
            except Exception as error:  # a follower that ends by an unforeseen answer would be silence for ever
                self._failed(str(error) if isinstance(error, StationError) else f"{type(error).__name__}: {error}")
                stop.wait(self._pause.next_s())
            else:
                if not moved:
                    stop.wait(POLL_S)
        try:
            self._keep(0.0)
        except StationError as error:
            self._failed(str(error))

    def _page(self, stop: threading.Event) -> bool:
        if self._position is None:
            start = begin(self._genealogy, self.name, from_beginning=self._from_beginning, at=self._clock())
            self._position = self._kept = start
        entries = entries_behind(self._genealogy, self._position, PAGE)
        for entry in entries:
            if self._wanted(entry):
                if not self._deliver(entry, stop):
                    break
                self._delivered = True
            self._position = entry.cursor
            self._keep(KEEP_EVERY_S if self._delivered else KEEP_SKIPPED_EVERY_S)
        self._keep(KEEP_EVERY_S if self._delivered else KEEP_SKIPPED_EVERY_S)
        if self._trouble[0] and not stop.is_set():  # the record was read, and what was sent was taken
            self._well()
        return bool(entries)

    def _deliver(self, entry: ChainEntry, stop: threading.Event) -> bool:
        """Until it is taken or given up; False when told to stop before."""
        refused = 0
        while not stop.is_set():
            answer = self._send(entry)
            if answer.outcome is Outcome.TAKEN:
                self._given_up_in_a_row = 0
                self._well()
                return True
            self._failed(answer.sentence)
            refused += answer.outcome is Outcome.REFUSED
            if answer.outcome is Outcome.REFUSED and self._given_up(entry, answer.sentence, refused):
                return True
            stop.wait(self._pause.next_s(answer.wait_s))
        return False

    def _given_up(self, entry: ChainEntry, sentence: str, refused: int) -> bool:
        rule = self._refusals
        if rule is None or refused < rule.tries or self._given_up_in_a_row >= rule.most_in_a_row:
            return False
        rule.note(entry, sentence, refused)
        self._given_up_in_a_row += 1
        self._pause.reset()
        return True

    def _keep(self, every_s: float) -> None:
        if self._position is None or self._position == self._kept or time.monotonic() - self._kept_s < every_s:
            return
        move_to(self._genealogy, self.name, self._position, at=self._clock())
        self._kept, self._kept_s, self._delivered = self._position, time.monotonic(), False

    def _failed(self, sentence: str) -> None:
        since = self._trouble[1] or utc_text(self._clock())
        self._trouble = (sentence, since)

    def _well(self) -> None:
        self._trouble = ("", "")
        self._pause.reset()

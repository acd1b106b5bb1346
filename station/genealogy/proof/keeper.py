"""Checkpoints again and again beside the cell: after so many entries, after so long, and at the end of the run.

A thread of its own. Whatever fails here (key, disk, time-stamping authority) is said once, tried again, and stops
nothing; an inspection never waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from station.errors import StationError
from station.genealogy.database import translated
from station.genealogy.proof.checkpoints import (
    KEY,
    TIME_STAMP,
    SignedCheckpoint,
    Signer,
    is_settled,
    newest,
    sign_checkpoint,
    stamp_subject,
)
from station.genealogy.proof.keys import PRIVATE, signing_key
from station.genealogy.schema import chain
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text

LOOK_S = 5.0
RETRY_S = 60.0


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """How often, and who dates: `tsa_url` is a time-stamping authority (RFC 3161 over HTTP; empty: none),
    `tsa_certificates` a PEM file of those that are believed (empty: whoever answers; the token is kept unjudged)."""

    every_entries: int = 1000
    every_minutes: float = 60.0
    tsa_url: str = ""
    tsa_certificates: str = ""
    tsa_timeout_s: float = 10.0


class Keeper:
    """Looks whether a checkpoint or a time stamp is due; `station.background` or a thread calls `run`."""

    def __init__(
        self,
        genealogy: Genealogy,
        facts: CheckpointFacts,
        origin: str,
        clock: Callable[[], datetime],
        say: Callable[[str], None],
    ) -> None:
        self._genealogy, self._facts, self._origin = genealogy, facts, origin
        self._clock, self._say = clock, say
        self._said: dict[str, str] = {}
        self._signed_s = self._retry_s = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`: a checkpoint at once where something is unsigned, then as the facts say, and a last one."""
        self._try(self.sign)
        while not stop.wait(LOOK_S):
            self.look()
        self._try(self.sign)

    def look(self) -> None:
        """Do what is due now."""
        now_s = time.monotonic()
        if now_s >= self._retry_s:
            self._try(self._sign_if_due)
            if self._facts.tsa_url:
                self._try(self.stamp)

    def sign(self) -> SignedCheckpoint:
        """A checkpoint over everything there is; raises as `sign_checkpoint` and `signing_key`."""
        folder = self._genealogy.home.keys
        is_new = not (folder / PRIVATE).exists() and bool(self._genealogy.events(KEY, limit=1))
        signer = Signer(signing_key(folder), self._origin)
        if is_new:
            fingerprint = signer.key.public.fingerprint
            self._say(f"the key that signed this record is not here: from now on the new key {fingerprint} signs it")
        made = sign_checkpoint(self._genealogy, signer, at=self._clock())
        self._signed_s = time.monotonic()
        return made

    def stamp(self) -> None:
        """Have the newest checkpoint dated, where it is not; what was dated becomes an event.

        Raises:
            InputError: the authority does not answer as it should.
            StorageError: the token could not be kept.
        """
        last = newest(self._genealogy)
        if last is None:
            return
        subject = stamp_subject(last.checkpoint.size)
        if self._genealogy.events(TIME_STAMP, subject, 1):
            return
        from station.genealogy.proof import stamps

        facts = self._facts
        roots = stamps.certificates(Path(facts.tsa_certificates)) if facts.tsa_certificates else ()
        stamp = stamps.ask(facts.tsa_url, last.data, roots, timeout_s=facts.tsa_timeout_s)
        payload = {"size": last.checkpoint.size, "time": utc_text(stamp.moment), "authorities": stamp.authorities}
        self._genealogy.add_event(TIME_STAMP, subject, payload, at=self._clock(), document=stamp.token, once=True)

    def _sign_if_due(self) -> None:
        last = newest(self._genealogy)
        size = 0 if last is None else last.checkpoint.size
        with translated("the record cannot be read"), self._genealogy.engine.connect() as connection:
            unsigned = (connection.execute(select(func.max(chain.c.cursor))).scalar() or 0) - size
            due = unsigned >= self._facts.every_entries or (
                time.monotonic() - self._signed_s >= 60.0 * self._facts.every_minutes
            )
            due = due and unsigned > 0 and not is_settled(connection, size)
        if due:
            self.sign()

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
            sentence = ""
        except StationError as error:
            self._retry_s = time.monotonic() + RETRY_S
            sentence = f"the record is not signed or not dated for now: {error}"
        if sentence and sentence != self._said.get(work.__name__):
            self._say(sentence)
        self._said[work.__name__] = sentence

"""Writing into the record on behalf of whoever asked the API: each event says whose token it was, and from where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.documents import canonical, sha256_hex
from station.errors import InputError
from station.genealogy.events import Event
from station.genealogy.store import Genealogy
from station.mes.access import Caller
from station.mes.problems import Problem

ACCESS = "access"  # key of a payload: who had the event recorded
_DOMAIN = b"station-idempotency/1\n"


class OnBehalf(Genealogy):
    """The same record; events that are added carry the caller's signature, and the id that his key gives."""

    def __init__(self, genealogy: Genealogy, signature: Mapping[str, Any], id: str = "") -> None:
        super().__init__(genealogy.home, genealogy.engine)
        self._one_writer = genealogy._one_writer
        self._signature, self._id = signature, id

    def add_event(
        self,
        kind: str,
        subject: str,
        payload: Mapping[str, Any],
        *,
        at: datetime,
        document: bytes | None = None,
        attached: Sequence[bytes] = (),
        id: str = "",
        once: bool = False,
    ) -> Event:
        """As `Genealogy.add_event`."""
        signed = {**payload, ACCESS: dict(self._signature)}
        return super().add_event(
            kind, subject, signed, at=at, document=document, attached=attached, id=id or self._id, once=once
        )


@dataclass(frozen=True, slots=True)
class Request:
    """Something that is to be recorded once, however often it is sent: `what` is all that it says, `key` the caller's
    Idempotency-Key, empty where he gave none."""

    caller: Caller
    what: Mapping[str, Any]
    key: str

    @property
    def content(self) -> str:
        """The hash of what it says."""
        return sha256_hex(canonical(self.what))

    @property
    def id(self) -> str:
        """The id of its event: the key's, which one token uses for one thing only; empty without a key."""
        if not self.key:
            return ""
        digest = sha256_hex(_DOMAIN + f"{self.caller.token.id}\n{self.key}".encode())
        return f"key-{digest[:48]}"

    def record(
        self, genealogy: Genealogy, before: Sequence[Event], add: Callable[[Genealogy], Event]
    ) -> tuple[Event, bool]:
        """Records it by `add`, unless that was done: then the event of that time, and False.

        Without a key, it was done if one of the events `before` says the same.

        Raises:
            Problem (422): the key was used for something else.
        """
        if done := self._done(genealogy, before):
            if done.payload.get(ACCESS, {}).get("content_sha256") != self.content:
                raise Problem(422, "this Idempotency-Key was used for something else", place="Idempotency-Key")
            return done, False
        signature = {**self.caller.signature(), "content_sha256": self.content}
        return add(OnBehalf(genealogy, signature, self.id)), True

    def _done(self, genealogy: Genealogy, before: Sequence[Event]) -> Event | None:
        if self.key:
            try:
                return genealogy.event(self.id)
            except InputError:
                return None
        return next((one for one in before if one.payload.get(ACCESS, {}).get("content_sha256") == self.content), None)

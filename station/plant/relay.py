"""The station's side: sends the chain to the hub in the order of commits, and sees to it that it arrives.

What the hub acknowledged counts as sent. That is not yet at the plant: nats-server 2.9 writes through to the disk every
two minutes, disks fail, and a plant's database may be restored from an older backup. So the station asks the plant now
and then how far it has come, and when the plant has taken everything there is and still misses something, goes back to
there. Whatever arrives twice changes nothing (`intake`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import nats.errors

from station.errors import InputError, StationError
from station.genealogy.follow import move_to, position
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy
from station.plant.facts import RelayFacts
from station.plant.hub import ANSWER_S, Hub, connected
from station.plant.outbox import Outbox
from station.plant.wire import Head, Message, read_head, token_of

FOLLOWER = "plant"
CHECKPOINTS = "plant-checkpoints"
_MOST_MESSAGES = 64  # on their way at once, and bytes
_MOST_BYTES = 4 * 1024 * 1024
_KEEP_S = 2.0  # positions are kept so often at most: each is a durable write, as a commit is
_log = logging.getLogger("station.plant")


@dataclass(frozen=True, slots=True)
class RelayState:
    """How the relay does: `sent` is the cursor that the hub acknowledged, `arrived` the plant's own (None: it has not
    said); `trouble` a sentence for people, empty while all is well."""

    connected: bool = False
    sent: int = 0
    arrived: int | None = None
    trouble: str = ""


class Relay:
    """Run `run` in a thread of its own; it returns soon after `stop` is set. Nothing waits for it."""

    def __init__(
        self,
        genealogy: Genealogy,
        facts: RelayFacts,
        *,
        station: str,
        stop: threading.Event,
        clock: Callable[[], datetime],
    ) -> None:
        self._genealogy, self._facts, self._stop, self._clock = genealogy, facts, stop, clock
        self._station = facts.station or station
        self._token = token_of(self._station)
        self._outbox = Outbox(genealogy, self._station)
        self._cursor = self._checkpoint = 0  # acknowledged by the hub
        self._kept = (0, 0)
        self._kept_s = -_KEEP_S
        self._again = ""
        self._dispute = ""  # why the plant does not take what is sent; stands until the plant says otherwise
        self._arrived: int | None = None
        self._rewind = _Rewind()
        self.state = RelayState()

    def run(self) -> None:
        """Send until `stop` is set."""
        pause = Pause(most_s=self._facts.longest_pause_s)
        while not self._stop.is_set():
            try:
                asyncio.run(self._session(pause))
            except StationError as error:
                self._tell(replace(self.state, connected=False, trouble=str(error)))
                self._stop.wait(pause.next_s())
            except Exception as error:  # the cell goes on, and so does the next try
                _log.exception("plant: the relay failed")
                self._tell(replace(self.state, connected=False, trouble=f"the relay failed ({error!r:.200})"))
                self._stop.wait(pause.next_s())
        with suppress(StationError):
            self._keep()

    async def _session(self, pause: Pause) -> None:
        if not self._cursor:
            self._cursor = position(self._genealogy, FOLLOWER)
            self._checkpoint = position(self._genealogy, CHECKPOINTS)
            self._kept = (self._cursor, self._checkpoint)
        home = self._genealogy.home.path
        async with connected(self._facts, home, name=f"station {self._station}", inbox=self._token) as hub:
            asked_s = -self._facts.ask_s
            while not self._stop.is_set():
                hub.check()
                if time.monotonic() - asked_s >= self._facts.ask_s:
                    asked_s = time.monotonic()
                    await self._compare(hub)
                sent = await self._send_some(hub)
                pause.reset()
                self._tell(RelayState(True, self._cursor, self._arrived, self._dispute))
                self._keep_now_and_then()
                if not sent:
                    await asyncio.to_thread(self._stop.wait, self._facts.look_s)

    async def _send_some(self, hub: Hub) -> bool:
        """Send one portion and wait for every acknowledgement; whether there was any."""
        portion: list[Message] = []
        size, anything, enough, last = 0, False, False, self._cursor
        for message, done in self._outbox.messages(self._cursor, self._again):
            portion.append(message)
            size += len(message.data)
            enough = enough or len(portion) >= _MOST_MESSAGES or size >= _MOST_BYTES
            if enough or (done is not None and self._stop.is_set()):
                await self._publish(hub, portion)
                portion, size, anything = [], 0, True
                if done is not None:  # never in the midst of what comes in parts: that would begin anew each time
                    self._cursor = done
                    break
            last = done or last
        else:
            await self._publish(hub, portion)
            self._cursor, anything = last, anything or bool(portion)
        for message, checkpoint in self._outbox.notes(self._checkpoint, self._cursor, self._again):
            await self._publish(hub, [message])
            self._checkpoint, anything = checkpoint, True
        return anything

    async def _publish(self, hub: Hub, portion: Iterable[Message]) -> None:
        """All at once, in sequence; raises what the first of them raises, and then none counts as sent."""
        stream = self._facts.stream
        waiting = [
            asyncio.ensure_future(
                hub.stream.publish(one.subject, one.data, timeout=ANSWER_S, stream=stream, headers=dict(one.headers))
            )
            for one in portion
        ]
        try:
            await asyncio.gather(*waiting)
        except BaseException:
            self._outbox.forget()
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            hub.check()  # a word of the server about it says more
            raise

    async def _compare(self, hub: Hub) -> None:
        """Ask the plant how far it has come; go back to there if what was sent since is lost."""
        subject, url = f"station.{self._token}.head", self._facts.url.encode()
        try:
            head = read_head((await hub.client.request(subject, url, timeout=ANSWER_S / 2)).data)
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError, InputError):
            return  # the plant does not work now; the hub keeps what is sent
        self._arrived = head.cursor
        own = self._outbox.hash_at(head.cursor) if head.cursor else head.hash
        self._dispute = ""
        if own != head.hash:
            self._dispute = (
                f"the plant has another chain under the name {self._station!r}, from entry {head.cursor} or before"
            )
            return
        if self._rewind.due(head, self._cursor, self._checkpoint, time.monotonic()):
            _log.warning("plant: it misses what comes after entry %d; sending that again", head.cursor)
            self._cursor, self._checkpoint = min(self._cursor, head.cursor), min(self._checkpoint, head.checkpoint)
            self._again = f"{time.time_ns():x}"  # else the hub would drop it as sent before
            self._outbox.forget()

    def _keep_now_and_then(self) -> None:
        if time.monotonic() - self._kept_s >= _KEEP_S:
            self._keep()

    def _keep(self) -> None:
        cursor, checkpoint = max(self._cursor, self._kept[0]), max(self._checkpoint, self._kept[1])
        if cursor > self._kept[0]:
            move_to(self._genealogy, FOLLOWER, cursor, at=self._clock())
        if checkpoint > self._kept[1]:
            move_to(self._genealogy, CHECKPOINTS, checkpoint, at=self._clock())
        self._kept, self._kept_s = (cursor, checkpoint), time.monotonic()

    def _tell(self, state: RelayState) -> None:
        if state.trouble != self.state.trouble:
            if state.trouble:
                _log.warning("plant: %s", state.trouble)
            else:
                _log.info("plant: works again")
        self.state = state


class _Rewind:
    """Decides when what was sent is lost: the plant has taken everything there was, twice, and came no further."""

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None  # what the plant had, level and behind, when it was asked before
        self._next_s, self._pause = 0.0, Pause(first_s=2.0, most_s=3600.0)

    def due(self, head: Head, cursor: int, checkpoint: int, now_s: float) -> bool:
        """Whether to go back to `head` now."""
        seen = (head.cursor, head.checkpoint)
        behind = head.cursor < cursor or head.checkpoint < checkpoint
        if not (head.level and behind):
            self._seen = None
            if not behind:
                self._pause.reset()
            return False
        same, self._seen = self._seen == seen, seen
        if not same or now_s < self._next_s:
            return False
        self._seen, self._next_s = None, now_s + self._pause.next_s()
        return True

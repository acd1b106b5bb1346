"""The plant's side of the hub: makes stream and consumer, takes batches, acknowledges what is in the database, and
answers stations that ask how far it has come."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from station.errors import InputError, StationError, StorageError
from station.genealogy.pause import Pause
from station.plant.database import PlantDatabase
from station.plant.facts import PlantFacts, StreamFacts
from station.plant.hub import NATS_ERRORS, Hub, connected
from station.plant.intake import Intake
from station.plant.wire import ASKED, KEPT, PART_BYTES, Message, head_bytes, station_of

CONSUMER = "plant"
BATCH = 64  # messages of one transaction: 32 MB at the very most
_FETCH_S = 1.0
_MOST_PENDING = 4 * BATCH
_LONGEST_PAUSE_S = 10.0
_MESSAGE_BYTES = PART_BYTES + 16 * 1024
_DAY_S = 86_400.0
_log = logging.getLogger("station.plant")


@dataclass(frozen=True, slots=True)
class CollectorState:
    """How it does: messages taken since the start, and what is in its way, empty while all is well."""

    connected: bool = False
    taken: int = 0
    refused: int = 0
    trouble: str = ""


class Collector:
    """Run `run` in a thread of its own; it returns soon after `stop` is set. Several may work at once."""

    def __init__(
        self, database: PlantDatabase, facts: PlantFacts, *, stop: threading.Event, clock: Callable[[], datetime]
    ) -> None:
        self._database, self._facts, self._stop, self._clock = database, facts, stop, clock
        self._intake = Intake(database, clock)
        self._level = False  # whether everything that lay at the hub was taken
        self.state = CollectorState()

    def run(self) -> None:
        """Collect until `stop` is set."""
        pause = Pause(most_s=_LONGEST_PAUSE_S)
        while not self._stop.is_set():
            try:
                asyncio.run(self._session(pause))
            except StationError as error:
                self._tell(replace(self.state, connected=False, trouble=str(error)))
                self._stop.wait(pause.next_s())
            except Exception as error:  # what was not acknowledged comes again
                _log.exception("plant: collecting failed")
                self._tell(replace(self.state, connected=False, trouble=f"collecting failed ({error!r:.200})"))
                self._stop.wait(pause.next_s())

    async def _session(self, pause: Pause) -> None:
        async with connected(self._facts.hub, self._database.home.path, name="plant", inbox="plant") as hub:
            await ensure_stream(hub, self._facts.stream)
            source = await hub.stream.pull_subscribe_bind(consumer=CONSUMER, stream=self._facts.stream.name)
            await hub.client.subscribe(ASKED, queue="plant", cb=self._answer)
            self._tell(replace(self.state, connected=True, trouble=""))
            self._level = False
            while not self._stop.is_set():
                hub.check()
                try:
                    found = await source.fetch(BATCH, timeout=_FETCH_S)
                except TimeoutError:  # nats-py's own, and asyncio's
                    self._level = True
                    pause.reset()
                    continue
                self._level = False
                taken = await self._take(found)
                for message in found:
                    await (message.ack() if taken else message.nak())
                pause.reset()

    async def _take(self, found: list[Msg]) -> bool:
        """Into the database, however long that takes to come back; what is delivered anew meanwhile does no harm.
        False: the plant stops before."""
        batch = [Message(one.subject, dict(one.headers or {}), one.data) for one in found]
        pause = Pause(most_s=_LONGEST_PAUSE_S)
        while not self._stop.is_set():
            try:
                taken = await asyncio.to_thread(self._intake.take, batch)
            except StorageError as error:
                self._tell(replace(self.state, trouble=str(error)))
                await asyncio.to_thread(self._stop.wait, pause.next_s())
                continue
            if taken.refused:
                _log.warning("plant: %d messages were refused (see 'station plant status')", taken.refused)
            state = replace(self.state, taken=self.state.taken + taken.new, refused=self.state.refused + taken.refused)
            self._tell(replace(state, trouble=""))
            return True
        return False

    async def _answer(self, question: Msg) -> None:
        """How far are we with this station? No answer while the database cannot be read."""
        with suppress(InputError, StorageError, *NATS_ERRORS):
            station, url = station_of(question.subject), _url(question.data)
            # Asked for before the head is read: between the two more may come, and never less.
            level = self._level
            head = await asyncio.to_thread(self._database.head, station, url, level=level, at=self._clock())
            await question.respond(head_bytes(head))

    def _tell(self, state: CollectorState) -> None:
        if state.trouble != self.state.trouble:
            _log.warning("plant: %s", state.trouble or "works again")
        self.state = state


async def ensure_stream(hub: Hub, facts: StreamFacts) -> None:
    """Make the stream and its consumer, or bring them to these facts.

    Work-queue retention: what the plant acknowledged goes. `discard new`: a full stream takes no more, so that nothing
    that a station was told is kept ever goes to make room.
    """
    wanted = StreamConfig(
        name=facts.name,
        description="Records of stations on their way to the plant",
        subjects=list(KEPT),
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=int(facts.most_gb * 1e9),
        max_age=0 if facts.most_days is None else facts.most_days * _DAY_S,
        max_msg_size=_MESSAGE_BYTES,
        duplicate_window=facts.duplicates_s,
        num_replicas=facts.replicas,
    )
    try:
        await hub.stream.stream_info(facts.name)
    except nats.js.errors.NotFoundError:
        await hub.stream.add_stream(wanted)
    else:
        await hub.stream.update_stream(wanted)
    await hub.stream.add_consumer(
        facts.name,
        ConsumerConfig(
            durable_name=CONSUMER,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=facts.deliver_again_s,
            max_ack_pending=_MOST_PENDING,
        ),
    )


def _url(data: bytes) -> str:
    """The address that a station says its pages have; empty where it says none, or none that a browser should go to."""
    try:
        text = data[:300].decode("ascii")
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.hostname and text.isprintable() else ""

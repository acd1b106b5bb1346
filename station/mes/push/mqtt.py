"""MQTT: the station's state, retained, and each committed record and event, acknowledged. One thread keeps the
connection and shows the state; another follows the record."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from station.cycle.state import Board
from station.errors import InputError, ServiceError, StationError
from station.genealogy.chain import INSPECTION, ChainEntry
from station.genealogy.follower import TAKEN, Answer, Follower, FollowerStatus, Outcome, Refusals
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text
from station.mes.push.checks import certificates, check_api, check_start, checked_name
from station.mes.push.messages import ALL, ALL_VERDICTS, GIVEN_UP, check_filter, message_bytes, wanted
from station.mes.push.secrets import SecretSource
from station.mes.push.session import Broker, RefusedMessageError, Session
from station.mes.push.state_message import offline_bytes, state_bytes

LOOK_S = 0.5
SHORTEST_LIFE_S = 30.0  # a connection that ended sooner was none: the pauses grow on


@dataclass(frozen=True, slots=True)
class MqttFacts:
    """One broker. `topic` is what stands before the station's id; the password is in `password_file` (relative to the
    station's home) or in the environment variable `password_variable`; for the rest see `WebhookFacts`."""

    host: str
    name: str = "mqtt"
    port: int = 0  # 0: 8883 with TLS, 1883 without
    tls: bool = True
    ca_file: str = ""
    username: str = ""
    password_file: str = ""
    password_variable: str = ""
    client_id: str = ""  # empty: station-<id>
    topic: str = "station"
    verdicts: tuple[str, ...] = ALL_VERDICTS
    events: tuple[str, ...] = (ALL,)
    start: str = "present"
    keepalive_s: int = 30
    timeout_s: float = 10.0
    longest_pause_s: float = 300.0
    api_url: str = ""

    def __post_init__(self) -> None:
        place = f"mqtt {checked_name(self.name)}"
        check_start(self.start, place)
        check_api(self.api_url, place)
        for wrong, sentence in (
            (not self.host or not self.host.isascii() or " " in self.host, "host must be the broker's name or address"),
            (not 0 <= self.port <= 65535, "port must be 0 to 65535"),
            (not topic_level(self.topic.replace("/", "")), "topic must not be empty nor hold + or #"),
            (not 5 <= self.keepalive_s <= 3600, "keepalive_s must be 5 to 3600"),
            (not 0.1 <= self.timeout_s <= 120.0, "timeout_s must be 0.1 to 120"),
            (not 1.0 <= self.longest_pause_s <= 86_400.0, "longest_pause_s must be 1 to 86400"),
            (bool(self.password_file or self.password_variable) and not self.username, "a password needs a username"),
            (len(self.client_id) > 64, "client_id must not be longer than 64 letters"),
            (bool(check_filter(self.verdicts)), check_filter(self.verdicts)),
        ):
            if wrong:
                raise InputError(sentence, place=place)


def topic_level(text: str) -> bool:
    """Whether `text` can be one level of a topic (MQTT 5, 4.7): neither empty nor with ``+ # /`` or control letters."""
    return bool(text) and not any(letter in "+#/" or ord(letter) < 32 for letter in text)


class MqttPush:
    """What one station publishes to one broker; `run` it in a thread of its own."""

    def __init__(
        self,
        facts: MqttFacts,
        genealogy: Genealogy,
        board: Board,
        clock: Callable[[], datetime],
        *,
        pause: Pause | None = None,
    ) -> None:
        """Raises InputError when the password or certificates cannot be used, or the station's id is no topic."""
        self.facts = facts
        self._genealogy, self._board, self._clock = genealogy, board, clock
        self._place = f"mqtt {facts.name}"
        station = board.latest().station_id
        if not topic_level(station):
            raise InputError(f"the station's id {station[:60]!r} cannot be part of a topic", place=self._place)
        self._root = f"{facts.topic}/{station}"
        self._client_id = facts.client_id or f"station-{station}"
        self._secret = SecretSource(
            facts.password_file, facts.password_variable, genealogy.home.path, f"{self._place}: password"
        )
        self._tls = certificates(facts.ca_file, genealogy.home.path, self._place) if facts.tls else None
        self._broker()
        self._session: Session | None = None
        self._lost = ("the broker was not reached yet", utc_text(clock()))  # sentence and since when; empty: it is not
        self._pause = pause or Pause(most_s=facts.longest_pause_s)
        self._follower = Follower(
            genealogy,
            f"mqtt:{facts.name}",
            self._send,
            clock,
            wanted=wanted(facts.verdicts, facts.events),
            from_beginning=facts.start == "beginning",
            pause=Pause(first_s=0.2, most_s=2.0),  # asks whether there is a connection, which costs nothing
            refusals=Refusals(self._note),
        )

    def status(self) -> FollowerStatus:
        """How it does just now; from any thread."""
        status, (sentence, since) = self._follower.status(), self._lost
        return replace(status, sentence=f"{self._place}: {sentence}", failing_since=since) if sentence else status

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set. Raises nothing: what goes wrong is in `status`, and is tried again."""
        follower = threading.Thread(target=self._follower.run, args=(stop,), name=self._follower.name, daemon=True)
        follower.start()
        while not stop.is_set():
            begun_s = time.monotonic()
            try:
                self._lose(self._show_state(Session.open(self._broker()), stop))
            except Exception as error:  # whatever a broker says must not end this thread
                self._lose(str(error) if isinstance(error, StationError) else f"{type(error).__name__}: {error}")
            if time.monotonic() - begun_s > SHORTEST_LIFE_S:
                self._pause.reset()
            if not stop.is_set():
                stop.wait(self._pause.next_s())
        follower.join(timeout=self.facts.timeout_s + 1.0)

    def _broker(self) -> Broker:
        facts = self.facts
        return Broker(
            host=facts.host,
            port=facts.port or (8883 if facts.tls else 1883),
            client_id=self._client_id,
            username=facts.username,
            password=self._secret.lines()[0] if self._secret.is_named else "",
            tls=self._tls,
            keepalive_s=facts.keepalive_s,
            timeout_s=facts.timeout_s,
            will=(f"{self._root}/state", offline_bytes(self._board.latest().station_id)),
        )

    def _show_state(self, session: Session, stop: threading.Event) -> str:
        """Keep the retained state up to date until the connection ends (returns why) or the station stops."""
        version = -1
        topic = f"{self._root}/state"
        try:
            while not stop.is_set():
                snapshot = self._board.wait(version, LOOK_S)
                if session.ended:
                    return session.ended
                if snapshot.version > version:
                    session.publish(topic, state_bytes(snapshot), retain=True)
                    version = snapshot.version
                    self._session, self._lost = session, ("", "")  # the state first, then the records
            session.publish(topic, offline_bytes(self._board.latest().station_id), retain=True)
            session.close()
        finally:
            self._session = None
            session.drop("the state could not be shown")  # unless it has ended already
        return session.ended

    def _lose(self, sentence: str) -> None:
        self._lost = (sentence, self._lost[1] or utc_text(self._clock()))

    def _send(self, entry: ChainEntry) -> Answer:
        session = self._session
        if session is None:
            return Answer(Outcome.LATER, f"{self._place}: {self._lost[0]}")
        level = "records" if entry.kind == INSPECTION else "events"
        try:
            session.publish(f"{self._root}/{level}", message_bytes(entry, self.facts.api_url))
        except RefusedMessageError as error:
            return Answer(Outcome.REFUSED, f"{self._place}: {error}")
        except ServiceError as error:
            return Answer(Outcome.LATER, f"{self._place}: {error}")
        return TAKEN

    def _note(self, entry: ChainEntry, sentence: str, tries: int) -> None:
        payload = {"receiver": self.facts.name, "position": entry.cursor, "tries": tries, "reason": sentence}
        self._genealogy.add_event(GIVEN_UP, entry.id, payload, at=self._clock())

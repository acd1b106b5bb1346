"""Webhooks: one receiver, its settings, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from station.errors import InputError, ServiceError
from station.genealogy.chain import ChainEntry
from station.genealogy.follower import TAKEN, Answer, Follower, Outcome, Refusals
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy
from station.mes.push.checks import certificates, check_api, check_start, checked_name
from station.mes.push.messages import ALL, ALL_VERDICTS, GIVEN_UP, check_filter, message_bytes, wanted
from station.mes.push.post import post
from station.mes.push.secrets import SecretSource
from station.mes.push.signing import key_of, signed_headers

REFUSALS = frozenset({400, 409, 413, 415, 422})  # of this message; every other answer may change by itself


@dataclass(frozen=True, slots=True)
class WebhookFacts:
    """One receiver. The secret is in `secret_file` (relative to the station's home) or in the environment variable
    `secret_variable`; `api_url` is what receivers reach the station's API under; `start` is `present` or `beginning`,
    and counts for a name that was not there before."""

    name: str
    url: str
    secret_file: str = ""
    secret_variable: str = ""
    verdicts: tuple[str, ...] = ALL_VERDICTS
    events: tuple[str, ...] = (ALL,)
    start: str = "present"
    timeout_s: float = 10.0
    longest_pause_s: float = 300.0
    tries_if_refused: int = 6
    ca_file: str = ""
    allow_http: bool = False
    api_url: str = ""

    def __post_init__(self) -> None:
        place = f"webhook {checked_name(self.name)}"
        if not (self.secret_file or self.secret_variable):
            raise InputError("the key 'secret_file' or 'secret_variable' is missing", place=place)
        if sentence := check_filter(self.verdicts):
            raise InputError(sentence, place=place)
        check_start(self.start, place)
        check_api(self.api_url, place)
        _address(self.url, place)
        if not 0.1 <= self.timeout_s <= 120.0:
            raise InputError("timeout_s must be 0.1 to 120", place=place)
        if not 1.0 <= self.longest_pause_s <= 86_400.0:
            raise InputError("longest_pause_s must be 1 to 86400", place=place)
        if not 1 <= self.tries_if_refused <= 100:
            raise InputError("tries_if_refused must be 1 to 100", place=place)


def webhook(
    facts: WebhookFacts, genealogy: Genealogy, clock: Callable[[], datetime], *, pause: Pause | None = None
) -> Follower:
    """The follower that sends to this receiver; run it in a thread of its own.

    Raises:
        InputError: secret or certificates cannot be used; better known at the start than with the first part.
    """
    receiver = Receiver(facts, genealogy.home.path, clock)
    receiver.keys()

    def note(entry: ChainEntry, sentence: str, tries: int) -> None:
        payload = {"receiver": facts.name, "position": entry.cursor, "tries": tries, "reason": sentence}
        genealogy.add_event(GIVEN_UP, entry.id, payload, at=clock())

    return Follower(
        genealogy,
        f"webhook:{facts.name}",
        receiver.send,
        clock,
        wanted=wanted(facts.verdicts, facts.events),
        from_beginning=facts.start == "beginning",
        pause=pause or Pause(most_s=facts.longest_pause_s),
        refusals=Refusals(note, facts.tries_if_refused),
    )


class Receiver:
    """Where one webhook goes to. Raises InputError for a file of certificates that cannot be used."""

    def __init__(self, facts: WebhookFacts, folder: Path, clock: Callable[[], datetime]) -> None:
        self._facts, self._clock = facts, clock
        self._place = f"webhook {facts.name}"
        self._url = _address(facts.url, self._place)
        self._tls = certificates(facts.ca_file, folder, self._place) if self._url.scheme == "https" else None
        self._secret = SecretSource(facts.secret_file, facts.secret_variable, folder, self._place)

    def keys(self) -> tuple[bytes, ...]:
        """The keys that sign, newest first. Raises: InputError."""
        return tuple(key_of(line, self._place) for line in self._secret.lines())

    def send(self, entry: ChainEntry) -> Answer:
        """Post the message about `entry` and wait for the answer. Raises: InputError (the secret)."""
        body = message_bytes(entry, self._facts.api_url)
        now = self._clock()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "station",
            **signed_headers(entry.id, body, self.keys(), now),
        }
        try:
            reply = post(
                self._url,
                body,
                headers,
                timeout_s=self._facts.timeout_s,
                tls=self._tls,
                anywhere=self._facts.allow_http,
            )
        except ServiceError as error:
            return Answer(Outcome.LATER, f"{self._place}: {error}")
        if 200 <= reply.status < 300:
            return TAKEN
        if 300 <= reply.status < 400:
            return Answer(Outcome.LATER, f"{self._place}: it redirects ({reply.status}), which is not followed")
        outcome = Outcome.REFUSED if reply.status in REFUSALS else Outcome.LATER
        return Answer(outcome, f"{self._place}: it answers {reply.status}", _asked_s(reply.retry_after, now))


def _address(url: str, place: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("https", "http") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        known = None
    if not known or not url.isascii() or any(ord(letter) <= 32 for letter in url) or parts.fragment:
        raise InputError("url must be an address that begins with https:// (or http://)", place=place)
    if parts.username is not None or parts.password is not None:
        raise InputError("url must not hold a name or a password", place=place)
    return parts


def _asked_s(retry_after: str, now: datetime) -> float:
    """Seconds that a `Retry-After` (RFC 9110, 10.2.3) asks for: a number or a date; 0 for anything else."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0

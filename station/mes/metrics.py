"""What is counted of the API, for Prometheus (text exposition format 0.0.4)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from station.genealogy.follower import FollowerStatus

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Counts:
    """Counts since the start. Thread-safe."""

    answers: Counter[str] = field(default_factory=Counter)  # by the hundreds of their status: 2xx
    wrong_tokens: int = 0
    limited: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, status: int) -> None:
        """One more answer with this status."""
        with self._lock:
            self.answers[f"{status // 100}xx"] += 1
            self.limited += status == 429

    def wrong_token(self) -> None:
        """One more request whose token is none, has expired or was revoked."""
        with self._lock:
            self.wrong_tokens += 1


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its values by labels (`{state="ready"}`, empty for none)."""

    name: str
    kind: str  # counter or gauge
    help: str
    values: tuple[tuple[str, float], ...]


def counted(counts: Counts, streams: int) -> tuple[Metric, ...]:
    """The API's own metrics."""
    by_status = tuple((label("status", status), float(n)) for status, n in sorted(counts.answers.items()))
    return (
        Metric("station_api_answers_total", "counter", "Answers by status.", by_status),
        Metric(
            "station_api_wrong_tokens_total", "counter", "Requests with no valid token.",
            (("", counts.wrong_tokens),),
        ),
        Metric("station_api_limited_total", "counter", "Requests refused as too many.", (("", counts.limited),)),
        Metric("station_api_streams", "gauge", "Streams that are open now.", (("", streams),)),
    )  # fmt: skip


def passed_on(followers: Iterable[FollowerStatus]) -> tuple[Metric, ...]:
    """How those do who pass the record on."""
    found = tuple(followers)
    behind = tuple((label("follower", one.name), float(one.behind)) for one in found if one.behind is not None)
    failing = tuple((label("follower", one.name), float(bool(one.sentence))) for one in found)
    return (
        Metric("station_follower_behind", "gauge", "Entries of the record that it did not pass on yet.", behind),
        Metric("station_follower_failing", "gauge", "1 while it cannot pass anything on.", failing),
    )


def label(name: str, value: str) -> str:
    """One label in braces."""
    quoted = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{{{name}="{quoted}"}}'


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics as text."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [f"{metric.name}{labels} {value:.15g}" for labels, value in metric.values]
    return "\n".join(lines) + "\n"

"""What a station says about its learned models: the table `[networks]` of its services."""

from __future__ import annotations

from dataclasses import dataclass

from station.errors import InputError

MOST_THREADS = 64


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """`threads` of the processor for each model; the answers are the same with any number."""

    threads: int = 2  # half of a Pi: the pages and the devices keep the rest

    def __post_init__(self) -> None:
        if not 1 <= self.threads <= MOST_THREADS:
            raise InputError(f"threads must lie between 1 and {MOST_THREADS}", place="networks.threads")

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

from .receiver import KEY_TEXT, Receiver


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def genealogy(tmp_path: Path) -> Iterator[Genealogy]:
    with Genealogy.open(StationHome(tmp_path / "home")) as opened:
        secret = opened.home.path / "mes.secret"
        secret.write_text(KEY_TEXT + "\n")
        secret.chmod(0o600)
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


Start = Callable[[Callable[[threading.Event], None]], threading.Event]


@pytest.fixture
def start() -> Iterator[Start]:
    """Runs a service in a thread until the test ends; gives its stop."""
    running: list[tuple[threading.Thread, threading.Event]] = []

    def begin(run: Callable[[threading.Event], None]) -> threading.Event:
        stop = threading.Event()
        thread = threading.Thread(target=run, args=(stop,), daemon=True)
        thread.start()
        running.append((thread, stop))
        return stop

    yield begin
    for _, stop in running:
        stop.set()
    for thread, _ in running:
        thread.join(timeout=15)
        assert not thread.is_alive()

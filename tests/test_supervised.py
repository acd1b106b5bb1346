"""A service that fails is begun again, says so once, and never takes the station with it."""

from __future__ import annotations

import threading

from station.errors import InputError
from station.supervised import Supervised


def test_begun_again_until_it_works_and_said_once_for_each_reason() -> None:
    stop, works, said = threading.Event(), threading.Event(), list[str]()
    ends = iter([ValueError("a bug"), ValueError("a bug"), InputError("the port is taken", place="8080"), None])

    def work() -> None:
        error = next(ends)
        if error is not None:
            raise error
        works.set()
        stop.wait()

    service = Supervised("pages", work, stop, said.append, first_pause_s=0.01)
    service.start()
    assert works.wait(10.0)
    assert service.is_running
    stop.set()
    service.join(10.0)
    assert not service.is_running
    assert said == [
        "pages: ValueError: a bug; it is begun again",
        "pages: 8080: the port is taken; it is begun again",
    ]


def test_one_that_ends_by_itself_is_begun_again() -> None:
    stop, counted, said = threading.Event(), list[int](), list[str]()

    def work() -> None:
        counted.append(1)
        if len(counted) == 3:
            stop.set()

    service = Supervised("feed", work, stop, said.append, first_pause_s=0.01)
    service.start()
    service.join(10.0)
    assert len(counted) == 3
    assert said == ["feed: it ended by itself; it is begun again"]


def test_what_waits_to_be_begun_again_ends_at_once() -> None:
    stop, failed = threading.Event(), threading.Event()

    def work() -> None:
        failed.set()
        raise ValueError("for good")

    service = Supervised("mqtt", work, stop, lambda _: None, first_pause_s=60.0)
    service.start()
    assert failed.wait(10.0)
    stop.set()
    service.join(10.0)
    assert not service.is_running


def test_a_server_that_exits_is_begun_again() -> None:
    """As uvicorn does when it cannot start."""
    stop, counted, said = threading.Event(), list[int](), list[str]()

    def work() -> None:
        counted.append(1)
        if len(counted) == 2:
            stop.set()
        raise SystemExit(3)

    service = Supervised("pages", work, stop, said.append, first_pause_s=0.01)
    service.start()
    service.join(10.0)
    assert len(counted) == 2
    assert said == ["pages: SystemExit: 3; it is begun again"]

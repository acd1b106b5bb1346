"""The stream of snapshots, and the server under it, over real sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from station.cycle.state import Board, Snapshot
from station.cycle.transitions import State
from station.errors import InputError
from station.genealogy.store import Genealogy
from station.hmi.app import create_app
from station.hmi.server import listen, serve

from .cell import Cell, served


def snapshots(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def until(condition: Any, seconds: float = 3.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def listeners(cell: Cell) -> int:
    return int(cell.http.get("/health").json()["listeners"])


def test_the_present_first_then_every_change(cell: Cell) -> None:
    with cell.http.stream("GET", "/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        stream = snapshots(answer.iter_lines())
        first = next(stream)
        assert (first["version"], first["state"]) == (0, "start")
        cell.board.publish(state=State.MEASURING, message="line\nbreak\r\n\r\nevent: false")
        second = next(stream)
        assert (second["version"], second["state"]) == (1, "measuring")
        assert second["message"] == "line\nbreak\r\n\r\nevent: false"


def test_heartbeats_while_nothing_happens(genealogy: Genealogy) -> None:
    with served(genealogy, heartbeat_s=0.1) as cell, cell.http.stream("GET", "/events") as answer:
        lines = answer.iter_lines()
        assert ": heartbeat" in (next(lines) for _ in range(20))


def test_many_listeners_one_leaves_and_all_hear_the_end(cell: Cell) -> None:
    with ExitStack() as stack:
        answers = [stack.enter_context(cell.http.stream("GET", "/events")) for _ in range(50)]  # worker threads: 40
        streams = [snapshots(answer.iter_lines()) for answer in answers]
        assert [next(stream)["version"] for stream in streams] == [0] * 50
        assert cell.http.get("/").status_code == 200
        cell.board.publish(state=State.READY)
        assert [next(stream)["state"] for stream in streams] == ["ready"] * 50
        assert listeners(cell) == 50
        began = time.monotonic()
        cell.stop.set()
        assert [list(stream) for stream in streams] == [[]] * 50
        cell.thread.join(2.0)
        assert not cell.thread.is_alive()
        assert time.monotonic() - began < 2.0


def test_a_listener_that_goes_away_is_forgotten_and_the_next_is_served(cell: Cell) -> None:
    for version in range(2):
        with cell.http.stream("GET", "/events") as answer:
            stream = snapshots(answer.iter_lines())  # httpx hangs up when this is forgotten
            assert next(stream)["version"] == version
            assert listeners(cell) == 1
        assert until(lambda: listeners(cell) == 0)
        cell.board.publish()


def test_a_slow_listener_gets_the_newest_only(cell: Cell) -> None:
    with cell.http.stream("GET", "/events") as answer:
        stream = snapshots(answer.iter_lines())
        next(stream)
        for _ in range(1000):
            cell.board.publish()
        seen = 0
        for snapshot in stream:
            assert snapshot["version"] > seen
            seen = snapshot["version"]
            if seen == 1000:
                break


def test_too_many_listeners_are_told_to_come_back(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.hmi.feed.MAX_LISTENERS", 1)
    with cell.http.stream("GET", "/events") as answer:
        lines = answer.iter_lines()
        next(lines)
        refused = cell.http.get("/events")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")


def test_a_taken_port_is_said_in_one_sentence(cell: Cell, genealogy: Genealogy) -> None:
    app = create_app(Board(Snapshot()), genealogy, stop=threading.Event())
    with pytest.raises(InputError, match=f"port {cell.port} is taken by another program") as caught:
        serve(app, "127.0.0.1", cell.port, threading.Event())
    assert caught.value.place == f"127.0.0.1:{cell.port}"


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("203.0.113.7", 0), ("no such host.invalid", 0)])
def test_an_impossible_address_is_said_in_one_sentence(host: str, port: int) -> None:
    with pytest.raises(InputError) as caught:
        listen(host, port)
    assert host in str(caught.value)


def test_serving_prints_nothing_and_returns_at_once_when_stopped_before(
    genealogy: Genealogy, capfd: pytest.CaptureFixture[str]
) -> None:
    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    serve(create_app(Board(Snapshot()), genealogy, stop=stop), "127.0.0.1", 0, stop)
    assert time.monotonic() - began < 2.0
    assert capfd.readouterr() == ("", "")


def test_an_open_connection_does_not_hold_up_the_end(cell: Cell) -> None:
    with socket.create_connection(("127.0.0.1", cell.port)) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")  # and never goes on
        time.sleep(0.1)
        began = time.monotonic()
        cell.stop.set()
        cell.thread.join(3.0)
        assert not cell.thread.is_alive()
        assert time.monotonic() - began < 2.0

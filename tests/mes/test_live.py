"""Following the record by server-sent events."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from station.cycle.transitions import State

from .service import AT_ONCE, Api, commit, problem, served, two_orders


def follow(api: Api, stack: ExitStack, role: str = "mes", **headers: str) -> Iterator[tuple[str, str, Any]]:
    """Kind, id and data of each event."""
    sent = {"Authorization": f"Bearer {api.secrets[role]}", **headers}
    answer = stack.enter_context(api.http.stream("GET", "/v1/events", headers=sent))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    return events(answer)


def events(answer: httpx.Response) -> Iterator[tuple[str, str, Any]]:
    kind = id = ""
    data = None
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "id":
            id = value
        elif name == "data":
            data = json.loads(value)
        elif not line and kind:
            yield kind, id, data
            kind = id = ""


def until(stream: Iterator[tuple[str, str, Any]], kind: str) -> tuple[str, Any]:
    return next((id, data) for found, id, data in stream if found == kind)


def test_what_comes_and_where_one_was(api: Api) -> None:
    with ExitStack() as stack:
        stream = follow(api, stack)
        kind, position, _ = next(stream)
        assert kind == "position"
        assert next(stream)[2]["state"] == "start"
        record = commit(api.genealogy)
        cursor, data = until(stream, "record")
        assert data["id"] == record.id
        assert data["cursor"] == cursor
        api.board.publish(state=State.MEASURING, message="line\nbreak")
        changed = until(stream, "state")[1]
        assert (changed["state"], changed["opc_40100"]) == ("measuring", "Operational: SingleExecution")
    listed = api.get("/records", params={"after": position}).json()["records"]
    assert [one["cursor"] for one in listed] == [cursor]


def test_nothing_is_missed_between_two_connections(api: Api) -> None:
    with ExitStack() as stack:
        position = next(follow(api, stack))[1]
    records = [commit(api.genealogy) for _ in range(3)]
    with ExitStack() as stack:
        stream = follow(api, stack, **{"Last-Event-ID": position})
        seen = [until(stream, "record") for _ in range(3)]
        assert [data["id"] for _, data in seen] == [one.id for one in records]
    with ExitStack() as stack:
        stream = follow(api, stack, **{"Last-Event-ID": seen[1][0]})
        assert until(stream, "record")[1]["id"] == records[2].id


def test_from_the_beginning_in_more_than_one_reading(tmp_path: Path) -> None:
    def fill(genealogy: Any) -> None:
        for number in range(130):
            commit(genealogy, serial=f"S-{number}")

    with served(tmp_path / "home", fill=fill) as api, ExitStack() as stack:
        beginning = api.get("/records?limit=1").json()["records"][0]
        stream = follow(api, stack, **{"Last-Event-ID": beginning["cursor"]})
        serials = [until(stream, "record")[1]["serial"] for _ in range(129)]
        assert serials == [f"S-{number}" for number in range(1, 130)]


def test_places_are_limited_and_given_back(tmp_path: Path) -> None:
    facts = replace(AT_ONCE, streams=3, streams_per_token=2)
    with served(tmp_path / "home", facts, fill=two_orders) as api:
        with ExitStack() as stack:
            open_ones = [follow(api, stack) for _ in range(2)]
            assert [next(one)[0] for one in open_ones] == ["position"] * 2
            refused = api.get("/events")
            assert "too many streams" in problem(refused, 429)
            assert refused.headers["Retry-After"] == "10"
            problem(api.get("/records.ndjson"), 429)
            after = api.get("/records").json()["next"]
            problem(api.get("/records", params={"after": after, "wait": 1}), 429)
            open_ones.append(follow(api, stack, "quality"))
            next(open_ones[-1])
            problem(api.get("/events", "operator"), 429)
            assert "station_api_streams 3" in api.get("/metrics").text
        end = time.monotonic() + 5.0
        while "station_api_streams 0" not in api.get("/metrics").text:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert api.get("/records.ndjson").status_code == 200


def test_a_stream_ends_with_its_time_and_with_the_station(tmp_path: Path) -> None:
    with served(tmp_path / "home", replace(AT_ONCE, stream_s=0.5), heartbeat_s=0.1) as api, ExitStack() as stack:
        began = time.monotonic()
        assert [kind for kind, _, _ in follow(api, stack)] == ["position", "state"]
        assert 0.4 < time.monotonic() - began < 3.0
    with served(tmp_path / "home2") as api, ExitStack() as stack:
        stream = follow(api, stack)
        next(stream)
        api.stop.set()
        began = time.monotonic()
        assert [kind for kind, _, _ in stream] in ([], ["state"])
        assert time.monotonic() - began < 2.0


def test_one_who_does_not_read_loses_his_place(tmp_path: Path) -> None:
    """Megabytes that nobody takes: the place is free again after the stream's time."""

    def fill(genealogy: Any) -> None:
        for number in range(40):
            commit(genealogy, serial=f"S-{number}", reason="x" * 200_000)

    with served(tmp_path / "home", replace(AT_ONCE, stream_s=1.0), fill=fill) as api:
        with socket.create_connection(("127.0.0.1", api.port)) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            token = f"Authorization: Bearer {api.secrets['mes']}"
            deaf.sendall(f"GET /v1/records.ndjson HTTP/1.1\r\nHost: localhost\r\n{token}\r\n\r\n".encode())
            time.sleep(0.4)
            assert "station_api_streams 1" in api.get("/metrics").text
            end = time.monotonic() + 8.0
            while "station_api_streams 0" not in api.get("/metrics").text:
                assert time.monotonic() < end
                time.sleep(0.1)
            said = b""
            while chunk := deaf.recv(1 << 20):
                said += chunk
        assert not said.endswith(b"0\r\n\r\n")  # it does not look whole
        whole = api.get("/records.ndjson").content
        assert len(whole) > 8_000_000

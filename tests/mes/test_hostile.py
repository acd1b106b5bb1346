"""Requests that no library would send, on a real socket."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from station.genealogy.verify import verify_home
from station.mes.guard import MAX_ORDER_BODY, MAX_SMALL_BODY

from .service import AT_ONCE, ORDER_ID, SERIAL, Api, order_bytes, served, two_orders


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API with little patience."""
    home = tmp_path_factory.mktemp("hasty") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("station.hmi.connection.HEAD_S", 0.5)
        with served(home, replace(AT_ONCE, body_s=0.7), fill=two_orders) as running:
            yield running


def head(api: Api, line: str, *headers: str, role: str = "mes") -> bytes:
    lines = [line, "Host: localhost", f"Authorization: Bearer {api.secrets[role]}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def talk(api: Api, *pieces: bytes, pause_s: float = 0.0, within_s: float = 5.0) -> bytes:
    """What the server says to these bytes, until it hangs up or has nothing more to say for a second."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=within_s) as talking:
        try:
            for piece in pieces:
                talking.sendall(piece)
                time.sleep(pause_s)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it said what it had to say
        said = b""
        try:
            while chunk := talking.recv(65536):
                said += chunk
                talking.settimeout(1.0)
        except (TimeoutError, ConnectionResetError):
            pass
        return said


def status(said: bytes) -> int:
    assert said.startswith(b"HTTP/1.1 "), said[:200]
    return int(said.split()[1])


def unharmed(api: Api) -> None:
    """It still answers, and the record is what it was."""
    assert api.get("/records").status_code == 200
    assert len(api.get("/records").json()["records"]) == 3
    assert verify_home(api.genealogy.home).faults == ()


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\nab\r\n0\r\n\r\n", b"-1\r\nab\r\n0\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n", b"2;" + b"x" * 70000, b"\r\n\r\n"],
)
def test_bad_chunks(hasty: Api, chunks: bytes) -> None:
    sent = head(
        hasty, f"PUT /v1/orders/{ORDER_ID} HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked"
    )
    said = talk(hasty, sent + chunks)
    assert said == b"" or status(said) in (400, 408)
    unharmed(hasty)


def test_lengths_that_contradict(hasty: Api) -> None:
    for headers in (
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: -1",),
        ("Content-Length: 5x",),
        ("Transfer-Encoding: gzip",),
        ("Transfer-Encoding: chunked, identity",),
    ):
        said = talk(
            hasty,
            head(hasty, f"PUT /v1/orders/{ORDER_ID} HTTP/1.1", *headers) + b"0\r\n\r\nGET /v1/records HTTP/1.1\r\n\r\n",
        )
        assert status(said) in (400, 413, 415, 501), headers
        assert said.count(b"HTTP/1.1 ") == 1, headers  # what follows is no second request
    unharmed(hasty)


def test_a_body_that_says_it_is_too_large_is_not_read(hasty: Api) -> None:
    for line, most in (
        (f"PUT /v1/orders/{ORDER_ID} HTTP/1.1", MAX_ORDER_BODY),
        (f"POST /v1/parts/{SERIAL}/events HTTP/1.1", MAX_SMALL_BODY),
    ):
        for length in (most + 1, 10**18):
            said = talk(hasty, head(hasty, line, f"Content-Length: {length}", "Content-Type: application/json"))
            assert status(said) == 413
            assert json.loads(said.split(b"\r\n\r\n", 1)[1])["status"] == 413
    unharmed(hasty)


def test_a_body_that_does_not_say_how_large_it_is(hasty: Api) -> None:
    sent = head(
        hasty,
        f"POST /v1/parts/{SERIAL}/events HTTP/1.1",
        "Transfer-Encoding: chunked",
        "Content-Type: application/json",
    )
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    assert status(talk(hasty, sent, *[chunk] * 6)) == 413
    unharmed(hasty)


def test_a_form_that_is_too_large_in_one_part(hasty: Api) -> None:
    order = b" " * (8 * 1024 * 1024 + 1)
    answer = hasty.put(f"/orders/{ORDER_ID}", files={"order": ("o", order), "drawing": ("d", b"x")})
    assert answer.status_code == 413
    unharmed(hasty)


def test_a_flood_of_headers(hasty: Api) -> None:
    many = head(hasty, "GET /v1/records HTTP/1.1", *(f"X-{number}: 1" for number in range(100)))
    assert status(talk(hasty, many)) == 431
    assert status(talk(hasty, head(hasty, "GET /v1/records HTTP/1.1", "X: " + "a" * 200_000))) in (400, 431)
    endless = [b"GET /v1/records HTTP/1.1\r\n", *[b"X-Y: " + b"a" * 8000 + b"\r\n"] * 100]
    assert status(talk(hasty, *endless)) in (400, 431)
    unharmed(hasty)


def test_a_long_address(hasty: Api) -> None:
    assert status(talk(hasty, head(hasty, f"GET /v1/records/{'a' * 3000} HTTP/1.1"))) == 414
    assert status(talk(hasty, head(hasty, f"GET /v1/records?after={'a' * 5000} HTTP/1.1"))) == 414
    unharmed(hasty)


@pytest.mark.parametrize(
    "line",
    [
        "GET", "GET /v1/records", "\x00\x01\x02", "GET /v1/records HTTP/9.9", "GET  /v1/records HTTP/1.1",
        "G E T /v1/records HTTP/1.1", "GET /v1/rec\x00ords HTTP/1.1", "GET http://[ HTTP/1.1", "PRI * HTTP/2.0",
    ],
)  # fmt: skip
def test_what_is_no_request(hasty: Api, line: str) -> None:
    said = talk(hasty, head(hasty, line))
    assert said == b"" or status(said) in (400, 404, 405, 505)
    assert b"Traceback" not in said
    unharmed(hasty)


def test_a_head_that_never_ends_is_not_waited_for(hasty: Api) -> None:
    began = time.monotonic()
    drips = [b"GET /v1/health HTTP/1.1\r\n", *[b"X: y\r\n"] * 40]
    assert talk(hasty, *drips, pause_s=0.1, within_s=10.0) == b""
    assert time.monotonic() - began < 10.0
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=5.0) as silent:
        began = time.monotonic()
        assert silent.recv(10) == b""  # hung up on, having said nothing at all
        assert 0.3 < time.monotonic() - began < 3.0
    unharmed(hasty)


def test_a_second_request_that_never_ends_is_not_waited_for(hasty: Api) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=5.0) as talking:
        talking.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert talking.recv(65536).startswith(b"HTTP/1.1 200")
        talking.sendall(b"GET /v1/health HTTP/1.1\r\nHo")
        began = time.monotonic()
        while talking.recv(65536):
            pass
        assert time.monotonic() - began < 3.0
    unharmed(hasty)


def test_a_body_that_drips_is_not_waited_for(hasty: Api) -> None:
    sent = head(hasty, f"PUT /v1/orders/{ORDER_ID} HTTP/1.1", "Content-Length: 1000", "Content-Type: application/json")
    said = talk(hasty, sent, *[b"{"] * 30, pause_s=0.1)
    assert status(said) == 408
    unharmed(hasty)


def test_many_silent_connections_do_not_keep_others_out(hasty: Api) -> None:
    silent = [socket.create_connection(("127.0.0.1", hasty.port)) for _ in range(200)]
    try:
        assert hasty.get("/records").status_code == 200
    finally:
        for one in silent:
            one.close()
    unharmed(hasty)


def test_requests_one_behind_the_other(hasty: Api) -> None:
    one = head(hasty, "GET /v1/health HTTP/1.1")
    assert talk(hasty, one * 20).count(b"HTTP/1.1 200 OK") == 20
    unharmed(hasty)


def test_one_who_hangs_up_in_the_middle(hasty: Api) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", hasty.port)) as talking:
            talking.sendall(head(hasty, "GET /v1/events HTTP/1.1"))
        with socket.create_connection(("127.0.0.1", hasty.port)) as talking:
            talking.sendall(head(hasty, f"PUT /v1/orders/{ORDER_ID} HTTP/1.1", "Content-Length: 9") + b"{")
    end = time.monotonic() + 5.0
    while "station_api_streams 0" not in hasty.get("/metrics").text:
        assert time.monotonic() < end
        time.sleep(0.05)
    unharmed(hasty)


def test_two_tokens_at_once_are_none(hasty: Api) -> None:
    wrong = "Authorization: Bearer st_wrong"
    right = f"Authorization: Bearer {hasty.secrets['quality']}"
    for headers in ((wrong, right), (right, wrong)):
        said = talk(hasty, "\r\n".join(["GET /v1/records HTTP/1.1", "Host: localhost", *headers, "", ""]).encode())
        assert status(said) == 401, said[:300]


def test_a_token_in_the_address_is_none(hasty: Api) -> None:
    for name in ("token", "access_token", "Authorization"):
        answer = hasty.get("/records", "", params={name: hasty.secrets["mes"]})
        assert answer.status_code == 401


def test_a_page_of_another_site_cannot_ask(hasty: Api) -> None:
    """No browser gives a token away: none is in a cookie, and no other origin may read an answer."""
    answer = hasty.get("/records", "", headers={"Origin": "https://evil.example", "Cookie": "token=st_x"})
    assert answer.status_code == 401
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_replayed_order_changes_nothing(hasty: Api, tmp_path: Path) -> None:
    with served(tmp_path / "home", fill=two_orders) as api:
        data = order_bytes("MO-9", "S-9")
        request = head(
            api, "PUT /v1/orders/MO-9 HTTP/1.1", f"Content-Length: {len(data)}", "Content-Type: application/json"
        )
        assert status(talk(api, request + data)) == 201
        newest = api.genealogy.events(limit=1)
        assert status(talk(api, request + data)) == 200
        assert api.genealogy.events(limit=1) == newest

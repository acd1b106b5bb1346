"""Headers, hosts, ids from outside, errors."""

from __future__ import annotations

import http.client
import logging
import threading

import httpx
import pytest

from station.cycle.state import Board, Snapshot
from station.genealogy.store import Genealogy
from station.hmi.app import create_app

from .cell import Cell, commit, served


@pytest.mark.parametrize("path", ["/", "/live", "/health", "/static/station.css", "/static/live.js", "/nothing"])
def test_every_answer_has_the_headers(still: Cell, path: str) -> None:
    headers = still.http.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/parts/nothing",
        "/parts/%00",
        "/parts/..%2f..%2fetc%2fpasswd",
        "/parts/%ff%fe",
        "/parts/" + "9" * 5000,
        "/overlays/nothing.png",
        "/overlays/..%2fx.png",
        "/frames/../../station.db",
        "/frames/..%2f..%2fstation.db",
        "/frames/" + "0" * 64,
        "/frames/" + "*" * 64,
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/docs",
        "/openapi.json",
    ],
)
def test_what_is_not_there_is_a_friendly_404(still: Cell, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", still.port, timeout=5)  # sends the path as it stands
    connection.request("GET", path)
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    assert answer.status == 404
    assert "There is nothing here" in page
    assert "Traceback" not in page


def test_only_get(still: Cell) -> None:
    answer = still.http.post("/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"


def test_only_known_hosts_are_answered(genealogy: Genealogy) -> None:
    known = ["localhost", "127.0.0.1:8000", "[::1]:8000", "cell-3.example"]
    strange = ["evil.example", "localhost.evil.example", "[::2]", "a b", ""]
    with served(genealogy, allowed_hosts=["cell-3.example"]) as cell:
        for host, status in [*((host, 200) for host in known), *((host, 400) for host in strange)]:
            for path in ("/", "/static/station.css", "/health"):
                answer = cell.http.get(path, headers={"Host": host})
                assert answer.status_code == status, host
                assert "Content-Security-Policy" in answer.headers


def test_a_failure_nobody_foresaw_is_a_page_without_a_trace(
    genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    record = commit(genealogy)
    monkeypatch.setattr(genealogy, "inspection", broken)
    with served(genealogy) as cell, caplog.at_level(logging.CRITICAL):
        answer = cell.http.get(f"/parts/{record.id}", params={"lang": "de"})
    assert answer.status_code == 500
    assert "Das hat nicht geklappt" in answer.text
    assert "secret detail" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_two_applications_share_nothing(genealogy: Genealogy) -> None:
    stop = threading.Event()
    first = create_app(Board(Snapshot(station_id="a")), genealogy, stop=stop)
    second = create_app(Board(Snapshot(station_id="b")), genealogy, stop=stop)
    assert first is not second
    assert first.state is not second.state


def test_health(still: Cell) -> None:
    answer = still.http.get("/health")
    assert isinstance(answer, httpx.Response)
    assert answer.json()["status"] == "ok"
    assert answer.json()["station"] == "cell-3"
    assert answer.json()["state"] == "start"

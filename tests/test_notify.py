"""Against real datagram sockets, and against what systemd's own program sends to them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import pytest

from station.notify import Notifier


@dataclass(frozen=True, slots=True)
class Manager:
    """The other end: what systemd would receive."""

    line: socket.socket
    address: str

    def heard(self) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(self.line.recv(4096))
            except BlockingIOError:
                return found


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path) -> Iterator[Manager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        name = str(tmp_path / "n") if request.param == "path" else f"@station-test-{os.getpid()}-{tmp_path.name}"
        line.bind("\0" + name[1:] if request.param == "abstract" else name)
        line.setblocking(False)
        yield Manager(line, name)


def of(**variables: str) -> Notifier:
    return Notifier.from_environment(variables)


def test_what_is_said_arrives_as_the_protocol_wants_it(manager):
    notifier = of(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="2000000", WATCHDOG_PID=str(os.getpid()))
    notifier.ready("Zelle 3 wartet auf Öl")
    notifier.alive()
    notifier.status("measuring RING-237-0001")
    notifier.stopping()
    assert manager.heard() == [
        "READY=1\nSTATUS=Zelle 3 wartet auf Öl".encode(),
        b"WATCHDOG=1",
        b"STATUS=measuring RING-237-0001",
        b"STOPPING=1",
    ]


def test_a_step_gives_a_start_more_time_and_is_a_sign_of_life_later(manager):
    notifier = of(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="2000000")
    notifier.progress("7 loops are compiled")
    notifier.ready("runs")
    notifier.progress("8 loops are compiled")
    assert manager.heard() == [
        b"EXTEND_TIMEOUT_USEC=120000000\nSTATUS=7 loops are compiled",
        b"READY=1\nSTATUS=runs",
        b"WATCHDOG=1",
    ]


def test_it_says_what_systemds_own_program_says(manager):
    program = shutil.which("systemd-notify")
    if program is None:
        pytest.skip("systemd-notify is not here")
    environment = {**os.environ, "NOTIFY_SOCKET": manager.address}
    for words in (["--ready", "--status=up, 20 °C"], ["--status=waits"], ["WATCHDOG=1"]):
        # It waits for systemd to take the message; nobody here does.
        subprocess.run([program, "--no-block", *words], env=environment, check=True)
    theirs = manager.heard()
    notifier = of(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="2000000")
    notifier.ready("up, 20 °C")
    notifier.status("waits")
    notifier.alive()
    assert manager.heard() == theirs


def test_a_status_cannot_smuggle_a_message_in_or_grow_too_long(manager):
    of(NOTIFY_SOCKET=manager.address).status("part X\nREADY=1\r\nSTOPPING=1 \ud800" + "ß" * 5000)
    (message,) = manager.heard()
    assert message.count(b"\n") == 0
    assert message.startswith(b"STATUS=part X READY=1 STOPPING=1 ?")
    assert len(message) < 4096


def test_signs_of_life_are_given_a_tenth_of_the_interval_apart(manager):
    now_s = [100.0]
    notifier = Notifier(manager.address, 5.0, clock=lambda: now_s[0])
    given_s = []
    for _ in range(300):
        notifier.alive()
        if manager.heard():
            given_s.append(now_s[0])
        now_s[0] += 0.01
    assert given_s[0] == 100.0
    assert len(given_s) == 6
    assert max(b - a for a, b in pairwise(given_s)) < 0.52


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"},
    ],
)
def test_without_a_watchdog_for_this_process_there_is_no_sign_of_life(manager, variables):
    notifier = of(NOTIFY_SOCKET=manager.address, **variables)
    notifier.alive()
    assert notifier.watchdog_s is None
    assert manager.heard() == []


@pytest.mark.parametrize(
    "address", ["", "vsock:2:1234", "relative/path", "/nowhere/at/all", "/" + "x" * 300, "@" * 300]
)
def test_without_systemd_nothing_happens(address):
    notifier = of(NOTIFY_SOCKET=address, WATCHDOG_USEC="1000000")
    notifier.ready("up")
    notifier.alive()
    notifier.stopping()


def test_a_systemd_that_takes_nothing_does_not_stop_the_cell(manager):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        name = "\0" + manager.address[1:] if manager.address.startswith("@") else manager.address
        with suppress(BlockingIOError):
            while True:
                other.sendto(b"X=1", name)
    done = threading.Event()
    notifier = of(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="1000000")

    def turn() -> None:
        notifier.alive()
        done.set()

    threading.Thread(target=turn, daemon=True).start()
    assert done.wait(5.0)
    manager.heard()
    notifier.alive()  # not taken before: given again at once
    assert manager.heard() == [b"WATCHDOG=1"]

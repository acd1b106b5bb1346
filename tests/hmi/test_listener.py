"""Connections beyond what the station takes: hung up on, and the screen at the cell is served all the same."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

import httpx
import pytest

from station.hmi import listener
from station.hmi.listener import _origin

from .cell import Cell

OTHER, ANOTHER = "127.0.0.2", "127.0.0.3"  # as if these were other machines


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, cell: Cell) -> Cell:
    monkeypatch.setattr(listener, "_origin", lambda address: address[0] if address[0] in (OTHER, ANOTHER) else "")
    monkeypatch.setattr(listener, "MOST_EACH", 5)
    monkeypatch.setattr(listener, "MOST_OTHERS", 8)
    monkeypatch.setattr(listener, "MOST", 12)
    return cell


def connected(cell: Cell, stack: ExitStack, origin: str, count: int) -> int:
    """Opens connections that say nothing; how many of them stay open."""
    made = [socket.create_connection(("127.0.0.1", cell.port), 5.0, (origin, 0)) for _ in range(count)]
    kept = 0
    for one in made:
        stack.enter_context(one)
        one.settimeout(0.3)
        try:
            assert one.recv(1) == b""
        except TimeoutError:
            kept += 1
        except ConnectionResetError:
            pass
    return kept


def test_others_have_so_many_and_the_screen_at_the_cell_is_served(small: Cell) -> None:
    with ExitStack() as stack:
        assert connected(small, stack, OTHER, 7) == 5
        assert connected(small, stack, ANOTHER, 7) == 3
        with httpx.Client(base_url=f"http://127.0.0.1:{small.port}", trust_env=False) as screen:
            assert screen.get("/health").status_code == 200
    for _ in range(20):  # whoever went makes room, as soon as the server has seen him go
        with ExitStack() as stack:
            if connected(small, stack, OTHER, 5) == 5:
                return
        time.sleep(0.2)  # or each try's own connections are still there at the next one
    pytest.fail("there is no room again")


def test_all_together_have_so_many(small: Cell) -> None:
    with ExitStack() as stack:
        assert connected(small, stack, "127.0.0.1", 14) <= 12


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("127.0.0.1", ""), ("::1", ""), ("::ffff:127.0.0.1", ""), ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"), ("2001:db8:1:2:3::4", "2001:0db8:0001:0002"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
    ],
)  # fmt: skip
def test_where_a_connection_is_from(address: str, origin: str) -> None:
    assert _origin((address, 4711)) == origin

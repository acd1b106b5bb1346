"""A small, quick machine behind a Grbl peer in real time, and the table of what was done to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from station.twin.grbl import GrblPeer, Mechanics, Memory
from station.twin.grbl.troubles import Troubles

needs_motion_stage = pytest.mark.skipif(
    not os.environ.get("STATION_RIG_MOTION"), reason="real time, about two minutes: run scripts/test_motion"
)


def quick_memory(**more: float) -> Memory:
    memory = Memory()
    memory.values |= {20: 1.0, 21: 1.0, 22: 1.0, 24: 300.0, 25: 2400.0, 26: 5.0}
    for axis in range(3):
        memory.values |= {110 + axis: 3000.0, 120 + axis: 400.0, 130 + axis: 60.0}
    memory.values |= {int(name[1:]): value for name, value in more.items()}
    return memory


def quick_peer(tcp: bool, troubles: Troubles | None = None, **settings: float) -> GrblPeer:
    return GrblPeer(quick_memory(**settings), Mechanics([-5.0, -4.0, -3.0]), tcp=tcp, troubles=troubles)


def write_row(transport: str, done: str, said: str, seconds: float) -> None:
    """One line of the table that scripts/test_motion prints."""
    table = os.environ.get("STATION_RIG_MOTION_TABLE")
    if table:
        with Path(table).open("a", encoding="utf-8") as file:
            file.write(f"{transport}\t{done}\t{seconds:.2f}\t{said}\n")

"""What is prepared ahead is as if it had been read and planned just now."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.cycle.ahead import Ahead
from tests.cli.small import calibration, ring_order, write_order

CALIBRATION = calibration()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_order(tmp_path, ring_order(), "A.json")


def test_an_order_is_read_and_planned(path: Path) -> None:
    ahead = Ahead()
    ahead.begin(path, CALIBRATION)
    prepared = ahead.take(path)
    assert prepared is not None
    assert prepared.calibration is CALIBRATION
    assert [item.characteristic for item in prepared.plan.items] == list(prepared.order.characteristics)
    assert ahead.take(path) is None  # once


def test_another_order_is_not_this_one(path: Path, tmp_path: Path) -> None:
    ahead = Ahead()
    ahead.begin(path, CALIBRATION)
    assert ahead.take(tmp_path / "B.json") is None


@pytest.mark.parametrize("how", ["changed", "gone", "unreadable"])
def test_an_order_that_changed_meanwhile_is_read_anew(path: Path, tmp_path: Path, how: str) -> None:
    ahead = Ahead()
    if how == "unreadable":
        path.write_text("{")
    ahead.begin(path, CALIBRATION)
    if how == "changed":
        ahead._begun[1].result()  # type: ignore[index]
        write_order(tmp_path, ring_order(order_id="MO-2"), "A.json")
    elif how == "gone":
        ahead._begun[1].result()  # type: ignore[index]
        path.unlink()
    assert ahead.take(path) is None

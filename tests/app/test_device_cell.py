"""What may keep a cell of real devices from starting, and what must only lock it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from station.app import device_cell
from station.app.running import Running
from station.cycle.fault import Acknowledgement
from station.cycle.readiness import Watch
from station.devices.protocols import CameraFacts
from station.documents import canonical
from station.genealogy.calibrations import accept
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

from ..cli.small import NOW, calibration, ring_order, write_order

ROOT = Path(__file__).parents[2]


class Rig:
    """Has a camera and nothing else."""

    closed = False
    serials: tuple[str, ...] = ()

    def __init__(self, _: object, serials: Sequence[str]) -> None:
        self.camera = self
        Rig.serials = tuple(serials)

    def facts(self) -> CameraFacts:
        return CameraFacts("cam", "1", 320, 240, 8)

    def close(self) -> None:
        Rig.closed = True


def test_a_calibration_that_was_tampered_with_locks_a_cell_and_does_not_keep_it_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATION_HOME", str(tmp_path / "home"))
    with Genealogy.open(StationHome(tmp_path / "home")) as genealogy:
        accept(genealogy, canonical(calibration().to_document()), at=NOW, by="Ann", camera="cam 1")
        with genealogy.engine.connect() as connection:
            connection.exec_driver_sql("DROP TRIGGER documents_no_update")
            connection.exec_driver_sql("UPDATE documents SET data = CAST('{}' AS BLOB)")
            connection.commit()
    said: list[str] = []

    def run_cell(
        _rig: object, genealogy: Any, instrument: Any, _orders: object, camera: str, *_: Any, **__: Any
    ) -> None:
        said.append(Watch(genealogy, camera, instrument.station, lambda: NOW)().locked)

    monkeypatch.setattr("station.devices.rigs.DeviceRig", Rig)
    monkeypatch.setattr(device_cell, "run_cell", run_cell)
    write_order(tmp_path, ring_order(), "A.json")
    how = Running(True, None, 0.0, said.append, said.append, threading.Event(), Acknowledgement())
    device_cell.run_rig(ROOT / "hw" / "field-8mm.toml", tmp_path, how)
    assert "changed in the record" in said[0]
    assert Rig.closed


def test_an_order_that_a_mes_sends_takes_no_place_on_a_pallet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATION_HOME", str(tmp_path / "home"))
    came, orders = tmp_path / "home" / "orders" / "MO-0", tmp_path / "orders"
    came.mkdir(parents=True)
    orders.mkdir()
    write_order(came, ring_order(order_id="MO-0", part={"serial": "A-FIRST"}))  # sorts before the others
    write_order(orders, ring_order(part={"serial": "B-1"}), "1.json")
    write_order(orders, ring_order(order_id="MO-2", part={"serial": "B-2"}), "2.json")
    known: list[tuple[str, ...]] = []

    def run_cell(_rig: object, _record: object, _instrument: object, folder: Any, *_: Any, **__: Any) -> None:
        known.append(tuple(sorted(folder)))

    monkeypatch.setattr("station.devices.rigs.DeviceRig", Rig)
    monkeypatch.setattr(device_cell, "run_cell", run_cell)
    how = Running(False, None, 0.0, lambda _: None, lambda _: None, threading.Event(), Acknowledgement())
    device_cell.run_rig(ROOT / "hw" / "field-8mm.toml", orders, how)
    assert known == [("A-FIRST", "B-1", "B-2")]  # a scanner may name it
    assert Rig.serials == ("B-1", "B-2")
    device_cell.run_rig(ROOT / "hw" / "field-8mm.toml", None, how)
    assert Rig.serials == ()

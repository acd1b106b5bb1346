"""What may keep a cell of real devices from starting, and what must only lock it."""

from __future__ import annotations

import threading
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

    def __init__(self, *_: object) -> None:
        self.camera = self

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

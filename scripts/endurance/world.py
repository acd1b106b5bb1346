"""The cell of the endurance run: small rings, good and bad, on a twin whose every trouble can be called up by name."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from station.cycle.capture import Shooting
from station.cycle.cell import Cell
from station.cycle.inspect import Instrument
from station.cycle.jidoka import Jidoka
from station.cycle.state import Board, Snapshot
from station.devices.protocols import View
from station.documents import canonical
from station.genealogy.home import StationHome
from station.genealogy.inspection import Inspection, StationRecord
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.order.model import Face
from station.order.read import parse_order
from station.twin.bench import Workpiece
from station.twin.part import CircleDeviation, part_of_order
from station.twin.rig import TwinRig
from station.twin.rig_file import CameraTable, FieldTable, TwinFacts
from station.twin.scene import Lamp, Optics, Polarity
from station.twin.troubles import Trouble

OPTICS = Optics(width_px=240, height_px=200, mm_per_px=0.02)
EXPOSURE_US = 2000.0
TOLERANCE_MM = 0.05
CLOCK_JUMP = timedelta(hours=5)
_STATION = StationRecord(id="endurance", software="-", rig="twin", simulated=True)


def order_of(serial: str) -> dict[str, Any]:
    """A ring of 2.4 mm with a bore of 1.2 mm."""
    circles = [("OD", "outer", 2.4), ("ID", "inner", 1.2)]
    return {
        "schema": "order/1",
        "order_id": f"MO-{serial}",
        "part": {"serial": serial, "material": "1.4310", "cte_ppm_per_k": 16.4},
        "geometry": {
            "features": [
                {"id": name, "type": "circle", "side": side, "center": [0, 0], "diameter": diameter}
                for name, side, diameter in circles
            ]
        },
        "characteristics": [
            {
                "id": name, "type": "diameter", "feature": name, "nominal": diameter,
                "lower_tol": -TOLERANCE_MM, "upper_tol": TOLERANCE_MM,
            }
            for name, _, diameter in circles
        ],
    }  # fmt: skip


def calibration_of(optics: Optics) -> Calibration:
    """An honest one of a small camera, valid long enough for a clock that jumps."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    camera = telecentric(optics.width_px, optics.height_px, optics.mm_per_px)
    return Calibration(
        "endurance", made, made.replace(year=2100), camera, 4e-5, 0.0, 0.012, 0.5, 0.008, None, Clipping.NONE, 20.0,
        "the endurance run",
    )  # fmt: skip


@dataclass(slots=True)
class World:
    """One cell, its rig and its record in `home`."""

    home: Path
    seed: int
    recheck_s: float = 0.002
    rig: TwinRig = field(init=False)
    genealogy: Genealogy = field(init=False)
    board: Board = field(init=False)
    cell: Cell = field(init=False)
    _clock_off: timedelta = timedelta(0)
    _full: bool = False

    def __post_init__(self) -> None:
        camera = CameraTable("small-cam", "SC-1", EXPOSURE_US, 8, 10500.0, 2.3)
        lamps = ((View.BACKLIGHT, Lamp()), (View.FRONT, Lamp(0.04, 0.62, Polarity.FRONTLIT)))
        self.rig = TwinRig(TwinFacts("endurance", self.seed, OPTICS, camera, 0.0005, lamps, FieldTable()))
        event.listen(Pool, "checkout", self._limit)
        self.genealogy = Genealogy.open(StationHome(self.home))
        known = calibration_of(OPTICS)
        self.board = Board(Snapshot())
        self.cell = Cell(
            self.rig, self.genealogy, Instrument(known, canonical(known.to_document()), _STATION), {}, self.board,
            Shooting(EXPOSURE_US), "nobody", self.clock, recheck_s=self.recheck_s, jidoka=Jidoka(),
        )  # fmt: skip

    def clock(self) -> datetime:
        """The wall clock, which somebody may set."""
        return datetime.now(UTC) + self._clock_off

    def misbehave(self, *troubles: Trouble) -> None:
        """From now on have these troubles and no others."""
        self.rig.misbehave(*troubles)
        self._full = Trouble.DISK_FULL in troubles
        self._clock_off = CLOCK_JUMP if Trouble.CLOCK_SET in troubles else timedelta(0)

    def add(self, serial: str, off_mm: float, folder: Path) -> None:
        """Puts a ring whose outer diameter is off by that much into the feeder, and its order into the folder."""
        data = json.dumps(order_of(serial)).encode()
        path = folder / f"{serial}.json"
        path.write_bytes(data)
        made = part_of_order(parse_order(data, None, path.name), (CircleDeviation("OD", off_mm),))
        self.rig.add(Workpiece(serial, made, Face.TOP, path))

    def run(
        self, stop: threading.Event, alive: Callable[[], None], done: Callable[[Inspection], None] = lambda _: None
    ) -> None:
        """The cell's own loop; `alive` is called every turn of it."""
        self.cell = replace(self.cell, alive=alive)
        self.cell.run(stop, done)

    def close(self) -> None:
        """Lets go of the record."""
        event.remove(Pool, "checkout", self._limit)
        self.genealogy.close()

    def _limit(self, connection: Any, *_: object) -> None:
        """A full disk, as the database meets it."""
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages if self._full else 2**31 - 2}")


def resident_mb() -> float:
    """How much memory this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

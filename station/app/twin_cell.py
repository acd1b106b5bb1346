"""The simulated cell: its own calibration first, then every order, with the live page beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from station.app import here
from station.app.beside import home_orders
from station.app.here import open_record, station_record
from station.app.models import Shelf
from station.app.running import Running, run_cell
from station.cycle.calibration_life import active_calibration
from station.cycle.capture import Shooting
from station.cycle.certificates import read_certificates
from station.cycle.inspect import Instrument
from station.cycle.masters import calibrate_from_masters
from station.devices.protocols import View
from station.documents import canonical
from station.errors import InputError, StationError
from station.genealogy.calibrations import accept, history
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration
from station.order.folder import OrderFolder
from station.order.read import read_order

if TYPE_CHECKING:
    from station.twin.bench import Workpiece
    from station.twin.rig_file import TwinFacts

DEFAULT_RIG = Path(__file__).resolve().parents[2] / "hw" / "twin.toml"
TWIN_CALIBRATION_VALID = timedelta(days=365)
TWIN = "twin"  # who accepts what the twin made by itself


def run_twin(rig_file: Path, orders: Path | None, how: Running) -> None:
    """Run the simulated cell: its own calibration first, then every order (None: the demo set).

    Raises:
        InputError: the rig's file, the orders, or the port of the page.
    """
    from station.twin.bench import workpiece_of_case, workpiece_of_order
    from station.twin.demo import write_demo
    from station.twin.rig import TwinRig
    from station.twin.rig_file import read_twin

    facts = read_twin(rig_file)
    with tempfile.TemporaryDirectory(prefix="station-") as scratch, open_record() as genealogy:
        workpieces: list[Workpiece]
        if orders is None:
            folder = Path(scratch) / "orders"
            workpieces = [workpiece_of_case(case, folder) for case in write_demo(folder)]
            listed = OrderFolder(folder, home_orders(genealogy, how.say))
        else:
            listed = _usable(orders, home_orders(genealogy, how.say))
            workpieces = [workpiece_of_order(read_order(path), path) for path in OrderFolder(orders).values()]
        made = _Made(listed, genealogy, {piece.serial for piece in workpieces}, how.say)
        instrument = twin_instrument(rig_file, facts, Path(scratch), genealogy, how.say)
        rig = TwinRig(facts, workpieces, more=None if how.once else made)
        run_cell(
            rig, genealogy, instrument, listed, camera_of(facts), Shooting(facts.camera.exposure_us),
            facts.shift_check, how,
        )  # fmt: skip


class _Made:
    """Parts that the twin makes of orders that come while it runs, each once; what was inspected is not made again."""

    def __init__(self, orders: OrderFolder, genealogy: Genealogy, made: set[str], say: Callable[[str], None]) -> None:
        self._orders, self._genealogy, self._say = orders, genealogy, say
        self._seen = {path for serial, path in orders.items() if serial in made}

    def __call__(self) -> list[Workpiece]:
        """Those that were not made before."""
        from station.twin.bench import workpiece_of_order

        found = []
        for path in [path for path in self._orders.values() if path not in self._seen]:
            self._seen.add(path)
            try:
                order = read_order(path)
                if not self._genealogy.attempts(order.order_id, order.part.serial):
                    found.append(workpiece_of_order(order, path))
            except StationError as error:
                self._say(f"The twin cannot make this part: {error}")
        return found


def _usable(orders: Path, received: Path) -> OrderFolder:
    """A folder of orders that the twin can make parts of, and that of those that come through the API."""
    listed = OrderFolder(orders)
    for one in listed.listed:
        if one.fault:
            raise InputError(one.fault, place=str(one.path))
    if not listed:
        raise InputError("there are no orders (*.json) in this folder", place=str(orders))
    return OrderFolder(orders, received)


def camera_of(facts: TwinFacts) -> str:
    """What the record calls the twin's camera."""
    return f"{facts.camera.model} {facts.camera.serial}"


def twin_instrument(
    rig_file: Path, facts: TwinFacts, scratch: Path, genealogy: Genealogy, say: Callable[[str], None]
) -> Instrument:
    """The twin with the calibration in force; where it has none it makes its own.

    What a person accepted expires and locks; what the twin made by itself it makes anew.
    """
    camera = camera_of(facts)
    found = active_calibration(genealogy, camera)
    own = found is not None and history(genealogy, camera, limit=1)[0].by == TWIN
    if found is None or (own and not found[0].valid_at(here.now())):
        say("Calibrating the simulated camera on nine pictures of certified masters …")
        found = calibrate_twin(rig_file, scratch, genealogy, camera)
    return Instrument(*found, station_record(facts.name, simulated=True), Shelf())


def calibrate_twin(rig_file: Path, scratch: Path, genealogy: Genealogy, camera: str) -> tuple[Calibration, bytes]:
    """The twin is calibrated as a real rig is: pictures of certified masters through the ordinary calibration."""
    from station.twin.masters import write_twin_masters
    from station.twin.rig_file import read_twin

    facts = read_twin(rig_file)
    lamp = facts.lamp(View.BACKLIGHT)
    if lamp is None:
        raise InputError("the twin has no backlight to calibrate with", place=str(rig_file))
    folder = scratch / "masters"
    order = write_twin_masters(folder, facts.optics, lamp, np.random.default_rng(facts.seed))
    made = here.now()
    calibration = calibrate_from_masters(
        read_order(order),
        read_certificates(folder / "MASTERS.csv"),
        camera=None,
        made=made,
        valid_for=TWIN_CALIBRATION_VALID,
        identity=f"twin-{made:%Y%m%dT%H%M%S}",
    )
    data = canonical(calibration.to_document())
    accept(genealogy, data, at=made, by=TWIN, camera=camera, remark="made by the twin on its first start")
    return calibration, data

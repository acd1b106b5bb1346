"""The simulated cell: its own calibration first, then every order, with the live page beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from station.app import here
from station.app.here import open_record, station_record
from station.app.running import Running, run_cell
from station.cycle.calibration_life import active_calibration
from station.cycle.capture import Shooting
from station.cycle.certificates import read_certificates
from station.cycle.inspect import Instrument
from station.cycle.masters import calibrate_from_masters
from station.devices.protocols import View
from station.documents import canonical
from station.errors import InputError
from station.genealogy.calibrations import accept, history
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration
from station.order.folder import OrderFolder
from station.order.read import read_order

if TYPE_CHECKING:
    from station.twin.rig_file import TwinFacts

DEFAULT_RIG = Path(__file__).resolve().parents[2] / "hw" / "twin.toml"
TWIN_CALIBRATION_VALID = timedelta(days=365)
TWIN = "twin"  # who accepts what the twin made by itself


def run_twin(rig_file: Path, orders: Path | None, how: Running) -> None:
    """Run the simulated cell: its own calibration first, then every order (None: the demo set).

    Raises:
        InputError: the rig's file, the orders, or the port of the page.
    """
    from station.twin.bench import Workpiece, workpiece_of_case, workpiece_of_order
    from station.twin.demo import write_demo
    from station.twin.rig import TwinRig
    from station.twin.rig_file import read_twin

    facts = read_twin(rig_file)
    with tempfile.TemporaryDirectory(prefix="station-") as scratch, open_record() as genealogy:
        workpieces: list[Workpiece]
        if orders is None:
            folder = Path(scratch) / "orders"
            workpieces = [workpiece_of_case(case, folder) for case in write_demo(folder)]
            listed = OrderFolder(folder)
        else:
            listed = _usable(orders)
            workpieces = [workpiece_of_order(read_order(path), path) for path in listed.values()]
        instrument = twin_instrument(rig_file, facts, Path(scratch), genealogy, how.say)
        run_cell(
            TwinRig(facts, workpieces), genealogy, instrument, listed, camera_of(facts),
            Shooting(facts.camera.exposure_us), facts.shift_check, how,
        )  # fmt: skip


def _usable(orders: Path) -> OrderFolder:
    """A folder of orders that the twin can make parts of."""
    listed = OrderFolder(orders)
    for one in listed.listed:
        if one.fault:
            raise InputError(one.fault, place=str(one.path))
    if not listed:
        raise InputError("there are no orders (*.json) in this folder", place=str(orders))
    return listed


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
    return Instrument(*found, station_record(facts.name, simulated=True))


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

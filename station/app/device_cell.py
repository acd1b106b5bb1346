"""A cell of real devices: its rig from a file, its calibration from the record, its orders from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from station.app.beside import home_orders
from station.app.here import open_record, station_record
from station.app.models import Shelf
from station.app.running import Running, run_cell
from station.cycle.capture import Shooting
from station.cycle.inspect import Instrument
from station.cycle.jidoka import Jidoka
from station.devices.found import Found
from station.devices.shift_check import ShiftCheck
from station.errors import InputError
from station.order.folder import OrderFolder

if TYPE_CHECKING:
    from station.devices.rig_file import RigFacts


def run_rig(rig_file: Path, orders: Path | None, how: Running) -> None:
    """Runs the cell of a rig's file over a folder of orders, to which more may come while it runs.

    Raises:
        InputError: the rig's file, the orders, or the port of the page.
        DeviceError: a device cannot be opened.
    """
    from station.devices.rig_file import read_rig
    from station.devices.rigs import DeviceRig

    facts = read_rig(rig_file)
    if how.once and orders is None:
        raise InputError("a rig of real devices needs its orders: give a folder", place="--orders")
    with open_record() as genealogy:
        folder = OrderFolder(*filter(None, (orders, home_orders(genealogy, how.say))))
        if how.once and not folder:
            raise InputError("there are no orders (*.json) in this folder", place=str(orders))
        # A pallet without a scanner is loaded by the folder that its loader sees, not by what a MES sends meanwhile.
        rig = DeviceRig(facts, [] if orders is None else sorted(OrderFolder(orders)))
        try:
            known = rig.camera.facts()
            camera = f"{known.model} {known.serial}"
            # Which calibration is in force the cell asks before every part, and waits where there is none to use.
            run_cell(
                rig,
                genealogy,
                Instrument(None, None, station_record(facts.name, simulated=False), Shelf()),
                folder,
                camera,
                _shooting(facts),
                ShiftCheck(facts.cell.shift_check),
                how,
                jidoka=Jidoka(facts.cell.stop_after_held) if facts.cell.lights_out else None,
                button=lambda: rig.button,
            )
        finally:
            rig.close()


def _shooting(facts: RigFacts) -> Shooting:
    # Files are handed out once: another look would be another part's picture.
    looks_again = facts.devices["camera"][0].module != "camera_files"
    return Shooting(facts.cell.exposure_us, facts.cell.frames, facts.cell.settles, looks_again)


def check_devices(rig_file: Path) -> list[tuple[str, str, bool]]:
    """Of every device of a rig its kind, what it says or what is wrong, and whether it is well; the twin's too.

    Raises:
        InputError: the rig's file.
    """
    from station.devices.rig_file import is_twin, read_rig
    from station.devices.rigs import open_and_check

    if is_twin(rig_file):
        from station.twin.rig import TwinRig
        from station.twin.rig_file import read_twin

        rig = TwinRig(read_twin(rig_file))
        devices = (("camera", rig.camera), ("light", rig.light), ("gate", rig.gate), ("tower", rig.tower),
                   ("feeder", rig.feeder), ("interlock", rig.interlock))  # fmt: skip
        return [(kind, device.check(), True) for kind, device in devices]
    return open_and_check(read_rig(rig_file))


def find_devices() -> list[Found]:
    """Everything attached that looks like a device of ours."""
    from station.devices.drivers import find_all

    return find_all()

#!/usr/bin/env python3
"""Whether all of the station can be imported on this machine, and the libraries that drive its devices do run.

Devices' libraries are loaded only once a rig has such a device, so a wheel that does not fit this machine would show
late. scripts/check_arm64 runs this on arm64.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
import sys
import time
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import station

# Programs; what only alembic loads; what trains models, on a PC, with libraries that the station does without.
NOT_IMPORTED = re.compile(r"__main__|\.migrations\.|^station\.training\b")
LIBRARIES = {
    "gpiozero": ["gpiozero", "gpiozero.pins.lgpio"],
    "lgpio": ["lgpio"],
    "pyserial": ["serial", "serial.tools.list_ports"],
    "pymodbus": ["pymodbus.client", "pymodbus.server"],
    "opencv-python-headless": ["cv2"],
    "numba": ["numba"],
}


def main() -> int:
    """Exit status 0; a module that cannot be imported ends it with its error."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    began = time.monotonic()
    names = [
        one.name for one in pkgutil.walk_packages(station.__path__, "station.") if not NOT_IMPORTED.search(one.name)
    ]
    modules = [module for several in LIBRARIES.values() for module in several]
    for name in [*names, *modules]:
        importlib.import_module(name)
    drivers = sum(name.startswith("station.devices.") for name in names)
    print(f"{len(names)} modules, {drivers} of them for devices, in {time.monotonic() - began:.0f} s.")
    print(", ".join(f"{library} {version(library)}" for library in LIBRARIES))
    return no_such_chip()


def no_such_chip() -> int:
    """1 unless lgpio's compiled part says that a chip which cannot be there is not there."""
    import lgpio

    try:
        lgpio.gpiochip_open(10_000)
    except lgpio.error as error:
        print(f"lgpio answers: {error}")
        return 0
    print("lgpio opened a GPIO chip that is not there.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

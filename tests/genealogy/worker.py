"""A process of its own that commits until it is told to stop, is killed, or cannot any more.

    worker.py HOME COUNT [--limit BYTES] [--serial SERIAL] [--nobody]

Prints ``ready``, then the attempt of each record once its commit has returned, and ``error: …`` at the end if any.
"""

from __future__ import annotations

import argparse
import os
import resource
from pathlib import Path

from station.errors import StorageError
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

from .builders import at, draft, evidence


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--limit", type=int, help="no file may become larger than this many bytes")
    parser.add_argument("--serial", default="S")
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--nobody", action="store_true")
    options = parser.parse_args()
    if options.nobody:
        os.chdir(options.home.parent)
        os.setresuid(65534, 65534, 65534)
        options.home = Path(options.home.name)
    if options.limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (options.limit, options.limit))
    try:
        with Genealogy.open(StationHome(options.home)) as genealogy:
            print("ready", flush=True)
            for number in range(options.count):
                given = evidence(number + os.getpid() * 1000, size=options.size)
                record = genealogy.commit(draft(serial=options.serial), given, committed=at(number))
                print(record.attempt, flush=True)
    except StorageError as error:
        print(f"error: {error}", flush=True)


if __name__ == "__main__":
    main()

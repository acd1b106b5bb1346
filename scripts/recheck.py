#!/usr/bin/env python3
"""Re-decide stored inspections with another calibration or this software and show what changes. Nothing is recorded.

The pictures, the order and the temperature are those of the record (STATION_HOME), each checked by its hash; without
--calibration so is the calibration, and then this software finds what it recorded, or the difference is the software's.
Pictures of another camera than the calibration's, and inspections whose pictures are not kept, are left out by name.

By default by processes of this machine. With --cluster on a Dask cluster (extra 'cluster'): its workers need this
software in this version, best one thread each (dask worker --nthreads 1), and nothing of the record: it is sent along.

Exit status 0: no verdict changes. 1: some verdict does. 2: bad input, an inspection that was asked for could not be
measured again, or what is stored is not what was committed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from station.app import EVERYTHING, NotReplayed, inspections_of, recheck
from station.cycle.replay import Replayed
from station.errors import StationError
from station.tables.basics import print_json
from station.tables.progress import Bar
from station.tables.replays import print_replays, replays_document


def main() -> int:
    """Exit status 0 no verdict changes, 1 some does, 2 bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="+", metavar="ID", help=f"inspections (station records), or {EVERYTHING}")
    parser.add_argument("--calibration", type=Path, metavar="FILE", help="measure with this one instead")
    parser.add_argument("--processes", type=int, default=0, metavar="N", help="side by side (default: one a core)")
    parser.add_argument("--cluster", default="", metavar="ADDRESS", help="on a Dask cluster: tcp://HOST:8786")
    parser.add_argument("--verdicts", action="store_true", help="show only what changes a verdict")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    args = parser.parse_args()
    if args.processes < 0:
        parser.error("--processes: at least 1")
    if args.processes and args.cluster:
        parser.error("--processes are those of this machine, --cluster has its own")
    found: list[Replayed] = []
    left_out: list[NotReplayed] = []
    try:
        inspections = inspections_of(args.ids)
        with Bar("Rechecking", quiet=args.json) as bar:
            for one in recheck(inspections, args.calibration, args.processes, args.cluster):
                if isinstance(one, NotReplayed):
                    left_out.append(one)
                else:
                    found.append(one)
                bar.update(len(found) + len(left_out), len(inspections))
    except StationError as error:
        print(f"recheck: {error}", file=sys.stderr)
        return 2
    reasons = [(one.id, one.sentence) for one in left_out]
    if args.json:
        print_json(replays_document(found, reasons))
    else:
        print_replays(found, reasons, only_verdicts=args.verdicts)
    if any(not one.intact for one in left_out) or (left_out and (EVERYTHING not in args.ids or not found)):
        return 2
    return 1 if any(one.verdict_changed for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The shift check: a good master passes within its certificate and a known-bad one fails for the right reason.

Otherwise the station is locked until a check passes or a calibration is accepted. The masters are those of a CHECK file
(shift-check/1, see docs/calibration.md), or are named here: each --bad has its --because, in the same sequence, such as
"3:too large" or "3:too large,4:too small". --certificates is a table like MASTERS.csv; then E_n has to be at most 1.

Exit status 0: passed. 1: failed, the station is locked. 2: bad input, nothing was recorded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from station.app import MAIN_CAMERA, check_and_record, now, operator_name, try_check
from station.cycle.certificates import read_certificates
from station.cycle.shift_check import CheckedMaster
from station.cycle.shift_check_file import because_from, master_of, read_check
from station.errors import InputError, StationError
from station.reports.document import Document, moment_text, source_of
from station.script import add_page, check_places, deliver_page
from station.tables.basics import print_json
from station.tables.shift_checks import print_check


def main() -> int:
    """Exit status 0 passed, 1 failed, 2 bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", type=Path, nargs="?", metavar="CHECK", help="shift-check/1 file with the masters")
    parser.add_argument("--good", action="append", default=[], metavar="ORDER=IMAGE", help="a master that has to pass")
    parser.add_argument("--bad", action="append", default=[], metavar="ORDER=IMAGE", help="a master that has to fail")
    parser.add_argument(
        "--because", action="append", default=[], metavar="WHY", help="CHARACTERISTIC[:too large|small]"
    )
    parser.add_argument(
        "--certificates", type=Path, metavar="CSV", help="certified sizes: image,feature,value_mm,u_mm[,edge]"
    )
    parser.add_argument("--view", default="backlight", help="light of the pictures (default backlight)")
    parser.add_argument("--temperature", type=float, metavar="C", help="masters' temperature in °C")
    parser.add_argument(
        "--camera", default=MAIN_CAMERA, help=f"camera whose station is checked (default {MAIN_CAMERA})"
    )
    parser.add_argument("--calibration", type=Path, metavar="FILE", help="try this one instead; nothing is recorded")
    parser.add_argument("--valid-hours", type=float, default=12.0, metavar="N", help="counts for N hours (default 12)")
    parser.add_argument("--by", help="who checks (default: who is logged in)")
    add_page(parser)
    parser.add_argument("--json", action="store_true", help="print the check as JSON and nothing else")
    args = parser.parse_args()
    try:
        check_places(args.page)
        masters = _masters(args)
        by = operator_name() if args.by is None else args.by
        if args.calibration is not None:
            document = try_check(masters, args.calibration, args.temperature, by=by)
        else:
            valid_for = timedelta(hours=args.valid_hours) if 0.0 < args.valid_hours < 1e4 else timedelta(0)
            document = check_and_record(masters, args.camera, args.temperature, by=by, valid_for=valid_for)
        deliver_page(args.page, lambda: _page(args, document))
    except StationError as error:
        print(f"verify_masters: {error}", file=sys.stderr)
        return 2
    if args.json:
        print_json(document)
    else:
        print_check(document, recorded=args.calibration is None)
    return 0 if document["passed"] else 1


def _page(args: argparse.Namespace, document: Mapping[str, Any]) -> Document:
    from station.reports.calibration.shift_check import shift_check_page

    tables = ((args.check, "shift-check/1"), (args.certificates, "certificates"), (args.calibration, "calibration"))
    return shift_check_page(
        document,
        tuple(source_of(path, what) for path, what in tables if path is not None),
        made_on=moment_text(now()),
        recorded=args.calibration is None,
    )


def _masters(args: argparse.Namespace) -> list[CheckedMaster]:
    if args.check is not None:
        if args.good or args.bad or args.because or args.certificates:
            raise InputError("either a CHECK file or --good, --bad and --certificates", place=str(args.check))
        return read_check(args.check)
    if len(args.bad) != len(args.because):
        raise InputError("each --bad needs one --because, in the same sequence", place="--because")
    certificates = [] if args.certificates is None else read_certificates(args.certificates)
    named = [(text, "") for text in args.good] + list(zip(args.bad, args.because, strict=True))
    found = []
    for text, why in named:
        order, sign, image = text.partition("=")
        if not (order and sign and image):
            raise InputError(f"{text[:80]!r} is not ORDER=IMAGE", place="--bad" if why else "--good")
        because = [because_from(one, "--because") for one in why.split(",")] if why else []
        path = Path(image)
        found.append(master_of(path.stem, Path(order), path, because, certificates, args.view))
    return found


if __name__ == "__main__":
    sys.exit(main())

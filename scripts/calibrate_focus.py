#!/usr/bin/env python3
"""Best position, depth of field, tilt and telecentricity from pictures of one silhouette at several heights.

    calibrate_focus.py --table FOCUS.csv --mm-per-px 0.0174 --out focus.json
    calibrate_focus.py --out focus.json --page focus.html z-0.50mm.png z-0.25mm.png z+0.00mm.png …

Any part with smooth edges over the field serves, better a target with edges everywhere. Take seven or more heights, on
both sides of the focus and past the depth that is hoped for. FOCUS.csv has the columns image,z_mm, image relative to
it; without a table the names say it: z+0.25mm.png, z-50um.png. See docs/calibration-light.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from station.app import check_writable, now, operator_name, write_json
from station.cycle.focus import FocusAsked, measure_focus
from station.cycle.series import focus_frames
from station.cycle.signed import Signed
from station.errors import StationError
from station.tables.basics import print_json
from station.tables.light import focus_rows, made_rows, print_focus


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="document focus/1 to write")
    parser.add_argument("--table", type=Path, metavar="CSV", help="table image,z_mm")
    parser.add_argument("--page", type=Path, metavar="HTML", help="page with plots to write")
    parser.add_argument(
        "--allowed-px",
        type=float,
        metavar="PX",
        help="edge spread (sigma) that is allowed (default: what the quality gate allows, 1.6 times the sharpest)",
    )
    parser.add_argument("--mm-per-px", type=float, metavar="MM", help="scale, for angles in degrees")
    parser.add_argument(
        "--size-change",
        type=float,
        default=1e-4,
        metavar="RELATIVE",
        help="change of a size by height that is allowed (default 0.0001)",
    )
    parser.add_argument("--by", default=operator_name(), help="who calibrates (default: who is logged in)")
    parser.add_argument("--camera-serial", default="", metavar="TEXT")
    parser.add_argument("--lamp-serial", default="", metavar="TEXT")
    parser.add_argument("--temperature", type=float, metavar="C", help="of the camera's surroundings")
    parser.add_argument("--json", action="store_true", help="print the document as JSON and nothing else")
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="pictures or folders")
    args = parser.parse_args()
    try:
        for path in (args.out, args.page):
            if path is not None:
                check_writable(path)
        focus = measure_focus(
            focus_frames(args.table, args.images),
            FocusAsked(args.allowed_px, args.mm_per_px, args.size_change),
            Signed(now(), args.by, args.camera_serial, args.lamp_serial, args.temperature),
            progress=lambda name: None if args.json else print(f"looking at {name}", file=sys.stderr),
        )
        write_json(args.out, focus.to_document())
        if args.page is not None:
            from station.reports.document import write_page
            from station.reports.focus_page import focus_page

            write_page(args.page, focus_page(focus, [*made_rows(focus.made), *focus_rows(focus)]))
    except StationError as error:
        print(f"calibrate_focus: {error}", file=sys.stderr)
        return 2
    if args.json:
        print_json(focus.to_document())
    else:
        print_focus(focus, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

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

from station.cycle.focus import FocusAsked, measure_focus
from station.cycle.series import focus_frames
from station.reports.document import Document
from station.script import add_json, add_out, add_page, add_signed, check_places, deliver, program, run, signed_of, tell
from station.tables.light import focus_rows, print_focus


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = program("calibrate_focus", __doc__)
    add_out(parser, "document focus/1")
    parser.add_argument("--table", type=Path, metavar="CSV", help="table image,z_mm")
    add_page(parser)
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
    add_signed(parser)
    add_json(parser, "document")
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="pictures or folders")
    return run(parser, _calibrate)


def _calibrate(args: argparse.Namespace) -> int:
    check_places(args.out, args.page)
    focus = measure_focus(
        focus_frames(args.table, args.images),
        FocusAsked(args.allowed_px, args.mm_per_px, args.size_change),
        signed_of(args),
        progress=tell(args, "looking at"),
    )

    def page() -> Document:
        from station.reports.calibration.focus import focus_page

        return focus_page(focus, focus_rows(focus))

    return deliver(args, focus.to_document(), page=page, show=lambda: print_focus(focus, args.out))


if __name__ == "__main__":
    sys.exit(main())

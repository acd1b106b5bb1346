#!/usr/bin/env python3
"""How sharp edges are over the field: slanted edges after ISO 12233, beside what the vision core sees.

    calibrate_psf.py --out psf.json --page psf.html edges-1.png edges-2.png

Pictures of silhouettes in focus under the light that measures, not clipped: turned squares or rings spread over the
field, edges a few degrees off the pixel grid. Several pictures with the target elsewhere fill the field. See
docs/calibration-light.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from station.app import check_writable, now, operator_name, write_json
from station.cycle.psf import measure_psf
from station.cycle.series import files_of
from station.cycle.signed import Signed
from station.errors import StationError
from station.tables.basics import print_json
from station.tables.light import made_rows, print_psf, psf_rows


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="document psf/1 to write")
    parser.add_argument("--page", type=Path, metavar="HTML", help="page with plots to write")
    parser.add_argument("--by", default=operator_name(), help="who calibrates (default: who is logged in)")
    parser.add_argument("--camera-serial", default="", metavar="TEXT")
    parser.add_argument("--lamp-serial", default="", metavar="TEXT")
    parser.add_argument("--temperature", type=float, metavar="C", help="of the camera's surroundings")
    parser.add_argument("--json", action="store_true", help="print the document as JSON and nothing else")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="pictures or folders")
    args = parser.parse_args()
    try:
        for path in (args.out, args.page):
            if path is not None:
                check_writable(path)
        found = measure_psf(
            files_of(args.images),
            Signed(now(), args.by, args.camera_serial, args.lamp_serial, args.temperature),
            progress=lambda name: None if args.json else print(f"looking at {name}", file=sys.stderr),
        )
        psf = found.psf
        write_json(args.out, psf.to_document())
        if args.page is not None:
            from station.reports.document import write_page
            from station.reports.psf_page import psf_page

            write_page(args.page, psf_page(found, [*made_rows(psf.made), *psf_rows(psf)]))
    except StationError as error:
        print(f"calibrate_psf: {error}", file=sys.stderr)
        return 2
    if args.json:
        print_json(psf.to_document())
    else:
        print_psf(psf, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

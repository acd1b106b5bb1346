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

from station.cycle.psf import measure_psf
from station.cycle.series import files_of
from station.reports.document import Document
from station.script import add_json, add_out, add_page, add_signed, check_places, deliver, program, run, signed_of, tell
from station.tables.light import print_psf, psf_rows


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = program("calibrate_psf", __doc__)
    add_out(parser, "document psf/1")
    add_page(parser)
    add_signed(parser)
    add_json(parser, "document")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="pictures or folders")
    return run(parser, _calibrate)


def _calibrate(args: argparse.Namespace) -> int:
    check_places(args.out, args.page)
    found = measure_psf(files_of(args.images), signed_of(args), progress=tell(args, "looking at"))

    def page() -> Document:
        from station.reports.calibration.psf import psf_page

        return psf_page(found, psf_rows(found.psf))

    return deliver(args, found.psf.to_document(), page=page, show=lambda: print_psf(found.psf, args.out))


if __name__ == "__main__":
    sys.exit(main())

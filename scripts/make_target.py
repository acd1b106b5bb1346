#!/usr/bin/env python3
"""Draw a calibration board to print or to order, or a master plate with its order and table.

    make_target.py --board chessboard:14x10:15mm --out board.pdf             smallest paper that holds it
    make_target.py --board charuco:20x20:4mm:3.2mm:DICT_4X4_1000 --out board.svg --paper none
    make_target.py --board dots:25x25:0.5mm:0.25mm --out dots.dxf            chrome on glass, from a maker
    make_target.py --board chessboard:14x10:15mm --out board.png --px-per-mm 20
    make_target.py --masters calibration/masters/plate-8.toml --out FOLDER   drawing, order, table, known-bad plate

Print at 100 % ("actual size"), then measure the scale bars in both directions: calibration/board.md says how.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from station.app import check_writable
from station.errors import InputError, StationError
from station.targets.plate import read_plate, write_plate
from station.targets.shapes import PAPERS_MM, Target, board_target, fitting_paper
from station.targets.writers import dxf_of, pdf_of, png_of, svg_of
from station.vision.boards import FORMS, parse_board

DEFAULT_PX_PER_MM = 20.0


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--board", metavar="SPEC", help=f"one of {', '.join(FORMS)}")
    what.add_argument("--masters", type=Path, metavar="TOML", help="definition of a master plate")
    parser.add_argument("--out", type=Path, required=True, help="FILE.svg, .pdf, .dxf or .png; for --masters a folder")
    parser.add_argument(
        "--paper",
        metavar="NAME",
        help=f"{', '.join(PAPERS_MM)} or none (default: the smallest that fits for PDF and SVG, none for DXF and PNG)",
    )
    parser.add_argument("--px-per-mm", type=float, default=DEFAULT_PX_PER_MM, metavar="N", help="for PNG (default 20)")
    args = parser.parse_args()
    try:
        if args.masters is not None:
            for path in write_plate(read_plate(args.masters), args.out):
                print(path)
            return 0
        check_writable(args.out)
        kind = args.out.suffix.lower()
        target = _target(args.board, kind, args.paper)
        data = _data(target, kind, args.px_per_mm)
        try:
            args.out.write_bytes(data)
        except OSError as error:
            raise InputError(f"the file cannot be written ({error.strerror})", place=str(args.out)) from error
    except StationError as error:
        print(f"make_target: {error}", file=sys.stderr)
        return 2
    bar = f"; check the {target.bar_mm:g} mm bars" if target.bar_mm else ""
    print(f"{args.out}: {target.name}, sheet {target.width_mm:g} x {target.height_mm:g} mm{bar}.")
    return 0


def _target(spec: str, kind: str, paper: str | None) -> Target:
    board = parse_board(spec)
    if paper is None and kind in (".pdf", ".svg"):
        paper = fitting_paper(board)
    return board_target(board, spec.strip(), paper=None if paper in (None, "none") else paper)


def _data(target: Target, kind: str, px_per_mm: float) -> bytes:
    match kind:
        case ".svg":
            return svg_of(target)
        case ".pdf":
            return pdf_of(target)
        case ".dxf":
            return dxf_of(target)
        case ".png":
            if not 0.01 < px_per_mm < 10_000:
                raise InputError(f"{px_per_mm:g} pixels per millimetre make no sense", place="--px-per-mm")
            return png_of(target, px_per_mm)
        case _:
            raise InputError("a target is an .svg, .pdf, .dxf or .png file", place="--out")


if __name__ == "__main__":
    sys.exit(main())

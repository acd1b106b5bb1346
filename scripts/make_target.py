#!/usr/bin/env python3
"""Draw a calibration board to print or to order, or a master plate with its order and table.

    make_target.py --board chessboard:14x10:15mm --out board.pdf             smallest paper that holds it
    make_target.py --board charuco:20x20:4mm:3.2mm:DICT_4X4_1000 --out board.svg --paper none
    make_target.py --board dots:25x25:0.5mm:0.25mm --out dots.dxf            chrome on glass, from a maker
    make_target.py --board chessboard:14x10:15mm --out board.png --px-per-mm 20
    make_target.py --definition calibration/boards/chessboard-14x10-15mm.toml --out FOLDER
    make_target.py --masters calibration/masters/plate-8.toml --out FOLDER   drawing, order, table, known-bad plate

Print at 100 % ("actual size"), then measure the scale bars in both directions: calibration/board.md says how.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from station.app import check_writable
from station.errors import InputError
from station.script import program, run
from station.targets.definition import DEFAULT_PX_PER_MM, data_of, target_for, write_boards
from station.targets.plate import read_plate, write_plate
from station.targets.shapes import PAPERS_MM
from station.vision.boards import FORMS


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = program("make_target", __doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--board", metavar="SPEC", help=f"one of {', '.join(FORMS)}")
    what.add_argument("--definition", type=Path, metavar="TOML", help="definition of a board: all its files")
    what.add_argument("--masters", type=Path, metavar="TOML", help="definition of a master plate: all its files")
    parser.add_argument(
        "--out", type=Path, required=True, help="FILE.svg, .pdf, .dxf or .png; a folder for definitions"
    )
    parser.add_argument(
        "--paper",
        metavar="NAME",
        help=f"{', '.join(PAPERS_MM)} or none (default: the smallest that fits for PDF and SVG, none for DXF and PNG)",
    )
    parser.add_argument("--px-per-mm", type=float, default=DEFAULT_PX_PER_MM, metavar="N", help="for PNG (default 20)")
    return run(parser, _make)


def _make(args: argparse.Namespace) -> int:
    if args.board is not None:
        print(_draw(args.board, args.out, args.paper, args.px_per_mm))
        return 0
    made = write_plate(read_plate(args.masters), args.out) if args.masters else write_boards(args.definition, args.out)
    print("\n".join(map(str, made)))
    return 0


def _draw(spec: str, out: Path, paper: str | None, px_per_mm: float) -> str:
    """One file; what was made in a sentence."""
    check_writable(out)
    kind = out.suffix.lower().removeprefix(".")
    target = target_for(spec, kind, paper)
    data = data_of(target, kind, px_per_mm)
    try:
        out.write_bytes(data)
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(out)) from error
    bar = f"; check the {target.bar_mm:g} mm bars" if target.bar_mm else ""
    return f"{out}: {target.name}, sheet {target.width_mm:g} x {target.height_mm:g} mm{bar}."


if __name__ == "__main__":
    sys.exit(main())

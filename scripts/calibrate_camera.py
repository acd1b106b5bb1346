#!/usr/bin/env python3
"""Calibrate a camera from pictures of a board: lens model, scale, plane.

    calibrate_camera.py --board chessboard:14x10:15mm --out camera.json board.png
    calibrate_camera.py --board charuco:20x20:4mm:3.2mm:DICT_4X4_1000 --out camera.json frame-*.jpg
    calibrate_camera.py --board dots:25x25:0.5mm:0.25mm --lens telecentric --out camera.json --page camera.html *.png

Boards to print or to order: scripts/make_target.py; how to take the pictures: calibration/README.md.

The lens is taken as a pinhole unless --lens telecentric says otherwise: one frontal picture shows no difference, so it
is not guessed. A telecentric lens needs no distance; pictures of the board at known heights (--height a.png=0 --height
b.png=2.5, millimetres towards the camera) tell by how much its scale depends on the height after all.

The measuring plane is the board's plane in the first usable picture (or --plane FILE). A part usually lies on another
plane: say by how much with --plane-offset (millimetres nearer to the camera; needs the distance, so several pictures or
--focal-length), or correct the scale afterwards with a master feature (calibrate_masters.py --camera). Until then the
scale carries the uncertainty --plane-u.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from station import __version__
from station.app import now, valid_for_days
from station.cycle.camera import BoardPlane, LensKind, calibrate_from_board
from station.errors import InputError
from station.reports.document import Document, Fact, source_of
from station.script import add_by, add_json, add_out, add_page, check_places, deliver, program, run, tell
from station.tables.calibrations import print_camera


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    return run(_parser(), _calibrate)


def _parser() -> argparse.ArgumentParser:
    parser = program("calibrate_camera", __doc__)
    parser.add_argument(
        "--board",
        required=True,
        metavar="SPEC",
        help="chessboard:14x10:15mm (inner corners), charuco:20x20:4mm:3.2mm:DICT_4X4_1000 (squares), "
        "dots:25x25:1mm:0.5mm (dots, pitch, diameter if known) or dots-asym:4x11:2mm (staggered rows)",
    )
    parser.add_argument("--lens", choices=("pinhole", "telecentric"), default="pinhole", help="default pinhole")
    parser.add_argument(
        "--height", action="append", default=[], metavar="IMAGE=MM",
        help="telecentric: height of the board in a picture, towards the camera; at two or more heights",
    )  # fmt: skip
    add_out(parser, "calibration file")
    parser.add_argument("--plane", type=Path, metavar="FILE", help="picture whose board lies in the measuring plane")
    parser.add_argument(
        "--plane-offset",
        type=float,
        default=0.0,
        metavar="MM",
        help="part's plane nearer to the camera than the board's",
    )
    parser.add_argument(
        "--plane-u", type=float, metavar="RELATIVE",
        help="relative standard uncertainty of the scale because the part's plane is not the board's "
        "(default 0.009; 0 if the part lies in the board's plane; with --plane-offset default 0.001; telecentric "
        "0.0003 per mm, or what --height pictures measured)",
    )  # fmt: skip
    parser.add_argument(
        "--board-u",
        type=float,
        default=1e-4,
        metavar="RELATIVE",
        help="relative standard uncertainty of the board's own size, from its certificate (default 0.0001)",
    )
    parser.add_argument(
        "--board-temperature", type=float, default=20.0, metavar="C", help="the board's temperature (default 20)"
    )
    parser.add_argument(
        "--board-cte", type=float, default=0.0, metavar="PPM",
        help="the board's expansion per kelvin (soda-lime glass 8.5; default 0: not corrected)",
    )  # fmt: skip
    parser.add_argument("--focal-length", type=float, metavar="PX", help="focal length in pixels, if it is known")
    parser.add_argument("--valid-days", type=float, default=365.0, metavar="N", help="valid for N days (default 365)")
    parser.add_argument("--id", help="name of the calibration (default: from the date)")
    add_by(parser, "calibrates")
    add_page(parser)
    add_json(parser, "calibration")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    return parser


def _calibrate(args: argparse.Namespace) -> int:
    check_places(args.out, args.page)
    made = now()
    plane = BoardPlane(
        args.plane, args.plane_offset, args.plane_u, args.board_u, args.board_temperature, args.board_cte
    )
    calibration, report = calibrate_from_board(
        args.images,
        args.board,
        plane,
        lens=LensKind(args.focal_length, args.lens == "telecentric", _heights(args.height)),
        made=made,
        valid_for=valid_for_days(args.valid_days),
        identity=args.id or f"camera-{made:%Y%m%dT%H%M%S}",
        progress=tell(args, "looking at"),
    )
    calibration = replace(calibration, made_by=args.by, software=__version__)

    def page() -> Document:
        from station.reports.calibration.camera import camera_page

        sources = tuple(source_of(path, "picture") for path in args.images)
        return camera_page(calibration, report, sources, _parameters(args, plane))

    return deliver(args, calibration.to_document(), page=page, show=lambda: print_camera(calibration, report, args.out))


def _parameters(args: argparse.Namespace, plane: BoardPlane) -> tuple[Fact, ...]:
    """What the person said, for the page."""
    plane_u = "default of this lens" if plane.u_scale is None else f"{plane.u_scale:g} relative"
    return (
        Fact("board", args.board),
        Fact("lens", args.lens),
        Fact("u of the board's size", f"{args.board_u:g} relative"),
        Fact("board's temperature", f"{args.board_temperature:g} °C, {args.board_cte:g} ppm/K"),
        Fact("part's plane nearer by", f"{args.plane_offset:g} mm"),
        Fact("u of the part's plane", plane_u),
    )


def _heights(texts: list[str]) -> dict[Path, float]:
    heights = {}
    for text in texts:
        name, separator, value = text.rpartition("=")
        try:
            heights[Path(name)] = float(value)
        except ValueError as error:
            raise InputError(f"{text!r} is not of the form IMAGE=MM", place="--height") from error
        if not separator or not name:
            raise InputError(f"{text!r} is not of the form IMAGE=MM", place="--height")
    return heights


if __name__ == "__main__":
    sys.exit(main())

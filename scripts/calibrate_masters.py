#!/usr/bin/env python3
"""Calibrate from pictures of parts of certified size: scale, edge offset and their covariance.

MASTERS.csv has the columns image,feature,value_mm,u_mm: the certified diameter of a circle or arc of the order's
geometry in each picture (image relative to the CSV), or the centre distance of two of them (feature "A-B"). With
--camera the lens model of a board (scripts/calibrate_camera.py) is kept and only its scale is corrected to the
masters' plane.

Where edges are not all of one kind (turned, punched, ...) the column edge names the kind of each; an empty cell is the
kind that the order says, or the default kind. Each kind gets an edge offset of its own.

Further columns may say whose sizes they are: master, certificate, issuer, date, due (dates as 2026-11-22). They stand
in the calibration, and a certificate that was over is named when the calibration is accepted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from station import __version__
from station.app import load_calibration, now, operator_name, valid_for_days, write_json
from station.cycle.certificates import Certificate, read_certificates
from station.cycle.masters import Origin, calibrate_from_masters
from station.documents import parse_json, read_limited
from station.errors import StationError
from station.metrology.calibration import Calibration
from station.metrology.calibration_origin import SECTIONS, Artefact, Devices, section_from
from station.order.model import Order
from station.order.read import read_order
from station.reports.document import Document
from station.script import add_page, check_places, deliver_page
from station.tables.basics import print_json
from station.tables.calibrations import calibration_rows, print_calibration


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--order", type=Path, required=True, help="order whose geometry the masters have")
    parser.add_argument("--masters", type=Path, required=True, help="MASTERS.csv")
    parser.add_argument("--out", type=Path, required=True, help="calibration file to write")
    parser.add_argument(
        "--camera", type=Path, help="camera calibration to build on (lens, plane); its scale is corrected"
    )
    parser.add_argument("--view", default="backlight", help="light of the pictures (default backlight)")
    parser.add_argument(
        "--temperature", type=float, default=20.0, metavar="C", help="masters' temperature (default 20)"
    )
    parser.add_argument("--valid-days", type=float, default=365.0, metavar="N", help="valid for N days (default 365)")
    parser.add_argument(
        "--edge-u",
        type=float,
        metavar="PX",
        help="how far edges may lie off before the masters tell (default 0.3; 0.12 with --camera)",
    )
    parser.add_argument("--id", help="name of the calibration (default: from date and order)")
    parser.add_argument("--by", help="who calibrates (default: who is logged in)")
    parser.add_argument("--artefact", default="", help="name of the artefact or set of masters")
    parser.add_argument("--artefact-serial", default="", metavar="SERIAL", help="its serial number")
    for device in ("camera", "lens", "lamp"):
        parser.add_argument(f"--{device}-serial", default="", metavar="SERIAL", help=f"serial number of the {device}")
    for name in SECTIONS:
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"{name}/1 document to carry along")
    add_page(parser)
    parser.add_argument("--before", type=Path, metavar="FILE", help="calibration to hold it against on the page")
    parser.add_argument("--json", action="store_true", help="print the calibration as JSON and nothing else")
    args = parser.parse_args()
    try:
        check_places(args.out, args.page)
        before = load_calibration(args.before)[0] if args.before else None
        order = read_order(args.order)
        certificates = read_certificates(args.masters)
        made = now()
        calibration = calibrate_from_masters(
            order,
            certificates,
            camera=load_calibration(args.camera)[0].camera if args.camera else None,
            made=made,
            valid_for=valid_for_days(args.valid_days),
            identity=args.id or f"masters-{order.part.part_number or order.order_id}-{made:%Y%m%dT%H%M%S}",
            temperature_c=args.temperature,
            prior_edge_px=args.edge_u,
            view=args.view,
            origin=_origin(args),
            progress=lambda name: None if args.json else print(f"measuring {name}", file=sys.stderr),
        )
        write_json(args.out, calibration.to_document())
        deliver_page(args.page, lambda: _page(args, calibration, order, certificates, before))
    except StationError as error:
        print(f"calibrate_masters: {error}", file=sys.stderr)
        return 2
    if args.json:
        print_json(calibration.to_document())
    else:
        print_calibration(calibration, calibration_rows(calibration), args.out)
    return 0


def _page(
    args: argparse.Namespace,
    calibration: Calibration,
    order: Order,
    certificates: Sequence[Certificate],
    before: Calibration | None,
) -> Document:
    from station.reports.calibration.masters import masters_page, sources_of

    prior = "by default" if args.edge_u is None else f"{args.edge_u:g} px"
    return masters_page(
        calibration,
        order,
        certificates,
        before,
        rows=calibration_rows(calibration),
        parameters=(
            ("light", args.view),
            ("masters' temperature", f"{args.temperature:g} °C"),
            ("u of the edge offset before the masters tell", prior),
            ("valid for", f"{args.valid_days:g} days"),
        ),
        sources=sources_of(
            args.order, args.masters, certificates, ((args.camera, "camera"), (args.before, "calibration before"))
        ),
    )


def _origin(args: argparse.Namespace) -> Origin:
    given = {name: getattr(args, name) for name in SECTIONS}
    return Origin(
        made_by=operator_name() if args.by is None else args.by,
        software=__version__,
        artefact=Artefact(args.artefact, args.artefact_serial),
        devices=Devices(args.camera_serial, args.lens_serial, args.lamp_serial),
        sections=tuple(
            section_from(name, parse_json(read_limited(path), str(path)), str(path))
            for name, path in given.items()
            if path is not None
        ),
    )


if __name__ == "__main__":
    sys.exit(main())

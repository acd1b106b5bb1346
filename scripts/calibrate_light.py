#!/usr/bin/env python3
"""Camera and lamp after EMVA 1288: gain, noise, linearity, pixels that differ, the lamp's fall-off and flicker.

    calibrate_light.py --table LIGHT.csv --out light.json
    calibrate_light.py --out light.json --page light.html frames/

Take pairs of frames of the empty lit field at nine or more exposures, evenly up to just beyond saturation, and dark
pairs at the same exposures; of one exposure near half of saturation take 16. LIGHT.csv has the columns
image,exposure_us,kind (bright or dark), image relative to it; without a table the names say it:
bright_500us_1.png, dark-2.5ms-02.tif. One-channel PNG or TIFF of 8 or 16 bits; see docs/calibration-light.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from station.app import check_writable, now, operator_name, write_json
from station.cycle.irradiance import Irradiance
from station.cycle.light import LightAsked, measure_light, write_maps
from station.cycle.light_series import Region
from station.cycle.series import light_frames
from station.cycle.signed import Signed
from station.documents import parse_json, read_limited
from station.errors import InputError, StationError
from station.metrology.estimate import Estimate
from station.metrology.light import Light
from station.tables.basics import print_json
from station.tables.light import light_rows, made_rows, print_light


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    args = _parser().parse_args()
    try:
        for path in (args.out, args.page):
            if path is not None:
                check_writable(path)
        signed = Signed(now(), args.by, args.camera_serial, args.lamp_serial, args.temperature)
        asked = LightAsked(args.bits, _photons(args), _region(args.region), smooth=not args.per_pixel)
        accepted = None
        if args.accepted is not None:
            place = str(args.accepted)
            accepted = Light.from_document(parse_json(read_limited(args.accepted), place), place)
        found = measure_light(
            light_frames(args.table, args.images),
            asked,
            signed,
            accepted,
            progress=lambda name: None if args.json else print(f"looking at {name}", file=sys.stderr),
        )
        light = found.light
        write_json(args.out, light.to_document())
        if args.maps is not None:
            write_maps(args.maps, found.flat)
        if args.page is not None:
            from station.reports.document import write_page
            from station.reports.light_page import light_page

            write_page(args.page, light_page(light, [*made_rows(light.made), *light_rows(light)]))
    except StationError as error:
        print(f"calibrate_light: {error}", file=sys.stderr)
        return 2
    if args.json:
        print_json(light.to_document())
    else:
        print_light(light, args.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="document light/1 to write")
    parser.add_argument("--table", type=Path, metavar="CSV", help="table image,exposure_us,kind")
    parser.add_argument("--page", type=Path, metavar="HTML", help="page with plots to write")
    parser.add_argument("--maps", type=Path, metavar="FOLDER", help="write the correction as offset.tif and gain.tif")
    parser.add_argument(
        "--per-pixel", action="store_true", help="gains pixel by pixel instead of a smooth surface (adds noise)"
    )
    parser.add_argument("--accepted", type=Path, metavar="FILE", help="earlier light/1 to compare the lamp with")
    parser.add_argument("--bits", type=int, metavar="N", help="the camera's bits (default: from the pictures)")
    parser.add_argument("--region", metavar="X,Y,W,H", help="look at this part of the picture only")
    photons = parser.add_argument_group("for the quantum efficiency, all three of")
    photons.add_argument("--irradiance", type=float, metavar="UW_PER_CM2", help="on the sensor")
    photons.add_argument("--wavelength", type=float, metavar="NM")
    photons.add_argument("--pixel", type=float, metavar="UM", help="side of a pixel")
    photons.add_argument(
        "--irradiance-u", type=float, default=0.03, metavar="RELATIVE", help="its standard uncertainty (default 0.03)"
    )
    parser.add_argument("--by", default=operator_name(), help="who calibrates (default: who is logged in)")
    parser.add_argument("--camera-serial", default="", metavar="TEXT")
    parser.add_argument("--lamp-serial", default="", metavar="TEXT")
    parser.add_argument("--temperature", type=float, metavar="C", help="of the camera's surroundings")
    parser.add_argument("--json", action="store_true", help="print the document as JSON and nothing else")
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="pictures or folders")
    return parser


def _photons(args: argparse.Namespace) -> Estimate | None:
    values = args.irradiance, args.wavelength, args.pixel
    if all(v is None for v in values):
        return None
    if any(v is None for v in values):
        raise InputError("the quantum efficiency needs --irradiance, --wavelength and --pixel together")
    return Irradiance(args.irradiance, args.irradiance_u, args.wavelength, args.pixel).photons_per_us()


def _region(text: str | None) -> Region | None:
    if text is None:
        return None
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise InputError("a region is four whole numbers: left,top,width,height", place="--region") from error
    return Region(x, y, width, height)


if __name__ == "__main__":
    sys.exit(main())

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

from station.cycle.irradiance import Irradiance
from station.cycle.light import LightAsked, measure_light, write_maps
from station.cycle.light_series import Region
from station.cycle.series import light_frames
from station.documents import parse_json, read_limited
from station.errors import InputError
from station.metrology.estimate import Estimate
from station.metrology.light import Light
from station.reports.document import Document
from station.script import add_json, add_out, add_page, add_signed, check_places, deliver, program, run, signed_of, tell
from station.tables.light import light_rows, print_light


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    return run(_parser(), _calibrate)


def _calibrate(args: argparse.Namespace) -> int:
    check_places(args.out, args.page)
    signed = signed_of(args)
    found = measure_light(
        light_frames(args.table, args.images),
        LightAsked(args.bits, _photons(args), _region(args.region), smooth=not args.per_pixel),
        signed,
        _accepted(args.accepted),
        progress=tell(args, "looking at"),
    )
    light = found.light
    if args.maps is not None:
        write_maps(args.maps, found.flat)

    def page() -> Document:
        from station.reports.calibration.light import light_page

        return light_page(light, light_rows(light))

    return deliver(args, light.to_document(), page=page, show=lambda: print_light(light, args.out))


def _parser() -> argparse.ArgumentParser:
    parser = program("calibrate_light", __doc__)
    add_out(parser, "document light/1")
    parser.add_argument("--table", type=Path, metavar="CSV", help="table image,exposure_us,kind")
    add_page(parser)
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
    add_signed(parser)
    add_json(parser, "document")
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="pictures or folders")
    return parser


def _accepted(path: Path | None) -> Light | None:
    return None if path is None else Light.from_document(parse_json(read_limited(path), str(path)), str(path))


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

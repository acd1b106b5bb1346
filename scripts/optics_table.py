#!/usr/bin/env python3
"""What the optics of a rig give, and which uncertainty the station will state with them.

    optics_table.py                     the rigs of hw/optics.md, as tables
    optics_table.py --markdown          the same as hw/optics.md has them
    optics_table.py --field 8 --pixels 2448 2048 --pixel-um 3.45 --magnification 1 --na 0.05 --working-mm 44

Fields of view, blur and depths follow from formulas; U comes from the station's own prediction, with a calibration from
the master plate of that field (calibration/masters/) whose certificates have the u that the plate's specification asks
for, and again with 1 um.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from optics.examples import EXAMPLES
from optics.expected import Expected, expected, plate_of
from optics.lens import Lens, Optics, Sensor

from station.errors import InputError
from station.tables.basics import console, table

FIELDS = (1, 3, 8, 25)
LOOSE_UM = 1.0  # what certificates of a general coordinate measuring machine have

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def main() -> int:
    """Exit status 0; 2 for optics that make no sense."""
    args = _parser().parse_args()
    try:
        rigs = EXAMPLES if args.magnification is None else (_own(args),)
        found = [(rig, expected(rig), expected(rig, LOOSE_UM)) for rig in rigs]
    except (InputError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps({"rigs": [_document(*one) for one in found]}, indent=1))
    elif args.markdown:
        print("\n\n".join(markdown(one) for one in tables(found)))
    else:
        for title, head, rows in tables(found):
            shown = table(*head)
            for row in rows:
                shown.add_row(*row)
            console().print(f"\n[bold]{title}[/bold]", shown)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true", help="print what stands in hw/optics.md")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    own = parser.add_argument_group("a rig of your own")
    own.add_argument("--field", type=int, choices=FIELDS, default=8, help="the master plate to calibrate on (mm)")
    own.add_argument("--pixels", type=int, nargs=2, metavar=("W", "H"), default=(1456, 1088))
    own.add_argument("--pixel-um", type=float, default=3.45, metavar="UM", help="side of a pixel of the sensor")
    own.add_argument("--magnification", type=float, metavar="M", help="of the lens: 0.5 makes 1 mm 0.5 mm large")
    own.add_argument("--na", type=float, metavar="NA", help="on the part's side; M / (2 F) with the working f-number F")
    own.add_argument("--working-mm", type=float, default=100.0, metavar="MM")
    own.add_argument("--telecentricity", type=float, default=0.1, metavar="DEG")
    own.add_argument("--distortion", type=float, default=0.1, metavar="PERCENT")
    return parser


def _own(args: argparse.Namespace) -> Optics:
    sizes = (*args.pixels, args.pixel_um, args.magnification, args.working_mm)
    if not all(0 < size < 1e5 for size in sizes) or args.na is None or not 0 < args.na < 1:
        raise ValueError("--magnification needs --na between 0 and 1, and all sizes must be positive")
    lens = Lens("your lens", args.magnification, args.na, args.working_mm, args.telecentricity, args.distortion, "you")
    rig = Optics(args.field, Sensor("your sensor", *args.pixels, args.pixel_um), lens)
    plate_mm = plate_of(args.field).document.outer_diameter
    if min(rig.seen_mm) < 1.05 * plate_mm:
        seen = " x ".join(f"{side:.3g}" for side in rig.seen_mm)
        raise ValueError(f"the field of view of {seen} mm is too small for the plate of {plate_mm:g} mm; see --field")
    return rig


def tables(found: list[tuple[Optics, Expected, Expected]]) -> list[Table]:
    """Titles, heads and rows of the three tables."""
    names = _names([rig for rig, _, _ in found])
    rigs = [(name, rig) for name, (rig, _, _) in zip(names, found, strict=True)]
    u_head = (
        "", "certificates u, µm", "u scale, ppm", "u edge, px", "U outer Ø", "U smallest hole", "U distance",
        "U slot", "narrowest T of outer Ø",
    )  # fmt: skip
    u_rows = []
    for name, (rig, asked, loose) in zip(names, found, strict=True):
        u_rows += [_u_row(f"{name} ({plate_of(rig.field_mm).name})", asked), _u_row("", loose)]
    return [
        (
            "What the camera sees",
            (
                "", "sensor", "lens", "field of view, mm", "pixel, µm", "NA, f/", "Airy radius, µm", "step σ, px",
                "edge moved, px", "depth of field, µm",
            ),
            [_seen_row(name, rig) for name, rig in rigs],
        ),
        (
            "What the mount must keep",
            (
                "", "lens's figures from", "sensor's diagonal, mm", "0.1 mm higher moves an edge, µm",
                "corner off before the board, µm", "fastest in 100 µs, mm/s", "focus drift, µm/K",
            ),
            [_mount_row(name, rig) for name, rig in rigs],
        ),
        ("U to expect (k = 2), µm", u_head, u_rows),
    ]  # fmt: skip


def _names(rigs: list[Optics]) -> list[str]:
    """1a, 1b, 3a, …"""
    counted: dict[int, int] = {}
    names = []
    for rig in rigs:
        counted[rig.field_mm] = counted.get(rig.field_mm, 0) + 1
        names.append(f"{rig.field_mm}{'abcdef'[counted[rig.field_mm] - 1]}")
    return names


def _seen_row(name: str, rig: Optics) -> tuple[str, ...]:
    width, height = rig.seen_mm
    return (
        name, rig.sensor.name, rig.lens.name, f"{width:.2f} × {height:.2f}", f"{rig.pixel_um:.2f}",
        f"{rig.lens.na:.3f}, {rig.f_number:.0f}", f"{rig.airy_um:.1f}", f"{rig.step_px:.2f}",
        f"{rig.edge_offset_px:.2f}", f"{rig.depth_um:.0f}",
    )  # fmt: skip


def _mount_row(name: str, rig: Optics) -> tuple[str, ...]:
    return (
        name, rig.lens.known, f"{rig.sensor.diagonal_mm:.1f}", f"{rig.height_error_um:.2f}",
        f"{rig.distortion_um:.1f}", f"{rig.speed_mm_s:.0f}", f"{rig.focus_drift_um_per_k:.1f}",
    )  # fmt: skip


def _u_row(name: str, e: Expected) -> tuple[str, ...]:
    sizes = (e.outer_um, e.small_um, e.distance_um, e.width_um, e.tolerance_um)
    return (name, f"{e.certificate_um:g}", f"{1e6 * e.u_scale:.0f}", f"{e.u_edge_px:.3f}", *(f"{s:.2f}" for s in sizes))


def markdown(one: Table) -> str:
    """A table as hw/optics.md has it."""
    title, head, rows = one
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([f"**{title}**", "", *lines])


def _document(rig: Optics, asked: Expected, loose: Expected) -> dict[str, object]:
    seen = {
        "field_of_view_mm": rig.seen_mm, "pixel_um": rig.pixel_um, "f_number": rig.f_number, "airy_um": rig.airy_um,
        "blur_px": rig.blur_px, "step_px": rig.step_px, "edge_offset_px": rig.edge_offset_px, "depth_um": rig.depth_um,
        "height_error_um": rig.height_error_um, "distortion_um": rig.distortion_um, "speed_mm_s": rig.speed_mm_s,
        "focus_drift_um_per_k": rig.focus_drift_um_per_k,
    }  # fmt: skip
    return {**asdict(rig), **seen, "expected": [asdict(asked), asdict(loose)]}


if __name__ == "__main__":
    sys.exit(main())

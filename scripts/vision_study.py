#!/usr/bin/env python3
"""What real pictures do to the measurement: uneven light, dirt, chamfers, burrs, tilt, colour sensors, JPEG, noise.

A ring and a slotted plate are rendered with known truth, spoiled in one way at a time, and inspected with a calibration
that is exact. Lengths are in 1/1000 px: bias and rmse of an outer and an inner size, of the rim's centre in the field
(plate: the distance from edge to slot), of the contour's points; how many times the clean case's rmse; the share of
sizes that were measured and of stated U95 intervals that hold the truth; and false verdicts: parts 0.03 px outside a
limit that PASS, conforming sizes that FAIL.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from benchmark.degrade import Row, count_rows, degrade
from benchmark.part import finite
from benchmark.spoil import cases
from rich.progress import track

from station.tables.basics import console, table


def main() -> int:
    """Exit status 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=60, help="parts per case (default 60)")
    parser.add_argument("--case", nargs="+", default=[], metavar="NAME", choices=[case.name for case in cases()])
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument(
        "--look", action="store_true", help="the calibration knows how clean edges look, as masters' do"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    args = parser.parse_args()
    if args.parts < 1:
        parser.error("there must be at least one part")
    progress = track(
        degrade(args.parts, args.case, args.seed, look=args.look),
        "Measuring …",
        total=count_rows(args.case),
        disable=args.json,
    )
    rows = list(progress)
    if args.json:
        print(json.dumps({"rows": [finite(asdict(row)) for row in rows]}, indent=1))
        return 0
    shown = table(
        *("case", "part", "outer bias", "rmse", "inner bias", "rmse", "place bias", "rmse", "contour", "× clean"),
        *("measured", "U95 holds", "false PASS", "false FAIL"),
    )
    for row in rows:
        shown.add_row(row.case, row.part, *_figures(row))
    console().print(shown)
    return 0


def _figures(row: Row) -> tuple[str, ...]:
    lengths = (row.outer_bias, row.outer_rmse, row.inner_bias, row.inner_rmse, row.place_bias, row.place_rmse)
    shares = (f"{100 * row.measured:.0f} %", f"{100 * row.covered:.0f} %")
    counts = (f"{row.false_pass}/{row.parts}", f"{row.false_fail}")
    return (*(f"{n:.1f}" for n in (*lengths, row.contour_rmse)), f"{row.times_clean:.2f}", *shares, *counts)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Do the stated uncertainties hold? Thousands of twin parts, measured and compared with what they are.

    coverage_study.py --parts 1000

Every part is made a little differently, lies differently and is seen through another blur, light and dirt; scale, edge
offset, single edges and temperature are off as the calibration says they may be. The table has, for each kind of
characteristic: the share of U95 intervals that hold the truth (94 to 96 % is honest), and how many parts whose true
value lies exactly at the limit would pass (at most 5 %), at a lower limit and at an upper one.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from benchmark.part import finite
from benchmark.spread import spread
from intervals.study import Measured, Row, measure_parts, rows_of
from intervals.subjects import Subject, subjects
from intervals.teeth import toothed_subjects

from station.tables.basics import console, table

CHUNK = 25


def main() -> int:
    """Exit status 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [subject.name for subject in _all()]
    parser.add_argument("--parts", type=int, default=400, metavar="N", help="parts of each kind (default 400)")
    parser.add_argument("--only", nargs="+", choices=known, default=known, help="some kinds of part")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="share the work (default 2)")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    args = parser.parse_args()
    if args.parts < 1:
        parser.error("there must be at least one part")
    jobs = [
        (name, min(CHUNK, args.parts - at), args.seed + at) for name in args.only for at in range(0, args.parts, CHUNK)
    ]
    done = spread(_chunk, jobs, args.processes, lambda text: _tell(text, args.json), "parts")
    measured = [one for some, _ in done for one in some]
    rows = rows_of(measured, [name for _, some in done for name in some])
    if args.json:
        print(
            json.dumps(
                {"parts": args.parts, "seed": args.seed, "rows": [finite(asdict(row)) for row in rows]}, indent=1
            )
        )
    else:
        _print(rows)
    return 0


def _all() -> tuple[Subject, ...]:
    return (*subjects(), *toothed_subjects())


def _chunk(job: tuple[str, int, int]) -> tuple[list[Measured], list[str]]:
    name, parts, seed = job
    subject = next(s for s in _all() if s.name == name)
    found: list[Measured] = []
    missed: list[str] = []
    for some, none in measure_parts(subject, parts, seed):
        found += some
        missed += none
    return found, missed


def _tell(text: str, quiet: bool) -> None:
    if not quiet:
        print(text, file=sys.stderr)


def _print(rows: list[Row]) -> None:
    shown = table("", "asked", "measured", "U95 holds", "PASS at the limit: lower", "upper", "bias / u", "rms / u", "u")
    for row in rows:
        shares = (f"{100 * share:.1f} %" for share in (row.covered, row.low_pass, row.high_pass))
        turns = row.name.endswith("angle")
        unit = "°" if turns else " µm" if row.name != "all" else ""
        u = row.u if turns else 1e3 * row.u
        shown.add_row(
            row.name, str(row.asked), str(row.measured), *shares, f"{row.bias:+.2f}", f"{row.spread:.2f}",
            f"{u:.2g}{unit}" if unit else "",
        )  # fmt: skip
    console().print(shown)


if __name__ == "__main__":
    sys.exit(main())

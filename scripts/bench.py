#!/usr/bin/env python3
"""How accurate and how fast the core is: against the physical limit, its targets, and what people would use instead.

Every figure of docs/benchmarks.md comes from here. Times are ratios to a single-threaded 5x5 Gaussian blur of the same
12 MP picture, timed in the same run. The whole run takes about a quarter of an hour on two cores, --quick about a
minute; the peers it compares with come with the extra `bench` and are left out, by name, where they are missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from benchmark.comparison import missing_peers
from benchmark.part import FULL, QUICK
from benchmark.plots import INSTALL, draw, drawable
from benchmark.report import print_summary, write
from benchmark.run import PARTS, run
from rich.console import Console


def main() -> int:
    """Exit status 0 when it ran, whatever holds; 2 for bad usage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="rough figures in about a minute")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="NAME", help=_names())
    parser.add_argument("--write", type=Path, nargs="?", const=Path("docs"), metavar="FOLDER", help=_written())
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument("--samples", type=int, metavar="N", help="pictures per cell of the accuracy tables")
    parser.add_argument("--orders", type=int, metavar="N", help="distinct orders of the stream (default 100 000)")
    parser.add_argument("--stream-minutes", type=float, metavar="N", help="how long the stream may take at most")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    sizes = replace(QUICK if args.quick else FULL, seed=args.seed)
    given = {"samples": args.samples, "orders": args.orders}
    if args.stream_minutes is not None:
        given["stream_s"] = 60.0 * args.stream_minutes
    sizes = replace(sizes, **{name: value for name, value in given.items() if value is not None})
    if args.write is not None:
        if set(args.only) != set(PARTS):
            parser.error("--write needs all parts, so not --only")
        if not drawable():
            print(f"bench: {INSTALL}", file=sys.stderr)
            return 2
    screen = Console(stderr=True, quiet=args.json)
    with screen.status("…") as status:
        document = run(
            args.only,
            sizes,
            "quick" if args.quick else "full",
            status.update,
            lambda name, seconds: screen.print(f"{name}: {seconds:.0f} s", highlight=False),
        )
    if args.write is not None:
        path = write(document, args.write, draw(document, args.write / "benchmarks"))
        screen.print(f"written: {path}", highlight=False)
    if args.json:
        print(json.dumps(document, indent=1, allow_nan=False))
        return 0
    print_summary(document)
    if "peers" in args.only and missing_peers():
        print(missing_peers(), file=sys.stderr)
    return 0


def _names() -> str:
    return f"only these parts: {', '.join(PARTS)}"


def _written() -> str:
    return "write benchmarks.md and its plots to FOLDER (default docs)"


if __name__ == "__main__":
    sys.exit(main())

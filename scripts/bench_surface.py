#!/usr/bin/env python3
"""How well the surface model tells defects from good faces, beside what people would use instead.

On rendered faces that neither the training nor its thresholds have seen, and on real magnetic tiles (--tiles), which
judge and are never tuned on. Intervals are 95 %: bootstrap over the pictures, Wilson for shares. Then how often the
station is wrong when it decides against a limit, and what a megapixel costs. About ten minutes; --quick about one.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from surface.cost import Cost, cost
from surface.decided import MM_PER_PX, Decided, decided
from surface.figures import Figures, figures, wilson
from surface.methods import INSTALL, has_filters, methods
from surface.rendered import Findings, compared, faces, findings
from surface.tiles import GOOD, SMALL, read_tiles, scored

from station.networks.load import load_model
from station.script import add_json, program, run
from station.tables.basics import console, print_json, table

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Exit status 0 when it ran, whatever holds; 2 for bad input."""
    parser = program("bench_surface", __doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "surface", metavar="FOLDER")
    parser.add_argument(
        "--tiles", type=Path, default=ROOT.parent / "shared" / "data" / "tiles", metavar="DIR",
        help="real pictures, a folder a class, FILE.jpg and its mask FILE.png; left out where it is absent",
    )  # fmt: skip
    parser.add_argument("--faces", type=int, default=400, metavar="N", help="rendered good faces, and half as many bad")
    parser.add_argument("--quick", action="store_true", help="60 faces")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    add_json(parser, "figures")
    return run(parser, _bench)


PARTS = ("rendered", "decided", "tiles", "cost")


def _bench(args: Namespace) -> int:
    model = load_model(args.model, threads=1)
    all_methods = methods(model)
    count = 60 if args.quick else args.faces
    document: dict[str, Any] = {"model": {"name": model.name, "sha256": model.sha256}}
    out = Console(stderr=True, quiet=args.json)
    with out.status("…") as status:
        if {"rendered", "decided"} & set(args.only):
            judged = faces(model, count, count // 2, status.update)
        if "rendered" in args.only:
            rendered = compared(judged[: count // 2] + judged[count:], all_methods, status.update)
            found = findings(judged, model)
            document["rendered"] = {name: asdict(one) for name, one in rendered.items()}
            document["findings"] = asdict(found)
        if "decided" in args.only:
            verdicts = decided(judged, model, status.update)
            document["decided"] = [asdict(one) | {"undecided": one.undecided} for one in verdicts]
        tiles = read_tiles(args.tiles) if "tiles" in args.only and args.tiles.is_dir() else []
        tiles = [tile for tile in tiles if tile.kind in (*SMALL, GOOD)]
        real = {}
        for method in all_methods if tiles else ():
            status.update(f"tiles: {method.name}")
            real[method.name] = figures([one for _, one in scored(method, tiles)])
        document["tiles"] = {name: asdict(one) for name, one in real.items()}
        if "cost" in args.only:
            status.update("cost")
            price = cost(args.model)
            document["cost"] = asdict(price)
    if args.json:
        print_json(document)
        return 0
    if "rendered" in args.only:
        _print_figures("rendered faces", rendered)
        _print_findings(found)
    if "decided" in args.only:
        _print_decided(verdicts)
    if real:
        _print_figures(f"real tiles, {len(tiles)} pictures ({', '.join(SMALL)} against {GOOD})", real)
    if "cost" in args.only:
        _print_cost(price)
    for reason in _left_out(args, bool(tiles)):
        print(f"bench_surface: {reason}", file=sys.stderr)
    return 0


def _left_out(args: Namespace, tiles: bool) -> list[str]:
    reasons = []
    if "tiles" in args.only and not tiles:
        reasons.append(f"the real tiles are left out: there are no pictures with masks in {args.tiles}")
    if not has_filters():
        reasons.append(INSTALL)
    return reasons


def _print_figures(title: str, found: dict[str, Figures]) -> None:
    shown = table(title, "pixel AUROC", "PRO", "hit@3", "image AUROC")
    for name, one in found.items():
        shown.add_row(name, str(one.pixel_auroc), str(one.pro), str(one.hit_3), str(one.image_auroc))
    console().print(shown, "")


def _print_findings(found: Findings) -> None:
    shown = table("findings at the threshold", "value")
    rows = {
        f"good faces with a finding, of {found.good_faces}": str(found.with_finding),
        f"defects found, of {found.defects}": str(found.found),
        "defects found or in doubt": str(found.seen),
        "size error, median": f"{found.size_error_px:.1f} px, {100 * found.size_error:.0f} %",
        "size bias, median": f"{100 * found.size_bias:+.1f} %",
        "sizes within 15 % or 2 px": str(found.close),
    }
    for name, value in rows.items():
        shown.add_row(name, value)
    console().print(shown, "")


def _print_decided(rows: list[Decided]) -> None:
    columns = (
        "limit",
        "conforming: PASS",
        "FAIL (wrong)",
        "not: FAIL",
        "PASS (wrong)",
        "undecided",
        "wrong of decided",
    )
    shown = table(f"rendered faces at {MM_PER_PX:g} mm/px: {columns[0]}", *columns[1:])
    for one in rows:
        wrong = one.good_failed + one.bad_passed
        certain = one.good + one.bad - one.undecided
        counts = (f"{one.passed}/{one.good}", f"{one.good_failed}", f"{one.failed}/{one.bad}", f"{one.bad_passed}")
        shown.add_row(f"{one.limit_mm:g} mm", *counts, str(one.undecided), str(wilson(wrong, certain)))
    console().print(shown, "")


def _print_cost(price: Cost) -> None:
    console().print(
        f"One thread: {price.blurs:.0f} blurs (5×5, of the same megapixel), {price.seconds_per_mp:.2f} s per megapixel "
        f"here; {price.memory_mb:.0f} MB above the idle process for 12 MP."
    )


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How well marked text is verified: rendered parts in fonts that no training saw, beside what else one could read with.

Each part is asked for the string that it bears, and for strings with one wrong character. Accepted and rejected are
shares of the strings of each kind with their 95 % intervals (Wilson); the rest is UNDECIDED. Plain readers accept what
they read exactly (spaces left out, look-alikes such as O and 0 taken as equal) and reject everything else. Tesseract
and PP-OCR are left out, by name, where they are missing.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from benchmark.text_peers import RAPID, TESSERACT, rapid, tesseract
from benchmark.text_table import Counts, Looking, Plain, Row, judge
from rich.progress import track
from scipy.stats import binomtest

from station.cycle.marks.text import alphabet_of, limits_of
from station.networks.load import load_model
from station.script import add_json, program, run
from station.tables.basics import console, table
from station.training.text.fonts import bench_fonts
from station.training.text.judge import CASES
from station.vision.text.verify import Limits, Looked, look

OURS, PP_OCR, BOTH = "station", "PP-OCR v6, verified", "both, verified"


def main() -> int:
    """Exit status 0 when it ran, whatever comes out; 2 for bad usage."""
    parser = program("bench_text", __doc__)
    parser.add_argument("--model", type=Path, default=Path("models/text"), metavar="FOLDER")
    parser.add_argument("--samples", type=int, default=100, metavar="N", help="parts per case (default 100)")
    parser.add_argument("--wrong", type=int, default=5, metavar="N", help="wrong strings per part (default 5)")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--alone", action="store_true", help="without the other readers")
    add_json(parser, "tables")
    return run(parser, _bench)


def _bench(args: Namespace) -> int:
    model = load_model(args.model, threads=1)
    alphabet = alphabet_of(model.manifest)
    limits = limits_of(model.manifest)
    verifying: dict[str, tuple[Looking, Limits]] = {OURS: (lambda strips: look(strips, model.run, alphabet), limits)}
    reading: dict[str, Plain] = {}
    missing = []
    if not args.alone:
        if (program := tesseract()) is not None:
            reading["tesseract"] = program
        else:
            missing.append(TESSERACT)
        if (reader := rapid()) is not None:
            reading["PP-OCR v6"] = reader.read
            verifying[PP_OCR] = (lambda strips: reader.look(strips, alphabet), limits)
            verifying[BOTH] = (
                lambda strips: _joined(look(strips, model.run, alphabet), reader.look(strips, alphabet)),
                limits,
            )
        else:
            missing.append(RAPID)
    methods = len(verifying) + len(reading)
    found = judge(bench_fonts(), args.samples, args.wrong, args.seed, alphabet, verifying, reading)
    rows = list(track(found, "Verifying …", total=methods * len(CASES), disable=args.json))
    if args.json:
        print(
            json.dumps({"rows": [asdict(row) for row in rows], "missing": missing, "limits": asdict(limits)}, indent=1)
        )
        return 0
    _print(rows)
    for sentence in missing:
        print(sentence, file=sys.stderr)
    return 0


def _joined(one: Looked, other: Looked) -> Looked:
    """Both recognisers as witnesses of one line."""
    return Looked(
        (*one.columns, *other.columns),
        one.found | other.found,
        (*one.certainties, *other.certainties),
        one.width_px,
        one.strips,
    )


def _print(rows: list[Row]) -> None:
    shown = table("case", "method", "right: accepted", "rejected", "wrong: accepted", "rejected")
    whole: dict[str, Counts] = defaultdict(Counts)
    for row in rows:
        counts = row.counts
        shown.add_row(
            row.case,
            row.method,
            _share(counts.right_accepted, counts.right),
            _share(counts.right_rejected, counts.right),
            _share(counts.wrong_accepted, counts.wrong),
            _share(counts.wrong_rejected, counts.wrong),
        )
        whole[row.method].add(counts)
    console().print(shown)
    wrong = table("method", "decided", "wrong when it accepts", "wrong when it rejects")
    for method, counts in whole.items():
        accepted = counts.right_accepted + counts.wrong_accepted
        rejected = counts.right_rejected + counts.wrong_rejected
        wrong.add_row(
            method,
            _share(accepted + rejected, counts.right + counts.wrong),
            _share(counts.wrong_accepted, accepted),
            _share(counts.right_rejected, rejected),
        )
    console().print(wrong)


def _share(hits: int, of: int) -> str:
    if of == 0:
        return "-"
    low, high = binomtest(hits, of).proportion_ci(method="wilson")
    return f"{100 * hits / of:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


if __name__ == "__main__":
    sys.exit(main())

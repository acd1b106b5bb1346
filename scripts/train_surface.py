#!/usr/bin/env python3
"""Train the network that scores surfaces, from rendered faces alone, and write it as a model of the station.

    train_surface.py --minutes 90 --out models/surface

Renders machined faces with and without defects, learns from them on the CPU, then renders others to choose the
threshold by, and writes the graph, its manifest and its golden vector. A training that was stopped goes on when it is
called again. Needs tensorflow and onnx: pip install tensorflow-cpu onnx. See models/surface/card.md.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.progress import track

from station.script import add_json, program, run
from station.tables.basics import console, print_json, table
from station.training.surface.judged import Judged
from station.training.surface.learn import Progress, learn
from station.training.surface.ship import ship


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = program("train_surface", __doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the model's folder, models/NAME")
    parser.add_argument("--minutes", type=float, default=90.0, metavar="N", help="of training in all (default 90)")
    parser.add_argument("--seed", type=int, default=1, help="of the rendered faces (default 1)")
    parser.add_argument("--start", type=Path, metavar="WEIGHTS", help="begin from the weights of another training")
    parser.add_argument(
        "--weights",
        type=Path,
        default=Path("surface.weights.h5"),
        metavar="FILE",
        help="where weights are kept; there, a training goes on from them (default surface.weights.h5)",
    )
    parser.add_argument("--int8", action="store_true", help="write a graph of 8-bit integers")
    add_json(parser, "levels and what they reach")
    return run(parser, _train)


def _train(args: Namespace) -> int:
    model, progress = learn(
        args.weights, args.minutes, args.seed, lambda progress: _tell(progress, args.minutes), start=args.start
    )

    def watch(faces: Iterator[Judged], total: int) -> Iterator[Judged]:
        yield from track(faces, "Judging …", total=total, disable=args.json)

    manifest, reached = ship(model, args.out, progress, args.seed, watch, int8=args.int8)
    if args.json:
        print_json({"sha256": manifest.sha256, **{t.name: t.value for t in manifest.thresholds}, **asdict(reached)})
        return 0
    shown = table("what", "value")
    for name, value in (*((t.name, t.value) for t in manifest.thresholds), *asdict(reached).items()):
        shown.add_row(name.replace("_", " "), f"{value:.3f}")
    console().print(shown)
    return 0


def _tell(progress: Progress, minutes: float) -> None:
    done = f"{progress.seconds / 60.0:.1f} of {minutes:g} min"
    print(
        f"{done}: step {progress.steps}, loss {progress.loss:.4f}, {progress.samples} faces",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

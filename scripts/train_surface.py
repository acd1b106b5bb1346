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
from pathlib import Path

from station.script import program, run
from station.training.surface.learn import Progress, learn


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
    return run(parser, _train)


def _train(args: Namespace) -> int:
    learn(args.weights, args.minutes, args.seed, lambda progress: _tell(progress, args.minutes), start=args.start)
    return 0


def _tell(progress: Progress, minutes: float) -> None:
    done = f"{progress.seconds / 60.0:.1f} of {minutes:g} min"
    print(
        f"{done}: step {progress.steps}, loss {progress.loss:.4f}, {progress.samples} faces", file=sys.stderr, flush=True
    )


if __name__ == "__main__":
    sys.exit(main())

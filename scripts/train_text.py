#!/usr/bin/env python3
"""Train the recogniser of engraved text on rendered marks, and write it as a model of the station.

    train_text.py --minutes 120 --out models/text

Begins with the recogniser that the package `rapidocr` ships (PP-OCR v6, Apache-2.0); draws strings in the fonts that
are installed here, as cuts, laser marks and dots on machined faces, and learns to read them on the CPU; then renders
parts in other fonts to choose the limits by, and writes graph, manifest and golden vector. `--start
models/text/model.onnx` goes on from an earlier training, with `--minutes 0` it only chooses the limits anew. Needs
torch, onnx and rapidocr: pip install torch onnx rapidocr.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from station.errors import InputError
from station.script import program, run


def main() -> int:
    """Exit status 0 done, 2 bad input."""
    parser = program("train_text", __doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the model's folder, models/NAME")
    parser.add_argument("--minutes", type=float, default=120.0, metavar="N", help="of training (default 120)")
    parser.add_argument("--samples", type=int, default=100, metavar="N", help="parts of each case for the limits")
    parser.add_argument("--seed", type=int, default=1, help="of the rendered strips (default 1)")
    parser.add_argument("--start", type=Path, metavar="GRAPH", help="begin with the graph of another training (.onnx)")
    parser.add_argument(
        "--kept",
        type=Path,
        default=Path("text.onnx"),
        metavar="FILE",
        help="where the graph is kept on the way (default text.onnx)",
    )
    return run(parser, _train)


def _train(args: Namespace) -> int:
    from station.training.text.export import write
    from station.training.text.fonts import validation_fonts
    from station.training.text.judge import chosen, judged
    from station.training.text.learn import Progress, session_of, train
    from station.vision.text.alphabet import ALPHABET

    def tell(progress: Progress) -> None:
        said = f"{progress.share:.0%}: step {progress.steps}, loss {progress.loss:.3f}"
        print(said, file=sys.stderr, flush=True)

    try:
        graph = train(args.minutes, args.kept, args.seed, tell, start=args.start)
        print("choosing limits", file=sys.stderr, flush=True)
        found = list(judged(validation_fonts(), session_of(graph), ALPHABET, args.samples, seed=args.seed + 1, wrong=8))
    except (ImportError, FileNotFoundError) as error:
        raise InputError(str(error)) from error
    limits = chosen(found)
    accepted = sum(one.right.log_ratio >= limits.accept for one in found) / len(found)
    data = f"strips drawn while training, seed {args.seed}; fonts in the card"
    write(args.out, graph, limits, {"right_accepted": round(accepted, 4)}, data, datetime.now(UTC).date())
    print(
        f"accept {limits.accept}, reject {limits.reject}, certain {limits.certain}, right accepted {accepted:.1%}",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

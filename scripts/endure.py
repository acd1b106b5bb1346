"""The cell over the twin, for thousands of parts, with troubles at random and killed (SIGKILL) at random moments.

Afterwards: no bad part was let through, none without its committed PASS, and no good one was held without a trouble; no
record is lost or there twice; the chain is whole; memory is flat, where a process lived long enough to tell it (as with
--kill-s 0). Exit status 1 if not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from endurance.judge import judge, table

from station.tables.progress import Bar

HERE = Path(__file__).resolve().parent
START_S = 6.0  # within so many seconds more: a process may be killed while it starts


def main() -> int:
    """Starts the processes, kills them, judges what is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000, help="parts (default: %(default)s)")
    parser.add_argument(
        "--kill-s", type=float, default=40.0, help="mean time to a kill; 0: none (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="leave log and record in this folder")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="endure-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        kills = _run(asked.cycles, asked.kill_s, asked.seed, folder, quiet=asked.json)
        verdict = judge(folder, kills)
    finally:
        if asked.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(asdict(verdict)) if asked.json else table(verdict))
    return 0 if verdict.passed else 1


def _run(cycles: int, kill_s: float, seed: int, folder: Path, *, quiet: bool) -> int:
    """How many processes were killed until all parts had come."""
    rng, kills, log = np.random.default_rng(seed), 0, folder / "log.txt"
    with Bar("Parts", quiet=quiet) as bar:
        while (first := _begun(log)) < cycles:
            child = subprocess.Popen(
                [
                    sys.executable, "-m", "endurance.child", "--folder", str(folder), "--seed", str(seed),
                    "--first", str(first), "--parts", str(cycles - first),
                ],
                cwd=HERE,
            )  # fmt: skip
            try:
                left_s = START_S * rng.random() + rng.exponential(kill_s) if kill_s > 0.0 else float("inf")
                while child.poll() is None and left_s > 0.0:
                    try:
                        child.wait(min(left_s, 1.0))
                    except subprocess.TimeoutExpired:
                        left_s -= 1.0
                    bar.update(min(_begun(log), cycles), cycles)
                if child.poll() is None:
                    child.kill()
                    kills += 1
                elif child.returncode != 0:
                    raise SystemExit(f"the cell ended by itself with status {child.returncode}")
            finally:
                child.kill()
                child.wait()
    return kills


def _begun(log: Path) -> int:
    return log.read_bytes().count(b"begin ") if log.exists() else 0


if __name__ == "__main__":
    sys.exit(main())

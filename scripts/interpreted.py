#!/usr/bin/env python3
"""Runs another script with the station's loops interpreted, but for those that find edges and fit circles: they are
compiled as ever.

Compiling all of them takes minutes, and half an hour in an emulator. The arithmetic is the same either way, so the
answers must be, too. scripts/check_arm64 --quick inspects with it.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import station.compiled
import station.metrology.circle
import station.vision.seek


def main() -> None:
    """Exit status: the script's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", type=Path)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    # What is imported from now on is not compiled; what the modules above use was.
    station.compiled.compiled = lambda function: function  # type: ignore[assignment]
    sys.argv = [str(args.script), *args.arguments]
    runpy.run_path(str(args.script), run_name="__main__")


if __name__ == "__main__":
    main()

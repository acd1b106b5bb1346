#!/usr/bin/env python3
"""Draws the wiring sheets (A4, landscape) into hw/wiring/, from the pins in scripts/wiring/pins.py.

draw_wiring.py                      hw/wiring/safety.svg, controller.svg, header.svg
draw_wiring.py --tables             the pin tables of hw/wiring/README.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wiring.pins import BOARD, CONTROLLER_IN, CONTROLLER_OUT, HEADER_IN, HEADER_OUT, Wire
from wiring.sheets import sheets

HERE = Path(__file__).resolve().parents[1] / "hw" / "wiring"


def main() -> int:
    """Exit status 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", action="store_true", help="print the pin tables in Markdown and draw nothing")
    parser.add_argument("--out", type=Path, default=HERE, metavar="DIR", help="where to (default hw/wiring)")
    args = parser.parse_args()
    if args.tables:
        print(tables())
        return 0
    args.out.mkdir(parents=True, exist_ok=True)
    for name, drawn in sheets().items():
        (args.out / f"{name}.svg").write_text(drawn, encoding="utf-8")
        print(args.out / f"{name}.svg")
    return 0


def tables() -> str:
    """Both pin tables."""
    return "\n\n".join(
        [
            _table("Controller", CONTROLLER_OUT, CONTROLLER_IN, {}),
            _table("Header", HEADER_OUT, HEADER_IN, BOARD),
        ]
    )


def _table(name: str, outputs: tuple[Wire, ...], inputs: tuple[Wire, ...], board: dict[str, int]) -> str:
    rows = [f"**{name}**", "", "| pin | role | through | to |", "|---|---|---|---|"]
    for wire, way in [*((wire, "→") for wire in outputs), *((wire, "←") for wire in inputs)]:
        pin = f"{wire.pin} (pin {board[wire.pin]})" if board else wire.pin
        rows.append(f"| {pin} | {way} {wire.role} | {wire.through} | {wire.to} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())

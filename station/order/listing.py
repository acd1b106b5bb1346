"""The ids of a drawing for a person who writes an order: `python -m station.order.listing part.dxf`."""

from __future__ import annotations

import sys
from pathlib import Path

from station.documents import read_limited
from station.errors import InputError
from station.order.drawing import read_drawing
from station.order.drawn import DrawnItem, drawn_items
from station.order.geometry import ArcFeature, CircleFeature, ContourFeature, LineFeature, signed_area_mm2
from station.order.limits import MAX_DRAWING_BYTES


def describe_drawing(data: bytes, *, partial: bool = True) -> str:
    """One line for each item of a DXF drawing: id, size, side, place and layers.

    Raises:
        DrawingError: the drawing cannot be read; without `partial` also where its outline is not closed.
    """
    return "\n".join(_line(item) for item in drawn_items(read_drawing(data, partial=partial)))


def _line(item: DrawnItem) -> str:
    x, y = item.middle_mm
    where = f"at ({x:.3f}, {y:.3f})"
    return f"{item.id:<12} {_size(item):<28} {where:<26} {', '.join(item.layers)}{'' if item.closed else ' (open)'}"


def _size(item: DrawnItem) -> str:
    match item.feature:
        case CircleFeature(side=side):
            return f"diameter {item.size:.4f} {side}"
        case ArcFeature(side=side):
            return f"radius {item.size:.4f} {side}"
        case LineFeature():
            return f"length {item.size:.4f}"
        case ContourFeature(outlines=(outline,)):
            return f"area {item.size:.3f} mm² {'outer' if signed_area_mm2(outline) > 0 else 'opening'}"
        case _:
            return f"{item.size:.3f}"


def main(arguments: list[str]) -> int:
    """List the drawing named by the one argument; 2 where it cannot be read."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m station.order.listing DRAWING.dxf\n")
        return 2
    try:
        text = describe_drawing(read_limited(Path(arguments[0]), MAX_DRAWING_BYTES))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

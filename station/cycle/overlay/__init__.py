"""The overlay: for every inspection one picture that an operator and a quality engineer read at a glance."""

from station.cycle.overlay.draw import draw_overlay
from station.cycle.overlay.marks import DrawnMark, DrawnSpot, MarkKind

__all__ = ["DrawnMark", "DrawnSpot", "MarkKind", "draw_overlay"]

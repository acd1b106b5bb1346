"""The overlay: for every inspection one picture that an operator and a quality engineer read at a glance."""

from station.cycle.overlay.draw import draw_overlay

__all__ = ["draw_overlay"]

"""The two scales of the picture, in its lower left corner: of the part, and of the exaggerated deviations."""

from __future__ import annotations

import math

from station.cycle.overlay.canvas import MEDIUM, REGULAR, Canvas
from station.cycle.overlay.palette import INK, PAPER, QUIET, RULE

HEIGHT = 62
WIDTH = 440
MARGIN = 14


def round_length(most_mm: float) -> float:
    """The largest of 1, 2, 5 · 10^n mm that is not longer."""
    power = 10.0 ** math.floor(math.log10(most_mm))
    return next(k * power for k in (5.0, 2.0, 1.0) if k * power <= most_mm * (1.0 + 1e-9))


def length_words(length_mm: float) -> str:
    """`20 µm`, `0.5 mm`, `10 mm`."""
    return f"{length_mm:g} mm" if length_mm >= 0.1 else f"{1000.0 * length_mm:g} µm"


def draw_scales(canvas: Canvas, mm_per_display_px: float, factor: int | None) -> tuple[float, float, float, float]:
    """Draws both scales (without `factor` only the part's); returns the box (x, y, width, height) it took."""
    width = WIDTH if factor is not None else 190
    x, y = MARGIN, canvas.height - MARGIN - HEIGHT
    canvas.box(x, y, width, HEIGHT, PAPER)
    canvas.box(x, y, width, HEIGHT, RULE, 1)
    part_mm = round_length(150.0 * mm_per_display_px)
    long = part_mm / mm_per_display_px
    left, base = x + 18.0, y + 44.0
    canvas.line([(left, base), (left + long, base)], INK, 3)
    for end in (left, left + long):
        canvas.line([(end, base - 8), (end, base + 8)], INK, 2)
    canvas.text(left + long / 2, base - 12, length_words(part_mm), 20, INK, MEDIUM, 0.5)
    if factor is not None:
        _draw_exaggeration(canvas, x + 210.0, y, mm_per_display_px / factor, factor)
    return float(x), float(y), float(width), float(HEIGHT)


def _draw_exaggeration(canvas: Canvas, x: float, y: float, mm_per_display_px: float, factor: int) -> None:
    shown_mm = round_length(40.0 * mm_per_display_px)
    high = shown_mm / mm_per_display_px
    top, bottom = y + HEIGHT / 2.0 - high / 2.0, y + HEIGHT / 2.0 + high / 2.0
    canvas.line([(x, top), (x, bottom)], INK, 3)
    for end in (top, bottom):
        canvas.line([(x - 7, end), (x + 7, end)], INK, 2)
    canvas.text(x + 16, y + HEIGHT / 2.0 + 7, length_words(shown_mm), 20, INK, MEDIUM)
    words = f"× {factor}" if factor > 1 else "true size"
    canvas.text(x + 108, y + 26, "deviations", 18, QUIET, REGULAR)
    canvas.text(x + 108, y + 50, words, 22, INK, MEDIUM)

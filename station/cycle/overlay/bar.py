"""A characteristic as a bar: limits, guard bands, value and its expanded uncertainty on one axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from station.cycle.overlay.canvas import Canvas
from station.cycle.overlay.palette import GUARD, INK, STYLES, WHITE, ZONE
from station.cycle.results import ItemResult
from station.metrology.decision import Verdict


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` on `x` … `x + width`; what lies beyond sticks to the end."""

    low: float
    high: float
    x: float
    width: float

    def at(self, value: float) -> float:
        """Display x of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.x + min(max(share, 0.0), 1.0) * self.width

    def holds(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high


def axis_of(item: ItemResult, x: float, width: float) -> Axis | None:
    """The tolerance over the middle of the bar, with room at limits to lie beyond them; None without limits."""
    lower, upper = item.item.lower, item.item.upper
    if lower is not None and upper is not None:
        room = 0.3 * (upper - lower) if upper > lower else 2.5
        return Axis(lower - room, upper + room, x, width)
    if upper is not None:
        room = abs(upper) or 1.0
        return Axis(min(0.0, upper - room), upper + 0.6 * room, x, width)
    if lower is not None:
        room = abs(lower) or 1.0
        return Axis(lower - 0.6 * room, lower + room, x, width)
    return None


def draw_bar(canvas: Canvas, item: ItemResult, x: float, y: float, width: float) -> None:
    """The bar about the height y; nothing for a characteristic without limits."""
    axis = axis_of(item, x, width)
    if axis is None:
        return
    lower, upper = item.item.lower, item.item.upper
    guard = item.guard_band or 0.0
    canvas.box(x, y - 7, width, 14, WHITE)
    left = axis.at(lower) if lower is not None else axis.x
    right = axis.at(upper) if upper is not None else axis.x + axis.width
    canvas.box(left, y - 7, max(right - left, 2.0), 14, ZONE)
    for limit in (lower, upper):
        if limit is None:
            continue
        if guard > 0.0:
            canvas.box(
                axis.at(limit - guard), y - 7, max(axis.at(limit + guard) - axis.at(limit - guard), 2.0), 14, GUARD
            )
        canvas.line([(axis.at(limit), y - 13), (axis.at(limit), y + 12)], INK, 2)
    if item.value is not None and math.isfinite(item.value):
        _draw_value(canvas, axis, item, item.value, y)


def _draw_value(canvas: Canvas, axis: Axis, item: ItemResult, value: float, y: float) -> None:
    style = STYLES[item.verdict]
    ink = INK if item.verdict is Verdict.PASS else style.line
    spread = item.expanded or 0.0
    if spread > 0.0:
        a, b = axis.at(value - spread), axis.at(value + spread)
        if b - a > 3.0:
            canvas.line([(a, y), (b, y)], ink, 2)
            for end in (a, b):
                canvas.line([(end, y - 5), (end, y + 5)], ink, 2)
    at = axis.at(value)
    if axis.holds(value):
        canvas.circle((at, y), 7.5, WHITE)
        canvas.circle((at, y), 5.5, ink)
        return
    way = 1.0 if value > axis.high else -1.0
    canvas.fill([(at + 9 * way, y), (at - 7 * way, y - 9), (at - 7 * way, y + 9)], ink)
    canvas.fill([(at - 5 * way, y), (at - 21 * way, y - 9), (at - 21 * way, y + 9)], ink)

"""A value drawn on the strip of its limits: where the zone lies, where the value, how wide its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 100.0
_MARGIN = 25.0  # left and right of the zone, so that a value beyond a limit still has a place
_EDGE = 2.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Positions from 0 to `WIDTH`. `whisker` is value ± U; `beyond` is -1 or 1 when the value lies off the strip."""

    zone: tuple[float, float]
    value: float
    whisker: tuple[float, float]
    beyond: int

    @property
    def zone_width(self) -> float:
        """Width of the zone between the limits."""
        return self.zone[1] - self.zone[0]


def scale_for(value: float, expanded: float, lower: float | None, upper: float | None) -> Scale | None:
    """The strip of a two-sided limit, or of a zone from 0 to `upper`; None where there is nothing to draw."""
    if upper is None:
        return None
    start = 0.0 if lower is None else lower
    if upper <= start:
        return None
    left = 0.0 if lower is None else _MARGIN
    right = WIDTH - _MARGIN

    def position(x: float) -> float:
        return left + (right - left) * (x - start) / (upper - start)

    at = position(value)
    beyond = -1 if at < 0.0 else 1 if at > WIDTH else 0
    return Scale(
        (left, right), _inside(at), (_within(position(value - expanded)), _within(position(value + expanded))), beyond
    )


def used_up(value: float, lower: float | None, upper: float | None) -> float:
    """Share of the tolerance that the value uses, 1 at a limit: what puts the worst characteristic first."""
    if lower is not None and upper is not None:
        half = max((upper - lower) / 2.0, 1e-12)
        return abs(value - (upper + lower) / 2.0) / half
    if upper is not None:
        return value / upper if upper > 0.0 else float(value > upper)
    if lower is not None and value > 0.0:
        return lower / value
    return 0.0


def _inside(x: float) -> float:
    return min(max(x, _EDGE), WIDTH - _EDGE)


def _within(x: float) -> float:
    return min(max(x, 0.0), WIDTH)

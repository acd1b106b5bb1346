"""Where straight edges end: each where it meets the next one, not where it was drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from station.metrology.association import Fits
from station.metrology.ends import whole_line
from station.order.geometry import Feature, LineFeature
from station.plan.probed import CORNER_PX
from station.plan.seen import Seen
from station.plan.targets import Target

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

_CROSSING = 0.2  # sine: edges that meet more bluntly have no corner to speak of
_MOVED_PX = 0.5  # a corner that is off by less leaves the probes beside it as good as they were


def neighbours(features: Mapping[str, Feature], names: Sequence[str]) -> list[str]:
    """The straight edges, none of the `names` itself, that meet one of the straight edges `names` at a corner."""
    lines = {name: f for name, f in features.items() if isinstance(f, LineFeature)}
    corners = {_corner(end) for name in names if name in lines for end in lines[name].ends_mm}
    others = lines.keys() - set(names)
    return sorted(name for name in others if any(_corner(end) in corners for end in lines[name].ends_mm))


def farther_mm(targets: Sequence[Target], params: Floats) -> Floats:
    """(f, 2) how much farther than drawn each line with `params` (f, 3) goes at both ends, to where it meets the next
    one; 0 where none is known, or where they hardly cross."""
    corners: dict[tuple[float, float], list[int]] = {}
    for f, target in enumerate(targets):
        for end in target.ends_mm or ():
            corners.setdefault(_corner(end), []).append(f)
    farther = np.zeros((len(targets), 2))
    for f, target in enumerate(targets):
        if target.ends_mm is None or not math.isfinite(params[f, 0]):
            continue
        for at, (end, begin) in enumerate((target.ends_mm, target.ends_mm[::-1])):
            others = [k for k in corners[_corner(end)] if k != f]
            if len(others) == 1:
                farther[f, at] = _farther(params[f], params[others[0]], end, begin)
    return farther


def _corner(end: tuple[float, float]) -> tuple[float, float]:
    """The same for edges that end in one place, but for a drawing's rounding."""
    return round(end[0], 5), round(end[1], 5)


def clear_of_corners(targets: Sequence[Target], seen: Sequence[Seen], farther: Floats) -> dict[int, Seen]:
    """By their place, the lines with probes too near to a corner that lies nearer than drawn (`farther_mm`), each
    without those: the blur rounds what they see."""
    spacing, cut = np.array([[target.spacing_mm] for target in targets]), {}
    for f in np.flatnonzero((farther < -_MOVED_PX * spacing).any(axis=1)).tolist():
        target, s = targets[f], seen[f]
        near = np.zeros(len(s.nominal_mm), np.bool_)
        for end, more in zip(target.ends_mm or (), farther[f].tolist(), strict=True):
            if more < 0.0:
                near |= np.hypot(*(s.nominal_mm - end).T) < CORNER_PX * target.spacing_mm - more
        if near.any():
            cut[f] = s.without(near)
    return cut


def doubt_ends(
    targets: Sequence[Target],
    seen: Sequence[Seen],
    points: Floats,
    fits: Fits,
    first: Index,
    farther: Floats,
    covariance: Floats,
) -> None:
    """Adds to the covariance of lines what their unseen ends may do: the edge is all of it, from corner to corner."""
    for f, (target, s) in enumerate(zip(targets, seen, strict=True)):
        if target.ends_mm is None or not math.isfinite(fits.params[f, 0]):
            continue
        nominal, here = s.fitted(s.nominal_mm), slice(first[f], first[f + 1])
        unseen = [
            max(math.dist(nominal[at], drawn) + more, 0.0)
            for at, drawn, more in zip((0, -1), target.ends_mm, farther[f].tolist(), strict=True)
        ]
        run = math.cos(fits.params[f, 0]) * points[here, 1] - math.sin(fits.params[f, 0]) * points[here, 0]
        turn, shift = whole_line(fits.residuals[here], run, *unseen)
        covariance[f, 0, 0] += turn**2
        covariance[f, 1, 1] += shift**2


def _farther(line: Floats, other: Floats, end: tuple[float, float], begin: tuple[float, float]) -> float:
    """How much farther a line goes than drawn from `begin` to `end`, to where it meets the next one."""
    (angle, offset, _), (turned, off, _) = line.tolist(), other.tolist()
    sine = math.sin(turned - angle)
    if not abs(sine) > _CROSSING:
        return 0.0
    x, y = end
    # The corner as drawn lies `short` beside the line and `beyond` beside the other one.
    short = offset - (x * math.cos(angle) + y * math.sin(angle))
    beyond = off - (x * math.cos(turned) + y * math.sin(turned))
    along = (beyond - short * math.cos(turned - angle)) / sine
    outwards = (y - begin[1]) * math.cos(angle) - (x - begin[0]) * math.sin(angle)
    return math.copysign(along, along * outwards)

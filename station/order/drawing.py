"""A drawing as closed contours and open chains, each oriented with the material on its left."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from station.errors import DrawingError, InputError
from station.order.chains import Chain, Chained, chain
from station.order.dxf import read_pieces
from station.order.geometry import ArcSegment, Outline, Segment
from station.order.limits import DRAWN_JOIN_MM, GAP_HINT_MM, MAX_FEATURES
from station.order.nesting import nest
from station.order.pieces import Piece, turned, without_duplicates


@dataclass(frozen=True, slots=True)
class DrawnSegment:
    """A segment with the layers it is on (case-folded); `exact` is false for a chord of a flattened curve."""

    segment: Segment
    layers: frozenset[str]
    exact: bool


@dataclass(frozen=True, slots=True)
class Contour:
    """A closed contour, or an open chain (`closed` false), with the material on its left; an open chain as drawn."""

    path: tuple[DrawnSegment, ...]
    closed: bool
    outer: bool = True

    def outline(self, name: str = "") -> Outline:
        """The contour as an outline called `name`."""
        return Outline(tuple(step.segment for step in self.path), self.closed, name)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a drawing shows. `layers` maps the case-folded name to the name as written."""

    closed: tuple[Contour, ...]
    open: tuple[Contour, ...]
    layers: dict[str, str]
    left_out: int  # entities on hidden layers or with a patterned line type


def read_drawing(data: bytes, *, layers: Sequence[str] | None = None, partial: bool = False) -> Drawing:
    """The contours of a DXF drawing, of all its layers or of `layers` only.

    Unless `partial`, corners where the way is not clear and outlines that nearly close are refused.

    Raises:
        DrawingError: one sentence.
    """
    loose = read_pieces(data)
    for name in layers or ():
        if name.casefold() not in loose.layers:
            raise DrawingError(f"the drawing has nothing on layer {name!r}; {layer_list(loose.layers)}")
    wanted = {name.casefold() for name in layers} if layers is not None else set(loose.layers)
    pieces = without_duplicates(piece for piece in loose.pieces if piece.layers & wanted)
    chained = _chain_by_layer(pieces)
    if not partial:
        _refuse_doubt(chained)
    try:
        closed = _oriented(chained.closed)
    except InputError as error:
        raise DrawingError(error.sentence) from error
    if not closed and not partial:
        left = f" ({loose.left_out} entities on hidden layers or dashed lines left out)" if loose.left_out else ""
        raise DrawingError(f"the drawing has no closed contour{left}; an open one needs 'partial': true")
    names = {key: name for key, name in loose.layers.items() if key in wanted}
    opened = tuple(Contour(_path(pieces), False) for pieces in chained.open)
    return Drawing(closed, opened, names, loose.left_out)


def layer_list(layers: dict[str, str]) -> str:
    """The names of the layers, for a sentence."""
    names = sorted(layers.values())
    shown = ", ".join(repr(name[:40]) for name in names[:8]) + (", …" if len(names) > 8 else "")
    return f"its layers are {shown}" if names else "it has nothing at all"


def _chain_by_layer(pieces: Iterable[Piece]) -> Chained:
    """Loops within one layer first, so that a line of another layer that touches an outline does not branch it."""
    by_layer: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_layer[min(piece.layers)].append(piece)
    closed: list[Chain] = []
    rest: list[Piece] = []
    for layer in sorted(by_layer):
        chained = chain(by_layer[layer], DRAWN_JOIN_MM)
        closed += chained.closed
        rest += [piece for links in chained.open for piece in links]
    across = chain(rest, DRAWN_JOIN_MM)
    return Chained(tuple(closed) + across.closed, across.open, across.branches)


def _refuse_doubt(chained: Chained) -> None:
    if chained.branches:
        x, y = chained.branches[0]
        raise DrawingError(
            f"more than two edges meet at ({x:.3f}, {y:.3f}) mm, so it is not clear how the outline goes"
        )
    nearly = chain([piece for links in chained.open for piece in links], GAP_HINT_MM)
    for loop in nearly.closed:
        gap, (x, y) = widest_gap(loop)
        if gap > 0.05 * sum(piece.length_mm for piece in loop):
            continue
        raise DrawingError(f"an outline does not close: there is a gap of {gap:.4f} mm at ({x:.3f}, {y:.3f}) mm")


def widest_gap(pieces: Chain) -> tuple[float, tuple[float, float]]:
    """The widest gap in a loop in mm, and where it is."""
    following = pieces[1:] + pieces[:1]
    return max((math.dist(a.end_mm, b.start_mm), a.end_mm) for a, b in zip(pieces, following, strict=True))


def _path(pieces: Chain) -> tuple[DrawnSegment, ...]:
    return tuple(DrawnSegment(segment, piece.layers, piece.exact) for piece in pieces for segment in piece.segments)


def _oriented(loops: Sequence[Chain]) -> tuple[Contour, ...]:
    if len(loops) > MAX_FEATURES:
        raise DrawingError(f"the drawing has more than the {MAX_FEATURES:,} closed contours allowed")
    contours = _distinct([Contour(_as_circle(_path(pieces)), True) for pieces in loops])
    found: list[Contour] = []
    for contour, nested in zip(contours, nest([contour.outline() for contour in contours]), strict=True):
        same_way = nested.outline.segments == contour.outline().segments
        path = contour.path if same_way else _turned(contour.path)
        found.append(Contour(path, True, nested.outer))
    return tuple(found)


def _turned(path: tuple[DrawnSegment, ...]) -> tuple[DrawnSegment, ...]:
    return tuple(replace(step, segment=turned(step.segment)) for step in path[::-1])


def _as_circle(path: tuple[DrawnSegment, ...]) -> tuple[DrawnSegment, ...]:
    """One full circle where the path consists of arcs of the same circle."""
    first = path[0].segment
    if not isinstance(first, ArcSegment) or abs(first.sweep_deg) >= 360.0:
        return path
    for step in path[1:]:
        arc = step.segment
        if (
            not isinstance(arc, ArcSegment)
            or math.dist(arc.center_mm, first.center_mm) > DRAWN_JOIN_MM
            or abs(arc.radius_mm - first.radius_mm) > DRAWN_JOIN_MM
            or arc.sweep_deg * first.sweep_deg < 0
        ):
            return path
    circle = ArcSegment(first.center_mm, first.radius_mm, 0.0, math.copysign(360.0, first.sweep_deg))
    return (DrawnSegment(circle, frozenset().union(*(step.layers for step in path)), True),)


def _distinct(contours: list[Contour]) -> list[Contour]:
    """Contours drawn twice (as a circle and as two arcs, say) once, on the layers of both."""
    pieces = [
        Piece(tuple(step.segment for step in contour.path), _common(contour), name=str(number))
        for number, contour in enumerate(contours)
    ]
    found: list[Contour] = []
    for piece in without_duplicates(pieces):
        path = contours[int(piece.name)].path
        found.append(Contour(tuple(replace(step, layers=step.layers | piece.layers) for step in path), True))
    return found


def _common(contour: Contour) -> frozenset[str]:
    """The layers that hold the whole contour."""
    return frozenset.intersection(*(step.layers for step in contour.path))

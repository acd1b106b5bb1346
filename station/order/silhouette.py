"""The whole part against the light, from the drawing's contours and the written features.

With a drawing, its closed contours count, and written circles, gears and slots that coincide with none of them;
without one, those written, and written lines, arcs and threads that chain into closed outlines. What lies in what
decides between outer outlines and openings, and the sides the order wrote must agree with it. A partial geometry keeps
the sides as written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from station.errors import InputError, OrderError
from station.order.agreement import refuse_wrong_sides
from station.order.chains import Chain, Chained, chain
from station.order.drawing import Drawing, widest_gap
from station.order.drawn import full_circle
from station.order.features import Features
from station.order.geometry import (
    ArcFeature,
    CircleFeature,
    Feature,
    GearFeature,
    LineFeature,
    Outline,
    Segment,
    Side,
    Silhouette,
    ThreadFeature,
    outlines_of,
    polygon,
    reverse,
    signed_area_mm2,
)
from station.order.limits import GAP_HINT_MM, WRITTEN_JOIN_MM
from station.order.nesting import Nested, nest
from station.order.pieces import Piece
from station.order.slots import SlotFeature

_PLACE = "geometry.features"
_PARTIAL = "if the geometry is not the whole outline, say 'partial': true"


_Whole: TypeAlias = CircleFeature | GearFeature | SlotFeature  # closed by itself
_WRITTEN = (CircleFeature, ArcFeature, LineFeature, GearFeature, ThreadFeature, SlotFeature)


@dataclass(frozen=True, slots=True)
class _Closed:
    """A closed outline; `written` are its segments by feature id, run as the order wrote them."""

    outline: Outline
    written: tuple[tuple[str, Segment], ...] = ()


def silhouette(features: Features, drawing: Drawing | None, *, partial: bool) -> Silhouette | None:
    """The part's silhouette; None where there are no features and no drawing, or a partial geometry closes nothing.

    Raises:
        OrderError: where the outline does not close, or a written side contradicts what lies in what.
    """
    whole = [feature for feature in _written(features) if isinstance(feature, _Whole)]
    closed: list[_Closed] = []
    chained = Chained((), (), ())
    if drawing is not None:
        closed += [_Closed(contour.outline(f"contour {n}")) for n, contour in enumerate(drawing.closed, start=1)]
        whole = [feature for feature in whole if not _is_drawn(feature, drawing, partial=partial)]
        if not partial:
            slots = [part for slot in _written(features) if isinstance(slot, SlotFeature) for part in slot.parts]
            refuse_wrong_sides([*_edges(features), *slots], drawing)
    else:
        chained = _chained_edges(features, partial=partial)
        closed += [_loop(links, features) for links in chained.closed]
    closed += [_Closed(outlines_of(f)[0], ((f.id, outlines_of(f)[0].segments[0]),)) for f in whole]
    if not closed:
        if features.by_id and not partial:
            raise _not_closed(chained)
        return None
    if not partial:
        _refuse_gap(chained)
    try:
        nested = nest([one.outline for one in closed])
    except InputError as error:
        raise OrderError(error.sentence, place=_PLACE) from error
    if partial:
        oriented = [_as_written(one, there) for one, there in zip(closed, nested, strict=True)]
    else:
        oriented = [_checked(one, there) for one, there in zip(closed, nested, strict=True)]
    outer = tuple(outline for outline in oriented if signed_area_mm2(outline) > 0)
    return Silhouette(outer, tuple(outline for outline in oriented if signed_area_mm2(outline) < 0))


def _written(features: Features) -> Iterable[_Whole | ArcFeature | LineFeature | ThreadFeature]:
    for name, feature in features.by_id.items():
        if name in features.written and isinstance(feature, _WRITTEN):
            yield feature


def _edges(features: Features) -> list[ArcFeature | LineFeature]:
    return [feature for feature in _written(features) if isinstance(feature, (ArcFeature, LineFeature))]


def _is_drawn(circle: _Whole, drawing: Drawing, *, partial: bool) -> bool:
    """Whether the drawing has this circle, gear or slot; a circle's side must be the same then."""
    if not isinstance(circle, CircleFeature):
        return any(_same_box(circle.outlines[0], contour.outline("")) for contour in drawing.closed)
    for contour in drawing.closed:
        arc = full_circle(contour)
        if (
            arc is not None
            and math.dist(arc.center_mm, circle.center_mm) <= WRITTEN_JOIN_MM
            and abs(2 * arc.radius_mm - circle.diameter_mm) <= WRITTEN_JOIN_MM
        ):
            side = Side.OUTER if arc.sweep_deg > 0 else Side.INNER
            if side is not circle.side and not partial:
                raise OrderError(f"{circle.id!r} is {circle.side}, but in the drawing it is {side}", place=_PLACE)
            return True
    return False


def _same_box(one: Outline, other: Outline) -> bool:
    """Whether two outlines reach equally far."""
    boxes = [np.concatenate([p.min(axis=0), p.max(axis=0)]) for p in (polygon(one, 1e-3), polygon(other, 1e-3))]
    return bool(np.abs(boxes[0] - boxes[1]).max() <= WRITTEN_JOIN_MM)


def _chained_edges(features: Features, *, partial: bool) -> Chained:
    edges = [*_edges(features), *(f for f in _written(features) if isinstance(f, ThreadFeature))]
    pieces = [Piece(outline.segments, name=edge.id) for edge in edges for outline in outlines_of(edge)]
    chained = chain(pieces, WRITTEN_JOIN_MM)
    if chained.branches and not partial:
        x, y = chained.branches[0]
        raise OrderError(
            f"more than two edges meet at ({x:.3f}, {y:.3f}) mm, so it is not clear how the outline goes; {_PARTIAL}",
            place=_PLACE,
        )
    return chained


def _loop(links: Chain, features: Features) -> _Closed:
    written = tuple((piece.name, _first_as_written(piece, features.by_id[piece.name])) for piece in links)
    segments = tuple(segment for piece in links for segment in piece.segments)
    return _Closed(Outline(segments, True, links[0].name), written)


def _first_as_written(piece: Piece, feature: Feature) -> Segment:
    """The first segment of that outline of a feature which a piece is, whichever way it was turned."""
    outlines, ends = outlines_of(feature), {piece.start_mm, piece.end_mm}
    return next((o for o in outlines if o.segments[0].start_mm in ends), outlines[0]).segments[0]


def _agreeing(one: _Closed, outline: Outline) -> list[bool]:
    """For each written segment, whether it runs as `outline` does."""
    return [segment in outline.segments for _, segment in one.written]


def _checked(one: _Closed, there: Nested) -> Outline:
    """The outline as nesting has it, where every side the order wrote agrees."""
    outline = _same_run(one, there.outline)
    for (name, _), agrees in zip(one.written, _agreeing(one, outline), strict=True):
        if agrees:
            continue
        if there.outer:
            sentence = f"{name!r} is written as the edge of an opening, but no material lies around it; {_PARTIAL}"
        else:
            sentence = f"{name!r} is written as an outer edge, but it lies within the material of another outline"
        raise OrderError(sentence, place=_PLACE)
    return outline


def _as_written(one: _Closed, there: Nested) -> Outline:
    if not one.written:
        return there.outline
    agreeing = _agreeing(one, one.outline)
    if all(agreeing):
        return one.outline
    if not any(agreeing):
        return reverse(one.outline)
    name = one.written[agreeing.index(False)][0]
    raise OrderError(f"the material of {name!r} is on the other side than that of its neighbours", place=_PLACE)


def _same_run(one: _Closed, outline: Outline) -> Outline:
    """`outline` made of the very segments the order wrote where it runs their way, so that they compare equal."""
    return one.outline if signed_area_mm2(one.outline) * signed_area_mm2(outline) > 0 else reverse(one.outline)


def _refuse_gap(chained: Chained) -> None:
    for loop in chain([piece for links in chained.open for piece in links], GAP_HINT_MM).closed:
        gap, (x, y) = widest_gap(loop)
        if gap <= 0.05 * sum(piece.length_mm for piece in loop):
            names = _names([piece.name for piece in loop])
            raise OrderError(
                f"the outline of {names} does not close: there is a gap of {gap:.4f} mm at ({x:.3f}, {y:.3f}) mm",
                place=_PLACE,
            )


def _not_closed(chained: Chained) -> OrderError:
    if not chained.open:
        return OrderError(f"the features make no closed outline; {_PARTIAL}", place=_PLACE)
    longest = max(chained.open, key=lambda links: sum(piece.length_mm for piece in links))
    first, last = longest[0], longest[-1]
    gap = math.dist(last.end_mm, first.start_mm)
    (x0, y0), (x1, y1) = last.end_mm, first.start_mm
    return OrderError(
        f"the outline does not close: from {last.name!r} at ({x0:.3f}, {y0:.3f}) to {first.name!r} at "
        f"({x1:.3f}, {y1:.3f}) there is a gap of {gap:.4f} mm; {_PARTIAL}",
        place=_PLACE,
    )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:4])
    return shown + (", …" if len(names) > 4 else "")

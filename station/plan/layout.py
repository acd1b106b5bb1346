"""The track of a part: all its outlines probed once, and what of it each feature is.

Features along an outline share its rows; the others get probes of their own at the end of the track.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import Feature, Outline, outlines_of
from station.plan.carriers import Carried, beside, carry
from station.plan.edges import Edges, edges_of
from station.plan.probed import MOST_GAP_PX, Probed, joined, probe
from station.plan.strokes import Strokes, strokes_of
from station.plan.targets import LEAST_PROBES, Rows, check_length, check_size
from station.plan.track import Track

Index = NDArray[np.intp]

_SAME_MM = 0.002  # written and drawn coordinates may be rounded differently
_ON_EDGE = 0.7  # share of a feature's probes that the silhouette has to have an edge for


@dataclass(frozen=True, slots=True)
class Layout:
    """A track; where in it each of the silhouette's `outlines` stands and each of the `features` that were asked for,
    or why it does not (`refused`); `along`: the names of all features along each outline."""

    track: Track
    outlines: tuple[slice, ...]
    features: Mapping[str, Rows]
    refused: Mapping[str, str]
    along: tuple[frozenset[str], ...]


def lay(
    silhouette: Strokes, features: Mapping[str, Feature], wanted: Iterable[str], pixel_mm: float, *, partial: bool
) -> Layout:
    """Probes along the closed outlines of `silhouette`, and along those of the features `wanted` that none carries.

    In a geometry that is not `partial` a feature has to run where the silhouette has an edge.
    """
    gap_mm = MOST_GAP_PX * pixel_mm
    probed = probe(silhouette, pixel_mm, least=LEAST_PROBES)
    edges = edges_of(silhouette, pixel_mm, pixel_mm + _SAME_MM)
    written = [(name, outline) for name, feature in features.items() for outline in outlines_of(feature)]
    followed = strokes_of([outline for _, outline in written], gap_mm)
    carried = carry(followed, probed, edges, pixel_mm)
    shared = _shared(written, carried, probed)
    places: dict[str, Rows] = {}
    refused: dict[str, str] = {}
    alone: list[str] = []
    for name in wanted:
        try:
            check_size(features[name], pixel_mm)
            rows = shared[name]
            if rows is None:
                alone.append(name)
                continue
            check_length(name, rows)
            places[name] = rows
        except ValueError as error:
            refused[name] = str(error)
    track = probed.track(probed.reach(edges, pixel_mm, on_edges=True))
    if alone:
        track = _add(track, alone, features, edges, pixel_mm, places, refused, partial=partial)
    outlines = tuple(slice(*ends) for ends in pairwise(probed.outlines.tolist()))
    names = [name for name, _ in written]
    return Layout(track, outlines, places, refused, _along(names, carried, followed, silhouette, edges, pixel_mm))


def _shared(written: Sequence[tuple[str, Outline]], carried: Carried, probed: Probed) -> dict[str, Rows | None]:
    """Where each feature stands, of which `written` has the outlines; None where some of it is not carried."""
    ends = probed.outlines.tolist()
    found: dict[str, Rows | None] = {}
    lists = carried.outline.tolist(), carried.first.tolist(), carried.count.tolist()
    for (name, _), carrier, first, count in zip(written, *lists, strict=True):
        if carrier < 0:
            found[name] = None
            continue
        rows: Rows = slice(first, first + count)
        past = first + count - ends[carrier + 1]
        if past > 0:  # past the end of its carrier it goes on at the carrier's beginning
            rows = np.r_[first : first + count - past, ends[carrier] : ends[carrier] + past]
        if name not in found:
            found[name] = rows
        elif (before := found[name]) is not None:
            found[name] = np.concatenate([_listed(before), _listed(rows)])
    return found


def _listed(rows: Rows) -> Index:
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _add(
    track: Track,
    alone: Sequence[str],
    features: Mapping[str, Feature],
    edges: Edges,
    pixel_mm: float,
    places: dict[str, Rows],
    refused: dict[str, str],
    *,
    partial: bool,
) -> Track:
    """The track, longer by probes along the features `alone`; what becomes of each goes into `places` or `refused`."""
    while True:
        own = [outlines_of(features[name]) for name in alone]
        probed = probe(
            strokes_of([outline for outlines in own for outline in outlines], MOST_GAP_PX * pixel_mm), pixel_mm, least=0
        )
        reach = probed.reach(edges, pixel_mm, on_edges=False)
        ends, number = probed.outlines.tolist(), 0
        usable = []
        for name, outlines in zip(alone, own, strict=True):
            rows = slice(ends[number], ends[number + len(outlines)])
            try:
                check_length(name, rows)
                if not partial:
                    _check_on_edge(name, reach.side[rows])
                usable.append(name)
                places[name] = slice(len(track) + rows.start, len(track) + rows.stop)
            except ValueError as error:
                refused[name] = str(error)
            number += len(outlines)
        if len(usable) == len(alone):
            return joined(track, probed.track(reach))
        alone = usable


def _check_on_edge(name: str, side: NDArray[np.int8]) -> None:
    if float((side > 0).mean()) > _ON_EDGE:
        return
    if float((side < 0).mean()) > _ON_EDGE:
        raise ValueError(f"{name} has its material on the other side than the outline of the geometry")
    raise ValueError(f"there is no such edge: the outline of the geometry does not run where {name} is")


def _along(
    names: Sequence[str], carried: Carried, followed: Strokes, silhouette: Strokes, edges: Edges, pixel_mm: float
) -> tuple[frozenset[str], ...]:
    """The features along each outline: those it carries, and those that lie within a pixel of it all along."""
    on_outline = carried.outline.copy()
    open_ = np.flatnonzero(on_outline < 0)
    on_outline[open_] = beside(followed, open_, silhouette, edges, pixel_mm + _SAME_MM)
    found: list[set[str]] = [set() for _ in range(len(silhouette.closed))]
    for name, outline in zip(names, on_outline.tolist(), strict=True):
        if outline >= 0:
            found[outline].add(name)
    return tuple(frozenset(one) for one in found)

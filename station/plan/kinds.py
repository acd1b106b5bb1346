"""Of which kind the edge at every probe is, and of which the edge of a feature.

How an edge was made belongs to the edge, not to a name for it: what a feature says holds for all that runs along the
same probes. The narrower feature has the say: a line or an arc before a circle, a circle before a contour, and all of
them before what the geometry says of edges all around.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.edge_kinds import EdgeKind, number_of, unknown_kind
from station.order.geometry import ArcFeature, CircleFeature, Feature, LineFeature
from station.order.model import Geometry
from station.plan.targets import Rows

Index = NDArray[np.intp]

NO_KIND = -1


@dataclass(frozen=True, slots=True)
class Kinds:
    """`rows` (n,): which of the calibration's kinds of edges each probe looks for, `NO_KIND` if none of them; None
    where the calibration has but one. The same of `features`, and why those in `refused` cannot be measured."""

    rows: Index | None
    features: Mapping[str, int]
    refused: Mapping[str, str]


def kinds_of(geometry: Geometry, places: Mapping[str, Rows], probes: int, known: Sequence[EdgeKind]) -> Kinds:
    """Kinds of the edges at so many `probes` and of the features that stand at `places` among them.

    `places` has all features that say their kind and have probes.
    """
    said = {name: kind for name, kind in geometry.edges.items() if name in places}
    names = list(dict.fromkeys((geometry.edge, *said.values())))
    numbers = [_number(geometry, known, name) for name in names]
    if not said and numbers[0] != NO_KIND:  # one kind all around, and known
        rows = None if len(known) == 1 else np.full(probes, numbers[0], np.intp)
        return Kinds(rows, dict.fromkeys(places, numbers[0]), {})
    at, refused = _claimed(geometry.features, said, names, places, probes)
    features = {}
    for name, own in places.items():
        kinds = np.unique(at[own]).tolist()
        features[name] = max(numbers[kinds[0]], 0)
        if len({numbers[kind] for kind in kinds}) > 1:
            listed = ", ".join(repr(names[kind]) if names[kind] else "default" for kind in kinds)
            refused.setdefault(name, f"the edges along {name} are of different kinds ({listed}): measure them apart")
        elif numbers[kinds[0]] == NO_KIND:
            refused.setdefault(name, unknown_kind(known, names[kinds[0]], name))
    return Kinds(None if len(known) == 1 else np.array(numbers, np.intp)[at], features, refused)


def _number(geometry: Geometry, known: Sequence[EdgeKind], name: str) -> int:
    """Which of the `known` kinds an edge that is called `name` is of.

    Where the order names the kinds of some edges, one without is not of the only kind that the masters had.
    """
    number = number_of(known, name)
    names_some = bool(geometry.edge) or any(geometry.edges.values())
    return NO_KIND if number is None or (names_some and known[number].kind != name) else number


def _claimed(
    features: Mapping[str, Feature],
    said: Mapping[str, str],
    names: Sequence[str],
    places: Mapping[str, Rows],
    probes: int,
) -> tuple[Index, dict[str, str]]:
    """Which of `names` each probe's kind is (0: that of the geometry), and the features that contradict each other."""
    at, owner, refused = np.zeros(probes, np.intp), np.full(probes, -1, np.intp), {}
    order = sorted(said, key=lambda name: _narrowness(features[name]))
    for number, name in enumerate(order):
        own, kind = places[name], names.index(said[name])
        others = np.unique(owner[own][(at[own] != kind) & (owner[own] >= 0)]).tolist()
        for other in (order[o] for o in others if _narrowness(features[order[o]]) == _narrowness(features[name])):
            why = f"{other} and {name} are one edge, but said to be of two kinds ({said[other]!r}, {said[name]!r})"
            refused.update({other: why, name: why})
        at[own], owner[own] = kind, number
    return at, refused


def _narrowness(feature: Feature) -> int:
    if isinstance(feature, ArcFeature | LineFeature):
        return 2
    return 1 if isinstance(feature, CircleFeature) else 0

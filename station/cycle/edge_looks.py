"""Whether the edges of a part look like those of the masters that the calibration was made with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from station.cycle.results import ItemResult
from station.cycle.sight import Sighting
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict
from station.plan.plan import Plan
from station.vision.probe import Edges

_SPREAD_PER_PLACE = math.sqrt(2.0)  # the place has twice the information of the spread in the same pixels
_LEAST_SHOWN = 0.05  # px: less is not worth a sentence


@dataclass(frozen=True, slots=True)
class EdgeSeen:
    """One feature's edge in a picture: its spread with the standard uncertainty of that (px), and its misfit (of the
    step), NaN where no edge was found; `edge` its kind among those of the calibration."""

    id: str
    spread_px: float
    u_spread_px: float
    misfit: float
    edge: int = 0


@dataclass(frozen=True, slots=True)
class EdgeOdd:
    """How far an edge may lie off because it looks otherwise than the masters' (px), and whether it is another step."""

    seen: EdgeSeen
    off_px: float
    other_step: bool


def edges_seen(plan: Plan, sighting: Sighting, edges: Edges) -> tuple[EdgeSeen, ...]:
    """How the edge of every feature of the plan looks."""
    field = sighting.field
    noise = math.sqrt(sum(field.noise) / 2.0) / max(field.contrast, 1e-9)
    clear = edges.found & edges.clear
    square = np.where(clear, edges.sigma_px**2, 0.0)
    u = np.where(clear, edges.u_px, 0.0)
    found = []
    for target in plan.targets:
        span = target.span
        count = int(np.count_nonzero(clear[span]))
        if count == 0:
            found.append(EdgeSeen(target.id, math.nan, math.nan, math.nan, target.edge))
            continue
        run = int(np.searchsorted(plan.track.runs, target.rows[0], side="right")) - 1
        more = math.sqrt(max(float(edges.unexplained[run]) ** 2 - 1.0, 0.0))
        own = _SPREAD_PER_PLACE * float(u[span].sum()) / count**1.5
        spread = math.sqrt(float(square[span].sum()) / count)
        found.append(EdgeSeen(target.id, spread, own, more * noise, target.edge))
    return tuple(found)


def odd_edges(calibration: Calibration, seen: Sequence[EdgeSeen]) -> dict[str, EdgeOdd]:
    """Those edges, by feature, that do not look like the masters' of their kind; none where the calibration does not
    know how those look."""
    looks, found = [kind.look for kind in calibration.kinds], {}
    for edge in seen:
        look = looks[edge.edge]
        if look is not None and math.isfinite(edge.spread_px):
            off, other = look.odd_px(edge.spread_px, edge.u_spread_px), look.is_other_step(edge.misfit)
            if off > 0.0 or other:
                found[edge.id] = EdgeOdd(edge, off, other)
    return found


def with_odd_edges(
    items: Sequence[ItemResult], odd: Mapping[str, EdgeOdd], calibration: Calibration
) -> tuple[ItemResult, ...]:
    """A characteristic of an edge of another kind of step does not pass; one that is not decided says why."""
    return tuple(_told(item, odd, calibration) for item in items) if odd else tuple(items)


def _told(item: ItemResult, odd: Mapping[str, EdgeOdd], calibration: Calibration) -> ItemResult:
    names = dict.fromkeys((*item.item.characteristic.features, *item.item.question.datums))
    own = [odd[name] for name in names if name in odd and (odd[name].other_step or odd[name].off_px > _LEAST_SHOWN)]
    undecided = item.verdict is Verdict.UNDECIDED or any(o.other_step for o in own)
    if not own or item.verdict not in (Verdict.PASS, Verdict.UNDECIDED) or not undecided:
        return item
    worst = max(own, key=lambda o: (o.other_step, o.off_px))
    kind = calibration.kinds[worst.seen.edge]
    assert kind.look is not None
    masters = f"the masters' {kind.kind} edges" if kind.kind else "the masters' edges"
    why = (
        f"The edge of {worst.seen.id} does not look like {masters} ({worst.seen.spread_px:.2f} px wide, "
        f"theirs {kind.look.spread_px:.2f} px): a chamfer, a burr, dirt, another focus or light?"
    )
    label = "" if item.reason else f"Characteristic {item.item.characteristic.id} cannot be decided. "
    return replace(item, verdict=Verdict.UNDECIDED, reason=f"{label}{item.reason} {why}".strip())

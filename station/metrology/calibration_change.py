"""What changes when one calibration takes the place of another: in its parameters, and in what parts will measure.

Both rest on certificates, often the same ones; they are compared as if they were independent, so that a change of
three combined u is rare by chance and rarer with common masters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from station.metrology.calibration import Calibration
from station.metrology.edge_kinds import DEFAULT, EdgeKind, number_of
from station.metrology.masters import DOUBTFUL_P

MOST_U = 3.0  # combined standard uncertainties that a parameter may change by without a question
MOST_SPREAD = 1.2  # times the edge spread before: another focus, aperture or wavelength
LENGTHS_MM = (1.0, 10.0)


@dataclass(frozen=True, slots=True)
class LengthChange:
    """By how much (mm) a length will measure otherwise, at most of an outer size, an inner size and a distance of
    centres, and U (k = 2) that the new calibration alone gives that size."""

    length_mm: float
    change_mm: float
    expanded_mm: float


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """By how much the edge offset of a kind changes (px, and in combined u); None where only one of both knows it."""

    kind: str
    before: EdgeKind | None
    new: EdgeKind | None
    change_px: float | None = None
    in_u: float | None = None


@dataclass(frozen=True, slots=True)
class CalibrationChange:
    """From the calibration before to the new one; parameters also in combined standard uncertainties, `edge_px` of
    edges of which nobody says the kind, `edges` of each kind. `doubts` are sentences without a full stop, each a reason
    to look twice."""

    scale_ppm: float
    scale_in_u: float
    edge_px: float
    edge_in_u: float
    edges: tuple[EdgeChange, ...]
    lengths: tuple[LengthChange, ...]
    doubts: tuple[str, ...]


def compare(before: Calibration, new: Calibration, now: datetime) -> CalibrationChange:
    """The change from `before` to `new`, and what is odd about it at the moment `now`."""
    relative = new.camera.scale_mm_per_px() / before.camera.scale_mm_per_px() - 1.0
    edge_px = new.edge_offset_px - before.edge_offset_px
    scale_in_u = _in_u(relative, before.u_scale, new.u_scale)
    edge_in_u = _in_u(edge_px, before.u_edge_px, new.u_edge_px)
    edges = _edge_changes(before.kinds, new.kinds)
    field = new.camera.scale_mm_per_px() * max(new.camera.width_px, new.camera.height_px)
    lengths = tuple(_length(size, relative, edges, new) for size in (*LENGTHS_MM, field))
    doubts = (*_changed(before, new, scale_in_u), *_edge_doubts(before, new, edges), *doubts_of(new, now))
    return CalibrationChange(1e6 * relative, scale_in_u, edge_px, edge_in_u, edges, lengths, doubts)


def doubts_of(calibration: Calibration, now: datetime) -> tuple[str, ...]:
    """What is odd about a calibration by itself."""
    found = []
    for papers in calibration.artefact.masters if calibration.artefact is not None else ():
        name = papers.master or papers.certificate or "one master"
        if papers.expired_at(calibration.created):
            found.append(f"the certificate of {name} was over on {papers.due} when it was used")
        elif papers.expired_at(now):
            found.append(f"the certificate of {name} is over since {papers.due}")
    statistics = calibration.statistics
    if statistics is not None and statistics.p_value is not None and statistics.p_value < DOUBTFUL_P:
        found.append(
            f"the masters' errors are larger than certificates and noise explain (p {statistics.p_value:.1g}, at most "
            f"{1e3 * statistics.max_mm:.2g} µm)"
        )
    if calibration.created > now:
        found.append(f"it was made in the future, on {calibration.created:%Y-%m-%d %H:%M %Z}")
    return tuple(found)


def _edge_changes(before: Sequence[EdgeKind], new: Sequence[EdgeKind]) -> tuple[EdgeChange, ...]:
    """Of every kind that either knows. The only kind of one calibration is compared with the unnamed one of another,
    which the masters of both did not tell apart."""
    found = []
    for name in dict.fromkeys(kind.kind for kind in (*before, *new)):
        pair = []
        for kinds in (before, new):
            number = number_of(kinds, name)
            pair.append(None if number is None else kinds[number])
        a, b = pair
        if a is None or b is None:
            found.append(EdgeChange(name, a, b))
        else:
            by = b.offset_px - a.offset_px
            found.append(EdgeChange(name, a, b, by, _in_u(by, a.u_px, b.u_px)))
    return tuple(found)


def _edge_doubts(before: Calibration, new: Calibration, edges: Sequence[EdgeChange]) -> list[str]:
    found = []
    for edge in edges:
        of = f"the edge offset of the kind {edge.kind!r}" if edge.kind else "the edge offset"
        if edge.in_u is not None and abs(edge.in_u) > MOST_U:
            found.append(f"{of} changes by {abs(edge.in_u):.1f} combined u")
        elif edge.new is None and edge.kind:
            found.append(f"edges of the kind {edge.kind!r} cannot be measured with it any more")
    if number_of(before.kinds, DEFAULT) is not None and number_of(new.kinds, DEFAULT) is None:
        found.append("orders that do not say the kind of their edges cannot be measured with it any more")
    return found


def _changed(before: Calibration, new: Calibration, scale_in_u: float) -> list[str]:
    found = []
    a, b = before.camera, new.camera
    if (a.width_px, a.height_px) != (b.width_px, b.height_px):
        found.append(
            f"it is for a camera of {b.width_px} × {b.height_px} pixels, "
            f"the one before for {a.width_px} × {a.height_px}"
        )
    if abs(scale_in_u) > MOST_U:
        found.append(f"the scale changes by {abs(scale_in_u):.1f} combined u")
    if before.devices is not None and new.devices is not None:
        found += [f"the {name} has another serial number" for name in before.devices.differing(new.devices)]
    if before.clipping is not new.clipping:
        found.append(f"backlights may be: {new.clipping}, before: {before.clipping}")
    old_spread, spread = before.psf_sigma_px, new.psf_sigma_px
    if old_spread and spread and not 1.0 / MOST_SPREAD < spread / old_spread < MOST_SPREAD:
        found.append(f"edges are {spread:.2f} px wide, before {old_spread:.2f} px: another focus, aperture or light")
    if new.created < before.created:
        found.append(f"it is older than the one in force ({new.created:%Y-%m-%d} before {before.created:%Y-%m-%d})")
    return found


def _in_u(change: float, *u: float) -> float:
    combined = math.hypot(*u)
    return change / combined if combined > 0.0 else math.copysign(math.inf, change) if change else 0.0


def _length(size: float, relative: float, edges: Sequence[EdgeChange], new: Calibration) -> LengthChange:
    """Of an outer size (its edges move by twice the offset), an inner one and a distance of centres: the worst, of any
    kind of edge."""
    pixel = new.camera.scale_mm_per_px()
    found = []
    for edge in edges:
        if edge.new is None or edge.change_px is None:
            continue
        for sides in (2.0, -2.0, 0.0):
            by_scale, by_edge = size * new.u_scale, sides * edge.new.u_px * pixel
            variance = by_scale**2 + by_edge**2 - 2.0 * edge.new.correlation[0] * by_scale * by_edge
            change = size * relative - sides * edge.change_px * pixel
            found.append(LengthChange(size, change, 2.0 * math.sqrt(max(variance, 0.0))))
    return max(
        found, key=lambda c: abs(c.change_mm), default=LengthChange(size, size * relative, 2.0 * size * new.u_scale)
    )

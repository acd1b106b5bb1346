"""The parts of the coverage study: every type of characteristic, small features, the border of the picture."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from station.metrology.characteristics import Question
from station.order.model import Order
from station.order.read import parse_order
from station.twin.part import CircleDeviation, Deviation, LineDeviation, Lobes, MadePart
from station.twin.scene import Optics, Pose

Rng: TypeAlias = np.random.Generator
Document: TypeAlias = dict[str, Any]

MM_PER_PX = 0.010
TOLERANCE = 0.2  # wide: verdicts are made from the values afterwards


@dataclass(frozen=True, slots=True)
class Toothed:
    """A gear or a screw as it was `made`, as it is `seen` with every flank a little off, and what is `true` of it."""

    made: MadePart
    seen: MadePart
    true: Callable[[Question], float]


@dataclass(frozen=True, slots=True)
class Subject:
    """A part to make again and again; `named` says of each characteristic's id which row of the table it is in.

    What has teeth is made by `toothed`, all else from its order with the deviations of `make`."""

    name: str
    order: Order
    optics: Optics
    named: dict[str, str]
    make: Callable[[Rng], tuple[Deviation, ...]]
    place: Callable[[Rng], Pose]
    toothed: Callable[[Rng], Toothed] | None = None


def subjects() -> tuple[Subject, ...]:
    """A plate with holes and a slot, a ring, and a strip of small holes that reaches to the picture's border."""
    return (_plate(), _ring(), _strip())


def _plate() -> Subject:
    """5 by 3.2 mm, one corner cut; four holes, a slot."""
    corners = [(-2.5, -1.6), (2.5, -1.6), (2.5, 1.0), (1.9, 1.6), (-2.5, 1.6)]
    edges = ["B", "R", "C", "T", "L"]
    features = [_line(n, a, b) for n, a, b in zip(edges, corners, [*corners[1:], corners[0]], strict=True)]
    holes = {"H1": (-1.8, -0.9, 0.8), "H2": (1.7, -0.9, 0.8), "H3": (-1.8, 0.9, 0.5), "H4": (1.2, 0.8, 0.6)}
    features += [_circle(n, "inner", (x, y), d) for n, (x, y, d) in holes.items()]
    features += [
        _line("S1", (0.6, -0.25), (-0.8, -0.25)), _arc("A1", (-0.8, 0.0), 0.25, 90.0, 270.0),
        _line("S2", (-0.8, 0.25), (0.6, 0.25)), _arc("A2", (0.6, 0.0), 0.25, -90.0, 90.0),
    ]  # fmt: skip
    asked = [
        ("diameter", _size("diameter", "H1", 0.8)),
        ("diameter GX", _size("diameter", "H1", 0.8, modifier="GX")),
        ("diameter GN", _size("diameter", "H2", 0.8, modifier="GN")),
        ("diameter LP", _size("diameter", "H2", 0.8, modifier="LP")),
        ("radius of an arc", _size("radius", "A1", 0.25)),
        ("distance of centres", _size("distance", ["H1", "H2"], 3.5)),
        ("distance edge to centre", _size("distance", ["L", "H3"], 0.7)),
        ("distance edge to edge", _size("distance", ["B", "T"], 3.2)),
        ("width", _size("width", ["S1", "S2"], 0.5)),
        ("width GX", _size("width", ["S1", "S2"], 0.5, modifier="GX")),
        ("width LP", _size("width", ["L", "R"], 5.0, modifier="LP")),
        ("angle", {"type": "angle", "features": ["R", "C"], "nominal": 135.0, "lower_tol": -1.0, "upper_tol": 1.0}),
        ("straightness", _zone("straightness", "B")),
        ("straightness LS", _zone("straightness", "T", association="LS")),
        ("parallelism", _zone("parallelism", "T", "A")),
        ("perpendicularity", _zone("perpendicularity", "L", "A")),
        ("angularity", _zone("angularity", "C", "A")),
        ("position, two edges", _zone("position", "H4", "A", "B")),
        ("position, edge and hole", _zone("position", "H2", "A", "D")),
        ("position, common datum", _zone("position", "H4", "D-E")),
        ("symmetry of a slot", {**_zone("symmetry", "", "F"), "features": ["S1", "S2"]}),
        ("line profile, datums", _zone("line_profile", "T", "A", "B")),
        ("line profile, best fit", _zone("line_profile", "H4")),
    ]
    datums = {"A": "B", "B": "L", "D": "H1", "E": "H3", "F": ["H5", "H6"]}
    features += [_circle(n, "inner", (x, 0.0), 0.4) for n, x in (("H5", -1.9), ("H6", 1.9))]

    def make(rng: Rng) -> tuple[Deviation, ...]:
        round_ = [_circle_off(rng, n) for n in (*holes, "H5", "H6")]
        return (*round_, *(_line_off(rng, n) for n in (*edges, "S1", "S2")))

    return _subject("plate", features, asked, datums, Optics(640, 640, MM_PER_PX), make, _anywhere(12.0, 360.0))


def _ring() -> Subject:
    """A ring of 3 mm with an eccentric bore and a seat."""
    features = [
        _circle("OD", "outer", (0.0, 0.0), 3.0), _circle("ID", "inner", (0.0, 0.0), 1.6),
        _circle("P1", "inner", (1.15, 0.0), 0.2), _circle("P2", "inner", (-0.6, 1.0), 0.3),
    ]  # fmt: skip
    asked = [
        ("diameter, outer", _size("diameter", "OD", 3.0)),
        ("roundness", _zone("roundness", "ID")),
        ("roundness LS", _zone("roundness", "OD", association="LS")),
        ("roundness MC", _zone("roundness", "OD", association="MC")),
        ("roundness MI", _zone("roundness", "ID", association="MI")),
        ("concentricity", _zone("concentricity", "ID", "A")),
        ("circular run-out", _zone("circular_runout", "OD", "B")),
        ("position, two centres", _zone("position", "P2", "A", "P")),
        ("diameter, 20 px", _size("diameter", "P1", 0.2)),
    ]

    def make(rng: Rng) -> tuple[Deviation, ...]:
        return tuple(_circle_off(rng, n) for n in ("OD", "ID", "P1", "P2"))

    datums = {"A": "OD", "B": "ID", "P": "P1"}
    return _subject("ring", features, asked, datums, Optics(360, 360, MM_PER_PX), make, _anywhere(8.0, 360.0))


def _strip() -> Subject:
    """A strip with holes of 8 to 14 px that fills the picture to a few pixels from its border."""
    corners = [(-1.9, -0.6), (1.9, -0.6), (1.9, 0.6), (-1.9, 0.6)]
    features = [_line(n, a, b) for n, a, b in zip("BRTL", corners, [*corners[1:], corners[0]], strict=True)]
    holes = {"S1": (-1.3, 0.1, 0.08), "S2": (-0.4, -0.1, 0.1), "S3": (0.4, 0.1, 0.12), "S4": (1.3, -0.1, 0.14)}
    features += [_circle(n, "inner", (x, y), d) for n, (x, y, d) in holes.items()]
    asked = [(f"diameter, {100 * d:.0f} px", _size("diameter", n, d)) for n, (_, _, d) in holes.items()]
    asked += [
        ("distance, small holes", _size("distance", ["S1", "S4"], math.dist((-1.3, 0.1), (1.3, -0.1)))),
        ("distance, at the border", _size("distance", ["L", "R"], 3.8)),
    ]

    def make(rng: Rng) -> tuple[Deviation, ...]:
        return (*(_circle_off(rng, n, 0.1) for n in holes), *(_line_off(rng, n) for n in "BRTL"))

    optics = Optics(400, 160, MM_PER_PX)
    return _subject("strip", features, asked, {}, optics, make, _anywhere(2.0, 0.6))


def _subject(
    name: str, features: list[Document], asked: list[tuple[str, Document]], datums: dict[str, Any], optics: Optics,
    make: Callable[[Rng], tuple[Deviation, ...]], place: Callable[[Rng], Pose],
) -> Subject:  # fmt: skip
    document = {
        "schema": "order/1",
        "order_id": f"COVER-{name}",
        "part": {"serial": name, "cte_ppm_per_k": 11.5},
        "geometry": {"features": features},
        "datums": datums,
        "characteristics": [{"id": str(n), **one} for n, (_, one) in enumerate(asked, start=1)],
    }
    order = parse_order(json.dumps(document).encode(), None, name)
    return Subject(name, order, optics, {str(n): row for n, (row, _) in enumerate(asked, start=1)}, make, place)


def _circle_off(rng: Rng, name: str, share: float = 1.0) -> Deviation:
    """Size, place and form off by up to a few hundredths of a millimetre, forms of two to seven lobes."""
    lobes = tuple(
        Lobes(float(share * abs(rng.normal(0.0, 0.003)) / count**0.5), count, float(rng.uniform(0.0, 360.0)))
        for count in rng.choice(np.arange(2, 8), 2, replace=False).tolist()
    )
    x, y = (share * rng.normal(0.0, 0.012, 2)).tolist()
    return CircleDeviation(name, float(share * rng.normal(0.0, 0.015)), (x, y), lobes)


def _line_off(rng: Rng, name: str) -> Deviation:
    return LineDeviation(
        name, float(rng.normal(0.0, 0.01)), float(rng.normal(0.0, 0.15)), float(rng.normal(0.0, 0.004))
    )


def _anywhere(reach_px: float, turn_deg: float) -> Callable[[Rng], Pose]:
    def place(rng: Rng) -> Pose:
        x, y = (MM_PER_PX * rng.uniform(-reach_px, reach_px, 2)).tolist()
        return Pose(x, y, float(rng.uniform(-turn_deg / 2.0, turn_deg / 2.0)))

    return place


def _size(kind: str, features: str | list[str], nominal: float, **more: Any) -> Document:
    named = {"feature": features} if isinstance(features, str) else {"features": features}
    return {
        "type": kind, **named, "nominal": round(nominal, 6), "lower_tol": -0.5 * nominal, "upper_tol": 0.5 * nominal,
        **more,
    }  # fmt: skip


def _zone(kind: str, feature: str, *datum: str, **more: Any) -> Document:
    named = {"feature": feature} if feature else {}
    return {"type": kind, **named, "tolerance": TOLERANCE, **({"datum": list(datum)} if datum else {}), **more}


def _circle(name: str, side: str, center: tuple[float, float], diameter: float) -> Document:
    return {"id": name, "type": "circle", "side": side, "center": list(center), "diameter": diameter}


def _arc(name: str, center: tuple[float, float], radius: float, start: float, end: float) -> Document:
    return {
        "id": name, "type": "arc", "side": "inner", "center": list(center), "radius": radius, "start_angle": start,
        "end_angle": end,
    }  # fmt: skip


def _line(name: str, start: tuple[float, float], end: tuple[float, float]) -> Document:
    return {"id": name, "type": "line", "start": list(start), "end": list(end), "material": "left"}

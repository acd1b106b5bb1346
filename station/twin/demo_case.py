"""One demo case: the order as its document, the part that somebody made of it, and what a station should say.

Nothing in the order gives the verdict away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from station.order.dxf_text import dxf_text
from station.order.geometry import ArcFeature, CircleFeature, ContourFeature, Feature, LineFeature, Outline, Silhouette
from station.order.model import Face
from station.twin.part import Deviation, MadePart


class Expected(StrEnum):
    """The part verdict that a case must lead to."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"
    ERROR = "ERROR"
    NOT_PASS = "not PASS"

    def allows(self, verdict: str) -> bool:
        """Whether a part verdict is as expected."""
        return verdict != "PASS" if self is Expected.NOT_PASS else verdict == self.value


@dataclass(frozen=True, slots=True)
class Design:
    """What is ordered: the silhouette, the features that the order names, the drawing's layers (none: no drawing).

    A contour feature is written into the order as the layer of the same name.
    """

    outer: tuple[Outline, ...]
    openings: tuple[Outline, ...]
    features: tuple[Feature, ...]
    layers: tuple[tuple[str, tuple[Outline, ...]], ...] = ()
    exploded: bool = False

    def made(self, *deviations: Deviation, **faults: Any) -> MadePart:
        """A part made to this design; `faults` are further fields of `MadePart`."""
        return MadePart(Silhouette(self.outer, self.openings), self.features, deviations, **faults)


@dataclass(frozen=True, slots=True)
class DemoCase:
    """`document` and `drawing` are what the order's folder holds; `part` lies in the rig showing `face`."""

    name: str
    serial: str
    story: str
    expected: Expected
    document: bytes
    drawing: str
    part: MadePart
    face: Face = Face.TOP

    @property
    def order_file(self) -> str:
        """The order's file name."""
        return f"{self.name}.json"

    @property
    def drawing_file(self) -> str:
        """The drawing's file name, empty when the order has none."""
        return f"{self.name}.dxf" if self.drawing else ""


def demo_case(
    number: int,
    name: str,
    story: str,
    expected: Expected,
    design: Design,
    part: MadePart,
    characteristics: list[dict[str, Any]],
    *,
    datums: dict[str, str] | None = None,
    material: str = "1.4310",
    cte_ppm_per_k: float = 16.4,
    face: Face = Face.TOP,
) -> DemoCase:
    """Write the order for a design; characteristics get their ids in sequence."""
    serial = f"{name}-{number:04d}"
    drawing = dxf_text(dict(design.layers), design.exploded) if design.layers else ""
    geometry: dict[str, Any] = {"drawing": f"{name}.dxf"} if drawing else {}
    geometry["features"] = [feature_entry(feature) for feature in design.features]
    document: dict[str, Any] = {
        "schema": "order/1",
        "order_id": f"MO-2026-{500 + number:06d}",
        "customer_reference": f"C-{88200 + 7 * number}",
        "part": {
            "part_number": name,
            "revision": "A",
            "serial": serial,
            "material": material,
            "cte_ppm_per_k": cte_ppm_per_k,
        },
        "geometry": geometry,
        "datums": datums or {},
        "characteristics": [{"id": str(index), **one} for index, one in enumerate(characteristics, start=1)],
        "decision": {"rule": "iso14253-1", "conformance_probability": 0.95},
    }
    written = json.dumps(document, indent=1).encode() + b"\n"
    return DemoCase(name, serial, story, expected, written, drawing, part, face)


def feature_entry(feature: Feature) -> dict[str, Any]:
    """A feature as the order writes it (millimetres to six places)."""

    def rounded(*values: float) -> list[float]:
        return [round(value, 6) + 0.0 for value in values]

    match feature:
        case CircleFeature():
            place = {"center": rounded(*feature.center_mm), "diameter": round(feature.diameter_mm, 6)}
            return {"id": feature.id, "type": "circle", "side": feature.side.value, **place}
        case ArcFeature():
            place = {"center": rounded(*feature.center_mm), "radius": round(feature.radius_mm, 6)}
            ends = {"start_angle": round(feature.start_deg, 6), "end_angle": round(feature.end_deg, 6)}
            return {"id": feature.id, "type": "arc", "side": feature.side.value, **place, **ends}
        case LineFeature():
            material = "left" if feature.material_left else "right"
            ends_mm = {"start": rounded(*feature.start_mm), "end": rounded(*feature.end_mm)}
            return {"id": feature.id, "type": "line", **ends_mm, "material": material}
        case ContourFeature():
            return {"id": feature.id, "type": "contour", "layer": feature.id}


def size(kind: str, features: str | list[str], nominal: float, tolerance: float | str) -> dict[str, Any]:
    """A size with symmetrical deviations, or with an ISO 286 fit."""
    which = {"feature": features} if isinstance(features, str) else {"features": features}
    if isinstance(tolerance, str):
        return {"type": kind, **which, "nominal": round(nominal, 4), "fit": tolerance}
    return {"type": kind, **which, "nominal": round(nominal, 4), "lower_tol": -tolerance, "upper_tol": tolerance}


def zone(kind: str, feature: str, tolerance: float, *datums: str) -> dict[str, Any]:
    """A geometrical tolerance."""
    with_datum = {"datum": list(datums)} if datums else {}
    return {"type": kind, "feature": feature, **with_datum, "tolerance": tolerance}


def count(of: str, nominal: int, feature: str = "") -> dict[str, Any]:
    """How many there must be."""
    which = {"feature": feature} if feature else {}
    return {"type": "count", **which, "of": of, "nominal": nominal}

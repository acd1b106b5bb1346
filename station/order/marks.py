"""Codes, texts and surfaces of the order resolved: regions found, symbologies named, contents that can be made."""

from __future__ import annotations

import math
from decimal import Decimal

from station.errors import OrderError
from station.order.document import CodeDocument, SurfaceDocument, TextArcDocument, TextDocument
from station.order.features import Features
from station.order.geometry import Point
from station.order.gs1 import elements_of, has_right_check_digit
from station.order.model import Characteristic, CharacteristicType, Limits, TextArc
from station.order.symbologies import GS1_CARRIERS, Symbology, symbology_of

_NOTHING = Limits(None, None, None)
_RETAIL_DIGITS = {"ean13": 13, "ean8": 8, "upca": 12}


def resolve_mark(
    document: CodeDocument | TextDocument | SurfaceDocument,
    kind: CharacteristicType,
    view: str,
    place: str,
    features: Features,
) -> Characteristic:
    """One code, text or surface, complete.

    Raises:
        OrderError: with the place of the key that is wrong.
    """
    region = _region(document.region, f"{place}.region", features)
    match document:
        case CodeDocument():
            symbology = symbology_of(document.symbology)
            return Characteristic(
                *(document.id, kind, (), (), _NOTHING, "1"),
                view=view,
                symbology=symbology.name,
                expected=document.expected,
                region=region,
                gs1=_gs1(document, symbology, place),
                identity=document.identity,
            )
        case TextDocument():
            arc = None if document.arc is None else _arc(document, document.arc, place)
            direction = float(document.direction or 0)
            _check_height(document, region, direction, place)
            return Characteristic(
                *(document.id, kind, (), (), _NOTHING, "1"),
                view=view,
                expected=document.expected,
                region=region,
                arc=arc,
                direction_deg=direction,
                height_mm=None if document.height is None else float(document.height),
            )
        case SurfaceDocument():
            limits = Limits(None, None, document.max_defect_mm, "max_defect_mm")
            return Characteristic(
                *(document.id, kind, (), (), limits, "mm"),
                view=view,
                region=region,
                max_defect_mm=document.max_defect_mm,
            )


def _gs1(document: CodeDocument, symbology: Symbology, place: str) -> bool | None:
    """Whether the code carries GS1 elements; content that no code can ever carry rightly is refused."""
    if symbology.gs1 and document.gs1 is False:
        raise OrderError(f"{document.symbology!r} always carries GS1 elements", place=f"{place}.gs1")
    gs1 = True if symbology.gs1 else document.gs1
    if gs1:
        if symbology.known and symbology.name not in GS1_CARRIERS:
            raise OrderError(f"there is no {document.symbology!r} with GS1 elements", place=f"{place}.gs1")
        try:
            elements_of(document.expected)
        except ValueError as fault:
            raise OrderError(f"this is not right GS1: {fault}", place=f"{place}.expected") from fault
    digits = _RETAIL_DIGITS.get(symbology.name)
    if digits is not None:
        expected = document.expected
        if len(expected) != digits or not (expected.isascii() and expected.isdecimal()):
            raise OrderError(f"{document.symbology!r} carries {digits} digits", place=f"{place}.expected")
        if not has_right_check_digit(expected):
            raise OrderError(f"the check digit of {expected} is wrong", place=f"{place}.expected")
    return gs1


def _arc(document: TextDocument, arc: TextArcDocument, place: str) -> TextArc:
    if document.region is not None:
        raise OrderError("give 'region' or 'arc', not both", place=f"{place}.arc")
    if document.direction is not None:
        raise OrderError("a text along an arc has no other direction", place=f"{place}.direction")
    sweep = abs(arc.end_angle - arc.start_angle)
    if sweep == 0:
        raise OrderError("the arc has no length: it ends where it starts", place=f"{place}.arc.end_angle")
    if sweep > 360:
        raise OrderError("the arc goes round more than once", place=f"{place}.arc.end_angle")
    if document.height is not None and arc.end_angle > arc.start_angle and document.height >= arc.radius:
        raise OrderError(
            f"letters {document.height} mm high, their tops to the centre, do not fit into a radius of {arc.radius} mm",
            place=f"{place}.height",
        )
    center = (float(arc.center[0]), float(arc.center[1]))
    return TextArc(center, float(arc.radius), float(arc.start_angle), float(arc.end_angle))


def _check_height(
    document: TextDocument, region: str | tuple[Point, Point] | None, direction_deg: float, place: str
) -> None:
    if document.height is None or not isinstance(region, tuple):
        return
    (x0, y0), (x1, y1) = region
    angle = math.radians(direction_deg)
    across = (x1 - x0) * abs(math.sin(angle)) + (y1 - y0) * abs(math.cos(angle))
    if float(document.height) > across * (1.0 + 1e-9):
        raise OrderError(
            f"letters {document.height} mm high do not fit into a region that is {across:.4g} mm across",
            place=f"{place}.height",
        )


def _region(
    region: str | tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]] | None, place: str, features: Features
) -> str | tuple[Point, Point] | None:
    if region is None:
        return None
    if isinstance(region, str):
        if region not in features.by_id:
            raise OrderError(f"there is no feature {region!r} in the geometry", place=place)
        if features.kind(region) in ("line", "arc", "thread"):
            raise OrderError(
                f"a region is a circle, a contour or a rectangle, but {region!r} is not closed", place=place
            )
        return region
    (x0, y0), (x1, y1) = region
    if x0 == x1 or y0 == y1:
        raise OrderError("the region's two corners must differ in x and in y", place=place)
    return (float(min(x0, x1)), float(min(y0, y1))), (float(max(x0, x1)), float(max(y0, y1)))

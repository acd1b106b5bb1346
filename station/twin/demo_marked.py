"""Demo cases for marked parts: tags and discs with a code, a text and a face that counts, and a label of marks only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from station.order.geometry import ArcFeature, CircleFeature, ContourFeature, Feature, LineFeature, LineSegment, Side
from station.order.read import parse_order
from station.twin.demo_case import DemoCase, Design, Expected, count, demo_case, size, zone
from station.twin.flat_parts import disc_outline, tag_outline
from station.twin.mark_faults import damaged, miscoded, misspelt
from station.twin.marks import CodeMark, DefectKind, MarkStyle, TextMark
from station.twin.outlines import circle_outline
from station.twin.part import CircleDeviation, MadePart, part_of_order

STEEL: dict[str, Any] = {"material": "1.4441", "cte_ppm_per_k": 16.0}
GTIN = "0107612345678900"
DEFECT_MM = 0.4  # what the orders allow

Made: TypeAlias = Callable[[MadePart], MadePart]


def marked_cases() -> list[DemoCase]:
    """Seven marked parts: good ones, a wrong letter, a scratch too long and one that is not, another part's code."""
    rng = np.random.default_rng(2027)

    def misspelling(part: MadePart) -> MadePart:
        return misspelt(part, rng)

    def long(part: MadePart) -> MadePart:
        return damaged(part, DefectKind.SCRATCH, 2.2 * DEFECT_MM, rng)

    def short(part: MadePart) -> MadePart:
        return damaged(part, DefectKind.SCRATCH, 0.4 * DEFECT_MM, rng)

    return [
        _tag(19, "TAG-96", "a good tag", Expected.PASS, (9.6, 5.2), "ANNA 22.11.26", _engraved),
        _tag(
            20, "TAG-92", "a letter is wrong", Expected.FAIL, (9.2, 5.4), "MARTHA 05.03.26", lambda p: misspelt(p, rng)
        ),
        _tag(21, "TAG-94", "a scratch too long", Expected.FAIL, (9.4, 5.0), "KARL 17.08.26", long),
        _tag(22, "TAG-90", "a scratch that is allowed", Expected.PASS, (9.0, 5.6), "PETRA 30.01.26", short),
        _tag(23, "TAG-88", "another part's code", Expected.ERROR, (8.8, 5.4), "EMIL 11.06.26", _mixed_up),
        _disc(24, "DISC-92", "a good disc", 9.2, "HALLER & SOHN REF 4711"),
        _label(25, "LABEL-1", "a good label"),
    ]


def _tag(
    number: int, name: str, story: str, expected: Expected, sides_mm: tuple[float, float], text: str, made: Made
) -> DemoCase:
    (length, width), hole_mm = sides_mm, 1.2
    outline = tag_outline(length, width, 0.8, "TAG")
    below, above = (outline.segments[at] for at in (0, 4))
    assert isinstance(below, LineSegment)
    assert isinstance(above, LineSegment)
    hole = CircleFeature("H1", Side.INNER, (1.3 - length / 2, 0.0), hole_mm)
    features: tuple[Feature, ...] = (
        ContourFeature("TAG", (outline,)),
        hole,
        LineFeature("LOW", below.start_mm, below.end_mm, True),
        LineFeature("TOP", above.start_mm, above.end_mm, True),
    )
    opening = circle_outline(hole.center_mm, hole_mm, True, "H1")
    design = Design((outline,), (opening,), features, (("TAG", (outline,)), ("HOLES", (opening,))))
    left, right, top = 2.4 - length / 2, length / 2 - 0.4, width / 2 - 0.4
    characteristics = [
        size("diameter", "H1", hole_mm, 0.03),
        size("width", ["LOW", "TOP"], width, 0.03),
        zone("line_profile", "TAG", 0.08),
        count("openings", 1),
        _code([[left, top - 2.5], [left + 2.5, top]], f"{GTIN}21{name}-{number:04d}", gs1=True, identity=True),
        _text(text, region=[[left, -top], [right, 0.75 - top]]),
        _surface("TAG"),
    ]
    return _made(demo_case(number, name, story, expected, design, _drilled(design), characteristics, **STEEL), made)


def _disc(number: int, name: str, story: str, diameter_mm: float, text: str) -> DemoCase:
    outline = disc_outline(diameter_mm / 2, 0.42 * diameter_mm, "DISC")
    flat, rim = outline.segments
    assert isinstance(flat, LineSegment)
    ends = (rim.start_deg, rim.start_deg + rim.sweep_deg) if not isinstance(rim, LineSegment) else (0.0, 0.0)
    bore = CircleFeature("H1", Side.INNER, (0.0, 0.0), 1.6)
    features: tuple[Feature, ...] = (
        ContourFeature("DISC", (outline,)),
        bore,
        ArcFeature("RIM", Side.OUTER, (0.0, 0.0), diameter_mm / 2, *ends),
        LineFeature("FLAT", flat.start_mm, flat.end_mm, True),
    )
    opening = circle_outline(bore.center_mm, bore.diameter_mm, True, "H1")
    design = Design((outline,), (opening,), features, (("DISC", (outline,)), ("HOLES", (opening,))))
    characteristics = [
        size("diameter", "H1", bore.diameter_mm, 0.03),
        size("radius", "RIM", diameter_mm / 2, 0.02),
        zone("line_profile", "DISC", 0.08),
        _code([[-1.1, -3.4], [1.1, -1.2]], f"{name}-{number:04d}", identity=True),
        _text(text, arc={"center": [0, 0], "radius": 3.2, "start_angle": 200, "end_angle": -20}, height=0.5),
        _surface("DISC"),
    ]
    case = demo_case(number, name, story, Expected.PASS, design, _drilled(design), characteristics, **STEEL)
    return _made(case, lambda part: part)


def _label(number: int, name: str, story: str) -> DemoCase:
    """An order of marks only: nothing is measured."""
    serial = f"{name}-{number:04d}"
    characteristics = [_code(None, serial, identity=True), _text("REV C 2026-11")]
    document = {
        "schema": "order/1",
        "order_id": f"MO-2026-{500 + number:06d}",
        "part": {"part_number": name, "revision": "A", "serial": serial},
        "geometry": {},
        "characteristics": [{"id": str(index), **one} for index, one in enumerate(characteristics, start=1)],
    }
    written = json.dumps(document, indent=1).encode() + b"\n"
    part = part_of_order(parse_order(written, None, serial))
    return DemoCase(name, serial, story, Expected.PASS, written, "", part)


def _made(case: DemoCase, made: Made) -> DemoCase:
    """The case with what its order asks for on its part, and then what somebody made of it."""
    order = parse_order(case.document, None, case.serial, drawing=case.drawing.encode())
    return replace(case, part=made(replace(case.part, marks=part_of_order(order).marks)))


def _engraved(part: MadePart) -> MadePart:
    """The text cut instead of burnt."""
    return replace(
        part,
        marks=tuple(replace(one, style=MarkStyle.ENGRAVED) if isinstance(one, TextMark) else one for one in part.marks),
    )


def _mixed_up(part: MadePart) -> MadePart:
    """The code of the part before it in its box."""
    code = next(mark for mark in part.marks if isinstance(mark, CodeMark))
    return miscoded(part, code.content[:-1] + str((int(code.content[-1]) - 1) % 10))


def _drilled(design: Design) -> MadePart:
    return design.made(CircleDeviation("H1", 0.004, (0.003, -0.002)), growth_mm=-0.001)


def _code(region: list[list[float]] | None, expected: str, **more: Any) -> dict[str, Any]:
    where = {"region": [[round(at, 4) for at in corner] for corner in region]} if region else {}
    return {"type": "code", "symbology": "datamatrix", "expected": expected, **where, **more}


def _text(expected: str, region: list[list[float]] | None = None, **more: Any) -> dict[str, Any]:
    where = {"region": [[round(at, 4) for at in corner] for corner in region]} if region else {}
    return {"type": "text", "expected": expected, **where, **more}


def _surface(region: str) -> dict[str, Any]:
    return {"type": "surface", "region": region, "max_defect_mm": DEFECT_MM}

"""Codes, texts and surfaces of an order: what they say, and what no part can ever carry."""

from __future__ import annotations

from typing import Any

import pytest

from station.errors import OrderError
from station.order.model import TextArc
from station.order.read import parse_order
from station.order.symbologies import SYMBOLOGIES, symbology_of

from .builders import circle, order, parse

GTIN = "07612345678900"
RING = [circle("OD", "outer", [0, 0], 25)]
ARC = {"center": [0, 0], "radius": 9, "start_angle": 200, "end_angle": 340}


def text(**more: Any) -> dict[str, Any]:
    return {"type": "text", "expected": "ANNA 22.11.26", **more}


def code(**more: Any) -> dict[str, Any]:
    return {"type": "code", "symbology": "datamatrix", "expected": "A1", **more}


def test_what_a_text_says_of_itself() -> None:
    asked = parse(order(RING, text(arc=ARC, height=1.5), text(region=[[0, 0], [4, 2]], direction=90))).characteristics
    assert asked[0].arc == TextArc((0.0, 0.0), 9.0, 200.0, 340.0)
    assert asked[0].arc.inwards
    assert asked[0].arc.length_mm == pytest.approx(21.991, abs=1e-3)  # 140° of a circle of 9 mm
    assert (asked[0].height_mm, asked[0].direction_deg, asked[0].region) == (1.5, 0.0, None)
    assert (asked[1].arc, asked[1].direction_deg, asked[1].height_mm) == (None, 90.0, None)
    clockwise = {**ARC, "start_angle": 150, "end_angle": 30}
    assert not parse(order(RING, text(arc=clockwise))).characteristics[0].arc.inwards


def test_what_a_code_says_of_itself() -> None:
    asked = parse(order(RING, code(), code(gs1=True, expected=f"(01){GTIN}", identity=True))).characteristics
    assert [(one.gs1, one.identity) for one in asked] == [(None, False), (True, True)]


@pytest.mark.parametrize(
    ("written", "name", "gs1"),
    [
        ("datamatrix", "datamatrix", False), ("Data Matrix", "datamatrix", False), ("DATA_MATRIX", "datamatrix", 0),
        ("ECC 200", "datamatrix", False), ("GS1 DataMatrix", "datamatrix", True), ("gs1-datamatrix", "datamatrix", 1),
        ("QR Code", "qr", False), ("qr", "qr", False), ("GS1 QR Code", "qr", True), ("Micro QR Code", "microqr", False),
        ("Code 128", "code128", False), ("CODE-128", "code128", False), ("GS1-128", "code128", True),
        ("EAN-13", "ean13", False), ("UPC-A", "upca", False), ("Aztec Code", "aztec", False), ("PDF417", "pdf417", 0),
        ("GS1 DataBar Expanded", "databarexpanded", True), ("ITF", "itf", False), ("Code 39", "code39", False),
    ],
)  # fmt: skip
def test_names_of_symbologies(written: str, name: str, gs1: bool) -> None:
    found = symbology_of(written)
    assert (found.name, found.known, found.gs1) == (name, True, gs1)
    assert name in SYMBOLOGIES


@pytest.mark.parametrize("written", ["datamatrixx", "GS1 Code 39", "gs1", "---", "Κώδικας", "dot code"])
def test_an_unknown_symbology_stays_as_written(written: str) -> None:
    assert (symbology_of(written).name, symbology_of(written).known) == (written, False)
    assert parse(order(RING, code(symbology=written))).characteristics[0].symbology == written


def test_the_name_of_a_symbology_may_say_that_it_carries_gs1() -> None:
    (asked,) = parse(order(RING, code(symbology="GS1 DataMatrix", expected=f"(01){GTIN}"))).characteristics
    assert (asked.symbology, asked.gs1) == ("datamatrix", True)


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (code(expected=""), ".expected", "must not be empty"),
    (code(expected="  "), ".expected", "must not be empty"),
    (code(expected="A" * 10_000), ".expected", "longer than the 4000 characters"),
    (text(expected="A" * 10_000), ".expected", "longer than the 4000 characters"),
    (text(expected=""), ".expected", "must not be empty"),
    (text(expected="A\nB"), ".expected", "control or an invisible character"),
    (text(expected="A\x1dB"), ".expected", "control or an invisible character"),
    (text(expected="A\u200bB"), ".expected", "control or an invisible character"),
    (text(expected="A\u202eB"), ".expected", "control or an invisible character"),
    (text(arc={**ARC, "radius": 0}), ".arc.radius", "larger than 0"),
    (text(arc={**ARC, "end_angle": 200}), ".arc.end_angle", "has no length"),
    (text(arc={**ARC, "end_angle": 561}), ".arc.end_angle", "more than once"),
    (text(arc={**ARC, "end_angle": 1e9}), ".arc.end_angle", "at most 720"),
    (text(arc={"center": [0, 0], "radius": 9, "start_angle": 0}), ".arc.end_angle", "is missing"),
    (text(arc=ARC, region=[[0, 0], [1, 1]]), ".arc", "not both"),
    (text(arc=ARC, direction=10), ".direction", "no other direction"),
    (text(arc=ARC, height=9), ".height", "do not fit into a radius of 9 mm"),
    (text(height=0), ".height", "larger than 0"),
    (text(height=-1), ".height", "larger than 0"),
    (text(region=[[0, 0], [9, 1]], height=1.1), ".height", "do not fit into a region that is 1 mm across"),
    (text(region=[[0, 0], [9, 1]], height=10, direction=90), ".height", "9 mm across"),
    (text(direction="up"), ".direction", "must be a number"),
    (text(region=[[0, 0], [1, 0]]), ".region", "must differ"),
    (code(gs1="yes"), ".gs1", "true or false"),
    (code(arc=ARC), ".arc", "not known here"),
    (code(gs1=True), ".expected", "not right GS1: 'A1' is no GS1 application identifier"),
    (code(gs1=True, expected="(01)07612345678901"), ".expected", "check digit of (01) GTIN 07612345678901 is wrong"),
    (code(symbology="GS1-128", expected="(21)A"), ".expected", "(21) SERIAL says nothing without (01)"),
    (code(symbology="GS1-128", expected=f"(01){GTIN}", gs1=False), ".gs1", "always carries GS1"),
    (code(symbology="Code 39", expected=f"(01){GTIN}", gs1=True), ".gs1", "no 'Code 39' with GS1"),
    (code(symbology="EAN-13", expected="4006381333932"), ".expected", "check digit of 4006381333932 is wrong"),
    (code(symbology="EAN-13", expected="400638133393"), ".expected", "13 digits"),
    (code(symbology="EAN-8", expected="٧٣٥١٣٥٣٧"), ".expected", "8 digits"),
]


@pytest.mark.parametrize(("asked", "key", "part"), FAULTS)
def test_faults_of_marks(asked: dict[str, Any], key: str, part: str) -> None:
    with pytest.raises(OrderError) as caught:
        parse(order(RING, asked))
    assert caught.value.place == "characteristics[0]" + key
    assert part in caught.value.sentence


def test_a_part_is_identified_once() -> None:
    with pytest.raises(OrderError) as caught:
        parse(order(RING, code(identity=True), code(identity=True)))
    assert caught.value.place == "characteristics[1].identity"
    assert "identified by '1' already" in caught.value.sentence


def test_half_a_surrogate_pair_is_no_character() -> None:
    data = (
        b'{"schema": "order/1", "order_id": "M", "part": {"serial": "S"}, "geometry": {}, "characteristics": '
        b'[{"id": "1", "type": "text", "expected": "A\\ud800"}]}'
    )
    with pytest.raises(OrderError, match="half a surrogate pair"):
        parse_order(data, None, "order.json")


@pytest.mark.parametrize("expected", ["שלום", "مرحبا", "日本語", "Ελλάδα", "नमस्ते", "می\u200cخواهم", "♥"])
def test_texts_of_any_script_are_legal_orders(expected: str) -> None:
    assert parse(order(RING, text(expected=expected))).characteristics[0].expected == expected


@pytest.mark.parametrize("expected", ["A1\x1dB2", "[)>\x1e06\x1dP1\x1e\x04", "日本", "\x00"])
def test_codes_may_carry_what_nobody_can_print(expected: str) -> None:
    assert parse(order(RING, code(expected=expected))).characteristics[0].expected == expected

"""QIF plans as orders: what is taken and as what, what is named, and documents that mean harm."""

from __future__ import annotations

import math
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.errors import InputError
from station.order.geometry import ArcFeature, CircleFeature, ContourFeature, LineFeature
from station.order.model import Order
from station.order.qif.plan import NO_MODIFIER, PARTIAL, ImportedPlan, Wanted, import_plan
from station.order.qif.reading import MAX_QIF_BYTES
from station.order.slots import SlotFeature

from .builders import SHARED
from .qif_plans import DEGREE, MM, asked, circle, datums, feature, line, plan, tolerance

SAMPLES = SHARED / "schemas" / "qif" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="DMSC's samples are not beside this checkout")

HOLE = circle(1, "HOLE", "1.5 2.25 0", "3.0000000000000000001")
SHAFT = circle(4, "SHAFT", "0 0 0", "20", side="EXTERNAL")
SIZE = asked(101, "1", "Diameter", tolerance("0.05", "-0.02"), "<TargetValue>3</TargetValue>", (3,))


def taken(data: bytes, **wanted: Any) -> Order:
    found = import_plan(data, Wanted("S-1", **wanted), "plan.qif")
    assert found.not_taken == ()
    assert found.order is not None
    return found.order


def why(features: list[dict[str, str]], *characteristics: dict[str, str], before: str = "") -> list[str]:
    found = import_plan(plan(features, list(characteristics), before=before), Wanted("S-1"), "plan.qif")
    return [f"{one.element} {one.id} {one.name}: {one.why}" for one in found.not_taken]


def refusal(data: bytes, **wanted: Any) -> str:
    with pytest.raises(InputError) as refused:
        import_plan(data, Wanted("S-1", **wanted), "plan.qif")
    return str(refused.value)


def test_a_plan_becomes_an_order_with_exact_numbers():
    order = taken(plan([HOLE], [SIZE]), order_id="MO-7")
    assert (order.order_id, order.part.serial, order.geometry.partial) == ("MO-7", "S-1", True)
    hole, size = order.geometry.features["HOLE"], order.characteristics[0]
    assert isinstance(hole, CircleFeature)
    assert (hole.center_mm, hole.side, size.features) == ((1.5, 2.25), "inner", ("HOLE",))
    assert b'"diameter": 3.0000000000000000001' in order.document
    assert (size.limits.nominal, size.limits.lower, size.limits.upper) == (Decimal(3), Decimal("2.98"), Decimal("3.05"))


def test_limits_may_be_written_as_such_and_one_may_be_missing():
    order = taken(plan([HOLE], [asked(101, "1", "Diameter", tolerance("3.05", "", limit=True), "", (3,))]))
    assert order.characteristics[0].limits.nominal is None
    assert (order.characteristics[0].limits.lower, order.characteristics[0].limits.upper) == (None, Decimal("3.05"))


def test_a_fit_stays_a_fit():
    fit = "<FormVariance>H</FormVariance><Grade>9</Grade>"
    fit = f'<LimitsAndFitsSpecification zoneVariance="HOLE">{fit}</LimitsAndFitsSpecification>'
    order = taken(plan([HOLE], [asked(101, "1", "Diameter", fit, "<TargetValue>3</TargetValue>", (3,))]))
    limits = order.characteristics[0].limits
    assert (limits.source, limits.lower, limits.upper) == ("H9", Decimal(3), Decimal("3.025"))  # ISO 286-2, up to 3 mm


def test_what_was_assumed_is_said():
    found = import_plan(plan([HOLE], [SIZE]), Wanted("S-1"), "plan.qif")
    assert found.notes == (PARTIAL, NO_MODIFIER)
    said = "<DimensionModifiers><DeterminationModifier>GN</DeterminationModifier></DimensionModifiers>"
    one = asked(101, "1", "Diameter", said + tolerance("0.05", "-0.02"), "<TargetValue>3</TargetValue>", (3,))
    found = import_plan(plan([SHAFT, HOLE], [one]), Wanted("S-1", whole=True), "plan.qif")
    assert found.notes == ()
    assert found.order is not None
    assert found.order.characteristics[0].modifier == "GN"
    assert not found.order.geometry.partial


INCH = "<LinearUnit><UnitName>inch</UnitName><UnitConversion><Factor>0.0254</Factor></UnitConversion></LinearUnit>"
HALF_METRES = "<LinearUnit><UnitName>ell</UnitName><UnitConversion><Factor>0.5</Factor></UnitConversion></LinearUnit>"


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        (INCH, "25.4"),
        ("<LinearUnit><UnitName>meter</UnitName></LinearUnit>", "1000"),
        (INCH.replace("inch", "zoll"), "25.4"),
        (HALF_METRES, "500"),
    ],
)
def test_other_units_are_converted_exactly(units: str, factor: str):
    order = taken(plan([circle(1, "HOLE", "0.015 0.0225 0", "0.03")], [
        asked(101, "1", "Diameter", tolerance("0.0005", "-0.0002"), "<TargetValue>0.03</TargetValue>", (3,))
    ], units=units))  # fmt: skip
    hole, limits, scale = order.geometry.features["HOLE"], order.characteristics[0].limits, Decimal(factor)
    assert isinstance(hole, CircleFeature)
    assert hole.center_mm == (float(scale * Decimal("0.015")), float(scale * Decimal("0.0225")))
    assert (limits.nominal, limits.upper) == (scale * Decimal("0.03"), scale * Decimal("0.0305"))


def test_a_value_may_name_a_unit_of_its_own():
    with_inch = DEGREE + MM + "</PrimaryUnits><OtherUnits n='1'>" + INCH + "</OtherUnits><PrimaryUnits>"
    data = plan([HOLE], [SIZE], units=with_inch).replace(b"<TargetValue>3<", b'<TargetValue linearUnit="inch">0.12<')
    assert taken(data).characteristics[0].limits.nominal == Decimal("3.048")


def test_radians_become_degrees():
    legs = [line(1, "E1", "0 0 0", "1 0 0", "5", "0 -1 0"), line(4, "E2", "5 0 0", "0 1 0", "5", "1 0 0")]
    angle = asked(
        *(101, "1", "AngleBetween", tolerance("0.01", "-0.01")),
        "<TargetValue>1.5707963267948966</TargetValue><AnalysisMode>TWODIMENSIONAL</AnalysisMode>",
        (3, 6),
    )
    order = taken(plan(legs, [angle], units=MM + "<AngularUnit><UnitName>radian</UnitName></AngularUnit>"))
    assert float(order.characteristics[0].limits.nominal or 0) == pytest.approx(90.0, abs=1e-12)
    assert float(order.characteristics[0].limits.upper or 0) == pytest.approx(90.0 + math.degrees(0.01), abs=1e-12)


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        (DEGREE, "FileUnits: the plan does not say its unit of length"),
        (
            "<LinearUnit><UnitName>ell</UnitName></LinearUnit>",
            "FileUnits: the unit 'ell' is not known, and the plan does not convert it",
        ),
        (INCH.replace("0.0254", "0.001"), "FileUnits: the unit 'inch' has a factor that is not its own"),
        (INCH.replace("0.0254", "1e9999999"), "FileUnits: the factor of the unit 'inch': '1e9999999' is not a number"),
        (HALF_METRES.replace("0.5", "-1"), "FileUnits: the unit 'ell' is not known, and the plan does not convert it"),
    ],
)
def test_unclear_units_are_refused(units: str, sentence: str):
    assert refusal(plan([HOLE], [SIZE], units=units)).startswith(sentence)


# In the plane x = 7, seen from +x: the plan's y runs to the right and its z up.
UPRIGHT = [circle(1, "HOLE", "7 1.5 2.25", "3", normal="-1 0 0"), circle(4, "SHAFT", "7 0 0", "20", normal="1 0 0")]


def test_another_plane_is_seen_from_its_front():
    order = taken(plan(UPRIGHT, [SIZE]))
    hole = order.geometry.features["HOLE"]
    assert isinstance(hole, CircleFeature)
    assert hole.center_mm == (1.5, 2.25)


def test_an_oblique_plane_keeps_distances():
    places = [(u, 0.8 * v, 0.6 * v) for u, v in ((1.0, 2.0), (-3.0, 5.0))]
    holes = [
        circle(1 + 3 * n, f"H{n}", " ".join(map(repr, place)), "3", normal="0 -0.6 0.8")
        for n, place in enumerate(places)
    ]
    far = asked(
        101,
        "1",
        "DistanceBetween",
        tolerance("0.1", "-0.1"),
        "<TargetValue>5</TargetValue><AnalysisMode>THREEDIMENSIONAL</AnalysisMode>",
        (3, 6),
    )
    order = taken(plan(holes, [far]))
    first, second = (order.geometry.features[f"H{n}"] for n in range(2))
    assert isinstance(first, CircleFeature)
    assert isinstance(second, CircleFeature)
    assert first.center_mm == pytest.approx((1.0, 2.0), abs=1e-9)
    assert second.center_mm == pytest.approx((-3.0, 5.0), abs=1e-9)


def test_what_lies_elsewhere_is_named():
    other = [circle(7, "BESIDE", "0 0 0.5", "3"), circle(10, "ASKEW", "0 0 0", "3", normal="0 0.1 1")]
    assert why([SHAFT, HOLE, *other], SIZE) == [
        "CircleFeatureNominal 8 BESIDE: it lies 0.5 mm beside the plane of the other features",
        "CircleFeatureNominal 11 ASKEW: it does not lie in the plane of the other features",
    ]


def test_a_cylinder_along_the_view_is_a_circle_at_any_depth():
    axis = "<Axis><AxisPoint>4 5 -30</AxisPoint><Direction>0 0 -1</Direction></Axis>"
    bore = feature(7, "BORE", "Cylinder", "<InternalExternal>INTERNAL</InternalExternal><Diameter>3</Diameter>", axis)
    across = feature(10, "ACROSS", "Cylinder", "<InternalExternal>INTERNAL</InternalExternal><Diameter>3</Diameter>",
                     axis.replace("0 0 -1", "0 1 0"))  # fmt: skip
    found = import_plan(plan([SHAFT, HOLE, bore, across], [SIZE]), Wanted("S-1"), "plan.qif")
    assert [one.name for one in found.not_taken] == ["ACROSS"]
    assert found.order is not None
    circle_ = found.order.geometry.features["BORE"]
    assert isinstance(circle_, CircleFeature)
    assert circle_.center_mm == (4.0, 5.0)


@pytest.mark.parametrize(("normal", "turn"), [("0 0 1", 1), ("0 0 -1", -1)])
def test_an_arc_runs_about_its_normal(normal: str, turn: int):
    sweep = "<Sweep><DirBeg>0 1 0</DirBeg><DomainAngle>10 40</DomainAngle></Sweep>"
    made = feature(
        *(7, "A", "CircularArc", "<InternalExternal>EXTERNAL</InternalExternal><Radius>2</Radius>"),
        f"<Location>1 1 0</Location>{sweep}<Normal>{normal}</Normal>",
    )
    radius = asked(101, "1", "Radius", tolerance("0.1", "-0.1"), "<TargetValue>2</TargetValue>", (9,))
    arc = taken(plan([SHAFT, made], [radius])).geometry.features["A"]
    assert isinstance(arc, ArcFeature)
    assert (arc.start_deg, arc.end_deg) == ((100.0, 130.0) if turn > 0 else (50.0, 80.0))


def test_a_line_has_its_material_opposite_to_its_normal():
    flat = asked(
        101,
        "1",
        "Straightness",
        "<ToleranceValue>0.1</ToleranceValue><ZoneShape><NonDiametricalZone/></ZoneShape>",
        "",
        (9,),
    )
    for normal, left in (("0 -1 0", True), ("0 1 0", False)):
        edge = taken(plan([SHAFT, HOLE, line(7, "E", "0 0 0", "1 0 0", "5", normal)], [flat])).geometry.features["E"]
        assert isinstance(edge, LineFeature)
        assert (edge.start_mm, edge.end_mm, edge.material_left) == ((0.0, 0.0), (5.0, 0.0), left)
    says = "it does not say where its material is: its Normal must lie in the plane and point away from it"
    for made in (line(7, "E", "0 0 0", "1 0 0", "5"), line(7, "E", "0 0 0", "1 0 0", "5", "0 0 1")):
        assert why([SHAFT, HOLE, made], SIZE) == [f"LineFeatureNominal 8 E: {says}"]
    assert why([SHAFT, HOLE, line(7, "E", "0 0 0", "1 0 0", "", "0 1 0")], SIZE) == [
        "LineFeatureNominal 8 E: it has no length"
    ]


def test_slots_with_round_and_flat_ends_are_slots_and_open_ones_are_named():
    at = "<CenterLine><StartPoint>-5 2 0</StartPoint><Vector>0 1 0</Vector></CenterLine><Normal>0 0 1</Normal>"
    side = "<InternalExternal>INTERNAL</InternalExternal>"
    long = feature(7, "LONG", "ElongatedCircle", f"{side}<Diameter>2</Diameter><Length>6</Length>", at)
    flat = f"{side}<Width>2</Width><Length>6</Length><EndType><SlotEndEnum>FLAT</SlotEndEnum></EndType>"
    box = feature(10, "BOX", "OppositeParallelLines", flat, at.replace("-5 2 0", "20 2 0"))
    open_ = {
        key: value.replace("FLAT", "OPEN").replace('id="1', 'id="2').replace(">10<", ">20<")
        for key, value in box.items()
    }
    found = import_plan(plan([SHAFT, HOLE, long, box, open_], [SIZE]), Wanted("S-1"), "plan.qif")
    assert [one.why for one in found.not_taken] == ["its ends are open or not stated, so it is not a closed slot"]
    assert found.order is not None
    slot = found.order.geometry.features["LONG"]
    assert isinstance(slot, SlotFeature)
    assert (slot.center_mm, slot.length_mm, slot.width_mm, slot.angle_deg) == ((-5.0, 2.0), 6.0, 2.0, 90.0)


def test_a_curve_is_drawn_beside_the_order():
    corners = ["0 0 0", "4 0 0", "4 3 0", "0 0 0"]
    points = "".join(
        f'<DefiningPoint id="{50 + n}"><Point>{at}</Point><SequenceNumber>{n + 1}</SequenceNumber></DefiningPoint>'
        for n, at in enumerate(corners)
    )
    curve = feature(
        7,
        "RIM",
        "PointDefinedCurve",
        "",
        f"<DefiningPoints n='4'>{points}</DefiningPoints><Plane><Point>0 0 0</Point><Normal>0 0 1</Normal></Plane>",
    )
    profile = asked(101, "1", "LineProfile", "<ToleranceValue>0.1</ToleranceValue>", "<Vector>0 0 1</Vector>", (9,))
    order = taken(plan([curve], [profile]), drawing_name="o.dxf", whole=True)
    assert order.geometry.drawing == "o.dxf"
    rim = order.geometry.features["RIM"]
    assert isinstance(rim, ContourFeature)
    assert sum(outline.length_mm for outline in rim.outlines) == pytest.approx(12.0, abs=1e-9)
    assert order.drawing.startswith(b"  0\nSECTION")


def test_zones_have_their_datums_modifiers_and_shapes():
    zone = "<ToleranceValue>0.1</ToleranceValue><DatumReferenceFrameId>900</DatumReferenceFrameId>"
    material = "<MaterialCondition>MAXIMUM</MaterialCondition>"
    round_ = "<ZoneShape><DiametricalZone/></ZoneShape>"
    order = taken(plan([SHAFT, HOLE], [
        asked(101, "p", "Position", zone + material + round_, "", (3,)),
        asked(104, "c", "Coaxiality", zone + round_, "", (3,)),
        asked(107, "r", "CircularRunout", zone, "", (3,)),
    ], before=datums(A=5)))  # fmt: skip
    position, coaxial, runout = order.characteristics
    assert (position.datums, position.modifier, position.limits.upper) == (("A",), "MMC", Decimal("0.1"))
    assert (coaxial.type, runout.type) == ("concentricity", "circular_runout")
    assert order.datums == {"A": ("SHAFT",)}


ZONE = "<ToleranceValue>0.1</ToleranceValue>"
FRAMED = ZONE + "<DatumReferenceFrameId>900</DatumReferenceFrameId>"


@pytest.mark.parametrize(
    ("kind", "definition", "nominal", "reason"),
    [
        ("Flatness", ZONE, "", "Flatness is not a characteristic that this station measures"),
        ("Diameter", "<NonTolerance>MEASURED</NonTolerance>", "", "has NonTolerance, which is not supported"),
        ("Diameter", tolerance("1", "-1"), "", "its tolerance is about a nominal that it does not say"),
        ("Diameter", "<Tolerance><DefinitionId>3</DefinitionId></Tolerance>", "", "has DefinitionId, which is not"),
        ("Diameter", "<EnvelopeRequirement>true</EnvelopeRequirement>" + tolerance("4", "2", limit=True), "",
         "has EnvelopeRequirement, which is not supported"),
        ("Diameter", "<DimensionModifiers><DeterminationModifier>CC</DeterminationModifier></DimensionModifiers>"
         + tolerance("4", "2", limit=True), "", "the size modifier CC is not supported; GG, GX, GN and LP are"),
        ("Diameter", tolerance("2", "4", limit=True), "", "the limits are the wrong way round"),
        ("Diameter", tolerance("NaN", "2", limit=True), "", "'NaN' is not a number that can be used"),
        ("Diameter", tolerance("1e40", "2", limit=True), "", "'1e40' is not a number that can be used"),
        ("Diameter", tolerance("4", "2", limit=True), "<FeatureZoneIds/>", "has FeatureZoneIds"),
        ("Width", tolerance("4", "2", limit=True), "", "width takes two features"),
        ("Straightness", ZONE + "<ZoneShape><NonDiametricalZone/></ZoneShape>", "", "straightness is for a line"),
        ("Position", FRAMED + "<ZoneShape><NonDiametricalZone/></ZoneShape>", "", "has NonDiametricalZone"),
        ("Position", FRAMED + "<MaterialCondition>LEAST_RPR</MaterialCondition>", "", "LEAST_RPR is not supported"),
        ("Position", FRAMED + "<ProjectedToleranceZoneValue>5</ProjectedToleranceZoneValue>", "", "has ProjectedTol"),
        ("Position", FRAMED.replace("900", "77"), "", "its datum reference frame is missing"),
        ("Perpendicularity", FRAMED + "<MaterialCondition>MAXIMUM</MaterialCondition>", "", "MAXIMUM is not supported"),
        ("LineProfile", ZONE + "<OuterDisposition>0.1</OuterDisposition>", "<Vector>0 0 1</Vector>", "not lie evenly"),
        ("LineProfile", ZONE + "<Extent/>", "<Vector>0 0 1</Vector>", "has Extent, which is not supported"),
        ("Circularity", "<ReferenceFeatureAssociationSpecificationElement><Association>N</Association><Parameter>T"
         "</Parameter></ReferenceFeatureAssociationSpecificationElement>" + ZONE, "", "C and G with the"),
        ("DistanceBetween", tolerance("4", "2", limit=True), "<AnalysisMode>ONEDIMENSIONAL</AnalysisMode>", "one dir"),
        ("UserDefinedLinear", tolerance("4", "2", limit=True) + "<WhatToMeasure>a moon</WhatToMeasure>", "",
         "a user-defined characteristic (a moon) means nothing to this station"),
    ],
)  # fmt: skip
def test_what_an_order_cannot_have_is_named_with_its_reason(kind: str, definition: str, nominal: str, reason: str):
    one = asked(104, "X", kind, definition, nominal, (3,))
    found = why([SHAFT, HOLE], SIZE, one, before=datums(A=5))
    assert len(found) == 1
    assert found[0].startswith(f"{kind}CharacteristicItem 106 X: ")
    assert reason in found[0]


def test_datums_that_an_order_cannot_have_are_named():
    frames = datums(A=5, B=77).replace("<MaterialModifier>NONE", "<MaterialModifier>MAXIMUM", 1)
    at_a = asked(104, "X", "CircularRunout", FRAMED, "", (3,))
    at_b = asked(107, "Y", "CircularRunout", FRAMED.replace("900", "901"), "", (3,))
    assert why([SHAFT, HOLE], SIZE, at_a, at_b, before=frames) == [
        "DatumDefinition 801 B: its feature is not in the order",
        "CircularRunoutCharacteristicItem 106 X: its datum has a material modifier, which is not supported",
        "CircularRunoutCharacteristicItem 109 Y: its datum B is not in the order",
    ]


def test_references_to_nothing_are_named():
    data = plan(
        [SHAFT, HOLE], [SIZE, asked(104, "X", "Diameter", "", "", (99,)), asked(107, "Y", "Diameter", "", "", (6,))]
    )
    data = data.replace(b"<CharacteristicDefinitionId>107<", b"<CharacteristicDefinitionId>7777<")
    data = data.replace(b"<FeatureDefinitionId>4<", b"<FeatureDefinitionId>4444<")
    found = import_plan(data, Wanted("S-1"), "plan.qif")
    assert [(one.name, one.why) for one in found.not_taken] == [
        ("SHAFT", "its definition is missing"),
        ("X", "its feature item 99 is missing"),
        ("Y", "its definition is missing"),
    ]


def test_two_elements_of_one_id_are_refused():
    """Which of two definitions is meant, every reader would decide for itself."""
    data = plan([SHAFT, HOLE], [SIZE])
    twice = data.replace(SIZE["definition"].encode(), 2 * SIZE["definition"].encode().replace(b"0.05", b"5"))
    assert "two elements have the id '101'" in refusal(twice)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (b"<MaxValue>0.05</MaxValue>", b"<MaxValue>0.05</MaxValue><MaxValue>5</MaxValue>", "has MaxValue twice"),
        (b"<MaxValue>0.05</MaxValue>", b"<MaxValue>5<x/>.05</MaxValue>", "MaxValue has elements within its text"),
        (b"<TargetValue>3</TargetValue>", b"<TargetValue>3</TargetValue><TargetValue>9</TargetValue>", "twice"),
    ],
)
def test_what_two_readers_would_read_differently_is_named(one: bytes, other: bytes, reason: str):
    data = plan([SHAFT, HOLE], [SIZE, asked(104, "s", "Diameter", tolerance("21", "19", limit=True), "", (6,))])
    assert one in data
    found = import_plan(data.replace(one, other), Wanted("S-1"), "plan.qif")
    (left,) = found.not_taken
    assert left.name == "1"
    assert reason in left.why


def test_an_attribute_gives_no_circle_another_size_and_no_feature_the_name_of_another():
    def with_attribute(name: str, value: str) -> dict[str, str]:
        said = f"<Attributes n='1'><AttributeStr name='station.{name}' value='{value}'/></Attributes>"
        moved = HOLE["nominal"].replace("<FeatureDefinitionId>", said + "<FeatureDefinitionId>")
        return {**HOLE, "nominal": moved}

    larger = '{"type": "circle", "side": "inner", "center": [0, 0], "diameter": 9}'
    shaft = asked(104, "s", "Diameter", tolerance("21", "19", limit=True), "", (6,))
    assert "its attribute does not describe a feature" in why([SHAFT, with_attribute("feature", larger)], shaft)[0]
    named = {**with_attribute("part_of", "SHAFT"), "item": HOLE["item"].replace("HOLE", "SHAFT")}
    found = why([SHAFT, named], shaft, SIZE)
    assert found == ["DiameterCharacteristicItem 103 1: its feature 'SHAFT' is not in the order"]


def test_a_decision_rule_that_the_plan_brings_is_said():
    said = (
        "<Attributes n='2'><AttributeStr name='station.decision.rule' value='simple'/>"
        "<AttributeD1 name='station.decision.conformance_probability' value='0.6'/></Attributes>"
    )
    found = import_plan(plan([SHAFT, HOLE], [SIZE], before=said), Wanted("S-1"), "plan.qif")
    assert "The decision rule is the plan's own: simple at a conformance probability of 0.6." in found.notes


def test_names_that_are_used_twice_get_their_qif_id():
    order = taken(plan([circle(1, "H", "0 0 0", "3"), circle(4, "H", "9 0 0", "3")], [SIZE, asked(
        104, "1", "Diameter", tolerance("4", "2", limit=True), "", (6,))]))  # fmt: skip
    assert set(order.geometry.features) == {"H", "H #5"}
    assert [(one.id, one.features) for one in order.characteristics] == [("1", ("H",)), ("1 #106", ("H #5",))]


def test_a_plan_of_which_nothing_is_left_gives_no_order():
    found = import_plan(plan([HOLE], [asked(101, "1", "Flatness", ZONE, "", (3,))]), Wanted("S-1"), "plan.qif")
    assert found.order is None
    assert [one.name for one in found.not_taken] == ["1"]


def test_what_would_be_no_consistent_order_is_refused():
    assert refusal(plan([HOLE], [SIZE]), whole=True).startswith("the order of this plan, geometry.features: 'HOLE' is ")
    assert refusal(plan([HOLE], [SIZE]), order_id="x" * 200).startswith("the order of this plan, order_id: this is ")


@needs_samples
@pytest.mark.parametrize(
    ("name", "characteristics", "left"),
    [
        ("simplePlan.QIF", ["6"], 10),
        ("orderedPlan.QIF", ["6"], 10),
        ("planWithHaltIf.QIF", ["6"], 10),
        ("repeatabilityTestUsingWhile.QIF", ["6"], 0),
        ("WIDGET_QIF_PLAN.QIF", ["10", "8", "6"], 23),
        ("WIDGET_QIF_RESULTS_W_QPIDS.QIF", ["10", "8", "6"], 23),
        ("sheetMetalPlan.QIF", [], 21),
    ],
)
def test_samples_of_the_dmsc_are_taken_or_named_to_the_last_characteristic(
    name: str, characteristics: list[str], left: int
):
    data = (SAMPLES / name).read_bytes()
    found = import_plan(data, Wanted("S-1"), name)
    assert ([] if found.order is None else [one.id for one in found.order.characteristics]) == characteristics
    assert len([one for one in found.not_taken if one.element.endswith("CharacteristicItem")]) == left
    assert data.count(b"CharacteristicItem ") == left + len(characteristics)
    assert all(one.element and one.id and one.why for one in found.not_taken)


@needs_samples
def test_a_sample_without_units_is_refused():
    name = "mitutoyo_results_serialized_pass_fail_sample.QIF"
    assert refusal((SAMPLES / name).read_bytes()) == "FileUnits: the plan does not say its unit of length"


ENTITIES = '<!DOCTYPE q [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE q SYSTEM "http://192.0.2.1/q.dtd">'


@pytest.mark.parametrize("prologue", [ENTITIES, OUTSIDE, REMOTE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_document_types_and_entities_are_refused_unread(prologue: str, encoding: str):
    text = plan([HOLE], [SIZE]).decode().replace("UTF-8", encoding)
    head, _, body = text.partition("\n")
    data = f"{head}\n{prologue}{body}".encode(encoding)
    started = time.monotonic()
    assert refusal(data) == "plan.qif: the document has a document type or entities, which are refused"
    assert time.monotonic() - started < 1.0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "plan.qif: this is not XML"),
        (b"PK\x03\x04", "plan.qif: this is not XML (line 1)"),
        (b"\xff\xfe<", "plan.qif: the document is not UTF-16, though it should be"),
        (b"<?xml version='1.0' encoding='utf-7'?><q/>", "plan.qif: the encoding 'utf-7' is not read; UTF-8 is"),
        (b"<?xml version='1.0' encoding='UTF-8'?><q>\xff</q>", "plan.qif: the document is not UTF-8, though it should"),
        (b"<q/>", "plan.qif: this is not a QIF 3 document: its root is 'q'"),
        (b"<QIFDocument xmlns='http://qifstandards.org/xsd/qif2'/>", "plan.qif: this is not a QIF 3 document: its ro"),
        (b"<q>" * 5000 + b"</q>" * 5000, "plan.qif: this is not XML (line 1)"),
        (b" " * (MAX_QIF_BYTES + 1), "plan.qif: the document is larger than the 16,777,216 bytes allowed"),
    ],
)
def test_what_is_no_qif_document_is_refused(data: bytes, sentence: str):
    assert refusal(data).startswith(sentence)


def test_as_many_features_as_the_limit_are_read_in_time_and_more_are_refused():
    many = [circle(3 * n + 1, f"H{n}", f"{n} 0 0", "0.5", normal=f"0 {n} 1") for n in range(5000)]
    started = time.monotonic()
    found = import_plan(plan(many, []), Wanted("S-1"), "plan.qif")
    assert time.monotonic() - started < 20.0
    assert (found.order, len(found.not_taken)) == (None, 4999)
    many.append(circle(20000, "ONE", "0 0 0", "1"))
    assert refusal(plan(many, [])) == "Features: the plan has more than the 5,000 features allowed"


def test_more_curves_than_the_limit_are_named():
    curves = []
    for n in range(502):
        corners = [(3 * n, 0), (3 * n + 2, 0), (3 * n + 2, 2), (3 * n, 0)]
        points = "".join(
            f"<DefiningPoint><Point>{x} {y} 0</Point><SequenceNumber>{k}</SequenceNumber></DefiningPoint>"
            for k, (x, y) in enumerate(corners)
        )
        plane = "<Plane><Point>0 0 0</Point><Normal>0 0 1</Normal></Plane>"
        nominal = f"<DefiningPoints>{points}</DefiningPoints>{plane}"
        curves.append(feature(3 * n + 1000, f"C{n}", "PointDefinedCurve", "", nominal))
    profile = asked(1, "1", "LineProfile", ZONE, "<Vector>0 0 1</Vector>", (1002,))
    started = time.monotonic()
    found = import_plan(plan(curves, [profile]), Wanted("S-1"), "p")
    assert time.monotonic() - started < 30.0
    assert [(one.name, one.why) for one in found.not_taken] == [
        (f"C{n}", "at most 500 curves are drawn") for n in (500, 501)
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_spoiled_plan_is_an_order_or_one_sentence(data: st.DataObject):
    whole = plan(
        [SHAFT, HOLE, line(7, "E", "0 0 0", "1 0 0", "5", "0 1 0")],
        [SIZE, asked(104, "r", "CircularRunout", FRAMED, "", (3,))],
        before=datums(A=5),
    )
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(whole) - 1))
        end = min(len(whole), start + data.draw(st.integers(0, 12)))
        whole = whole[:start] + data.draw(st.binary(max_size=6)) + whole[end:]
    try:
        outcome: ImportedPlan | str = import_plan(whole, Wanted("S-1"), "plan.qif")
    except InputError as error:
        outcome = str(error)
    assert isinstance(outcome, ImportedPlan) or (outcome and "\n" not in outcome)


def test_an_attribute_that_is_not_ours_does_no_harm(tmp_path: Path):
    for value in ("[1", "{}", '{"id": "HOLE", "type": "moon"}', "9" * 5000, "[" * 5000):
        attributes = f"<Attributes n='1'><AttributeStr name='station.feature' value='{value}'/></Attributes>"
        made = {
            **HOLE,
            "nominal": HOLE["nominal"].replace("<FeatureDefinitionId>", attributes + "<FeatureDefinitionId>"),
        }
        found = why([SHAFT, made], asked(104, "s", "Diameter", tolerance("21", "19", limit=True), "", (6,)), SIZE)
        assert [one.split(":")[0] for one in found] == [
            "CircleFeatureNominal 2 HOLE",
            "DiameterCharacteristicItem 103 1",
        ]

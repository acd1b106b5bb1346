"""What a QIF document says before its features: application, standards, software, units, the station, the part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from station.errors import IntegrityError
from station.genealogy.dossier import Dossier
from station.genealogy.exports.qif import xml
from station.genealogy.exports.qif.characteristics import COUNT_UNIT
from station.genealogy.values import utc_text
from station.order.model import Order

STANDARDS = (
    ("1101", "2017", "Geometrical tolerancing: tolerances of form, orientation, location and run-out"),
    ("14253-1", "2017", "Decision rules for verifying conformity or nonconformity with specifications"),
    ("14405-1", "2016", "Dimensional tolerancing: linear sizes"),
)
RULES = {
    "iso14253-1": "ISO 14253-1:2017: PASS where conformity is shown with the probability stated, FAIL where "
    "nonconformity is shown with it, else UNDECIDED",
    "jcgm106": "JCGM 106:2012: PASS where the probability of conformity reaches the one stated, FAIL where that of "
    "nonconformity does, else UNDECIDED",
    "simple": "simple acceptance: the measured value is compared with the limits, without a guard band",
}


def header(document: xml.Element, *, simulated: bool) -> None:
    """Which program wrote the document, and what it is."""
    made = xml.add(document, "Header")
    xml.add(xml.add(made, "Application"), "Name", "station")
    what = "One inspection of one part as it stands in the station's genealogy record"
    note = "SIMULATED, no real part was in front of a camera. " if simulated else ""
    xml.add(made, "Description", f"{note}{what}")
    xml.add(made, "Scope", "RESULTS")


def standards(document: xml.Element, ids: xml.Ids) -> str:
    """The standards that tolerances and verdicts follow; the id of that of geometrical tolerances."""
    made = xml.add(document, "StandardsDefinitions")
    for designator, year, title in STANDARDS:
        standard = xml.add(made, "Standard", id=ids.new())
        xml.add(xml.add(standard, "Organization"), "StandardsOrganizationEnum", "ISO")
        xml.add(standard, "Designator", designator)
        xml.add(standard, "Year", year)
        xml.add(standard, "Title", title)
    xml.counted(made)
    return str(made[0].get("id"))


def software(document: xml.Element, ids: xml.Ids, inspection: Mapping[str, Any]) -> str:
    """The station's own software, and its id."""
    made = xml.add(document, "SoftwareDefinitions")
    one = xml.add(made, "Software", id=ids.new())
    xml.add(one, "VendorName", "station")
    xml.add(one, "ApplicationName", "station")
    xml.add(one, "Version", inspection["station"]["software"])
    xml.counted(made)
    return str(one.get("id"))


def ordered(document: xml.Element, order: Order, standard: str) -> None:
    """Whose order this is about, before anything was measured."""
    made = xml.add(document, "PreInspectionTraceability")
    xml.add_if(made, "PurchaseOrderNumber", order.customer_reference)
    xml.add(made, "OrderNumber", order.order_id)
    xml.add(made, "InspectionScope", "DETAIL")
    xml.add(made, "InspectionMode", "100Percent")
    xml.add(made, "FormalStandardId", standard)
    xml.attributes(made, {"order_sha256": order.sha256, "operation": order.operation})


def units(document: xml.Element) -> None:
    """Millimetres, degrees, degrees Celsius, and a unit of its own for what is counted."""
    made = xml.add(document, "FileUnits")
    primary = xml.add(made, "PrimaryUnits")
    for kind, si, name, factor, offset in (
        ("AngularUnit", "radian", "degree", "0.017453292519943295", ""),
        ("LinearUnit", "meter", "mm", "0.001", ""),
        ("TemperatureUnit", "kelvin", "celsius", "1", "273.15"),
    ):
        unit = xml.add(primary, kind)
        xml.add(unit, "SIUnitName", si)
        xml.add(unit, "UnitName", name)
        conversion = xml.add(unit, "UnitConversion")
        xml.add(conversion, "Factor", factor)
        xml.add_if(conversion, "Offset", offset)
    counts = xml.add(xml.add(made, "UserDefinedUnits", n=1), "UserDefinedUnit")
    xml.add(counts, "WhatIsMeasured", "a count: openings, teeth or pieces")
    xml.add(counts, "UnitName", COUNT_UNIT)


def measuring_station(document: xml.Element, ids: xml.Ids, dossier: Dossier) -> str:
    """The station as a measurement device with its calibration, and its id."""
    inspection, calibration = dossier.inspection, dossier.calibration
    named, of = inspection["calibration"] or {}, inspection["station"]
    device = xml.add(xml.add(xml.add(document, "MeasurementResources"), "MeasurementDevices", n=1), "MeasurementDevice")
    device.set("id", ids.new())
    xml.add(device, "Name", of["id"])
    xml.add(device, "Description", f"edge quality-inspection station{', simulated' if of['simulated'] else ''}")
    xml.add_if(device, "ModelNumber", of["rig"])
    ours = {
        **{f"station.{key}": value for key, value in of.items()},
        **{f"calibration.{key}": value for key, value in named.items()},
        "calibration.made_from": (calibration or {}).get("made_from"),
    }
    xml.attributes(device, ours)
    until = _moment(named.get("valid_until"))
    if until:
        one = xml.add(xml.add(device, "Calibrations", n=1), "Calibration")
        xml.add_if(one, "CalibrationDate", _moment((calibration or {}).get("created")))
        xml.add(one, "ExpirationDate", until)
    return str(device.get("id"))


def product(document: xml.Element, ids: xml.Ids, order: Order) -> None:
    """The part as it was ordered."""
    part = order.part
    made = xml.add(document, "Product")
    one = xml.add(xml.add(made, "PartSet", n=1), "Part", id=ids.new(), label=part.part_number or part.serial)
    geometry = order.geometry
    ours = {
        "material": part.material,
        "cte_ppm_per_k": part.cte_ppm_per_k,
        "geometry.view": str(geometry.face),
        "geometry.partial": geometry.partial,
        "geometry.edge": geometry.edge,
        "geometry.drawing_sha256": geometry.drawing_sha256,
    }
    xml.attributes(one, ours)
    xml.add(one, "UUID", xml.qpid("part", part.part_number or part.serial, part.revision))
    xml.add_if(one, "ModelNumber", part.part_number)
    xml.add_if(one, "Version", part.revision)
    if geometry.drawing:
        drawing = xml.add(xml.add(one, "DefinitionExternal", id=ids.new(), n=1), "DigitalDrawing", id=ids.new())
        xml.add(drawing, "Name", geometry.drawing)
        file = xml.add(drawing, "File")
        xml.add(file, "Name", geometry.drawing)
        xml.add(xml.add(file, "Format"), "OtherDigitalModelFormat", "DXF")
    xml.add(xml.add(made, "RootPart"), "Id", str(one.get("id")))


def decision(inspection: Mapping[str, Any]) -> dict[str, Any]:
    """The rule of the verdicts, and what it says."""
    rule = inspection.get("decision")
    if rule is None:
        return {}
    return {
        "decision.rule": rule["rule"],
        "decision.conformance_probability": float(rule["conformance_probability"]),
        "decision.statement": RULES.get(rule["rule"], ""),
    }


def _moment(written: object) -> str:
    """A moment of a document as XML says it; nothing where it is none, or none of a known zone."""
    try:
        return utc_text(datetime.fromisoformat(written), "calibration") if isinstance(written, str) else ""
    except (ValueError, IntegrityError):
        return ""

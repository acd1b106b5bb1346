"""A QIF document in, an order out, and by name whatever of the plan no order can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from station.errors import OrderError
from station.order.model import Order
from station.order.qif.datums import datum_letters
from station.order.qif.geometry import PlanGeometry, plan_geometry
from station.order.qif.questions import plan_characteristics
from station.order.qif.reading import Element, attribute, child, children, content, name_of, number, read_document
from station.order.qif.units import units_of
from station.order.qif.writing import json_text
from station.order.read import parse_order

PLACE = "the order of this plan"
NO_MODIFIER = (
    "A size without a size modifier in the plan is taken as least squares (GG); ISO 14405-1 means two-point sizes "
    "(LP) where nothing is said."
)
PARTIAL = "The geometry is what the plan names, not the whole silhouette: openings too many or too few are not noticed."


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Something of the plan that is not in the order: the element, its QIF id, its name, and why."""

    element: str
    id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    """The order that came of a plan (None: nothing of it can be ordered), and what is not in it.

    `order.drawing` holds the curves of the plan as a DXF, to be written beside the order under the name it says.
    `notes` are sentences about how the plan was understood.
    """

    order: Order | None
    not_taken: tuple[NotTaken, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller says of the order; an empty `order_id` is that of the plan."""

    serial: str
    order_id: str = ""
    whole: bool = False  # the plan's features are the whole silhouette
    drawing_name: str = "plan.dxf"


def import_plan(data: bytes, wanted: Wanted, place: str) -> ImportedPlan:
    """The order that a QIF plan asks for.

    Raises:
        InputError: this is no QIF 3 document, its units are unclear, or what comes of it is no consistent order.
    """
    root = read_document(data, place)
    units = units_of(root)
    left: list[NotTaken] = []

    def leave(element: Element, name: str, why: str) -> None:
        left.append(NotTaken(name_of(element), element.get("id", ""), name, why))

    try:
        geometry = plan_geometry(root, units, leave, whole=wanted.whole)
        datums = datum_letters(root, geometry.names, leave)
        asked = plan_characteristics(root, geometry, datums, units, leave)
        if not asked:
            return ImportedPlan(None, tuple(left), ())
        document = _document(root, wanted, geometry, datums, asked)
        order = parse_order(json_text(document).encode() + b"\n", None, PLACE, drawing=geometry.drawing or None)
    except OrderError as error:
        raise type(error)(error.sentence, place=f"{PLACE}, {error.place}" if error.place else place) from error
    return ImportedPlan(order, tuple(left), (*_notes(asked, whole=wanted.whole), *_rule_note(root, order)))


def _document(
    root: Element,
    wanted: Wanted,
    geometry: PlanGeometry,
    datums: Mapping[str, tuple[str, ...]],
    asked: list[dict[str, Any]],
) -> dict[str, Any]:
    part = next(children(child(root, "Product", "PartSet"), "Part"), None)
    trace = child(root, "PreInspectionTraceability")
    label = "" if part is None else part.get("label", "").strip()
    rule, probability = (attribute(root, f"decision.{key}") for key in ("rule", "conformance_probability"))
    return _said(
        {
            "schema": "order/1",
            "order_id": wanted.order_id or content(trace, "OrderNumber") or f"QIF-{content(root, 'QPId')}",
            "customer_reference": content(trace, "PurchaseOrderNumber"),
            "operation": attribute(trace, "operation"),
            "part": _said(
                {
                    "part_number": content(part, "ModelNumber") or label,
                    "revision": content(part, "Version"),
                    "serial": wanted.serial,
                    "material": attribute(part, "material"),
                    "cte_ppm_per_k": _number(attribute(part, "cte_ppm_per_k")),
                }
            ),
            "geometry": _said(
                {
                    "drawing": wanted.drawing_name if geometry.drawing else None,
                    "view": attribute(part, "geometry.view"),
                    "edge": attribute(part, "geometry.edge"),
                    "partial": not wanted.whole,
                    "features": geometry.written,
                }
            ),
            "datums": {letter: list(names) for letter, names in datums.items()},
            "characteristics": asked,
            "decision": _said({"rule": rule, "conformance_probability": _number(probability)}),
        }
    )


def _number(text: str | None) -> Any:
    return None if text is None else number(text)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", {})}


def _rule_note(root: Element, order: Order) -> tuple[str, ...]:
    """Who decides how strictly is for whoever orders to see: a plan from outside may ask for less than is usual."""
    if attribute(root, "decision.rule") is None and attribute(root, "decision.conformance_probability") is None:
        return ()
    rule, probability = order.decision.rule, order.decision.conformance_probability
    return (f"The decision rule is the plan's own: {rule} at a conformance probability of {probability}.",)


def _notes(asked: list[dict[str, Any]], *, whole: bool) -> tuple[str, ...]:
    loose = any(one["type"] in ("diameter", "radius", "width") and "modifier" not in one for one in asked)
    return (*([] if whole else [PARTIAL]), *([NO_MODIFIER] if loose else []))

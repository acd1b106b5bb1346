"""What is asked for, and what will be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from station.metrology.rounding import decimals_for
from station.order.explain import AskedRow, where_of
from station.order.model import MARKS, Order
from station.plan.plan import Plan
from station.plan.predict import Prediction
from station.tables.basics import UNITS, console, limits_text, table


def order_document(order: Order, asked: Sequence[AskedRow]) -> dict[str, Any]:
    """What an order asks for, in words."""
    return {
        "order_id": order.order_id,
        "serial": order.part.serial,
        "part_number": order.part.part_number,
        "sha256": order.sha256,
        "features": sorted(order.geometry.features),
        "characteristics": [
            {
                "id": row.id,
                "type": row.type,
                "of": row.features,
                "nominal": None if row.nominal is None else float(row.nominal),
                "lower_limit": None if row.lower is None else float(row.lower),
                "upper_limit": None if row.upper is None else float(row.upper),
                "unit": row.unit,
                "sentence": row.sentence,
            }
            for row in asked
        ],
    }


def print_order(document: Mapping[str, Any]) -> None:
    """What an order asks for."""
    out = console()
    out.print(Text(f"{document['order_id']}: {document['serial']}", "bold"))
    rows = table("", "Asked", "Limits")
    for c in document["characteristics"]:
        rows.add_row(c["id"], c["sentence"], limits_text(c))
    out.print(rows)


def plan_document(plan: Plan, predictions: Sequence[Prediction], order_id: str) -> dict[str, Any]:
    """A plan as JSON: what will be measured where, with which U, and what cannot be decided."""
    targets = {t.id: t for t in plan.targets}
    rows = []
    for item, prediction in zip(plan.items, predictions, strict=True):
        c, u = item.characteristic, prediction.u
        names = (*item.question.features, *item.question.datums)
        rows.append(
            {
                "id": c.id,
                "type": str(c.type),
                "features": list(c.features),
                "region": where_of(c) if c.type in MARKS else None,
                "datums": list(item.question.datums),
                "nominal": None if c.limits.nominal is None else float(c.limits.nominal),
                "lower_limit": item.lower,
                "upper_limit": item.upper,
                "unit": c.unit,
                "points": sum(len(targets[n]) for n in names if n in targets),
                "predicted_standard_uncertainty": u,
                "predicted_expanded_uncertainty": None if u is None else 2.0 * u,
                "pass_probability_at_nominal": prediction.passes,
                "decidable": not (item.refusal or prediction.warning),
                "reason": item.refusal or prediction.warning,
            }
        )
    return {
        "schema": "plan/1",
        "order_id": order_id,
        "mm_per_px": plan.mm_per_px,
        "decidable": all(row["decidable"] for row in rows) and not plan.refusal,
        "reason": plan.refusal,
        "characteristics": rows,
    }


def print_plan(document: Mapping[str, Any]) -> None:
    """A plan, then by name what this station cannot decide."""
    out = console()
    rows = table("", "Characteristic", "of", "Limits", "Points", "Predicted U", "PASS at nominal")
    for c in document["characteristics"]:
        of = c["region"] or " – ".join(c["features"]) + (f" | {' '.join(c['datums'])}" if c["datums"] else "")
        u = c["predicted_expanded_uncertainty"]
        shown = "–" if u is None else f"{u:.{decimals_for(u)}f} {UNITS.get(c['unit'], c['unit'])}"
        rows.add_row(
            c["id"],
            c["type"],
            of,
            limits_text(c),
            str(c["points"] or "–"),
            shown,
            _share(c["pass_probability_at_nominal"]),
        )
    out.print(rows)
    undecided = [c for c in document["characteristics"] if not c["decidable"]]
    for c in undecided:
        out.print(Text(f"Cannot be decided here: {c['id']} ({c['type']}): {c['reason']}.", "yellow"))
    if not undecided:
        out.print("Everything this order asks for can be decided here.")


def _share(probability: float | None) -> str:
    """A probability in per cent; never rounded up to certainty."""
    if probability is None:
        return "–"
    return "> 99.9 %" if probability > 0.999 else f"{100.0 * probability:.1f} %"

"""What came of a plan of another system."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from station.order.qif.plan import ImportedPlan
from station.tables.basics import console, table


def plan_document(imported: ImportedPlan, out: Path) -> dict[str, Any]:
    """The order that was written, if one was, and what of the plan is not in it."""
    order = imported.order
    return {
        "order": None if order is None else str(out),
        "drawing": None if order is None or not order.drawing else str(out.with_suffix(".dxf")),
        "order_id": None if order is None else order.order_id,
        "serial": None if order is None else order.part.serial,
        "characteristics": [] if order is None else [asked.id for asked in order.characteristics],
        "not_taken": [asdict(one) for one in imported.not_taken],
        "notes": list(imported.notes),
    }


def print_imported(imported: ImportedPlan, out: Path) -> None:
    """The order in one line, how the plan was understood, and everything that was left out."""
    shown, order = console(), imported.order
    if order is not None:
        count = len(order.characteristics)
        shown.print(Text(f"{out}: {order.order_id}, {order.part.serial}: {count} characteristics", "bold"))
        if order.drawing:
            shown.print(Text(f"Its curves are drawn in {out.with_suffix('.dxf')}."))
    for note in imported.notes:
        shown.print(Text(note))
    if imported.not_taken:
        shown.print(Text(f"Not taken from the plan: {len(imported.not_taken)}", "yellow"))
        rows = table("Element", "Id", "Name", "Why")
        for one in imported.not_taken:
            rows.add_row(Text(one.element), Text(one.id), Text(one.name), Text(one.why))
        shown.print(rows)

"""What was measured, and why that value has that uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from station.genealogy.exports.marks import evidence_words
from station.tables.basics import UNITS, console, limits_text, table, value_text, verdict_text
from station.visible import visible


def print_inspection(document: Mapping[str, Any]) -> None:
    """A committed inspection."""
    out = console()
    rows = table("", "Characteristic", "Value ± U", "Limits", "Verdict")
    for c in document["characteristics"]:
        rows.add_row(c["id"], c["type"], *map(Text, (value_text(c), limits_text(c))), verdict_text(c["verdict"]))
    out.print(rows)
    for finding in document.get("findings", []):
        if finding["reason"] in document["reason"]:
            continue
        out.print(verdict_text(finding["verdict"]), finding["reason"])
    out.print(verdict_text(document["verdict"]), Text(document["reason"]))
    out.print(
        Text(
            f"{document['order_id']}  {document['serial']}  attempt {document['attempt']}  record {document['id']}",
            "dim",
        )
    )


def print_explanation(document: Mapping[str, Any], c: Mapping[str, Any]) -> None:
    """The budget and the decision of one characteristic."""
    out = console()
    unit = UNITS.get(c["unit"], c["unit"])
    out.print(Text(f"{document['order_id']} {document['serial']}: characteristic {c['id']}, {c['type']}", "bold"))
    budget = c.get("budget", [])
    if budget:
        rows = table("Source", "u", "", "Sensitivity", f"Contribution ({unit})", "Share")
        total = sum(b["contribution"] ** 2 for b in budget) or 1.0
        for b in sorted(budget, key=lambda b: -b["contribution"]):
            # Records from before shares were kept have none for what correlation adds or takes.
            share = b.get("share", b["contribution"] ** 2 / total)
            row = (b["source"], f"{b['standard_uncertainty']:.2g}", b["unit"], f"{b['sensitivity']:.4g}")
            rows.add_row(*row, f"{b['contribution']:.2g}", f"{100 * share:.0f} %")
        out.print(rows)
        out.print(
            f"u = {c['standard_uncertainty']:.2g} {unit}, U = {c['expanded_uncertainty']:.2g} {unit} "
            f"(k = {c['coverage_factor']:g})"
        )
    if c.get("expected"):
        out.print(Text(f"Read      {visible(c['value'] or '–')}\nExpected  {visible(c['expected'])}"))
    else:
        out.print(f"Value {value_text(c)}, limits {limits_text(c)}")
    if words := evidence_words(c.get("evidence")):
        out.print(Text(visible(f"By {words}")))
    for finding in document.get("findings", []):
        if finding.get("characteristic") == c["id"]:
            out.print(verdict_text(finding["verdict"]), Text(finding["reason"]))
    if c.get("bonus"):
        out.print(f"The material modifier widens the zone by {c['bonus']:.4g} {unit}")
    if c["guard_band"] is not None:
        out.print(
            f"Guard band {c['guard_band']:.2g} {unit}, conformance probability {c['conformance_probability']:.4f}"
        )
    out.print(verdict_text(c["verdict"]), Text(c["reason"]))

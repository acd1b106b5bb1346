"""A table after AS9102 Form 3, one row per characteristic; what Forms 1 and 2 say stands in every row.

RFC 4180, UTF-8 with its mark (Excel asks for it): texts quoted, numbers not, so that readers can tell them apart.
`docs/exports/csv.md` has the columns.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from station.genealogy.dossier import Dossier
from station.genealogy.exports.decided import Decided, decided
from station.genealogy.exports.marks import evidence_words
from station.genealogy.standing import Standing, standing_of

Cell = str | float | None
# A spreadsheet runs a cell that begins like this; where it splits at semicolons or bars, also what follows those.
_FORMULA = re.compile(r"^(?=['=+\-@＝＋－＠])|(?<=[;|])(?=\s*[=+\-@＝＋－＠])")
_BREAKS = frozenset({"Cc", "Zl", "Zp", "Cs"})
COLUMNS = (
    "part_number",
    "part_revision",
    "serial",
    "order_id",
    "customer_reference",
    "drawing",
    "operation",
    "material",
    "material_lots",
    "prior_operations",
    "inspection_id",
    "attempt",
    "record_status",
    "inspected_at",
    "part_verdict",
    "part_reason",
    "characteristic_number",
    "reference",
    "designator",
    "requirement",
    "nominal",
    "lower_limit",
    "upper_limit",
    "unit",
    "result",
    "result_rounded",
    "deviation",
    "standard_uncertainty",
    "expanded_uncertainty",
    "coverage_factor",
    "verdict",
    "conformance_probability",
    "guard_band",
    "bonus",
    "remarks",
    "decision_rule",
    "required_probability",
    "station",
    "rig",
    "software",
    "simulated",
    "calibration",
    "calibration_valid_until",
    "temperature_c",
    "operator",
    "nonconformance_number",
    "disposition",
    "disposition_remarks",
    "record_hash",
)


def make(dossier: Dossier) -> bytes:
    """The table of one inspection."""
    return make_series([dossier])


def make_series(dossiers: Sequence[Dossier]) -> bytes:
    """The table of many inspections, in the sequence given."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writeheader()
    for dossier in dossiers:
        writer.writerows({column: _safe(cell) for column, cell in row.items()} for row in rows(dossier))
    return out.getvalue().encode("utf-8-sig")


def rows(dossier: Dossier) -> list[dict[str, Cell]]:
    """One row per characteristic of the order, then one per finding; a column that is not in a row is empty."""
    after = standing_of(dossier)
    part, evidence = _part(dossier, after), _evidence(dossier, after)
    findings = dossier.inspection.get("findings", [])
    answers = [*map(_characteristic, decided(dossier)), *map(_finding, findings)]
    return [{**part, **answer, **evidence} for answer in answers]


def _part(dossier: Dossier, after: Standing) -> dict[str, Cell]:
    record, order = dossier.inspection, dossier.order
    return {
        "part_number": order.part.part_number,
        "part_revision": order.part.revision,
        "serial": record["serial"],
        "order_id": record["order_id"],
        "customer_reference": order.customer_reference,
        "drawing": order.geometry.drawing,
        "operation": order.operation,
        "material": order.part.material,
        "material_lots": _listed(_lot(event.payload) for event in after.materials),
        "prior_operations": _listed(_operation(event.payload) for event in after.operations),
        "inspection_id": record["id"],
        "attempt": record["attempt"],
        "record_status": _status(after),
        "inspected_at": record["finished"],
        "part_verdict": record["verdict"],
        "part_reason": record["reason"],
    }


def _characteristic(one: Decided) -> dict[str, Cell]:
    row, value = one.row, one.value
    return {
        "characteristic_number": row["id"],
        "reference": one.reference,
        "designator": row["type"],
        "requirement": one.requirement,
        "nominal": row["nominal"] if isinstance(row["nominal"], float | int) else None,
        "lower_limit": row["lower_limit"],
        "upper_limit": row["upper_limit"],
        "unit": row["unit"],
        "result": value,
        "result_rounded": one.shown or None,
        "deviation": row["deviation"],
        "standard_uncertainty": row["standard_uncertainty"],
        "expanded_uncertainty": row["expanded_uncertainty"],
        "coverage_factor": row["coverage_factor"],
        "verdict": row["verdict"],
        "conformance_probability": row["conformance_probability"],
        "guard_band": row["guard_band"],
        "bonus": row.get("bonus"),
        "remarks": "; ".join(filter(None, (row["reason"], evidence_words(row.get("evidence"))))),
    }


def _finding(finding: Mapping[str, Any]) -> dict[str, Cell]:
    where = finding["where_mm"]
    place = "" if where is None else f" at ({where[0]:.4g}, {where[1]:.4g}) mm"
    of = f", characteristic {finding['characteristic']}" if finding.get("characteristic") else ""
    return {
        "designator": f"finding: {finding['kind']}",
        "requirement": "as the geometry of the order",
        "unit": "mm",
        "result": finding["size_mm"],
        "result_rounded": None if finding["size_mm"] is None else f"{finding['size_mm']:.3g}",
        "verdict": finding["verdict"],
        "remarks": f"{finding['reason']}{place}{of}",
    }


def _evidence(dossier: Dossier, after: Standing) -> dict[str, Cell]:
    record, station = dossier.inspection, dossier.inspection["station"]
    rule, calibration = record.get("decision"), record["calibration"]
    found: dict[str, Cell] = {
        "station": station["id"],
        "rig": station["rig"],
        "software": station["software"],
        "simulated": "yes" if station["simulated"] else "no",
        "temperature_c": record["conditions"]["temperature_c"],
        "operator": record["operator"],
        "record_hash": dossier.entry.hash,
    }
    if rule is not None:
        found |= {"decision_rule": rule["rule"], "required_probability": rule["conformance_probability"]}
    if calibration is not None:
        found |= {"calibration": calibration["id"], "calibration_valid_until": calibration["valid_until"]}
    if after.disposition is not None:
        told = after.disposition.payload
        remarks = _listed((told["reason_code"], told["remark"], told["by"]))
        found |= {"nonconformance_number": after.disposition.id, "disposition": told["decision"]}
        found |= {"disposition_remarks": remarks}
    return found


def _status(after: Standing) -> str:
    if after.withdrawn is not None:
        return f"withdrawn by {after.withdrawn.payload['by']}: {after.withdrawn.payload['reason']}"
    return "stands" if after.later is None else f"superseded by attempt {after.later.attempt}"


def _lot(told: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (told["lot"], told["material"], told["supplier"] and f"({told['supplier']})")))


def _operation(told: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (told["operation"], f"({told['organisation']})", told["reference"])))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(filter(None, words))


def _safe(cell: Cell) -> Cell:
    """Text that no spreadsheet takes for a formula and no reader for the end of a row; numbers as they are."""
    if not isinstance(cell, str):
        return cell
    line = "".join(" " if unicodedata.category(letter) in _BREAKS else letter for letter in cell)
    return _FORMULA.sub("'", line)

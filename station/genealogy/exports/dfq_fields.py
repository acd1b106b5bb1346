"""The K-fields of a `.dfq`: about the part, about its characteristics, and beside each value.

Field numbers, types and lengths after the Q-DAS ASCII Transfer Format; names are made to fit, see `dfq_lines.name`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from station.genealogy.dossier import Dossier
from station.genealogy.exports.decided import Decided
from station.genealogy.exports.dfq_lines import field, name, number, one_line, prose
from station.genealogy.exports.dfq_values import WHOLE, Column, Inspected
from station.genealogy.exports.marks import evidence_words
from station.metrology.rounding import decimals_beside, decimals_for

VARIABLE, ATTRIBUTIVE = "0", "1"  # K2004
NO_LIMIT, LIMIT, NATURAL = "0", "1", "2"  # K2120, K2121


def part_lines(number_and_revision: tuple[str, str], dossiers: Sequence[Dossier]) -> list[str]:
    """K1xxx; what not all parts of the file share has no place here and is left out."""
    records = [one.inspection for one in dossiers]
    orders = [one.order for one in dossiers]
    stations = [record["station"] for record in records]
    rules = [one.get("decision") or {} for one in records]
    rule = _common(f"{one['rule']} at {one['conformance_probability']}" for one in rules if one)
    simulated = "SIMULATED: no real part was in front of a camera. " if any(s["simulated"] for s in stations) else ""
    return [
        *field("K1001", 1, name(number_and_revision[0], 30)),
        *field("K1002", 1, name(number_and_revision[0], 80)),
        *field("K1004", 1, name(number_and_revision[1], 20)),
        *field("K1032", 1, name(_common(one.part.material for one in orders), 40)),
        *field("K1041", 1, name(_common(one.geometry.drawing for one in orders), 30)),
        *field("K1086", 1, name(_common(one.operation for one in orders), 40)),
        *field("K1110", 1, name(_common(one.customer_reference for one in orders), 20)),
        *field("K1201", 1, name(_common(one["id"] for one in stations), 24)),
        *field("K1202", 1, name(_common(f"{one['rig']}, software {one['software']}" for one in stations), 40)),
        *field("K1222", 1, name(_common(one["operator"] for one in records), 40)),
        *field("K1900", 1, prose(f"{simulated}Times are UTC. Decision rule {rule or 'as in each record'}.", 255)),
    ]


def column_lines(index: int, column: Column, answers: Sequence[Decided]) -> list[str]:
    """K2xxx of one characteristic; its uncertainty is the largest among the parts of the file."""
    if column == WHOLE:
        words = [*field("K2001", index, column.id), *field("K2002", index, "verdict of the whole part")]
        return [*words, *field("K2004", index, ATTRIBUTIVE)]
    described = " ".join(word for word in (column.type, _common(one.reference for one in answers)) if word)
    lines = [
        *field("K2001", index, name(column.id, 40)),
        *field("K2002", index, name(described, 80)),
        *field("K2003", index, name(column.type, 20)),
        *field("K2004", index, ATTRIBUTIVE if column.is_mark else VARIABLE),
    ]
    if column.is_mark:
        return lines
    worst: dict[str, Any] = max(
        (dict(one.row) for one in answers if one.value is not None),
        key=lambda row: row["expanded_uncertainty"] or 0.0,
        default={},
    )
    expanded = worst.get("expanded_uncertainty")
    lower_kind = LIMIT if column.lower is not None else NATURAL if column.is_zone else NO_LIMIT
    return [
        *lines,
        *field("K2022", index, str(0 if column.unit == "1" else _decimals(column, answers, expanded or 0.0))),
        *field("K2101", index, number(column.nominal)),
        *field("K2110", index, "0" if lower_kind == NATURAL else number(column.lower)),
        *field("K2111", index, number(column.upper)),
        *field("K2112", index, _deviation(column.lower, column.nominal)),
        *field("K2113", index, _deviation(column.upper, column.nominal)),
        *field("K2120", index, lower_kind),
        *field("K2121", index, NO_LIMIT if column.upper is None else LIMIT),
        *field("K2142", index, column.unit),
        *field("K2151", index, name(_common(one.tolerance for one in answers), 20)),
        *field("K2640", index, number(expanded)),
        *field("K2641", index, number(worst.get("coverage_factor"))),
        *field("K2642", index, number(worst.get("standard_uncertainty"))),
    ]


def value_lines(index: int, part: Inspected, answer: Decided) -> list[str]:
    """K00xx that belong to the value of one characteristic on the line before."""
    record, row = part.dossier.inspection, answer.row
    unit = "" if row.get("unit", "1") == "1" else f" {row['unit']}"
    probability = row.get("conformance_probability")
    return [
        *field("K0009", index, prose(_words(part, answer), 255)),
        *field("K0014", index, name(record["serial"], 40)),
        *field("K0053", index, name(record["order_id"], 20)),
        *field("K0054", index, row["verdict"]),
        *field("K0055", index, _figure("U", row.get("expanded_uncertainty"), unit, row.get("coverage_factor"))),
        *field("K0056", index, "" if probability is None else f"p={probability:.6g}"),
        *field("K0057", index, _figure("g", row.get("guard_band"), unit)),
        *field("K0058", index, "" if record["calibration"] is None else name(record["calibration"]["id"], 30)),
        *field("K0059", index, name(record["station"]["id"], 30)),
        *field("K0060", index, name(record["operator"], 30)),
        *field("K0080", index, record["id"]),
        *field("K0081", index, "1"),
    ]


def _common(words: Iterable[str]) -> str:
    """What all say; nothing where they differ."""
    found = set(words)
    return found.pop() if len(found) == 1 else ""


def _decimals(column: Column, answers: Sequence[Decided], expanded: float) -> int:
    """Two digits of U, and more where some value would be shown on the other side of a limit."""
    values = [float(one.value) for one in answers if isinstance(one.value, float | int)]
    found = (decimals_beside(value, expanded, column.lower, column.upper) for value in values)
    return max(found, default=decimals_for(expanded))


def _deviation(limit: float | None, nominal: float | None) -> str:
    # Both are what people wrote, in a few digits: the difference is rounded to what a double can carry of them.
    return "" if limit is None or nominal is None else number(round(limit - nominal, 9))


def _figure(letter: str, value: float | None, unit: str, factor: float | None = None) -> str:
    coverage = "" if factor is None else f" k={factor:g}"
    return "" if value is None else f"{letter}={value:.6g}{unit}{coverage}"


def _words(part: Inspected, answer: Decided) -> str:
    """What people should read beside the value, the most important first."""
    record, after, row = part.dossier.inspection, part.after, answer.row
    said = [f"{row['verdict']}: {row['reason']}" if row["reason"] else ""]
    if record["station"]["simulated"]:
        said.insert(0, "SIMULATED")
    if after.withdrawn is not None:
        said.insert(0, f"WITHDRAWN: {after.withdrawn.payload['reason']} ({after.withdrawn.payload['by']})")
    if after.later is not None:
        said.insert(0, f"superseded by attempt {after.later.attempt}")
    if after.disposition is not None:
        told = after.disposition.payload
        said.append(f"{told['decision']}, {told['reason_code']} ({told['by']})")
    if row.get("bonus"):
        said.append(f"zone widened by {row['bonus']:.4g} {row['unit']} (material modifier)")
    if answer.is_mark and row["value"] is not None:
        read = isinstance(row["value"], str)
        said.append(f"read '{one_line(row['value'])}'" if read else f"largest defect {row['value']:.4g} {row['unit']}")
    if answer.is_mark and answer.requirement:
        said.append(f"asked '{one_line(answer.requirement)}'")
    said.append(evidence_words(row.get("evidence")))
    temperature = record["conditions"]["temperature_c"]
    return "; ".join([*filter(None, said), *([] if temperature is None else [f"{temperature:g} degC"])])

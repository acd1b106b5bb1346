"""The table of the certificate: each characteristic of the order with what was found, in the order's sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from string import ascii_uppercase
from typing import Any

from station.genealogy.dossier import Dossier
from station.genealogy.exports.decided import Decided, decided
from station.genealogy.exports.marks import evidence_words
from station.order.model import MARKS, Characteristic, CharacteristicType
from station.texts import Texts

NOTHING = "–"
_UNITS = {"1": "", "deg": "°", "mm": " mm"}
_LONGEST_CELL = 64
_MODIFIERS = {"MMC": "Ⓜ", "LMC": "Ⓛ"}  # ISO 2692


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `limits` is empty where `asked` says them; `details` are sentences below it, full width."""

    number: str
    what: str
    where: str
    asked: str
    limits: str
    found: str
    factor: str
    verdict: str
    details: tuple[str, ...] = ()


def rows_of(dossier: Dossier, texts: Texts) -> tuple[Row, ...]:
    """A row for each characteristic of the order; one that the record says nothing about counts as `ERROR`."""
    recorded = {entry["id"] for entry in dossier.inspection["characteristics"]}
    unsaid = (texts("table.unrecorded"),) if recorded else ()  # where nothing was measured, its reason is said once
    return tuple(
        _row(one, _reason(one.row) if one.row["id"] in recorded else unsaid, texts) for one in decided(dossier)
    )


def findings_of(dossier: Dossier) -> tuple[Row, ...]:
    """What the picture shows and the order does not have; by letters, as on the pages and in the picture."""
    found = [entry for entry in dossier.inspection.get("findings", ()) if entry["verdict"] != "PASS"]
    return tuple(
        Row(letter, entry["kind"], "", "", "", "", "", entry["verdict"], _reason(entry))
        for letter, entry in zip(_letters(), found, strict=False)
    )


def _letters() -> Iterator[str]:
    yield from ascii_uppercase
    yield from (f"Z{number}" for number in count(2))


def _row(one: Decided, reason: tuple[str, ...], texts: Texts) -> Row:
    asked, entry = one.asked, one.row
    requirement, expected = ("", "") if asked is None else requirement_of(asked)
    found = _found(one)
    factor = entry["coverage_factor"] if entry["expanded_uncertainty"] else None
    return Row(
        number=entry["id"],
        what=texts.word("type", entry["type"]),
        where="" if asked is None else _where(asked, texts),
        asked=_short(requirement),
        limits=_limits(one, texts),
        found=_short(found),
        factor="" if factor is None else f"{factor:g}",
        verdict=entry["verdict"],
        details=(
            *((texts("table.expected", text=expected),) if len(expected) > _LONGEST_CELL else ()),
            *((texts("table.read", text=found),) if len(found) > _LONGEST_CELL else ()),
            *filter(None, (evidence_words(entry.get("evidence")),)),
            *reason,
        ),
    )


def requirement_of(asked: Characteristic) -> tuple[str, str]:
    """What the order asks: as a drawing says it, and the expected content of a mark."""
    if asked.type in MARKS:
        if asked.type == CharacteristicType.SURFACE:
            return f"≤ {_plain(asked.max_defect_mm or Decimal(0))} mm", ""
        return asked.expected, asked.expected
    limits, unit = asked.limits, _unit(asked.unit)
    nominal, lower, upper = limits.nominal, limits.lower, limits.upper
    said = f" {limits.source}" if limits.source not in ("±", "limits", "exact", "zone", "") else ""
    said += f" {_MODIFIERS.get(asked.modifier, asked.modifier)}" if asked.modifier else ""
    places = _places(nominal, lower, upper)
    if nominal is None or lower is None or upper is None or limits.source == "limits":
        size = "" if nominal is None or limits.source == "limits" else f"{nominal:.{places}f}{unit}, "
        return f"{size}{_between(lower, upper)}{unit}{said}", ""
    if lower == upper == nominal:
        return f"= {_plain(nominal)}{unit}", ""
    if upper - nominal == nominal - lower:
        return f"{nominal:.{places}f} ± {_plain(upper - nominal)}{unit}{said}", ""
    return f"{nominal:.{places}f} {_deviation(upper - nominal)}/{_deviation(lower - nominal)}{unit}{said}", ""


def _limits(one: Decided, texts: Texts) -> str:
    """The limits that were decided on, where the requirement does not say them as they are."""
    lower, upper = (None if bound is None else _rounded(bound) for bound in one.bounds)
    if one.is_mark or (lower is None and upper is None) or lower == upper:
        return ""
    limits = f"{_between(lower, upper)}{_unit(one.row['unit'])}"
    if one.row.get("bonus"):
        return texts("table.bonus", limits=limits)
    asked = one.asked
    plain = asked is not None and (asked.limits.nominal is None or asked.limits.source == "limits")
    return "" if plain else limits


def _found(one: Decided) -> str:
    if not isinstance(one.value, int | float):
        return one.shown or NOTHING
    return one.shown + _unit(one.row["unit"])


def _unit(unit: str) -> str:
    return _UNITS.get(unit, f" {unit}" if unit else "")


def _where(asked: Characteristic, texts: Texts) -> str:
    if asked.type in MARKS:
        if isinstance(asked.region, tuple):
            return " – ".join(f"({x:g}, {y:g})" for x, y in asked.region) + " mm"
        return asked.region or texts("table.whole_picture")
    names = (" – ".join(asked.features), texts.word("of", asked.of) if asked.of else "", asked.association)
    return " ".join(name for name in names if name) + (f" | {' '.join(asked.datums)}" if asked.datums else "")


def _reason(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Why it is not PASS."""
    return (entry["reason"],) if entry["reason"] and entry["verdict"] != "PASS" else ()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _between(lower: Decimal | None, upper: Decimal | None) -> str:
    if lower is None:
        return NOTHING if upper is None else f"≤ {_plain(upper)}"
    places = _places(lower, upper)
    return f"≥ {_plain(lower)}" if upper is None else f"{lower:.{places}f} … {upper:.{places}f}"


def _places(*values: Decimal | None) -> int:
    """As many decimals as the finest of the values has: a column of limits reads like a drawing."""
    return max(
        (max(0, -int(value.normalize().as_tuple().exponent)) for value in values if value is not None), default=0
    )


def _rounded(limit: float) -> Decimal:
    """A limit as people see it: up to six decimals."""
    return Decimal(f"{limit:.6f}")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _deviation(value: Decimal) -> str:
    return "0" if value == 0 else f"{value.normalize():+f}"

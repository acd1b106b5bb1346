"""What the order asked and what the record answered, side by side: for formats that list characteristics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from station.genealogy.dossier import Dossier
from station.metrology.rounding import with_uncertainty
from station.order.model import MARKS, Characteristic

WHOLE = "(part)"  # what the verdict of the whole part, findings included, stands under in lists of characteristics


@dataclass(frozen=True, slots=True)
class Decided:
    """One characteristic: `asked` as the order has it, `row` as in `inspection/1` (limits and value in `row["unit"]`).

    What the station came to no answer about has a `row` with the verdict ERROR. `asked` is None only where the record
    names what its order does not.
    """

    asked: Characteristic | None
    row: Mapping[str, Any]

    @property
    def value(self) -> float | str | None:
        """The value, None where nothing was measured."""
        value: float | str | None = self.row["value"] if self.row.get("measured", True) else None
        return value

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The limits that were decided on: those asked for, the upper one widened by a material modifier's bonus."""
        lower, upper, bonus = self.row["lower_limit"], self.row["upper_limit"], self.row.get("bonus")
        return lower, upper if upper is None else upper + (bonus or 0.0)

    @property
    def shown(self) -> str:
        """The value as people read it, without its unit: `23.6684 ± 0.0018`; what was read of a mark; else nothing."""
        value = self.value
        if not isinstance(value, int | float):
            return value or ""
        return with_uncertainty(value, self.row["expanded_uncertainty"] or 0.0, *self.bounds)

    @property
    def is_mark(self) -> bool:
        """Whether this is a code, a text or a surface: right or not, without limits."""
        return self.row["type"] in MARKS or isinstance(self.row["value"], str)

    @property
    def reference(self) -> str:
        """The features it is of, and its datums: ``ID | A``."""
        if self.asked is None:
            return ""
        region = [self.asked.region] if isinstance(self.asked.region, str) else []
        return " | ".join((", ".join([*self.asked.features, *region]), *self.asked.datums)).strip(" |")

    @property
    def requirement(self) -> str:
        """What was asked, in words: ``23.7 -0.05 +0.05 mm``, ``19 H9 mm``, ``max 19.1 mm``, ``zone 0.05 mm MMC``."""
        asked = self.asked
        if asked is None:
            return ""
        if asked.max_defect_mm is not None:
            return f"no defect above {plain(asked.max_defect_mm)} mm"
        if self.is_mark:
            return asked.expected
        nominal = asked.limits.nominal if asked.limits.source not in ("limits", "exact") else None
        unit = "" if asked.unit == "1" else asked.unit
        words = ("" if nominal is None else plain(nominal), self.tolerance, unit, asked.modifier, asked.association)
        return " ".join(filter(None, words))

    @property
    def tolerance(self) -> str:
        """The tolerance alone: ``-0.05 +0.05``, ``H9``, ``max 19.1``, ``zone 0.05``; nothing for marks."""
        if self.asked is None or self.is_mark:
            return ""
        limits = self.asked.limits
        ends = [end for end in (limits.lower, limits.upper) if end is not None]
        match limits.source:
            case "zone":
                return f"zone {plain(ends[0])}"
            case "±" if limits.nominal is not None:
                return " ".join(plain(end - limits.nominal, sign=True) for end in ends)
            case "limits" | "exact":
                side = "max " if limits.lower is None else "min " if limits.upper is None else ""
                return side + " to ".join(dict.fromkeys(map(plain, ends)))
            case source:
                return source


def decided(dossier: Dossier) -> tuple[Decided, ...]:
    """Every characteristic of the order, in its sequence, then those that only the record has."""
    rows = {row["id"]: row for row in dossier.inspection["characteristics"]}
    asked = {one.id: one for one in dossier.order.characteristics}
    missing = [_unanswered(one, dossier.inspection["reason"]) for one in asked.values() if one.id not in rows]
    rows |= {row["id"]: row for row in missing}
    return tuple(Decided(asked.get(id), rows[id]) for id in dict.fromkeys((*asked, *rows)))


def plain(number: Decimal, *, sign: bool = False) -> str:
    """The number as people write it: no exponent, no superfluous zeros."""
    text = f"{number:{'+' if sign else ''}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unanswered(asked: Characteristic, reason: str) -> dict[str, Any]:
    limits = asked.limits
    numbers = {"nominal": limits.nominal, "lower_limit": limits.lower, "upper_limit": limits.upper}
    figures = ("value", "deviation", "standard_uncertainty", "expanded_uncertainty", "coverage_factor")
    return {
        **dict.fromkeys((*figures, "conformance_probability", "guard_band", "points")),
        **{name: None if number is None else float(number) for name, number in numbers.items()},
        "id": asked.id,
        "type": str(asked.type),
        "verdict": "ERROR",
        "unit": asked.unit,
        "reason": reason or "not measured",
        "measured": False,
    }

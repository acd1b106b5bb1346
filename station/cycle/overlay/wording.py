"""What is written about a characteristic: name, value, limits."""

from __future__ import annotations

from station.cycle.results import ItemResult
from station.metrology.decision import SEVERITY, Verdict
from station.metrology.rounding import with_uncertainty
from station.order.model import CharacteristicType

_UNITS = {"mm": " mm", "deg": "°", "1": ""}
_ROUND = {CharacteristicType.DIAMETER: "Ø ", CharacteristicType.RADIUS: "R "}


def worst_first(items: tuple[ItemResult, ...]) -> list[ItemResult]:
    """FAIL, ERROR, UNDECIDED, PASS; within each what uses most of its tolerance first."""
    return sorted(items, key=lambda item: (SEVERITY.index(item.verdict), -item.used_up))


def name_of(item: ItemResult) -> str:
    """`diameter BORE`, `concentricity ID to A`."""
    c = item.item.characteristic
    words = [str(c.type).replace("_", " "), ", ".join(c.features) or c.of]
    if c.datums:
        words.append("to " + " ".join(c.datums))
    return " ".join(word for word in words if word)


def value_of(item: ItemResult) -> str:
    """`0.8220 ± 0.0011 mm`; what was read of a mark, else that it is as ordered or was not measured."""
    if item.read is not None:
        return item.read or "nothing read"
    if item.value is None:
        return "as ordered" if item.verdict is Verdict.PASS else "not measured"
    unit = _UNITS.get(item.item.characteristic.unit, "")
    return with_uncertainty(item.value, item.expanded or 0.0, *item.bounds) + unit


def short_value(item: ItemResult) -> str:
    """The value alone, with the sign of its kind, for a label in the picture; empty where there is none."""
    if item.value is None:
        return ""
    c = item.item.characteristic
    number = with_uncertainty(item.value, item.expanded or 0.0, *item.bounds).split(" ")[0]
    return _ROUND.get(c.type, "") + number + _UNITS.get(c.unit, "")


def limits_of(item: ItemResult) -> str:
    """`0.786 … 0.814`, `≤ 0.05`, `≥ 2`; `= 4` where only one number will do; what a code or text must say."""
    if item.item.characteristic.expected:
        return item.item.characteristic.expected
    limits = item.item.characteristic.limits
    given = [limit.normalize() for limit in (limits.lower, limits.upper) if limit is not None]
    places = max((max(0, -int(limit.as_tuple().exponent)) for limit in given), default=0)
    low = None if limits.lower is None else f"{limits.lower:.{places}f}"
    high = None if limits.upper is None else f"{limits.upper:.{places}f}"
    if low is not None and high is not None:
        return f"= {low}" if low == high else f"{low} … {high}"
    if high is not None:
        return f"≤ {high}"
    return f"≥ {low}" if low is not None else ""


def tally(items: list[ItemResult]) -> str:
    """`+ 12 more, all PASS`, or how many of each verdict."""
    verdicts = [item.verdict for item in items]
    kinds = sorted(set(verdicts), key=SEVERITY.index)
    if len(kinds) == 1:
        return f"+ {len(items)} more, all {kinds[0]}"
    return f"+ {len(items)} more: " + ", ".join(f"{verdicts.count(kind)} {kind}" for kind in kinds)

"""What an order asks, in rows a person can read before the part exists."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from station.order.model import MARKS, Characteristic, CharacteristicType, Limits, Order


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One characteristic as a row; `lower` and `upper` are the limits themselves, in `unit` (mm, deg or 1)."""

    id: str
    type: str
    features: str  # "ID", "H1 – H2", "ID | A B" with datums behind a bar; the region of a mark
    nominal: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    unit: str
    source: str  # "±", "H9", "ISO 2768-f", "limits", "zone", …
    sentence: str  # the whole in words: "diameter of ID: 19.000 +0.052/0 mm (H9)"


def explain_order(order: Order) -> tuple[AskedRow, ...]:
    """A row for each characteristic, in the order's sequence."""
    return tuple(_row(characteristic, order.datums) for characteristic in order.characteristics)


def _row(asked: Characteristic, datums: dict[str, tuple[str, ...]]) -> AskedRow:
    limits = asked.limits
    where = _where(asked)
    return AskedRow(
        *(asked.id, asked.type.value, where, limits.nominal, limits.lower, limits.upper, asked.unit, limits.source),
        sentence=_sentence(asked, where.split(" | ")[0], datums),
    )


def _where(asked: Characteristic) -> str:
    if asked.type in MARKS:
        if isinstance(asked.region, tuple):
            (x0, y0), (x1, y1) = asked.region
            return f"({x0:g}, {y0:g}) – ({x1:g}, {y1:g}) mm"
        if asked.arc is not None:
            x, y = asked.arc.center
            return f"the arc of radius {asked.arc.radius_mm:g} mm about ({x:g}, {y:g})"
        return asked.region or "whole picture"
    features = " – ".join(asked.features)
    idealised = asked.modifier or asked.association
    modifier = f" {idealised}" if idealised else ""
    return f"{features} | {' '.join(asked.datums)}{modifier}" if asked.datums else features + modifier


def _sentence(asked: Characteristic, where: str, datums: dict[str, tuple[str, ...]]) -> str:
    name = asked.type.value.replace("_", " ")
    match asked.type:
        case CharacteristicType.CODE:
            carrying = "with GS1 elements " if asked.gs1 else ""
            by_it = "; it identifies the part" if asked.identity else ""
            return f"code in {where}: {asked.symbology} {carrying}that reads {asked.expected!r}{by_it}"
        case CharacteristicType.TEXT:
            high = "" if asked.height_mm is None else f"{asked.height_mm:g} mm high, "
            along = "along" if asked.arc else "in"
            return f"text {along} {where}: {high}reads {asked.expected!r}"
        case CharacteristicType.SURFACE:
            return f"surface of {where}: no defect larger than {_plain(asked.max_defect_mm or Decimal(0))} mm"
        case CharacteristicType.COUNT:
            return f"number of {asked.of}{' of ' + where if where else ''}: {_size(asked.limits, '')}"
        case _ if asked.limits.source == "zone":
            to = ", ".join(f"{letters} ({', '.join(_features_of(letters, datums))})" for letters in asked.datums)
            related = f" to {to}" if to else ""
            modifier = (
                f" at {asked.modifier}" if asked.modifier else f" {asked.association}" if asked.association else ""
            )
            return f"{name} of {where}{related}: within {_plain(asked.limits.upper or Decimal(0))} mm{modifier}"
        case _:
            return f"{name} of {where}: {_size(asked.limits, '°' if asked.unit == 'deg' else ' mm')}"


def _features_of(letters: str, datums: dict[str, tuple[str, ...]]) -> list[str]:
    known = (letters,) if letters in datums else letters.split("-")
    return [name for letter in known for name in datums.get(letter, ("?",))]


def _size(limits: Limits, unit: str) -> str:
    source = f" ({limits.source})" if limits.source not in ("±", "limits", "exact") else ""
    if limits.nominal is None or limits.source == "limits":
        return _between(limits, unit) + source
    nominal, lower, upper = limits.nominal, limits.lower, limits.upper
    if lower == upper == nominal:
        return f"exactly {_plain(nominal)}{unit}"
    places = max(_places(value) for value in (nominal, lower, upper) if value is not None)
    if lower is not None and upper is not None and upper - nominal == nominal - lower:
        return f"{nominal:.{places}f} ±{_plain(upper - nominal)}{unit}{source}"
    deviations = [_deviation(limit - nominal) if limit is not None else "none" for limit in (upper, lower)]
    if lower is None or upper is None:
        return f"{nominal:.{places}f}{unit}, {_between(limits, unit)}{source}"
    return f"{nominal:.{places}f} {deviations[0]}/{deviations[1]}{unit}{source}"


def _between(limits: Limits, unit: str) -> str:
    if limits.lower is None:
        return f"at most {_plain(limits.upper or Decimal(0))}{unit}"
    if limits.upper is None:
        return f"at least {_plain(limits.lower)}{unit}"
    return f"{_plain(limits.lower)} to {_plain(limits.upper)}{unit}"


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _deviation(value: Decimal) -> str:
    return "0" if value == 0 else f"{value.normalize():+f}"

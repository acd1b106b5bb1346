"""Lengths in millimetres and angles in degrees, whatever the document's own units are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal

from station.errors import InputError, OrderError
from station.order.qif.reading import Element, child, children, content, number

_EXACT = Context(prec=60)
_MM = {
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), Decimal(1)),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), Decimal(1000)),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), Decimal(10)),
    **dict.fromkeys(("um", "µm", "micrometer", "micrometre", "micron"), Decimal("0.001")),
    **dict.fromkeys(("in", "inch", "inches"), Decimal("25.4")),
}
_DEG = {
    **dict.fromkeys(("deg", "degree", "degrees"), Decimal(1)),
    **dict.fromkeys(("rad", "radian", "radians"), Decimal(repr(math.degrees(1.0)))),
}
_SAME = Decimal("1e-9")  # relative: factors of degrees are written with as few as ten digits


@dataclass(frozen=True, slots=True)
class Units:
    """Factors to mm and degrees: of the document (None: it does not say), and of units that values name themselves."""

    mm: Decimal | None
    deg: Decimal | None
    lengths: dict[str, Decimal]
    angles: dict[str, Decimal]

    def length(self, element: Element | None) -> Decimal:
        """A length in mm. Raises: OrderError: none, or in a unit that is not known."""
        return self._scaled(element, "linearUnit", self.mm, self.lengths)

    def angle(self, element: Element | None) -> Decimal:
        """An angle in degrees. Raises: OrderError."""
        return self._scaled(element, "angularUnit", self.deg, self.angles)

    def length_factor(self, element: Element | None) -> Decimal:
        """What makes mm of the numbers in an element. Raises: OrderError."""
        return _factor(element, "linearUnit", self.mm, self.lengths)

    def angle_factor(self, element: Element | None) -> Decimal:
        """What makes degrees of the numbers in an element. Raises: OrderError."""
        return _factor(element, "angularUnit", self.deg, self.angles)

    def _scaled(self, element: Element | None, key: str, primary: Decimal | None, named: dict[str, Decimal]) -> Decimal:
        if element is None:
            raise OrderError("a number is missing")
        return _EXACT.multiply(number(content(element)), _factor(element, key, primary, named))


def _factor(element: Element | None, key: str, primary: Decimal | None, named: dict[str, Decimal]) -> Decimal:
    unit = None if element is None else element.get(key)
    found = primary if unit is None else named.get(unit)
    if found is None:
        raise OrderError("the document does not say its unit" if unit is None else f"the unit {unit[:40]!r} is unknown")
    return found


def units_of(root: Element) -> Units:
    """The units of a document.

    Raises:
        InputError: it does not say its unit of length, says one that is not known, or says two things of one.
    """
    primary, other = child(root, "FileUnits", "PrimaryUnits"), child(root, "FileUnits", "OtherUnits")
    linear = child(primary, "LinearUnit")
    if linear is None:
        raise InputError("the plan does not say its unit of length", place="FileUnits")
    angular = child(primary, "AngularUnit")
    lengths = {content(unit, "UnitName"): _to_mm(unit) for unit in (linear, *children(other, "LinearUnit"))}
    angles = {content(unit, "UnitName"): _to_deg(unit) for unit in children(other, "AngularUnit")}
    deg = None if angular is None else _to_deg(angular)
    if angular is not None and deg is not None:
        angles[content(angular, "UnitName")] = deg
    return Units(_to_mm(linear), deg, lengths, angles)


def _to_mm(unit: Element) -> Decimal:
    return _conversion(unit, _MM, Decimal(1000))


def _to_deg(unit: Element) -> Decimal:
    return _conversion(unit, _DEG, _DEG["rad"])


def _conversion(unit: Element, known: dict[str, Decimal], per_si: Decimal) -> Decimal:
    """Factor by the unit's name, by its conversion, or by both where they agree."""
    name, conversion = content(unit, "UnitName"), child(unit, "UnitConversion")
    named = known.get(name.lower())
    try:
        if conversion is None:
            written = None
        else:
            written = _EXACT.multiply(number(content(conversion, "Factor")), per_si)
            if number(content(conversion, "Offset") or "0"):
                raise InputError(f"the unit {name[:40]!r} has an offset", place="FileUnits")
    except OrderError as error:
        raise InputError(f"the factor of the unit {name[:40]!r}: {error.sentence}", place="FileUnits") from error
    if named is None and (written is None or written <= 0):
        raise InputError(f"the unit {name[:40]!r} is not known, and the plan does not convert it", place="FileUnits")
    if named is not None and written is not None and abs(written - named) > _SAME * named:
        raise InputError(f"the unit {name[:40]!r} has a factor that is not its own", place="FileUnits")
    if named is not None:
        return named
    assert written is not None
    return next((exact for exact in known.values() if abs(written - exact) <= _SAME * exact), written)

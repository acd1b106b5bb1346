"""Limits of sizes, counts and zones: exact decimals from the five ways an order can say them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from station.errors import OrderError
from station.order import iso286, iso2768
from station.order.document import CountDocument, SizedDocument
from station.order.model import Limits

_EXACT = Context(prec=100)
_FITTED = frozenset({"diameter", "width"})


@dataclass(frozen=True, slots=True)
class SizeOf:
    """What the geometry says about a size: its nominal (exact, mm), which side it is, an angle's shorter leg."""

    nominal: Decimal | None = None
    inner: bool | None = None
    edge: bool = False  # an external radius: a broken edge
    shorter_leg_mm: Decimal | None = None
    complete: bool = False  # a feature whose sizes follow from standards: deviations alone say enough


def size_limits(document: SizedDocument, geometry: SizeOf, place: str) -> Limits:
    """The limits of a size.

    Raises:
        OrderError: no tolerance or two, no nominal, or a tolerance that is the wrong way round or not defined.
    """
    plus_minus = document.lower_tol is not None or document.upper_tol is not None
    ways = [
        *(["lower_tol/upper_tol"] if plus_minus else []),
        *(["fit"] if document.fit is not None else []),
        *(["general"] if document.general is not None else []),
        *(["limits"] if document.limits is not None else []),
    ]
    if not ways:
        raise OrderError(
            "this size has no tolerance; give lower_tol and/or upper_tol, fit, general or limits", place=place
        )
    if len(ways) > 1:
        raise OrderError(f"this size has two tolerances, {ways[0]} and {ways[1]}; give one", place=place)
    if document.limits is not None:
        limits = _written_limits(document.nominal, document.limits, place)
    elif plus_minus:
        nominal = document.nominal if document.nominal is not None or not geometry.complete else geometry.nominal
        if nominal is None:
            raise OrderError("lower_tol and upper_tol need the nominal", place=f"{place}.nominal")
        limits = _plus_minus(nominal, document.lower_tol, document.upper_tol, place)
    else:
        limits = _standard(document, geometry, place)
    if limits.upper is not None and limits.upper <= 0:
        raise OrderError(f"the upper limit {limits.upper} of a size must be larger than zero", place=place)
    return limits


def count_limits(document: CountDocument, place: str) -> Limits:
    """The limits of a count; exactly the nominal where nothing else is said."""
    nominal = Decimal(document.nominal)
    if document.lower_tol is None and document.upper_tol is None and document.limits is None:
        return Limits(nominal, nominal, nominal, "exact")
    if document.limits is None:
        return _plus_minus(nominal, document.lower_tol, document.upper_tol, place)
    if document.lower_tol is not None or document.upper_tol is not None:
        raise OrderError("this count has two tolerances, lower_tol/upper_tol and limits; give one", place=place)
    return _written_limits(nominal, document.limits, place)


def zone(width: Decimal) -> Limits:
    """The limits of a geometrical tolerance: from nothing to the width of its zone."""
    return Limits(None, None, width, "zone")


def _written_limits(nominal: Decimal | None, limits: Sequence[Decimal | None], place: str) -> Limits:
    low, high = limits
    if low is None and high is None:
        raise OrderError("both limits are null; give at least one", place=f"{place}.limits")
    if low is not None and high is not None and low > high:
        raise OrderError(f"the limits are the wrong way round: {low} is larger than {high}", place=f"{place}.limits")
    return Limits(nominal, low, high, "limits")


def _plus_minus(nominal: Decimal, lower: Decimal | None, upper: Decimal | None, place: str) -> Limits:
    if lower is not None and upper is not None and lower > upper:
        raise OrderError(
            f"the tolerance is the wrong way round: lower_tol {lower} is larger than upper_tol {upper}",
            place=f"{place}.lower_tol",
        )
    return Limits(
        nominal,
        None if lower is None else _EXACT.add(nominal, lower),
        None if upper is None else _EXACT.add(nominal, upper),
        "±",
    )


def _standard(document: SizedDocument, geometry: SizeOf, place: str) -> Limits:
    nominal = document.nominal if document.nominal is not None else geometry.nominal
    if nominal is None:
        raise OrderError("a fit or a general tolerance needs the nominal", place=f"{place}.nominal")
    if nominal == 0:
        raise OrderError("the nominal must be larger than zero here", place=f"{place}.nominal")
    try:
        if document.fit is not None:
            lower, upper = _fit(document.fit, document.type, nominal, geometry)
        else:
            upper = _general(str(document.general), document.type, nominal, geometry)
            lower = -upper
    except OrderError as error:
        key = "fit" if document.fit is not None else "general"
        raise OrderError(error.sentence, place=f"{place}.{key}") from error
    source = document.fit or document.general or ""
    return Limits(nominal, _EXACT.add(nominal, lower), _EXACT.add(nominal, upper), source)


def _fit(fit: str, kind: str, nominal: Decimal, geometry: SizeOf) -> tuple[Decimal, Decimal]:
    if kind not in _FITTED:
        raise OrderError(f"a fit of ISO 286 is for a diameter or a width, not for a {kind}")
    deviations = iso286.deviations(nominal, fit)
    if geometry.inner is not None and geometry.inner != iso286.is_hole(fit):
        written, is_a = ("a hole", "outer") if iso286.is_hole(fit) else ("a shaft", "inner")
        raise OrderError(f"{fit!r} is the class of {written}, but the feature is {is_a}")
    return deviations


def _general(general: str, kind: str, nominal: Decimal, geometry: SizeOf) -> Decimal:
    if kind == "angle":
        if geometry.shorter_leg_mm is None:
            raise OrderError("a general tolerance of an angle needs two lines")
        return iso2768.angle_deviation(geometry.shorter_leg_mm, general)
    if kind == "radius" and geometry.edge:
        return iso2768.edge_deviation(nominal, general)
    return iso2768.length_deviation(nominal, general)

"""Field types of the order document: exact numbers, points, ids and names, each with its bound and its sentence."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from station.order.limits import MAX_COORDINATE_MM, MAX_DECIMALS, MAX_EDGE, MAX_EXPECTED, MAX_ID, MAX_NAME


class Document(BaseModel):
    """Strict: no conversions, and an unknown key is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _number(
    *,
    at_least: Decimal | None = None,
    above: Decimal | None = None,
    at_most: Decimal | None = None,
    below: Decimal | None = None,
) -> tuple[BeforeValidator, WithJsonSchema]:
    def check(value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise PydanticCustomError("number", "this must be a number")
        number = Decimal(value)
        if not number.is_finite():
            raise PydanticCustomError("number", "this must be a finite number")
        if -int(number.as_tuple().exponent) > MAX_DECIMALS:
            raise PydanticCustomError("number", "this number has too many decimal places")
        if above is not None and number <= above:
            raise PydanticCustomError("number", f"this must be larger than {above}")
        if at_least is not None and number < at_least:
            raise PydanticCustomError("number", f"this must be at least {at_least}")
        if below is not None and number >= below:
            raise PydanticCustomError("number", f"this must be less than {below}")
        if at_most is not None and number > at_most:
            raise PydanticCustomError("number", f"this must be at most {at_most}")
        return number

    schema: dict[str, Any] = {"type": "number"}
    for key, bound in (
        ("minimum", at_least),
        ("exclusiveMinimum", above),
        ("maximum", at_most),
        ("exclusiveMaximum", below),
    ):
        if bound is not None:
            schema[key] = int(bound) if bound == bound.to_integral_value() else float(bound)
    return BeforeValidator(check), WithJsonSchema(schema)


def _words(longest: int, *, any_control: bool = False, least: int = 1) -> tuple[Any, AfterValidator]:
    def check(value: str) -> str:
        if len(value) < least or (value and not value.strip()):
            raise PydanticCustomError("words", "this must not be empty")
        if not any_control and any(unicodedata.category(letter) in _UNPRINTABLE for letter in value):
            raise PydanticCustomError("words", "this contains a control or an invisible character")
        if not any_control and value != value.strip():
            raise PydanticCustomError("words", "this must not begin or end with a space")
        return value

    return Field(min_length=least, max_length=longest), AfterValidator(check)


_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("number", "this must be a whole number")
    return value


_COORDINATE = _number(at_least=-MAX_COORDINATE_MM, at_most=MAX_COORDINATE_MM)
_SIZE = _number(above=Decimal(0), at_most=MAX_COORDINATE_MM)
_SIZE_OR_ZERO = _number(at_least=Decimal(0), at_most=MAX_COORDINATE_MM)
_ANGLE = _number(at_least=Decimal(-720), at_most=Decimal(720))
_PROBABILITY = _number(above=Decimal("0.5"), below=Decimal(1))
_RISK = _number(above=Decimal(0), below=Decimal("0.5"))
_EXPANSION = _number(at_least=Decimal(-100), at_most=Decimal(1000))
_ID = _words(MAX_ID)
_NAME = _words(MAX_NAME)
_EXPECTED = _words(MAX_EXPECTED, any_control=True)
_EDGE = _words(MAX_EDGE, least=0)


def _engraved(value: str) -> str:
    """What can stand on a part in one line; a joiner (ZWJ, ZWNJ) belongs to how some scripts are written."""
    if any(unicodedata.category(letter) in _UNPRINTABLE and letter not in "\u200c\u200d" for letter in value):
        raise PydanticCustomError("words", "this contains a control or an invisible character, which no engraving has")
    return value


Signed: TypeAlias = Annotated[Decimal, *_COORDINATE]  # mm or degrees, any sign
Size: TypeAlias = Annotated[Decimal, *_SIZE]  # mm or degrees, positive
Nominal: TypeAlias = Annotated[Decimal, *_SIZE_OR_ZERO]
Angle: TypeAlias = Annotated[Decimal, *_ANGLE]
Probability: TypeAlias = Annotated[Decimal, *_PROBABILITY]
Risk: TypeAlias = Annotated[Decimal, *_RISK]
Expansion: TypeAlias = Annotated[Decimal, *_EXPANSION]
Whole: TypeAlias = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=1_000_000)]
Id: TypeAlias = Annotated[str, *_ID]
Name: TypeAlias = Annotated[str, *_NAME]
Expected: TypeAlias = Annotated[str, *_EXPECTED]
Engraved: TypeAlias = Annotated[str, *_EXPECTED, AfterValidator(_engraved)]
EdgeName: TypeAlias = Annotated[str, *_EDGE]  # a kind of edge; empty: the default kind
Coordinates: TypeAlias = Annotated[tuple[Signed, Signed], Strict(False)]
Corners: TypeAlias = Annotated[tuple[Coordinates, Coordinates], Strict(False)]
Bounds: TypeAlias = Annotated[tuple[Signed | None, Signed | None], Strict(False)]

"""Characteristics of the order resolved: features and datums found, of fitting types, limits exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from station.errors import OrderError
from station.order.document import (
    AngularityDocument,
    CharacteristicDocument,
    CodeDocument,
    CountDocument,
    FormDocument,
    GearRunoutDocument,
    GearSizeDocument,
    OrientationDocument,
    PitchDocument,
    PositionDocument,
    ProfileDocument,
    SizedDocument,
    SizeDocument,
    SurfaceDocument,
    TextDocument,
    ToothThicknessDocument,
)
from station.order.features import Features
from station.order.limits import MOST_DATUM_FEATURES
from station.order.marks import resolve_mark
from station.order.model import Characteristic, CharacteristicType
from station.order.nominals import refuse_other_angle, refuse_other_axis, refuse_other_size, size_of
from station.order.slots import parts_of
from station.order.tolerances import count_limits, size_limits, zone

_ROUND = frozenset({"circle", "arc"})
_EDGE = frozenset({"line"})
_SLOT = frozenset({"slot"})
_PLACED = frozenset({"circle", "arc", "line", "slot"})
_ANY = frozenset({"circle", "arc", "line", "contour", "gear", "thread", "slot"})
_GEAR = frozenset({"gear"})
_THREAD = frozenset({"thread"})
_NONE = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Rule:
    """Which features and datums a type of characteristic takes; of `alone` one is enough where it takes two."""

    features: frozenset[str]
    fewest: int = 1
    most: int = 1
    datums: frozenset[str] = _NONE
    most_datums: int = 0
    alone: frozenset[str] = _NONE


RULES: dict[str, Rule] = {
    "diameter": Rule(_ROUND),
    "radius": Rule(_ROUND),
    "distance": Rule(_PLACED, 2, 2),
    "width": Rule(_EDGE, 2, 2, alone=_SLOT),
    "length": Rule(_SLOT),
    "angle": Rule(_EDGE | _SLOT, 2, 2),
    "roundness": Rule(_ROUND),
    "straightness": Rule(_EDGE),
    "parallelism": Rule(_EDGE | _SLOT, datums=_EDGE | _SLOT, most_datums=1),
    "perpendicularity": Rule(_EDGE | _SLOT, datums=_EDGE | _SLOT, most_datums=1),
    "angularity": Rule(_EDGE | _SLOT, datums=_EDGE | _SLOT, most_datums=1),
    "position": Rule(_ROUND | _SLOT, datums=_ANY, most_datums=3),
    "concentricity": Rule(_ROUND, datums=_ROUND, most_datums=1),
    "symmetry": Rule(_PLACED, 1, 2, datums=_PLACED, most_datums=2),
    "line_profile": Rule(_ANY, datums=_ANY, most_datums=3),
    "circular_runout": Rule(_ROUND, datums=_ROUND, most_datums=1),
    "tip_diameter": Rule(_GEAR, datums=_ROUND, most_datums=1),
    "root_diameter": Rule(_GEAR, datums=_ROUND, most_datums=1),
    "tooth_thickness": Rule(_GEAR, datums=_ROUND, most_datums=1),
    "pitch_deviation": Rule(_GEAR, datums=_ROUND, most_datums=1),
    "cumulative_pitch": Rule(_GEAR, datums=_ROUND, most_datums=1),
    "runout": Rule(_GEAR, datums=_ROUND, most_datums=1),
    **dict.fromkeys(("pitch", "major_diameter", "minor_diameter", "pitch_diameter", "flank_angle"), Rule(_THREAD)),
    "count": Rule(frozenset({"circle", "contour", "gear", "slot"}), 0, 1),
}


def resolve_characteristic(
    document: CharacteristicDocument, place: str, features: Features, datums: Mapping[str, tuple[str, ...]]
) -> Characteristic:
    """One characteristic, complete.

    Raises:
        OrderError: with the place of the key that is wrong.
    """
    kind, view = CharacteristicType(document.type), document.view or ""
    match document:
        case CodeDocument() | TextDocument() | SurfaceDocument():
            return resolve_mark(document, kind, view, place, features)
        case CountDocument():
            names = _features(document, place, features)
            limits = count_limits(document, place)
            return Characteristic(document.id, kind, names, (), limits, "1", view=view, of=document.of)
        case SizedDocument():
            names = _features(document, place, features)
            letters = _datums(document, names, place, features, datums)
            limits = size_limits(document, size_of(document.type, names, features), place)
            refuse_other_size(document.type, names, features, limits.nominal, place)
            unit = "deg" if document.type in ("angle", "flank_angle") else "mm"
            along = document.along if isinstance(document, ToothThicknessDocument) else ""
            modifier = _size_modifier(document, names, place, features)
            return Characteristic(
                *(document.id, kind, names, letters, limits, unit), modifier=modifier, view=view, of=along
            )
        case _:
            names = _features(document, place, features)
            letters = _datums(document, names, place, features, datums)
            if isinstance(document, AngularityDocument):
                refuse_other_angle(document, names[0], datums[letters[0]][0], features, place)
            modifier = document.modifier or "" if isinstance(document, PositionDocument) else ""
            limits, reference = zone(document.tolerance), _association(document, names, place, features)
            flank = document.flank or "" if isinstance(document, PitchDocument) else ""
            ball = document.ball_diameter if isinstance(document, GearRunoutDocument) else None
            return Characteristic(
                *(document.id, kind, names, letters, limits, "mm"),
                modifier=modifier,
                association=reference,
                view=view,
                of=flank,
                ball_mm=None if ball is None else float(ball),
            )


_Zoned = (
    FormDocument
    | OrientationDocument
    | AngularityDocument
    | ProfileDocument
    | PositionDocument
    | PitchDocument
    | GearRunoutDocument
)
_OnDatum = (
    OrientationDocument
    | AngularityDocument
    | ProfileDocument
    | PositionDocument
    | PitchDocument
    | GearRunoutDocument
    | GearSizeDocument
    | ToothThicknessDocument
)


def _size_modifier(document: SizedDocument, names: tuple[str, ...], place: str, features: Features) -> str:
    """GX, GN, LP; least squares (GG) is what a size is anyway."""
    modifier = document.modifier if isinstance(document, SizeDocument) else None
    if modifier is None or modifier == "GG":
        return ""
    place = f"{place}.modifier"
    if document.type in ("distance", "length", "angle"):
        raise OrderError(f"{modifier} is for diameter, radius and width, not for {document.type}", place=place)
    if document.type != "width" and features.kind(names[0]) != "circle":
        raise OrderError(
            f"{modifier} is for whole circles, but {names[0]!r} is an {features.kind(names[0])}", place=place
        )
    return modifier


def _association(document: _Zoned, names: tuple[str, ...], place: str, features: Features) -> str:
    """LS, MC, MI; the minimum zone (MZ) is what a form is anyway."""
    reference = document.association if isinstance(document, FormDocument) else None
    if reference is None or reference == "MZ":
        return ""
    if reference != "LS" and features.kind(names[0]) != "circle":
        raise OrderError(
            f"{reference} is for the roundness of whole circles, but {names[0]!r} is a {features.kind(names[0])}",
            place=f"{place}.association",
        )
    return reference


def _features(document: SizedDocument | CountDocument | _Zoned, place: str, features: Features) -> tuple[str, ...]:
    """The ids of the characteristic's features: as many, and of such types, as it takes."""
    if document.feature is not None and document.features is not None:
        raise OrderError("give 'feature' or 'features', not both", place=f"{place}.features")
    several = document.features is not None
    names = tuple(document.features or ()) if several else ((document.feature,) if document.feature else ())
    rule = RULES[document.type]
    alone = len(names) == 1 and names[0] in features.by_id and features.kind(names[0]) in rule.alone
    key, kinds = "features" if several or rule.fewest == 2 else "feature", rule.alone if alone else rule.features
    if not alone and not rule.fewest <= len(names) <= rule.most:
        wanted = "two features" if rule.fewest == 2 else "one feature"
        wanted += f", or {_words(rule.alone)} alone" if rule.alone else ""
        raise OrderError(f"{document.type} takes {wanted}, not {len(names)}", place=f"{place}.{key}")
    for number, name in enumerate(names):
        here = f"{place}.features[{number}]" if several else f"{place}.feature"
        if name not in features.by_id:
            raise OrderError(f"there is no feature {name!r} in the geometry", place=here)
        if features.kind(name) not in kinds:
            raise OrderError(
                f"{document.type} is for {_words(rule.features)}, but {name!r} is a {features.kind(name)}", place=here
            )
    if len(set(names)) < len(names):
        raise OrderError(
            f"{document.type} needs two different features, not {names[0]!r} twice", place=f"{place}.{key}"
        )
    return names


def _words(kinds: frozenset[str]) -> str:
    every = ("circle", "arc", "line", "contour", "gear", "thread", "slot")
    return " or ".join("an arc" if kind == "arc" else f"a {kind}" for kind in every if kind in kinds)


def _datums(
    document: _Zoned | SizedDocument,
    names: tuple[str, ...],
    place: str,
    features: Features,
    datums: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Letters of the characteristic's datums in order of precedence, common ones as `A-B`."""
    if not isinstance(document, _OnDatum) or document.datum is None:
        return ()
    several = isinstance(document.datum, list)
    asked = tuple(document.datum) if isinstance(document.datum, list) else (document.datum,)
    rule = RULES[document.type]
    if len(asked) > rule.most_datums:
        most = "one datum" if rule.most_datums == 1 else f"at most {rule.most_datums} datums"
        raise OrderError(f"{document.type} takes {most}, not {len(asked)}", place=f"{place}.datum")
    named: list[str] = []
    for number, letters in enumerate(asked):
        here = f"{place}.datum[{number}]" if several else f"{place}.datum"
        for letter in (letters,) if letters in datums else letters.split("-"):
            if letter not in datums:
                raise OrderError(f"there is no datum {letter!r} in 'datums'", place=here)
            _check_datum(document.type, letter, datums[letter], names, here, features)
            named += datums[letter]
        if rule.most_datums == 1 and len(named) > 1:
            raise OrderError(
                f"the datum of {document.type} is one feature, but {letters!r} has {len(named)}", place=here
            )
    used = parts_of(tuple(named), features.by_id)
    if len(set(used)) < len(used):
        raise OrderError("a datum is named twice", place=f"{place}.datum")
    if len(used) > MOST_DATUM_FEATURES:
        raise OrderError(
            f"the datums have {len(used)} features, at most {MOST_DATUM_FEATURES} can be used (a slot is four)",
            place=f"{place}.datum",
        )
    if rule.features == _GEAR:
        refuse_other_axis(names[0], named[0], asked[0], features, place)
    return asked


def _check_datum(
    kind: str, letter: str, of: tuple[str, ...], names: tuple[str, ...], place: str, features: Features
) -> None:
    rule = RULES[kind]
    for name in of:
        if features.kind(name) not in rule.datums:
            raise OrderError(
                f"the datum of {kind} is {_words(rule.datums)}, but {letter!r} is the {features.kind(name)} {name!r}",
                place=place,
            )
        if {*parts_of((name,), features.by_id)} & {*parts_of(names, features.by_id)}:
            raise OrderError(f"{name!r} is its own datum {letter!r}", place=place)

"""Datums of a plan: letters with the order's features, and what a reference frame makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from station.errors import OrderError
from station.order.qif.reading import Element, attribute, by_id, child, children, content, name_of, only

_PRECEDENCE = ("PRIMARY", "SECONDARY", "TERTIARY")


def datum_letters(
    root: Element, names: Mapping[str, str], leave: Callable[[Element, str, str], None]
) -> dict[str, tuple[str, ...]]:
    """Letters by the features (nominal's QIF id -> id) that define them; `leave` is told of those left out."""
    found: dict[str, tuple[str, ...]] = {}
    for definition in children(child(root, "DatumDefinitions"), "DatumDefinition"):
        letter = _letter(definition)
        of = [content(one) for one in children(child(definition, "FeatureNominalIds"), "Id")]
        if child(definition, "DatumTargetIds") is not None:
            leave(definition, letter, "it is made of datum targets")
        elif not of:
            leave(definition, letter, "the plan does not say which feature it is")
        elif any(id not in names for id in of):
            leave(definition, letter, "its feature is not in the order")
        elif letter in found:
            leave(definition, letter, "there is a datum of this name already")
        else:
            found[letter] = tuple(names[id] for id in of)
    return found


def datum_frames(root: Element, letters: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...] | OrderError]:
    """The datums of every reference frame in order of precedence, or why an order cannot have them."""
    definitions = by_id(children(child(root, "DatumDefinitions"), "DatumDefinition"))
    found: dict[str, tuple[str, ...] | OrderError] = {}
    for frame in children(child(root, "DatumReferenceFrames"), "DatumReferenceFrame"):
        try:
            found[frame.get("id", "")] = tuple(_datums(frame, definitions, letters))
        except OrderError as error:
            found[frame.get("id", "")] = error
    return found


def _letter(definition: Element) -> str:
    return str(attribute(definition, "id") or content(definition, "DatumLabel"))


def _datums(frame: Element, definitions: Mapping[str, Element], letters: Mapping[str, object]) -> Iterator[str]:
    listed = list(children(child(frame, "Datums"), "Datum"))
    ranks = [content(datum, "Precedence", "PrecedenceEnum") for datum in listed]
    if any(rank not in _PRECEDENCE for rank in ranks) or len(set(ranks)) < len(ranks):
        raise OrderError("the precedence of its datums is not primary, secondary, tertiary")
    for _, datum in sorted(zip(ranks, listed, strict=True), key=lambda pair: _PRECEDENCE.index(pair[0])):
        yield _named(datum, definitions, letters)


def _named(datum: Element, definitions: Mapping[str, Element], letters: Mapping[str, object]) -> str:
    simple, compound = child(datum, "SimpleDatum"), child(datum, "CompoundDatum")
    if simple is not None:
        return _simple(simple, definitions, letters)
    if compound is None:
        which = next((name_of(one) for one in children(datum)), "datum")
        raise OrderError(f"its datum is a {which}, which is not supported")
    only(compound, "Datum")
    parts = sorted(children(compound, "Datum"), key=lambda one: content(one, "SequenceNumber").zfill(9))
    if any(child(one, "SimpleDatum") is None for one in parts):
        raise OrderError("its datum is compounded of compound ones, which is not supported")
    return "-".join(_named(one, definitions, letters) for one in parts)


def _simple(simple: Element, definitions: Mapping[str, Element], letters: Mapping[str, object]) -> str:
    only(simple, "DatumDefinitionId", "MaterialModifier", "ReferencedComponent", "Attributes")
    if content(simple, "MaterialModifier") not in ("NONE", "REGARDLESS"):
        raise OrderError("its datum has a material modifier, which is not supported")
    definition = definitions.get(content(simple, "DatumDefinitionId"))
    letter = "" if definition is None else _letter(definition)
    if letter not in letters:
        raise OrderError(f"its datum {letter[:20] or '(missing)'} is not in the order")
    return letter

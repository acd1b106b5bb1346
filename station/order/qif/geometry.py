"""The geometry of a plan: features that an order can have, each under a name of its own, and curves as a drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import ValidationError

from station.errors import DrawingError, InputError, OrderError
from station.order.document import GeometryDocument
from station.order.drawing import Drawing, read_drawing
from station.order.dxf_text import dxf_text
from station.order.faults import order_error
from station.order.features import Features, resolve_features
from station.order.qif.features import FeatureReader, Taken
from station.order.qif.reading import Element, attribute, by_id, child, children, content, name_of
from station.order.qif.units import Units

Leave: TypeAlias = Callable[[Element, str, str], None]  # told of an element that is left out, its name, and why


@dataclass(frozen=True, slots=True)
class PlanGeometry:
    """Features as `order/1` writes them and resolved. `names` are those of the features taken, `called` those of all
    in the plan, by the nominal's QIF id; `marks` are the ids of the places of codes and texts."""

    written: list[dict[str, Any]]
    features: Features
    drawing: bytes
    names: Mapping[str, str]
    called: Mapping[str, str]
    marks: frozenset[str]


def plan_geometry(root: Element, units: Units, leave: Leave, *, whole: bool) -> PlanGeometry:
    """What of the plan's features an order can have.

    Raises:
        InputError: there are too many, or the curves make no drawing.
    """
    lists = child(root, "Features")
    nominals = by_id(children(child(lists, "FeatureNominals")))
    definitions = by_id(children(child(lists, "FeatureDefinitions")))
    items: dict[str, list[Element]] = {}
    for item in children(child(lists, "FeatureItems")):
        items.setdefault(content(item, "FeatureNominalId"), []).append(item)
    called = _called(nominals, items)
    free = {id: nominal for id, nominal in nominals.items() if not _is_set(items.get(id, []))}
    try:
        reader = FeatureReader(free, definitions, units)
    except OrderError as error:
        raise InputError(error.sentence, place="Features") from error
    names: dict[str, str] = {}
    marks: set[str] = set()
    taken = Taken()
    for id, nominal in nominals.items():
        if name_of(nominal) == "MarkingFeatureNominal":
            marks.add(id)  # the characteristic says what is to be read there
        elif _is_part_of_another(nominal) or (id in reader.members and attribute(nominal, "id") is None):
            names[id] = called[id]
        elif id not in free:
            leave(nominal, called[id], "it is set, not measured")
        else:
            try:
                reader.take(nominal, called[id], taken)
                names[id] = called[id]
            except OrderError as error:
                leave(nominal, called[id], error.sentence)
    shapes = {feature["id"] for feature in taken.features}
    for id in [id for id, name in names.items() if name in shapes and _is_part_of_another(nominals[id])]:
        del names[id]  # else what is asked of it would be measured at the feature that has its name
    drawing, data = _drawing(taken, whole)
    written = []
    ids = {name: id for id, name in names.items()}
    for feature in taken.features:
        try:
            if "layer" not in feature:  # a curve was drawn for it
                _resolved([feature], drawing)
            written.append(feature)
        except OrderError as error:
            leave(nominals[ids[feature["id"]]], feature["id"], error.sentence)
    features = _resolved(written, drawing)
    names = {id: name for id, name in names.items() if name in features.by_id}
    return PlanGeometry(written, features, data, names, called, frozenset(marks))


def refusal(error: ValidationError, document: Any) -> OrderError:
    """Why `order/1` does not accept a document, as one sentence."""
    found = order_error(error, document)
    return OrderError(f"{found.place}: {found.sentence}" if found.place else found.sentence)


def distinct(names: list[str | None], element: Element, used: set[str]) -> str:
    """The first name there is; with the QIF id behind it where another has it already."""
    id = element.get("id", "")
    name = next((name for name in names if name), f"QIF {id}")
    name = f"{name} #{id}" if name in used else name
    used.add(name)
    return name


def _called(nominals: Mapping[str, Element], items: Mapping[str, list[Element]]) -> dict[str, str]:
    """A name for every feature: that of its first item, else its own."""
    used: set[str] = set()
    found = {}
    for id, nominal in nominals.items():
        named = [content(item, "FeatureName") for item in items.get(id, [])]
        own = attribute(nominal, "id")
        among = set[str]() if own is None and _is_part_of_another(nominal) else used  # no order has it under its name
        found[id] = distinct([own, *named, content(nominal, "Name")], nominal, among)
    return found


def _drawing(taken: Taken, whole: bool) -> tuple[Drawing | None, bytes]:
    if not taken.drawn:
        return None, b""
    data = dxf_text({one.layer: one.outlines for one in taken.drawn}).encode()
    try:
        return read_drawing(data, partial=not whole), data
    except DrawingError as error:
        raise InputError(f"the curves of the plan: {error.sentence}", place="Features") from error


def _resolved(features: list[dict[str, Any]], drawing: Drawing | None) -> Features:
    try:
        document = GeometryDocument.model_validate({"features": features})
    except ValidationError as error:
        raise refusal(error, {"features": features}) from None
    return resolve_features(document, drawing)


def _is_set(items: list[Element]) -> bool:
    """Whether every item of a feature is set to its nominal and not measured."""
    return bool(items) and all(child(item, "DeterminationMode", "Set") is not None for item in items)


def _is_part_of_another(nominal: Element) -> bool:
    """Side or end of a slot, or one of a contour's outlines, in our own exports."""
    return attribute(nominal, "part_of") is not None

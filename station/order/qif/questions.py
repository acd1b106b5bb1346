"""Every characteristic of a plan that an order can have, checked against the features and datums it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from station.errors import OrderError
from station.order.characteristics import resolve_characteristic
from station.order.document import CharacteristicDocument
from station.order.limits import MAX_CHARACTERISTICS
from station.order.qif.characteristics import Asked, characteristic
from station.order.qif.datums import datum_frames
from station.order.qif.geometry import Leave, PlanGeometry, distinct, refusal
from station.order.qif.reading import Element, attribute, by_id, child, children, content
from station.order.qif.units import Units

_CHARACTERISTIC: TypeAdapter[Any] = TypeAdapter(CharacteristicDocument)


def plan_characteristics(
    root: Element, geometry: PlanGeometry, datums: Mapping[str, tuple[str, ...]], units: Units, leave: Leave
) -> list[dict[str, Any]]:
    """The characteristics as `order/1` writes them; `leave` is told of every other one."""
    lists = child(root, "Characteristics")
    definitions = by_id(children(child(lists, "CharacteristicDefinitions")))
    nominals = by_id(children(child(lists, "CharacteristicNominals")))
    items = by_id(children(child(root, "Features", "FeatureItems")))
    frames = datum_frames(root, datums)
    found: list[dict[str, Any]] = []
    used: set[str] = set()
    for item, nominal in _asked(lists, nominals):
        name = _name(item, nominal, used)
        try:
            if len(found) >= MAX_CHARACTERISTICS:
                raise OrderError(f"an order has at most {MAX_CHARACTERISTICS:,} characteristics")
            if nominal is None:
                raise OrderError("its nominal is missing")
            definition = definitions.get(content(nominal, "CharacteristicDefinitionId"))
            if definition is None:
                raise OrderError("its definition is missing")
            features = _features(_feature_ids(item, nominal, items), geometry)
            document = {"id": name, **characteristic(Asked(definition, nominal, features, frames, units))}
            _check(document, geometry, datums)
            found.append(document)
        except OrderError as error:
            leave(item, name, error.sentence)
    return found


def _asked(lists: Element | None, nominals: Mapping[str, Element]) -> Iterator[tuple[Element, Element | None]]:
    """Every characteristic item with its nominal, and nominals that no item is of."""
    left = dict(nominals)
    for item in children(child(lists, "CharacteristicItems")):
        id = content(item, "CharacteristicNominalId")
        left.pop(id, None)
        yield item, nominals.get(id)
    for nominal in left.values():
        yield nominal, nominal


def _name(item: Element, nominal: Element | None, used: set[str]) -> str:
    designators = [content(one, "CharacteristicDesignator", "Designator") for one in (item, nominal) if one is not None]
    return distinct([attribute(item, "id"), *designators, content(item, "Name")], item, used)


def _feature_ids(item: Element, nominal: Element, items: Mapping[str, Element]) -> list[str]:
    """The feature nominals that a characteristic is of: by its item, else by its nominal."""
    found = []
    for one in children(child(item, "FeatureItemIds"), "Id"):
        if content(one) not in items:
            raise OrderError(f"its feature item {content(one)[:20]} is missing")
        found.append(content(items[content(one)], "FeatureNominalId"))
    if found:
        return found
    pairs = list(children(child(nominal, "FeatureNominalPairs"), "FeaturePair"))
    if len(pairs) > 1:
        raise OrderError("it is of several pairs of features")
    if pairs:
        return [content(pairs[0], key) for key in ("FirstFeature", "SecondFeature")]
    return [content(one) for one in children(child(nominal, "FeatureNominalIds"), "Id")]


def _features(ids: list[str], geometry: PlanGeometry) -> tuple[str, ...]:
    """Their names in the order; a mark's own place is no feature of an order."""
    for id in ids:
        if id not in geometry.names and id not in geometry.marks:
            raise OrderError(f"its feature {geometry.called.get(id, id)[:60]!r} is not in the order")
    return tuple(geometry.names[id] for id in ids if id in geometry.names)


def _check(document: dict[str, Any], geometry: PlanGeometry, datums: Mapping[str, tuple[str, ...]]) -> None:
    """Whether an order accepts the characteristic. Raises: OrderError."""
    try:
        read = _CHARACTERISTIC.validate_python(document)
    except ValidationError as error:
        raise refusal(error, document) from None
    resolve_characteristic(read, "", geometry.features, datums)

"""A QIF document in, an order out, and by name whatever of the plan no order can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from station.errors import DrawingError, InputError, OrderError
from station.order.characteristics import resolve_characteristic
from station.order.document import CharacteristicDocument, GeometryDocument
from station.order.drawing import Drawing, read_drawing
from station.order.dxf_text import dxf_text
from station.order.faults import order_error
from station.order.features import Features, resolve_features
from station.order.limits import MAX_CHARACTERISTICS
from station.order.model import Order
from station.order.qif.characteristics import Asked, characteristic
from station.order.qif.datums import datum_frames, datum_letters
from station.order.qif.features import FeatureReader, Taken
from station.order.qif.reading import (
    Element,
    attribute,
    by_id,
    child,
    children,
    content,
    name_of,
    number,
    read_document,
)
from station.order.qif.units import Units, units_of
from station.order.qif.writing import json_text
from station.order.read import parse_order

_CHARACTERISTIC: TypeAdapter[Any] = TypeAdapter(CharacteristicDocument)
NO_MODIFIER = (
    "A size without a size modifier in the plan is taken as least squares (GG); ISO 14405-1 means two-point sizes "
    "(LP) where nothing is said."
)
PARTIAL = (
    "The geometry is what the plan names, not the whole silhouette: openings that it does not name are not missed."
)


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Something of the plan that is not in the order: the element, its QIF id, its name, and why."""

    element: str
    id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    """The order that came of a plan (None: nothing of it can be ordered), its drawing, and what is not in it.

    `notes` are sentences about how the plan was understood.
    """

    order: Order | None
    drawing_name: str
    not_taken: tuple[NotTaken, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller says of the order; an empty `order_id` is that of the plan."""

    serial: str
    order_id: str = ""
    whole: bool = False  # the plan's features are the whole silhouette
    drawing_name: str = "plan.dxf"


def import_plan(data: bytes, wanted: Wanted, place: str) -> ImportedPlan:
    """The order that a QIF plan asks for.

    Raises:
        InputError: this is no QIF 3 document, its units are unclear, or what comes of it is no consistent order.
    """
    root = read_document(data, place)
    return _Import(root, wanted, units_of(root)).run()


@dataclass(slots=True)
class _Import:
    root: Element
    wanted: Wanted
    units: Units
    not_taken: list[NotTaken] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # features taken: nominal's QIF id -> id in the order
    marks: set[str] = field(default_factory=set)  # nominals that are the places of codes and texts
    taken: Taken = field(default_factory=Taken)

    def run(self) -> ImportedPlan:
        self._features()
        drawing, data = self._drawing()
        features = self._resolved(drawing)
        datums = {
            letter: names
            for letter, names in datum_letters(self.root, self.names, self._leave).items()
            if all(name in features.by_id for name in names)
        }
        asked = self._characteristics(features, datums)
        if not asked:
            return ImportedPlan(None, "", tuple(self.not_taken), ())
        document = self._document(asked, datums, bool(data))
        order = parse_order(json_text(document).encode(), None, "the order of this plan", drawing=data or None)
        return ImportedPlan(order, self.wanted.drawing_name if data else "", tuple(self.not_taken), self._notes(asked))

    def _leave(self, element: Element, name: str, why: str) -> None:
        self.not_taken.append(NotTaken(name_of(element), element.get("id", ""), name, why))

    def _features(self) -> None:
        lists = child(self.root, "Features")
        nominals = by_id(children(child(lists, "FeatureNominals")))
        definitions = by_id(children(child(lists, "FeatureDefinitions")))
        items: dict[str, list[Element]] = {}
        for item in children(child(lists, "FeatureItems")):
            items.setdefault(content(item, "FeatureNominalId"), []).append(item)
        try:
            reader = FeatureReader(nominals, definitions, self.units)
        except OrderError as error:
            raise InputError(error.sentence, place="Features") from error
        used: set[str] = set()
        for id, nominal in nominals.items():
            name = _feature_name(nominal, items.get(id, []), used)
            if name_of(nominal) == "MarkingFeatureNominal":
                self.marks.add(id)  # the characteristic says what is to be read there
                continue
            if _is_part_of_another(nominal) or (id in reader.members and attribute(nominal, "id") is None):
                self.names[id] = name
                continue
            try:
                checked = [child(item, "DeterminationMode", "Set") is None for item in items.get(id, [])]
                if checked and not any(checked):
                    raise OrderError("it is set, not measured")
                reader.take(nominal, name, self.taken)
            except OrderError as error:
                self._leave(nominal, name, error.sentence)
            else:
                used.add(name)
                self.names[id] = name

    def _drawing(self) -> tuple[Drawing | None, bytes]:
        if not self.taken.drawn:
            return None, b""
        data = dxf_text({one.layer: one.outlines for one in self.taken.drawn}).encode()
        try:
            return read_drawing(data, partial=not self.wanted.whole), data
        except DrawingError as error:
            raise InputError(f"the curves of the plan: {error.sentence}", place="Features") from error

    def _resolved(self, drawing: Drawing | None) -> Features:
        """The features that an order accepts; each by itself, so that each is named that is not."""
        ids = {name: id for id, name in self.names.items()}
        nominals = by_id(children(child(self.root, "Features", "FeatureNominals")))
        good = []
        for feature in self.taken.features:
            try:
                resolve_features(_geometry([feature]), drawing)
                good.append(feature)
            except OrderError as error:
                id = ids[feature["id"]]
                self._leave(nominals[id], feature["id"], error.sentence)
                del self.names[id]
        self.taken.features = good
        features = resolve_features(_geometry(good), drawing)
        self.names = {id: name for id, name in self.names.items() if name in features.by_id}
        return features

    def _characteristics(self, features: Features, datums: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
        lists = child(self.root, "Characteristics")
        definitions = by_id(children(child(lists, "CharacteristicDefinitions")))
        nominals = by_id(children(child(lists, "CharacteristicNominals")))
        feature_items = by_id(children(child(self.root, "Features", "FeatureItems")))
        frames = datum_frames(self.root, datums)
        found: list[dict[str, Any]] = []
        used: set[str] = set()
        for number_, (item, nominal) in enumerate(_asked(lists, nominals)):
            name = _characteristic_name(item, nominal, used)
            try:
                if number_ >= MAX_CHARACTERISTICS:
                    raise OrderError(f"an order has at most {MAX_CHARACTERISTICS:,} characteristics")
                if nominal is None:
                    raise OrderError("its nominal is missing")
                definition = definitions.get(content(nominal, "CharacteristicDefinitionId"))
                if definition is None:
                    raise OrderError("its definition is missing")
                ids = _feature_ids(item, nominal, feature_items)
                asked = Asked(definition, nominal, self._of(ids), frames, self.units)
                document = {"id": name, **characteristic(asked)}
                _check(document, features, datums)
            except OrderError as error:
                self._leave(item, name, error.sentence)
                continue
            used.add(name)
            found.append(document)
        return found

    def _of(self, ids: list[str]) -> tuple[str, ...]:
        """The names of features in the order; a mark's own place is none of them."""
        missing = [id for id in ids if id not in self.names and id not in self.marks]
        if missing:
            raise OrderError(f"its feature (nominal {missing[0][:20]}) is not in the order")
        return tuple(self.names[id] for id in ids if id in self.names)

    def _document(
        self, asked: list[dict[str, Any]], datums: Mapping[str, tuple[str, ...]], drawn: bool
    ) -> dict[str, Any]:
        part = next(children(child(self.root, "Product", "PartSet"), "Part"), None)
        trace = child(self.root, "PreInspectionTraceability")
        material, expansion = attribute(part, "material"), attribute(part, "cte_ppm_per_k")
        described = {
            "serial": self.wanted.serial,
            "part_number": content(part, "ModelNumber") or (part.get("label", "").strip() if part is not None else ""),
            "revision": content(part, "Version"),
            "material": material,
            "cte_ppm_per_k": None if expansion is None else number(expansion),
        }
        geometry = {
            "drawing": self.wanted.drawing_name if drawn else None,
            "view": attribute(part, "geometry.view"),
            "edge": attribute(part, "geometry.edge"),
            "partial": not self.wanted.whole,
            "features": self.taken.features,
        }
        document = {
            "schema": "order/1",
            "order_id": self.wanted.order_id or content(trace, "OrderNumber") or f"QIF-{content(self.root, 'QPId')}",
            "customer_reference": content(trace, "PurchaseOrderNumber"),
            "operation": attribute(trace, "operation"),
            "part": _said(described),
            "geometry": _said(geometry),
            "datums": {letter: list(names) for letter, names in datums.items()},
            "characteristics": asked,
        }
        rule, probability = (attribute(self.root, f"decision.{key}") for key in ("rule", "conformance_probability"))
        if rule is not None and probability is not None:
            document["decision"] = {"rule": rule, "conformance_probability": number(probability)}
        return _said(document)

    def _notes(self, asked: list[dict[str, Any]]) -> tuple[str, ...]:
        loose = any(one["type"] in ("diameter", "radius", "width") and "modifier" not in one for one in asked)
        return (*([] if self.wanted.whole else [PARTIAL]), *([NO_MODIFIER] if loose else []))


def _geometry(features: list[dict[str, Any]]) -> GeometryDocument:
    try:
        return GeometryDocument.model_validate({"features": features})
    except ValidationError as error:
        raise _plain(error, {"features": features}) from None


def _check(document: dict[str, Any], features: Features, datums: Mapping[str, tuple[str, ...]]) -> None:
    """Whether an order accepts the characteristic. Raises: OrderError."""
    try:
        read = _CHARACTERISTIC.validate_python(document)
    except ValidationError as error:
        raise _plain(error, document) from None
    resolve_characteristic(read, "", features, datums)


def _plain(error: ValidationError, document: Any) -> OrderError:
    found = order_error(error, document)
    return OrderError(f"{found.place}: {found.sentence}" if found.place else found.sentence)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", {})}


def _asked(lists: Element | None, nominals: Mapping[str, Element]) -> Iterator[tuple[Element, Element | None]]:
    """Every characteristic item with its nominal, and nominals that no item is of."""
    left = dict(nominals)
    for item in children(child(lists, "CharacteristicItems")):
        id = content(item, "CharacteristicNominalId")
        left.pop(id, None)
        yield item, nominals.get(id)
    for nominal in left.values():
        yield nominal, nominal


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


def _feature_name(nominal: Element, items: list[Element], used: set[str]) -> str:
    named = [attribute(nominal, "id"), *(content(item, "FeatureName") for item in items), content(nominal, "Name")]
    return _distinct(named, nominal, used)


def _characteristic_name(item: Element, nominal: Element | None, used: set[str]) -> str:
    designators = [content(one, "CharacteristicDesignator", "Designator") for one in (item, nominal) if one is not None]
    return _distinct([attribute(item, "id"), *designators, content(item, "Name")], item, used)


def _distinct(names: list[str | None], element: Element, used: set[str]) -> str:
    """The first name there is; with the QIF id behind it where another has it already."""
    id = element.get("id", "")
    name = next((name for name in names if name), f"QIF {id}")
    return f"{name} #{id}" if name in used else name


def _is_part_of_another(nominal: Element) -> bool:
    """Side or end of a slot, or one of a contour's outlines, in our own exports."""
    return attribute(nominal, "part_of") is not None

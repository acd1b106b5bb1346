"""Reading an order: hostile bytes in, a complete and consistent `Order` out, or one sentence with the place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from station.documents import MAX_DOCUMENT_BYTES, parse_json, read_limited, sha256_hex
from station.errors import DrawingError, InputError, OrderError
from station.order.characteristics import resolve_characteristic
from station.order.document import GeometryDocument, OrderDocument, PartDocument
from station.order.drawing import Drawing, read_drawing
from station.order.faults import order_error
from station.order.features import Features, resolve_features
from station.order.limits import MAX_DRAWING_BYTES
from station.order.model import Characteristic, DecisionRule, Face, Geometry, Order, Part
from station.order.places import at
from station.order.silhouette import silhouette


def read_order(path: Path) -> Order:
    """The order in a file; its drawing is looked for beside it.

    Raises:
        OrderError: the document or something it refers to.
        DrawingError: the drawing.
    """
    try:
        data = read_limited(path)
    except InputError as error:
        raise OrderError(error.sentence, place=error.place) from error
    return parse_order(data, path.parent, str(path))


def still_says(path: Path, order: Order) -> bool:
    """Whether reading the file would give this very order again."""
    try:
        if read_limited(path) != order.document:
            return False
        name = _json(order.document, str(path))["geometry"].get("drawing")
        return _drawing_data(GeometryDocument.model_construct(drawing=name), path.parent, None) == order.drawing
    except (InputError, KeyError, ValueError):
        return False


def parse_order(data: bytes, folder: Path | None, place: str, *, drawing: bytes | None = None) -> Order:
    """The order in `data`. `drawing`, where given, is the drawing's content; else it is read from `folder`.

    `place` names the document where it cannot be read at all; every other error has its place within the document.

    Raises:
        OrderError: the document or something it refers to.
        DrawingError: the drawing.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise OrderError(f"the order is larger than the {MAX_DOCUMENT_BYTES:,} bytes allowed", place=place)
    document = read_document(data, place)
    drawing_data = _drawing_data(document.geometry, folder, drawing)
    drawn = _drawn(document.geometry, drawing_data)
    features = resolve_features(document.geometry, drawn)
    datums = _datums(document, features)
    return Order(
        order_id=document.order_id,
        part=_part(document.part),
        geometry=_geometry(document.geometry, features, drawn, drawing_data),
        datums=datums,
        characteristics=tuple(_characteristics(document, features, datums)),
        decision=_decision(document),
        customer_reference=document.customer_reference,
        operation=document.operation,
        sha256=sha256_hex(data),
        document=data,
        drawing=drawing_data,
    )


def read_document(data: bytes, place: str) -> OrderDocument:
    """The document alone: neither its drawing nor whether its geometry makes sense is looked at. Raises: OrderError."""
    raw = _json(data, place)
    try:
        return OrderDocument.model_validate(raw)
    except ValidationError as error:
        raise order_error(error, raw) from None


def _json(data: bytes, place: str) -> Any:
    try:
        raw = parse_json(data, place)
    except InputError as error:
        raise OrderError(error.sentence, place=error.place) from error
    except (ArithmeticError, ValueError, RecursionError) as error:
        raise OrderError("the document holds a number that is out of range", place=place) from error
    if not isinstance(raw, dict):
        raise OrderError("an order is a JSON object", place=place)
    if any("\ud800" <= letter <= "\udfff" for text in _texts(raw) for letter in text):
        raise OrderError("the document holds half a surrogate pair, which is not a character", place=place)
    return raw


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _drawing_data(geometry: GeometryDocument, folder: Path | None, given: bytes | None) -> bytes:
    place = "geometry.drawing"
    if geometry.drawing is None:
        return b""
    _refuse_path(geometry.drawing, place)
    if given is not None:
        if len(given) > MAX_DRAWING_BYTES:
            raise DrawingError(f"the drawing is larger than the {MAX_DRAWING_BYTES:,} bytes allowed", place=place)
        return given
    if folder is None:
        raise OrderError("this order came without its drawing", place=place)
    try:
        path = (folder / geometry.drawing).resolve()
        inside = path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise DrawingError("the drawing's path cannot be followed", place=place) from error
    if not inside:
        raise OrderError("the drawing lies outside the order's folder", place=place)
    try:
        return read_limited(path, MAX_DRAWING_BYTES)
    except InputError as error:
        raise DrawingError(f"{geometry.drawing!r}: {error.sentence}", place=place) from error


def _refuse_path(name: str, place: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or "\\" in name or ":" in name or ".." in path.parts:
        raise OrderError("the drawing must be a file in the order's folder, without '..', ':' or '\\'", place=place)


def _drawn(geometry: GeometryDocument, data: bytes) -> Drawing | None:
    if geometry.drawing is None:
        if geometry.layers is not None:
            raise OrderError("layers are those of a drawing, but the geometry names none", place="geometry.layers")
        return None
    with at("geometry.drawing"):
        return read_drawing(data, layers=geometry.layers, partial=geometry.partial)


def _geometry(document: GeometryDocument, features: Features, drawn: Drawing | None, data: bytes) -> Geometry:
    return Geometry(
        features=features.by_id,
        silhouette=silhouette(features, drawn, partial=document.partial),
        face=Face(document.view),
        partial=document.partial,
        drawing=document.drawing or "",
        drawing_sha256=sha256_hex(data) if document.drawing is not None else "",
        edge=document.edge,
        edges=features.edges,
    )


def _datums(document: OrderDocument, features: Features) -> dict[str, tuple[str, ...]]:
    found = {}
    for letter, names in document.datums.items():
        found[letter] = tuple(names) if isinstance(names, list) else (names,)
        for name in found[letter]:
            if name not in features.by_id:
                raise OrderError(f"there is no feature {name!r} in the geometry", place=f"datums.{letter}")
        if len(set(found[letter])) < len(found[letter]):
            raise OrderError("a feature is named twice", place=f"datums.{letter}")
    return found


def _characteristics(
    document: OrderDocument, features: Features, datums: dict[str, tuple[str, ...]]
) -> Iterator[Characteristic]:
    seen: set[str] = set()
    identity = ""
    for number, item in enumerate(document.characteristics):
        place = f"characteristics[{number}]"
        if item.id in seen:
            raise OrderError(f"the characteristic id {item.id!r} is used twice", place=f"{place}.id")
        seen.add(item.id)
        with at(place):
            found = resolve_characteristic(item, place, features, datums)
        if found.identity and identity:
            raise OrderError(f"the part is identified by {identity!r} already", place=f"{place}.identity")
        identity = found.id if found.identity else identity
        yield found


def _part(document: PartDocument) -> Part:
    cte = document.cte_ppm_per_k
    return Part(
        serial=document.serial,
        part_number=document.part_number,
        revision=document.revision,
        material=document.material,
        cte_ppm_per_k=None if cte is None else float(cte),
    )


def _decision(document: OrderDocument) -> DecisionRule:
    asked = document.decision
    if asked.consumer_risk is not None and asked.conformance_probability is not None:
        raise OrderError("give conformance_probability or consumer_risk, not both", place="decision.consumer_risk")
    if asked.consumer_risk is not None:
        return DecisionRule(asked.rule, float(1 - asked.consumer_risk))
    return DecisionRule(
        asked.rule, 0.95 if asked.conformance_probability is None else float(asked.conformance_probability)
    )

"""Elements of the submodel: those of the template, with its semantic ids, and our own beside them.

The template's are written as ``QualityInSpec``, ours likewise but with ids of the station's vocabulary, so a reader who
goes by semantic ids takes none for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from basyx.aas import model

from station.genealogy.exports.uris import VOCABULARY

TEMPLATE = "https://admin-shell.io/idta/QualityControlForMachining/"
Element = model.SubmodelElement
Collection = model.SubmodelElementCollection
_SUPPLEMENTS = {  # the template's further semantic ids
    "ToleranceNorm": "0173-1#02-AAO933#003",
    "NominalValue": "0112/2///61360_4#AAA235#001",
    "MeasuringRange": "0173-1#02-AAN807#002",
}


@lru_cache(maxsize=256)
def external(value: str) -> model.ExternalReference:
    """A reference to something outside of every shell."""
    return model.ExternalReference((model.Key(model.KeyTypes.GLOBAL_REFERENCE, value),))


def semantics(name: str) -> dict[str, Any]:
    """The template's semantic ids of its element `name`, as arguments of an element."""
    further = _SUPPLEMENTS.get(name)
    return {
        "semantic_id": external(f"{TEMPLATE}{name}/1/0"),
        "supplemental_semantic_id": () if further is None else (external(further),),
    }


def text(name: str, value: str | None) -> model.Property:
    """A text of the template."""
    return model.Property(name, str, None if value is None else printable(value), **semantics(name))


def number(name: str, value: float | None) -> model.Property:
    """A number of the template; without a value where there is none, as the template wants some all the same."""
    return model.Property(name, model.datatypes.Double, None if value is None else float(value), **semantics(name))


def flag(name: str, value: bool) -> model.Property:
    """A yes or no of the template."""
    return model.Property(name, model.datatypes.Boolean, value, **semantics(name))


def moment(name: str, value: str) -> model.Property:
    """A moment of the template, from the record's text."""
    return model.Property(name, model.datatypes.DateTime, datetime.fromisoformat(value), **semantics(name))


def reference(name: str, value: model.Reference) -> model.ReferenceElement:
    """A reference of the template."""
    return model.ReferenceElement(name, value, **semantics(name))


def collection(name: str, elements: Iterable[Element]) -> Collection:
    """A collection of the template."""
    return Collection(name, elements, **semantics(name))


def collections(name: str, item: str, items: Iterable[Iterable[Element]]) -> model.SubmodelElementList[Collection]:
    """A list of the template; its items have no `idShort` (AASd-120), whatever their characteristics are called."""
    return model.SubmodelElementList(
        name,
        Collection,
        [Collection(None, elements, **semantics(item)) for elements in items],
        semantic_id_list_element=external(f"{TEMPLATE}{item}/1/0"),  # else the library compares each with each
        **semantics(name),
    )


def texts(name: str, item: str, values: Iterable[str]) -> model.SubmodelElementList[model.Property]:
    """A list of texts of the template; it may be empty."""
    return model.SubmodelElementList(
        name,
        model.Property,
        [model.Property(None, str, printable(value), **semantics(item)) for value in values],
        value_type_list_element=str,
        **semantics(name),
    )


def own(values: Mapping[str, Any], *, whole: Iterable[str] = ()) -> list[Element]:
    """Our own elements, those without a value left out: `values` by the record's names (`guard_band`: `GuardBand`).

    Numbers are doubles but for those named in `whole`; mappings become collections, sequences of mappings lists.
    """
    filled = {name: value for name, value in values.items() if value not in (None, "", (), [], {})}
    return [_own(name, value, frozenset(whole)) for name, value in filled.items()]


def _own(name: str, value: Any, whole: frozenset[str]) -> Element:
    first, *others = name.split("_")
    label = "".join(word.capitalize() for word in (first, *others))
    meaning = external(VOCABULARY + label[0].lower() + label[1:])
    if isinstance(value, Mapping):
        return Collection(label, own(value, whole=whole), semantic_id=meaning)
    if isinstance(value, (list, tuple)):
        items = [Collection(None, own(one, whole=whole), semantic_id=meaning) for one in value]
        return model.SubmodelElementList(label, Collection, items, meaning, semantic_id=meaning)
    if isinstance(value, bool):
        return model.Property(label, model.datatypes.Boolean, value, semantic_id=meaning)
    if isinstance(value, str):
        return model.Property(label, str, printable(value), semantic_id=meaning)
    if name in whole:
        return model.Property(label, model.datatypes.Integer, int(value), semantic_id=meaning)
    return model.Property(label, model.datatypes.Double, float(value), semantic_id=meaning)


def printable(value: str) -> str:
    """`value` in the characters that a shell may hold (AASd-130): controls, such as the separators in a code, become
    their pictures (U+2400 …), what else is forbidden U+FFFD."""
    return "".join(_allowed(letter) for letter in value)


def _allowed(letter: str) -> str:
    if letter in "\t\n\r" or " " <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter > "\uffff":
        return letter
    return chr(0x2400 + ord(letter)) if letter < " " else "\ufffd"

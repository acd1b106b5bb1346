"""The order's datums in QIF: letters with their features, and a frame for each sequence that characteristics use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from station.genealogy.exports.qif import xml
from station.order.model import Order

# What cannot stand in an NMTOKEN, which a DatumLabel is (XML 1.0, fifth edition, production 4a).
_NOT_NAME = re.compile(
    "[^-.0-9:A-Z_a-z\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u200c-\u200d\u203f-\u2040\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff]"
)
_PRECEDENCE = ("PRIMARY", "SECONDARY", "TERTIARY")


def datum_definitions(document: xml.Element, ids: xml.Ids, order: Order) -> dict[str, str]:
    """A definition for every letter, and its id; the features are added by `datum_features`."""
    made = xml.add(document, "DatumDefinitions")
    found = {}
    for letter in order.datums:
        found[letter] = ids.new()
        definition = xml.add(made, "DatumDefinition", id=found[letter])
        xml.attributes(definition, {"id": letter})
        xml.add(definition, "DatumLabel", _NOT_NAME.sub("_", xml.text(letter)))
    xml.counted(made)
    return found


def datum_features(document: xml.Element, order: Order, nominals: Mapping[str, str]) -> None:
    """The features of the letters, whose ids are known only later in the document."""
    definitions = document.iterfind(f".//{{{xml.NAMESPACE}}}DatumDefinition")
    for definition, names in zip(definitions, order.datums.values(), strict=True):
        xml.references(definition, "FeatureNominalIds", [nominals[name] for name in names])


def datum_frames(
    document: xml.Element, ids: xml.Ids, order: Order, letters: Mapping[str, str]
) -> dict[tuple[str, ...], str]:
    """A reference frame for every sequence of datums that is used, and its id."""
    made = xml.add(document, "DatumReferenceFrames")
    found: dict[tuple[str, ...], str] = {}
    for characteristic in order.characteristics:
        if characteristic.datums and characteristic.datums not in found:
            found[characteristic.datums] = ids.new()
            frame = xml.add(made, "DatumReferenceFrame", id=found[characteristic.datums])
            _datums(xml.add(frame, "Datums"), characteristic.datums, letters)
    xml.counted(made)
    return found


def _datums(made: xml.Element, datums: tuple[str, ...], letters: Mapping[str, str]) -> None:
    for word, name in zip(_PRECEDENCE, datums, strict=False):
        datum = xml.add(made, "Datum")
        if name in letters:
            _simple(datum, letters[name])
        else:  # a common datum, `A-B`
            compound = xml.add(datum, "CompoundDatum")
            for number, letter in enumerate(name.split("-"), start=1):
                one = xml.add(compound, "Datum")
                _simple(one, letters[letter])
                xml.add(one, "SequenceNumber", number)
            xml.counted(compound)
        xml.add(xml.add(datum, "Precedence"), "PrecedenceEnum", word)
    xml.counted(made)


def _simple(parent: xml.Element, definition: str) -> None:
    made = xml.add(parent, "SimpleDatum")
    xml.add(made, "DatumDefinitionId", definition)
    xml.add(made, "MaterialModifier", "NONE")
    xml.add(made, "ReferencedComponent", "ACTUAL")

"""QIF 3.0 (ISO 23952): one inspection as a complete QIF document, results and the plan they belong to.

`make` is the format; lxml is imported when it is called. docs/exports/qif.md has the whole table. In short:

| ours | in QIF |
|---|---|
| part, order, serial | `Product/PartSet/Part`, `OrderNumber`, `ActualComponent/SerialNumber` |
| features (`features`) | circle, arc, line, slot, thread as they are; contour, gear: point-defined curves |
| characteristics (`kinds`) | QIF's own type where it has one, else `UserDefined…`; nothing is left out |
| value and standard uncertainty u | `Value` and its `combinedUncertainty` (GUM's combined standard uncertainty) |
| `PASS` `FAIL` `UNDECIDED` `ERROR` | of a characteristic `PASS` `FAIL` `INDETERMINATE` `NOT_ANALYZED`, |
| | of the part `PASS` `FAIL` `UNKNOWN` `NOT_MEASURED` |
| station, calibration | `MeasurementDevice` with its `Calibration` |
| pictures, order, drawing | `ExternalFileReferences` by their SHA-256 (RFC 6920 `ni:` names) |

QIF has no place for: the expanded uncertainty and its coverage factor, guard band, conformance probability, decision
rule, budget, deviation, points, exact verdict, findings, models, events, the link of the chain, teeth of gears, marks'
regions. These stand in the schema's own `Attributes`, each under `station.` and its key of `inspection/1` or `order/1`;
what is not a number or a text is JSON. A character that XML cannot carry is shown by its picture (U+2400 …); the exact
text stands beside it as JSON, under the same name with `.json`. The features as measured are not recorded, so there are
no `MeasuredFeatures`.
"""

from __future__ import annotations

from station.genealogy.dossier import Dossier

SUFFIX = ".qif"
MEDIA_TYPE = "application/xml"  # QIF registers none of its own


def make(dossier: Dossier) -> bytes:
    """The QIF document of one inspection: UTF-8, the same bytes for the same record."""
    from station.genealogy.exports.qif.document import document

    return document(dossier)

"""The whole QIF document, in the schema's sequence."""

from __future__ import annotations

from station.genealogy.dossier import Dossier
from station.genealogy.exports.qif import xml
from station.genealogy.exports.qif.characteristics import Places, characteristics
from station.genealogy.exports.qif.datums import datum_definitions, datum_features, datum_frames
from station.genealogy.exports.qif.features import FeatureWriter, thread_specifications
from station.genealogy.exports.qif.resources import (
    header,
    measuring_station,
    ordered,
    product,
    software,
    standards,
    units,
)
from station.genealogy.exports.qif.results import Found, results
from station.order.model import Order


def document(dossier: Dossier) -> bytes:
    """One inspection as a QIF document."""
    inspection, order, ids = dossier.inspection, dossier.order, xml.Ids()
    root = xml.root("QIFDocument", versionQIF="3.0.0", idMax="0")
    xml.add(root, "QPId", xml.qpid("document", inspection["id"]))
    xml.attributes(root, _asked(order))
    xml.add(xml.add(root, "Version"), "TimeCreated", dossier.entry.committed)
    header(root, simulated=inspection["station"]["simulated"])
    standard = standards(root, ids)
    program = software(root, ids, inspection)
    ordered(root, order, standard)
    units(root)
    letters = datum_definitions(root, ids, order)
    frames = datum_frames(root, ids, order, letters)
    device = measuring_station(root, ids, dossier)
    threads = thread_specifications(root, ids, order)
    product(root, ids, order)
    writer = FeatureWriter(root, ids, order)
    features = writer.write(threads)
    marks = {}
    for asked in order.characteristics:
        if isinstance(asked.region, tuple) and asked.expected:
            marks[asked.id] = writer.mark(f"mark of {asked.id}", asked.expected, asked.region)
    writer.close()
    datum_features(root, order, features.nominals)
    items = characteristics(root, ids, order, Places(features, frames, marks, device, standard))
    results(root, ids, dossier, Found(items, device, program))
    root.set("idMax", str(ids.last))
    return xml.written(root)


def _asked(order: Order) -> dict[str, str | float]:
    """The rule that the order asks for; the results say that of the verdicts."""
    return {
        "decision.rule": order.decision.rule,
        "decision.conformance_probability": order.decision.conformance_probability,
    }

"""EPCIS 2.0 events (GS1; ISO/IEC 19987) of one part, as JSON-LD; docs/exports/epcis.md says what goes where.

Every attempt at the part, and what happened to it besides, in the order of commits. The words are those of the Core
Business Vocabulary 2.0 (ISO/IEC 19988); what it has none for stands under `station:`. No clock: `creationDate` is
when the newest entry was recorded, so the same record gives the same bytes.
"""

from __future__ import annotations

import json

from station.genealogy.dossier import Dossier
from station.genealogy.exports.epcis.chronicle import events_of
from station.genealogy.exports.uris import VOCABULARY

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def make(dossier: Dossier) -> bytes:
    """The EPCISDocument of the dossier's part. Raises: IntegrityError: an entry is not what was committed."""
    events = events_of(dossier)
    document = {
        "@context": [CONTEXT, {"station": VOCABULARY}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": max(event["recordTime"] for event in events),
        "epcisBody": {"eventList": events},
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False).encode("utf-8") + b"\n"

"""A home with two parts of one order, everything that a bundle can hold, and ways to pack a bundle anew."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from station.documents import sha256_hex
from station.genealogy import parts
from station.genealogy.calibrations import accept
from station.genealogy.home import StationHome
from station.genealogy.inspection import Inspection
from station.genealogy.proof.archive import ArchiveWriter
from station.genealogy.proof.bundle import write_bundle
from station.genealogy.proof.checkpoints import SignedCheckpoint, Signer
from station.genealogy.proof.keys import signing_key
from station.genealogy.store import Genealogy

from ..builders import at, draft, evidence

ORDER, SERIAL = "MO-2026-000417", "RING-237-0001"
ORIGIN = "station.example/cell-3"


def fill(genealogy: Genealogy) -> Inspection:
    """Three attempts at one part with other parts in between, and what people did; the last attempt."""
    accept(genealogy, evidence().calibration or b"", at=at(0), by="ann")
    genealogy.add_event(
        parts.ORDER_RECEIVED,
        ORDER,
        {"by": "mes", "drawing_sha256": sha256_hex(b"drawing")},
        at=at(0),
        document=evidence().order,
        attached=[b"drawing"],
    )
    key = parts.PartKey(ORDER, SERIAL)
    parts.add_link(genealogy, key, parts.Material(lot="L-1"), by="ann", at=at(1))
    parts.add_link(genealogy, parts.PartKey(ORDER, "OTHER"), parts.Material(lot="L-2"), by="ann", at=at(1))
    for number in range(3):
        record = genealogy.commit(draft(), evidence(number), committed=at(2 + number))
        genealogy.add_overlay(record.id, b"overlay %d" % number, at=at(2 + number))
        genealogy.commit(draft(serial="OTHER"), evidence(10 + number), committed=at(2 + number))
    parts.dispose(genealogy, record.id, parts.Decision.USE_AS_IS, reason_code="R7", by="eva", at=at(9))
    genealogy.add_event("stopped", "cell-3", {"reason": "door"}, at=at(9))
    return record


def signer_of_home(home: StationHome) -> Signer:
    return Signer(signing_key(home.keys), ORIGIN)


def bundle_of(
    genealogy: Genealogy, inspection_id: str, seconds: float = 20, since: SignedCheckpoint | None = None
) -> bytes:
    stream = io.BytesIO()
    write_bundle(genealogy, inspection_id, signer_of_home(genealogy.home), stream, at=at(seconds), since=since)
    return stream.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """By a reader that is not ours."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes], path: Path) -> Path:
    """Packed as the station does, whatever is in it."""
    stream = io.BytesIO()
    archive = ArchiveWriter(stream)
    for name, data in files.items():
        archive.add(name, data)
    archive.close()
    path.write_bytes(stream.getvalue())
    return path

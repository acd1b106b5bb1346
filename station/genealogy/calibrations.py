"""Calibrations that this station accepted: dated, never changed; accepting an older one again is a rollback.

The bytes live in the record store (the event and the document in one transaction); a readable copy lies in the
home's `calibrations/` folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from station.genealogy.frames import ContentFolder
from station.genealogy.store import Genealogy

ACCEPTED = "calibration-accepted"


@dataclass(frozen=True, slots=True)
class AcceptedCalibration:
    """A calibration in force for one `camera`: who accepted its bytes, and when (UTC text)."""

    camera: str
    sha256: str
    accepted: str
    by: str
    remark: str


def accept(
    genealogy: Genealogy, data: bytes, *, at: datetime, by: str, camera: str = "main", remark: str = ""
) -> AcceptedCalibration:
    """Make the calibration document `data` the active one of `camera`.

    Whether it may be used at all (readable, untampered, not expired) is for the caller to check first.

    Raises:
        StorageError: nothing was recorded; the calibration before stays in force.
    """
    ContentFolder(genealogy.home.calibrations).keep(data, ".json")
    genealogy.add_event(ACCEPTED, camera, {"by": by, "remark": remark}, at=at, document=data)
    return history(genealogy, camera, limit=1)[0]


def active(genealogy: Genealogy, camera: str = "main") -> bytes | None:
    """The document in force for `camera`, checked against its hash; None when none was ever accepted.

    Raises:
        IntegrityError: it is not what was accepted.
    """
    latest = history(genealogy, camera, limit=1)
    return genealogy.document(latest[0].sha256) if latest else None


def history(genealogy: Genealogy, camera: str = "main", limit: int = 100) -> tuple[AcceptedCalibration, ...]:
    """What was accepted for `camera`, newest first."""
    return tuple(
        AcceptedCalibration(
            camera=event.subject,
            sha256=event.document_sha256 or "",
            accepted=event.at,
            by=event.payload["by"],
            remark=event.payload["remark"],
        )
        for event in genealogy.events(ACCEPTED, camera, limit)
    )

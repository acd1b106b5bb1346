"""Calibrations that this station accepted: dated, never changed. Accepting and rolling back are events in the record.

The bytes live in the record store (the event and the document in one transaction); a readable copy lies in the
home's `calibrations/` folder. Nothing is ever erased: what was in force when can be read from the events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from station.documents import sha256_hex
from station.errors import CalibrationError, InputError, IntegrityError
from station.genealogy.frames import ContentFolder
from station.genealogy.reading import RecordReader
from station.genealogy.store import Genealogy

ACCEPTED = "calibration-accepted"
ROLLED_BACK = "calibration-rolled-back"
IN_FORCE = (ACCEPTED, ROLLED_BACK)  # what puts a calibration in force
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class AcceptedCalibration:
    """A calibration put in force for one `camera`: who accepted its bytes or went back to them, and when (UTC text).

    `cursor` is the event's place in the chain; `payload` what else it says.
    """

    camera: str
    sha256: str
    accepted: str
    by: str
    remark: str
    rollback: bool = False
    cursor: int = 0
    payload: Mapping[str, Any] = field(default_factory=dict)


def accept(
    genealogy: Genealogy,
    data: bytes,
    *,
    at: datetime,
    by: str,
    camera: str = "main",
    remark: str = "",
    more: Mapping[str, Any] | None = None,
) -> AcceptedCalibration:
    """Make the calibration document `data` the active one of `camera`; `more` goes into the event as well.

    Whether it may be used at all (readable, untampered, not expired) is for the caller to check first.

    Raises:
        StorageError: nothing was recorded; the calibration before stays in force.
        IntegrityError: these very bytes were stored before and are not what they were.
    """
    check_stored(genealogy, data)
    ContentFolder(genealogy.home.calibrations).keep(data, ".json")
    genealogy.add_event(ACCEPTED, camera, {**(more or {}), "by": by, "remark": remark}, at=at, document=data)
    return history(genealogy, camera, limit=1)[0]


def roll_back(
    genealogy: Genealogy, to: AcceptedCalibration, *, at: datetime, by: str, reason: str
) -> AcceptedCalibration:
    """Put an earlier accepted calibration in force again: a new event, nothing erased.

    Raises:
        IntegrityError: its bytes are not what was accepted.
        StorageError: nothing was recorded.
    """
    data = stored(genealogy, to.sha256, to.camera)
    before = history(genealogy, to.camera, limit=1)
    payload = {"by": by, "remark": reason, "before": before[0].sha256 if before else None}
    genealogy.add_event(ROLLED_BACK, to.camera, payload, at=at, document=data)
    return history(genealogy, to.camera, limit=1)[0]


def active(genealogy: RecordReader, camera: str = "main") -> bytes | None:
    """The document in force for `camera`, checked against its hash; None when none was ever accepted.

    Raises:
        IntegrityError: it is not what was accepted.
    """
    latest = history(genealogy, camera, limit=1)
    return stored(genealogy, latest[0].sha256, camera) if latest else None


def stored(genealogy: RecordReader, sha256: str, camera: str) -> bytes:
    """The bytes that were accepted under a hash.

    Raises:
        IntegrityError: they are not what was accepted, or are gone.
    """
    try:
        return genealogy.document(sha256)
    except (IntegrityError, InputError) as error:
        raise IntegrityError(
            f"the accepted calibration of {camera} was changed in the record: its bytes do not have the hash they were "
            "accepted under; it is refused. Accept a new one, or go back with: station rollback",
            place=f"document {sha256}",
        ) from error


def history(genealogy: RecordReader, camera: str | None = "main", limit: int = 100) -> tuple[AcceptedCalibration, ...]:
    """What was put in force for `camera` (None: for any), newest first."""
    events = [event for kind in IN_FORCE for event in genealogy.events(kind, camera, min(limit, MOST_EVENTS))]
    events.sort(key=lambda event: -event.cursor)
    return tuple(
        AcceptedCalibration(
            camera=event.subject,
            sha256=event.document_sha256 or "",
            accepted=event.at,
            by=event.payload["by"],
            remark=event.payload["remark"],
            rollback=event.kind == ROLLED_BACK,
            cursor=event.cursor,
            payload=event.payload,
        )
        for event in events[:limit]
    )


def previous(entries: tuple[AcceptedCalibration, ...]) -> AcceptedCalibration:
    """What to go back to: accepted last before the one in force was; `entries` as of `history`, of one camera.

    Going back again goes further back, never forth.

    Raises:
        CalibrationError: there is nothing before.
    """
    if not entries:
        raise CalibrationError("no calibration was ever accepted for this camera: there is nothing to go back to")
    in_force = entries[0].sha256
    accepted = [entry for entry in entries if not entry.rollback]
    since = next((n for n, entry in enumerate(accepted) if entry.sha256 == in_force), len(accepted))
    for entry in accepted[since + 1 :]:
        if entry.sha256 != in_force:
            return entry
    raise CalibrationError("no other calibration was accepted before the one in force: there is nothing to go back to")


def check_stored(genealogy: RecordReader, data: bytes) -> None:
    """Refuse bytes that were accepted before and changed in the record since. Raises: IntegrityError."""
    try:
        genealogy.document(sha256_hex(data))
    except InputError:
        return  # new to this station
    except IntegrityError as error:
        raise IntegrityError(
            "these very bytes were accepted before and were changed in the record since: it cannot be trusted under "
            "this hash any more. Make the calibration again",
            place=error.place,
        ) from error

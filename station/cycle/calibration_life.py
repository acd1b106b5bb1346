"""The life of a calibration at this station: proposed, accepted, in force, superseded, expired, rolled back to.

The clock comes in as an argument; what happened stands in the record as events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from station.documents import parse_json, read_limited
from station.errors import CalibrationError, InputError, IntegrityError
from station.genealogy.calibrations import (
    MOST_EVENTS,
    AcceptedCalibration,
    accept,
    active,
    check_stored,
    history,
    previous,
    roll_back,
    stored,
)
from station.genealogy.reading import RecordReader
from station.genealogy.shift_checks import CheckState, check_status
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration, calibration_from
from station.metrology.calibration_change import CalibrationChange, compare, doubts_of


class Standing(StrEnum):
    """Of a calibration that was accepted once."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    TAMPERED = "tampered"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A calibration that somebody wants to put in force: what it is, what it would replace, what is odd about it."""

    calibration: Calibration
    data: bytes
    camera: str
    before: Calibration | None
    change: CalibrationChange | None
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lived:
    """One acceptance or rollback, and how the calibration stands now; None where it cannot be read any more."""

    event: AcceptedCalibration
    calibration: Calibration | None
    standing: Standing
    in_force: bool


def load_calibration(path: Path) -> tuple[Calibration, bytes]:
    """A calibration file with its exact bytes.

    Raises:
        CalibrationError: not a calibration, or tampered with.
    """
    try:
        data = read_limited(path)
        return calibration_from(parse_json(data, str(path)), str(path)), data
    except CalibrationError:
        raise
    except InputError as error:
        raise CalibrationError(error.sentence, place=error.place) from error


def active_calibration(
    genealogy: RecordReader, camera: str, read: dict[bytes, Calibration] | None = None
) -> tuple[Calibration, bytes] | None:
    """The calibration in force for a camera, if there is one.

    Whoever asks again and again gives `read`: the same bytes are the same calibration.

    Raises:
        IntegrityError: its bytes are not what was accepted.
    """
    data = active(genealogy, camera)
    if data is None:
        return None
    if read is not None and data in read:
        return read[data], data
    place = f"accepted calibration of {camera}"
    calibration = calibration_from(parse_json(data, place), place)
    if read is not None:
        read.clear()  # one is in force
        read[data] = calibration
    return calibration, data


def propose(genealogy: RecordReader | None, path: Path, *, camera: str, now: datetime) -> Proposal:
    """Compare the calibration of a file with the one in force; `genealogy` is None where there is no record yet.

    Raises:
        CalibrationError: it is no calibration, was tampered with or is expired.
        IntegrityError: its bytes were accepted before and changed in the record since.
    """
    calibration, data = load_calibration(path)
    if not calibration.valid_at(now):
        raise CalibrationError(f"this calibration expired on {calibration.valid_until:%Y-%m-%d}", place=str(path))
    before, doubts = None, doubts_of(calibration, now)
    if genealogy is not None:
        check_stored(genealogy, data)
        try:
            found = active_calibration(genealogy, camera)
        except (IntegrityError, CalibrationError) as error:
            return Proposal(calibration, data, camera, None, None, (*doubts, error.sentence))
        before = found[0] if found is not None else None
        if found is not None and found[1] == data and check_status(genealogy, camera, now).state is CheckState.FAILED:
            doubts = (*doubts, "the last shift check failed with this very calibration")
    if before is None:
        return Proposal(calibration, data, camera, None, None, doubts)
    change = compare(before, calibration, now)
    return Proposal(calibration, data, camera, before, change, tuple(dict.fromkeys((*change.doubts, *doubts))))


def accept_proposal(genealogy: Genealogy, proposal: Proposal, *, by: str, remark: str, now: datetime) -> None:
    """Put it in force; the event says what it replaced, by how much it differs, and which doubts were set aside.

    Raises:
        StorageError: nothing was recorded; the calibration before stays in force.
    """
    change = proposal.change
    more: dict[str, object] = {"calibration": proposal.calibration.id, "doubts": list(proposal.doubts)}
    if proposal.before is not None and change is not None:
        more["before"] = {"id": proposal.before.id, "sha256": proposal.before.sha256}
        more["change"] = {
            "scale_ppm": change.scale_ppm,
            "edge_px": change.edge_px,
            "edges": [{"kind": edge.kind, "edge_px": edge.change_px} for edge in change.edges],
        }
    accept(genealogy, proposal.data, at=now, by=by, camera=proposal.camera, remark=remark, more=more)


def go_back(
    genealogy: Genealogy, wanted: str | None, *, camera: str, by: str, reason: str, now: datetime
) -> Calibration:
    """Put an earlier accepted calibration in force again: that of the id (or hash) `wanted`, else the previous one.

    Raises:
        CalibrationError: there is none such, it is in force already, or expired.
        IntegrityError: its bytes are not what was accepted.
    """
    entries = history(genealogy, camera, MOST_EVENTS)
    to = previous(entries) if wanted is None else _wanted(genealogy, entries, wanted, camera)
    calibration = _read(genealogy, to)
    if not calibration.valid_at(now):
        raise CalibrationError(
            f"the calibration {calibration.id} expired on {calibration.valid_until:%Y-%m-%d %H:%M %Z}: calibrate "
            "again, or name an older one that is still valid",
            place=f"camera {camera}",
        )
    if entries[0].sha256 == to.sha256:
        raise CalibrationError(f"the calibration {calibration.id} is in force already", place=f"camera {camera}")
    roll_back(genealogy, to, at=now, by=by, reason=reason)
    return calibration


def lives(genealogy: RecordReader, camera: str | None, now: datetime) -> tuple[Lived, ...]:
    """Everything that was accepted or rolled back to, newest first, of one camera or of all (None)."""
    found, seen = [], set()
    for event in history(genealogy, camera, MOST_EVENTS):
        in_force = event.camera not in seen
        seen.add(event.camera)
        try:
            calibration = _read(genealogy, event)
        except (IntegrityError, InputError):
            found.append(Lived(event, None, Standing.TAMPERED, in_force))
            continue
        standing = Standing.ACTIVE if in_force else Standing.SUPERSEDED
        if not calibration.valid_at(now):
            standing = Standing.EXPIRED
        found.append(Lived(event, calibration, standing, in_force))
    return tuple(found)


def _wanted(
    genealogy: RecordReader, entries: tuple[AcceptedCalibration, ...], wanted: str, camera: str
) -> AcceptedCalibration:
    """The entry of that hash (or its beginning) or of that id; a tampered one cannot be asked for its id."""
    matches: dict[str, AcceptedCalibration] = {}
    for entry in entries:
        name = str(entry.payload.get("calibration", ""))
        if not name:
            try:
                name = _read(genealogy, entry).id
            except (IntegrityError, InputError):
                name = ""
        if wanted == name or (len(wanted) >= 8 and entry.sha256.startswith(wanted)):
            matches.setdefault(entry.sha256, entry)
    if not matches:
        raise CalibrationError(
            f"no calibration {wanted[:80]!r} was ever accepted for this camera", place=f"camera {camera}"
        )
    if len(matches) > 1:
        raise CalibrationError(
            f"{len(matches)} accepted calibrations are called {wanted[:80]!r}: name one by its hash ("
            f"{', '.join(digest[:12] for digest in matches)})",
            place=f"camera {camera}",
        )
    return next(iter(matches.values()))


def _read(genealogy: RecordReader, entry: AcceptedCalibration) -> Calibration:
    place = f"accepted calibration of {entry.camera}"
    return calibration_from(parse_json(stored(genealogy, entry.sha256, entry.camera), place), place)

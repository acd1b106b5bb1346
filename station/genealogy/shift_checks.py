"""Shift checks in the record: a good master passed and a known-bad one failed for the right reason, or not.

Each is one event, `shift-check`, about a camera, with all figures. It counts for the calibration it was made with and
for a time; accepting or rolling back a calibration makes it count no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from station.genealogy.calibrations import MOST_EVENTS, history
from station.genealogy.entries import SHIFT_CHECK
from station.genealogy.frames import ContentFolder
from station.genealogy.reading import RecordReader
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text


class CheckState(StrEnum):
    """Whether the station is known to measure right."""

    PASSED = "passed"
    FAILED = "failed"
    EXPIRED = "expired"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CheckStatus:
    """The newest shift check that counts for the calibration in force; texts are empty when there is none."""

    state: CheckState
    at: str = ""
    valid_until: str = ""
    by: str = ""
    reason: str = ""

    @property
    def sentence(self) -> str:
        """For people."""
        how = "Check the station with its masters: scripts/verify_masters.py."
        match self.state:
            case CheckState.PASSED:
                return f"The shift check of {self.at[:16]}Z passed and counts until {self.valid_until[:16]}Z."
            case CheckState.FAILED:
                return (
                    f"The shift check of {self.at[:16]}Z failed: {self.reason} Find the cause, then check again "
                    "(scripts/verify_masters.py) or calibrate and accept."
                )
            case CheckState.EXPIRED:
                return f"The last shift check counted until {self.valid_until[:16]}Z. {how}"
            case CheckState.MISSING:
                return f"There is no shift check since the calibration was put in force. {how}"


@dataclass(frozen=True, slots=True)
class CheckValue:
    """One value of one master of one shift check, for charts of stability; `certified` and `e_n` where certified."""

    at: str
    camera: str
    master: str
    characteristic: str
    value: float
    expanded_uncertainty: float
    unit: str
    certified: float | None
    e_n: float | None


def record_check(
    genealogy: Genealogy,
    camera: str,
    payload: Mapping[str, Any],
    pictures: Sequence[tuple[bytes, str]],
    *,
    at: datetime,
) -> str:
    """Keep the masters' pictures (bytes, suffix) and append the check's event; its id.

    Raises:
        StorageError: nothing was recorded.
    """
    folder = ContentFolder(genealogy.home.frames)
    for data, suffix in pictures:
        folder.keep(data, suffix)
    event = genealogy.add_event(SHIFT_CHECK, camera, payload, at=at)
    for data, suffix in pictures:  # again what retention removed before it knew of this check
        folder.keep(data, suffix)
    return event.id


def check_status(genealogy: RecordReader, camera: str, now: datetime) -> CheckStatus:
    """What the newest check says of `camera` at the moment `now`."""
    newest = genealogy.events(SHIFT_CHECK, camera, 1)
    in_force = history(genealogy, camera, limit=1)
    if not newest or not in_force or newest[0].cursor < in_force[0].cursor:
        return CheckStatus(CheckState.MISSING)
    event, payload = newest[0], newest[0].payload
    state = CheckState.PASSED if payload["passed"] else CheckState.FAILED
    if state is CheckState.PASSED and utc_text(now) > payload["valid_until"]:
        state = CheckState.EXPIRED
    return CheckStatus(state, event.at, payload["valid_until"], payload["by"], payload["reason"])


def check_values(genealogy: RecordReader, camera: str, limit: int = MOST_EVENTS) -> tuple[CheckValue, ...]:
    """All values of the newest `limit` shift checks of `camera`, oldest first."""
    return tuple(
        CheckValue(
            event.at,
            event.subject,
            master["master"],
            row["id"],
            row["value"],
            row["expanded_uncertainty"],
            row["unit"],
            row["certified"],
            row["e_n"],
        )
        for event in reversed(genealogy.events(SHIFT_CHECK, camera, limit))
        for master in event.payload["masters"]
        for row in master["characteristics"]
        if row["value"] is not None
    )

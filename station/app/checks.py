"""The shift check: tried with any calibration, or recorded with the one in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from station.app import here
from station.app.here import open_record, station_record
from station.cycle.calibration_life import active_calibration, load_calibration
from station.cycle.inspect import Instrument
from station.cycle.shift_check import MOST_VALID, CheckedMaster, check_masters, check_payload
from station.errors import CalibrationError, InputError
from station.genealogy.home import default_home
from station.genealogy.shift_checks import record_check
from station.genealogy.values import utc_text


def try_check(
    masters: Sequence[CheckedMaster], calibration: Path, temperature_c: float | None, *, by: str
) -> dict[str, Any]:
    """A shift check with a calibration that need not be accepted; nothing is recorded. Raises: InputError."""
    instrument = Instrument(*load_calibration(calibration), station_record("files", simulated=False))
    moment = here.now()
    result = check_masters(masters, instrument, temperature_c=temperature_c, now=moment)
    return check_payload(result, instrument, by=by, now=moment, valid_for=timedelta(0))


def check_and_record(
    masters: Sequence[CheckedMaster], camera: str, temperature_c: float | None, *, by: str, valid_for: timedelta
) -> dict[str, Any]:
    """A shift check with the calibration in force; the result is committed, and a failed one locks.

    Raises:
        InputError: nothing was recorded.
        RecordError: nothing could be recorded.
    """
    if not timedelta(0) < valid_for <= MOST_VALID:
        raise InputError(f"a check counts for more than 0 and at most {MOST_VALID.days} days", place="--valid-hours")
    if not default_home().database.exists():
        raise CalibrationError("no calibration was ever accepted at this station: there is nothing to check")
    with open_record() as genealogy:
        found = active_calibration(genealogy, camera)
        if found is None:
            raise CalibrationError(f"no calibration is in force for the camera {camera}: there is nothing to check")
        instrument = Instrument(*found, station_record("files", simulated=False))
        moment = here.now()
        result = check_masters(masters, instrument, temperature_c=temperature_c, now=moment)
        payload = check_payload(result, instrument, by=by, now=moment, valid_for=valid_for)
        pictures = [(one.picture.data, one.picture.suffix) for one in masters]
        identifier = record_check(genealogy, camera, payload, pictures, at=moment)
    return {"id": identifier, "camera": camera, "at": utc_text(moment), **payload}

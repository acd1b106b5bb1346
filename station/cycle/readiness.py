"""May the station measure the next part, and with which calibration? Asked before every part.

What locks: no calibration in force, a tampered or an expired one, a failed shift check, a disk that is nearly full;
where the rig asks for it, a missing or expired shift check too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from station.cycle.calibration_life import active_calibration
from station.cycle.examine import no_models
from station.cycle.inspect import Clock, Instrument
from station.cycle.marks.look import Models
from station.devices.shift_check import ShiftCheck
from station.errors import StationError
from station.genealogy.disk import DiskBudget, disk_state
from station.genealogy.inspection import StationRecord
from station.genealogy.reading import RecordReader
from station.genealogy.shift_checks import CheckState, check_status
from station.metrology.calibration import Calibration


@dataclass(frozen=True, slots=True)
class Readiness:
    """`locked` says why nothing may be measured and what to do, `warning` what will lock soon; empty where nothing."""

    instrument: Instrument
    locked: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at the record of one camera: a calibration accepted or a check made meanwhile counts at once."""

    genealogy: RecordReader
    camera: str
    station: StationRecord
    clock: Clock
    shift_check: ShiftCheck = ShiftCheck.WARN
    disk: DiskBudget = field(default_factory=DiskBudget)
    models: Models = no_models
    _read: dict[bytes, Calibration] = field(default_factory=dict)

    def __call__(self) -> Readiness:
        """Whether the station may measure now. Raises nothing: what cannot be read locks."""
        nothing, now = Instrument(None, None, self.station, self.models), self.clock()
        try:
            found = active_calibration(self.genealogy, self.camera, self._read)
            status = check_status(self.genealogy, self.camera, now)
            room = disk_state(self.genealogy.home.path, self.disk)
        except StationError as error:  # a record that cannot be read now may be readable at the next look
            return Readiness(nothing, f"The station is locked: {error.sentence}.")
        if found is None:
            return Readiness(
                nothing,
                "The station is locked: no calibration is in force. Calibrate (scripts/calibrate_masters.py) and "
                f'accept it: station accept FILE --camera "{self.camera}".',
            )
        calibration, data = found
        instrument = Instrument(calibration, data, self.station, self.models)
        if not calibration.valid_at(now):
            return Readiness(
                instrument,
                f"The station is locked: the calibration {calibration.id} expired on "
                f"{calibration.valid_until:%Y-%m-%d %H:%M:%S %Z}. Calibrate again and accept it.",
            )
        if room.locked:
            return Readiness(instrument, f"The station is locked: {room.locked}")
        warnings = [calibration.expiry_warning(now), room.warning]
        missing = status.state in (CheckState.MISSING, CheckState.EXPIRED)
        if status.state is CheckState.FAILED or (missing and self.shift_check is ShiftCheck.REQUIRED):
            return Readiness(instrument, f"The station is locked. {status.sentence}")
        if missing and self.shift_check is ShiftCheck.WARN:
            warnings.append(status.sentence)
        return Readiness(instrument, warning=" ".join(filter(None, warnings)))

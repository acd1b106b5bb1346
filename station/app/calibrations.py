"""The calibrations of this station: proposed, accepted, rolled back to, listed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from station.app import here
from station.app.here import open_record
from station.cycle.calibration_life import Lived, Proposal, accept_proposal, go_back, lives, propose
from station.errors import CalibrationError, InputError
from station.genealogy.home import default_home
from station.genealogy.shift_checks import CheckStatus, check_status
from station.metrology.calibration import Calibration


def propose_calibration(path: Path, *, camera: str) -> Proposal:
    """What accepting a calibration would change.

    Raises:
        CalibrationError: it is tampered with or expired.
    """
    if not default_home().database.exists():
        return propose(None, path, camera=camera, now=here.now())
    with open_record(read_only=True) as genealogy:
        return propose(genealogy, path, camera=camera, now=here.now())


def accept_calibration(proposal: Proposal, *, by: str, remark: str) -> None:
    """Make a calibration the active one of its camera."""
    with open_record() as genealogy:
        accept_proposal(genealogy, proposal, by=by, remark=remark, now=here.now())


def roll_back_calibration(wanted: str | None, *, camera: str, by: str, reason: str) -> Calibration:
    """Put an earlier accepted calibration in force again.

    Raises:
        CalibrationError: there is none such, or it is expired.
    """
    if not default_home().database.exists():
        raise CalibrationError("no calibration was ever accepted at this station: there is nothing to go back to")
    with open_record() as genealogy:
        return go_back(genealogy, wanted, camera=camera, by=by, reason=reason, now=here.now())


def calibration_history(camera: str | None) -> tuple[tuple[Lived, ...], dict[str, CheckStatus]]:
    """Every acceptance and rollback, newest first, and the shift check of each camera."""
    if not default_home().database.exists():
        return (), {}
    with open_record(read_only=True) as genealogy:
        found = lives(genealogy, camera, here.now())
        cameras = dict.fromkeys(one.event.camera for one in found)
        return found, {name: check_status(genealogy, name, here.now()) for name in cameras}


def valid_for_days(days: float) -> timedelta:
    """How long a calibration is to be valid. Raises: InputError when that is no sensible number of days."""
    if not 0.0 < days <= 3650.0:
        raise InputError(f"{days:g} days is no time to be valid for (more than 0, at most 3650)", place="--valid-days")
    return timedelta(days=days)

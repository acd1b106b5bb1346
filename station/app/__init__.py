"""Composition root: the only place that wires everything together. Commands and scripts take what they need here."""

from __future__ import annotations

from station.app.calibrations import (
    accept_calibration,
    calibration_history,
    propose_calibration,
    roll_back_calibration,
    valid_for_days,
)
from station.app.checks import check_and_record, try_check
from station.app.files import check_writable, write_json
from station.app.here import MAIN_CAMERA, now, open_record, operator_name, station_record
from station.app.inspecting import inspect_files, plan_order
from station.app.twin_cell import DEFAULT_RIG, run_twin, serials_of
from station.cycle.calibration_life import load_calibration

__all__ = [
    "DEFAULT_RIG",
    "MAIN_CAMERA",
    "accept_calibration",
    "calibration_history",
    "check_and_record",
    "check_writable",
    "inspect_files",
    "load_calibration",
    "now",
    "open_record",
    "operator_name",
    "plan_order",
    "propose_calibration",
    "roll_back_calibration",
    "run_twin",
    "serials_of",
    "station_record",
    "try_check",
    "valid_for_days",
    "write_json",
]

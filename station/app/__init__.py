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
from station.app.device_cell import check_devices, find_devices, run_rig
from station.app.files import check_writable, write_json
from station.app.here import MAIN_CAMERA, database_url, has_record, now, open_record, operator_name, station_record
from station.app.inspecting import inspect_files, plan_order
from station.app.models import model_threads, open_model, own_models, station_models
from station.app.replayed import NotReplayed
from station.app.replaying import (
    EVERYTHING,
    check_stored_budget,
    inspections_of,
    recheck,
    stored_characteristic,
)
from station.app.running import Running
from station.app.services import Services, read_services
from station.app.twin_cell import DEFAULT_RIG, run_twin
from station.app.warming import compiling_told
from station.cycle.calibration_life import load_calibration

__all__ = [
    "DEFAULT_RIG",
    "EVERYTHING",
    "MAIN_CAMERA",
    "NotReplayed",
    "Running",
    "Services",
    "accept_calibration",
    "calibration_history",
    "check_and_record",
    "check_devices",
    "check_stored_budget",
    "check_writable",
    "compiling_told",
    "database_url",
    "find_devices",
    "has_record",
    "inspect_files",
    "inspections_of",
    "load_calibration",
    "model_threads",
    "now",
    "open_model",
    "open_record",
    "operator_name",
    "own_models",
    "plan_order",
    "propose_calibration",
    "read_services",
    "recheck",
    "roll_back_calibration",
    "run_rig",
    "run_twin",
    "station_models",
    "station_record",
    "stored_characteristic",
    "try_check",
    "valid_for_days",
    "write_json",
]

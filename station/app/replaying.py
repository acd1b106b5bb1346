"""Stored inspections again: the budget of one characteristic checked, many measured with another calibration."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from station.app.cluster import recheck_on_cluster
from station.app.here import has_record, open_record
from station.app.models import process_models
from station.app.replayed import NotReplayed, not_replayed
from station.cycle.calibration_life import load_calibration
from station.cycle.drawn_budget import check_drawn
from station.cycle.replay import Replayed, read_stored, replay
from station.errors import InputError, StationError
from station.genealogy.home import default_home
from station.genealogy.pages import MAX_LIMIT
from station.metrology.budget_check import BudgetCheck
from station.metrology.calibration import Calibration

EVERYTHING = "all"


def stored_characteristic(inspection: str, characteristic: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The document of an inspection, and its row of one characteristic.

    Raises:
        InputError: there is no such inspection or characteristic.
    """
    with open_record(read_only=True) as genealogy:
        document = genealogy.inspection(inspection)
    row = next((c for c in document["characteristics"] if c["id"] == characteristic), None)
    if row is None:
        known = ", ".join(str(c["id"]) for c in document["characteristics"]) or "none"
        raise InputError(f"this inspection has no characteristic {characteristic!r}; it has {known}", place=inspection)
    return document, row


def check_stored_budget(
    inspection: str, characteristic: str, most_trials: int | None, progress: Callable[[int, int], None]
) -> tuple[Replayed, BudgetCheck]:
    """An inspection measured again, and the budget of one of its characteristics against Monte Carlo.

    Raises:
        InputError: it cannot be measured again, or there is nothing to draw.
        IntegrityError: what is stored is not what was committed.
    """
    with open_record(read_only=True) as genealogy:
        stored = read_stored(genealogy, inspection)
    replayed, examination = replay(stored, models=process_models())
    result, features = examination.answer(characteristic)
    return replayed, check_drawn(stored.order, result, features, most_trials=most_trials, progress=progress)


def inspections_of(names: Sequence[str]) -> list[str]:
    """The ids asked for, or those of the whole record for `all`, in the order of commit.

    Raises:
        InputError: there is no record, or no such inspection.
    """
    if not has_record():
        raise InputError("there is no record here (no station.db)", place=str(default_home().path))
    with open_record(read_only=True) as genealogy:
        if EVERYTHING not in names:
            return [genealogy.entry(name).id for name in dict.fromkeys(names)]
        found: list[str] = []
        after = 0
        while (page := genealogy.records(after, MAX_LIMIT)).records:
            found += [record.id for record in page.records]
            after = page.next
        return found


def recheck(
    inspections: Sequence[str], calibration: Path | None, processes: int, cluster: str = ""
) -> Iterator[Replayed | NotReplayed]:
    """Every inspection measured again, one after the other as they are asked for; nothing is recorded. By so many
    `processes` of this machine, or on the Dask cluster whose scheduler has the address `cluster`.

    Raises:
        CalibrationError: the calibration's file.
        InputError: the cluster does not answer, or cannot do it.
    """
    other = None if calibration is None else load_calibration(calibration)[0]
    if cluster:
        yield from recheck_on_cluster(inspections, other, cluster)
        return
    once = partial(_recheck_one, calibration=other)
    workers = min(processes or os.cpu_count() or 1, len(inspections))
    if workers <= 1:
        yield from map(once, inspections)
        return
    # Forking a process that has threads (OpenCV, numba) may hang.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(once, inspections)


def _recheck_one(inspection: str, calibration: Calibration | None) -> Replayed | NotReplayed:
    try:
        with open_record(read_only=True) as genealogy:
            return replay(read_stored(genealogy, inspection), calibration, process_models())[0]
    except StationError as error:
        return not_replayed(inspection, error)

"""Live studies of the instrument: wires a rig, the record's calibration and a table of readings together.

The composition root of `scripts/gauge_study.py --live`. The rig is the twin until others are wired in `station.app`; of
a rig it needs the devices' protocols and somebody who places parts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from station.app import DEFAULT_RIG, now, open_record, operator_name
from station.app.twin_cell import twin_instrument
from station.cycle.inspect import Instrument
from station.cycle.repeat import Answer, measure_again
from station.documents import sha256_hex
from station.errors import InputError
from station.live_pieces import LiveRequest, Piece, pieces_of, width_of
from station.reports.live.steps import Step, occasion_steps, study_steps
from station.reports.live.table import LiveTable, unfinished_occasion
from station.reports.live.take import Hands, take_readings
from station.twin.rig import TwinRig
from station.twin.rig_file import TwinFacts, read_twin


@dataclass(frozen=True, slots=True)
class Attendant:
    """How the study speaks with people: `ask` waits until somebody has done what the sentence asks for (None: nobody is
    there, the twin places parts by itself), `say` tells, `shown` hears of progress."""

    ask: Callable[[str], None] | None
    say: Callable[[str], None]
    shown: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What the study needs beside the table: the limits that the order gives, the unit, and how the readings were
    taken, as name and text."""

    taken: int
    lower: float | None
    upper: float | None
    tolerance: float | None
    unit: str
    rig: str
    taken_as: tuple[tuple[str, str], ...]


def take_live(request: LiveRequest, people: Attendant) -> LiveResult:
    """Take the readings that the table still lacks. Nothing is recorded as an inspection.

    Raises:
        InputError: the orders, the characteristic, the rig's file or the table.
        DeviceError: the station could not measure.
    """
    rig_file = request.rig or DEFAULT_RIG
    facts = read_twin(rig_file)
    instrument = _instrument(rig_file, facts, people.say)
    pieces = pieces_of(request, instrument, now())
    first = pieces[0].subject
    table = LiveTable(request.table, _subjects(facts.name, pieces))
    already = table.open()
    _same_calibration(request, {t.calibration for t in already}, instrument)
    steps = _steps(request, pieces, unfinished_occasion(already, request.trials), tuple(t.step for t in already))
    # The twin's chance follows from its seed: a continued study must not meet the same chance again.
    rig = TwinRig(replace(facts, seed=facts.seed + 7919 * len(already)))
    calibration = "" if instrument.calibration is None else instrument.calibration.id
    taken = take_readings(
        table,
        steps,
        {p.name: p.reference for p in pieces},
        calibration,
        _hands(rig, pieces, facts, people, len(steps)),
        now,
        people.shown,
    )
    widths = [w for p in pieces if (w := width_of(p.subject)) is not None]
    alone = len({p.subject.order.order_id for p in pieces}) == 1
    return LiveResult(
        taken,
        first.item.lower if alone else None,
        first.item.upper if alone else None,
        min(widths, default=None),
        {"1": ""}.get(first.item.characteristic.unit, first.item.characteristic.unit),
        rig.name,
        _taken_as(request, rig, pieces, calibration),
    )


def _taken_as(request: LiveRequest, rig: TwinRig, pieces: list[Piece], calibration: str) -> tuple[tuple[str, str], ...]:
    c = pieces[0].subject.item.characteristic
    orders = ", ".join(dict.fromkeys(p.subject.order.order_id for p in pieces))
    placed = "once per part and operator" if request.once else "before each reading"
    return (
        ("rig", f"{rig.name} (simulated)" if rig.simulated else rig.name),
        ("orders", orders),
        ("characteristic", f"{c.id} ({c.type})"),
        ("calibration", calibration),
        ("placed_anew", placed),
    )


def _instrument(rig_file: Path, facts: TwinFacts, say: Callable[[str], None]) -> Instrument:
    """The calibration in force; a twin that has none makes its own, as `station run` does."""
    with tempfile.TemporaryDirectory(prefix="station-") as scratch, open_record() as genealogy:
        return twin_instrument(rig_file, facts, Path(scratch), genealogy, say)


def _subjects(rig: str, pieces: list[Piece]) -> tuple[str, ...]:
    orders = dict.fromkeys((p.subject.order.order_id, sha256_hex(p.subject.order.document)) for p in pieces)
    c = pieces[0].subject.item.characteristic
    return (
        f"rig {rig}",
        *(f"order {name} sha256 {digest}" for name, digest in orders),
        f"characteristic {c.id} {c.type} in {c.unit}",
    )


def _same_calibration(request: LiveRequest, used: set[str], instrument: Instrument) -> None:
    """Only a check standard is watched across calibrations."""
    current = "" if instrument.calibration is None else instrument.calibration.id
    if not request.occasions and used - {current}:
        raise InputError(
            f"the table was begun with the calibration {min(used - {current})}, now {current} is in force: begin a "
            "new table",
            place=str(request.table),
        )


def _steps(request: LiveRequest, pieces: list[Piece], unfinished: str, known: tuple[Step, ...]) -> tuple[Step, ...]:
    names = tuple(p.name for p in pieces)
    operators = request.operators or (operator_name() or "1",)
    if not request.occasions:
        return study_steps(names, operators, request.trials, once=request.once)
    if len(names) > 1:
        raise InputError("stability is watched on one check standard: give one order", place="--live")
    # Time tells occasions, and a number those of one minute; an unfinished one is finished and counts as one.
    moment = f"{now():%Y-%m-%d %H:%M}"
    used = {step.subgroup for step in known}
    wanted = [f"{moment} {i}" for i in range(1, len(used) + request.occasions + 1) if f"{moment} {i}" not in used]
    chosen = ([unfinished] if unfinished else []) + wanted
    return occasion_steps(names[0], operators[0], request.trials, chosen[: request.occasions])


def _hands(rig: TwinRig, pieces: list[Piece], facts: TwinFacts, people: Attendant, total: int) -> Hands:
    by_name = {p.name: p for p in pieces}
    said = {"operator": ""}

    def place(step: Step, number: int) -> None:
        if people.ask is not None:
            if step.operator != said["operator"]:
                people.say(f"Now operator / condition: {step.operator}.")
                said["operator"] = step.operator
            people.ask(f"[{number}/{total}] Take the part out, place {step.part} anew, press Enter:")
        rig.feeder.clear()
        rig.add(by_name[step.part].workpiece)
        rig.feeder.present()

    def measure(step: Step) -> Answer:
        return measure_again(rig, by_name[step.part].subject, facts.camera.exposure_us)

    def failed(step: Step, reason: str) -> None:
        people.say(f"No reading of {step.part}: {reason}")

    return Hands(place, measure, failed, patient=people.ask is not None)

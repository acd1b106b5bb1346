"""`scripts/gauge_study.py --live`: from its arguments to readings on the rig, and from the table to the study."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

from station.errors import DeviceError, InputError
from station.live_pieces import LiveRequest
from station.live_study import Attendant, LiveResult, take_live
from station.metrology.studies.statement import Figure, Statement, Verdict
from station.reports.studies.readings import Readings, read_readings
from station.reports.studies.study import Options, Study
from station.tables.progress import Bar

LEAST_OCCASIONS = 2
TRIALS = {"type1": 25, "vda5": 25, "grr": 3, "bias": 10, "linearity": 10, "stability": 5}
CERTIFIED = ("type1", "bias", "linearity", "vda5")
PLACEMENTS = ("1", "2", "3")


def live_study(
    args: argparse.Namespace, options: Options, studies: Mapping[str, Callable[[Readings, Options], Study]]
) -> Study:
    """Take the readings that are missing, then the study of the table.

    Raises:
        InputError: arguments, orders, rig or table.
        DeviceError: the station could not measure.
    """
    request = _request(args, options)
    with Bar("readings", quiet=not (args.yes and sys.stderr.isatty())) as bar:
        found = take_live(request, Attendant(None if args.yes else _wait, _say, bar.update))
    _say(f"{found.taken} readings taken on the rig {found.rig}; they are in {request.table}.")
    table = read_readings(request.table)
    if args.kind == "stability" and len({r.subgroup for r in table.rows}) < LEAST_OCCASIONS:
        return _too_early(table, options)
    study = studies[args.kind](table, _with_limits(args.kind, options, found))
    taken = tuple(Figure(key, key.replace("_", " "), text) for key, text in found.taken_as)
    return replace(study, statement=replace(study.statement, parameters=(*study.statement.parameters, *taken)))


def _request(args: argparse.Namespace, options: Options) -> LiveRequest:
    if args.kind not in TRIALS:
        raise InputError(f"--kind {args.kind} is not taken live; live are {', '.join(TRIALS)}")
    if args.file is None:
        raise InputError("a live study needs FILE, the table that keeps its readings")
    if args.characteristic is None:
        raise InputError("a live study needs --characteristic: which of the order's it is about")
    if args.kind != "grr" and (args.operators or args.parts):
        raise InputError("--operators and --parts belong to --kind grr")
    orders = tuple((path, options.reference if value is None else value) for path, value in args.live)
    if args.kind == "type1" and len(orders) > 1:
        raise InputError("a type 1 study is of one master: give one --live ORDER")
    operators: tuple[str, ...] = args.operators or (PLACEMENTS if args.kind == "grr" else ())
    return LiveRequest(
        table=args.file,
        orders=orders,
        characteristic=args.characteristic,
        trials=args.trials or TRIALS[args.kind],
        operators=("1",) if args.no_operator else operators,
        copies=args.parts or (),
        occasions=args.occasions if args.kind == "stability" else 0,
        once=args.once,
        certified=args.kind in CERTIFIED,
        rig=args.rig,
    )


def _with_limits(kind: str, o: Options, found: LiveResult) -> Options:
    """What was not given comes from the order: its limits and its unit."""
    unit = o.unit or found.unit
    if o.tolerance is not None or o.lower is not None or o.upper is not None:
        return replace(o, unit=unit)
    if kind == "grr" and found.tolerance is None:
        return replace(o, unit=unit, lower=found.lower, upper=found.upper)
    return replace(o, unit=unit, tolerance=found.tolerance)


def _too_early(table: Readings, o: Options) -> Study:
    """The first occasion of a check standard: nothing to chart yet, and nothing wrong."""
    sentence = "One occasion is kept; a chart begins with the second, and 25 are usual for its limits."
    figures = (Figure("n", "readings", len(table.rows)), Figure("points", "points", 1))
    statement = Statement("stability", "collecting", o.title or "Stability of a check standard", (), figures, (),
                          Verdict.STATED, sentence, (), (table.source,))  # fmt: skip
    return Study(statement, lambda: ())


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _wait(sentence: str) -> None:
    """Ask on standard error (standard output is for the result) and wait for Enter."""
    print(sentence, end=" ", file=sys.stderr, flush=True)
    if not sys.stdin.readline():
        raise DeviceError("nobody answers: --yes lets the twin place parts by itself")

#!/usr/bin/env python3
"""Capability studies: type 1, gauge R&R, bias, linearity, stability, attribute agreement and more.

FILE is a long table with the columns part,operator,trial,value[,reference], found by name in any order and case;
separated by comma, semicolon or tab. Prints a table for people, or with --json one document with every figure under
its own name; --page writes one HTML file with plots that can be filed. docs/studies.md says which study when.

Exit status 0 done (whatever the verdict), 2 bad input: one sentence with row and column.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from station.app import now
from station.errors import InputError
from station.reports.studies.accuracy import bias_study, linearity_study
from station.reports.studies.agreement import attribute_study
from station.reports.studies.control import short_run_study, stability_study
from station.reports.studies.from_records import readings_of_home
from station.reports.studies.gauge_rr import gauge_rr
from station.reports.studies.page import study_page
from station.reports.studies.readings import Readings, read_readings
from station.reports.studies.study import Options, Study
from station.reports.studies.systems import capability_study, vda5_study
from station.reports.studies.type1 import type1_study
from station.script import check_places, deliver_page, run
from station.study_arguments import options_of, parser_of
from station.tables.basics import print_json
from station.tables.studies import print_statement

STOPPED = 130
STUDIES: dict[str, Callable[[Readings, Options], Study]] = {
    "type1": type1_study,
    "grr": gauge_rr,
    "bias": bias_study,
    "linearity": linearity_study,
    "stability": stability_study,
    "attribute": attribute_study,
    "vda5": vda5_study,
    "shortrun": short_run_study,
    "capability": capability_study,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 done, 2 bad input."""
    try:
        return run(parser_of(__doc__, STUDIES), _report, arguments)
    except KeyboardInterrupt:
        print("\ngauge_study: stopped; what was read is kept, the same command goes on", file=sys.stderr)
        return STOPPED


def _report(args: argparse.Namespace) -> int:
    check_places(args.page)
    study = _study(args)
    made_on = (args.date or now().date()).isoformat()
    deliver_page(args.page, lambda: study_page(study, made_by=args.by, made_on=made_on, about=tuple(args.about)))
    if args.json:
        print_json(study.statement.to_document())
    else:
        print_statement(study.statement)
        if args.page:
            print(f"Written to {args.page}.")
    return 0


def _study(args: argparse.Namespace) -> Study:
    options = options_of(args)
    if args.live:
        from station.live_command import live_study

        return live_study(args, options, STUDIES)
    if (args.file is None) == (args.from_records is None):
        raise InputError("give either a FILE or --from-records CHARACTERISTIC")
    if args.from_records is not None:
        table = readings_of_home(args.from_records, last=args.last)
    else:
        table = read_readings(args.file)
    if args.process is not None:
        if args.kind != "vda5":
            raise InputError("--process belongs to --kind vda5")
        return vda5_study(table, options, read_readings(args.process))
    return STUDIES[args.kind](table, options)


if __name__ == "__main__":
    sys.exit(main())

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
from datetime import date
from pathlib import Path

from station.app import now
from station.errors import InputError
from station.metrology.studies.nelson import ALL_RULES, Rules
from station.reports.studies.accuracy import bias_study, linearity_study, type1_study
from station.reports.studies.agreement import attribute_study
from station.reports.studies.control import short_run_study, stability_study
from station.reports.studies.from_records import readings_of_home
from station.reports.studies.gauge_rr import gauge_rr
from station.reports.studies.page import study_page
from station.reports.studies.readings import Readings, read_readings
from station.reports.studies.study import Options, Study
from station.reports.studies.systems import capability_study, vda5_study
from station.script import add_by, add_json, add_page, check_places, deliver_page, program, run
from station.tables.basics import print_json
from station.tables.studies import print_statement

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
    return run(_parser(), _report, arguments)


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
    if (args.file is None) == (args.from_records is None):
        raise InputError("give either a FILE or --from-records CHARACTERISTIC")
    options = _options(args)
    if args.from_records is not None:
        table = readings_of_home(args.from_records, last=args.last)
    else:
        table = read_readings(args.file)
    if args.process is not None:
        if args.kind != "vda5":
            raise InputError("--process belongs to --kind vda5")
        return vda5_study(table, options, read_readings(args.process))
    return STUDIES[args.kind](table, options)


def _options(args: argparse.Namespace) -> Options:
    if args.tolerance is not None and not args.tolerance > 0.0:
        raise InputError("--tolerance has to be positive: it is the width between the limits")
    if args.lower is not None and args.upper is not None and args.lower >= args.upper:
        raise InputError("--lower has to be below --upper")
    if args.process_sd is not None and not args.process_sd > 0.0:
        raise InputError("--process-sd has to be positive")
    if args.resolution is not None and args.resolution < 0.0:
        raise InputError("--resolution must not be negative")
    return Options(
        method=args.method,
        tolerance=args.tolerance,
        lower=args.lower,
        upper=args.upper,
        target=args.target,
        reference=args.reference,
        resolution=args.resolution,
        process_sd=args.process_sd,
        k=args.k,
        share=args.p,
        sigma_multiplier=args.sigma,
        alpha=args.alpha,
        alpha_pool=args.alpha_pool,
        nested=args.nested,
        no_operator=args.no_operator,
        accept=args.accept,
        subgroup=args.subgroup,
        subgroup_size=args.subgroup_size,
        centre=args.centre,
        centre_on_mean=args.centre_on_mean,
        rules=Rules(args.rules, args.limits_sigma, args.run, args.trend, args.alternating),
        u_cal=args.u_cal,
        extra=tuple(args.u),
        q_limits=(args.q_ms, args.q_mp),
        title=args.title,
        unit=args.unit,
    )


def _parser() -> argparse.ArgumentParser:
    parser = program("gauge_study", __doc__)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="table of readings")
    parser.add_argument("--kind", required=True, choices=STUDIES, help="which study")
    add_json(parser, "study")
    add_page(parser)
    parser.add_argument(
        "--method",
        help="grr: anova (default), range, short-range; stability: imr, xbar-r, xbar-s; shortrun: zmr (default), dnom, "
        "standardised, q; vda5: regression, largest",
    )

    part = parser.add_argument_group("what the figures are held against")
    part.add_argument("--tolerance", type=_number, metavar="T", help="width of the tolerance")
    part.add_argument("--lower", type=_number, metavar="L", help="lower limit")
    part.add_argument("--upper", type=_number, metavar="U", help="upper limit")
    part.add_argument("--reference", type=_number, metavar="R", help="certified value, where the table has no column")
    part.add_argument("--target", type=_number, metavar="T", help="capability: target; shortrun: nominal of all parts")
    part.add_argument("--resolution", type=_number, metavar="R", help="step of the display")
    part.add_argument("--process-sd", type=_number, metavar="S", help="historical standard deviation of the process")

    numbers = parser.add_argument_group("parameters, printed with every result")
    numbers.add_argument("--k", type=_positive, metavar="K", help="type1: sd in the spread (6); vda5: U = k u (2)")
    numbers.add_argument("--p", type=_share, default=0.2, metavar="P", help="type1: share of the tolerance (0.2)")
    numbers.add_argument("--sigma", type=_positive, default=6.0, metavar="M", help="study variation in sd: 6 or 5.15")
    numbers.add_argument("--alpha", type=_fraction, default=0.05, help="of tests and intervals (0.05)")
    numbers.add_argument(
        "--alpha-pool",
        type=_probability,
        default=0.05,
        metavar="A",
        help="pool the interaction when p > A (0.05)",
    )

    grr = parser.add_argument_group("grr")
    grr.add_argument("--nested", action="store_true", help="every operator has parts of his own")
    grr.add_argument("--no-operator", action="store_true", help="nobody's hand takes part (type 3)")

    charts = parser.add_argument_group("stability, shortrun, capability")
    charts.add_argument("--subgroup", metavar="COLUMN", help="what tells occasions: subgroup, part, operator, trial")
    charts.add_argument("--subgroup-size", type=_count, metavar="N", help="readings in order, N to a subgroup")
    charts.add_argument("--centre", "--center", type=_number, metavar="C", help="known centre (q: known mean)")
    charts.add_argument("--centre-on-mean", action="store_true", help="shortrun: classes about their mean, not nominal")
    charts.add_argument("--rules", type=_rules, default=ALL_RULES, metavar="1,2,…", help="Nelson's rules (all)")
    charts.add_argument("--limits-sigma", type=_positive, default=3.0, metavar="S", help="rule 1 and limits (3)")
    charts.add_argument("--run", type=_count, default=9, metavar="N", help="rule 2: points on one side (9)")
    charts.add_argument("--trend", type=_count, default=6, metavar="N", help="rule 3: differences of one sign (6)")
    charts.add_argument(
        "--alternating", type=_count, default=14, metavar="N", help="rule 4: alternating differences (14)"
    )

    attribute = parser.add_argument_group("attribute")
    attribute.add_argument("--accept", metavar="WORD", help="the judgement that lets a part through (1, pass, ok …)")

    systems = parser.add_argument_group("vda5")
    systems.add_argument("--process", type=Path, metavar="FILE2", help="parts by operators, when not in FILE")
    systems.add_argument("--u-cal", type=_not_negative, default=0.0, metavar="U", help="u of the masters' certificates")
    systems.add_argument("--u", type=_named, action="append", default=[], metavar="NAME=U", help="a further component")
    systems.add_argument("--q-ms", type=_positive, default=15.0, metavar="Q", help="limit of Q_MS in percent (15)")
    systems.add_argument("--q-mp", type=_positive, default=30.0, metavar="Q", help="limit of Q_MP in percent (30)")

    record = parser.add_argument_group("from the record instead of FILE")
    record.add_argument("--from-records", metavar="CHARACTERISTIC", help="id or type, in STATION_HOME; part = serial, "
                        "trial = attempt")  # fmt: skip
    record.add_argument("--last", type=_count, default=1000, metavar="N", help="of the last N inspections (1000)")

    looks = parser.add_argument_group("how it looks, and what stands on its page")
    looks.add_argument("--title", help="title of table and page")
    looks.add_argument("--unit", default="", help="unit of the readings, for people")
    add_by(looks, "carried it out")
    looks.add_argument("--date", type=_day, metavar="DAY", help="of the study (default: today)")
    looks.add_argument("--about", type=_about, action="append", default=[], metavar="NAME=TEXT",
                       help="a line of the page's head, such as instrument=cell-3; repeatable")  # fmt: skip
    return parser


def _number(text: str) -> float:
    value = float(text.replace(",", "."))
    if not abs(value) < 1e100:
        raise argparse.ArgumentTypeError(f"{text} is not a finite number")
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value <= 0.0:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def _not_negative(text: str) -> float:
    value = _number(text)
    if value < 0.0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def _share(text: str) -> float:
    """0.2 or 20 (percent)."""
    value = _positive(text.rstrip("% "))
    return value / 100.0 if value > 1.0 or "%" in text else value


def _fraction(text: str) -> float:
    value = _number(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _probability(text: str) -> float:
    value = _number(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to a million")
    return value


def _rules(text: str) -> tuple[int, ...]:
    try:
        found = tuple(sorted({int(piece) for piece in text.split(",")}))
    except ValueError:
        found = ()
    if not found or not set(found) <= set(ALL_RULES):
        raise argparse.ArgumentTypeError(f"{text} is not a list of Nelson's rules, such as 1,2,5")
    return found


def _named(text: str) -> tuple[str, float]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text} is not NAME=U")
    return name.strip(), _not_negative(value)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no day like 2026-11-22") from error


def _about(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text} is not NAME=TEXT")
    return name.strip(), value.strip()


if __name__ == "__main__":
    sys.exit(main())

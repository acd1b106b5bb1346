"""Command-line arguments of `scripts/gauge_study.py`: what is asked, and the numbers of a study's options."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from station.argument_types import (
    count,
    day,
    fraction,
    named_text,
    named_u,
    names,
    not_negative,
    number,
    order_with_value,
    positive,
    probability,
    rules,
    share,
)
from station.errors import InputError
from station.metrology.studies.nelson import ALL_RULES, Rules
from station.reports.studies.study import Options
from station.script import add_by, add_json, add_page, program


def options_of(args: argparse.Namespace) -> Options:
    """The options of a study.

    Raises:
        InputError: options that contradict each other.
    """
    if args.tolerance is not None and not args.tolerance > 0.0:
        raise InputError("--tolerance has to be positive: it is the width between the limits")
    if args.lower is not None and args.upper is not None and args.lower >= args.upper:
        raise InputError("--lower has to be below --upper")
    process_sd = args.process_sd
    if args.process_variation is not None:
        if process_sd is not None:
            raise InputError("give either --process-sd or --process-variation: one follows from the other")
        process_sd = args.process_variation / args.sigma
    if process_sd is not None and not process_sd > 0.0:
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
        process_sd=process_sd,
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


def parser_of(description: str | None, kinds: Iterable[str]) -> argparse.ArgumentParser:
    """All arguments, in groups, with their help."""
    parser = program("gauge_study", description)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="table of readings")
    parser.add_argument("--kind", required=True, choices=tuple(kinds), help="which study")
    add_json(parser, "study")
    add_page(parser)
    parser.add_argument(
        "--method",
        help="grr: anova (default), range, short-range, nested; bias, linearity: sd (default), range; stability: imr, "
        "xbar-r, xbar-s; shortrun: zmr (default), dnom, standardised, q; vda5: regression, largest",
    )

    part = parser.add_argument_group("what the figures are held against")
    part.add_argument("--tolerance", "--tol", type=number, metavar="T", help="width of the tolerance")
    part.add_argument("--lower", "--lsl", type=number, metavar="L", help="lower limit")
    part.add_argument("--upper", "--usl", type=number, metavar="U", help="upper limit")
    part.add_argument("--reference", type=number, metavar="R", help="certified value, where the table has no column")
    part.add_argument("--target", type=number, metavar="T", help="capability: target; shortrun: nominal of all parts")
    part.add_argument("--resolution", type=number, metavar="R", help="step of the display")
    part.add_argument(
        "--process-sd",
        "--historical-sd",
        type=number,
        metavar="S",
        help="historical standard deviation of the process",
    )
    part.add_argument(
        "--process-variation", type=number, metavar="V", help="the same as a width: V = --sigma (6) × --process-sd"
    )

    numbers = parser.add_argument_group("parameters, printed with every result")
    numbers.add_argument("--k", type=positive, metavar="K", help="type1: sd in the spread (6); vda5: U = k u (2)")
    numbers.add_argument("--p", type=share, default=0.2, metavar="P", help="type1: share of the tolerance (0.2)")
    numbers.add_argument(
        "--sigma", "--multiplier", type=positive, default=6.0, metavar="M", help="study variation in sd: 6 or 5.15"
    )
    numbers.add_argument("--alpha", type=fraction, default=0.05, help="of tests and intervals (0.05)")
    numbers.add_argument(
        "--alpha-pool",
        type=probability,
        default=0.05,
        metavar="A",
        help="pool the interaction when p > A (0.05)",
    )

    grr = parser.add_argument_group("grr")
    grr.add_argument("--nested", action="store_true", help="every operator has parts of his own")
    grr.add_argument("--no-operator", action="store_true", help="nobody's hand takes part (type 3)")

    charts = parser.add_argument_group("stability, shortrun, capability")
    charts.add_argument("--subgroup", metavar="COLUMN", help="what tells occasions: subgroup, part, operator, trial")
    charts.add_argument("--subgroup-size", type=count, metavar="N", help="readings in order, N to a subgroup")
    charts.add_argument("--centre", "--center", type=number, metavar="C", help="known centre (q: known mean)")
    charts.add_argument("--centre-on-mean", action="store_true", help="shortrun: classes about their mean, not nominal")
    charts.add_argument("--rules", type=rules, default=ALL_RULES, metavar="1,2,…", help="Nelson's rules (all)")
    charts.add_argument("--limits-sigma", type=positive, default=3.0, metavar="S", help="rule 1 and limits (3)")
    charts.add_argument("--run", type=count, default=9, metavar="N", help="rule 2: points on one side (9)")
    charts.add_argument("--trend", type=count, default=6, metavar="N", help="rule 3: differences of one sign (6)")
    charts.add_argument(
        "--alternating", type=count, default=14, metavar="N", help="rule 4: alternating differences (14)"
    )

    attribute = parser.add_argument_group("attribute")
    attribute.add_argument("--accept", metavar="WORD", help="the judgement that lets a part through (1, pass, ok …)")

    systems = parser.add_argument_group("vda5")
    systems.add_argument("--process", type=Path, metavar="FILE2", help="parts by operators, when not in FILE")
    systems.add_argument("--u-cal", type=not_negative, default=0.0, metavar="U", help="u of the masters' certificates")
    systems.add_argument("--u", type=named_u, action="append", default=[], metavar="NAME=U", help="a further component")
    systems.add_argument("--q-ms", type=positive, default=15.0, metavar="Q", help="limit of Q_MS in percent (15)")
    systems.add_argument("--q-mp", type=positive, default=30.0, metavar="Q", help="limit of Q_MP in percent (30)")

    record = parser.add_argument_group("from the record instead of FILE")
    record.add_argument("--from-records", metavar="CHARACTERISTIC", help="id or type, in STATION_HOME; part = serial, "
                        "trial = attempt")  # fmt: skip
    record.add_argument("--last", type=count, default=1000, metavar="N", help="of the last N inspections (1000)")

    live = parser.add_argument_group("live on the rig; readings go to FILE, the same command goes on")
    live.add_argument("--live", type=order_with_value, action="append", metavar="ORDER[=R]",
                      help="order of the part, with its certified value; again for further parts")  # fmt: skip
    live.add_argument("--characteristic", metavar="ID", help="which of the order's characteristics")
    live.add_argument("--rig", type=Path, metavar="FILE", help="the rig's facts (default: the twin)")
    live.add_argument("--trials", type=count, metavar="N", help="readings each: type1 and vda5 25, grr 3, others 10, "
                      "stability 5 an occasion")  # fmt: skip
    live.add_argument("--operators", type=names, metavar="A,B,…|N", help="grr: people, or what changes: lamp cold,warm")
    live.add_argument("--parts", type=names, metavar="A,B,…|N", help="grr: several parts of the one order")
    live.add_argument("--occasions", type=count, default=1, metavar="N", help="stability: so many now (1)")
    live.add_argument("--once", action="store_true", help="place a part once per operator, trials are further pictures")
    live.add_argument("--yes", action="store_true", help="nobody stands by: the twin places parts by itself")

    looks = parser.add_argument_group("how it looks, and what stands on its page")
    looks.add_argument("--title", help="title of table and page")
    looks.add_argument("--unit", default="", help="unit of the readings, for people")
    add_by(looks, "carried it out")
    looks.add_argument("--date", type=day, metavar="DAY", help="of the study (default: today)")
    looks.add_argument("--about", type=named_text, action="append", default=[], metavar="NAME=TEXT",
                       help="a line of the page's head, such as instrument=cell-3; repeatable")  # fmt: skip
    return parser

"""Type 1 as a report: one master, one operator, many readings."""

from __future__ import annotations

from station.errors import InputError
from station.metrology.studies.statement import Figure, Statement, Verdict
from station.metrology.studies.type1 import LEAST, Type1, capable, type1
from station.reports.studies import plots_accuracy
from station.reports.studies.arrange import masters_of
from station.reports.studies.readings import Readings
from station.reports.studies.study import Options, Study


def type1_study(table: Readings, o: Options) -> Study:
    """Cg and Cgk of the readings of one master.

    Raises:
        InputError: no tolerance, no reference, several masters, or a bad cell with row and column.
    """
    if o.width is None:
        raise InputError(
            "a type 1 study needs the tolerance: --tolerance WIDTH, or --lower and --upper "
            "(--lower 0 where zero is the natural limit)"
        )
    masters = masters_of(table, o.reference)
    if len(masters) > 1:
        second = next(r for r in table.rows if r.part == masters[1].part or not table.has("part"))
        raise InputError(
            f"a type 1 study is of one master, this table has {len(masters)}; use --kind linearity or bias",
            place=table.place(second, "part"),
        )
    master = masters[0]
    try:
        found = type1(
            master.values,
            master.reference,
            o.width,
            k=o.k or 6.0,
            share=o.share,
            confidence=o.confidence,
            resolution=o.resolution,
        )
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error
    statement = _type1_statement(table, o, found)
    return Study(statement, lambda: plots_accuracy.type1_plots(master.values, found, o.unit))


def _type1_statement(table: Readings, o: Options, s: Type1) -> Statement:
    parameters = (
        Figure("k", "k, standard deviations in the spread", s.k),
        Figure("p", "p, share of the tolerance", s.share),
        Figure("alpha", "alpha of test and intervals", o.alpha),
        Figure("reference", "reference", s.reference, o.unit),
        *(Figure("resolution", "resolution", s.resolution, o.unit) for _ in range(s.resolution is not None)),
        *o.limits(),
    )
    figures = (
        Figure("n", "readings", s.summary.n),
        Figure("mean", "mean", s.summary.mean, o.unit),
        Figure("sd", "standard deviation s", s.summary.sd, o.unit),
        Figure("sd_ci", "interval of s", (s.interval_sd.low, s.interval_sd.high), o.unit),
        Figure("study_variation", "k · s", s.k * s.summary.sd, o.unit),
        Figure("bias", "bias", s.bias, o.unit),
        Figure("percent_bias", "bias of the tolerance", 100.0 * s.bias / s.tolerance, "%"),
        Figure("t", "t of the bias", s.test.t),
        Figure("df", "degrees of freedom", s.test.df),
        Figure("p_value", "p of the bias", s.test.p),
        Figure("bias_ci", "interval of the bias", (s.test.interval.low, s.test.interval.high), o.unit),
        Figure("tolerance_zone", "reference ± p·T/2", (s.zone.low, s.zone.high), o.unit),
        Figure("cg", "Cg", s.cg),
        Figure("cgk", "Cgk", s.cgk),
        Figure("percent_var_repeatability", "%Var (repeatability)", s.percent_repeatability, "%"),
        Figure("percent_var_repeatability_bias", "%Var (repeatability and bias)", s.percent_with_bias, "%"),
        Figure("percent_resolution", "resolution of the tolerance", s.percent_resolution, "%"),
        Figure("min_tolerance", f"least tolerance for Cg, Cgk ≥ {LEAST:g}", s.least_tolerance, o.unit),
    )
    verdict, sentence = _type1_verdict(s)
    few = (f"{s.summary.n} readings are few: 25 at least, 50 are usual.",) if s.summary.n < 25 else ()
    return Statement("type1", "Cg, Cgk (ISO 22514-7, VDA 5)", o.title or "Type 1 study", parameters, figures, (),
                     verdict, sentence, few, (table.source,))  # fmt: skip


def _type1_verdict(s: Type1) -> tuple[Verdict, str]:
    if s.cg is None or s.cgk is None:
        return Verdict.STATED, "The readings do not scatter at all: the resolution is too coarse, or they are copies."
    shown = f"Cg is {s.cg:.3f} and Cgk {s.cgk:.3f} (p = {s.share:g}, k = {s.k:g}); {LEAST:g} is asked for"
    coarse = s.percent_resolution is not None and s.percent_resolution > 5.0
    rest = f"; the resolution is {s.percent_resolution:.1f} % of the tolerance, 5 % is allowed." if coarse else "."
    if capable(s):
        return Verdict.CAPABLE, shown + rest
    return Verdict.NOT_CAPABLE, shown + rest

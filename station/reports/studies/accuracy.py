"""Type 1, bias and linearity as reports: masters of known size."""

from __future__ import annotations

from station.errors import InputError
from station.metrology.studies.bias import Bias, bias
from station.metrology.studies.linearity import Coefficient, Linearity, linearity
from station.metrology.studies.statement import Figure, Grid, Named, Statement, Value, Verdict
from station.metrology.studies.type1 import LEAST, Type1, capable, type1
from station.reports.studies import plots_accuracy
from station.reports.studies.arrange import Master, masters_of
from station.reports.studies.readings import Readings
from station.reports.studies.study import Options, Study


def type1_study(table: Readings, o: Options) -> Study:
    """Cg and Cgk of the readings of one master.

    Raises:
        InputError: no tolerance, no reference, several masters, or a bad cell with row and column.
    """
    if o.width is None:
        raise InputError("a type 1 study needs the tolerance: --tolerance WIDTH, or --lower and --upper")
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


def bias_study(table: Readings, o: Options) -> Study:
    """Bias of each master.

    Raises:
        InputError: no reference, too few readings, or a bad cell with row and column.
    """
    masters = masters_of(table, o.reference)
    try:
        found = [
            bias(
                m.values,
                m.reference,
                confidence=o.confidence,
                process_sd=o.process_sd,
                tolerance=o.width,
                multiplier=o.sigma_multiplier,
            )
            for m in masters
        ]
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error
    shown = [(m.part, b) for m, b in zip(masters, found, strict=True) if b.shown]
    sentence = "No bias is shown: zero lies within the interval of every master."
    if shown:
        parts = ", ".join(f"{part} ({b.bias:+.4g})" for part, b in shown)
        sentence = f"A bias is shown for {parts}: correct it, or carry it in the uncertainty."
    one = _bias_figures(found[0], o) if len(found) == 1 else (Figure("masters", "masters", len(found)),)
    statement = Statement(
        kind="bias",
        method="independent sample (AIAG)",
        title=o.title or "Bias study",
        parameters=_parameters(
            o, *(Figure("reference", "reference", found[0].reference, o.unit) for _ in range(len(found) == 1))
        ),
        figures=one,
        grids=() if len(found) == 1 else (masters_grid(masters, found),),
        verdict=Verdict.NOT_ACCEPTABLE if shown else Verdict.ACCEPTABLE,
        sentence=sentence,
        sources=(table.source,),
    )
    return Study(statement, lambda: plots_accuracy.bias_plots(masters, found, o.unit))


def _parameters(o: Options, *more: Figure) -> tuple[Figure, ...]:
    """Of bias and linearity."""
    multiplier = Figure("sigma_multiplier", "process variation in standard deviations", o.sigma_multiplier)
    return Figure("alpha", "alpha", o.alpha), multiplier, *more, *o.limits()


def _bias_figures(b: Bias, o: Options) -> tuple[Figure, ...]:
    return (
        Figure("n", "readings", b.summary.n),
        Figure("mean", "mean", b.summary.mean, o.unit),
        Figure("bias", "bias", b.bias, o.unit),
        Figure("sd", "standard deviation (repeatability)", b.summary.sd, o.unit),
        Figure("se", "standard error of the mean", b.summary.standard_error, o.unit),
        Figure("t", "t", b.test.t),
        Figure("df", "degrees of freedom", b.test.df),
        Figure("t_critical", "critical t", b.test.t_critical),
        Figure("p_value", "p", b.test.p),
        Figure("bias_ci", "interval of the bias", (b.test.interval.low, b.test.interval.high), o.unit),
        Figure("percent_ev", "repeatability of the process deviation", b.percent_repeatability, "%"),
        Figure("percent_bias", "bias of the process variation", b.percent_bias_of_process, "%"),
        Figure("percent_bias_tolerance", "bias of the tolerance", b.percent_bias_of_tolerance, "%"),
        Figure("bias_significant", "bias shown", b.shown),
    )


def masters_grid(masters: list[Master], found: tuple[Bias, ...] | list[Bias]) -> Grid:
    """Masters one by one, as lists."""
    columns = (Named("part_reference", "Reference"), Named("part_n", "n"), Named("part_mean", "Mean"),
               Named("part_bias", "Bias"), Named("part_sd", "s"), Named("part_t", "t"), Named("part_p", "p"),
               Named("part_bias_ci_low", "Bias from"), Named("part_bias_ci_high", "to"))  # fmt: skip
    cells: tuple[tuple[Value, ...], ...] = tuple(
        (b.reference, b.summary.n, b.summary.mean, b.bias, b.summary.sd, b.test.t, b.test.p, b.test.interval.low,
         b.test.interval.high)
        for b in found
    )  # fmt: skip
    rows = tuple(Named("", m.part) for m in masters)
    return Grid("Masters", columns, rows, cells, listed=True, row_key="part", row_label="Master")


def linearity_study(table: Readings, o: Options) -> Study:
    """The line of bias over reference.

    Raises:
        InputError: fewer than two references, too few readings, or a bad cell with row and column.
    """
    masters = masters_of(table)
    try:
        found = linearity([(m.reference, m.values) for m in masters], confidence=o.confidence, process_sd=o.process_sd,
                          multiplier=o.sigma_multiplier)  # fmt: skip
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error
    flat = found.slope.p is None or found.slope.p > o.alpha
    sentence = (
        "The zero line lies within the band at every master: linearity and bias are acceptable."
        if found.accepted
        else "The zero line leaves the band of the line: "
        + ("there is a bias, alike over the range." if flat else "the bias changes over the range (linearity error).")
    )
    statement = Statement(
        kind="linearity",
        method="straight line of bias over reference (AIAG)",
        title=o.title or "Linearity study",
        parameters=_parameters(o),
        figures=_linearity_figures(found, o),
        grids=(masters_grid(masters, found.masters),),
        verdict=Verdict.ACCEPTABLE if found.accepted else Verdict.NOT_ACCEPTABLE,
        sentence=sentence,
        notes=("p of the mean bias uses the regression's S; p of a single master its own s.",),
        sources=(table.source,),
    )
    return Study(statement, lambda: plots_accuracy.linearity_plots(masters, found, o.unit))


def _linearity_figures(s: Linearity, o: Options) -> tuple[Figure, ...]:
    def coefficient(name: str, c: Coefficient) -> tuple[Figure, ...]:
        return (
            Figure(name, name, c.value),
            Figure(f"se_{name}", f"standard error of the {name}", c.standard_error),
            Figure(f"t_{name}", f"t of the {name}", c.t),
            Figure(f"p_{name}", f"p of the {name}", c.p),
        )

    return (
        *coefficient("slope", s.slope),
        *coefficient("intercept", s.intercept),
        Figure("s", "S, scatter about the line", s.s, o.unit),
        Figure("df", "degrees of freedom", s.df),
        Figure("r_squared", "R²", s.r_squared),
        Figure("mean_bias", "mean bias", s.mean_bias, o.unit),
        Figure("p_mean_bias", "p of the mean bias", s.p_mean_bias),
        Figure("linearity", "linearity (|slope| · process variation)", s.linearity, o.unit),
        Figure("percent_linearity", "linearity (100 · |slope|)", s.percent_linearity, "%"),
        Figure("percent_bias", "mean bias of the process variation", s.percent_bias, "%"),
        Figure("zero_within_band", "zero within the band at every master", s.accepted),
        Figure("band_low", "band at the masters, from", tuple(b.low for b in s.band), o.unit),
        Figure("band_high", "band at the masters, to", tuple(b.high for b in s.band), o.unit),
    )

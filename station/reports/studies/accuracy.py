"""Bias and linearity as reports: masters of known size."""

from __future__ import annotations

import math

from station.errors import InputError
from station.metrology.studies.bias import Bias, bias
from station.metrology.studies.linearity import Coefficient, Linearity, linearity
from station.metrology.studies.range_sd import RangeSd, range_sd
from station.metrology.studies.statement import Figure, Grid, Named, Statement, Value, Verdict
from station.reports.studies import plots_accuracy
from station.reports.studies.arrange import Master, masters_of
from station.reports.studies.occasions import grouped
from station.reports.studies.readings import Readings
from station.reports.studies.study import Options, Study


def bias_study(table: Readings, o: Options) -> Study:
    """Bias of each master.

    Raises:
        InputError: no reference, too few readings, or a bad cell with row and column.
    """
    by_range = _by_range(o, "bias")
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
                ranges=_ranges(table, o, m, alone=len(masters) == 1) if by_range else None,
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
        method="control chart, ranges of subgroups (AIAG)" if by_range else "independent sample (AIAG)",
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


def _by_range(o: Options, kind: str) -> bool:
    """Whether the repeatability comes from ranges."""
    if o.method not in (None, "sd", "range", "xbar-r"):
        raise InputError(f"--method {o.method} is none of {kind}: sd, range")
    return o.method in ("range", "xbar-r")


def _ranges(table: Readings, o: Options, master: Master, *, alone: bool) -> RangeSd:
    """Within the subgroups of the only master; of several, each one's readings are one subgroup."""
    if not alone:
        return range_sd([master.values])
    groups = [[table.number(r, "value") for r in group] for group in grouped(table, o, single=False)[0]]
    return range_sd(groups if len(groups[0]) > 1 else [master.values])


def _parameters(o: Options, *more: Figure) -> tuple[Figure, ...]:
    """Of bias and linearity."""
    multiplier = Figure("sigma_multiplier", "process variation in standard deviations", o.sigma_multiplier)
    return Figure("alpha", "alpha", o.alpha), multiplier, *more, *o.limits()


def _bias_figures(b: Bias, o: Options) -> tuple[Figure, ...]:
    ranges: tuple[Figure, ...] = ()
    if b.ranges is not None:
        ranges = (
            Figure("sd_all", "standard deviation of all readings", b.summary.sd, o.unit),
            Figure("mean_range", "mean range", b.ranges.mean_range, o.unit),
            Figure("d2_star", "d2*", b.ranges.d2_star),
            Figure("subgroups", "subgroups", b.ranges.subgroups),
            Figure("subgroup_size", "subgroup size", b.ranges.subgroup_size),
        )
    return (
        Figure("n", "readings", b.summary.n),
        Figure("mean", "mean", b.summary.mean, o.unit),
        Figure("bias", "bias", b.bias, o.unit),
        Figure("sd", "standard deviation (repeatability)", b.sd, o.unit),
        *ranges,
        Figure("se", "standard error of the mean", b.sd / math.sqrt(b.summary.n), o.unit),
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
    of_process = found[0].percent_bias_of_process is not None
    columns = (Named("part_reference", "Reference", True), Named("part_n", "n"), Named("part_mean", "Mean", True),
               Named("part_bias", "Bias"), Named("part_sd", "s"), Named("part_t", "t"), Named("part_p", "p"),
               Named("part_bias_ci_low", "Bias from"), Named("part_bias_ci_high", "to"),
               *(Named("part_percent_bias", "% of process") for _ in range(of_process)))  # fmt: skip
    cells: tuple[tuple[Value, ...], ...] = tuple(
        (b.reference, b.summary.n, b.summary.mean, b.bias, b.sd, b.test.t, b.test.p, b.test.interval.low,
         b.test.interval.high, *((b.percent_bias_of_process,) if of_process else ()))
        for b in found
    )  # fmt: skip
    rows = tuple(Named("", m.part) for m in masters)
    return Grid("Masters", columns, rows, cells, listed=True, row_key="part", row_label="Master")


def linearity_study(table: Readings, o: Options) -> Study:
    """The line of bias over reference.

    Raises:
        InputError: fewer than two references, too few readings, or a bad cell with row and column.
    """
    by_range = _by_range(o, "linearity")
    masters = masters_of(table)
    try:
        found = linearity([(m.reference, m.values) for m in masters], confidence=o.confidence, process_sd=o.process_sd,
                          multiplier=o.sigma_multiplier, by_range=by_range)  # fmt: skip
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
        method="straight line of bias over reference (AIAG)" + (", p of biases from ranges" if by_range else ""),
        title=o.title or "Linearity study",
        parameters=_parameters(o),
        figures=_linearity_figures(found, o),
        grids=(masters_grid(masters, found.masters),),
        verdict=Verdict.ACCEPTABLE if found.accepted else Verdict.NOT_ACCEPTABLE,
        sentence=sentence,
        notes=(
            "p of a single master uses its range, R / d2*; p of the mean bias the mean range of all, R̄ / d2*."
            if by_range
            else "p of the mean bias uses the regression's S; p of a single master its own s.",
        ),
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

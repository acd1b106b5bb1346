"""Gauge R&R as a report: crossed, nested, without operators, by average and range, by the short range method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from station.errors import InputError
from station.metrology.studies.breakdown import Breakdown, Scale
from station.metrology.studies.crossed import crossed, without_operators
from station.metrology.studies.nested import nested
from station.metrology.studies.ranges import average_range, short_range
from station.metrology.studies.statement import Figure, Grid, Statement, Verdict
from station.reports.studies import plots_grr
from station.reports.studies.arrange import CrossedTable, crossed_table, nested_table, parts_table
from station.reports.studies.gauge_rr_tables import (
    anova_grid,
    anova_grids,
    components_grid,
    interval_grids,
    judged,
    ndc_figures,
    of_percent,
)
from station.reports.studies.readings import Readings
from station.reports.studies.study import Options, Study

METHODS = {
    "anova": "anova",
    "crossed": "anova",
    "nested": "nested",
    "range": "range",
    "average-range": "average-range",
    "xbar-r": "average-range",
    "short-range": "short-range",
}


def gauge_rr(table: Readings, o: Options) -> Study:
    """The study that the options ask for.

    Raises:
        InputError: a table that is not complete, with row and column; or too small for the method.
    """
    method = METHODS.get(o.method or "anova")
    if method is None:
        raise InputError(f"--method {o.method} is none of grr: anova, range, average-range, short-range, nested")
    try:
        if o.nested or method == "nested":
            return _nested(table, o)
        if o.no_operator:
            return _no_operator(table, o)
        found = crossed_table(table)
        if method in ("anova", "average-range") and found.values.shape[2] < 2:
            column = "trial" if table.has("trial") else "value"
            raise InputError(
                "every operator measured every part once, so repeatability cannot be told from the rest: a crossed "
                "study needs 2 trials at least; for one reading each take --method short-range",
                place=table.place(table.rows[0], column),
            )
        if method == "short-range" or (method == "range" and found.values.shape[2] == 1):
            return _short_range(table, found, o)
        return _by_ranges(table, found, o) if "range" in method else _crossed(table, found, o)
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error


def _scale(o: Options, mean: float) -> Scale:
    return Scale(o.sigma_multiplier, o.width, o.to_only_limit(mean), o.process_sd)


def _crossed(table: Readings, found: CrossedTable, o: Options) -> Study:
    scale = _scale(o, float(found.values.mean()))
    result = crossed(found.values, scale, alpha=o.alpha_pool, confidence=o.confidence)
    grids = anova_grids(result)
    parameters = (*_parameters(o), Figure("alpha_pool", "interaction pooled when p >", o.alpha_pool))
    figures = (
        *_size(found),
        Figure("interaction_pooled", "interaction pooled", result.pooled is not None),
        *ndc_figures(result.breakdown),
    )
    statement = _statement("crossed, analysis of variance", table, o, parameters, figures, grids, result.breakdown)
    return Study(statement, lambda: plots_grr.gauge_rr_plots(found, result.breakdown, o.unit))


def _by_ranges(table: Readings, found: CrossedTable, o: Options) -> Study:
    result = average_range(found.values, _scale(o, float(found.values.mean())))
    names = (
        ("ev", "EV, repeatability", result.ev), ("av", "AV, reproducibility", result.av), ("grr", "GRR", result.grr),
        ("pv", "PV, parts", result.pv), ("tv", "TV, total", result.tv),
        ("mean_range", "mean of all ranges", result.mean_range),
        ("operator_mean_difference", "range of operators' means", result.operator_range),
        ("part_mean_range", "range of parts' means", result.part_range), ("k1", "K1", result.k1),
        ("k2", "K2", result.k2), ("k3", "K3", result.k3),
        ("range_upper_limit", "upper limit of ranges", result.range_limit),
    )  # fmt: skip
    figures = (
        *_size(found),
        *(Figure(key, label, value) for key, label, value in names),
        Figure("ranges_above_limit", "ranges above the limit", result.out_of_range),
        *ndc_figures(result.breakdown),
    )
    method = "crossed, average and range (AIAG)"
    statement = _statement(method, table, o, _parameters(o), figures, [], result.breakdown)
    if result.out_of_range:
        note = f"{result.out_of_range} of the ranges lie above their limit: find out why before using the figures."
        statement = replace(statement, notes=(*statement.notes, note))
    return Study(statement, lambda: plots_grr.gauge_rr_plots(found, result.breakdown, o.unit))


def _short_range(table: Readings, found: CrossedTable, o: Options) -> Study:
    if found.values.shape[2] != 1:
        raise InputError("the short range method takes one reading of each part by each operator; this table has "
                         f"{found.values.shape[2]}: use --method average-range", place=table.source.name)  # fmt: skip
    result = short_range(found.values[:, :, 0], _scale(o, float(found.values.mean())))
    figures = (
        *_size(found),
        Figure("mean_range", "mean range", result.mean_range, o.unit),
        Figure("d2_star", "d2*", result.d2_star),
        Figure("grr", "GRR (one standard deviation)", result.grr, o.unit),
        Figure("percent_process_grr", "GRR of the process deviation", result.percent_process, "%"),
        Figure("percent_tolerance_grr", "GRR of the tolerance", result.percent_tolerance, "%"),
    )
    percent = result.percent_tolerance if result.percent_tolerance is not None else result.percent_process
    verdict, sentence = Verdict.STATED, "Without a tolerance or a process deviation GRR has no scale to be judged by."
    if percent is not None:
        verdict = of_percent(percent)
        sentence = f"GRR is {percent:.1f} % of the {'tolerance' if result.percent_tolerance else 'process deviation'}."
    title = o.title or "Gauge R&R, range method"
    statement = Statement(
        kind="grr",
        method="short range (AIAG)",
        title=title,
        parameters=_parameters(o),
        figures=figures,
        grids=(),
        verdict=verdict,
        sentence=sentence,
        notes=("This method does not tell repeatability from reproducibility.",),
        sources=(table.source,),
    )
    return Study(statement, lambda: (plots_grr.by_part(found, o.unit),))


def _nested(table: Readings, o: Options) -> Study:
    found = nested_table(table)
    result = nested(found.values, _scale(o, float(found.values.mean())), confidence=o.confidence)
    grids = [anova_grid("Analysis of variance, parts within operators", result.table, "")]
    operators, parts, trials = found.values.shape
    figures = (
        Figure("operators", "operators", operators),
        Figure("parts", "parts of each operator", parts),
        Figure("trials", "trials", trials),
        *ndc_figures(result.breakdown),
    )
    statement = _statement("nested, analysis of variance", table, o, _parameters(o), figures, grids, result.breakdown)
    names = [f"{operator}: {part}" for operator, own in zip(found.operators, found.parts, strict=True) for part in own]
    flat = CrossedTable(found.values.reshape(operators * parts, 1, trials), tuple(names), ("all",))
    return Study(statement, lambda: plots_grr.gauge_rr_plots(flat, result.breakdown, o.unit))


def _no_operator(table: Readings, o: Options) -> Study:
    found = parts_table(table)
    result = without_operators(found.values[:, 0, :], _scale(o, float(found.values.mean())), confidence=o.confidence)
    grids = [anova_grid("Analysis of variance", result.table, "")]
    figures = (
        Figure("parts", "parts", len(found.parts)),
        Figure("trials", "trials", int(found.values.shape[2])),
        *ndc_figures(result.breakdown),
    )
    method = "without operators (type 3), analysis of variance"
    statement = _statement(method, table, o, _parameters(o), figures, grids, result.breakdown)
    return Study(statement, lambda: plots_grr.gauge_rr_plots(found, result.breakdown, o.unit))


def _parameters(o: Options) -> tuple[Figure, ...]:
    return (
        Figure("sigma_multiplier", "study variation in standard deviations", o.sigma_multiplier),
        Figure("alpha", "alpha of intervals", o.alpha),
        *o.limits(),
    )


def _size(found: CrossedTable) -> tuple[Figure, ...]:
    parts, operators, trials = found.values.shape
    return (
        Figure("parts", "parts", parts),
        Figure("operators", "operators", operators),
        Figure("trials", "trials", trials),
    )


def _statement(
    method: str, table: Readings, o: Options, parameters: tuple[Figure, ...], figures: tuple[Figure, ...],
    grids: Sequence[Grid], breakdown: Breakdown,
) -> Statement:  # fmt: skip
    verdict, sentence = judged(breakdown)
    return Statement(
        kind="grr",
        method=method,
        title=o.title or "Gauge R&R",
        parameters=parameters,
        figures=figures,
        grids=(*grids, components_grid(breakdown), *interval_grids(breakdown)),
        verdict=verdict,
        sentence=sentence,
        notes=_of_intervals(breakdown, o),
        sources=(table.source,),
    )


def _of_intervals(breakdown: Breakdown, o: Options) -> tuple[str, ...]:
    if all(c.interval is None for c in breakdown.components):
        return ()
    return (f"Intervals of components: modified large-sample method (MLS), {100.0 * o.confidence:g} %.",)

"""Check-standard charts and short runs as reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from station.errors import InputError
from station.metrology.studies.charts import Chart, Stability, individuals, subgroups
from station.metrology.studies.nelson import Rules
from station.metrology.studies.shortrun import (
    Deviation,
    QChart,
    StandardisedGroups,
    ZChart,
    dnom,
    dnom_subgroups,
    q_chart,
    standardised_groups,
    z_chart,
)
from station.metrology.studies.statement import Figure, Grid, Named, Statement, Verdict
from station.reports.studies import plots_control
from station.reports.studies.control_tables import chart_figures, signals_grid
from station.reports.studies.occasions import grouped
from station.reports.studies.readings import Reading, Readings
from station.reports.studies.study import Options, Study

FEW = 20
NO_SCATTER = "The readings do not scatter at all: the resolution is too coarse, or they are copies."


def stability_study(table: Readings, o: Options) -> Study:
    """A check standard over time.

    Raises:
        InputError: subgroups of unlike size, too few points, or a bad cell with row and column.
    """
    method = o.method or "auto"
    if method not in ("auto", "imr", "xbar-r", "xbar-s"):
        raise InputError(f"--method {method} is none of stability: imr, xbar-r, xbar-s")
    groups, by = grouped(table, o, single=method == "imr")
    values = [[table.number(r, "value") for r in group] for group in groups]
    centre = o.centre if o.centre is not None else o.reference
    try:
        if len(values[0]) == 1:
            if method in ("xbar-r", "xbar-s"):
                raise InputError(f"--method {method} needs subgroups: see --subgroup and --subgroup-size")
            found = individuals([v[0] for v in values], centre=centre, sigma=o.process_sd, rules=o.rules)
        else:
            kind: Literal["xbar-r", "xbar-s"] | None = None
            if method in ("xbar-r", "xbar-s"):
                kind = "xbar-r" if method == "xbar-r" else "xbar-s"
            found = subgroups(values, kind, centre=centre, sigma=o.process_sd, rules=o.rules)
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error
    statement = Statement(
        kind="stability",
        method={"imr": "individuals and moving range", "xbar-r": "mean and range", "xbar-s": "mean and s"}[found.kind],
        title=o.title or "Stability of a check standard",
        parameters=(Figure("subgroups", "subgroups by", by), *_rule_figures(o.rules), *o.limits(),
                    *(Figure("centre_given", "centre given", centre, o.unit) for _ in range(centre is not None))),
        figures=(
            Figure("n", "readings", sum(len(v) for v in values)),
            Figure("points", "points", len(found.place.points)),
            Figure("subgroup_size", "subgroup size", found.subgroup_size),
            *chart_figures(found.place, "", o.unit),
            Figure("sigma", "sigma of single readings", found.sigma, o.unit),
            Figure("sigma_from", "sigma from", found.estimated),
            Figure("sd", "standard deviation of all readings", found.overall_sd, o.unit),
            *chart_figures(found.spread, "spread_", o.unit),
            Figure("stable", "stable", found.stable),
        ),
        grids=(signals_grid(found.place, found.spread, o.rules),),
        verdict=_verdict(found),
        sentence=NO_SCATTER if found.overall_sd <= 0.0 else _sentence(found.place, found.spread),
        notes=_few(len(found.place.points)),
        sources=(table.source,),
    )  # fmt: skip
    return Study(statement, lambda: plots_control.chart_plots(found.place, found.spread, o.unit))


def _verdict(found: Stability) -> Verdict:
    if found.overall_sd <= 0.0:
        return Verdict.STATED
    return Verdict.IN_CONTROL if found.stable else Verdict.OUT_OF_CONTROL


def short_run_study(table: Readings, o: Options) -> Study:
    """Unlike parts on one chart.

    Raises:
        InputError: no nominal, too few readings, or a bad cell with row and column.
    """
    method = o.method or "zmr"
    readings = [_deviation(table, r, o) for r in table.rows]
    try:
        if method == "dnom":
            return _of_charts(table, o, "deviation from nominal (DNOM)", _dnom(table, o, readings))
        if method == "standardised":
            groups, _ = grouped(table, o, single=False)
            at = {r.row: d for r, d in zip(table.rows, readings, strict=True)}
            result = standardised_groups([[at[r.row] for r in g] for g in groups], o.rules)
            return _of_charts(table, o, "standardised mean and range", result)
        if method == "q":
            return _of_q(table, o, readings)
        if method == "zmr":
            found = z_chart(readings, centre_on_mean=o.centre_on_mean, rules=o.rules)
            return _of_charts(table, o, "standardised deviation and moving range (Z-MR)", found)
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error
    raise InputError(f"--method {method} is none of shortrun: zmr, dnom, standardised, q")


def _dnom(table: Readings, o: Options, readings: Sequence[Deviation]) -> Stability:
    if o.subgroup is None and o.subgroup_size is None:
        return dnom(readings, o.rules)
    groups, _ = grouped(table, o, single=False)
    at = {r.row: d for r, d in zip(table.rows, readings, strict=True)}
    return dnom_subgroups([[at[r.row] for r in g] for g in groups], o.rules)


def _deviation(table: Readings, reading: Reading, o: Options) -> Deviation:
    """A row as a deviation: the nominal from its column or the reference's, the class from its column or the part."""
    column = "nominal" if table.has("nominal") else "reference"
    if not table.has(column) and o.target is None:
        raise InputError("a short run needs the nominal of each reading: a column nominal, or --target for all",
                         place=f"{table.source.name}, row 1")  # fmt: skip
    nominal = table.number(reading, column) if table.has(column) else o.target or 0.0
    u = table.number(reading, "u") if table.has("u") else None
    if u is not None and u <= 0.0:
        raise InputError("U has to be positive", place=table.place(reading, "u"))
    name = "feature_class" if table.has("feature_class") else "part"
    kind = table.text(reading, name) if table.has(name) else "all"
    return Deviation(kind, table.number(reading, "value"), nominal, u)


def _of_charts(table: Readings, o: Options, method: str, found: Stability | ZChart | StandardisedGroups) -> Study:
    parts = _parts(table, range(len(table.rows))) if len(found.place.points) == len(table.rows) else ()
    grids = [signals_grid(found.place, found.spread, o.rules, parts)]
    if isinstance(found, ZChart):
        columns = (Named("class_n", "n"), Named("class_mean", "Mean"), Named("class_centre", "Centre"),
                   Named("class_sigma", "Sigma"), Named("class_sigma_own", "Sigma its own"))  # fmt: skip
        rows = tuple(Named("", c.feature_class) for c in found.classes)
        cells = tuple((c.n, c.mean, c.centre, c.sigma, c.own) for c in found.classes)
        grids.append(Grid("Feature classes", columns, rows, cells, listed=True, row_key="class", row_label="Class"))
    elif isinstance(found, StandardisedGroups):
        rows = tuple(Named("", name) for name, _ in found.mean_ranges)
        cells_r = tuple((value,) for _, value in found.mean_ranges)
        columns_r = (Named("class_mean_range", "Mean range"),)
        grids.append(Grid("Feature classes", columns_r, rows, cells_r, listed=True, row_key="class", row_label="Class"))
    figures = (
        Figure("n", "readings", len(table.rows)),
        Figure("points", "points", len(found.place.points)),
        *chart_figures(found.place, "", ""),
        *chart_figures(found.spread, "spread_", ""),
        Figure("values", "charted values", found.place.points),
        Figure("spread_values", "charted spread", found.spread.points),
        Figure("stable", "stable", found.stable),
    )
    statement = _short_statement(table, o, method, figures, tuple(grids), found.place, found.spread)
    return Study(statement, lambda: plots_control.chart_plots(found.place, found.spread))


def _of_q(table: Readings, o: Options, readings: Sequence[Deviation]) -> Study:
    found: QChart = q_chart(readings, mean=o.centre, sigma=o.process_sd, rules=o.rules)
    figures = (
        Figure("n", "readings", len(table.rows)),
        Figure("points", "points", len(found.numbers)),
        Figure("point_readings", "readings of the points", tuple(i + 1 for i in found.numbers)),
        Figure("q", "Q by reading", found.q),
        *chart_figures(found.place, "", ""),
        Figure("stable", "stable", found.stable),
    )
    grids = (signals_grid(found.place, None, o.rules, _parts(table, found.numbers)),)
    statement = _short_statement(table, o, "Quesenberry's Q chart", figures, grids, found.place, None)
    return Study(statement, lambda: plots_control.chart_plots(found.place, None))


def _parts(table: Readings, numbers: Sequence[int]) -> tuple[str, ...]:
    """The parts of these readings; none where the table does not name them."""
    return tuple(table.rows[i].part for i in numbers) if table.has("part") else ()


def _short_statement(
    table: Readings, o: Options, method: str, figures: tuple[Figure, ...], grids: tuple[Grid, ...], place: Chart,
    spread: Chart | None,
) -> Statement:  # fmt: skip
    clean = not place.signals and not (spread and spread.signals)
    scaled = "(value - nominal) / U" if table.has("u") else "value - nominal"
    return Statement(
        kind="shortrun",
        method=method,
        title=o.title or "Short-run control chart for unlike parts",
        parameters=(
            Figure("charted", "charted", scaled if "DNOM" not in method else "value - nominal"),
            Figure("centre_on", "classes centred on", "own mean" if o.centre_on_mean else "nominal"),
            *_rule_figures(o.rules),
        ),
        figures=figures,
        grids=grids,
        verdict=Verdict.IN_CONTROL if clean else Verdict.OUT_OF_CONTROL,
        sentence=_sentence(place, spread),
        notes=_few(len(place.points)),
        sources=(table.source,),
    )


def _rule_figures(rules: Rules) -> tuple[Figure, ...]:
    return (
        Figure("limits_sigma", "limits at sigma", rules.beyond),
        Figure("rules", "rules (Nelson 1984)", rules.chosen),
        Figure("rule_2_points", "rule 2: points on one side", rules.side),
        Figure("rule_3_differences", "rule 3: differences of one sign", rules.trend),
        Figure("rule_4_differences", "rule 4: alternating differences", rules.alternating),
    )


def _sentence(place: Chart, spread: Chart | None) -> str:
    flagged = [f"{chart.name} {index + chart.first} (rule {', '.join(map(str, numbers))})"
               for chart in (place, *((spread,) if spread else ()))
               for index, numbers in sorted(chart.flagged.items())]  # fmt: skip
    if not flagged:
        return "No rule flags a point: nothing but chance is shown."
    shown = "; ".join(flagged[:6]) + (f"; and {len(flagged) - 6} more" if len(flagged) > 6 else "")
    return f"Something changed: {shown}."


def _few(points: int) -> tuple[str, ...]:
    return (f"{points} points are few for limits: 25 are usual.",) if points < FEW else ()

"""What every control chart states: centre, limits, and the points that rules flag."""

from __future__ import annotations

from collections.abc import Sequence

from station.metrology.studies.charts import Chart
from station.metrology.studies.nelson import Rules, in_words
from station.metrology.studies.statement import Figure, Grid, Named


def chart_figures(chart: Chart, prefix: str, unit: str) -> tuple[Figure, ...]:
    """Centre, limits and flagged points of a chart by rule; points are numbered as the readings or subgroups are."""
    points = {s.rule: tuple(i + chart.first for i in s.points) for s in chart.signals}
    flagged = tuple(
        Figure(f"{prefix}rule_{rule}", f"{chart.name}: rule {rule} at", points.get(rule, ()))
        for rule in chart.looked_at
    )
    return (
        Figure(f"{prefix}centre", f"{chart.name}: centre", chart.centre, unit),
        Figure(f"{prefix}lcl", f"{chart.name}: lower control limit", chart.low, unit),
        Figure(f"{prefix}ucl", f"{chart.name}: upper control limit", chart.high, unit),
        *flagged,
    )


def signals_grid(place: Chart, spread: Chart | None, rules: Rules, parts: Sequence[str] = ()) -> Grid:
    """Every flagged point with its rules in words, and which of `parts` it is of."""
    rows, cells = [], []
    for chart in (place, *((spread,) if spread else ())):
        for index, numbers in sorted(chart.flagged.items()):
            rows.append(Named("", str(index + chart.first)))
            words = "; ".join(f"{n}: {in_words(n, rules)}" for n in numbers)
            part = (parts[index + chart.first - 1],) if parts else ()
            cells.append((chart.name, *part, chart.points[index], ", ".join(map(str, numbers)), words))
    of_part = (Named("signal_part", "Part"),) if parts else ()
    columns = (Named("signal_chart", "Chart"), *of_part, Named("signal_value", "Value"), Named("signal_rules", "Rules"),
               Named("signal_meaning", "Meaning"))  # fmt: skip
    return Grid("Signals", columns, tuple(rows), tuple(cells), listed=True, row_key="signal_point", row_label="Point")

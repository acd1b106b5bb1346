"""Control charts in pictures: points, limits and zones; every flagged point with the numbers of its rules."""

from __future__ import annotations

import numpy as np

from station.metrology.studies.charts import Chart
from station.reports.document import Plot
from station.reports.drawing import BLUE, GREY, RED, WHOLE, Canvas, canvas, in_unit


def chart_plots(place: Chart, spread: Chart | None, unit: str = "") -> tuple[Plot, ...]:
    """Both charts one above the other."""
    charts = [place, *([spread] if spread is not None else [])]
    with canvas(WHOLE, 2.6 * len(charts) + 0.3, rows=len(charts), share=True) as c:
        for i, chart in enumerate(charts):
            _draw(c, i, chart, in_unit(chart.name, unit), zones=i == 0)
        c.axes[-1].set_xlabel("point")
        caption = "Dashed: control limits. Dotted: one and two sigma. Numbers beside a point: the rules that flag it."
        return (c.plot("Control chart", caption, wide=True),)


def _draw(c: Canvas, row: int, chart: Chart, label: str, *, zones: bool) -> None:
    axis = c.axes[row]
    at = np.arange(len(chart.points)) + chart.first
    axis.plot(at, chart.points, color=BLUE, marker="o" if len(at) <= 120 else "")
    axis.axhline(chart.centre, color=GREY)
    for level in (chart.low, chart.high):
        axis.axhline(level, color=RED, linestyle="--", linewidth=0.9)
    if zones and chart.sigma > 0.0:
        for sigma in (-2.0, -1.0, 1.0, 2.0):
            axis.axhline(chart.centre + sigma * chart.sigma, color=GREY, linestyle=":", linewidth=0.6)
    for index, numbers in chart.flagged.items():
        above = chart.points[index] >= chart.centre
        axis.plot(at[index], chart.points[index], "s", color=RED, markersize=6)
        axis.annotate("\n".join(map(str, numbers)), (at[index], chart.points[index]), xytext=(0, 4 if above else -4),
                      textcoords="offset points", ha="center", va="bottom" if above else "top", color=RED,
                      fontsize=7, linespacing=1.05)  # fmt: skip
    axis.margins(y=0.1 + 0.05 * max(map(len, chart.flagged.values()), default=0))
    axis.grid(visible=False)
    for level, name in ((chart.low, "LCL"), (chart.centre, "centre"), (chart.high, "UCL")):
        axis.annotate(f"{name} {level:.5g}", (1.0, level), xycoords=("axes fraction", "data"), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=7, color=GREY)  # fmt: skip
    axis.set_ylabel(label)

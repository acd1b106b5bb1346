"""Uncertainty components and process capability in pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from station.metrology.studies.charts import Stability
from station.metrology.studies.measuring_system import MeasuringSystem
from station.metrology.studies.summary import Summary
from station.reports.document import Plot
from station.reports.drawing import BLUE, GREEN, GREY, ORANGE, RED, WHOLE, canvas, in_unit
from station.reports.studies.plots_control import chart_plots
from station.reports.studies.study import Options


def budget_plots(study: MeasuringSystem, unit: str) -> tuple[Plot, ...]:
    """Components as bars, and both Q against their limits."""
    with canvas(height=3.2) as c:
        names = [t.name.upper() if len(t.name) <= 3 else t.name for t in study.terms][::-1]
        for i, t in enumerate(study.terms[::-1]):
            used = t.in_process if study.process is not None else t.in_system
            c.axis.barh(i, t.u, 0.62, color=BLUE if used else "#cbd5e1", hatch="" if used else "//", edgecolor="white")
            c.axis.annotate(
                f"{t.u:.3g}", (t.u, i), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5
            )
        c.axis.set_yticks(range(len(names)), names)
        c.axis.set_xlabel(in_unit("standard uncertainty u", unit))
        c.axis.margins(x=0.16)
        c.axis.grid(visible=False, axis="y")
        budget = c.plot("Components of uncertainty", "Pale: does not count, a larger one of resolution and scatter "
                        "holds it.")  # fmt: skip
    results = [("Q_MS", study.system), *([("Q_MP", study.process)] if study.process is not None else [])]
    with canvas(height=3.2) as c:
        for i, (_, r) in enumerate(results):
            c.axis.bar(
                i, r.q, 0.5, color=GREEN if r.capable else RED, hatch="" if r.capable else "//", edgecolor="white"
            )
            c.axis.annotate(f"{r.q:.1f} %", (i, r.q), ha="center", va="bottom")
            c.axis.plot([i - 0.36, i + 0.36], [r.q_limit, r.q_limit], color="black", linestyle="--")
            c.axis.annotate(f"limit {r.q_limit:g} %", (i + 0.36, r.q_limit), ha="right", va="bottom", fontsize=7.5)
        c.axis.set_xticks(range(len(results)), [name for name, _ in results])
        c.axis.set_xlim(-0.6, len(results) - 0.4)
        c.axis.margins(y=0.15)
        c.axis.set_ylabel("2 U / T in percent")
        c.axis.grid(visible=False, axis="x")
        return budget, c.plot("Capability", "Dashed: the limits.")


def capability_plots(values: Sequence[float], whole: Summary, chart: Stability, o: Options) -> tuple[Plot, ...]:
    """Histogram with the limits and the normal curve; the control chart."""
    with canvas(WHOLE, 3.2) as c:
        count = max(6, min(30, round(len(values) ** 0.5) + 1))
        c.axis.hist(values, bins=count, density=True, color="#b9cde0", edgecolor="white")
        if whole.sd > 0.0:
            x = np.linspace(whole.mean - 4.0 * whole.sd, whole.mean + 4.0 * whole.sd, 160)
            curve = np.exp(-0.5 * ((x - whole.mean) / whole.sd) ** 2) / (whole.sd * np.sqrt(2.0 * np.pi))
            c.axis.plot(x, curve, color=BLUE)
        for level, name in ((o.lower, "lower limit"), (o.upper, "upper limit")):
            if level is not None:
                c.axis.axvline(level, color=RED, linestyle="--")
                c.axis.annotate(name, (level, 1.0), xycoords=("data", "axes fraction"), rotation=90, va="top",
                                ha="right", fontsize=7.5, color=RED)  # fmt: skip
        if o.target is not None:
            c.axis.axvline(o.target, color=GREEN)
        c.axis.axvline(whole.mean, color=ORANGE, linestyle=":")
        c.axis.set_xlabel(in_unit("value", o.unit))
        c.axis.set_yticks([])
        c.axis.set_ylabel("density", color=GREY)
        histogram = c.plot("Histogram", "Curve: the normal distribution of all values.", wide=True)
    return histogram, *chart_plots(chart.place, chart.spread, o.unit)

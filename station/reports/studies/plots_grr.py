"""Gauge R&R in pictures: components, ranges and means by operator, values by part and by operator, interaction,
residuals."""

from __future__ import annotations

import numpy as np

from station.metrology.studies.breakdown import Breakdown
from station.metrology.studies.constants import chart_constants
from station.reports.document import Plot
from station.reports.drawing import BLUE, COLOURS, GREEN, GREY, MARKERS, ORANGE, RED, Canvas, canvas, in_unit
from station.reports.studies.arrange import CrossedTable

_SOURCES = (("grr", "Gauge R&R"), ("repeatability", "Repeatability"), ("reproducibility", "Reproducibility"),
            ("part", "Part to part"))  # fmt: skip


def gauge_rr_plots(found: CrossedTable, breakdown: Breakdown, unit: str) -> tuple[Plot, ...]:
    """All plots that this table can have."""
    plots = [components(breakdown)]
    if found.values.shape[2] > 1:
        plots += [ranges(found, unit), means(found, unit)]
    plots.append(by_part(found, unit))
    if len(found.operators) > 1:
        plots += [by_operator(found, unit), interaction(found, unit)]
    if found.values.shape[2] > 1:
        plots.append(residuals(found, unit))
    return tuple(plots)


def components(breakdown: Breakdown) -> Plot:
    """Bars of %contribution, %study and %tolerance."""
    present = {c.source: c for c in breakdown.components}
    names = [(key, label) for key, label in _SOURCES if key in present]
    series = [
        ("% contribution", [present[k].percent_contribution for k, _ in names], BLUE, ""),
        ("% study variation", [present[k].percent_study for k, _ in names], ORANGE, "//"),
    ]
    if present["grr"].percent_tolerance is not None:
        series.append(("% tolerance", [present[k].percent_tolerance or 0.0 for k, _ in names], GREEN, ".."))
    with canvas(height=3.1) as c:
        width = 0.8 / len(series)
        for i, (label, values, colour, hatch) in enumerate(series):
            at = np.arange(len(names)) + (i - (len(series) - 1) / 2.0) * width
            c.axis.bar(
                at, values, width * 0.92, label=label, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4
            )
        for level in (10.0, 30.0):
            c.axis.axhline(level, color=GREY, linewidth=0.8, linestyle=":")
        c.axis.set_xticks(range(len(names)), [label.replace(" ", "\n", 1) for _, label in names])
        c.axis.set_ylabel("percent")
        c.axis.grid(visible=False, axis="x")
        c.figure.legend(loc="outside upper center", ncols=len(series))
        return c.plot("Components of variation", "Dotted: AIAG's 10 % and 30 %, which concern % study and % tolerance.")


def ranges(found: CrossedTable, unit: str) -> Plot:
    """Ranges of the trials with their control limits."""
    table = np.ptp(found.values, axis=2)
    constants = chart_constants(found.values.shape[2])
    centre = float(table.mean())
    above = np.nonzero(table > constants.range_high * centre)
    with canvas() as c:
        _panels(c, found, table)
        _limits(c, centre, constants.range_low * centre, constants.range_high * centre)
        at = [(i + j * (len(found.parts) + 1), table[i, j]) for i, j in zip(*above, strict=True)]
        c.axis.plot([x for x, _ in at], [y for _, y in at], "s", color=RED, markersize=6.5)
        c.axis.set_ylabel(in_unit("range of the trials", unit))
        return c.plot("Ranges by operator", "A range above its limit is a reading that went wrong: find out why.")


def means(found: CrossedTable, unit: str) -> Plot:
    """Means of the trials with control limits made from the repeatability."""
    table = found.values.mean(axis=2)
    mean_range = float(np.ptp(found.values, axis=2).mean())
    reach = chart_constants(found.values.shape[2]).a2 * mean_range
    centre = float(table.mean())
    outside = int((np.abs(table - centre) > reach).sum())
    with canvas() as c:
        _panels(c, found, table)
        _limits(c, centre, centre - reach, centre + reach)
        c.axis.set_ylabel(in_unit("mean of the trials", unit))
        return c.plot(
            "Means by operator",
            f"{outside} of {table.size} means lie outside the limits. Here outside is good: the parts differ by more "
            "than the instrument scatters.",
        )


def _panels(c: Canvas, found: CrossedTable, table: np.ndarray) -> None:
    """Operators side by side, each with all parts; `table` is (parts, operators)."""
    parts = len(found.parts)
    for j, operator in enumerate(found.operators):
        at = np.arange(parts) + j * (parts + 1)
        c.axis.plot(at, table[:, j], color=COLOURS[j % len(COLOURS)], marker=MARKERS[j % len(MARKERS)])
        if j:
            c.axis.axvline(j * (parts + 1) - 1, color="#d1d5db", linewidth=0.8)
        if len(found.operators) > 1:
            c.axis.text(at.mean(), 1.0, operator, transform=c.axis.get_xaxis_transform(), ha="center", va="bottom")
    positions = [i + j * (parts + 1) for j in range(len(found.operators)) for i in range(parts)]
    if len(positions) <= 36:
        c.axis.set_xticks(positions, list(found.parts) * len(found.operators), fontsize=6.5, rotation=90)
    else:
        c.axis.set_xticks([])
    c.axis.set_xlabel("part")


def _limits(c: Canvas, centre: float, low: float, high: float) -> None:
    c.axis.axhline(centre, color=GREY, linewidth=0.9)
    for level in (low, high):
        c.axis.axhline(level, color=RED, linewidth=0.9, linestyle="--")


def by_part(found: CrossedTable, unit: str) -> Plot:
    """Every reading, by part."""
    with canvas() as c:
        for j, operator in enumerate(found.operators):
            shift = (j - (len(found.operators) - 1) / 2.0) * 0.16
            parts, trials = found.values.shape[0], found.values.shape[2]
            at = np.repeat(np.arange(parts) + shift, trials)
            c.axis.plot(at, found.values[:, j].ravel(), color=COLOURS[j % len(COLOURS)],
                        marker=MARKERS[j % len(MARKERS)], linestyle="", markersize=3.2, label=operator)  # fmt: skip
        c.axis.plot(range(len(found.parts)), found.values.mean(axis=(1, 2)), color="black", linewidth=0.9, label="mean")
        _part_ticks(c, found)
        c.axis.set_ylabel(in_unit("value", unit))
        c.figure.legend(loc="outside upper center", ncols=min(6, len(found.operators) + 1))
        return c.plot("Readings by part", "The line joins the parts' means.")


def by_operator(found: CrossedTable, unit: str) -> Plot:
    """Box plots by operator."""
    with canvas() as c:
        c.axis.boxplot([found.values[:, j].ravel() for j in range(len(found.operators))], widths=0.5,
                       medianprops={"color": ORANGE}, boxprops={"color": BLUE})  # fmt: skip
        means_of = found.values.mean(axis=(0, 2))
        c.axis.plot(range(1, len(found.operators) + 1), means_of, color="black", marker="D", linewidth=0.8)
        c.axis.set_xticks(range(1, len(found.operators) + 1), list(found.operators))
        c.axis.set_ylabel(in_unit("value", unit))
        c.axis.set_xlabel("operator")
        return c.plot("Readings by operator", "Boxes hold the middle half of the readings; diamonds are means.")


def interaction(found: CrossedTable, unit: str) -> Plot:
    """Means of each operator over the parts, less the part's own mean, so that the parts' spread does not hide it."""
    cells = found.values.mean(axis=2)
    with canvas() as c:
        for j, operator in enumerate(found.operators):
            c.axis.plot(range(len(found.parts)), cells[:, j] - cells.mean(axis=1), color=COLOURS[j % len(COLOURS)],
                        marker=MARKERS[j % len(MARKERS)], label=operator)  # fmt: skip
        c.axis.axhline(0.0, color=GREY, linewidth=0.8)
        _part_ticks(c, found)
        c.axis.set_ylabel(in_unit("operator's mean − part's mean", unit))
        c.figure.legend(loc="outside upper center", ncols=min(6, len(found.operators)))
        return c.plot("Interaction of operators and parts", "Lines that run level and apart: a bias of operators. "
                      "Lines that cross at random: none. Lines that cross by part: an interaction.")  # fmt: skip


def residuals(found: CrossedTable, unit: str) -> Plot:
    """Readings less the mean of their cell, over that mean."""
    cells = found.values.mean(axis=2, keepdims=True)
    with canvas() as c:
        for j, operator in enumerate(found.operators):
            at = np.repeat(cells[:, j, 0], found.values.shape[2])
            c.axis.plot(at, (found.values - cells)[:, j].ravel(), linestyle="", markersize=3.2, label=operator,
                        color=COLOURS[j % len(COLOURS)], marker=MARKERS[j % len(MARKERS)])  # fmt: skip
        c.axis.axhline(0.0, color=GREY, linewidth=0.8)
        c.axis.set_xlabel(in_unit("mean of the trials", unit))
        c.axis.set_ylabel(in_unit("reading − mean", unit))
        return c.plot("Residuals", "The scatter should be alike over the range.")


def _part_ticks(c: Canvas, found: CrossedTable) -> None:
    if len(found.parts) <= 40:
        turned = max(len(p) for p in found.parts) > 3
        c.axis.set_xticks(range(len(found.parts)), list(found.parts), rotation=90 if turned else 0, fontsize=7)
    c.axis.set_xlabel("part")

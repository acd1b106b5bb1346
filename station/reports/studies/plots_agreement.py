"""Attribute agreement in pictures: shares with their intervals, and kappas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from station.metrology.studies.attribute import Agreement, Attribute
from station.reports.document import Plot
from station.reports.drawing import BLUE, GREEN, GREY, ORANGE, canvas


def agreement_plots(study: Attribute) -> tuple[Plot, ...]:
    """All plots that the study can have."""
    plots = []
    within = [(a.name, a.within) for a in study.appraisers if a.within is not None]
    if within:
        plots.append(_shares("Agreement within appraisers", within, "Parts that an appraiser judged alike every time."))
    standard = [(a.name, a.effectiveness) for a in study.appraisers if a.effectiveness is not None]
    if standard:
        caption = "Parts that were judged as the standard says every time; 90 % is asked for. All: the system."
        everyone = [*standard, *([("all", study.system)] if study.system is not None else [])]
        plots.append(_shares("Agreement with the standard", everyone, caption, level=90.0))
    kappas = [(a.name, a.cohen.kappa, BLUE) for a in study.appraisers if a.cohen is not None]
    kappas += [(f"{p.first} × {p.second}", p.cohen.kappa, ORANGE) for p in study.pairs]
    if kappas:
        plots.append(_kappas(kappas))
    rates = [
        (a.name, a.miss, a.false_alarm) for a in study.appraisers if a.miss is not None or a.false_alarm is not None
    ]
    if rates:
        plots.append(_rates(rates))
    return tuple(plots)


def _shares(title: str, shares: Sequence[tuple[str, Agreement]], caption: str, level: float | None = None) -> Plot:
    with canvas() as c:
        for i, (_, a) in enumerate(shares):
            interval = [[a.percent - a.interval.low], [a.interval.high - a.percent]]
            c.axis.errorbar([i], [a.percent], yerr=interval, fmt="o", color=BLUE, capsize=5)
            c.axis.annotate(
                f"{a.percent:.1f} %",
                (i, a.percent),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
        if level is not None:
            c.axis.axhline(level, color=GREEN, linestyle="--")
        c.axis.set_xticks(range(len(shares)), [name for name, _ in shares])
        c.axis.set_xlim(-0.5, len(shares) - 0.2)
        c.axis.set_ylim(0.0, 103.0)
        c.axis.set_ylabel("percent of the parts")
        return c.plot(title, caption)


def _kappas(kappas: Sequence[tuple[str, float | None, str]]) -> Plot:
    with canvas() as c:
        for i, (_, value, colour) in enumerate(kappas):
            if value is not None:
                c.axis.bar(i, value, 0.6, color=colour, hatch="" if colour == BLUE else "//", edgecolor="white")
                c.axis.annotate(f"{value:.2f}", (i, max(value, 0.0)), ha="center", va="bottom")
        c.axis.axhline(0.75, color=GREEN, linestyle="--")
        c.axis.axhline(0.4, color=GREY, linestyle=":")
        c.axis.set_ylim(min(0.0, *(v or 0.0 for _, v, _ in kappas)), 1.05)
        c.axis.set_xticks(range(len(kappas)), [name for name, *_ in kappas], rotation=30 if len(kappas) > 6 else 0)
        c.axis.set_ylabel("Cohen's kappa")
        return c.plot("Kappa", "Plain: with the standard. Hatched: between two appraisers. Dashed 0.75: good; below "
                      "the dotted 0.40: poor.")  # fmt: skip


def _rates(rates: Sequence[tuple[str, Agreement | None, Agreement | None]]) -> Plot:
    with canvas() as c:
        for shift, place, colour, marker, label in (
            (-0.12, 1, ORANGE, "o", "miss: bad parts accepted"),
            (0.12, 2, BLUE, "s", "false alarm: good parts rejected"),
        ):
            known = [(i, found) for i, row in enumerate(rates) if isinstance(found := row[place], Agreement)]
            if known:
                at = np.array([i for i, _ in known]) + shift
                values = [f.percent for _, f in known]
                errors = [
                    [f.percent - f.interval.low for _, f in known],
                    [f.interval.high - f.percent for _, f in known],
                ]
                c.axis.errorbar(at, values, yerr=errors, fmt=marker, color=colour, capsize=4, label=label)
        c.axis.set_xticks(range(len(rates)), [name for name, *_ in rates])
        c.axis.set_xlim(-0.5, len(rates) - 0.5)
        c.axis.set_ylim(bottom=0.0)
        c.axis.set_ylabel("percent of judgements")
        c.figure.legend(loc="outside upper center", ncols=2)
        return c.plot("Misses and false alarms", "2 % misses and 5 % false alarms are allowed (AIAG).")

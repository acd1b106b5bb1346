"""Type 1, bias and linearity in pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from station.metrology.studies.bias import Bias
from station.metrology.studies.linearity import Linearity
from station.metrology.studies.type1 import Type1
from station.reports.document import Plot
from station.reports.drawing import BLUE, GREEN, GREY, HALF, ORANGE, RED, WHOLE, canvas, in_unit
from station.reports.studies.arrange import Master


def type1_plots(values: Sequence[float], study: Type1, unit: str) -> tuple[Plot, ...]:
    """Run chart against the allowed share of the tolerance, and the histogram."""
    with canvas(WHOLE, 2.9) as c:
        c.axis.axhspan(study.zone.low, study.zone.high, color="#e8f0e9")
        c.axis.plot(range(1, len(values) + 1), values, color=BLUE, marker="o")
        c.axis.axhline(study.reference, color=GREEN, label="reference")
        c.axis.axhline(study.summary.mean, color=ORANGE, linestyle="--", label="mean")
        for level in (study.zone.low, study.zone.high):
            c.axis.axhline(level, color=RED, linewidth=0.9, linestyle=":")
        c.axis.set_xlabel("reading")
        c.axis.set_ylabel(in_unit("value", unit))
        c.figure.legend(loc="outside upper center", ncols=2)
        share = f"{50.0 * study.share:g} %"
        run = c.plot("Run chart", f"Shaded: reference ± {share} of the tolerance. A trend or a step says that the "
                     "readings are not one process.", wide=True)  # fmt: skip
    with canvas() as c:
        c.axis.hist(values, bins=_bins(values), color=BLUE, edgecolor="white")
        c.axis.axvline(study.reference, color=GREEN, label="reference")
        c.axis.axvline(study.summary.mean, color=ORANGE, linestyle="--", label="mean")
        half = study.k / 2.0 * study.summary.sd
        for level in (study.summary.mean - half, study.summary.mean + half):
            c.axis.axvline(level, color=GREY, linestyle=":")
        c.axis.set_xlabel(in_unit("value", unit))
        c.axis.set_ylabel("readings")
        c.figure.legend(loc="outside upper center", ncols=2)
        histogram = c.plot("Histogram", f"Dotted: mean ± {study.k / 2.0:g} s.")
    return run, histogram


def bias_plots(masters: Sequence[Master], found: Sequence[Bias], unit: str) -> tuple[Plot, ...]:
    """Deviations of the readings from the reference with the interval of each bias; one histogram for one master."""
    with canvas(WHOLE if len(masters) > 6 else HALF) as c:
        for i, (m, b) in enumerate(zip(masters, found, strict=True)):
            spread = np.linspace(-0.18, 0.18, len(m.values)) if len(m.values) > 1 else np.zeros(1)
            c.axis.plot(i + spread, np.array(m.values) - m.reference, "o", color=BLUE, markersize=3.0, alpha=0.7)
            interval = [[b.bias - b.test.interval.low], [b.test.interval.high - b.bias]]
            c.axis.errorbar([i + 0.32], [b.bias], yerr=interval, fmt="D", color=ORANGE, capsize=4)
        c.axis.axhline(0.0, color=GREEN)
        c.axis.set_xticks(range(len(masters)), [m.part for m in masters])
        c.axis.set_xlim(-0.6, len(masters) - 0.4)
        c.axis.set_ylabel(in_unit("reading − reference", unit))
        c.axis.set_xlabel("master")
        percent = f"{100.0 * found[0].confidence:g} %"
        plot = c.plot("Bias", f"Circles: readings. Diamonds: bias with its {percent} interval.", wide=len(masters) > 6)
    if len(masters) > 1:
        return (plot,)
    with canvas() as c:
        c.axis.hist(masters[0].values, bins=_bins(masters[0].values), color=BLUE, edgecolor="white")
        c.axis.axvline(masters[0].reference, color=GREEN, label="reference")
        c.axis.axvline(found[0].summary.mean, color=ORANGE, linestyle="--", label="mean")
        c.axis.set_xlabel(in_unit("value", unit))
        c.axis.set_ylabel("readings")
        c.figure.legend(loc="outside upper center", ncols=2)
        return plot, c.plot("Histogram", "The readings should look like one hill.")


def linearity_plots(masters: Sequence[Master], study: Linearity, unit: str) -> tuple[Plot, ...]:
    """Deviations over the reference, the line and its band; and what the line leaves over."""
    x = np.linspace(min(m.reference for m in masters), max(m.reference for m in masters), 60)
    line, half = np.array([study.line(float(v)) for v in x]).T
    with canvas(WHOLE, 3.4) as c:
        for m in masters:
            c.axis.plot([m.reference] * len(m.values), np.array(m.values) - m.reference, "o", color=BLUE,
                        markersize=3.2, alpha=0.7)  # fmt: skip
        c.axis.fill_between(x, line - half, line + half, color=ORANGE, alpha=0.25, linewidth=0,
                            label=f"{100.0 * study.confidence:g} % band")  # fmt: skip
        c.axis.plot(x, line, color=ORANGE, label="line")
        c.axis.plot([m.reference for m in masters], [b.bias for b in study.masters], "D", color="black",
                    label="mean bias of a master")  # fmt: skip
        c.axis.axhline(0.0, color=GREEN)
        c.axis.set_xlabel(in_unit("reference", unit))
        c.axis.set_ylabel(in_unit("reading − reference", unit))
        c.figure.legend(loc="outside upper center", ncols=3)
        fit = c.plot("Bias over the range", f"bias = {study.intercept.value:.4g} {study.slope.value:+.4g} · reference; "
                     "zero has to lie within the band everywhere.", wide=True)  # fmt: skip
    with canvas() as c:
        for m in masters:
            expected = study.intercept.value + study.slope.value * m.reference
            c.axis.plot([m.reference] * len(m.values), np.array(m.values) - m.reference - expected, "o", color=BLUE,
                        markersize=3.2, alpha=0.7)  # fmt: skip
        c.axis.axhline(0.0, color=GREY)
        c.axis.set_xlabel(in_unit("reference", unit))
        c.axis.set_ylabel(in_unit("residual", unit))
        return fit, c.plot("Residuals", "A curve in the residuals: a straight line is not enough.")


def _bins(values: Sequence[float]) -> list[float]:
    """Equal classes, about the root of the number of readings."""
    low, high = min(values), max(values)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, max(5, min(20, round(len(values) ** 0.5) + 1)) + 1)
    return [float(e) for e in edges]

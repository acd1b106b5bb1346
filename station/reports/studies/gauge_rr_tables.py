"""Grids, figures and the judgement that every gauge R&R has, however it was taken."""

from __future__ import annotations

import math
from collections.abc import Sequence

from station.metrology.studies.anova import AnovaRow
from station.metrology.studies.breakdown import Breakdown
from station.metrology.studies.crossed import Crossed
from station.metrology.studies.statement import Figure, Grid, Named, Verdict

LABELS = {
    "grr": "Gauge R&R",
    "repeatability": "  Repeatability",
    "reproducibility": "  Reproducibility",
    "operator": "    Operator",
    "interaction": "    Operator × part",
    "part": "Part to part",
    "total": "Total",
}
ANOVA_LABELS = {"part": "Part", "operator": "Operator", "interaction": "Part × operator",
                "repeatability": "Repeatability", "total": "Total"}  # fmt: skip
PROBABLE = 0.6744897501960817  # half of all readings lie within it


def ndc_figures(breakdown: Breakdown) -> tuple[Figure, ...]:
    """Number of distinct categories, and what judges by the parts' share of the variance."""
    ndc = None if breakdown.ndc_exact is None else breakdown.ndc
    return (
        Figure("ndc", "number of distinct categories (truncated)", ndc),
        Figure("ndc_exact", "ndc before truncation", breakdown.ndc_exact),
        *_ratios(breakdown),
    )


def _ratios(breakdown: Breakdown) -> tuple[Figure, ...]:
    """What Wheeler's EMP and Montgomery judge by; all follow from the parts' share of the variance."""
    grr, part, total = (breakdown.of(name) for name in ("grr", "part", "total"))
    share = part.variance / total.variance if total.variance > 0.0 else None
    odds = None if share is None or share >= 1.0 else share / (1.0 - share)
    return (
        Figure("intraclass_correlation", "intraclass correlation, the parts' share of the variance", share),
        Figure("signal_to_noise", "signal-to-noise ratio √(2ρ/(1-ρ))",
               None if odds is None else math.sqrt(2.0 * odds)),
        Figure("discrimination_ratio", "discrimination ratio (1+ρ)/(1-ρ)",
               None if odds is None else 1.0 + 2.0 * odds),
        Figure("probable_error", "probable error, 0.675 × sd of repeatability",
               PROBABLE * breakdown.of("repeatability").sd),
        *(Figure("precision_to_tolerance", "precision-to-tolerance ratio", p / 100.0)
          for p in (grr.percent_tolerance,) if p is not None),
    )  # fmt: skip


def anova_grids(result: Crossed) -> tuple[Grid, ...]:
    """The table with the interaction and, where it was pooled, the one without."""
    full = anova_grid("Analysis of variance with interaction", result.with_interaction, "")
    if result.pooled is None:
        return (full,)
    return (full, anova_grid("Analysis of variance, interaction pooled", result.pooled, "_pooled"))


def anova_grid(title: str, rows: Sequence[AnovaRow], suffix: str) -> Grid:
    """One table of the analysis; `suffix` tells it from the other."""
    columns = (Named("df", "df"), Named("ss", "SS"), Named("ms", "MS"), Named("f", "F"), Named("p", "p"))
    cells = tuple((r.df, r.ss, None if r.source == "total" else r.ms, r.f, r.p) for r in rows)
    return Grid(title, columns, tuple(Named(r.source + suffix, ANOVA_LABELS[r.source]) for r in rows), cells)


def components_grid(breakdown: Breakdown) -> Grid:
    """Components with their shares and intervals."""
    columns = [
        Named("variance", "Variance"), Named("percent_contribution", "% contribution"), Named("sd", "Std dev"),
        Named("study_variation", f"{breakdown.scale.multiplier:g} × sd"), Named("percent_study_variation", "% study"),
    ]  # fmt: skip
    cells: list[list[float | None]] = [
        [c.variance, c.percent_contribution, c.sd, c.study_variation, c.percent_study] for c in breakdown.components
    ]
    optional = (
        (Named("percent_tolerance", "% tolerance"), [c.percent_tolerance for c in breakdown.components]),
        (Named("percent_process", "% process"), [c.percent_process for c in breakdown.components]),
    )
    for column, values in optional:
        if any(v is not None for v in values):
            columns.append(column)
            for row, value in zip(cells, values, strict=True):
                row.append(value)
    rows = tuple(Named(c.source, LABELS[c.source]) for c in breakdown.components)
    return Grid("Components of variation", tuple(columns), rows, tuple(tuple(row) for row in cells))


def interval_grids(breakdown: Breakdown) -> tuple[Grid, ...]:
    """Intervals of the components, as variances and as standard deviations; none where none is known."""
    known = [(c.source, c.interval) for c in breakdown.components if c.interval is not None]
    columns = (Named("variance_ci_low", "Variance from"), Named("variance_ci_high", "to"),
               Named("sd_ci_low", "Std dev from"), Named("sd_ci_high", "to"))  # fmt: skip
    rows = tuple(Named(source, LABELS[source]) for source, _ in known)
    cells = tuple((i.low, i.high, math.sqrt(i.low), math.sqrt(i.high)) for _, i in known)
    return (Grid("Intervals of the components", columns, rows, cells),) if known else ()


def judged(breakdown: Breakdown) -> tuple[Verdict, str]:
    """AIAG: GRR below 10 % good, to 30 % conditional; ndc 5 at least. The tolerance counts where there is one."""
    grr = breakdown.of("grr")
    percent, of = grr.percent_study, "study variation"
    if grr.percent_tolerance is not None:
        percent, of = grr.percent_tolerance, "tolerance"
    elif grr.percent_process is not None:
        percent, of = grr.percent_process, "process variation"
    if grr.variance <= 0.0:
        return Verdict.STATED, (
            "No reading differs from its repetition: the resolution is too coarse to show what the instrument "
            "scatters, or the readings are copies."
        )
    verdict = of_percent(percent)
    few = breakdown.ndc_exact is not None and breakdown.ndc < 5
    ndc = "not limited" if breakdown.ndc_exact is None else str(breakdown.ndc)
    if few and verdict is Verdict.CAPABLE:
        verdict = Verdict.CONDITIONAL
    band = "below 10 %" if percent < 10.0 else "10 to 30 %" if percent <= 30.0 else "above 30 %"
    text = f"Gauge R&R is {percent:.1f} % of the {of} ({band}), ndc is {ndc}"
    reason = "; AIAG asks for ndc of 5 at least, so the parts of this study can hardly be told apart." if few else "."
    return verdict, f"{text}{reason}"


def of_percent(percent: float) -> Verdict:
    """AIAG's bands of %GRR."""
    if math.isnan(percent) or percent > 30.0:
        return Verdict.NOT_CAPABLE
    return Verdict.CAPABLE if percent < 10.0 else Verdict.CONDITIONAL

"""Attribute agreement as a report."""

from __future__ import annotations

from collections import Counter

from station.errors import InputError
from station.metrology.studies.attribute import Agreement, Appraiser, Attribute, attribute
from station.metrology.studies.detection import Detection, detection
from station.metrology.studies.kappa import FleissKappa, Kappa
from station.metrology.studies.ordered import ordered
from station.metrology.studies.statement import Figure, Grid, Named, Statement, Value, Verdict, name_of
from station.reports.studies import plots_agreement
from station.reports.studies.agreement_tables import category_grids, ends, ordered_figures, ordered_grid, pairs_grid
from station.reports.studies.arrange import Ratings, ratings_of
from station.reports.studies.readings import Readings
from station.reports.studies.study import Options, Study

ACCEPTING = ("1", "pass", "ok", "accept", "accepted", "good", "go", "yes", "conforming", "i.o.", "io", "true")
LEAST_KAPPA = 0.75


def attribute_study(table: Readings, o: Options) -> Study:
    """Agreement within, between and with the standard.

    Raises:
        InputError: a table that is not complete, with row and column; a category to accept that nobody named.
    """
    ratings = ratings_of(table)
    ratings = _with_limits(table, ratings, o)
    named = {t for part in ratings.said for operator in part for t in operator} | set(ratings.standard or ())
    if len(named) > 12:
        often = Counter(r.value for r in table.rows)
        odd = min(table.rows, key=lambda r: often[r.value])
        raise InputError(
            f"the judgements name {len(named)} different categories; these look like measurements",
            place=table.place(odd, "value"),
        )
    accepted = _accepted(named, o)
    names = ratings.operators if ratings.operators != ("",) else ("all",)
    try:
        found = attribute(ratings.said, names, ratings.standard, accepted=accepted, confidence=o.confidence)
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error
    zones = None
    if ratings.true_values is not None and accepted is not None:
        zones = detection(ratings.true_values, _unanimous(ratings, accepted), o.lower, o.upper)
    return Study(_statement(table, ratings, found, zones, o), lambda: plots_agreement.agreement_plots(found))


def _with_limits(table: Readings, ratings: Ratings, o: Options) -> Ratings:
    """A reference that is a measured size together with limits gives the standard 1 or 0 by itself."""
    if ratings.standard is None or (o.lower is None and o.upper is None) or set(ratings.standard) <= {"0", "1"}:
        return ratings
    first = {p: next(r for r in table.rows if r.part == p) for p in ratings.parts}
    sizes = tuple(table.number(first[p], "reference") for p in ratings.parts)
    low, high = o.lower, o.upper
    standard = tuple("1" if (low is None or v >= low) and (high is None or v <= high) else "0" for v in sizes)
    return Ratings(ratings.said, ratings.parts, ratings.operators, standard, sizes)


def _accepted(named: set[str], o: Options) -> str | None:
    if o.accept is not None:
        asked = o.accept.casefold()
        if asked not in named:
            raise InputError(f"--accept {o.accept}: nobody named this category; named are {', '.join(sorted(named))}")
        return asked
    return next((word for word in ACCEPTING if word in named), None) if len(named) <= 2 else None


def _unanimous(ratings: Ratings, accepted: str) -> list[bool | None]:
    said = [{t for operator in part for t in operator} for part in ratings.said]
    return [next(iter(s)) == accepted if len(s) == 1 else None for s in said]


def _statement(table: Readings, ratings: Ratings, s: Attribute, zones: Detection | None, o: Options) -> Statement:
    levels = ordered(ratings.said, [a.name for a in s.appraisers], ratings.standard, s.categories)
    figures = [
        Figure("parts", "parts", len(ratings.parts)),
        Figure("operators", "appraisers", len(ratings.operators)),
        Figure("trials", "trials", len(ratings.said[0][0])),
        Figure("categories", "categories", s.categories),
        *_agreement("between_agreement", "all appraisers agree with each other", s.between),
        *_kappa("fleiss_kappa_between", "Fleiss's kappa between appraisers", s.between_fleiss, s.confidence),
        *_agreement("system_effectiveness", "all appraisers agree with the standard", s.system),
        *_kappa("fleiss_kappa_all", "Fleiss's kappa of all with the standard", s.all_fleiss, s.confidence),
        *_one_kappa("cohen_kappa_all", "Cohen's kappa of all with the standard, pooled", s.all_cohen, s.confidence),
        *(ordered_figures(levels) if levels is not None else ()),
    ]
    if zones is not None:
        figures += [
            Figure("d_lower", "grey zone at the lower limit", zones.lower_zone, o.unit),
            Figure("d_upper", "grey zone at the upper limit", zones.upper_zone, o.unit),
            Figure("d", "mean grey zone (estimate of GRR)", zones.mean_zone, o.unit),
            Figure("percent_tolerance_d", "grey zone of the tolerance", zones.percent_tolerance, "%"),
        ]
    verdict, sentence = _judged(s)
    return Statement(
        kind="attribute",
        method="agreement, Cohen's and Fleiss's kappa, effectiveness (AIAG)",
        title=o.title or "Attribute agreement study",
        parameters=(
            Figure("alpha", "alpha of intervals", o.alpha),
            Figure("accept", "category that accepts", s.accepted),
            *(f for f in o.limits() if f.key != "process_sd"),
        ),
        figures=tuple(figures),
        grids=(
            _appraisers_grid(s),
            *((pairs_grid(s),) if s.pairs else ()),
            *((ordered_grid(levels),) if levels is not None else ()),
            *category_grids(s),
        ),
        verdict=verdict,
        sentence=sentence,
        notes=(
            "Cohen's kappa pools all trials in one table (AIAG); Fleiss's with the standard is the mean over trials.",
        ),
        sources=(table.source,),
    )


def _agreement(key: str, label: str, a: Agreement | None) -> tuple[Figure, ...]:
    if a is None:
        return ()
    return (
        Figure(f"{key}_matched", f"{label}: parts", a.matched),
        Figure(f"{key}_percent", f"{label}: share", a.percent, "%"),
        Figure(f"{key}_ci", f"{label}: interval", (a.interval.low, a.interval.high), "%"),
    )


def _kappa(key: str, label: str, k: FleissKappa | None, confidence: float) -> tuple[Figure, ...]:
    return () if k is None else _one_kappa(key, label, k.overall, confidence)


def _one_kappa(key: str, label: str, k: Kappa | None, confidence: float) -> tuple[Figure, ...]:
    if k is None:
        return ()
    interval = k.interval(confidence)
    return (
        Figure(key, label, k.kappa),
        Figure(f"{key}_se", f"{label}: standard error", k.standard_error),
        Figure(f"{key}_z", f"{label}: z", k.z),
        Figure(f"{key}_p", f"{label}: p", k.p),
        *(Figure(f"{key}_ci", f"{label}: interval", (i.low, i.high)) for i in (interval,) if i is not None),
    )


def _appraisers_grid(s: Attribute) -> Grid:
    columns = [
        Named("within_percent", "Within %"), Named("within_ci_low", "from"), Named("within_ci_high", "to"),
        Named("fleiss_kappa_within", "Kappa within"), Named("effectiveness_percent", "Effectiveness %"),
        Named("effectiveness_ci_low", "from"), Named("effectiveness_ci_high", "to"),
        Named("cohen_kappa", "Cohen"), Named("cohen_kappa_ci_low", "from"), Named("cohen_kappa_ci_high", "to"),
        Named("fleiss_kappa", "Fleiss"), Named("miss_percent", "Miss %"),
        Named("miss_ci_high", "at most"), Named("false_alarm_percent", "False alarm %"),
        Named("false_alarm_ci_high", "at most"),
    ]  # fmt: skip
    cells = [_appraiser_cells(a, s.confidence) for a in s.appraisers]
    kept = [i for i in range(len(columns)) if any(row[i] is not None for row in cells)]
    rows = tuple(Named(name_of(a.name), a.name) for a in s.appraisers)
    return Grid("Appraisers", tuple(columns[i] for i in kept), rows, tuple(tuple(r[i] for i in kept) for r in cells),
                row_label="Appraiser")  # fmt: skip


def _appraiser_cells(a: Appraiser, confidence: float) -> tuple[Value, ...]:
    def three(x: Agreement | None) -> tuple[Value, Value, Value]:
        return (None, None, None) if x is None else (x.percent, x.interval.low, x.interval.high)

    miss, alarm = three(a.miss), three(a.false_alarm)
    return (
        *three(a.within),
        a.within_fleiss.overall.kappa if a.within_fleiss else None,
        *three(a.effectiveness),
        a.cohen.kappa if a.cohen else None,
        *ends(a.cohen, confidence),
        a.fleiss.overall.kappa if a.fleiss else None,
        miss[0],
        miss[2],
        alarm[0],
        alarm[2],
    )


def _judged(s: Attribute) -> tuple[Verdict, str]:
    """Kappa of 0.75 at least for every appraiser, with the standard where there is one; AIAG's rates for the rest."""
    known = [(a.name, a.cohen.kappa) for a in s.appraisers if a.cohen is not None]
    what = "with the standard"
    if not known:
        known, what = [(f"{p.first} × {p.second}", p.cohen.kappa) for p in s.pairs], "between appraisers"
    values = [(k, name) for name, k in known if k is not None]
    if not values:
        return Verdict.STATED, "Only one category was ever named, or nobody to compare with: kappa says nothing here."
    least, name = min(values)
    band = f"the least kappa {what} is {least:.2f} ({name}), {LEAST_KAPPA:g} is asked for"
    if least < 0.40:
        return Verdict.NOT_ACCEPTABLE, f"Poor agreement: {band}."
    if least < LEAST_KAPPA:
        return Verdict.NOT_ACCEPTABLE, f"Agreement is not good enough: {band}."
    worst = _worst_rate(s)
    if worst:
        return Verdict.CONDITIONAL, f"Good agreement, but {worst}; {band}."
    return Verdict.ACCEPTABLE, f"Good agreement: {band}."


def _worst_rate(s: Attribute) -> str:
    """AIAG's acceptable rates: effectiveness 90 %, miss 2 %, false alarm 5 %."""
    found = []
    for a in s.appraisers:
        if a.effectiveness is not None and a.effectiveness.percent < 90.0:
            found.append(f"{a.name} judges {a.effectiveness.percent:.0f} % of the parts right (90 % asked)")
        if a.miss is not None and a.miss.percent > 2.0:
            found.append(f"{a.name} accepts {a.miss.percent:.1f} % of bad parts (2 % allowed)")
        if a.false_alarm is not None and a.false_alarm.percent > 5.0:
            found.append(f"{a.name} rejects {a.false_alarm.percent:.1f} % of good parts (5 % allowed)")
    return ", ".join(found)

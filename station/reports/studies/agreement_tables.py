"""Grids of an attribute study beyond the appraisers themselves: pairs, categories, and ordered categories."""

from __future__ import annotations

from station.metrology.studies.attribute import Appraiser, Attribute
from station.metrology.studies.kappa import FleissKappa, Kappa
from station.metrology.studies.ordered import Ordered, OrderedAppraiser
from station.metrology.studies.statement import Figure, Grid, Named, Value, name_of

MANY = 3  # categories: with two, all of Fleiss's kappas are one


def pairs_grid(s: Attribute) -> Grid:
    """Appraisers against each other, all trials pooled (AIAG's cross-tabulation)."""
    columns = (Named("cohen_kappa", "Cohen"), Named("cohen_kappa_se", "Std error"), Named("cohen_kappa_ci_low", "from"),
               Named("cohen_kappa_ci_high", "to"), Named("crosstab", "Counts"))  # fmt: skip
    rows = tuple(Named(f"{name_of(p.first)}_{name_of(p.second)}", f"{p.first} × {p.second}") for p in s.pairs)
    cells = tuple(
        (p.cohen.kappa, p.cohen.standard_error, *ends(p.cohen, s.confidence),
         "; ".join(" ".join(map(str, r)) for r in p.table))
        for p in s.pairs
    )  # fmt: skip
    return Grid("Appraisers against each other", columns, rows, cells, row_label="Pair")


def ends(k: Kappa | None, confidence: float) -> tuple[float | None, float | None]:
    """The interval of a kappa as two cells."""
    interval = None if k is None else k.interval(confidence)
    return (None, None) if interval is None else (interval.low, interval.high)


def category_grids(s: Attribute) -> tuple[Grid, ...]:
    """Fleiss's kappas by category: between appraisers, of all with the standard, and of each appraiser."""
    if len(s.categories) < MANY:
        return ()
    together = [("between", "Between", s.between_fleiss), ("all", "All with the standard", s.all_fleiss)]
    rows, cells = [], []
    for key, label, found in together:
        for k, c, single in _each(found, s.categories):
            rows.append(Named(f"{key}_{k}", f"{label}: {c}"))
            cells.append(single)
    for a in s.appraisers:
        for which, label, found in _of(a):
            for k, c, single in _each(found, s.categories):
                rows.append(Named(f"{which}{name_of(a.name)}_{k}", f"{a.name}{label}: {c}"))
                cells.append(single)
    columns = (Named("fleiss_kappa", "Fleiss"), Named("fleiss_kappa_se", "Std error"), Named("fleiss_kappa_z", "z"),
               Named("fleiss_kappa_p", "p"))  # fmt: skip
    return (Grid("Categories", columns, tuple(rows), tuple(cells), row_label="Of"),) if rows else ()


def _of(a: Appraiser) -> tuple[tuple[str, str, FleissKappa | None], ...]:
    return (("", " with the standard", a.fleiss), ("within_", " within", a.within_fleiss))


def _each(found: FleissKappa | None, categories: tuple[str, ...]) -> list[tuple[str, str, tuple[Value, ...]]]:
    """Category by category: its JSON name, its name, and the cells."""
    if found is None:
        return []
    return [(category_key(c), c, (k.kappa, k.standard_error, k.z, k.p))
            for c, k in zip(categories, found.by_category, strict=True)]  # fmt: skip


def category_key(category: str) -> str:
    """A category as part of a JSON name; -2 and 2 are two."""
    return ("minus_" if category.startswith("-") else "") + name_of(category)


def ordered_figures(s: Ordered) -> tuple[Figure, ...]:
    """Kendall's coefficients of all appraisers together."""
    found: list[Figure] = []
    if s.between is not None:
        b = s.between
        found += [
            Figure("kendall_w_between", "Kendall's W between appraisers", b.w),
            Figure("kendall_w_between_chi2", "its chi²", b.chi2),
            Figure("kendall_w_between_df", "its degrees of freedom", b.df),
            Figure("kendall_w_between_p", "its p", b.p),
        ]
    if s.correlation is not None:
        c = s.correlation
        found += [
            Figure("kendall_tau_all", "Kendall's correlation of all with the standard", c.tau),
            Figure("kendall_tau_all_se", "its standard error", c.standard_error),
            Figure("kendall_tau_all_z", "its z", c.z),
            Figure("kendall_tau_all_p", "its p", c.p),
        ]
    return tuple(found)


def ordered_grid(s: Ordered) -> Grid:
    """Each appraiser's coefficients for ordered categories; columns that nobody has are left out."""
    columns = [
        Named("kendall_w_within", "W within"), Named("kendall_w_within_chi2", "chi²"),
        Named("kendall_w_within_p", "p"), Named("kendall_tau", "Tau with the standard"),
        Named("kendall_tau_se", "Std error"), Named("kendall_tau_z", "z"), Named("kendall_tau_p", "p"),
        Named("weighted_kappa_linear", "Kappa, linear"), Named("weighted_kappa_quadratic", "Kappa, quadratic"),
    ]  # fmt: skip
    cells = [_ordered_cells(a) for a in s.appraisers]
    kept = [i for i in range(len(columns)) if any(row[i] is not None for row in cells)]
    return Grid(
        "Ordered categories",
        tuple(columns[i] for i in kept),
        tuple(Named(name_of(a.name), a.name) for a in s.appraisers),
        tuple(tuple(row[i] for i in kept) for row in cells),
        row_label="Appraiser",
    )


def _ordered_cells(a: OrderedAppraiser) -> tuple[Value, ...]:
    w, t = a.within, a.correlation
    return (
        *((None, None, None) if w is None else (w.w, w.chi2, w.p)),
        *((None, None, None, None) if t is None else (t.tau, t.standard_error, t.z, t.p)),
        None if a.linear is None else a.linear.kappa,
        None if a.quadratic is None else a.quadratic.kappa,
    )

"""Measuring systems by their uncertainty (ISO 22514-7, VDA 5), and process capability, as reports."""

from __future__ import annotations

from station.errors import InputError
from station.metrology.studies.capability import Indices, indices
from station.metrology.studies.charts import individuals, subgroups
from station.metrology.studies.crossed import Crossed
from station.metrology.studies.measuring_system import (
    Capability,
    Extra,
    MeasuringSystem,
    Regression,
    measuring_system,
    study_masters,
)
from station.metrology.studies.statement import Figure, Grid, Named, Statement, Value, Verdict
from station.metrology.studies.summary import Summary, summarise
from station.reports.studies import plots_systems
from station.reports.studies.arrange import crossed_table, masters_of, values_of
from station.reports.studies.gauge_rr_tables import anova_grids
from station.reports.studies.occasions import grouped
from station.reports.studies.readings import Readings
from station.reports.studies.study import Options, Study

NAMES = {"cal": "u_CAL", "re": "u_RE", "evr": "u_EVR", "lin": "u_LIN", "bi": "u_BI", "evo": "u_EVO", "av": "u_AV",
         "ia": "u_IA"}  # fmt: skip


def vda5_study(table: Readings, o: Options, process: Readings | None = None) -> Study:
    """U_MS from masters (rows with a reference), U_MP from parts (rows without one, or of the file `process`).

    Raises:
        InputError: no tolerance, no masters, or a table that is not complete, with row and column.
    """
    if o.width is None:
        raise InputError("ISO 22514-7 / VDA 5 needs the tolerance: --tolerance WIDTH, or --lower and --upper")
    if o.method not in (None, "regression", "largest"):
        raise InputError(f"--method {o.method} is none of vda5: regression, largest")
    alone = o.reference is not None and not table.has("reference")
    masters = [r for r in table.rows if alone or r.reference]
    if not masters:
        raise InputError("no row has a reference: the measuring system is studied on masters, rows with a reference",
                         place=f"{table.source.name}, row {table.rows[0].row}, column reference")  # fmt: skip
    others = [r for r in table.rows if not alone and not r.reference]
    parts = None
    if process is not None:
        parts = crossed_table(process, one_operator=True)
    elif others:
        parts = crossed_table(table, others, one_operator=True)
    try:
        of_masters = study_masters(
            [(m.reference, m.values) for m in masters_of(table, o.reference if alone else None, masters)],
            regression=None if o.method is None else o.method == "regression",
        )
        found = measuring_system(
            of_masters,
            o.width,
            parts=None if parts is None else parts.values,
            u_cal=o.u_cal,
            resolution=o.resolution or 0.0,
            extra=[Extra(name, u) for name, u in o.extra],
            k=o.k or 2.0,
            alpha=o.alpha_pool,
            q_limits=o.q_limits,
        )
    except ValueError as error:
        raise InputError(str(error), place=table.source.name) from error
    sources = (table.source, *((process.source,) if process else ()))
    statement = Statement(
        kind="vda5",
        method="uncertainty components (ISO 22514-7, VDA 5)",
        title=o.title or "Capability of the measuring system and process",
        parameters=(
            Figure("k", "k, coverage factor of U", found.k),
            Figure("alpha_pool", "interaction pooled when p >", o.alpha_pool),
            Figure("q_ms_limit", "limit of Q_MS", o.q_limits[0], "%"),
            Figure("q_mp_limit", "limit of Q_MP", o.q_limits[1], "%"),
            Figure("u_cal", "u of the masters' certificates", o.u_cal, o.unit),
            Figure("resolution", "resolution", o.resolution or 0.0, o.unit),
            *(f for f in o.limits() if f.key != "process_sd"),
        ),
        figures=_vda5_figures(found, o),
        grids=(_terms_grid(found), *_line_grids(found.masters.regression), *_parts_grids(found)),
        verdict=_vda5_verdict(found),
        sentence=_vda5_sentence(found),
        notes=_vda5_notes(found),
        sources=sources,
    )
    return Study(statement, lambda: plots_systems.budget_plots(found, o.unit))


def _vda5_figures(s: MeasuringSystem, o: Options) -> tuple[Figure, ...]:
    def result(name: str, c: Capability) -> tuple[Figure, ...]:
        key = name.lower()
        return (
            Figure(f"u_{key}", f"u_{name}", c.u, o.unit),
            Figure(f"expanded_u_{key}", f"U_{name} = k · u_{name}", c.expanded, o.unit),
            Figure(f"q_{key}", f"Q_{name}", c.q, "%"),
            Figure(f"c_{key}", f"C_{name}", c.c),
            Figure(
                f"min_tolerance_{key}", f"least tolerance for Q_{name} ≤ {c.q_limit:g} %", c.least_tolerance, o.unit
            ),
            Figure(f"capable_{key}", f"Q_{name} keeps to its limit", c.capable),
        )

    return (
        *result("MS", s.system),
        *(result("MP", s.process) if s.process is not None else ()),
        Figure("percent_resolution", "resolution of the tolerance", s.percent_resolution, "%"),
    )


def _terms_grid(s: MeasuringSystem) -> Grid:
    columns = (Named("u", "u"), Named("in_ms", "in u_MS"), Named("in_mp", "in u_MP"), Named("origin", "From"))
    rows = tuple(Named(t.name.lower(), NAMES.get(t.name, f"u of {t.name}")) for t in s.terms)
    cells = tuple((t.u, t.in_system, t.in_process and s.process is not None, t.origin) for t in s.terms)
    return Grid("Components of uncertainty", columns, rows, cells, row_label="Component")


def _line_grids(line: Regression | None) -> tuple[Grid, ...]:
    if line is None:
        return ()
    columns = (Named("df", "df"), Named("ss", "SS"), Named("ms", "MS"), Named("f", "F"), Named("p", "p"),
               Named("f0", "F0 (95 %)"))  # fmt: skip
    found = ((line.linearity, "lin", "Linearity (lack of fit)"), (line.repeatability, "evr", "Repeatability"),
             (line.residual, "residual", "Residual"))  # fmt: skip
    rows = tuple(Named(key, label) for _, key, label in found)
    cells: tuple[tuple[Value, ...], ...] = tuple(
        (r.df, r.ss, r.ms, r.f, r.p, line.critical_f if key == "lin" else None) for r, key, _ in found
    )
    coefficients = Grid("Line of the masters: reading = beta0 + beta1 · reference",
                        (Named("beta0", "beta0"), Named("beta1", "beta1")), (Named("", "Line"),),
                        ((line.beta0, line.beta1),))  # fmt: skip
    return (coefficients, Grid("Analysis of variance of the line", columns, rows, cells))


def _parts_grids(s: MeasuringSystem) -> tuple[Grid, ...]:
    if not isinstance(s.parts, Crossed):
        return ()
    return anova_grids(s.parts)


def _vda5_verdict(s: MeasuringSystem) -> Verdict:
    if s.system.u <= 0.0:
        return Verdict.STATED
    fine = s.system.capable and (s.process is None or s.process.capable) and s.percent_resolution <= 5.0
    return Verdict.CAPABLE if fine else Verdict.NOT_CAPABLE


def _vda5_sentence(s: MeasuringSystem) -> str:
    if s.system.u <= 0.0:
        return "The readings do not scatter at all, and no resolution was given: nothing is known of the uncertainty."

    def of(name: str, c: Capability) -> str:
        return f"Q_{name} is {c.q:.1f} % ({'keeps to' if c.capable else 'exceeds'} {c.q_limit:g} %)"

    text = of("MS", s.system) + (f", {of('MP', s.process)}" if s.process else "")
    coarse = s.percent_resolution > 5.0
    return text + (
        f"; the resolution is {s.percent_resolution:.1f} % of the tolerance, 5 % is allowed." if coarse else "."
    )


def _vda5_notes(s: MeasuringSystem) -> tuple[str, ...]:
    notes = []
    if s.masters.regression is not None:
        notes.append("The bias along the line is taken as corrected: readings have to be corrected by beta0 and beta1. "
                     "Where they are not, use --method largest.")  # fmt: skip
    if s.process is None:
        notes.append("No parts by operators were given, so nothing is said of the measurement process.")
    return tuple(notes)


def capability_study(table: Readings, o: Options) -> Study:
    """Cp, Cpk within subgroups, Pp, Ppk of everything.

    Raises:
        InputError: no limit, unlike subgroups, or a bad cell with row and column.
    """
    values = values_of(table)
    groups, by = grouped(table, o, single=not (o.subgroup or o.subgroup_size))
    try:
        whole = summarise(values)
        if len(groups[0]) == 1:
            chart = individuals(values, rules=o.rules)
        else:
            chart = subgroups([[table.number(r, "value") for r in g] for g in groups], rules=o.rules)
        both = [
            indices(whole.mean, sd, o.lower, o.upper, target=o.target, n=whole.n, confidence=o.confidence,
                    multiplier=o.sigma_multiplier)
            for sd in (chart.sigma, whole.sd)
        ]  # fmt: skip
    except ValueError as error:
        raise InputError(f"{error}; give --lower and --upper", place=table.source.name) from error
    within, overall = both
    verdict, sentence = _capability_verdict(overall)
    statement = Statement(
        kind="capability",
        method=f"Cp, Cpk from {chart.estimated}; Pp, Ppk from all values (ISO 22514-2)",
        title=o.title or "Process capability",
        parameters=(
            Figure("sigma_multiplier", "process spread in standard deviations", o.sigma_multiplier),
            Figure("alpha", "alpha of intervals", o.alpha),
            Figure("subgroups", "subgroups by", by),
            *(Figure("target", "target", o.target, o.unit) for _ in range(o.target is not None)),
            *o.limits(),
        ),
        figures=_capability_figures(whole, within, overall, o),
        grids=(),
        verdict=verdict,
        sentence=sentence,
        notes=() if chart.stable else ("The process is not under control: its indices say little of tomorrow.",),
        sources=(table.source,),
    )
    return Study(statement, lambda: plots_systems.capability_plots(values, whole, chart, o))


def _capability_figures(whole: Summary, within: Indices, overall: Indices, o: Options) -> tuple[Figure, ...]:
    def pair(i: Indices, p: str) -> tuple[Figure, ...]:
        of_p, of_pk = i.interval_cp, i.interval_cpk
        return (
            Figure(f"{p}p", f"{p.upper()}p", i.cp),
            Figure(f"{p}pl", f"{p.upper()}pl", i.cpl),
            Figure(f"{p}pu", f"{p.upper()}pu", i.cpu),
            Figure(f"{p}pk", f"{p.upper()}pk", i.cpk),
            Figure(f"{p}p_ci", f"interval of {p.upper()}p", () if of_p is None else (of_p.low, of_p.high)),
            Figure(f"{p}pk_ci", f"interval of {p.upper()}pk", () if of_pk is None else (of_pk.low, of_pk.high)),
        )

    return (
        Figure("n", "readings", whole.n),
        Figure("mean", "mean", whole.mean, o.unit),
        Figure("sd", "standard deviation of all", whole.sd, o.unit),
        Figure("sd_within", "standard deviation within subgroups", within.sd, o.unit),
        *pair(within, "c"),
        *pair(overall, "p"),
        Figure("cpm", "Cpm", overall.cpm),
        Figure("k_off_centre", "k, distance from the middle in half tolerances", overall.k),
    )


def _capability_verdict(i: Indices) -> tuple[Verdict, str]:
    if i.cpk is None:
        return Verdict.STATED, "The values do not scatter: there is no index."
    verdict = Verdict.CAPABLE if i.cpk >= 1.33 else Verdict.CONDITIONAL if i.cpk >= 1.0 else Verdict.NOT_CAPABLE
    return verdict, f"Ppk is {i.cpk:.2f}; 1.33 is usually asked for."

"""Capability of measuring systems and measurement processes by their uncertainty: ISO 22514-7:2012 and VDA 5.

Masters give the measuring system's scatter (u_EVR) and what remains of its linearity (u_LIN) or bias (u_BI); parts
measured by several operators give the process's (u_EVO, u_AV, u_IA). Of resolution and scatter only the largest counts:
one shows in the other. Q = 2·U / T in percent; the standard's own example has misprints, so the formulas are followed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from station.metrology.studies.anova import AnovaRow, tested
from station.metrology.studies.breakdown import Scale
from station.metrology.studies.crossed import Crossed, OneWay, crossed, without_operators
from station.metrology.studies.summary import summarise

Floats = NDArray[np.float64]

Q_MS_LIMIT = 15.0  # percent; ISO 22514-7, VDA 5
Q_MP_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Regression:
    """Readings = beta0 + beta1 · reference, and the test whether the line is straight (F against its critical F0)."""

    beta0: float
    beta1: float
    residual: AnovaRow
    repeatability: AnovaRow
    linearity: AnovaRow
    critical_f: float


@dataclass(frozen=True, slots=True)
class MasterStudy:
    """What masters say of the measuring system. `regression` is None when the largest bias counts instead."""

    u_evr: float
    u_lin: float
    u_bi: float
    regression: Regression | None
    biases: tuple[tuple[float, float, float], ...]  # reference, bias, standard deviation


@dataclass(frozen=True, slots=True)
class Term:
    """One component: its standard uncertainty, and whether it enters the measuring system and the process."""

    name: str
    u: float
    in_system: bool
    in_process: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Capability:
    """One of the two results: u, U = k·u, Q in percent of the tolerance, C, and the least tolerance for the limit."""

    u: float
    expanded: float
    q: float
    c: float
    q_limit: float
    least_tolerance: float

    @property
    def capable(self) -> bool:
        """Whether Q keeps to its limit."""
        return self.q <= self.q_limit


@dataclass(frozen=True, slots=True)
class MeasuringSystem:
    """The whole study; `process` is None where no parts were measured."""

    terms: tuple[Term, ...]
    system: Capability
    process: Capability | None
    masters: MasterStudy
    parts: Crossed | OneWay | None
    tolerance: float
    k: float
    resolution: float
    percent_resolution: float


@dataclass(frozen=True, slots=True)
class Extra:
    """A component known from elsewhere, such as temperature or the part's form."""

    name: str
    u: float
    in_system: bool = False


def study_masters(masters: Sequence[tuple[float, Sequence[float]]], *, regression: bool | None = None) -> MasterStudy:
    """Scatter and linearity of `masters`: certified value and readings of each.

    With three references or more a line is fitted (ISO 22514-7, annex A), and readings have to be corrected by it. With
    fewer, or on demand, the largest bias counts: u_BI = |bias| / √3, and the largest standard deviation.

    Raises:
        ValueError: a master with fewer than two readings, or a line through fewer than three references.
    """
    if not masters or any(len(readings) < 2 for _, readings in masters):
        raise ValueError("every master needs at least 2 readings (25 of one, or 10 of each of several, are usual)")
    found = [(reference, summarise(readings)) for reference, readings in masters]
    biases = tuple((reference, s.mean - reference, s.sd) for reference, s in found)
    different = len({reference for reference, _ in masters})
    if regression is None:
        regression = different >= 3
    if not regression:
        worst = max(abs(b) for _, b, _ in biases)
        return MasterStudy(max(sd for *_, sd in biases), 0.0, worst / math.sqrt(3.0), None, biases)
    if different < 3:
        raise ValueError("a line's linearity shows with masters of at least 3 different references")
    line = _regression(masters)
    return MasterStudy(math.sqrt(line.repeatability.ms), math.sqrt(line.linearity.ms), 0.0, line, biases)


def _regression(masters: Sequence[tuple[float, Sequence[float]]]) -> Regression:
    x = np.concatenate([np.full(len(r), reference) for reference, r in masters])
    y = np.concatenate([np.asarray(r, dtype=float) for _, r in masters])
    centre, mean = float(x.mean()), float(y.mean())
    slope = float(((x - centre) * (y - mean)).sum() / ((x - centre) ** 2).sum())
    rest = float((((y - mean) - slope * (x - centre)) ** 2).sum())
    by_reference = {ref: np.concatenate([np.asarray(r, dtype=float) for other, r in masters if other == ref])
                    for ref, _ in masters}  # fmt: skip
    pure = sum(float(((r - r.mean()) ** 2).sum()) for r in by_reference.values())
    levels = len(by_reference)
    repeatability = AnovaRow("repeatability", pure, len(y) - levels)
    linearity = tested(AnovaRow("linearity", max(0.0, rest - pure), levels - 2), repeatability)
    critical = float(fdtri(levels - 2, len(y) - levels, 0.95))
    residual = AnovaRow("residual", rest, len(y) - 2)
    return Regression(mean - slope * centre, slope, residual, repeatability, linearity, critical)


def measuring_system(
    masters: MasterStudy,
    tolerance: float,
    *,
    parts: Floats | None = None,
    u_cal: float = 0.0,
    resolution: float = 0.0,
    extra: Sequence[Extra] = (),
    k: float = 2.0,
    alpha: float = 0.05,
    q_limits: tuple[float, float] = (Q_MS_LIMIT, Q_MP_LIMIT),
) -> MeasuringSystem:
    """The uncertainty budget of a measuring system, and of the process where there are `parts` (p, o, r).

    Raises:
        ValueError: a tolerance that is not positive, or too few parts, operators or trials.
    """
    if not tolerance > 0.0:
        raise ValueError("the tolerance has to be positive: it is the width between the limits")
    u_re = resolution / math.sqrt(12.0)
    study = None if parts is None else _parts(parts, alpha)
    u_evo, u_av, u_ia = (0.0, 0.0, 0.0) if study is None else _of_people(study)
    largest = max(masters.u_evr, u_re)
    largest_of_process = max(largest, u_evo)
    terms = [
        Term("cal", u_cal, True, True, "certificate of the masters"),
        Term("re", u_re, u_re >= masters.u_evr and u_re > 0.0, u_re >= largest_of_process and u_re > 0.0,
             "resolution / √12"),
        Term("evr", masters.u_evr, masters.u_evr > u_re, masters.u_evr > u_re and masters.u_evr >= u_evo,
             "repeatability on masters"),
        Term("lin", masters.u_lin, True, True, "linearity: lack of fit of the line"),
        Term("bi", masters.u_bi, True, True, "largest bias / √3"),
    ]  # fmt: skip
    if study is not None:
        terms += [
            Term("evo", u_evo, False, u_evo > largest, "repeatability on parts"),
            Term("av", u_av, False, True, "operators"),
            Term("ia", u_ia, False, True, "interaction of operators and parts"),
        ]
    terms += [Term(e.name, e.u, e.in_system, True, "given") for e in extra]
    system = _capability([t.u for t in terms if t.in_system], tolerance, k, q_limits[0], 6.0)
    process = None
    if study is not None:
        process = _capability([t.u for t in terms if t.in_process], tolerance, k, q_limits[1], 3.0)
    percent = 100.0 * resolution / tolerance
    return MeasuringSystem(tuple(terms), system, process, masters, study, tolerance, k, resolution, percent)


def _parts(values: Floats, alpha: float) -> Crossed | OneWay:
    if values.shape[1] == 1:
        return without_operators(values[:, 0, :], Scale())
    return crossed(values, Scale(), alpha=alpha)


def _of_people(study: Crossed | OneWay) -> tuple[float, float, float]:
    """u_EVO, u_AV and u_IA of a study of parts."""
    by = {c.source: c.sd for c in study.breakdown.components}
    return by["repeatability"], by.get("operator", 0.0), by.get("interaction", 0.0)


def _capability(terms: Sequence[float], tolerance: float, k: float, limit: float, spread: float) -> Capability:
    """C_MS = 0.3 T / (6 u_MS) and C_MP = 0.3 T / (3 u_MP), the figures that ISO 22514-7's example prints."""
    u = math.sqrt(sum(t * t for t in terms))
    expanded = k * u
    c = 0.3 * tolerance / (spread * u) if u > 0.0 else math.inf
    return Capability(u, expanded, 200.0 * expanded / tolerance, c, limit, 200.0 * expanded / limit)

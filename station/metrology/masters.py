"""Scale and edge offset from parts of certified size: a linear least-squares problem with honest covariance.

For every certified size, certified = k · (measured - d · offset), where measured is the size at offset zero, k corrects
the scale, and d says how the size changes when all edges of the material move outwards (+2 for an outer diameter, -2
for a bore, 0 for a distance of centres). Edges of different kinds (turned, punched, …) have an offset each, and one
scale. One size cannot tell k from the offset: a prior on the offset keeps the problem solvable, and its uncertainty
stays in the covariance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from station.metrology.calibration_origin import ResidualStatistics
from station.metrology.edge_kinds import DEFAULT

Floats = NDArray[np.float64]

ENOUGH_RESIDUALS = 6  # below this many degrees of freedom the residuals alone do not show how well edges repeat
ASSUMED_LOCAL_PX = 0.05
LEAST_TOLD = 0.02  # of what sizes tell best: what they tell less of than that is left to the prior
DOUBTFUL_P = 0.01  # certificates that contradict each other that much do so by chance once in a hundred times


@dataclass(frozen=True, slots=True)
class CertifiedSize:
    """One size: `measured_mm` at the provisional scale with edge offset zero, `u_measured_mm` the fit's noise,
    `per_edge` how many millimetres the size grows per millimetre of growth of the material, `edge` the kind of edge
    that it is between (empty: the default kind)."""

    image: str
    feature: str
    certified_mm: float
    u_certified_mm: float
    measured_mm: float
    u_measured_mm: float
    per_edge: float
    edge: str = DEFAULT


@dataclass(frozen=True, slots=True)
class MasterFit:
    """`factor` on the provisional scale, `edge_offsets_mm` (n,) of each of the `kinds` (material appears this much
    larger at every such edge, on the provisional scale), their (n + 1, n + 1) covariance for (ln factor, offsets in
    mm), `local_mm` one edge's own uncertainty beyond both, `corrected_mm` (m,) the masters as they would now be
    measured, `statistics` of how far that is off."""

    factor: float
    kinds: tuple[str, ...]
    edge_offsets_mm: Floats
    covariance: Floats
    local_mm: float
    corrected_mm: Floats
    statistics: ResidualStatistics


@dataclass(frozen=True, slots=True)
class _Problem:
    """certified (m,) = `design` (m, n + 1) @ (k, q_1 … q_n), q = -k · offset of each kind; `known` (m,) standard
    uncertainties of certificates and noise, `edges` (m,) how many edges' own places a size has."""

    certified: Floats
    design: Floats
    known: Floats
    edges: Floats

    @property
    def freedom(self) -> int:
        """How many sizes are left when those are taken off that tell the parameters."""
        told = np.linalg.svd(self.design / np.abs(self.design).max(axis=0, initial=1e-300), compute_uv=False)
        return len(self.certified) - int(np.count_nonzero(told > LEAST_TOLD * told[0]))


def fit_masters(sizes: list[CertifiedSize], prior_edge_mm: float, pixel_mm: float) -> MasterFit:
    """Weighted least squares with a prior N(0, `prior_edge_mm`) on the edge offset of each kind.

    The residuals' spread beyond what certificates and noise explain becomes `local_mm`, the same for all kinds, and
    widens the weights, so the result is solved again until they agree.

    Raises:
        ValueError: no sizes, or none that depends on the scale.
    """
    if not sizes:
        raise ValueError("no certified size was measured")
    # A distance of centres says nothing of any edge: its kind counts for nothing.
    kinds = tuple(sorted({size.edge for size in sizes if size.per_edge != 0.0})) or (DEFAULT,)
    problem = _problem(sizes, kinds)
    freedom, local, chi2 = problem.freedom, 0.0, 0.0
    found, covariance = np.zeros(1 + len(kinds)), np.zeros((1 + len(kinds), 1 + len(kinds)))
    for turn in range(8):
        spread = np.sqrt(problem.known**2 + (problem.edges * local) ** 2 + (1e-6 * pixel_mm) ** 2)
        found, covariance = _solved(problem, spread, prior_edge_mm)
        residuals = problem.design @ found - problem.certified
        if turn == 0:  # certificates and noise alone: do they explain what is left?
            chi2 = float(np.sum((residuals / spread) ** 2))
        before, local = local, _local_mm(problem, residuals, freedom, pixel_mm)
        if abs(local - before) < 1e-4 * pixel_mm:
            break
    corrected = _design(sizes, kinds) @ found
    k, q = found[0], found[1:]
    # From (k, q) to (ln k, offsets): offset = -q / k.
    jacobian = np.diag(np.full(len(found), -1.0 / k))
    jacobian[0, 0], jacobian[1:, 0] = 1.0 / k, q / k**2
    return MasterFit(
        float(k),
        kinds,
        -q / k,
        jacobian @ covariance @ jacobian.T,
        local,
        corrected,
        _statistics(corrected - np.array([s.certified_mm for s in sizes]), chi2, freedom),
    )


def _problem(sizes: Sequence[CertifiedSize], kinds: Sequence[str]) -> _Problem:
    """Each certificate once: seen again it is the same error again, and more pictures only average the noise."""
    groups: dict[tuple[str, float, float, str], list[CertifiedSize]] = {}
    for size in sizes:
        groups.setdefault((size.feature, size.certified_mm, size.u_certified_mm, size.edge), []).append(size)
    own = list(groups.values())
    first = [replace(g[0], measured_mm=float(np.mean([s.measured_mm for s in g]))) for g in own]
    noise = [sum(s.u_measured_mm**2 for s in g) / len(g) ** 2 for g in own]
    return _Problem(
        np.array([s.certified_mm for s in first]),
        _design(first, kinds),
        np.sqrt(np.array([s.u_certified_mm for s in first]) ** 2 + noise),
        np.maximum(np.abs([s.per_edge for s in first]), 1.0),
    )


def _design(sizes: Sequence[CertifiedSize], kinds: Sequence[str]) -> Floats:
    """(m, n + 1) how each certified size answers to k and to q of each kind."""
    design = np.zeros((len(sizes), 1 + len(kinds)))
    for row, size in zip(design, sizes, strict=True):
        row[0] = size.measured_mm
        if size.per_edge != 0.0:
            row[1 + kinds.index(size.edge)] = size.per_edge
    return design


def _solved(problem: _Problem, spread: Floats, prior_edge_mm: float) -> tuple[Floats, Floats]:
    """(k, q_1 … q_n) and their covariance, with a prior on each q."""
    parameters = problem.design.shape[1]
    prior = np.eye(parameters)[1:] / prior_edge_mm
    rows = np.vstack([problem.design / spread[:, None], prior])
    right = np.concatenate([problem.certified / spread, np.zeros(parameters - 1)])
    covariance = np.asarray(np.linalg.inv(rows.T @ rows), np.float64)
    return np.asarray(covariance @ (rows.T @ right)), covariance


def _local_mm(problem: _Problem, residuals: Floats, freedom: int, pixel_mm: float) -> float:
    """One edge's own standard uncertainty, from what certificates and noise leave of the residuals."""
    assumed = ASSUMED_LOCAL_PX * pixel_mm
    if freedom < 1:
        return assumed
    explained, edges = float(np.mean(problem.known**2)), float(np.mean(problem.edges**2))
    excess = max(float(np.sum(residuals**2)) / freedom - explained, 0.0)
    # What loose certificates cannot show is not zero: a variance is known to a share of sqrt(2 / freedom) only.
    unseen = min(explained * math.sqrt(2.0 / freedom) / edges, assumed**2)
    local = math.sqrt(max(excess / edges, unseen))
    return local if freedom >= ENOUGH_RESIDUALS else max(local, assumed)


def _statistics(errors_mm: Floats, chi2: float, freedom: int) -> ResidualStatistics:
    """Of the masters' errors; the p-value is the upper tail of chi-squared, Q(freedom/2, chi2/2)."""
    return ResidualStatistics(
        n=len(errors_mm),
        mean_mm=float(errors_mm.mean()),
        sd_mm=float(errors_mm.std(ddof=1)) if len(errors_mm) > 1 else 0.0,
        max_mm=float(np.abs(errors_mm).max()),
        degrees_of_freedom=max(freedom, 0),
        chi2=chi2,
        p_value=float(gammaincc(freedom / 2.0, chi2 / 2.0)) if freedom >= 1 else None,
    )

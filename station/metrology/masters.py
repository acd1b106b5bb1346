"""Scale and edge offset from parts of certified size: a linear least-squares problem with honest covariance.

For every certified size, certified = k · (measured + d · offset), where measured is the size at offset zero, k corrects
the scale, and d says how the size changes when all edges of the material move outwards (+2 for an outer diameter, -2
for a bore, 0 for a distance of centres). One kind of edge and one size cannot tell k from the offset: a prior on the
offset keeps the problem solvable, and its uncertainty stays in the covariance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from station.metrology.calibration_origin import ResidualStatistics

Floats = NDArray[np.float64]

ENOUGH_RESIDUALS = 6  # below this many degrees of freedom the residuals alone do not show how well edges repeat
ASSUMED_LOCAL_PX = 0.05
DOUBTFUL_P = 0.01  # certificates that contradict each other that much do so by chance once in a hundred times


@dataclass(frozen=True, slots=True)
class CertifiedSize:
    """One size: `measured_mm` at the provisional scale with edge offset zero, `u_measured_mm` the fit's noise,
    `per_edge` how many millimetres the size grows per millimetre of growth of the material."""

    image: str
    feature: str
    certified_mm: float
    u_certified_mm: float
    measured_mm: float
    u_measured_mm: float
    per_edge: float


@dataclass(frozen=True, slots=True)
class MasterFit:
    """`factor` on the provisional scale, `edge_offset_mm` (material appears this much larger at every edge, on the
    provisional scale), their (2, 2) covariance for (ln factor, offset in mm), `local_mm` one edge's own uncertainty
    beyond both, `corrected_mm` (n,) the masters as they would now be measured, `statistics` of how far that is off."""

    factor: float
    edge_offset_mm: float
    covariance: Floats
    local_mm: float
    corrected_mm: Floats
    statistics: ResidualStatistics


def fit_masters(sizes: list[CertifiedSize], prior_edge_mm: float, pixel_mm: float) -> MasterFit:
    """Weighted least squares with a prior N(0, `prior_edge_mm`) on the edge offset.

    The residuals' spread beyond what certificates and noise explain becomes `local_mm` and widens the weights, so the
    result is solved twice.

    Raises:
        ValueError: no sizes, or none that depends on the scale.
    """
    if not sizes:
        raise ValueError("no certified size was measured")
    everything = np.array([s.measured_mm for s in sizes])
    edges_of_all = np.array([s.per_edge for s in sizes])
    groups: dict[tuple[str, float, float], list[CertifiedSize]] = {}
    for size in sizes:
        groups.setdefault((size.feature, size.certified_mm, size.u_certified_mm), []).append(size)
    one = list(groups.values())
    # The same certificate seen again is the same error again: pictures of one master only average the noise.
    certified = np.array([g[0].certified_mm for g in one])
    measured = np.array([np.mean([s.measured_mm for s in g]) for g in one])
    per_edge = np.array([g[0].per_edge for g in one])
    known = np.array(
        [math.sqrt(g[0].u_certified_mm ** 2 + sum(s.u_measured_mm**2 for s in g) / len(g) ** 2) for g in one]
    )
    edges_in = np.maximum(np.abs(per_edge), 1.0)
    freedom = len(one) - (2 if _separable(measured, per_edge) else 1)
    local, chi2 = 0.0, 0.0
    k, q, covariance = 1.0, 0.0, np.zeros((2, 2))
    for turn in range(8):
        spread = np.sqrt(known**2 + (edges_in * local) ** 2 + (1e-6 * pixel_mm) ** 2)
        # Linear in k and q = -k·offset: certified = k·measured - per_edge·k·offset.
        rows = np.vstack([np.column_stack([measured, per_edge]) / spread[:, None], [0.0, 1.0 / prior_edge_mm]])
        right = np.append(certified / spread, 0.0)
        covariance = np.linalg.inv(rows.T @ rows)
        k, q = covariance @ (rows.T @ right)
        residuals = k * measured + q * per_edge - certified
        if turn == 0:  # certificates and noise alone: do they explain what is left?
            chi2 = float(np.sum((residuals / spread) ** 2))
        if freedom >= 1:
            explained = float(np.mean(known**2))
            edges = float(np.mean(edges_in**2))
            excess = max(float(np.sum(residuals**2)) / freedom - explained, 0.0)
            # What loose certificates cannot show is not zero: a variance is known to a share of sqrt(2 / freedom) only.
            unseen = min(explained * math.sqrt(2.0 / freedom) / edges, (ASSUMED_LOCAL_PX * pixel_mm) ** 2)
            new = math.sqrt(max(excess / edges, unseen))
        else:
            new = 0.0
        if freedom < ENOUGH_RESIDUALS:
            new = max(new, ASSUMED_LOCAL_PX * pixel_mm)
        if abs(new - local) < 1e-4 * pixel_mm:
            local = new
            break
        local = new
    offset = -q / k
    # From (k, q) to (ln k, offset): offset = -q/k.
    jacobian = np.array([[1.0 / k, 0.0], [q / k**2, -1.0 / k]])
    corrected = k * everything + q * edges_of_all
    return MasterFit(
        float(k),
        float(offset),
        jacobian @ covariance @ jacobian.T,
        local,
        corrected,
        _statistics(corrected - np.array([s.certified_mm for s in sizes]), chi2, freedom),
    )


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


def _separable(measured: Floats, per_edge: Floats) -> bool:
    """Whether the sizes themselves tell the scale from the edge offset."""
    matrix = np.column_stack([measured / np.abs(measured).max(), per_edge])
    values = np.linalg.svd(matrix, compute_uv=False)
    return bool(len(values) > 1 and values[1] > 0.02 * values[0])

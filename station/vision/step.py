"""The model of an edge: a step seen through a Gaussian point spread, and how much each pixel of it tells.

Across an edge at 0 the level is low + high·Φ(u), u = d/σ the distance out of the material in units of the edge spread.
A pixel's noise is that of its level: `part` variance in the material, `field` variance in the field, mixed by Φ. The
place p and the spread σ follow from the residuals r = (level − low)/(high − low) − Φ(u) of the pixels of one probe by
weighted least squares about the expected place,

    B = −Σ w φ r,  A = Σ w φ²,  Q = −Σ w φ u r,  S = Σ w φ² u²,  X = Σ w φ² u,     w = 1 / variance,

    p/σ = (B − X z) / A,    z = δσ/σ common to neighbours = Σ(Q − X B/A) / Σ(S − X²/A),

which is Fisher scoring for independent Gaussian noise: about the truth one step is the maximum-likelihood estimate and
reaches the Cramér-Rao bound (Le Cam's one-step estimator; van der Vaart, Asymptotic Statistics, 5.7).

The ratio of the two variances is limited: with equal weights a symmetric point spread of any shape moves nothing, with
the full weights of a good camera (about 10) its tails pull at the place. A ratio of 4 keeps 98 % of the precision.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from station.compiled import compiled

Float = np.float32

WINDOW_SIGMAS = 2.1  # pixels beyond hold 0.3 % of what is known of the place
LARGEST_RATIO = 4.0
_U = np.linspace(-4.5, 4.5, 577)

# e^−x on [0, 0.64] to 3e-8 (Chebyshev), the sixteenth root of what is wanted; beyond 4.5 σ the bell stays as it is.
_ROOT = tuple(np.float32(c) for c in (0.99999997, -0.99999626, 0.49993028, -0.16618825, 0.04016537, -0.00609844))
_ZERO, _HALF, _ONE, _SIXTEENTH = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(1.0 / 16.0)
_FARTHEST = np.float32(0.5 * 4.5**2)
# erfc to 1.5e-7 (Abramowitz & Stegun 7.1.26), as the tail of the normal distribution.
_SPAN = np.float32(0.3275911 / math.sqrt(2.0))
_TAIL = tuple(np.float32(0.5 * c) for c in (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429))


@dataclass(frozen=True, slots=True)
class StepModel:
    """`weighed`: the variances of material and field that weights are made from, w = 1 / (part + (field − part)·Φ),
    scaled to a weight of 1 in the middle of the step.

    `noise` is the factor by which A⁻¹ has to be multiplied for the variance of p·(high − low)/σ in levels²: 1 where the
    weights are the inverse variances themselves; `pixel_noise` the mean variance (levels²) of a window's pixels as they
    are weighed: Σ w r² is that much per Σ w. `low_pull` and `high_pull`: by how much of σ·δ/(high − low) an error δ
    of the material's or the field's level moves the place.
    """

    weighed: tuple[float, float]
    noise: float
    pixel_noise: float
    low_pull: float
    high_pull: float


@lru_cache(maxsize=16)
def step_model(part_variance: float, field_variance: float) -> StepModel:
    """The model for a picture whose pixels have these variances (levels²) in the material and in the field."""
    rise = np.asarray(ndtr(_U), np.float64)
    density = np.exp(-0.5 * _U * _U) / math.sqrt(2.0 * math.pi)
    part, field = max(part_variance, 1e-12), max(field_variance, 1e-12)
    least = max(part, field) / LARGEST_RATIO
    limited = max(part, least), max(field, least)
    middle = 0.5 * sum(limited)
    weighed = limited[0] / middle, limited[1] / middle
    weight = 1.0 / (weighed[0] + (weighed[1] - weighed[0]) * rise)
    wg, wgg = weight * density, weight * density**2
    variance = part + (field - part) * rise
    noise = float((wg**2 * variance).sum() / wgg.sum())
    seen = np.abs(_U) < WINDOW_SIGMAS
    pixel_noise = float((weight * variance)[seen].sum() / weight[seen].sum())
    low_pull, high_pull = (float((wg * share).sum() / wgg.sum()) for share in (1.0 - rise, rise))
    return StepModel(weighed, noise, pixel_noise, low_pull, high_pull)


@compiled
def bell(u: Float) -> Float:
    """e^(−u²/2) to 3e-6 of itself, without a branch: many are found at once."""
    x = min(_HALF * u * u, _FARTHEST) * _SIXTEENTH
    c = _ROOT
    root = c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * (c[4] + x * c[5]))))
    root *= root
    root *= root
    root *= root
    return root * root


@compiled
def rise(u: Float, bell_of_u: Float) -> Float:
    """Φ(u) to 1e-6, from e^(−u²/2)."""
    t = _ONE / (_ONE + _SPAN * abs(u))
    c = _TAIL
    tail = t * (c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * c[4])))) * bell_of_u
    return tail if u < _ZERO else _ONE - tail

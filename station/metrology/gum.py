"""The law of propagation of uncertainty for a given measurement function: JCGM 100:2008 (GUM), clause 5 and annex G."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

Floats = NDArray[np.float64]
Model = Callable[[Sequence[Floats]], Floats]  # one array per input, all of one length; the output for each

_STEP = 0.1  # of a standard uncertainty: near enough for derivatives, far enough for digits


@dataclass(frozen=True, slots=True)
class Input:
    """An input quantity: estimate, standard uncertainty, degrees of freedom (infinite when u is taken as known)."""

    name: str
    value: float
    u: float
    df: float = math.inf


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input adds: `contribution` = sensitivity · u, with the sign of the sensitivity."""

    name: str
    value: float
    u: float
    df: float
    sensitivity: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Propagated:
    """The result y ± U with its budget. `second_order` is the standard uncertainty of the higher terms alone (0 where
    they were not asked for); `u` contains it."""

    value: float
    u: float
    df: float
    coverage: float
    coverage_factor: float
    expanded: float
    contributions: tuple[Contribution, ...]
    second_order: float


def propagate(
    model: Model,
    inputs: Sequence[Input],
    correlation: Floats | None = None,
    *,
    coverage: float = 0.95,
    second_order: bool = False,
) -> Propagated:
    """First-order propagation (GUM 5.1, 5.2), with the terms of the next order on demand (5.1.2, note).

    `correlation` is the (n, n) matrix of correlation coefficients; None for independent inputs. The expanded
    uncertainty takes Student's factor of the effective degrees of freedom (Welch-Satterthwaite, annex G.4), truncated
    to a whole number. Derivatives are numerical, fourth-order in steps of a tenth of u.

    Raises:
        ValueError: no inputs, a u that is negative, a matrix that is no correlation matrix, or one asked together with
            finite degrees of freedom of correlated inputs or with second-order terms, where the formulas do not hold.
    """
    count = len(inputs)
    if not count or any(not (i.u >= 0.0 and math.isfinite(i.value)) for i in inputs):
        raise ValueError("every input needs a finite value and a standard uncertainty that is not negative")
    matrix = np.eye(count) if correlation is None else _checked(correlation, inputs, second_order)
    shape = _Shape(model, inputs)
    slopes = shape.slopes()
    contributions = np.array([s * i.u for s, i in zip(slopes, inputs, strict=True)])
    variance = float(contributions @ matrix @ contributions)
    extra = shape.second_order() if second_order else 0.0
    u = math.sqrt(max(0.0, variance + extra))
    df = _effective(u, contributions, inputs)
    tail = 0.5 + coverage / 2.0
    factor = float(ndtri(tail)) if math.isinf(df) else float(stdtrit(max(1.0, math.floor(df)), tail))
    rows = tuple(
        Contribution(i.name, i.value, i.u, i.df, float(s), float(c))
        for i, s, c in zip(inputs, slopes, contributions, strict=True)
    )
    return Propagated(shape.value, u, df, coverage, factor, factor * u, rows, math.sqrt(max(0.0, extra)))


def _checked(correlation: Floats, inputs: Sequence[Input], second_order: bool) -> Floats:
    matrix = np.asarray(correlation, dtype=float)
    count = len(inputs)
    if matrix.shape != (count, count) or not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1.0):
        raise ValueError(f"correlations are a symmetric matrix of {count} rows with ones on its diagonal")
    if np.linalg.eigvalsh(matrix).min() < -1e-9:
        raise ValueError("these correlations contradict each other: the matrix has a negative eigenvalue")
    linked = np.abs(matrix - np.eye(count)).max(axis=1) > 0.0
    if any(link and math.isfinite(i.df) for link, i in zip(linked, inputs, strict=True)):
        raise ValueError("effective degrees of freedom hold for independent inputs: correlated ones need infinite ones")
    if second_order and linked.any():
        raise ValueError("the second-order terms hold for independent inputs only")
    return matrix


def _effective(u: float, contributions: Floats, inputs: Sequence[Input]) -> float:
    """Welch-Satterthwaite."""
    shares = sum(float(c) ** 4 / i.df for c, i in zip(contributions, inputs, strict=True))
    return u**4 / shares if shares > 0.0 else math.inf


class _Shape:
    """The model about the estimates, in units of the inputs' standard uncertainties."""

    def __init__(self, model: Model, inputs: Sequence[Input]) -> None:
        self._model = model
        self._at = np.array([i.value for i in inputs])
        # An input without uncertainty still has a sensitivity: a step that its value can show.
        self._unit = np.array([i.u if i.u > 0.0 else 1e-4 * max(abs(i.value), 1.0) for i in inputs])
        self._known = np.array([i.u > 0.0 for i in inputs])
        self.value = float(self._of([np.zeros(len(inputs))])[0])

    def _of(self, steps: Sequence[Floats]) -> Floats:
        """The model at (m, n) steps from the estimates."""
        points = self._at + np.asarray(steps) * self._unit
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(self._model(list(points.T)), dtype=float), (len(points),))
        if not np.isfinite(found).all():
            raise ValueError("the model has no finite value within the uncertainty of its inputs")
        return found

    def slopes(self) -> Floats:
        """First derivatives by the inputs."""
        found = []
        for direction in np.eye(len(self._at)):
            f = self._of([s * _STEP * direction for s in (-2.0, -1.0, 1.0, 2.0)])
            found.append((f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3]) / (12.0 * _STEP))
        return np.asarray(np.array(found) / self._unit, dtype=np.float64)

    def second_order(self) -> float:
        """Σ (½ f_ij² + f_i f_ijj) u_i² u_j², a variance."""
        h, total = _STEP, 0.0
        axes = [e for e, known in zip(np.eye(len(self._at)), self._known, strict=True) if known]
        for a in axes:
            for b in axes:
                pp, pm, mp, mm, p, m = self._of([h * (a + b), h * (a - b), h * (b - a), -h * (a + b), h * a, -h * a])
                mixed = (pp - pm - mp + mm) / (4.0 * h * h)
                slope = (p - m) / (2.0 * h)
                bent = ((pp - mp) - 2.0 * (p - m) + (pm - mm)) / (2.0 * h**3)
                total += 0.5 * mixed * mixed + slope * bent
        return float(total)

"""A study as it is reported: its statement, and its plots, which are drawn only when a page asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from station.metrology.studies.nelson import Rules
from station.metrology.studies.statement import Figure, Statement
from station.reports.document import Plot


@dataclass(frozen=True, slots=True)
class Study:
    """A statement and how to draw its plots."""

    statement: Statement
    draw: Callable[[], tuple[Plot, ...]]


@dataclass(frozen=True, slots=True)
class Options:
    """What a study is told beside its table. None: not given, the study's own default holds."""

    method: str | None = None
    tolerance: float | None = None
    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    reference: float | None = None
    resolution: float | None = None
    process_sd: float | None = None
    k: float | None = None
    share: float = 0.2
    sigma_multiplier: float = 6.0
    alpha: float = 0.05
    alpha_pool: float = 0.05
    nested: bool = False
    no_operator: bool = False
    accept: str | None = None
    subgroup: str | None = None
    subgroup_size: int | None = None
    centre: float | None = None
    centre_on_mean: bool = False
    rules: Rules = field(default_factory=Rules)
    u_cal: float = 0.0
    extra: tuple[tuple[str, float], ...] = ()
    q_limits: tuple[float, float] = (15.0, 30.0)
    title: str | None = None
    unit: str = ""

    @property
    def confidence(self) -> float:
        """1 - alpha."""
        return 1.0 - self.alpha

    @property
    def width(self) -> float | None:
        """The tolerance's width: as given, or between both limits."""
        if self.tolerance is not None:
            return self.tolerance
        return None if self.lower is None or self.upper is None else self.upper - self.lower

    def to_only_limit(self, mean: float) -> float | None:
        """Distance from the mean to the limit where there is only one."""
        if self.width is not None or (self.lower is None) == (self.upper is None):
            return None
        limit = self.lower if self.lower is not None else self.upper
        distance = abs((limit or 0.0) - mean)
        return distance if distance > 0.0 else None

    def limits(self) -> tuple[Figure, ...]:
        """The parameters that concern the tolerance, those that were given."""
        given = (
            ("tolerance", "tolerance (width)", self.width),
            ("lower_limit", "lower limit", self.lower),
            ("upper_limit", "upper limit", self.upper),
            ("process_sd", "process standard deviation", self.process_sd),
        )
        return tuple(Figure(key, label, value, self.unit) for key, label, value in given if value is not None)

"""What a part of the benchmark hands back, and how large its samples are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the summary. `holds` is None where the run was not made, or was too short to show it."""

    what: str
    target: str
    reached: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people; the first column names the line."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part measured; `data` holds the numbers for the plots and for `--json`."""

    rows: tuple[Row, ...]
    tables: tuple[Table, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Everything as JSON knows it; a number that is not finite is null."""
        found = finite(asdict(self))
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. `orders` is the goal of the stream, `stream_s` how long it may take at most."""

    samples: int  # pictures per cell of the accuracy tables
    radii_px: tuple[float, ...]
    psf_px: tuple[float, ...]
    pairs: int  # timings per figure, each against a blur timed beside it
    seconds: float  # a figure that takes longer than this gets fewer pairs, at least two
    orders: int
    stream_s: float
    pool: int  # pictures that the stream's orders share
    width_px: int = 4000
    height_px: int = 3000
    characteristics: int = 300  # of the whole inspection
    processes: int = 2  # share the accuracy tables, which no clock watches
    seed: int = 1


FULL = Sizes(500, (12.0, 30.0, 60.0, 150.0), (0.7, 1.0, 1.5), 15, 12.0, 100_000, 240.0, 25)
QUICK = Sizes(12, (12.0, 60.0), (1.0,), 2, 2.0, 300, 6.0, 5, processes=1)


def finite(value: Any) -> Any:
    """The value with every number that JSON cannot hold as None."""
    if isinstance(value, dict):
        return {str(key): finite(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [finite(child) for child in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

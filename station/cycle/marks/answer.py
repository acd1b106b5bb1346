"""What was seen of one mark: what people and the record are told beside the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.decision import Verdict

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """A learned model that had a say: its name, the SHA-256 of its file, the score it gave, and the line that it was
    held against. `high_is_good`: of a text, not of a surface."""

    name: str
    sha256: str
    raw_score: float
    threshold: float
    high_is_good: bool = False

    def is_worse_than(self, score: float | None) -> bool:
        """Whether this score says more against the part than another one of the same model."""
        if score is None:
            return True
        return self.raw_score < score if self.high_is_good else self.raw_score > score


@dataclass(frozen=True, slots=True)
class SeenDefect:
    """One finding on a surface or at its rim: its outline in pixels of the picture and, where a scale is known, in mm
    of the part's frame, as its place and its size. `score` is the model's, None of what needed none."""

    verdict: Verdict
    outline_px: Floats
    size_px: float
    score: float | None
    outline_mm: Floats | None = None
    where_mm: tuple[float, float] | None = None
    size_mm: float | None = None
    u_mm: float | None = None
    kind: str = "defect"


@dataclass(frozen=True, slots=True)
class SeenMark:
    """A mark in the picture of a view. `read`: what it says (None: nothing could be read), `symbology` and `gs1` are
    the code's own; `outline_px` (n, 2) where it is, or where it was looked for; `wrong_px` (n, 2) the place of the
    character that is not as expected; `other_part`: its content is another part's."""

    view: str
    outline_px: Floats
    read: str | None = None
    symbology: str = ""
    gs1: tuple[tuple[str, str], ...] = ()
    model: ModelUsed | None = None
    wrong_px: Floats | None = None
    defects: tuple[SeenDefect, ...] = ()
    other_part: bool = False


@dataclass(frozen=True, slots=True)
class MarkAnswer:
    """A mark decided. `value`, `u` (mm), probability and guard band are a surface's; None where there is no number."""

    verdict: Verdict
    reason: str
    seen: SeenMark
    value: float | None = None
    u: float | None = None
    conformance_probability: float | None = None
    guard_band: float | None = None

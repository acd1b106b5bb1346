"""Rendered faces that neither training nor the choice of thresholds has seen: figures, false findings, sizes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from station.networks.load import Model
from station.training.surface.judged import Judged, Sized, judge, sizes

from .figures import Figure, Figures, Scored, figures, wilson
from .methods import Method

SEED = 11_000_000  # the thresholds' faces have others


@dataclass(frozen=True, slots=True)
class Findings:
    """What the station's findings are worth: good faces with any, defects found and seen (or in doubt), and their
    sizes: the median error in px and as a share, and the share within 15 % or 2 px."""

    good_faces: int
    with_finding: Figure
    defects: int
    found: Figure
    seen: Figure
    size_error_px: float
    size_error: float
    size_bias: float
    close: Figure


def faces(model: Model, good: int, bad: int, tell: Callable[[str], None]) -> list[Judged]:
    """Good faces, then bad ones, with the station's scores."""
    found = []
    for number, one in enumerate(judge(model.run, good, SEED, defective=0.0), 1):
        tell(f"good faces: {number} of {good}")
        found.append(one)
    for number, one in enumerate(judge(model.run, bad, SEED + 1, defective=1.0), 1):
        tell(f"bad faces: {number} of {bad}")
        found.append(one)
    return found


def compared(judged: list[Judged], methods: list[Method], tell: Callable[[str], None]) -> dict[str, Figures]:
    """Every method on the same faces."""
    found = {}
    for number, method in enumerate(methods):
        pictures = []
        for count, one in enumerate(judged, 1):
            tell(f"{method.name}: {count} of {len(judged)}")
            sample = one.sample
            scores = one.scores if number == 0 else method.score(sample.grey, sample.valid)
            known = sample.valid & ~sample.unclear
            pictures.append(Scored(scores, sample.defect, known, method.whole(scores, sample.valid)))
        found[method.name] = figures(pictures)
    return found


def findings(judged: list[Judged], model: Model) -> Findings:
    """False findings and sizes at the thresholds of the manifest."""
    defect, doubt = (model.manifest.threshold(name) for name in ("defect", "doubt"))
    outline = float(model.manifest.settings["outline_level"])
    good = [one for one in judged if not one.sample.defects]
    bad = [one for one in judged if one.truth]
    false = sum(bool(one.findings(defect, outline, certain=True)) for one in good)
    measured = [size for one in bad for size in sizes(one, defect, outline, certain=True)]
    found = [size for size in measured if not math.isnan(size.found_px)]
    seen = sum(not math.isnan(size.found_px) for one in bad for size in sizes(one, doubt, outline))
    return Findings(
        len(good),
        wilson(false, len(good)),
        len(measured),
        wilson(len(found), len(measured)),
        wilson(seen, len(measured)),
        _median([abs(size.found_px - size.true_px) for size in found]),
        _median([_error(size) for size in found]),
        _median([size.found_px / size.true_px - 1.0 for size in found]),
        wilson(sum(size.close for size in found), len(found)),
    )


def _error(size: Sized) -> float:
    return abs(size.found_px / size.true_px - 1.0)


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else math.nan

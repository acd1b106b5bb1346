"""How verification does on rendered parts: how often the right string is accepted, and one with a wrong character."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.training.text.fonts import Drawer, Families
from station.training.text.marks import BAD, CLEAR, KINDS, POOR
from station.training.text.metal import Faces
from station.training.text.scenes import LAYOUTS, Case, Scene, scene, with_one_wrong
from station.training.text.strings import any_string
from station.vision.text.verify import Recogniser, TextEvidence, evidence, look

Floats: TypeAlias = NDArray[np.float64]

LARGE, SMALL = (14.0, 36.0), (9.0, 13.0)
CASES = (
    *(Case(kind, layout, LARGE) for kind in ("engraved", "laser") for layout in LAYOUTS),
    *(Case(kind, layout, SMALL) for kind in ("engraved", "laser") for layout in LAYOUTS),
    *(Case("dots", layout, LARGE) for layout in LAYOUTS),
    *(Case(kind, "rotated", LARGE, BAD) for kind in KINDS),
    *(Case(kind, "rotated", LARGE, BAD, lights=3) for kind in KINDS),
    *(Case(kind, "rotated", LARGE, texts=any_string) for kind in KINDS),
    *(Case(kind, "rotated", LARGE, POOR) for kind in KINDS),
    *(Case(kind, "rotated", SMALL, POOR) for kind in ("engraved", "laser")),
)
"""What a cell that is set up sees of what most parts bear, in both sizes; then dots, bad light, any characters of the
alphabet, and marks that are hardly to be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One part: the evidence for what it says and for strings with `wrong` characters, and the scene itself."""

    case: Case
    scene: Scene
    right: TextEvidence
    wrong: tuple[TextEvidence, ...]


def judged(
    families: Families, recognise: Recogniser, alphabet: str, samples: int, seed: int, wrong: int = 1
) -> Iterator[Judged]:
    """`samples` parts of each case, each with as many `wrong` strings."""
    rng = np.random.default_rng(seed)
    drawer, faces = Drawer(families, keep=60), Faces(rng)
    for case in CASES:
        for _ in range(samples):
            part = scene(rng, drawer, faces, case)
            looked = look(part.strips, recognise, alphabet)
            others = [with_one_wrong(rng, part.text) for _ in range(wrong)]
            yield Judged(
                case,
                part,
                evidence(looked, part.text, alphabet),
                tuple(evidence(looked, other, alphabet) for other in others),
            )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Limits of the log ratio, and the words that say how they were chosen."""

    accept: float
    reject: float
    certain: float
    accept_how: str
    reject_how: str


def chosen(found: list[Judged], right_share: float = 0.003) -> Chosen:
    """The least limit with which at most the allowed share of wrong strings would have been accepted (`_wrong_share`),
    and the pair of limits that rejects the most wrong strings of those that reject at most `right_share` of right ones:
    in every class of mark, size and sight, and never less than 1."""
    classes = [[one for one in found if one.case.about == about] for about in {one.case.about for one in found}]
    accept = _above(max(1.0, *(_quantile(_for_wrong(these), 1 - _wrong_share(these[0].case)) for these in classes)))
    others = [w for one in found for w in one.wrong]
    against, sure = np.array([-w.log_ratio for w in others]), np.array([w.rival_ratio for w in others])
    best: tuple[float, float, float] = (-1.0, 0.0, 0.0)
    for certain in _CERTAIN:
        rejected = (max(0.0, _quantile(_against(these, certain), 1 - right_share)) for these in classes)
        reject = _above(max(1.0, *rejected))
        best = max(best, (float(np.mean((against >= reject) & (sure >= certain))), reject, certain))
    rendered = f"{len(found)} rendered parts in fonts that were not trained"
    return Chosen(
        accept,
        best[1],
        best[2],
        f"at most {_CLEAR_WRONG:.1%} (small, dots, poorly seen: {_OTHER_WRONG:.2%}) of {len(others)} strings with one "
        f"wrong character were accepted on {rendered}",
        f"at most {right_share:.1%} of right strings were rejected on {rendered}, and {best[0]:.0%} of the wrong ones",
    )


_CERTAIN = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
_CLEAR_WRONG, _OTHER_WRONG = 0.001, 0.0025  # half of what the station promises


def _wrong_share(case: Case) -> float:
    return _CLEAR_WRONG if case.about == (False, LARGE, CLEAR) else _OTHER_WRONG


def _for_wrong(these: list[Judged]) -> list[float]:
    return [other.log_ratio for one in these for other in one.wrong]


def _against(these: list[Judged], certain: float) -> list[float]:
    """How much speaks against each right string where what is read instead is `certain`, else 0."""
    return [max(0.0, -one.right.log_ratio) if one.right.rival_ratio >= certain else 0.0 for one in these]


def _quantile(values: list[float], share: float) -> float:
    return float(np.quantile(values, share, method="higher"))


def _above(value: float) -> float:
    """The next tenth."""
    return round(value + 0.05, 1)

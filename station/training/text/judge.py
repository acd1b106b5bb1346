"""How verification does on rendered parts: how often the right string is accepted, and one with a wrong character."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.training.text.fonts import Drawer, Families
from station.training.text.metal import Faces
from station.training.text.scenes import Case, Scene, scene, with_one_wrong
from station.vision.text.verify import Recogniser, TextEvidence, evidence, look

Floats: TypeAlias = NDArray[np.float64]

LARGE, SMALL = (14.0, 36.0), (9.0, 13.0)
_LAYOUTS = ("straight", "rotated", "arc")
CASES = (
    *(Case(kind, layout, LARGE) for kind in ("engraved", "laser") for layout in _LAYOUTS),
    *(Case(kind, layout, SMALL) for kind in ("engraved", "laser") for layout in _LAYOUTS),
    *(Case("dots", layout, LARGE) for layout in _LAYOUTS),
    *(Case(kind, "rotated", LARGE, bad=True) for kind in ("engraved", "laser", "dots")),
    *(Case(kind, "rotated", LARGE, bad=True, lights=3) for kind in ("engraved", "laser", "dots")),
)


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
    accept_how: str
    reject_how: str


def chosen(found: list[Judged], wrong_share: float = 0.001, right_share: float = 0.003) -> Chosen:
    """The least limits with which at most `wrong_share` of wrong strings would have been accepted, and at most
    `right_share` of right ones rejected: in every class of mark and light, and never less than 1."""
    accept = reject = 1.0
    classes = {(one.case.kind == "dots", one.case.bad, one.case.caps_px) for one in found}
    for dots, bad, caps in classes:
        these = [one for one in found if (one.case.kind == "dots", one.case.bad, one.case.caps_px) == (dots, bad, caps)]
        wrong = np.array([other.log_ratio for one in these for other in one.wrong])
        right = np.array([max(0.0, min(-one.right.log_ratio, one.right.rival_ratio)) for one in these])
        accept = max(accept, float(np.quantile(wrong, 1 - wrong_share, method="higher")))
        reject = max(reject, float(np.quantile(right, 1 - right_share, method="higher")))
    count, others = len(found), sum(len(one.wrong) for one in found)
    rendered = f"{count} rendered parts in fonts that were not trained"
    return Chosen(
        round(accept + 0.05, 1),
        round(reject + 0.05, 1),
        f"at most {wrong_share:.1%} of {others} strings with one wrong character were accepted on {rendered}",
        f"at most {right_share:.1%} of right strings were rejected on {rendered}",
    )

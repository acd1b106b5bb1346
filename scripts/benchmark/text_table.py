"""Verification of marks, class by class: right strings accepted, strings with one wrong character accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.training.text.fonts import Drawer, Families
from station.training.text.judge import CASES, SMALL
from station.training.text.marks import CLEAR
from station.training.text.metal import Faces
from station.training.text.scenes import Case, scene, with_one_wrong
from station.training.text.strings import any_string
from station.vision.text.alphabet import spoken
from station.vision.text.verify import Limits, Looked, Reading, evidence

Gray = NDArray[np.uint8]
Looking = Callable[[tuple[Gray, ...]], Looked]
Plain = Callable[[Gray], str]


@dataclass(slots=True)
class Counts:
    """Of one method in one case: `right` strings and `wrong` ones, and what was said of them."""

    right: int = 0
    right_accepted: int = 0
    right_rejected: int = 0
    wrong: int = 0
    wrong_accepted: int = 0
    wrong_rejected: int = 0

    def add(self, other: Counts) -> None:
        """Both together."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    case: str
    method: str
    counts: Counts


def name_of(case: Case) -> str:
    """The case in words."""
    size = "9-13 px" if case.caps_px == SMALL else "14-36 px"
    sight = "" if case.sight is CLEAR else f", {case.sight.name}"
    lights = "" if case.lights == 1 else f" × {case.lights}"
    texts = ", any characters" if case.texts is any_string else ""
    return f"{case.kind} {size}, {case.layout}{sight}{lights}{texts}"


def judge(
    families: Families,
    samples: int,
    wrong: int,
    seed: int,
    alphabet: str,
    verifying: dict[str, tuple[Looking, Limits]],
    reading: dict[str, Plain],
) -> Iterator[Row]:
    """Row after row: every method sees the same parts and is asked for the same strings."""
    known = set(alphabet)
    for number, case in enumerate(CASES):
        rng = np.random.default_rng([seed, number])
        drawer, faces = Drawer(families, keep=60), Faces(rng)
        counts = {name: Counts() for name in (*verifying, *reading)}
        for _ in range(samples):
            part = scene(rng, drawer, faces, case)
            others = [with_one_wrong(rng, part.text) for _ in range(wrong)]
            assert known >= set(part.text) - {" "}
            for name, (look, limits) in verifying.items():
                looked = look(part.strips)
                right = evidence(looked, part.text, alphabet).reading(limits)
                said = [evidence(looked, other, alphabet).reading(limits) for other in others]
                counts[name].add(
                    Counts(
                        1,
                        right is Reading.SAME,
                        right is Reading.OTHER,
                        wrong,
                        sum(one is Reading.SAME for one in said),
                        sum(one is Reading.OTHER for one in said),
                    )
                )
            for name, read in reading.items():
                text = spoken(read(part.strips[0]))
                right_now = text == spoken(part.text)
                taken = sum(text == spoken(other) for other in others)
                counts[name].add(Counts(1, right_now, not right_now, wrong, taken, wrong - taken))
        for name, found in counts.items():
            yield Row(name_of(case), name, found)

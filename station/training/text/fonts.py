"""Fonts of this machine to train with, by family; the bench's and the validation's are kept out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from station.twin.lettering import Face

BENCH = ("liberation", "dejavu")
VALIDATION = ("b612", "play", "osp-din", "inconsolata", "nimbussansnarrow", "futuram")
_NO_LETTERS = (
    "initials",
    "keyboard",
    "linbiolinum_k",
    "unifur",
    "tamil",
    "mathtex",
    "opens___",
    "d050000l",
    "standardsymbols",
    "z003",
    "fallback",
)
_STROKES = ("futural", "futuram", "rowmans", "rowmand", "timesr")
_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_HERSHEY = Path("/usr/share/hershey-fonts")
INSTALL = (
    "no fonts to train with were found; install font packages, such as "
    "apt install fonts-osifont fonts-roboto-fontface fonts-urw-base35 hershey-fonts-data"
)


@dataclass(frozen=True, slots=True)
class Families:
    """Files of fonts by family: `outlines`, and `strokes` of single-stroke fonts."""

    outlines: tuple[tuple[Path, ...], ...]
    strokes: tuple[Path, ...]

    def outline(self, rng: np.random.Generator) -> Path:
        """A file: every family is as likely."""
        family = self.outlines[int(rng.integers(len(self.outlines)))]
        return family[int(rng.integers(len(family)))]


def training_fonts() -> Families:
    """All but those of bench and validation."""
    return _families(lambda name: not any(held in name for held in BENCH + VALIDATION))


def validation_fonts() -> Families:
    """Those that thresholds are chosen with."""
    return _families(lambda name: any(held in name for held in VALIDATION))


def bench_fonts() -> Families:
    """Those that the bench judges with; its strokes are those of the validation, whose outlines it does not share."""
    return _families(lambda name: any(held in name for held in BENCH) or name == "futuram")


def _families(wanted) -> Families:  # type: ignore[no-untyped-def]
    grouped: dict[str, list[Path]] = {}
    for folder in _FOLDERS:
        for file in sorted(folder.rglob("*.[ot]tf")):
            name = file.stem.lower()
            if wanted(name) and not any(word in name for word in _NO_LETTERS):
                grouped.setdefault(name.split("-")[0].split("_")[0][:5], []).append(file)
    strokes = tuple(_HERSHEY / f"{name}.jhf" for name in _STROKES if wanted(name))
    return Families(tuple(tuple(files) for files in grouped.values()), tuple(s for s in strokes if s.exists()))


class Drawer:
    """Faces that are ready to draw, a few at a time, and exchanged slowly: a new one costs a hundred lines."""

    def __init__(self, families: Families, keep: int = 100) -> None:
        if not families.outlines:
            raise FileNotFoundError(INSTALL)
        self._families, self._keep = families, keep
        self._outlines: list[Face] = []
        self._strokes: list[Face] = []

    def outline(self, rng: np.random.Generator) -> Face:
        """An outline font with a capital H, at some weight."""
        while len(self._outlines) < self._keep or rng.random() < 0.02:
            face = Face(self._families.outline(rng), float(rng.choice([0.0, rng.uniform(-0.04, 0.10)])))
            if face.can("H0"):
                self._outlines.append(face)
                del self._outlines[: -self._keep]
        return self._outlines[int(rng.integers(len(self._outlines)))]

    def stroke(self, rng: np.random.Generator) -> Face | None:
        """A single-stroke font at some thickness; None where there is none."""
        if not self._families.strokes:
            return None
        while len(self._strokes) < min(self._keep, 24) or rng.random() < 0.02:
            file = self._families.strokes[int(rng.integers(len(self._families.strokes)))]
            self._strokes.append(Face(file, float(rng.uniform(0.05, 0.22))))
            del self._strokes[:-24]
        return self._strokes[int(rng.integers(len(self._strokes)))]

"""Real pictures: a folder a class, beside every picture FILE.jpg its mask FILE.png; the class Free is good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .figures import Scored
from .methods import Method

GOOD = "Free"
SMALL = ("Blowhole", "Break", "Crack")  # what is asked for; smears of light and frayed grinding are looked at apart


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture with the pixels of its defects; nothing is said about the region: all of it is."""

    kind: str
    name: str
    grey: NDArray[np.uint8]
    defect: NDArray[np.bool_]


def read_tiles(folder: Path) -> list[Tile]:
    """All pictures of a folder that have a mask, in the order of their names."""
    return [tile for path in sorted(folder.glob("*/*.jpg")) for tile in _read(path)]


def scored(method: Method, tiles: list[Tile]) -> Iterator[tuple[Tile, Scored]]:
    """Every tile with what a method says of it."""
    for tile in tiles:
        valid = np.ones(tile.grey.shape, np.bool_)
        scores = method.score(tile.grey, valid)
        yield tile, Scored(scores, tile.defect, valid, method.whole(scores, valid))


def _read(path: Path) -> Iterator[Tile]:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    mask = cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_GRAYSCALE)
    if grey is not None and mask is not None and grey.shape == mask.shape:
        yield Tile(path.parent.name, path.stem, np.asarray(grey, np.uint8), np.asarray(mask) > 127)

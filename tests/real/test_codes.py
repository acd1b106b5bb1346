"""Real codes: five dot-peened ones on machined metal, and the pictures that zxing's own tests read."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from station.vision.codes import read_codes

from .conftest import DATA

PICTURES = (".png", ".jpg", ".webp")


def grey_of(path: Path) -> NDArray[np.uint8]:
    """A picture's grey levels, what is transparent in it white."""
    with Image.open(path) as picture:
        whole = picture.convert("RGBA")
        return np.array(Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("L"))


def test_dot_peened_codes_on_metal() -> None:
    with (DATA / "datamatrix" / "truth.csv").open(newline="", encoding="utf-8") as stream:
        truth = {row["file"]: row["content"] for row in csv.DictReader(stream)}
    assert len(truth) == 5
    for name, content in truth.items():
        assert [code.content for code in read_codes(grey_of(DATA / "datamatrix" / name), "datamatrix")] == [content]


def expected(path: Path) -> str:
    text, data = path.with_suffix(".txt"), path.with_suffix(".bin")
    return text.read_bytes().decode("utf-8") if text.exists() else data.read_bytes().decode("latin-1")


# Of set 3, 28 pictures, one (dm-2x2-b) is of a code whose content nobody knows: its truth says so ("<unkown>").
@pytest.mark.parametrize(("number", "least", "unknown"), [(1, 30, 0), (2, 13, 0), (3, 27, 1), (4, 21, 0)])
def test_the_pictures_of_zxing(number: int, least: int, unknown: int) -> None:
    folder = DATA / "codes_zxing" / f"datamatrix-{number}"
    paths = sorted(path for path in folder.iterdir() if path.suffix in PICTURES)
    truth = {path: expected(path) for path in paths}
    assert sum(content == "<unkown>" for content in truth.values()) == unknown
    assert len(paths) == least + unknown
    found = {path: read_codes(grey_of(path), "datamatrix") for path in paths}
    right = [path.name for path in paths if any(code.content == truth[path] for code in found[path])]
    wrong = [path.name for path in paths if found[path] and path.name not in right and truth[path] != "<unkown>"]
    assert wrong == []
    assert len(right) >= least

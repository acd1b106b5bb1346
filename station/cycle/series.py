"""Series of pictures taken for a calibration: a small table, or what the names of the files say.

A table is a CSV whose column `image` is relative to it: `image,exposure_us,kind` for light (kind bright or dark),
`image,z_mm` for focus. Without a table the names say it: `bright_500us_1.png`, `dark-2.5ms-02.tif`, `z+0.25mm.png`.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from station.cycle.pictures import TakenPicture, read_picture
from station.documents import read_limited, sha256_hex
from station.errors import ImageError, InputError
from station.metrology.sections import InputFile

MAX_ROWS = 2000
_PICTURES = (".png", ".tif", ".tiff", ".bmp", ".pgm", ".jpg", ".jpeg")
_EXPOSURE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)[ _]?(us|µs|ms|s)(?![a-z])", re.IGNORECASE)
_KIND = re.compile(r"(?<![a-z])(bright|dark)(?![a-z])", re.IGNORECASE)
_HEIGHT = re.compile(r"(?<![a-z0-9])z[_=]?([+-]?\d+(?:\.\d+)?)(mm|um|µm)?(?![\d.]*[\d])", re.IGNORECASE)
_MICROSECONDS = {"us": 1.0, "µs": 1.0, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True, slots=True)
class LightFrame:
    """One frame of a light series."""

    path: Path
    exposure_us: float
    dark: bool
    place: str  # where that is said, for sentences


@dataclass(frozen=True, slots=True)
class FocusFrame:
    """One picture of a focus series."""

    path: Path
    z_mm: float
    place: str


def light_frames(table: Path | None, images: Sequence[Path]) -> list[LightFrame]:
    """The frames of a light series.

    Raises:
        InputError: with the row or the file.
    """
    if table is not None:
        rows = _rows(table, ("image", "exposure_us", "kind"))
        found = []
        for place, path, row in rows:
            kind = row["kind"].lower()
            if kind not in ("bright", "dark"):
                raise InputError(f"kind has to be bright or dark, not {row['kind'][:40]!r}", place=place)
            found.append(LightFrame(path, _number(row["exposure_us"], "exposure_us", place), kind == "dark", place))
    else:
        found = [_light_name(path) for path in files_of(images)]
    for frame in found:
        if not frame.exposure_us > 0.0:
            raise InputError(f"an exposure of {frame.exposure_us:g} µs is none", place=frame.place)
    return found


def focus_frames(table: Path | None, images: Sequence[Path]) -> list[FocusFrame]:
    """The pictures of a focus series.

    Raises:
        InputError: with the row or the file.
    """
    if table is not None:
        rows = _rows(table, ("image", "z_mm"))
        return [FocusFrame(path, _number(row["z_mm"], "z_mm", place), place) for place, path, row in rows]
    found = []
    for path in files_of(images):
        match = _HEIGHT.search(path.stem)
        if match is None:
            raise InputError(
                "the name says no height, like z+0.25mm.png; or give a table with --table", place=str(path)
            )
        unit = 1.0 if (match[2] or "mm").lower() == "mm" else 1e-3
        found.append(FocusFrame(path, float(match[1]) * unit, str(path)))
    return found


def files_of(images: Sequence[Path]) -> list[Path]:
    """Pictures, those in folders in the order of their names.

    Raises:
        InputError: nothing there.
    """
    found: list[Path] = []
    for path in images:
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in _PICTURES)
        else:
            found.append(path)
    if not found:
        raise InputError("there are no pictures: name files or a folder, or give a table with --table")
    if len(found) > MAX_ROWS:
        raise InputError(f"there are {len(found)} pictures, more than the {MAX_ROWS} allowed")
    return found


def read_frame(path: Path, place: str) -> tuple[TakenPicture, InputFile]:
    """A picture of a series and what a document says of it.

    Raises:
        ImageError: with the row of the table, or the file.
    """
    try:
        picture = read_picture(path, "calibration")
    except ImageError as error:
        raise ImageError(str(error) if place != str(path) else error.sentence, place=place) from error
    return picture, InputFile(path.name, sha256_hex(picture.data))


def _light_name(path: Path) -> LightFrame:
    kind, exposure = _KIND.search(path.stem), _EXPOSURE.search(path.stem)
    if kind is None or exposure is None:
        missing = "whether the frame is bright or dark" if kind is None else "the exposure"
        raise InputError(
            f"the name does not say {missing}, like bright_500us_1.png; or give a table with --table", place=str(path)
        )
    return LightFrame(
        path, float(exposure[1]) * _MICROSECONDS[exposure[2].lower()], kind[1].lower() == "dark", str(path)
    )


def _rows(path: Path, needed: tuple[str, ...]) -> list[tuple[str, Path, dict[str, str]]]:
    """Place, picture and cells of each row of a table."""
    text = read_limited(path).decode("utf-8-sig", errors="replace")
    reader = csv.DictReader(io.StringIO(text))
    reader.fieldnames = [(name or "").strip() for name in (reader.fieldnames or [])]
    missing = [name for name in needed if name not in reader.fieldnames]
    if missing:
        raise InputError(f"the table lacks the columns {', '.join(missing)}", place=str(path))
    found = []
    for number, row in enumerate(reader, start=2):
        place = f"{path}, row {number}"
        if number > MAX_ROWS:
            raise InputError(f"the table has more than {MAX_ROWS} rows", place=str(path))
        cells = {name: (row[name] or "").strip() for name in needed}
        if not cells["image"]:
            raise InputError("image must not be empty", place=place)
        found.append((place, path.parent / cells["image"], cells))
    if not found:
        raise InputError("the table has no rows", place=str(path))
    return found


def _number(text: str, name: str, place: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{name} has to be a number, not {text[:40]!r}", place=place) from error
    if not math.isfinite(value):
        raise InputError(f"{name} has to be a number, not {text[:40]!r}", place=place)
    return value

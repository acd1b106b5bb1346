"""The long table of readings: part, operator, trial, value and what else a study needs, from a text file.

Columns are found by name, in any order and case; `,`, `;` and tab separate them, and in a file separated by `;` or tab
a number may have a decimal comma. Lines that begin with `#` are comments.
"""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from station.documents import read_limited, sha256_hex
from station.errors import InputError
from station.metrology.studies.statement import Source

MAX_ROWS = 100_000

_NAMES = {
    "part": ("sample", "samples", "batch", "lot", "specimen", "serial", "item", "piece", "part_id", "part_no",
             "part_number", "parts"),
    "operator": ("appraiser", "inspector", "rater", "operators", "appraisers", "oper", "person"),
    "trial": ("trials", "repeat", "run", "replicate", "repetition", "rep", "replication"),
    "value": ("measurement", "reading", "rating", "response", "result", "results", "measured", "values", "readings",
              "measurements", "assessment", "decision"),
    "reference": ("ref", "master", "standard", "true_value", "certified", "agreed", "reference_values", "known"),
    "subgroup": ("occasion", "date", "time", "shift", "day"),
    "feature_class": ("class", "feature", "characteristic"),
    "nominal": ("target",),
    "u": ("expanded_uncertainty", "uncertainty"),
    "reference_value": ("ref_value",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """One row, as text; a column that the file has not is empty. `row` counts the file's lines from 1."""

    row: int
    part: str = ""
    operator: str = ""
    trial: str = ""
    value: str = ""
    reference: str = ""
    subgroup: str = ""
    feature_class: str = ""
    nominal: str = ""
    u: str = ""
    reference_value: str = ""


@dataclass(frozen=True, slots=True)
class Readings:
    """All rows of a file, and which columns it has. `headings` are the columns' names in the file."""

    source: Source
    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[Reading, ...]
    decimal_comma: bool = field(default=False)

    def has(self, column: str) -> bool:
        """Whether the file has the column."""
        return column in self.columns

    def place(self, reading: Reading, column: str) -> str:
        """Where a cell is, for sentences."""
        heading = self.headings[self.columns.index(column)] if self.has(column) else column
        return f"{self.source.name}, row {reading.row}, column {heading}"

    def require(self, *columns: str) -> None:
        """The file has to have these columns.

        Raises:
            InputError: with the ones that are missing.
        """
        missing = [c for c in columns if not self.has(c)]
        if missing:
            raise InputError(
                f"the table lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
                f"it has {', '.join(self.headings)}",
                place=f"{self.source.name}, row 1",
            )

    def text(self, reading: Reading, column: str) -> str:
        """A cell that must not be empty.

        Raises:
            InputError: with row and column.
        """
        found: str = getattr(reading, column)
        if not found:
            raise InputError("the cell is empty", place=self.place(reading, column))
        return found

    def number(self, reading: Reading, column: str) -> float:
        """A cell that must be a finite number.

        Raises:
            InputError: with row and column.
        """
        text = self.text(reading, column)
        try:
            found = float(text.replace(",", ".") if self.decimal_comma and text.count(",") == 1 else text)
        except ValueError:
            hint = ": write a decimal point, or ; between the columns" if re.fullmatch(r"[-+]?\d+,\d+", text) else ""
            raise InputError(f"{text[:40]!r} is not a number{hint}", place=self.place(reading, column)) from None
        if not math.isfinite(found) or abs(found) > 1e100:
            raise InputError(f"{text[:40]!r} is not a finite number of sensible size",
                             place=self.place(reading, column))  # fmt: skip
        return found


def read_readings(path: Path) -> Readings:
    """The table in a file.

    Raises:
        InputError: one sentence with file, row and column.
    """
    data = read_limited(path)
    lines = [(n, line) for n, line in enumerate(_decoded(data, path).splitlines(), start=1)]
    kept = [(n, line) for n, line in lines if line.strip() and not line.lstrip().startswith("#")]
    separator = None
    if kept and re.fullmatch(r"sep=.", kept[0][1].strip()):
        separator = kept.pop(0)[1].strip()[-1]
    if not kept:
        raise InputError("the table is empty", place=str(path))
    if len(kept) - 1 > MAX_ROWS:
        raise InputError(f"the table has more than {MAX_ROWS:,} rows", place=str(path))
    separator = separator or next((s for s in (";", "\t", ",") if s in kept[0][1]), ",")
    parsed = [(n, _cells(line, separator, path, n)) for n, line in kept]
    columns, headings = _columns(parsed[0][1], f"{path.name}, row {parsed[0][0]}")
    rows = tuple(_reading(n, cells, columns, path) for n, cells in parsed[1:])
    if not rows:
        raise InputError("the table has a heading and no rows", place=str(path))
    source = Source(path.name, sha256_hex(data), len(rows))
    known = [(c, h) for c, h in zip(columns, headings, strict=True) if c]
    return Readings(source, tuple(c for c, _ in known), tuple(h for _, h in known), rows, separator in ";\t")


def _decoded(data: bytes, path: Path) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else the Windows code page that spreadsheets still write."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise InputError("this is not a text file", place=str(path))
    return text


def _cells(line: str, separator: str, path: Path, number: int) -> list[str]:
    try:
        found = next(csv.reader(io.StringIO(line), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InputError(
            f"the line cannot be split into cells ({error})", place=f"{path.name}, row {number}"
        ) from error
    return [cell.strip() for cell in found]


def _columns(headings: list[str], place: str) -> tuple[list[str], list[str]]:
    """Our name of each of the file's columns; empty for one that no study reads."""
    plain = [re.sub(r"[^a-z0-9]+", "_", re.sub(r"[(\[].*?[)\]]", "", h.casefold())).strip("_") for h in headings]
    found = [""] * len(plain)
    for name, others in _NAMES.items():
        exact = [i for i, p in enumerate(plain) if p == name]
        if len(exact) > 1:
            raise InputError(f"the column {name} appears twice", place=place)
        chosen = exact or [i for i, p in enumerate(plain) if p in others][:1]
        for i in chosen:
            found[i] = name
    if "value" not in found:
        raise InputError(
            "the first row has to name the columns part, operator, trial, value; it reads " + ", ".join(headings)[:120],
            place=place,
        )
    return found, headings


def _reading(number: int, cells: list[str], columns: list[str], path: Path) -> Reading:
    while len(cells) > len(columns) and not cells[-1]:
        cells.pop()
    if len(cells) > len(columns):
        raise InputError(
            f"the row has {len(cells)} cells, the heading only {len(columns)}; a decimal comma needs ; between columns",
            place=f"{path.name}, row {number}, column {len(columns) + 1}",
        )
    padded = cells + [""] * (len(columns) - len(cells))
    return Reading(number, **{name: cell for name, cell in zip(columns, padded, strict=True) if name})

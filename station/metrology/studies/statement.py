"""What a study states: named figures, grids of figures, and a sentence; one form for the terminal, JSON and pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Value = float | int | str | bool | None
Document = dict[str, object]

_NOTHING = "–"
_ONLY_JSON = frozenset(("values", "spread_values", "q", "point_readings"))  # lists as long as the table


class Verdict(StrEnum):
    """What the thresholds of AIAG, VDA 5 and ISO 22514-7 say; `STATED` where there are none to hold against."""

    CAPABLE = "capable"
    CONDITIONAL = "conditional"
    NOT_CAPABLE = "not capable"
    ACCEPTABLE = "acceptable"
    NOT_ACCEPTABLE = "not acceptable"
    IN_CONTROL = "in control"
    OUT_OF_CONTROL = "out of control"
    STATED = "stated"

    @property
    def tone(self) -> str:
        """`good`, `doubtful`, `bad`, or `none` where nothing is judged."""
        return _TONES.get(self, "bad")


_TONES = {
    Verdict.CAPABLE: "good",
    Verdict.ACCEPTABLE: "good",
    Verdict.IN_CONTROL: "good",
    Verdict.CONDITIONAL: "doubtful",
    Verdict.STATED: "none",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One named figure; a tuple where it is a list. `key` is its name in JSON, `label` its name for people."""

    key: str
    label: str
    value: Value | tuple[Value, ...]
    unit: str = ""

    @property
    def text(self) -> str:
        """The value with its unit, for people: percentages to three digits, lengths to a tenth of a nanometre."""
        text = text_of(self.value, 3 if self.unit == "%" else 5, fine=self.unit not in ("", "%"))
        return f"{text} {self.unit}" if self.unit and text != _NOTHING else text


@dataclass(frozen=True, slots=True)
class Named:
    """A row or a column: its name in JSON and its name for people."""

    key: str
    label: str
    fine: bool = False  # a column of readings: their last digits count


@dataclass(frozen=True, slots=True)
class Grid:
    """Figures in rows and columns. In JSON a cell is `column_row`; with `listed` each column is a list over its rows,
    and the rows' labels stand under `row_key`."""

    title: str
    columns: tuple[Named, ...]
    rows: tuple[Named, ...]
    cells: tuple[tuple[Value, ...], ...]
    listed: bool = False
    row_key: str = "row"
    row_label: str = ""

    def figures(self) -> Document:
        """All cells by their JSON names."""
        if self.listed:
            found: Document = {self.row_key: [row.label for row in self.rows]}
            for i, column in enumerate(self.columns):
                found[column.key] = [plain(cells[i]) for cells in self.cells]
            return found
        return {
            f"{column.key}_{row.key}" if row.key else column.key: plain(value)
            for row, cells in zip(self.rows, self.cells, strict=True)
            for column, value in zip(self.columns, cells, strict=True)
        }

    def to_document(self) -> Document:
        """The grid as people see it: its rows with the columns' JSON names."""
        rows: list[Document] = []
        for row, cells in zip(self.rows, self.cells, strict=True):
            named = {column.key: plain(value) for column, value in zip(self.columns, cells, strict=True)}
            rows.append({"row": row.key or row.label.strip(), "label": row.label.strip(), **named})
        return {"title": self.title, "rows": rows}


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the file's name, its SHA-256 and how many readings it holds."""

    name: str
    sha256: str
    readings: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A study's result as people and machines read it."""

    kind: str
    method: str
    title: str
    parameters: tuple[Figure, ...]
    figures: tuple[Figure, ...]
    grids: tuple[Grid, ...]
    verdict: Verdict
    sentence: str
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def shown(self) -> tuple[Figure, ...]:
        """The figures for people: those there are, without lists as long as the table."""
        return tuple(f for f in self.figures if f.value not in (None, ()) and f.key not in _ONLY_JSON)

    def to_document(self) -> Document:
        """`study/1`: head, parameters, every figure flat under its own name, and the grids again as `tables`; what is
        not finite is null."""
        document: Document = {
            "schema": "study/1",
            "kind": self.kind,
            "method": self.method,
            "title": self.title,
            "verdict": str(self.verdict),
            "sentence": self.sentence,
            "notes": list(self.notes),
            "parameters": {p.key: _plain_figure(p) for p in self.parameters},
            "sources": [{"file": s.name, "sha256": s.sha256, "readings": s.readings} for s in self.sources],
        }
        document |= {f.key: _plain_figure(f) for f in self.figures}
        for grid in self.grids:
            document |= grid.figures()
        document["tables"] = [grid.to_document() for grid in self.grids]
        return document


def plain(value: Value) -> Value:
    """A value that JSON can hold."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain_figure(figure: Figure) -> object:
    return [plain(v) for v in figure.value] if isinstance(figure.value, tuple) else plain(figure.value)


def text_of(value: Value | Sequence[Value], digits: int = 5, *, fine: bool = False) -> str:
    """A value for people: so many significant digits, no exponent where it can be helped. `fine`: seven decimals."""
    if isinstance(value, (tuple, list)):
        return ", ".join(text_of(v, digits, fine=fine) for v in value) or _NOTHING
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and fine and 0.01 <= abs(value) < 1e6:
        return f"{value:.7f}".rstrip("0").rstrip(".")
    if isinstance(value, float):
        if abs(value) >= 10.0 ** (digits - 1) and abs(value) < 1e6:
            return f"{value:.0f}"
        return "0" if value == 0.0 else f"{value:.{digits}g}" if 1e-4 <= abs(value) < 1e6 else f"{value:.3g}"
    return str(value)


def name_of(label: str) -> str:
    """A label as part of a JSON name: lower case, letters and digits, `_` between them."""
    kept = "".join(c if c.isalnum() else "_" for c in label.strip().lower())
    return "_".join(piece for piece in kept.split("_") if piece) or "_"

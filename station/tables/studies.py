"""Studies on a terminal: the verdict, parameters, figures and grids of a statement."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from station.metrology.studies.statement import Grid, Statement, text_of
from station.tables.basics import console, print_rows

_STYLES = {"good": "green", "doubtful": "yellow", "bad": "bold red"}
_SYMBOLS = {"good": "✓ ", "doubtful": "! ", "bad": "✗ "}


def print_statement(statement: Statement) -> None:
    """Everything a study states, the verdict last, where the eye rests."""
    out = console()
    out.print(Text(f"{statement.title}: {statement.method}", "bold"))
    print_rows(out, [(f.label, f.text) for f in statement.parameters])
    out.print()
    print_rows(out, [(f.label, f.text) for f in statement.shown])
    for grid in statement.grids:
        if grid.rows:
            out.print()
            out.print(Text(grid.title, "bold"))
            out.print(_table(grid))
    out.print()
    for note in statement.notes:
        out.print(Text(note, "dim"))
    verdict = f"{_SYMBOLS.get(statement.verdict.tone, '')}{statement.verdict}"
    out.print(Text(f"{verdict}: ", _STYLES.get(statement.verdict.tone, "")) + Text(statement.sentence))


def _table(grid: Grid) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column(grid.row_label)
    for i, column in enumerate(grid.columns):
        words = any(isinstance(cells[i], str) for cells in grid.cells)
        shown.add_column(column.label, justify="left" if words else "right", overflow="fold")
    for row, cells in zip(grid.rows, grid.cells, strict=True):
        shown.add_row(
            Text(row.label), *(Text(text_of(v, fine=c.fine)) for c, v in zip(grid.columns, cells, strict=True))
        )
    return shown

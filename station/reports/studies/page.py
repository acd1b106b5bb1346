"""A study as a page: its question, verdict, parameters, figures, tables and plots."""

from __future__ import annotations

from station.metrology.studies.statement import Figure, Grid, Statement, Value, text_of
from station.reports.document import Column, Document, Fact, Judgement, Section, Source, Table, Tone, facts_of
from station.reports.studies.study import Study

QUESTIONS = {
    "type1": "Does the instrument repeat, and is it right, on one master?",
    "grr": "How much of the tolerance do repeating and re-placing cost?",
    "bias": "Is the instrument off, and by how much?",
    "linearity": "Is the instrument off alike over the range?",
    "stability": "Is the instrument still what it was?",
    "attribute": "Do yes/no judgements agree with each other and with the truth?",
    "vda5": "How uncertain is a measurement, and which tolerance can it serve?",
    "shortrun": "Does the process drift, although no two parts are alike?",
    "capability": "What does the process make of one tolerance?",
}


def study_page(study: Study, *, made_by: str, made_on: str, about: tuple[tuple[str, str], ...] = ()) -> Document:
    """The page of a study; `about` are lines of its head, such as the instrument."""
    statement = study.statement
    parts = [grid for grid in statement.grids if grid.rows and not grid.listed]
    lists = [grid for grid in statement.grids if grid.rows and grid.listed]
    return Document(
        title=statement.title,
        method=f"{statement.kind} · {statement.method}",
        asked=QUESTIONS[statement.kind],
        judgement=Judgement(Tone(statement.verdict.tone), str(statement.verdict), statement.sentence),
        made_by=made_by,
        made_on=made_on,
        about=facts_of(about),
        parameters=_facts(statement.parameters),
        notes=statement.notes,
        sections=(
            Section("Figures", facts=_facts(statement.shown)),
            *(Section(grid.title, table=_table(grid)) for grid in parts),
            Section("Plots", plots=study.draw()),
            *(Section(grid.title, table=_table(grid)) for grid in lists),
        ),
        sources=_sources(statement),
    )


def _facts(figures: tuple[Figure, ...]) -> tuple[Fact, ...]:
    return tuple(Fact(f.label, f.text) for f in figures)


def _sources(statement: Statement) -> tuple[Source, ...]:
    return tuple(Source(s.name, s.sha256, f"readings, {s.readings} rows") for s in statement.sources)


def _table(grid: Grid) -> Table:
    head = grid.row_label or ("" if grid.listed else "Source")
    columns = (Column(c.label, _is_number(value)) for c, value in zip(grid.columns, grid.cells[0], strict=True))
    rows = zip(grid.rows, grid.cells, strict=True)
    return Table(
        (Column(head), *columns),
        tuple(
            (row.label, *(text_of(v, fine=c.fine) for c, v in zip(grid.columns, cells, strict=True)))
            for row, cells in rows
        ),
    )


def _is_number(value: Value) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))

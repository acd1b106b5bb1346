"""From rows to the arrays that studies take, each departure from a complete table said with row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.errors import InputError
from station.reports.studies.readings import Reading, Readings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CrossedTable:
    """`values` (parts, operators, trials) with the names of parts and operators in order of appearance."""

    values: Floats
    parts: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NestedTable:
    """`values` (operators, parts of each, trials); `parts` are each operator's own."""

    values: Floats
    operators: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Master:
    """A reference with its readings."""

    part: str
    reference: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Ratings:
    """`said` [part][operator][trial] as text, and the standard of each part where there is one."""

    said: tuple[tuple[tuple[str, ...], ...], ...]
    parts: tuple[str, ...]
    operators: tuple[str, ...]
    standard: tuple[str, ...] | None
    true_values: tuple[float, ...] | None


def distinct(table: Readings, column: str, rows: Sequence[Reading] | None = None) -> tuple[str, ...]:
    """The column's entries in order of appearance; none may be empty.

    Raises:
        InputError: with row and column.
    """
    return tuple(dict.fromkeys(table.text(r, column) for r in (table.rows if rows is None else rows)))


def values_of(table: Readings, rows: Sequence[Reading] | None = None) -> tuple[float, ...]:
    """The value column as numbers."""
    return tuple(table.number(r, "value") for r in (table.rows if rows is None else rows))


def crossed_table(
    table: Readings, rows: Sequence[Reading] | None = None, *, one_operator: bool = False
) -> CrossedTable:
    """Every part by every operator, equally often.

    Raises:
        InputError: one operator or part, a missing or surplus reading, a trial twice; with row and column.
    """
    if not table.has("operator"):
        raise InputError(
            f"the table lacks the column operator; it has {', '.join(table.headings)} (--no-operator studies without)",
            place=f"{table.source.name}, row 1",
        )
    table.require("part", "value")
    chosen = table.rows if rows is None else tuple(rows)
    parts, operators = distinct(table, "part", chosen), distinct(table, "operator", chosen)
    if len(operators) < 2 and not one_operator:
        raise InputError(
            f"all readings are by one operator ({operators[0]}), so nothing can be said of reproducibility; give the "
            "readings of at least 2 operators, or ask for a study without operators (--no-operator)",
            place=table.place(chosen[0], "operator"),
        )
    if len(parts) < 2:
        raise InputError(f"all readings are of one part ({parts[0]}); a study of variation needs at least 2",
                         place=table.place(chosen[0], "part"))  # fmt: skip
    cells = _cells(table, chosen, [(p, o) for p in parts for o in operators])
    values = [[[table.number(r, "value") for r in cells[p, o]] for o in operators] for p in parts]
    return CrossedTable(np.array(values), parts, operators)


def parts_table(table: Readings) -> CrossedTable:
    """Parts and trials, whoever measured: (parts, 1, trials).

    Raises:
        InputError: as `crossed_table`.
    """
    table.require("part", "value")
    parts = distinct(table, "part")
    if len(parts) < 2:
        raise InputError(f"all readings are of one part ({parts[0]}); a study of variation needs at least 2",
                         place=table.place(table.rows[0], "part"))  # fmt: skip
    by_part = {p: [r for r in table.rows if r.part == p] for p in parts}
    usual = _usual([len(rows) for rows in by_part.values()])
    for part, rows in by_part.items():
        if len(rows) != usual:
            raise InputError(f"part {part} has {len(rows)} readings, the others have {usual}",
                             place=table.place(rows[-1], "part"))  # fmt: skip
    values = [[[table.number(r, "value") for r in by_part[p]]] for p in parts]
    return CrossedTable(np.array(values), parts, ("–",))


def nested_table(table: Readings) -> NestedTable:
    """Parts within operators; two operators may use one name for different parts.

    Raises:
        InputError: one operator, unlike numbers of parts or readings; with row and column.
    """
    table.require("part", "operator", "value")
    operators = distinct(table, "operator")
    if len(operators) < 2:
        raise InputError(f"all readings are by one operator ({operators[0]}); a nested study needs at least 2",
                         place=table.place(table.rows[0], "operator"))  # fmt: skip
    own = {o: distinct(table, "part", [r for r in table.rows if r.operator == o]) for o in operators}
    usual = _usual([len(parts) for parts in own.values()])
    for operator, parts in own.items():
        if len(parts) != usual:
            last = [r for r in table.rows if r.operator == operator][-1]
            raise InputError(f"operator {operator} has {len(parts)} parts, the others have {usual}",
                             place=table.place(last, "part"))  # fmt: skip
    cells = _cells(table, table.rows, [(p, o) for o in operators for p in own[o]])
    values = [[[table.number(r, "value") for r in cells[p, o]] for p in own[o]] for o in operators]
    return NestedTable(np.array(values), operators, tuple(own[o] for o in operators))


def _cells(
    table: Readings, rows: Sequence[Reading], wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[Reading]]:
    """The readings of each part by each operator, in order of their trials, all equally many."""
    cells: dict[tuple[str, str], list[Reading]] = {key: [] for key in wanted}
    seen: dict[tuple[str, str, str], Reading] = {}
    for r in rows:
        if table.has("trial"):
            key = (r.part, r.operator, table.text(r, "trial"))
            if key in seen:
                raise InputError(
                    f"trial {r.trial} of part {r.part} by operator {r.operator} appears twice (first in row "
                    f"{seen[key].row})",
                    place=table.place(r, "trial"),
                )
            seen[key] = r
        cells[r.part, r.operator].append(r)
    usual = _usual([len(c) for c in cells.values()])
    for (part, operator), found in cells.items():
        if len(found) == usual:
            continue
        near = found[-1] if found else next(r for r in reversed(rows) if r.part == part)
        how_many = f"{len(found)} reading{'' if len(found) == 1 else 's'}" if found else "no reading"
        raise InputError(
            f"part {part} has {how_many} by operator {operator}, elsewhere there are {usual}: the table has to be "
            "complete",
            place=table.place(near, "value"),
        )
    order = {t: i for i, t in enumerate(sorted({r.trial for r in rows}, key=_natural))}
    return {key: sorted(found, key=lambda r: order[r.trial]) for key, found in cells.items()}


def _usual(counts: Sequence[int]) -> int:
    """The most frequent count, the larger one of two."""
    return max(set(counts), key=lambda c: (counts.count(c), c))


def _natural(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def masters_of(table: Readings, reference: float | None = None, rows: Sequence[Reading] | None = None) -> list[Master]:
    """Readings by part with its reference, from the column or, for all, from `reference`.

    Raises:
        InputError: no reference, or a part with two; with row and column.
    """
    chosen = table.rows if rows is None else tuple(rows)
    if reference is None:
        table.require("reference", "value")
    found: dict[str, tuple[float, list[float]]] = {}
    for r in chosen:
        certified = reference if reference is not None else table.number(r, "reference")
        name = table.text(r, "part") if table.has("part") else f"{certified:g}"
        known, values = found.setdefault(name, (certified, []))
        if known != certified:
            raise InputError(f"part {name} has the reference {certified:g} here and {known:g} before",
                             place=table.place(r, "reference"))  # fmt: skip
        values.append(table.number(r, "value"))
    return [Master(name, certified, tuple(values)) for name, (certified, values) in found.items()]


def ratings_of(table: Readings) -> Ratings:
    """Judgements of parts, as text.

    Raises:
        InputError: a table that is not complete, or a part with two standards; with row and column.
    """
    table.require("part", "value")
    parts = distinct(table, "part")
    operators = distinct(table, "operator") if table.has("operator") else ("",)
    cells = _cells(table, table.rows, [(p, o) for p in parts for o in operators])
    if len(parts) < 2:
        raise InputError("all judgements are of one part; a study of agreement needs at least 2",
                         place=table.place(table.rows[0], "part"))  # fmt: skip
    said = tuple(tuple(tuple(_word(table.text(r, "value")) for r in cells[p, o]) for o in operators) for p in parts)
    standard = _per_part(table, parts, "reference")
    true_texts = _per_part(table, parts, "reference_value")
    true_values = None
    if true_texts is not None:
        first = {p: next(r for r in table.rows if r.part == p) for p in parts}
        true_values = tuple(table.number(first[p], "reference_value") for p in parts)
    return Ratings(said, parts, operators, standard, true_values)


def _per_part(table: Readings, parts: Sequence[str], column: str) -> tuple[str, ...] | None:
    """One entry per part; None without the column."""
    if not table.has(column):
        return None
    found: dict[str, str] = {}
    for r in table.rows:
        entry = _word(table.text(r, column))
        if found.setdefault(r.part, entry) != entry:
            known = f"{entry} here and {found[r.part]} before"
            raise InputError(f"part {r.part} has the {column.replace('_', ' ')} {known}", place=table.place(r, column))
    return tuple(found[p] for p in parts)


def _word(text: str) -> str:
    """A category: 1, 1.0 and '1 ' are one; words do not mind case."""
    try:
        number = float(text)
    except ValueError:
        return text.casefold()
    return f"{number:g}"

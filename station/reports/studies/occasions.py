"""Which readings of a check standard belong together: one occasion is one subgroup."""

from __future__ import annotations

from station.errors import InputError
from station.reports.studies.readings import Reading, Readings
from station.reports.studies.study import Options

_COLUMNS = ("subgroup", "part", "operator", "trial")


def grouped(table: Readings, o: Options, *, single: bool) -> tuple[list[list[Reading]], str]:
    """Subgroups of equal size in order of appearance, and what they were told apart by.

    Asked for: `--subgroup COLUMN` or `--subgroup-size N` rows in order. Else a column named subgroup, occasion, date,
    shift or the like; else the one of part, operator and trial with most entries, if each entry stands for several
    readings; else every reading is a point of its own.

    Raises:
        InputError: subgroups of unlike size, with row and column.
    """
    if single:
        return [[r] for r in table.rows], "single readings"
    if o.subgroup_size is not None:
        return _by_size(table, o.subgroup_size)
    column = o.subgroup or _told_by(table)
    if column is None:
        return [[r] for r in table.rows], "single readings"
    if column not in _COLUMNS:
        raise InputError(f"--subgroup {column} is none of subgroup, part, operator, trial")
    table.require(column)
    groups: dict[str, list[Reading]] = {}
    for r in table.rows:
        groups.setdefault(table.text(r, column), []).append(r)
    size = len(next(iter(groups.values())))
    for name, rows in groups.items():
        if len(rows) != size:
            had = f"{len(rows)} reading{'' if len(rows) == 1 else 's'}"
            raise InputError(
                f"subgroup {name} has {had}, the first has {size}; all have to be of one size",
                place=table.place(rows[-1], column),
            )
    return list(groups.values()), table.headings[table.columns.index(column)]


def _by_size(table: Readings, size: int) -> tuple[list[list[Reading]], str]:
    rows = list(table.rows)
    if size < 1 or len(rows) % size:
        raise InputError(
            f"{len(rows)} readings cannot be divided into subgroups of {size}; the last one is incomplete",
            place=table.place(rows[-1], "value"),
        )
    return [rows[i : i + size] for i in range(0, len(rows), size)], f"{size} readings in order"


def _told_by(table: Readings) -> str | None:
    """The column whose entries are the occasions; None for single readings."""
    if table.has("subgroup"):
        return "subgroup"
    n = len(table.rows)
    counts = {c: len({getattr(r, c) for r in table.rows}) for c in ("trial", "part", "operator") if table.has(c)}
    several = {c: count for c, count in counts.items() if 1 < count < n}
    if any(count == n for count in counts.values()) or not several:
        return None
    return max(several, key=lambda c: several[c])

"""Q-DAS `.dfq` (AQDEF): one part number, its characteristics, and one line of values for each inspected part.

`docs/exports/dfq.md` has the fields, and what the format has no place for.
"""

from __future__ import annotations

from collections.abc import Sequence

from station.errors import InputError
from station.genealogy.dossier import Dossier
from station.genealogy.exports.dfq_fields import column_lines, part_lines, value_lines
from station.genealogy.exports.dfq_lines import encoded, value_line
from station.genealogy.exports.dfq_values import WHOLE, cell, inspected

MOST_PLACES = 1_000_000  # parts × characteristics of one file


def make(dossier: Dossier) -> bytes:
    """The file of one inspection."""
    return make_series([dossier])


def make_series(dossiers: Sequence[Dossier]) -> bytes:
    """The file of many inspections of one part number and revision, in the sequence given.

    Raises:
        InputError: there is none, they are not of one part number and revision, or there are too many.
    """
    number_and_revision = _one_part(dossiers)
    parts = [inspected(dossier) for dossier in dossiers]
    columns = list(dict.fromkeys(column for one in parts for column in one.answers if column != WHOLE))
    columns.append(WHOLE)
    if len(columns) * len(parts) > MOST_PLACES:
        raise InputError(f"more than {MOST_PLACES:,} values do not go into one file; ask for fewer parts", place="dfq")
    lines = [f"K0100 {len(columns)}", *part_lines(number_and_revision, dossiers)]
    for index, column in enumerate(columns, 1):
        lines += column_lines(index, column, [one.answers[column] for one in parts if column in one.answers])
    for one in parts:
        lines.append(value_line([cell(column, one) for column in columns]))
        for index, column in enumerate(columns, 1):
            if column in one.answers:
                lines += value_lines(index, one, one.answers[column])
    return encoded(lines)


def _one_part(dossiers: Sequence[Dossier]) -> tuple[str, str]:
    if not dossiers:
        raise InputError("there is no inspection to export", place="dfq")
    keys = {(one.order.part.part_number, one.order.part.revision) for one in dossiers}
    if len(keys) > 1:
        raise InputError("the parts of one file have one part number and revision", place="dfq")
    number, revision = keys.pop()
    if not number and len({one.order.order_id for one in dossiers}) > 1:
        raise InputError("a file of several orders needs a part number", place="dfq")
    return number or dossiers[0].order.order_id, revision

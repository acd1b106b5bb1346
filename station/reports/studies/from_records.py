"""Readings out of the station's own record: repeated attempts at one part, or deviations of unlike parts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from station.documents import sha256_hex
from station.errors import InputError
from station.metrology.studies.statement import Source
from station.reports.studies.readings import Reading, Readings

if TYPE_CHECKING:
    from station.genealogy.pages import RecordSummary
    from station.genealogy.reading import RecordReader

EVERY = "all"
PAGE = 1000  # records read at a time
_COLUMNS = ("part", "operator", "trial", "value", "nominal", "feature_class", "u")


def readings_of_home(characteristic: str, *, last: int) -> Readings:
    """`readings_of_record` of STATION_HOME, which is not written. The database is loaded only here: tables on disk
    need none.

    Raises:
        InputError: no inspection has such a value.
        StorageError: there is no record.
    """
    from station.genealogy.home import default_home
    from station.genealogy.store import Genealogy

    with Genealogy.open(default_home(), read_only=True) as record:
        return readings_of_record(record, characteristic, last=last)


def readings_of_record(record: RecordReader, characteristic: str, *, last: int) -> Readings:
    """Values of a characteristic, by id or by type (`diameter`), or of `all` that have a nominal, in the order of
    commitment, from the last inspections. part = serial, operator = operator, trial = attempt, class = type, u = U.

    Raises:
        InputError: no inspection has such a value.
    """
    rows: list[Reading] = []
    for summary in _latest(record, last):
        document = record.inspection(summary.id)
        for c in document["characteristics"]:
            by_id = c["id"] == characteristic
            if not (by_id or characteristic in (EVERY, c["type"])) or isinstance(c["value"], str | None):
                continue
            if characteristic == EVERY and not (isinstance(c["nominal"], int | float) and c["expanded_uncertainty"]):
                continue  # counts and zones have no deviation that a process could drift in
            rows.append(
                Reading(
                    row=len(rows) + 1,
                    part=summary.serial if by_id else f"{summary.serial} {c['id']}",
                    operator=document.get("operator") or "–",
                    trial=str(summary.attempt),
                    value=repr(float(c["value"])),
                    nominal=_text(c["nominal"]),
                    feature_class=c["type"],
                    u=_text(c["expanded_uncertainty"]),
                )
            )
    if not rows:
        raise InputError(f"no inspection in the record has a value of {characteristic!r}", place=str(record.home.path))
    columns = tuple(c for c in _COLUMNS if all(getattr(r, c) for r in rows))
    text = "\n".join(",".join(getattr(r, c) for c in columns) for r in rows)
    source = Source(f"record, characteristic {characteristic}", sha256_hex(text.encode()), len(rows))
    return Readings(source, columns, columns, tuple(rows))


def _text(value: object) -> str:
    return repr(float(value)) if isinstance(value, int | float) and value != 0 else "0" if value == 0 else ""


def _latest(record: RecordReader, last: int) -> deque[RecordSummary]:
    """The last inspections, oldest first."""
    found: deque[RecordSummary] = deque(maxlen=last)
    cursor = 0
    while (page := record.records(cursor, PAGE)).records:
        found.extend(page.records)
        cursor = page.next
    return found

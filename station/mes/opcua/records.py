"""What the record says, in the words of OPC 40100-1: results, recipes (orders) and configurations (calibrations).

Plain dataclasses with the standard's field names in our spelling; `structures` makes OPC UA values of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import desc, func, select

from station.cycle.state import Progress, Snapshot
from station.documents import parse_json
from station.errors import InputError, IntegrityError, StationError
from station.genealogy.calibrations import AcceptedCalibration, history
from station.genealogy.chain import ChainEntry
from station.genealogy.database import translated
from station.genealogy.reading import NOTHING_READ, RecordReader
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain, inspections
from station.genealogy.values import read_canonical

COMPLETED, FAILED = 1, 4  # ResultStateDataType, 12.19: measured and decided, or not measured
ORDER_RECEIVED = "order-received"
MOST_LISTED = 100  # results in one answer
MOST_SEARCHED = 2_000  # records looked through for one answer
MOST_RECIPES = 1000
NO_CONFIGURATION = "none"  # of what was inspected without a calibration


@dataclass(frozen=True, slots=True)
class Identifier:
    """A recipe or a configuration: its id, and the SHA-256 of its bytes (empty where not known)."""

    id: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One committed inspection. `content` is its verdict, then the whole `inspection/1` document as JSON."""

    id: str
    cursor: int
    state: int
    is_simulated: bool
    part: str
    meas: str
    recipe: Identifier
    product: str
    configuration: Identifier
    job: str
    created: datetime
    started: datetime
    finished: datetime
    content: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One order: its id and hash, the part number, and whether the station would measure its part when it comes."""

    identifier: Identifier
    product: str
    is_prepared: bool


@dataclass(frozen=True, slots=True)
class Configuration:
    """One calibration that was accepted, and when."""

    identifier: Identifier
    modified: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """What results are asked for; what is empty (0) is not looked at."""

    state: int = 0
    meas: str = ""
    part: str = ""
    recipes: tuple[Identifier, ...] = ()
    configurations: tuple[Identifier, ...] = ()
    product: str = ""
    job: str = ""


def job_id(order_id: str, serial: str, attempt: int) -> str:
    """A job is one attempt at one part of one order."""
    return f"{order_id}/{serial}/{attempt}"


def newest_cursor(reader: RecordReader) -> int:
    """The cursor of the newest inspection, 0 where there is none. Raises: StorageError."""
    with translated(NOTHING_READ), reader.engine.connect() as connection:
        return connection.execute(select(func.max(inspections.c.cursor))).scalar() or 0


def result_of(reader: RecordReader, id: str) -> Result:
    """The result with that id.

    Raises:
        InputError: there is none.
        IntegrityError: it is not what was committed.
    """
    return _result(reader, reader.entry(id))


def _result(reader: RecordReader, entry: ChainEntry) -> Result:
    document: dict[str, Any] = read_canonical(entry.body)
    return Result(
        id=entry.id,
        cursor=entry.cursor,
        state=FAILED if document["verdict"] == "ERROR" else COMPLETED,
        is_simulated=document["station"]["simulated"],
        part=document["serial"],
        meas=document.get("operation", ""),
        recipe=Identifier(document["order_id"], document["order_sha256"]),
        product=_part_number(reader, document["order_sha256"]),
        configuration=_configuration_in(document),
        job=job_id(document["order_id"], document["serial"], document["attempt"]),
        created=moment(entry.committed),
        started=moment(document["started"]),
        finished=moment(document["finished"]),
        content=(document["verdict"], entry.body.decode()),
    )


def _part_number(reader: RecordReader, sha256: str) -> str:
    try:
        order = parse_json(reader.document(sha256), sha256)
    except StationError:
        return ""  # the result stands without it
    part = order.get("part") if isinstance(order, Mapping) else None
    number = part.get("part_number") if isinstance(part, Mapping) else None
    return number if isinstance(number, str) else ""


def results(reader: RecordReader, wanted: Wanted, start: int, limit: int) -> tuple[tuple[Result, ...], bool]:
    """Results from the newest to the oldest, `start` of them left out; and whether these were the last.

    Raises:
        InputError: more would have to be looked through than is done for one answer.
        StorageError, IntegrityError: the record cannot be read.
    """
    found: list[Result] = []
    for number, one in enumerate(_matching(reader, wanted)):
        if len(found) == limit:
            return tuple(found), False
        if number >= start:
            found.append(one)
    return tuple(found), True


def _matching(reader: RecordReader, wanted: Wanted) -> Iterator[Result]:
    query = select(chain).join(inspections, inspections.c.cursor == chain.c.cursor).order_by(desc(chain.c.cursor))
    if wanted.part:
        query = query.where(inspections.c.serial == wanted.part)
    for recipe in wanted.recipes:
        query = query.where(inspections.c.order_id == recipe.id) if recipe.id else query
    if wanted.job:
        order_id, serial, attempt = _job(wanted.job)
        query = query.where(
            inspections.c.order_id == order_id, inspections.c.serial == serial, inspections.c.attempt == attempt
        )
    if wanted.state:
        is_error = inspections.c.verdict == "ERROR"
        query = query.where(is_error if wanted.state == FAILED else ~is_error)
        if wanted.state not in (COMPLETED, FAILED):
            return
    before, looked = None, 0
    while True:
        page = query if before is None else query.where(chain.c.cursor < before)
        with translated(NOTHING_READ), reader.engine.connect() as connection:
            rows = connection.execute(page.limit(MOST_LISTED)).all()
        for entry in map(as_entry, rows):
            if not entry.is_intact():
                raise IntegrityError("the entry is not what was committed", place=f"chain {entry.cursor}")
            if _fits(read_canonical(entry.body), wanted):
                one = _result(reader, entry)
                if wanted.product in ("", one.product):
                    yield one
        if len(rows) < MOST_LISTED:
            return
        before, looked = rows[-1].cursor, looked + len(rows)
        if looked >= MOST_SEARCHED:
            raise InputError(f"more than {MOST_SEARCHED} records would have to be looked through: ask for less")


def _fits(document: Mapping[str, Any], wanted: Wanted) -> bool:
    recipe = Identifier(document["order_id"], document["order_sha256"])
    return (
        wanted.meas in ("", document.get("operation", ""))
        and all(_same(asked, recipe) for asked in wanted.recipes)
        and all(_same(asked, _configuration_in(document)) for asked in wanted.configurations)
    )


def _configuration_in(document: Mapping[str, Any]) -> Identifier:
    calibration = document["calibration"]
    if calibration is None:
        return Identifier(NO_CONFIGURATION)
    return Identifier(calibration["id"], calibration["sha256"])


def _same(asked: Identifier, found: Identifier) -> bool:
    return asked.id in ("", found.id) and asked.sha256 in ("", found.sha256)


def _job(text: str) -> tuple[str, str, int]:
    """Order, serial and attempt of a job's id; the order's id may have slashes of its own."""
    words = text.rsplit("/", 2)
    if len(words) != 3 or not (words[2].isascii() and words[2].isdigit() and len(words[2]) < 10):
        return "", "", 0  # no job of this station
    return words[0], words[1], int(words[2])


def recipes(reader: RecordReader, snapshot: Snapshot) -> tuple[Recipe, ...]:
    """The orders that wait, newest received first, then those that were received before.

    Raises:
        StorageError, IntegrityError: the record cannot be read.
    """
    received = reader.events(ORDER_RECEIVED, limit=MOST_RECIPES)
    hashes = {event.subject: event.document_sha256 or "" for event in reversed(received)}
    found: dict[str, Recipe] = {}
    for entry in snapshot.queue:
        if not entry.order_id or (entry.reason and entry.progress is Progress.WAITING):
            continue  # an order that cannot be used
        waits = entry.progress is not Progress.DONE
        sha256 = hashes.get(entry.order_id, "")
        if not sha256 and entry.inspection_id:
            sha256 = reader.inspection(entry.inspection_id)["order_sha256"]
        before = found.get(entry.order_id)
        found[entry.order_id] = Recipe(
            Identifier(entry.order_id, sha256), entry.part_number, waits or (before is not None and before.is_prepared)
        )
    for event in received:
        if event.subject not in found:
            digest = hashes[event.subject]
            found[event.subject] = Recipe(
                Identifier(event.subject, digest), _part_number(reader, digest), is_prepared=False
            )
    return tuple(found.values())


def configurations(reader: RecordReader, camera: str, limit: int = MOST_RECIPES) -> tuple[Configuration, ...]:
    """The calibrations accepted for a camera, the one in force first, each once.

    Raises:
        StorageError, IntegrityError: the record cannot be read.
    """
    return tuple(_once(_configuration(reader, one) for one in history(reader, camera, limit)))


def _once(found: Iterable[Configuration]) -> Iterator[Configuration]:
    seen = set()
    for one in found:
        if one.identifier not in seen:
            seen.add(one.identifier)
            yield one


def _configuration(reader: RecordReader, one: AcceptedCalibration) -> Configuration:
    document = json.loads(reader.document(one.sha256))
    return Configuration(Identifier(str(document["id"]), one.sha256), moment(one.accepted))


def moment(text: str) -> datetime:
    """A moment as the record writes it."""
    return datetime.fromisoformat(text)

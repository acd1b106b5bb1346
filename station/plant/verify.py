"""Check a whole plant: each station's record as its own `station verify` would, and that feed and chains agree.

Pictures stay at the stations. Only those that somebody copied into the plant's home are looked at; that one is not here
is no fault of the plant's record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, select

from station.genealogy.database import translated
from station.genealogy.frames import ContentFolder
from station.genealogy.report import Fault, VerifyReport
from station.genealogy.schema import chain
from station.genealogy.verify import verify_home
from station.plant.database import NOT_USED, KnownStation, PlantDatabase, url_of
from station.plant.schema import feed, stations

_CHUNK = 1000
_PICTURES = ("frames/", "overlays/")


@dataclass(frozen=True, slots=True)
class PlantReport:
    """What was found: a report for each station, and what is wrong between feed and chains."""

    stations: dict[str, VerifyReport]
    entries: int
    faults: tuple[Fault, ...]

    @property
    def is_intact(self) -> bool:
        """Whether no fault was found anywhere."""
        return not self.faults and all(report.is_intact for report in self.stations.values())

    def to_document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "intact": self.is_intact,
            "entries": self.entries,
            "faults": [asdict(fault) for fault in self.faults],
            "stations": {station: report.to_document() for station, report in self.stations.items()},
        }


def verify_plant(
    database: PlantDatabase, progress: Callable[[str, int, int], None] = lambda _station, _done, _total: None
) -> PlantReport:
    """Check everything that the plant has.

    Raises:
        StorageError: the database cannot be read.
    """
    reports: dict[str, VerifyReport] = {}
    known = database.stations()
    for one in known:

        def told(done: int, total: int, station: str = one.id) -> None:
            progress(station, done, total)

        url = url_of(database.url, one.schema).render_as_string(hide_password=False)
        report = verify_home(database.home, told, url=url)
        reports[one.id] = replace(report, faults=tuple(fault for fault in report.faults if _counts(database, fault)))
    with translated(NOT_USED), database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():  # one snapshot, whatever comes meanwhile
            faults = [*_feed_faults(connection), *_unlisted(connection, known)]
            entries = connection.execute(select(func.count()).select_from(feed)).scalar_one()
    return PlantReport(reports, entries, tuple(faults))


def _counts(database: PlantDatabase, fault: Fault) -> bool:
    """Not a picture that is not here; one that is here and is another, yes."""
    if not fault.place.startswith(_PICTURES):
        return True
    folder, _, name = fault.place.split("/")[:3]
    return ContentFolder(database.home.path / folder).find(name.split(".")[0]) is not None


def _feed_faults(connection: Connection) -> list[Fault]:
    """Positions without gaps."""
    count, last = connection.execute(select(func.count(), func.max(feed.c.position)).select_from(feed)).one()
    return [] if count == (last or 0) else [Fault("feed", f"it has {count} entries up to position {last}")]


def _unlisted(connection: Connection, known: tuple[KnownStation, ...]) -> list[Fault]:
    """Entries of chains and places of the feed that have no counterpart, or another one."""
    faults: list[Fault] = []
    for one in known:
        connection.execution_options(schema_translate_map={None: one.schema})
        listed = select(feed.c.cursor, feed.c.id, feed.c.hash).where(feed.c.station == one.id)
        stray = listed.outerjoin_from(feed, chain, (chain.c.cursor == feed.c.cursor) & (chain.c.hash == feed.c.hash))
        for row in connection.execute(stray.where(chain.c.cursor.is_(None)).limit(20)):
            place = f"feed, {one.id} {row.cursor}"
            faults.append(Fault(place, "the chain of the station has no such entry, or another one"))
        missing = (
            select(chain.c.cursor)
            .outerjoin_from(chain, feed, (feed.c.id == chain.c.id) & (feed.c.hash == chain.c.hash))
            .where(feed.c.id.is_(None))
        )
        unlisted = connection.execute(missing.order_by(chain.c.cursor).limit(20)).scalars()
        faults += [Fault(f"{one.id}, chain {cursor}", "the feed does not list this entry") for cursor in unlisted]
        head = connection.execute(select(chain.c.cursor, chain.c.hash).order_by(chain.c.cursor.desc()).limit(1)).first()
        said = connection.execute(select(stations.c.cursor, stations.c.hash).where(stations.c.id == one.id)).one()
        if head is not None and (head.cursor, head.hash) != (said.cursor, said.hash):
            faults.append(Fault(f"stations, {one.id}", "its last entry is another than the one noted here"))
    return faults

"""Check a whole `STATION_HOME` offline: every hash, every link, every picture. Nothing in it is changed.

Works on a copy, on a read-only medium, and beside a running station (one snapshot of the database is checked).
What it cannot see: that entries newer than the newest checkpoint were removed together with SQLite's own count of them,
and, unless it is told a key known from elsewhere, that everything was made anew with another. See ``docs/record.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from sqlalchemy import Connection, func, select, text

from station.documents import sha256_hex
from station.errors import InputError, IntegrityError, StorageError
from station.genealogy.calibrations import IN_FORCE
from station.genealogy.chain import EVENT, GENESIS, INSPECTION, ChainEntry
from station.genealogy.database import DATABASE_ERRORS, cause_of, is_damage, layout_of, open_database, state_of
from station.genealogy.entries import Claims, IndexRows, claims_of, index_of
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.proof.home_check import ProofCheck
from station.genealogy.report import Fault, Progress, Signatures, VerifyReport
from station.genealogy.scan import chain_after, document_hashes, index_rows, size_of
from station.genealogy.schema import (
    APPEND_ONLY,
    FIRST_TABLES,
    HEAD,
    documents,
    events,
    inspection_frames,
    inspections,
    mentions,
)

__all__ = ["Fault", "VerifyReport", "verify_home"]

_CHUNK = 500
_TRIES = 3


def verify_home(
    home: StationHome, progress: Progress | None = None, *, url: str | None = None, known_keys: Collection[str] = ()
) -> VerifyReport:
    """Check everything that `home` holds; with `known_keys` (fingerprints) also that nobody else signed.

    Raises:
        InputError: there is no record in this folder.
        StorageError: the record cannot be opened (no permission, or written by other software).
    """
    if url is None and not home.database.is_file():
        raise InputError("there is no record of a station in this folder", place=str(home.path))
    for _ in range(_TRIES):
        before = state_of(home)
        report = _verify_once(home, progress or (lambda _done, _total: None), url, known_keys)
        if before.is_written or before == state_of(home):
            break  # else a station started while the file was read as one that nobody writes
    return report


def _verify_once(home: StationHome, progress: Progress, url: str | None, known_keys: Collection[str]) -> VerifyReport:
    try:
        engine = open_database(home, url=url, read_only=True)
    except StorageError as error:
        if not is_damage(error):
            raise
        return VerifyReport(0, 0, 0, 0, GENESIS, (Fault(home.database.name, error.sentence),))
    try:
        with engine.connect() as connection:
            return _Verification(home, connection, progress, known_keys).run()
    finally:
        engine.dispose()


class _Verification:
    """One pass over one snapshot; collects faults instead of stopping at the first."""

    def __init__(
        self, home: StationHome, connection: Connection, progress: Progress, known_keys: Collection[str]
    ) -> None:
        self._home = home
        self._connection = connection
        self._progress = progress
        self._faults: list[Fault] = []
        self._done = self._total = 0
        self._documents: set[str] = set()  # stored
        self._needed: dict[str, dict[str, int]] = {"documents": {}, "frames": {}, "overlays": {}}  # hash: newest cursor
        self._removed: dict[str, int] = {}  # picture: newest cursor that says so
        self._missing = 0
        self._is_newest = layout_of(connection) == HEAD
        self._proofs = ProofCheck(connection, self._fault, known_keys)
        self._attempts: dict[tuple[str, str], int] = {}
        self._counts = {INSPECTION: 0, EVENT: 0, "frame": 0, "mention": 0}
        self._head = GENESIS
        self._last = 0

    def run(self) -> VerifyReport:
        with self._section("the database"):
            self._total = size_of(self._connection)
            self._check_database()
        with self._section("the documents"):
            self._check_documents()
        with self._section("the chain"):
            self._check_chain()
        signatures = Signatures()
        with self._section("the checkpoints"):
            if self._is_newest:
                signatures = self._proofs.finish()
        with self._section("the searching tables"):
            self._check_counts()
        self._check_references()
        self._check_calibrations()
        return VerifyReport(
            inspections=self._counts[INSPECTION],
            events=self._counts[EVENT],
            documents=len(self._documents),
            pictures=len(self._needed["frames"]) + len(self._needed["overlays"]),
            head=self._head,
            faults=tuple(self._faults),
            removed=self._missing,
            signatures=signatures,
        )

    @contextmanager
    def _section(self, name: str) -> Iterator[None]:
        try:
            yield
        except DATABASE_ERRORS as error:
            self._fault(self._home.database.name, f"{name} cannot be read to the end: {cause_of(error)}")

    def _fault(self, place: str, sentence: str) -> None:
        self._faults.append(Fault(place, sentence))

    def _step(self) -> None:
        self._done += 1
        self._progress(self._done, max(self._done, self._total))

    def _check_database(self) -> None:
        if self._connection.dialect.name != "sqlite":
            return
        for (line,) in self._connection.execute(text("PRAGMA integrity_check(20)")):
            if line != "ok":
                self._fault(self._home.database.name, f"SQLite finds: {line}")
        query = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'")
        triggers = {name for (name,) in self._connection.execute(query)}
        for table in APPEND_ONLY if self._is_newest else FIRST_TABLES:
            for name in (f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"):
                if name not in triggers:
                    self._fault(self._home.database.name, f"the trigger {name}, which refuses changes, is missing")

    def _check_documents(self) -> None:
        for digest in document_hashes(self._connection):
            query = select(documents.c.data).where(documents.c.sha256 == digest)
            data = self._connection.execute(query).scalar()
            self._documents.add(digest)
            if data is None or sha256_hex(bytes(data)) != digest:
                what = "accepted calibration" if self._is_calibration(digest) else "document"
                self._fault(f"document {digest}", f"the {what} is not what was stored under this hash")
            self._step()

    def _is_calibration(self, digest: str) -> bool:
        query = select(events.c.kind).where(events.c.document_sha256 == digest, events.c.kind.in_(IN_FORCE))
        return self._connection.execute(query).first() is not None

    def _check_chain(self) -> None:
        while entries := chain_after(self._connection, self._last, _CHUNK):
            index = index_rows(self._connection, self._last, entries[-1].cursor)
            for entry in entries:
                self._check_entry(entry, index.get(entry.cursor, IndexRows(None, None, ())))
                self._step()
        if self._connection.dialect.name == "sqlite":
            query = text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chain'")
            counted = self._connection.execute(query).scalar() or 0
            if counted != self._last:
                place = f"chain {self._last + 1}"
                self._fault(place, f"the newest entries are missing: SQLite counted {counted}, {self._last} are there")

    def _check_entry(self, entry: ChainEntry, index: IndexRows) -> None:
        place = f"chain {entry.cursor}"
        if not entry.is_intact():
            self._fault(place, f"the entry {entry.id[:64]} is not what was committed: its hash does not fit")
        if entry.cursor != self._last + 1:
            self._fault(f"chain {self._last + 1}", f"{entry.cursor - self._last - 1} entries are missing from here")
        elif entry.previous_hash != self._head:
            self._fault(place, "the entry does not follow the one before it")
        self._last, self._head = entry.cursor, entry.hash
        if self._is_newest:
            self._proofs.add(entry)
        else:
            with suppress(IntegrityError):  # its layout knows no mentions
                index = replace(index, mentions=index_of(entry).mentions)
        claims = claims_of(entry, index)
        for sentence in claims.sentences:
            self._fault(place, f"the entry {entry.id[:64]}: {sentence}")
        self._count(entry, claims, place)

    def _count(self, entry: ChainEntry, claims: Claims, place: str) -> None:
        self._counts[entry.kind] = self._counts.get(entry.kind, 0) + 1
        self._counts["frame"] += len(claims.frames)
        self._counts["mention"] += claims.mentions
        for name in ("documents", "frames", "overlays"):
            for digest in getattr(claims, name):
                self._needed[name][digest] = entry.cursor
        for digest in claims.masters:
            self._needed["frames"][digest] = entry.cursor
        for digest in claims.removed:
            self._removed[digest] = entry.cursor
        if claims.key is not None:
            expected = self._attempts.get(claims.key, 0) + 1
            if claims.attempt != expected:
                order, serial = claims.key
                what = f"attempt {claims.attempt} of order {order}, serial {serial}"
                self._fault(place, f"{what} stands where attempt {expected} is due")
            self._attempts[claims.key] = claims.attempt

    def _check_counts(self) -> None:
        counted = [(inspections, INSPECTION), (events, EVENT), (inspection_frames, "frame")]
        if self._is_newest:
            counted.append((mentions, "mention"))
        for table, kind in counted:
            rows = self._connection.execute(select(func.count()).select_from(table)).scalar() or 0
            if rows != self._counts[kind]:
                self._fault(f"table {table.name}", f"it has {rows} rows, the chain speaks of {self._counts[kind]}")

    def _check_references(self) -> None:
        for digest, cursor in self._needed["documents"].items():
            if digest not in self._documents:
                self._fault(f"document {digest}", f"the document is missing; chain {cursor} refers to it")
        for digest in sorted(self._documents - set(self._needed["documents"])):
            self._fault(f"document {digest}", "nothing in the chain refers to this document")
        for name, path in (("frames", self._home.frames), ("overlays", self._home.overlays)):
            folder = ContentFolder(path)
            for digest, cursor in self._needed[name].items():
                try:
                    if folder.find(digest) is None and self._removed.get(digest, 0) > cursor:
                        self._missing += 1  # by a rule of retention, and the chain says so
                    else:
                        folder.read(digest)
                except IntegrityError as error:
                    self._fault(error.place, f"{error.sentence}; chain {cursor} refers to it")
                self._step()

    def _check_calibrations(self) -> None:
        folder = ContentFolder(self._home.calibrations)
        for path in sorted(folder.path.glob("??/*")):
            try:
                folder.read(path.name.split(".")[0])
            except IntegrityError:
                self._fault(f"calibrations/{path.parent.name}/{path.name}", "the copy is not what was accepted")

"""One file with everything about a part, which a stranger can check: see `readme`.

A picture at a time is in memory. With nothing new in the record the same inspection gives the same bytes again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from station.documents import sha256_hex
from station.errors import IntegrityError
from station.genealogy import merkle
from station.genealogy.calibrations import IN_FORCE
from station.genealogy.chain import ChainEntry
from station.genealogy.database import translated
from station.genealogy.entries import REMOVED
from station.genealogy.events import Event
from station.genealogy.frames import ContentFolder
from station.genealogy.parts import ORDER_RECEIVED, order_of
from station.genealogy.proof import contents as c
from station.genealogy.proof.archive import ArchiveWriter, Sink
from station.genealogy.proof.checkpoints import (
    KEY,
    TIME_STAMP,
    SignedCheckpoint,
    Signer,
    read_signed,
    sign_checkpoint,
)
from station.genealogy.proof.inclusion import proof_file
from station.genealogy.proof.readme import README
from station.genealogy.reading import as_event
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain, checkpoints, documents, events
from station.genealogy.store import Genealogy
from station.genealogy.tree import ChainTree
from station.genealogy.values import read_canonical

SUFFIX = ".zip"
MEDIA_TYPE = "application/zip"
NOT_MADE = "the bundle cannot be made"
_MANY = 500


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """What went into a bundle: how many entries and files, and the checkpoint."""

    entries: int
    files: int
    checkpoint: SignedCheckpoint


def write_bundle(
    genealogy: Genealogy,
    inspection_id: str,
    signer: Signer,
    stream: Sink,
    *,
    at: datetime,
    since: SignedCheckpoint | None = None,
) -> MadeBundle:
    """Write the bundle of the part that was inspected under this id to `stream`; with the proof that the record begins
    as the checkpoint `since` signed it, which somebody kept.

    Raises:
        InputError: there is no such inspection.
        IntegrityError: something that belongs to it is not what was committed, or gone and no event says so; or the
            record is not the one that `since` signed.
        StorageError: no checkpoint can be signed, or the record cannot be read.
    """
    entry = genealogy.entry(inspection_id)
    signed = sign_checkpoint(genealogy, signer, at=at)
    with translated(NOT_MADE), genealogy.engine.connect() as connection:
        source = _Source(genealogy, connection, entry, signed, since)
        archive = ArchiveWriter(stream)
        listed = []
        for name, data in source.files(signer.key.public.pem, signer.key.public.fingerprint):
            archive.add(name, data)
            listed.append(f"{sha256_hex(data)}  {name}\n")
        sums = "".join(listed).encode()
        archive.add(c.SUMS, sums)
        archive.add(c.SIGNATURE, signer.key.sign(sums))
        archive.close()
    return MadeBundle(len(source.entries), len(listed) + 2, signed)


class _Source:
    """What is in a bundle, from one snapshot of the record: entries that the checkpoint covers, and their files."""

    def __init__(
        self,
        genealogy: Genealogy,
        connection: Connection,
        entry: ChainEntry,
        signed: SignedCheckpoint,
        since: SignedCheckpoint | None,
    ) -> None:
        self._genealogy, self._connection = genealogy, connection
        self._entry, self._signed, self._since = entry, signed, since
        self._size = signed.checkpoint.size
        self._tree = ChainTree(connection)
        self._folders = {
            c.FRAMES: ContentFolder(genealogy.home.frames),
            c.OVERLAYS: ContentFolder(genealogy.home.overlays),
        }
        self._there: dict[tuple[str, str], str] = {}
        self.entries: tuple[ChainEntry, ...] = self._collect()

    def files(self, pem: bytes, fingerprint: str) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of every file, in the sequence of the archive."""
        dated = self._dated()
        stamp = None if dated is None else dated[0]
        checkpoint = self._signed.checkpoint
        table = c.manifest(self._entry.id, self.entries, self._there, checkpoint, fingerprint, stamp)
        yield c.README, README.encode()
        yield c.MANIFEST, json.dumps(table, indent=1, ensure_ascii=False).encode() + b"\n"
        yield c.KEY_FILE, pem
        yield c.CHECKPOINT, self._signed.data
        for entry in self.entries:
            name = c.entry_name(entry.cursor)
            yield f"{name}.json", entry.body
            yield f"{name}.link", c.link_text(entry)
            yield f"{name}.proof", self._proof(entry, self._size)
        for one in c.wanted(self.entries):
            name_of = self._there.get((one.folder, one.sha256))
            if name_of is not None:
                yield name_of, self._read(one)
        if dated is not None:
            _, older, token = dated
            yield c.STAMPED, older.data
            yield c.TOKEN, token
            yield c.STAMP_PROOF, self._proof(self._entry, older.checkpoint.size)
        if self._since is not None:
            yield c.SINCE, self._since.data
            yield c.SINCE_PROOF, self._begins_as(self._since)

    def _collect(self) -> tuple[ChainEntry, ...]:
        body = read_canonical(self._entry.body)
        order, serial = body["order_id"], body["serial"]
        attempts = [one for one in self._genealogy.attempts_of(order, serial) if one.cursor <= self._size]
        ids = {one.id for one in attempts}
        about = self._genealogy.events_about((*ids, serial, order))
        cursors = {one.cursor for one in attempts}
        cursors.update(event.cursor for event in about if _belongs(event, order, serial, ids))
        cursors.update(self._cursors(KEY))
        found = self._entries_at(cursors)
        used = {one.sha256 for one in c.wanted(found) if one.role == "calibration"}
        for kind in IN_FORCE:
            cursors.update(self._cursors(kind, used))
        found = self._entries_at(cursors)
        return self._entries_at(cursors | self._removals(self._missing(found)))

    def _cursors(self, kind: str, documents: Iterable[str] | None = None) -> list[int]:
        query = select(events.c.cursor).where(events.c.kind == kind, events.c.cursor <= self._size)
        if documents is not None:
            query = query.where(events.c.document_sha256.in_(documents))
        return list(self._connection.execute(query).scalars())

    def _entries_at(self, cursors: Iterable[int]) -> tuple[ChainEntry, ...]:
        wanted, found = sorted(one for one in cursors if one <= self._size), []
        for start in range(0, len(wanted), _MANY):
            query = select(chain).where(chain.c.cursor.in_(wanted[start : start + _MANY])).order_by(chain.c.cursor)
            found += [as_entry(row) for row in self._connection.execute(query)]
        for entry in found:
            if not entry.is_intact():
                raise IntegrityError("the entry is not what was committed", place=f"chain {entry.cursor}")
        return tuple(found)

    def _missing(self, entries: Sequence[ChainEntry]) -> set[str]:
        """Pictures whose files are gone; the names of the others are noted."""
        gone = set()
        for one in c.wanted(entries):
            if one.folder == c.DOCUMENTS:
                self._there[one.folder, one.sha256] = f"{one.folder}/{one.sha256}{one.suffix}"
                continue
            path = self._folders[one.folder].find(one.sha256)
            if path is None:
                gone.add(one.sha256)
            else:
                self._there[one.folder, one.sha256] = f"{one.folder}/{path.name}"
        return gone

    def _removals(self, gone: set[str]) -> set[int]:
        """The events that say so. Raises: IntegrityError: of one there is none."""
        found = set()
        query = select(chain).join(events, events.c.cursor == chain.c.cursor).where(events.c.kind == REMOVED)
        for row in self._connection.execute(query.order_by(chain.c.cursor)) if gone else ():
            named = gone.intersection(as_event(as_entry(row)).payload["sha256"])
            if named and row.cursor <= self._size:
                found.add(row.cursor)
                gone -= named
        if gone:
            raise IntegrityError("the picture is missing, and nothing says that it was removed", place=min(gone))
        return found

    def _read(self, one: c.Wanted) -> bytes:
        if one.folder != c.DOCUMENTS:
            return self._folders[one.folder].read(one.sha256)
        data = self._connection.execute(select(documents.c.data).where(documents.c.sha256 == one.sha256)).scalar()
        if data is None or sha256_hex(bytes(data)) != one.sha256:
            raise IntegrityError("the document is not what was stored under this hash", place=one.sha256)
        return bytes(data)

    def _proof(self, entry: ChainEntry, size: int) -> bytes:
        leaf = merkle.leaf_hash(bytes.fromhex(entry.hash))
        return proof_file(entry.cursor, size, leaf, self._tree.inclusion(entry.cursor, size))

    def _begins_as(self, since: SignedCheckpoint) -> bytes:
        """The audit path of the newest entry that `since` signed: what lies left of it leads to the root of `since`."""
        older, size = since.checkpoint, self._size
        if older.size > size or self._tree.root(older.size) != older.root:
            raise IntegrityError(
                "the record is not the one that this checkpoint signed: entries were changed or removed",
                place=f"checkpoint over {older.size} entries",
            )
        leaf = merkle.leaf_hash(bytes.fromhex(older.chain))
        return proof_file(older.size, size, leaf, self._tree.inclusion(older.size, size))

    def _dated(self) -> tuple[c.Dated, SignedCheckpoint, bytes] | None:
        """The first time stamp over a checkpoint that covers the inspection."""
        query = select(chain).join(events, events.c.cursor == chain.c.cursor)
        query = query.where(events.c.kind == TIME_STAMP, events.c.cursor > self._entry.cursor).order_by(chain.c.cursor)
        for row in self._connection.execute(query):
            event = as_event(as_entry(row))
            size = event.payload["size"]
            if size >= self._entry.cursor:
                note = self._connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar()
                token = self._genealogy.document(event.document_sha256 or "")
                if note is None:
                    raise IntegrityError("the checkpoint that was dated is missing", place=event.subject)
                older = read_signed(note.encode(), event.subject)
                return c.Dated(size, event.payload["time"]), older, token
        return None


def _belongs(event: Event, order: str, serial: str, ids: set[str]) -> bool:
    """Whether an event is about this part of this order: of other parts of the order nothing is told."""
    named = event.payload
    if event.subject in ids or (event.kind == ORDER_RECEIVED and event.subject == order):
        return True
    if (named.get("parent_order_id"), named.get("parent_serial")) == (order, serial):
        return True
    return order_of(event) in (None, order) and serial in (event.subject, named.get("serial"))

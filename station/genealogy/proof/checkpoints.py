"""Signed checkpoints of the stored chain: made when there is something new, kept for good, found again.

A checkpoint is read from one snapshot of the database and written as one row: the cycle never waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Row, desc, insert, select

from station.documents import read_limited
from station.errors import IntegrityError, StorageError
from station.genealogy.database import translated, writing
from station.genealogy.events import Event
from station.genealogy.proof.checkpoint import Checkpoint, read_checkpoint
from station.genealogy.proof.keys import PRIVATE, SigningKey, signing_key
from station.genealogy.proof.note import MAX_NOTE_BYTES, Note, read_note, sign
from station.genealogy.reading import RecordReader
from station.genealogy.schema import chain, checkpoints, events
from station.genealogy.store import Genealogy
from station.genealogy.tree import ChainTree
from station.genealogy.values import utc_text

KEY = "signing-key"  # an event: from here on this key signs; the document is the public key
TIME_STAMP = "time-stamp"  # an event: a third party dated a checkpoint; the document is its token (RFC 3161)
NOT_SIGNED = "no checkpoint was signed"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the key, and the name it signs under (`checkpoint.origin_of`)."""

    key: SigningKey
    origin: str


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note it comes from."""

    checkpoint: Checkpoint
    note: Note
    data: bytes  # the note, byte for byte


def read_signed(data: bytes, place: str) -> SignedCheckpoint:
    """The checkpoint in a note; its signature is still to be checked. Raises: InputError: it is none."""
    note = read_note(data, place)
    return SignedCheckpoint(read_checkpoint(note.text, place), note, data)


def kept_checkpoint(path: Path) -> SignedCheckpoint:
    """The checkpoint that somebody kept in a file. Raises: InputError: it is none, with the path."""
    return read_signed(read_limited(path, MAX_NOTE_BYTES), str(path))


def key_of_record(reader: RecordReader) -> SigningKey:
    """The key that signs this record: made now where nobody ever signed it, and never in the place of another.

    Where the record was signed before, this may be a copy of it: only `station key` and the running station may put
    another key into it.

    Raises:
        StorageError: the key here is none that signed this record, there is none, or it cannot be used.
    """
    folder = reader.home.keys
    if not reader.events(KEY, limit=1):
        return signing_key(folder)
    if not (folder / PRIVATE).exists():
        raise StorageError(
            "the key that signed this record is not here, and none is made in the station's name: export where the key "
            "is, or, if this is the station and its key is lost, make another with 'station key'",
            place=str(folder),
        )
    key = signing_key(folder)
    if not reader.events(KEY, key.public.fingerprint, 1):
        raise StorageError(
            "this key never signed this record: if it is the station's new one, 'station key' puts it into the record",
            place=str(folder / PRIVATE),
        )
    return key


def newest(reader: RecordReader) -> SignedCheckpoint | None:
    """The checkpoint over the most entries; None before the first.

    Raises:
        StorageError: the record cannot be read.
        InputError: what is stored is no checkpoint.
    """
    with translated("the checkpoints cannot be read"), reader.engine.connect() as connection:
        return _newest(connection)


def announce(genealogy: Genealogy, key: SigningKey, *, at: datetime) -> Event:
    """Put the public key into the chain, where it is not there yet. Raises: StorageError: nothing was recorded."""
    public = key.public
    payload = {"algorithm": "Ed25519", "fingerprint": public.fingerprint}
    return genealogy.add_event(KEY, public.fingerprint, payload, at=at, document=public.pem, once=True)


def sign_checkpoint(genealogy: Genealogy, signer: Signer, *, at: datetime) -> SignedCheckpoint:
    """The newest checkpoint, made now where entries came since the one before. Its key is in the chain it stands for.

    Raises:
        IntegrityError: the chain is no longer the one that was signed last; nothing is signed.
        StorageError: nothing was signed.
    """
    announce(genealogy, signer.key, at=at)
    with translated(NOT_SIGNED), genealogy.engine.connect() as connection:
        last = _newest(connection)
        if last is not None and is_settled(connection, last.checkpoint.size):
            return last
        made = _head(connection, last, signer.origin, at)
    note = sign(made.text(), signer.origin, signer.key)
    with translated(NOT_SIGNED), writing(genealogy.engine) as connection:
        row = connection.execute(select(checkpoints).where(checkpoints.c.size == made.size)).first()
        if row is not None:  # another process was faster
            return _signed(row)
        connection.execute(insert(checkpoints).values(size=made.size, made=made.time, note=note))
    return read_signed(note.encode(), f"checkpoint {made.size}")


def is_settled(connection: Connection, size: int) -> bool:
    """Whether a checkpoint over `size` entries leaves nothing to sign: what came since is at most its time stamp."""
    query = select(events.c.kind).select_from(chain.outerjoin(events)).where(chain.c.cursor > size).limit(2)
    return list(connection.execute(query).scalars()) in ([], [TIME_STAMP])


def stamp_subject(size: int) -> str:
    """What the event of a time stamp is about."""
    return f"checkpoint {size}"


def _newest(connection: Connection) -> SignedCheckpoint | None:
    row = connection.execute(select(checkpoints).order_by(desc(checkpoints.c.size)).limit(1)).first()
    return None if row is None else _signed(row)


def _signed(row: Row[tuple[int, str, str]]) -> SignedCheckpoint:
    return read_signed(row.note.encode(), f"checkpoint {row.size}")


def _head(connection: Connection, last: SignedCheckpoint | None, origin: str, at: datetime) -> Checkpoint:
    tree = ChainTree(connection)
    size = tree.size()
    if last is not None:
        before = last.checkpoint
        if before.size > size or tree.root(before.size) != before.root:
            raise IntegrityError(
                "the chain is not the one that was signed here: no other is signed (see 'station verify')",
                place=f"checkpoint {before.size}",
            )
    head = connection.execute(select(chain.c.hash).where(chain.c.cursor == size)).scalar_one()
    return Checkpoint(origin, size, tree.root(size), head, utc_text(at))

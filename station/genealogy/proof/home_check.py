"""Whether the chain of a home is the one that its checkpoints signed. Fed with every entry while `verify` reads them;
what it keeps is one hash for each level of the tree, however long the chain is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from station.errors import InputError
from station.genealogy import merkle
from station.genealogy.chain import EVENT, ChainEntry
from station.genealogy.proof.checkpoints import KEY, TIME_STAMP, SignedCheckpoint, read_signed
from station.genealogy.proof.keys import PublicKey, public_key
from station.genealogy.report import KeyUse, Signatures
from station.genealogy.schema import checkpoints, documents, subtrees
from station.genealogy.tree import STEP
from station.genealogy.values import is_sha256, read_canonical


@dataclass(frozen=True, slots=True)
class Known:
    """What an auditor brings from elsewhere: fingerprints of keys, and checkpoints that he kept."""

    keys: Collection[str] = ()
    kept: Sequence[SignedCheckpoint] = ()


class ProofCheck:
    """Subtrees, checkpoints, keys and time stamps of one snapshot; `fault` is told the place and the sentence."""

    def __init__(self, connection: Connection, fault: Callable[[str, str], None], known: Known) -> None:
        self._connection = connection
        self._fault = fault
        self._known = known.keys
        self._kept = sorted(known.kept, key=lambda one: -one.checkpoint.size)  # the oldest last
        self._agreed: list[int] = []
        self._tree = merkle.Growing()
        self._subtrees: dict[tuple[int, int], str] | None = None
        self._rows: Iterator[Row[Any]] = iter(())
        self._next: Row[Any] | None = None
        self._keys: dict[str, PublicKey] = {}
        self._uses: dict[str, KeyUse] = {}
        self._other_chain = self._stamps = self._signed = self._notes = 0

    def add(self, entry: ChainEntry) -> None:
        """The next entry of the chain."""
        if self._subtrees is None:
            self._begin()
        leaf = bytes.fromhex(entry.hash) if is_sha256(entry.hash) else b""
        for level, position, digest in self._tree.add(merkle.leaf_hash(leaf)):
            if level % STEP == 0:
                self._check_subtree(level, position, digest.hex())
        if entry.kind == EVENT:
            self._look_at_event(entry)
        while self._next is not None and self._next.size <= entry.cursor:
            self._check_checkpoint(self._next, entry)
            self._next = next(self._rows, None)
        while self._kept and self._kept[-1].checkpoint.size <= entry.cursor:
            self._check_kept(self._kept.pop(), entry)

    def finish(self) -> Signatures:
        """After the last entry: what is signed."""
        if self._subtrees is None:
            self._begin()
        for level, position in sorted(self._subtrees or {}):
            self._fault(f"subtree {level}/{position}", "the chain has no such subtree")
        while self._next is not None:
            place = f"checkpoint {self._next.size}"
            self._fault(place, f"the chain ends with entry {self._tree.size}: the newest entries are missing")
            self._next = next(self._rows, None)
        for one in reversed(self._kept):
            at = f"the chain ends with entry {self._tree.size}: entries that it signed are missing"
            self._fault(_kept_place(one), at)
        if self._other_chain > 1:
            self._fault("checkpoints", f"{self._other_chain} in all are not of this chain")
        if self._known and not self._uses:
            self._fault("checkpoints", "there is none, so the key that is known from elsewhere vouches for nothing")
        return Signatures(self._notes, self._stamps, self._signed, tuple(self._uses.values()), tuple(self._agreed))

    def _begin(self) -> None:
        rows = self._connection.execute(select(subtrees))
        self._subtrees = {(row.level, row.position): row.hash for row in rows}
        self._rows = iter(self._connection.execute(select(checkpoints).order_by(checkpoints.c.size)))
        self._next = next(self._rows, None)

    def _check_subtree(self, level: int, position: int, digest: str) -> None:
        stored = (self._subtrees or {}).pop((level, position), None)
        if stored != digest:
            what = "is missing" if stored is None else "is not that of the chain"
            self._fault(f"subtree {level}/{position}", f"the stored hash {what}")

    def _look_at_event(self, entry: ChainEntry) -> None:
        try:
            event = read_canonical(entry.body)
            kind = event["kind"]
            if kind in (KEY, TIME_STAMP):
                data = self._document(event["document_sha256"])
                (self._add_key if kind == KEY else self._check_stamp)(event, data)
        except (KeyError, TypeError, ValueError, RecursionError):
            self._fault(f"chain {entry.cursor}", "the event is not complete")
        except InputError as error:
            self._fault(f"chain {entry.cursor}", str(error))

    def _document(self, digest: str) -> bytes:
        found = self._connection.execute(select(documents.c.data).where(documents.c.sha256 == digest)).scalar()
        return b"" if found is None else bytes(found)

    def _add_key(self, event: dict[str, Any], data: bytes) -> None:
        key = public_key(data, f"document {event['document_sha256']}")
        if not key.fingerprint == event["subject"] == event["payload"]["fingerprint"]:
            raise InputError("the key is not the one that its event names")
        self._keys[key.fingerprint] = key

    def _check_stamp(self, event: dict[str, Any], data: bytes) -> None:
        from station.genealogy.proof import stamps

        query = select(checkpoints.c.note).where(checkpoints.c.size == event["payload"]["size"])
        note = self._connection.execute(query).scalar()
        if note is None:
            raise InputError("the checkpoint that was dated is missing", place=event["subject"])
        stamps.check(data, note.encode(), (), event["subject"])
        self._stamps += 1

    def _check_checkpoint(self, row: Row[Any], entry: ChainEntry) -> None:
        self._notes += 1
        place = f"checkpoint {row.size}"
        try:
            signed = read_signed(row.note.encode(), place)
        except InputError as error:
            self._fault(error.place, error.sentence)
            return
        found = signed.checkpoint
        if (found.size, found.time) != (row.size, row.made):
            self._fault(place, "its note says something else than its row")
        key = signer_of(signed, self._keys.values())
        if key is None:
            self._fault(place, "none of the keys in the chain up to there has signed it")
            return
        self._use(key.fingerprint, found.size, place)
        if (found.chain, found.root) == (entry.hash, self._tree.root()):
            self._signed = found.size
            return
        self._other_chain += 1
        if self._other_chain == 1:
            self._fault(place, "the chain is not the one that was signed")

    def _check_kept(self, signed: SignedCheckpoint, entry: ChainEntry) -> None:
        """That the chain begins as a checkpoint kept elsewhere signed it: the whole tree up to there is the same."""
        found, key = signed.checkpoint, signer_of(signed, self._keys.values())
        if key is None:
            self._fault(_kept_place(signed), "none of the keys in the chain up to there has signed it")
        elif self._known and key.fingerprint not in self._known:
            what = f"signed by the key {key.fingerprint}, which is not the one known from elsewhere"
            self._fault(_kept_place(signed), what)
        elif (found.size, found.chain, found.root) != (entry.cursor, entry.hash, self._tree.root()):
            what = "the chain up to there is not the one that it signed: something was changed, removed or put in"
            self._fault(_kept_place(signed), what)
        else:
            self._agreed.append(found.size)

    def _use(self, fingerprint: str, size: int, place: str) -> None:
        before = self._uses.get(fingerprint)
        known = fingerprint in self._known
        if before is None and self._known and not known:
            self._fault(place, f"the key {fingerprint} has signed it, which is not the one known from elsewhere")
        first, count = (size, 0) if before is None else (before.first, before.checkpoints)
        self._uses[fingerprint] = KeyUse(fingerprint, count + 1, first, size, known)


def _kept_place(signed: SignedCheckpoint) -> str:
    return f"checkpoint over {signed.checkpoint.size} entries, from elsewhere"


def signer_of(signed: SignedCheckpoint, keys: Collection[PublicKey]) -> PublicKey | None:
    """Which of `keys` signed it under its own origin; None if none did."""
    return next((key for key in keys if signed.note.is_signed_by(key, signed.checkpoint.origin)), None)

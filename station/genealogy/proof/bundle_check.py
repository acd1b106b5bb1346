"""Check a bundle offline, as a stranger would: every file, every signature, every entry, every proof, every reference.

Nothing in it is believed: it may come from anywhere. What is wrong is collected, each with its place.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from station.documents import MAX_DOCUMENT_BYTES, parse_json, plain
from station.errors import InputError
from station.genealogy.chain import EVENT, ChainEntry
from station.genealogy.proof import contents as c
from station.genealogy.proof.archive import ArchiveReader
from station.genealogy.proof.bundle_entries import check_entries, read_entry
from station.genealogy.proof.checkpoints import KEY, SignedCheckpoint, read_signed
from station.genealogy.proof.home_check import Known, signer_of
from station.genealogy.proof.inclusion import MAX_PROOF_BYTES, check_proof
from station.genealogy.proof.keys import MAX_KEY_BYTES, PublicKey, public_key
from station.genealogy.proof.note import MAX_NOTE_BYTES
from station.genealogy.report import NEVER_REMOVED, BundleReport, Fault, Progress
from station.genealogy.values import read_canonical, utc_text

MAX_SUMS_BYTES = 4 * 1024 * 1024
_SUM = re.compile(r"([0-9a-f]{64})  (\S+)")
_OWN = {c.README, c.MANIFEST, c.CHECKPOINT, c.KEY_FILE, c.SUMS, c.SIGNATURE, c.STAMPED, c.TOKEN, c.STAMP_PROOF}
_OWN |= {c.SINCE, c.SINCE_PROOF}


def check_bundle(
    path: Path,
    *,
    known_keys: Collection[str] = (),
    kept: Sequence[SignedCheckpoint] = (),
    progress: Progress | None = None,
) -> BundleReport:
    """Check the bundle in the file `path`; with `known_keys` (fingerprints) also that one of them signed it, with
    `kept` (checkpoints from elsewhere) also that the record that it is from begins as each of them signed it.

    Raises:
        InputError: the file is no bundle at all, or one that must not be unpacked.
    """
    try:
        with path.open("rb") as stream:
            archive = ArchiveReader(stream, str(path))
            return _Check(archive, Known(known_keys, kept), progress or (lambda _done, _total: None)).run()
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", place=str(path)) from error


class _Check:
    def __init__(self, archive: ArchiveReader, known: Known, progress: Progress) -> None:
        self._archive, self._known, self._progress = archive, known.keys, progress
        self._kept, self._agreed = known.kept, 0
        self._faults: list[Fault] = []
        self._key: PublicKey | None = None
        self._checkpoint: SignedCheckpoint | None = None
        self._entries: dict[int, ChainEntry] = {}
        self._moment: str | None = None
        self._digests: dict[str, str] = {}  # of every file in the archive
        self._removed = 0

    def run(self) -> BundleReport:
        with self._naming():
            self._check_sums()
        with self._naming():
            self._check_key()
        for name in sorted({name.rpartition(".")[0] for name in self._archive.names if name.startswith("entries/")}):
            with self._naming():
                entry = read_entry(self._archive, name)
                self._entries[entry.cursor] = entry
        with self._naming():
            self._check_checkpoint()
        self._check_proofs()
        since: SignedCheckpoint | None = None
        with self._naming():
            since = self._since()
        for one in self._kept:
            with self._naming():
                self._check_kept(one, since)
        entries = tuple(self._entries[cursor] for cursor in sorted(self._entries))
        about: dict[str, Any] = {}
        with self._naming():
            about = self._manifest()
            for fault in check_entries(entries, about["inspection"]):
                self._fault(fault.place, fault.sentence)
            with self._naming():
                self._check_stamp(about["inspection"])
            self._check_manifest(entries, about)
        with self._naming():
            self._check_references(entries)
        pictures = [name for name in self._archive.names if name.startswith((f"{c.FRAMES}/", f"{c.OVERLAYS}/"))]
        head = None if self._checkpoint is None else self._checkpoint.checkpoint
        return BundleReport(
            inspection=str(about.get("inspection", "")),
            order_id=str(about.get("order_id", "")),
            serial=str(about.get("serial", "")),
            files=len(self._archive.names),
            entries=len(entries),
            pictures=len(pictures),
            removed=self._removed,
            fingerprint="" if self._key is None else self._key.fingerprint,
            known=self._key is not None and self._key.fingerprint in self._known,
            checkpoint=0 if head is None else head.size,
            made="" if head is None else head.time,
            dated=self._moment,
            kept=self._agreed,
            faults=tuple(dict.fromkeys(self._faults)),
        )

    def _fault(self, place: str, sentence: str) -> None:
        self._faults.append(Fault(place, sentence))

    @contextmanager
    def _naming(self) -> Iterator[None]:
        """What cannot be gone on with is a fault as well, with its place."""
        try:
            yield
        except InputError as error:
            self._fault(error.place, error.sentence)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError, StopIteration):
            self._fault(c.MANIFEST, "what is in the bundle is not what a bundle holds")

    def _check_sums(self) -> None:
        """Every file has the hash that the list gives, in its sequence, and no other file is there."""
        listed: dict[str, str] = {}
        for number, line in enumerate(self._text(c.SUMS, MAX_SUMS_BYTES).splitlines(), start=1):
            found = _SUM.fullmatch(line)
            if found is None or found[2] in listed:
                self._fault(c.SUMS, f"line {number} is not a hash and a file, or the file is listed twice")
            else:
                listed[found[2]] = found[1]
        names = [name for name in self._archive.names if name not in (c.SUMS, c.SIGNATURE)]
        for done, name in enumerate(self._archive.names, start=1):
            digest, crc = hashlib.sha256(), 0
            for data in self._archive.chunks(name):
                digest.update(data)
                crc = zlib.crc32(data, crc)
            self._digests[name] = digest.hexdigest()
            if crc != self._archive.crc(name):
                self._fault(name, "the file is not what was packed: its CRC-32 does not fit")
            if name in names and name not in listed:
                self._fault(name, f"the file is not listed in {c.SUMS}: it was added")
            elif name in names and self._digests[name] != listed[name]:
                self._fault(name, f"the file is not what was signed: its hash is not the one in {c.SUMS}")
            self._progress(done, len(self._archive.names))
        for name in listed:
            if name not in self._archive.names:
                self._fault(name, f"the file is missing; {c.SUMS} lists it")
        there = [name for name in listed if name in self._archive.names]
        for name, due in zip([name for name in names if name in listed], there, strict=True):
            if name != due:
                self._fault(name, f"the file stands where {due} is due: the sequence was changed")
                break
        written = "".join(f"{self._digests[name]}  {name}\n" for name in names).encode()
        if not self._faults and self._archive.read(c.SUMS, MAX_SUMS_BYTES) != written:
            self._fault(c.SUMS, "its lines end otherwise than sha256sum reads them")
        if not listed or not set(names) >= {c.README, c.MANIFEST, c.CHECKPOINT, c.KEY_FILE}:
            self._fault(c.SUMS, "files that every bundle has are missing")

    def _check_key(self) -> None:
        self._key = public_key(self._archive.read(c.KEY_FILE, MAX_KEY_BYTES), c.KEY_FILE)
        if self._known and self._key.fingerprint not in self._known:
            what = (
                f"the bundle was signed by the key {self._key.fingerprint}, which is not the one known from elsewhere"
            )
            self._fault(c.KEY_FILE, what)
        signature, sums = self._archive.read(c.SIGNATURE, 64), self._archive.read(c.SUMS, MAX_SUMS_BYTES)
        if len(signature) != 64 or not self._key.verifies(signature, sums):
            self._fault(c.SIGNATURE, f"this is not the signature of {c.SUMS} by {c.KEY_FILE}")

    def _check_checkpoint(self) -> None:
        keys = self._announced()
        if self._key is not None and self._key.fingerprint not in {key.fingerprint for key in keys}:
            self._fault(c.KEY_FILE, "no entry of the chain names this key as the station's")
        signed = read_signed(self._archive.read(c.CHECKPOINT, MAX_NOTE_BYTES), c.CHECKPOINT)
        self._check_signer(signed, keys, c.CHECKPOINT)
        self._checkpoint = signed

    def _announced(self) -> list[PublicKey]:
        """The keys that entries of the chain name as the station's."""
        found = []
        for entry in self._entries.values():
            body = read_canonical(entry.body)
            if entry.kind == EVENT and body["kind"] == KEY:
                name = f"{c.DOCUMENTS}/{body['document_sha256']}.pem"
                key = public_key(self._archive.read(name, MAX_KEY_BYTES), name)
                if not key.fingerprint == body["subject"] == body["payload"]["fingerprint"]:
                    raise InputError("this key is not the one that its event names", place=name)
                found.append(key)
        return found

    def _check_signer(self, signed: SignedCheckpoint, keys: Collection[PublicKey], place: str) -> None:
        key = signer_of(signed, keys)
        if key is None:
            self._fault(place, "none of the station's keys in this bundle has signed this checkpoint")
        elif self._known and key.fingerprint not in self._known:
            self._fault(place, f"signed by the key {key.fingerprint}, which is not the one known from elsewhere")

    def _check_proofs(self) -> None:
        for cursor, entry in self._entries.items():
            with self._naming():
                if self._checkpoint is not None:
                    self._check_proof(entry, f"{c.entry_name(cursor)}.proof", self._checkpoint)

    def _check_proof(self, entry: ChainEntry, name: str, signed: SignedCheckpoint) -> None:
        at = signed.checkpoint
        check_proof(self._archive.read(name, MAX_PROOF_BYTES), entry.cursor, at.size, entry.hash, at.root, name)
        if entry.cursor == at.size and entry.hash != at.chain:
            self._fault(name, "this newest entry is not the one that the checkpoint names")

    def _since(self) -> SignedCheckpoint | None:
        """The older checkpoint that the record is shown to begin with, if there is one."""
        if not {c.SINCE, c.SINCE_PROOF} & set(self._archive.names) or self._checkpoint is None:
            return None
        signed = read_signed(self._archive.read(c.SINCE, MAX_NOTE_BYTES), c.SINCE)
        self._check_signer(signed, self._announced(), c.SINCE)
        older, at = signed.checkpoint, self._checkpoint.checkpoint
        proof = self._archive.read(c.SINCE_PROOF, MAX_PROOF_BYTES)
        check_proof(proof, older.size, at.size, older.chain, at.root, c.SINCE_PROOF, begins=older.root)
        return signed

    def _check_kept(self, kept: SignedCheckpoint, since: SignedCheckpoint | None) -> None:
        """A checkpoint from elsewhere is the one that the bundle was made from, or that it is shown to begin with."""
        older, place = kept.checkpoint, f"checkpoint over {kept.checkpoint.size} entries, from elsewhere"
        self._check_signer(kept, self._announced(), place)
        for one in (self._checkpoint, since):
            if one is not None and one.checkpoint.size == older.size:
                if (one.checkpoint.root, one.checkpoint.chain) == (older.root, older.chain):
                    self._agreed += 1
                else:
                    self._fault(place, "the record that this bundle is from is not the one that it signed")
                return
        at = 0 if self._checkpoint is None else self._checkpoint.checkpoint.size
        if older.size > at:
            self._fault(place, f"the bundle is from when the record had {at} entries: it shows nothing about this one")
        else:
            self._fault(place, "the bundle does not prove that its record begins so: ask for one exported with --since")

    def _check_stamp(self, inspection: str) -> None:
        if not {c.STAMPED, c.TOKEN, c.STAMP_PROOF} & set(self._archive.names):
            return
        from station.genealogy.proof import stamps

        signed = read_signed(self._archive.read(c.STAMPED, MAX_NOTE_BYTES), c.STAMPED)
        self._check_signer(signed, self._announced(), c.STAMPED)
        entry = next(one for one in self._entries.values() if one.id == inspection)
        self._check_proof(entry, c.STAMP_PROOF, signed)
        stamp = stamps.check(self._archive.read(c.TOKEN, stamps.MAX_ANSWER_BYTES), signed.data, (), c.TOKEN)
        self._moment = utc_text(stamp.moment)

    def _manifest(self) -> dict[str, Any]:
        document = plain(parse_json(self._archive.read(c.MANIFEST, MAX_DOCUMENT_BYTES), c.MANIFEST))
        if not isinstance(document, dict) or document.get("schema") != c.SCHEMA:
            raise InputError(f"this is not a {c.SCHEMA} table of contents", place=c.MANIFEST)
        return document

    def _check_manifest(self, entries: tuple[ChainEntry, ...], document: dict[str, Any]) -> None:
        """It says what the files say, and nothing else."""
        if self._checkpoint is None or self._key is None:
            return
        dated = None
        if self._moment is not None:
            size = read_signed(self._archive.read(c.STAMPED, MAX_NOTE_BYTES), c.STAMPED).checkpoint.size
            dated = c.Dated(size, self._moment)
        fingerprint, checkpoint = self._key.fingerprint, self._checkpoint.checkpoint
        there = self._files()
        if document != c.manifest(document["inspection"], entries, there, checkpoint, fingerprint, dated):
            self._fault(c.MANIFEST, "it says something else than the entries and files beside it")

    def _files(self) -> dict[tuple[str, str], str]:
        found = {}
        for name in self._archive.names:
            folder, _, file = name.partition("/")
            if folder in (c.DOCUMENTS, c.FRAMES, c.OVERLAYS):
                found[folder, file.partition(".")[0]] = name
        return found

    def _check_references(self, entries: tuple[ChainEntry, ...]) -> None:
        """Whatever the entries refer to is there under its hash, or removed by an event; and nothing else is."""
        there, gone, never = self._files(), c.removals(entries), c.never_removed(entries)
        for one in c.wanted(entries):
            name = there.pop((one.folder, one.sha256), None)
            if name is not None:
                if self._digests[name] != one.sha256:
                    self._fault(name, f"this is not the {one.role} that entry {one.cursor} names: another hash")
            elif one.folder != c.DOCUMENTS and gone.get(one.sha256, 0) > one.cursor:
                self._removed += 1
                if one.sha256 in never:
                    self._fault(f"{one.folder}/{one.sha256}", NEVER_REMOVED)
            else:
                self._fault(f"{one.folder}/{one.sha256}", f"the {one.role} is missing; entry {one.cursor} refers to it")
        for name in there.values():
            self._fault(name, "no entry refers to this file")
        for name in self._archive.names:
            if name not in _OWN and name.partition("/")[0] not in (c.DOCUMENTS, c.FRAMES, c.OVERLAYS, "entries"):
                self._fault(name, "a bundle has no such file")

    def _text(self, name: str, limit: int) -> str:
        try:
            return self._archive.read(name, limit).decode("ascii")
        except UnicodeDecodeError as error:
            raise InputError("there are characters in it that do not belong there", place=name) from error

"""The entries in a bundle: each is read from its files, and together they are of one part, with no attempt missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from station.documents import MAX_DOCUMENT_BYTES, sha256_hex
from station.errors import InputError
from station.genealogy.chain import DOMAIN, INSPECTION, ChainEntry
from station.genealogy.entries import claims_of
from station.genealogy.proof.archive import ArchiveReader
from station.genealogy.proof.contents import entry_name
from station.genealogy.report import Fault
from station.genealogy.values import read_canonical

MAX_LINK_BYTES = 1024
_LINK = re.compile(
    rf"{re.escape(DOMAIN)}\n([1-9]\d{{0,15}})\n([a-z]{{1,20}})\n(\S{{24}})\n([0-9a-f]{{64}})\n([0-9a-f]{{64}})\n"
)


def read_entry(archive: ArchiveReader, name: str) -> ChainEntry:
    """The entry whose files begin with `name`, as its link says; that link and body fit is checked.

    Raises:
        InputError: with the file as the place.
    """
    link = archive.read(f"{name}.link", MAX_LINK_BYTES)
    body = archive.read(f"{name}.json", MAX_DOCUMENT_BYTES)
    found = _LINK.fullmatch(link.decode("utf-8", "replace"))
    if found is None:
        raise InputError("these are not the six lines of an entry", place=f"{name}.link")
    cursor, kind, committed, previous, digest = found.groups()
    if entry_name(int(cursor)) != name:
        raise InputError(f"this is entry {cursor}, under another's name", place=f"{name}.link")
    if sha256_hex(body) != digest:
        raise InputError(
            "the entry is not what was committed: its hash is not the one in its link", place=f"{name}.json"
        )
    try:
        id = read_canonical(body)["id"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("this is not the body of an entry", place=f"{name}.json") from error
    return ChainEntry(int(cursor), kind, str(id), committed, previous, sha256_hex(link), body)


def check_entries(entries: Sequence[ChainEntry], inspection_id: str) -> list[Fault]:
    """What is wrong with entries (in sequence of their cursors) as the record of one part."""
    faults, keys, attempts = [], set(), []
    before: ChainEntry | None = None
    for entry in entries:
        place = f"{entry_name(entry.cursor)}.json"
        claims = claims_of(entry, None)
        faults += [Fault(place, sentence) for sentence in claims.sentences]
        if before is not None and entry.cursor == before.cursor + 1 and entry.previous_hash != before.hash:
            faults.append(Fault(f"{entry_name(entry.cursor)}.link", "the entry does not follow the one before it"))
        if entry.kind == INSPECTION and claims.key is not None:
            keys.add(claims.key)
            attempts.append(claims.attempt)
            if claims.attempt != len(attempts):
                what = f"attempt {claims.attempt} stands where attempt {len(attempts)} is due"
                faults.append(Fault(place, what))
        before = entry
    if len(keys) > 1:
        faults.append(Fault("entries", "there are inspections of more than one part"))
    if not any(entry.kind == INSPECTION and entry.id == inspection_id for entry in entries):
        faults.append(Fault("entries", f"the inspection {inspection_id[:64]} is missing"))
    return faults

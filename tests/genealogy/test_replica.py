"""A replica is always the beginning of the original chain, whatever arrives in whatever sequence."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from station.errors import IntegrityError
from station.genealogy.calibrations import accept
from station.genealogy.chain import ChainEntry, link_hash
from station.genealogy.database import writing
from station.genealogy.home import StationHome
from station.genealogy.parts import Material, PartKey, add_link
from station.genealogy.replica import GapError, Head, head_of, take_document, take_entry
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain, documents
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from tests.genealogy.builders import at, draft, evidence


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Genealogy]:
    with Genealogy.open(StationHome(tmp_path / "plant")) as opened:
        yield opened


def original(genealogy: Genealogy, count: int) -> list[ChainEntry]:
    for n in range(count):
        genealogy.commit(draft(serial=f"S-{n}"), evidence(n), committed=at(n))
        add_link(genealogy, PartKey("MO-1", f"S-{n}"), Material(f"L-{n}"), by="mes", at=at(n))
    accept(genealogy, b"{}", at=at(count), by="Ann")
    with genealogy.engine.connect() as connection:
        return [as_entry(row) for row in connection.execute(select(chain).order_by(chain.c.cursor))]


def take_documents(genealogy: Genealogy, copy: Genealogy) -> None:
    with genealogy.engine.connect() as connection:
        found = [(row.sha256, bytes(row.data)) for row in connection.execute(select(documents))]
    with writing(copy.engine) as connection:
        for sha256, data in found:
            take_document(connection, sha256, data)


def test_whatever_comes_twice_or_too_early(genealogy: Genealogy, copy: Genealogy) -> None:
    entries = original(genealogy, 140)  # more than one subtree
    take_documents(genealogy, copy)
    rng = random.Random(3)
    left, new = [*entries, *rng.sample(entries, 50)], 0
    while left:
        entry = left[rng.randrange(min(len(left), 4))]  # about in sequence, as it comes from a hub
        with writing(copy.engine) as connection:
            try:
                new += take_entry(connection, entry)
            except GapError:
                continue
        left.remove(entry)
    assert new == len(entries)
    with copy.engine.connect() as connection:
        assert head_of(connection) == Head(entries[-1].cursor, entries[-1].hash)
    assert copy.records(limit=1000).records == genealogy.records(limit=1000).records
    faults = verify_home(copy.home).faults
    assert {fault.place.split("/")[0] for fault in faults} == {"frames"}  # pictures stay at the station
    assert copy.events_about(["S-7"]) == genealogy.events_about(["S-7"])


def test_an_entry_needs_its_documents(genealogy: Genealogy, copy: Genealogy) -> None:
    first = original(genealogy, 1)[0]
    with pytest.raises(GapError, match="document"), writing(copy.engine) as connection:
        take_entry(connection, first)
    with pytest.raises(IntegrityError, match="not what it is called"), writing(copy.engine) as connection:
        take_document(connection, "0" * 64, b"something")


def test_what_is_forged_is_refused(genealogy: Genealogy, copy: Genealogy) -> None:
    first, second, *_ = original(genealogy, 2)
    take_documents(genealogy, copy)
    body = first.body.replace(b"PASS", b"FAIL")

    def refused(entry: ChainEntry, sentence: str) -> None:
        with pytest.raises(IntegrityError, match=sentence), writing(copy.engine) as connection:
            take_entry(connection, entry)

    refused(replace(first, body=body), "hash does not fit")
    refused(replace(first, id="another", hash=first.hash), "id in its body")
    unreadable = link_hash(1, first.kind, first.committed, first.previous_hash, b"{")
    refused(replace(first, body=b"{", hash=unreadable), "not a complete document")
    with writing(copy.engine) as connection:
        assert take_entry(connection, first)
    other = link_hash(2, second.kind, second.committed, "1" * 64, second.body)
    refused(replace(second, previous_hash="1" * 64, hash=other), "does not follow")
    changed = link_hash(1, first.kind, first.committed, first.previous_hash, body)
    refused(replace(first, body=body, hash=changed), "chain was replaced")


def test_what_verify_would_find_is_refused(genealogy: Genealogy, copy: Genealogy) -> None:
    """A station whose own chain is wrong: its hashes fit, its attempts and ids do not."""
    entries = original(genealogy, 1)
    take_documents(genealogy, copy)
    with writing(copy.engine) as connection:
        for entry in entries:
            take_entry(connection, entry)
    first, head = entries[0], entries[-1]
    for body, id, sentence in (
        (first.body, first.id, "attempt 1 does not follow"),
        (first.body.replace(b'"attempt":1', b'"attempt":3'), first.id, "attempt 3 does not follow"),
        (first.body.replace(b'"attempt":1', b'"attempt":2'), first.id, "id is that of an earlier"),
    ):
        cursor = head.cursor + 1
        hashed = link_hash(cursor, first.kind, first.committed, head.hash, body)
        forged = ChainEntry(cursor, first.kind, id, first.committed, head.hash, hashed, body)
        with pytest.raises(IntegrityError, match=sentence), writing(copy.engine) as connection:
            take_entry(connection, forged)

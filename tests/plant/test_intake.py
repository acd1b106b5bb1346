"""What the hub delivers, in whatever sequence and however often, ends as the stations' own chains and one feed."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from station.documents import canonical
from station.genealogy.chain import ChainEntry, link_hash
from station.genealogy.home import StationHome
from station.genealogy.parts import Material, PartKey, add_link
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain, checkpoints
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from station.plant.database import PlantDatabase, schema_of, url_of
from station.plant.intake import Intake
from station.plant.outbox import Outbox
from station.plant.schema import feed, parts, refused, waiting
from station.plant.wire import PART_BYTES, Message, Note, entry_messages, note_message
from tests.genealogy.builders import NOW, at, draft, evidence


def fill(genealogy: Genealogy, count: int, name: str = "S", first: int = 0) -> None:
    for n in range(first, first + count):
        genealogy.commit(draft(serial=f"{name}-{n}"), evidence(n), committed=at(n))
        add_link(genealogy, PartKey("MO-2026-000417", f"{name}-{n}"), Material(f"L-{n}"), by="mes", at=at(n))


def messages(genealogy: Genealogy, station: str) -> list[Message]:
    return [message for message, _ in Outbox(genealogy, station).messages(0)]


def entries(genealogy: Genealogy) -> list[ChainEntry]:
    with genealogy.engine.connect() as connection:
        return [as_entry(row) for row in connection.execute(select(chain).order_by(chain.c.cursor))]


def count(plant: PlantDatabase, table: object) -> int:
    with plant.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def faults(plant: PlantDatabase, station: str) -> list[str]:
    url = url_of(plant.url, schema_of(station)).render_as_string(hide_password=False)
    return [one.sentence for one in verify_home(plant.home, url=url).faults if not one.place.startswith("frames/")]


@pytest.fixture
def intake(plant: PlantDatabase) -> Intake:
    return Intake(plant, lambda: NOW)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Genealogy]:
    with Genealogy.open(StationHome(tmp_path / "other")) as opened:
        yield opened


def test_shuffled_repeated_and_in_batches(
    plant: PlantDatabase, intake: Intake, genealogy: Genealogy, other: Genealogy
) -> None:
    fill(genealogy, 40)
    fill(other, 40, "T")
    everything = messages(genealogy, "cell-3") + messages(other, "Zelle Süd.1")
    rng = random.Random(7)
    left = everything + rng.sample(everything, 60)
    rng.shuffle(left)
    while left:
        size = rng.randrange(1, 40)
        intake.take(left[:size])
        left = left[size:]
    intake.take(everything)
    for station, original in (("cell-3", genealogy), ("Zelle Süd.1", other)):
        copy = plant.reader(schema_of(station))
        assert copy.records(limit=1000).records == original.records(limit=1000).records
        assert faults(plant, station) == []
    with plant.engine.connect() as connection:
        rows = connection.execute(select(feed).order_by(feed.c.position)).all()
    assert [row.position for row in rows] == list(range(1, 161))
    for station, original in (("cell-3", genealogy), ("Zelle Süd.1", other)):
        listed = [(row.cursor, row.kind, row.id, row.hash) for row in rows if row.station == station]
        assert listed == [(one.cursor, one.kind, one.id, one.hash) for one in entries(original)]
    assert [count(plant, table) for table in (waiting, parts, refused)] == [0, 0, 0]


def test_what_needs_parts(plant: PlantDatabase, intake: Intake, genealogy: Genealogy) -> None:
    large = bytes(random.Random(1).randbytes(3 * PART_BYTES + 5))
    genealogy.add_event("note", "cell-3", {"text": "x" * (2 * PART_BYTES)}, at=NOW, document=large)
    found = messages(genealogy, "cell-3")
    assert len(found) == 4 + 3
    assert all(len(one.data) <= PART_BYTES for one in found)
    for message in reversed(found):
        intake.take([message])
    copy = plant.reader(schema_of("cell-3"))
    (event,) = copy.events("note")
    assert copy.document(str(event.document_sha256)) == large
    assert faults(plant, "cell-3") == []
    assert count(plant, parts) == 0


def test_a_document_without_its_entry_is_none_of_the_record(
    plant: PlantDatabase, intake: Intake, genealogy: Genealogy
) -> None:
    fill(genealogy, 1)
    found = messages(genealogy, "cell-3")
    intake.take(found[:1])
    assert faults(plant, "cell-3") == []
    assert count(plant, parts) == 1
    intake.take(found[1:])
    assert plant.reader(schema_of("cell-3")).attempts("MO-2026-000417", "S-0") == 1
    assert count(plant, parts) == 0


def test_forgeries_are_kept_aside_and_the_others_go_on(
    plant: PlantDatabase, intake: Intake, genealogy: Genealogy, other: Genealogy
) -> None:
    fill(genealogy, 2)
    fill(other, 2, "T")
    first, second, *_ = entries(genealogy)
    good = messages(genealogy, "cell-3")

    def sent(entry: ChainEntry) -> Message:
        return next(entry_messages("cell-3", entry))

    body = second.body.replace(b"S-0", b"S-1")
    nul = second.body.replace(b'"subject":"S-0"', b'"subject":"S\\u00000"')
    forged = [
        sent(replace(second, body=body)),
        sent(replace(second, previous_hash="1" * 64, hash=link_hash(2, "event", second.committed, "1" * 64, body))),
        sent(replace(second, body=b"{", hash=link_hash(2, "event", second.committed, first.hash, b"{"))),
        Message("station.cell-3.entries", {"Station-Part": "1/1"}, b"nothing"),
        Message("station.cell-3.entries", {**good[-1].headers, "Station-Part": "9/2"}, b""),
        Message("station.cell-3.documents." + "0" * 64, {"Station-Part": "1/1"}, b"something else"),
        Message("station.a b.entries", dict(good[-1].headers), good[-1].data),
        Message("station.cell-3.checkpoints", {"Station-Part": "1/1"}, b'{"size": true, "made": "", "note": ""}'),
    ]
    cut = next(n for n, one in enumerate(good) if one.headers.get("Station-Cursor") == "1") + 1
    intake.take(good[:cut])
    for message in forged * 2:
        intake.take([message, *messages(other, "cell-4")[:5]])
    with plant.engine.connect() as connection:
        sentences = [row.sentence for row in connection.execute(select(refused).order_by(refused.c.number))]
    assert len(sentences) == len(forged), sentences  # each once
    expected = (
        "hash does not fit", "hash does not fit", "not a complete document", "needs this header", "no part",
        "not what it is called", "no subject", "no checkpoint",
    )  # fmt: skip
    assert [words in sentence for words, sentence in zip(expected, sentences, strict=True)] == 8 * [True], sentences
    assert b"\\u0000" in nul
    hashed = link_hash(2, "event", second.committed, first.hash, nul)
    assert intake.take([sent(replace(second, body=nul, hash=hashed))]).refused == 1
    intake.take(good + messages(other, "cell-4"))
    assert [one.cursor for one in plant.stations()] == [4, 4]
    assert faults(plant, "cell-3") == faults(plant, "cell-4") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"attempt": "first"}, {"attempt": True}, {"attempt": 10**15}, {"attempt": None}, {"attempt": 1},
        {"serial": 5}, {"serial": {"a": 1}}, {"order_id": "MO\0"}, {"frames": [{"view": 1, "sha256": "0" * 64}]},
    ],
)  # fmt: skip
def test_what_no_table_takes_stops_nobody(
    plant: PlantDatabase, intake: Intake, genealogy: Genealogy, other: Genealogy, changes: dict[str, object]
) -> None:
    """Bodies with a hash that fits, as somebody with a station's password can make them."""
    fill(genealogy, 1)
    fill(other, 3, "T")
    intake.take(messages(genealogy, "cell-3"))
    first, second = entries(genealogy)
    body = canonical({**json.loads(first.body), "id": "forged", **changes})
    hashed = link_hash(3, "inspection", first.committed, second.hash, body)
    forged = replace(first, cursor=3, id="forged", previous_hash=second.hash, hash=hashed, body=body)
    surrogate = Message("station.cell-3.checkpoints", {"Station-Part": "1/1"}, b'{"size":1,"made":"","note":"\\ud800"}')
    nul = Message("station.cell-3.checkpoints", {"Station-Part": "1/1"}, b'{"size":2,"made":"","note":"\\u0000"}')
    taken = intake.take([*entry_messages("cell-3", forged), surrogate, nul, *messages(other, "cell-4")])
    assert (taken.new, taken.refused) == (6, 3)
    assert faults(plant, "cell-3") == faults(plant, "cell-4") == []


def test_a_chain_that_was_replaced(
    plant: PlantDatabase, intake: Intake, genealogy: Genealogy, other: Genealogy
) -> None:
    fill(genealogy, 3)
    intake.take(messages(genealogy, "cell-3"))
    fill(other, 5, "T")  # under the same name, and longer
    intake.take(messages(other, "cell-3"))
    fill(other, 1, "T", 5)
    intake.take(messages(other, "cell-3"))
    with plant.engine.connect() as connection:
        rows = connection.execute(select(refused.c.sentence).order_by(refused.c.cursor)).scalars().all()
    assert ["the chain was replaced" in one for one in rows[:6]] == 6 * [True]
    assert rows[6:] == ["the entry does not follow the one before it"] + 5 * ["it follows an entry that was refused"]
    assert count(plant, waiting) == 0
    assert plant.stations()[0].cursor == 6
    assert faults(plant, "cell-3") == []
    # Under another name it is welcome, and what both have in common is listed once.
    intake.take(messages(other, "cell-3b"))
    intake.take(messages(genealogy, "cell-3c"))
    assert count(plant, feed) == 6 + 12
    assert faults(plant, "cell-3b") == faults(plant, "cell-3c") == []


def test_checkpoints(plant: PlantDatabase, intake: Intake, genealogy: Genealogy) -> None:
    fill(genealogy, 2)
    early, late = (note_message("cell-3", Note(size, "2026-11-22T09:12:03.512Z", f"note {size}")) for size in (2, 9))
    assert intake.take([early, late, *messages(genealogy, "cell-3")]).refused == 0
    other = note_message("cell-3", Note(2, "2026-11-22T09:12:03.512Z", "another"))
    assert intake.take([early, other]).refused == 1
    with plant.engine.connect() as connection:
        connection.execution_options(schema_translate_map={None: schema_of("cell-3")})
        assert list(connection.execute(select(checkpoints.c.size)).scalars()) == [2]


def test_the_feed_cannot_be_changed(plant: PlantDatabase, intake: Intake, genealogy: Genealogy) -> None:
    fill(genealogy, 1)
    intake.take(messages(genealogy, "cell-3"))
    for statement in ("UPDATE plant.feed SET serial = 'x'", "DELETE FROM plant.about", "TRUNCATE plant.refused"):
        with pytest.raises(DBAPIError, match="append-only"), plant.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_no_position_appears_behind_one_that_was_read(plant: PlantDatabase, tmp_path: Path) -> None:
    """Two plants write at once while somebody pages: he sees every position, in sequence."""
    sources = []
    for n in range(4):
        with Genealogy.open(StationHome(tmp_path / f"s{n}")) as genealogy:
            fill(genealogy, 15, f"S{n}")
            sources.append(messages(genealogy, f"cell-{n}"))
    with PlantDatabase.open(tmp_path / "second", plant.url) as second:
        intakes = [Intake(plant, lambda: NOW), Intake(second, lambda: NOW)]

        def write(intake: Intake, mine: list[list[Message]]) -> None:
            for n in range(0, max(map(len, mine)), 2):
                for one in mine:
                    if one[n : n + 2]:
                        intake.take(one[n : n + 2])

        threads = [threading.Thread(target=write, args=(one, sources[n::2])) for n, one in enumerate(intakes)]
        seen: list[int] = []

        def page() -> None:
            query = select(feed.c.position).where(feed.c.position > (seen[-1] if seen else 0))
            with plant.engine.connect() as connection:
                seen.extend(connection.execute(query.order_by(feed.c.position)).scalars())

        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            page()
        page()
    assert seen == list(range(1, 4 * 30 + 1))


def test_the_lock_is_what_keeps_positions_in_sequence(
    plant: PlantDatabase, intake: Intake, genealogy: Genealogy
) -> None:
    """Somebody who holds it and has not committed yet makes the other wait, so nothing overtakes him."""
    fill(genealogy, 1)
    done = threading.Event()

    def take() -> None:
        intake.take(messages(genealogy, "cell-3"))
        done.set()

    plant.add("cell-3", at=NOW)
    with plant.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("LOCK TABLE plant.feed IN EXCLUSIVE MODE")
        row = {
            "position": 1,
            "station": "cell-3",
            "cursor": 99,
            "kind": "event",
            "id": "x",
            "hash": "",
            "committed": "",
        }
        connection.execute(insert(feed).values(**row))
        thread = threading.Thread(target=take)
        thread.start()
        assert not done.wait(0.5)
        assert count(plant, feed) == 0  # reading goes on
    thread.join()
    with plant.engine.connect() as connection:
        assert list(connection.execute(select(feed.c.position).order_by(feed.c.position)).scalars()) == [1, 2, 3]

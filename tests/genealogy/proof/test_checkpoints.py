"""Checkpoints of a home: when they are made, and that a chain that is not the one signed is found."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymerkle import InmemoryTree

from station.errors import IntegrityError
from station.genealogy.backup import back_up, restore
from station.genealogy.chain import link_hash
from station.genealogy.home import StationHome
from station.genealogy.proof import keeper
from station.genealogy.proof.checkpoints import announce, newest, sign_checkpoint
from station.genealogy.proof.keeper import CheckpointFacts, Keeper
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

from ..builders import NOW, at, draft, evidence
from .made import ORIGIN, fill, signer_of_home


def found(home: StationHome, *known: str) -> str:
    report = verify_home(home, known_keys=known)
    return "\n".join(f"{fault.place}: {fault.sentence}" for fault in report.faults)


@contextmanager
def tampering(home: StationHome) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(home.database)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield connection
    for _, statement in triggers:
        connection.execute(statement)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.fixture
def signed(tmp_path: Path, signed_once: StationHome) -> StationHome:
    shutil.copytree(signed_once.path, tmp_path / "copy")
    return StationHome(tmp_path / "copy")


@pytest.fixture(scope="module")
def signed_once(tmp_path_factory: pytest.TempPathFactory) -> StationHome:
    """600 entries, checkpoints over 16, 300 and 600 of them: two subtrees are kept."""
    home = StationHome(tmp_path_factory.mktemp("signed") / "home")
    with Genealogy.open(home) as genealogy, pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        fill(genealogy)
        sign_checkpoint(genealogy, signer_of_home(home), at=at(10))
        for size in (300, 600):
            while genealogy.add_event("stopped", "cell-3", {"reason": "x"}, at=at(11)).cursor < size:
                pass
            sign_checkpoint(genealogy, signer_of_home(home), at=at(12))
    return home


def test_a_signed_home(signed: StationHome):
    report = verify_home(signed)
    assert report.faults == ()
    (use,) = report.signatures.keys
    assert (use.first, use.last, use.checkpoints, use.known) == (16, 600, 3, False)
    assert (report.signatures.checkpoints, report.signatures.signed) == (3, 600)
    assert verify_home(signed, known_keys=[use.fingerprint]).signatures.keys[0].known
    assert "which is not the one known" in found(signed, "0" * 64)


def test_the_root_is_the_one_of_another_implementation(signed: StationHome):
    connection = sqlite3.connect(signed.database)
    tree = InmemoryTree(algorithm="sha256")
    for (text,) in connection.execute("SELECT hash FROM chain ORDER BY cursor"):
        tree.append_entry(bytes.fromhex(text))
    connection.close()
    with Genealogy.open(signed, read_only=True) as genealogy:
        last = newest(genealogy)
    assert last is not None
    assert last.checkpoint.root == tree.get_root(600)


def test_nothing_new_needs_no_checkpoint(home: StationHome):
    with Genealogy.open(home) as genealogy:
        signer = signer_of_home(home)
        first = sign_checkpoint(genealogy, signer, at=at(1))
        assert first.checkpoint.size == 1, "the key itself"
        assert sign_checkpoint(genealogy, signer, at=at(2)) == first
        genealogy.commit(draft(), evidence(), committed=at(3))
        assert sign_checkpoint(genealogy, signer, at=at(4)).checkpoint.size == 2
        announce(genealogy, signer.key, at=at(5))
        assert sign_checkpoint(genealogy, signer, at=at(6)).checkpoint.size == 2
    assert found(home) == ""


def test_a_key_that_was_lost(home: StationHome):
    with Genealogy.open(home) as genealogy:
        old = signer_of_home(home)
        sign_checkpoint(genealogy, old, at=at(1))
        for path in home.keys.iterdir():
            path.unlink()
        new = signer_of_home(home)
        genealogy.commit(draft(), evidence(), committed=at(3))
        sign_checkpoint(genealogy, new, at=at(4))
    report = verify_home(home)
    assert report.faults == ()
    assert [(use.fingerprint, use.first, use.last) for use in report.signatures.keys] == [
        (old.key.public.fingerprint, 1, 1),
        (new.key.public.fingerprint, 3, 3),
    ]
    assert "checkpoint 3: the key" in found(home, old.key.public.fingerprint)
    assert found(home, old.key.public.fingerprint, new.key.public.fingerprint) == ""


def test_a_station_that_goes_on_with_another_key_says_so(home: StationHome):
    said: list[str] = []
    with Genealogy.open(home) as genealogy:
        beside = Keeper(genealogy, CheckpointFacts(), ORIGIN, lambda: at(1), said.append)
        beside.sign()
        assert said == []  # the first
        for path in home.keys.iterdir():
            path.unlink()
        beside.sign()
        fingerprint = signer_of_home(home).key.public.fingerprint
    assert said == [f"the key that signed this record is not here: from now on the new key {fingerprint} signs it"]


def test_a_home_that_was_never_signed(home: StationHome):
    with Genealogy.open(home) as genealogy:
        genealogy.commit(draft(), evidence(), committed=at(3))
    assert found(home) == ""
    assert "vouches for nothing" in found(home, "0" * 64)


def recompute(connection: sqlite3.Connection) -> None:
    """The whole chain anew, with the subtrees that belong to it: it agrees with itself."""
    previous = "0" * 64
    rows = connection.execute("SELECT cursor, kind, committed, body FROM chain ORDER BY cursor").fetchall()
    for cursor, kind, committed, body in rows:
        digest = link_hash(cursor, kind, committed, previous, body)
        connection.execute("UPDATE chain SET previous_hash = ?, hash = ? WHERE cursor = ?", (previous, digest, cursor))
        previous = digest
        if cursor % 256 == 0:
            small = InmemoryTree(algorithm="sha256")
            for (text,) in connection.execute(
                "SELECT hash FROM chain WHERE cursor > ? AND cursor <= ? ORDER BY cursor", (cursor - 256, cursor)
            ):
                small.append_entry(bytes.fromhex(text))
            connection.execute(
                "UPDATE subtrees SET hash = ? WHERE position = ?", (small.get_root(256).hex(), cursor // 256 - 1)
            )


def test_a_chain_computed_anew(signed: StationHome):
    with tampering(signed) as connection:
        connection.execute("UPDATE chain SET body = CAST(replace(body, '23.6684', '23.7') AS BLOB) WHERE cursor = 8")
        recompute(connection)
    faults = found(signed)
    assert "checkpoint 16: the chain is not the one that was signed" in faults
    assert "checkpoints: 3 in all" in faults
    assert faults.count("\n") == 1, "nothing else shows it"


def test_a_change_between_two_checkpoints(signed: StationHome):
    with tampering(signed) as connection:
        connection.execute("UPDATE chain SET body = CAST(replace(body, '\"x\"', '\"y\"') AS BLOB) WHERE cursor = 400")
        recompute(connection)
    assert found(signed) == "checkpoint 600: the chain is not the one that was signed"
    assert verify_home(signed).signatures.signed == 300


def test_newest_entries_removed(signed: StationHome):
    with tampering(signed) as connection:
        connection.execute("DELETE FROM events WHERE cursor > 590")
        connection.execute("DELETE FROM chain WHERE cursor > 590")
        connection.execute("UPDATE sqlite_sequence SET seq = 590")
    assert found(signed) == "checkpoint 600: the chain ends with entry 590: the newest entries are missing"


def test_nothing_is_signed_on_a_chain_that_was_changed(signed: StationHome):
    with tampering(signed) as connection:
        connection.execute("UPDATE chain SET body = CAST(replace(body, '23.6684', '23.7') AS BLOB) WHERE cursor = 8")
        recompute(connection)
    with Genealogy.open(signed) as genealogy:
        genealogy.add_event("stopped", "cell-3", {"reason": "x"}, at=at(20))
        with pytest.raises(IntegrityError, match="not the one that was signed here"):
            sign_checkpoint(genealogy, signer_of_home(signed), at=at(21))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE subtrees SET hash = '" + "0" * 64 + "' WHERE position = 1", "subtree 8/1: the stored hash is not"),
        ("UPDATE subtrees SET hash = 'x' WHERE position = 0", "subtree 8/0: the stored hash is not"),
        ("DELETE FROM subtrees WHERE position = 0", "subtree 8/0: the stored hash is missing"),
        ("INSERT INTO subtrees VALUES (8, 9, '" + "0" * 64 + "')", "subtree 8/9: the chain has no such subtree"),
        ("INSERT INTO subtrees VALUES (5, 0, '" + "0" * 64 + "')", "subtree 5/0: the chain has no such subtree"),
        ("UPDATE checkpoints SET note = replace(note, 'cell-3', 'cell-4') WHERE size = 300", "none of the keys"),
        ("UPDATE checkpoints SET note = replace(note, '— ', '- ') WHERE size = 300", "checkpoint 300: a line of"),
        ("UPDATE checkpoints SET note = '' WHERE size = 300", "checkpoint 300: this is not a signed note"),
        ("UPDATE checkpoints SET made = '2026' WHERE size = 300", "its note says something else than its row"),
        ("UPDATE checkpoints SET size = 301 WHERE size = 300", "its note says something else than its row"),
        ("UPDATE checkpoints SET size = 9000 WHERE size = 300", "the newest entries are missing"),
        ("DROP TABLE checkpoints", "the chain cannot be read to the end: no such table: checkpoints"),
        ("DROP TABLE subtrees", "no such table: subtrees"),
    ],
)
def test_what_is_changed_is_found(signed: StationHome, statement: str, expected: str):
    connection = sqlite3.connect(signed.database)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert expected in found(signed)


def test_a_key_of_somebody_else_in_the_place_of_the_stations(signed: StationHome, tmp_path: Path):
    with tampering(signed) as connection:
        other = StationHome(tmp_path / "other")
        other.prepare()
        pem = signer_of_home(other).key.public.pem
        connection.execute("UPDATE documents SET data = ? WHERE CAST(data AS TEXT) LIKE '%PUBLIC KEY%'", (pem,))
    faults = found(signed)
    assert "the key is not the one that its event names" in faults
    assert "none of the keys in the chain up to there has signed it" in faults


def test_any_flipped_bit_of_what_proves_is_found(signed: StationHome):
    """Of notes, keys, subtrees and hashes, wherever they lie in the file."""
    connection = sqlite3.connect(signed.database)
    pieces = [note.encode() for (note,) in connection.execute("SELECT note FROM checkpoints")]
    pieces += [text.encode() for (text,) in connection.execute("SELECT hash FROM subtrees")]
    pieces += [text.encode() for (text,) in connection.execute("SELECT hash FROM chain WHERE cursor % 40 = 1")]
    pieces += [data for (data,) in connection.execute("SELECT data FROM documents")]
    connection.close()
    whole, chance = signed.database.read_bytes(), random.Random(3)
    seen = 0
    for _ in range(60):
        piece = chance.choice(pieces)
        place = whole.find(piece)
        if place < 0:
            continue  # across a page boundary
        changed = bytearray(whole)
        changed[place + chance.randrange(len(piece))] ^= 1 << chance.randrange(8)
        signed.database.write_bytes(bytes(changed))
        assert found(signed)
        seen += 1
    assert seen > 40


def kept(genealogy: Genealogy, said: list[str], **facts: float) -> Keeper:
    return Keeper(genealogy, CheckpointFacts(**facts), ORIGIN, lambda: NOW, said.append)  # type: ignore[arg-type]


def size(genealogy: Genealogy) -> int:
    last = newest(genealogy)
    return 0 if last is None else last.checkpoint.size


def test_the_keeper_signs_after_so_many_entries(home: StationHome):
    said: list[str] = []
    with Genealogy.open(home) as genealogy:
        one = kept(genealogy, said, every_entries=5)
        one.sign()
        for number in range(4):
            genealogy.commit(draft(), evidence(number), committed=at(number))
            one.look()
            assert size(genealogy) == 1
        genealogy.commit(draft(), evidence(9), committed=at(9))
        one.look()
        assert size(genealogy) == 6
    assert said == []


def test_the_keeper_signs_after_so_long(home: StationHome, monkeypatch: pytest.MonkeyPatch):
    now_s = 1000.0
    monkeypatch.setattr(keeper.time, "monotonic", lambda: now_s)
    with Genealogy.open(home) as genealogy:
        one = kept(genealogy, [], every_minutes=10.0)
        one.sign()
        genealogy.commit(draft(), evidence(), committed=at(1))
        for now_s, expected in ((1599.0, 1), (1600.0, 2), (5000.0, 2)):  # noqa: B007
            one.look()
            assert size(genealogy) == expected


def test_the_keeper_signs_at_the_start_and_at_the_end(home: StationHome):
    stop = threading.Event()
    with Genealogy.open(home) as genealogy:
        thread = threading.Thread(target=kept(genealogy, []).run, args=(stop,))
        thread.start()
        while size(genealogy) < 1:
            stop.wait(0.01)
        genealogy.commit(draft(), evidence(), committed=at(1))
        stop.set()
        thread.join(10.0)
        assert not thread.is_alive()
        assert size(genealogy) == 2


def test_the_keeper_says_once_what_is_wrong_and_goes_on(home: StationHome, monkeypatch: pytest.MonkeyPatch):
    now_s = 1000.0
    monkeypatch.setattr(keeper.time, "monotonic", lambda: now_s)
    said: list[str] = []
    with Genealogy.open(home) as genealogy:
        one = kept(genealogy, said, every_entries=1)
        one.sign()
        key = home.keys / "signing.pem"
        key.chmod(0o644)
        for number in range(3):
            genealogy.commit(draft(), evidence(number), committed=at(number))
            now_s += keeper.RETRY_S
            one.look()
        assert len(said) == 1
        assert "can be read by others" in said[0]
        key.chmod(0o600)
        now_s += keeper.RETRY_S
        one.look()
        assert size(genealogy) == 4


def test_a_restored_backup_is_signed_on_with_a_new_key(home: StationHome, tmp_path: Path):
    """Backups leave the secret key where it is: what it signed stays valid, and another goes on."""
    with Genealogy.open(home) as genealogy:
        fill(genealogy)
        sign_checkpoint(genealogy, signer_of_home(home), at=at(10))
    back_up(home, tmp_path / "backup")
    assert found(StationHome(tmp_path / "backup")) == ""
    other = StationHome(tmp_path / "restored")
    restore(tmp_path / "backup", other, at=at(11), by="ann")
    with Genealogy.open(other) as genealogy:
        sign_checkpoint(genealogy, signer_of_home(other), at=at(12))
    report = verify_home(other)
    assert report.faults == ()
    assert [use.last for use in report.signatures.keys] == [16, 18]

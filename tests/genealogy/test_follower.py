from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from station.errors import IntegrityError, StorageError
from station.genealogy import follower as following
from station.genealogy.chain import ChainEntry
from station.genealogy.follow import begin, entries_behind, move_to, newest, position
from station.genealogy.follower import TAKEN, Answer, Follower, Outcome, Refusals
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy

from .builders import at, draft, evidence

LATER = Answer(Outcome.LATER, "the network is down")
REFUSED = Answer(Outcome.REFUSED, "it answers 422")


def quick() -> Pause:
    return Pause(first_s=0.005, most_s=0.02)


def commit(genealogy: Genealogy, count: int = 1) -> list[str]:
    return [genealogy.commit(draft(), evidence(n, size=20), committed=at(n)).id for n in range(count)]


def note(genealogy: Genealogy, kind: str = "stopped") -> str:
    return genealogy.add_event(kind, "cell-3", {"reason": "x"}, at=at(0)).id


def until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Running:
    def __init__(self, follower: Follower) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=follower.run, args=(self.stop,), daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(5)
        assert not self.thread.is_alive()


def follower(genealogy: Genealogy, send: Callable[[ChainEntry], Answer], **more: Any) -> Follower:
    return Follower(genealogy, "test", send, lambda: at(0), **{"pause": quick(), **more})


def test_new_ones_start_at_the_present_or_at_the_beginning(genealogy: Genealogy):
    commit(genealogy, 3)
    assert begin(genealogy, "a", from_beginning=False, at=at(0)) == 3
    assert begin(genealogy, "b", from_beginning=True, at=at(0)) == 0
    commit(genealogy, 2)
    assert begin(genealogy, "a", from_beginning=False, at=at(0)) == 3, "a start is kept, else what came since is lost"
    assert position(genealogy, "a") == 3
    assert position(genealogy, "b") == 0
    assert newest(genealogy) == 5


def test_inspections_and_events_in_the_order_of_commits(genealogy: Genealogy):
    ids = [*commit(genealogy, 20), note(genealogy), *commit(genealogy, 1), note(genealogy)]
    seen: list[str] = []
    one = follower(genealogy, lambda entry: seen.append(entry.id) or TAKEN, from_beginning=True)
    running = Running(one)
    until(lambda: len(seen) == len(ids))
    late = commit(genealogy)
    begun = time.monotonic()
    until(lambda: len(seen) == len(ids) + 1)
    assert time.monotonic() - begun < 2 * following.POLL_S, "what is committed goes out promptly"
    running.end()
    assert seen == ids + late
    assert position(genealogy, "test") == len(seen), "an orderly end keeps how far it came"
    assert one.status().behind == 0
    assert one.status().sentence == ""


def test_goes_on_where_it_was_acknowledged(genealogy: Genealogy):
    ids = commit(genealogy, 5)
    seen: list[str] = []

    def takes_three(entry: ChainEntry) -> Answer:
        if len(seen) == 3:
            return LATER
        seen.append(entry.id)
        return TAKEN

    one = follower(genealogy, takes_three, from_beginning=True)
    running = Running(one)
    until(lambda: one.status().sentence == "the network is down")
    status = one.status()
    assert (status.position, status.behind) == (3, 2)
    assert status.failing_since == "2026-11-22T09:12:03.512Z"
    running.end()
    again: list[str] = []
    running = Running(follower(genealogy, lambda entry: again.append(entry.id) or TAKEN))
    until(lambda: len(again) == 2)
    running.end()
    assert seen + again == ids


def test_what_nobody_wants_moves_the_position_and_is_not_sent(genealogy: Genealogy):
    commit(genealogy, 4)
    wanted = note(genealogy)
    seen: list[str] = []
    running = Running(
        follower(
            genealogy,
            lambda entry: seen.append(entry.id) or TAKEN,
            wanted=lambda entry: entry.kind == "event",
            from_beginning=True,
        )
    )
    until(lambda: seen == [wanted])
    running.end()
    assert position(genealogy, "test") == 5


def test_a_refused_entry_is_given_up_and_the_next_follows(genealogy: Genealogy):
    ids = commit(genealogy, 3)
    tried: list[str] = []
    given_up: list[tuple[str, str, int]] = []

    def send(entry: ChainEntry) -> Answer:
        tried.append(entry.id)
        return REFUSED if entry.id == ids[1] else TAKEN

    rule = Refusals(lambda entry, sentence, tries: given_up.append((entry.id, sentence, tries)), tries=4)
    running = Running(follower(genealogy, send, from_beginning=True, refusals=rule))
    until(lambda: tried[-1:] == ids[2:])
    running.end()
    assert tried == [ids[0], *[ids[1]] * 4, ids[2]]
    assert given_up == [(ids[1], "it answers 422", 4)]


def test_a_receiver_that_refuses_everything_loses_no_more_than_three(genealogy: Genealogy):
    """Its secret is wrong, or its schema: the record waits until somebody mends it, then all the rest is sent."""
    ids = commit(genealogy, 6)
    mended = threading.Event()
    taken: list[str] = []
    given_up: list[str] = []

    def send(entry: ChainEntry) -> Answer:
        if not mended.is_set():
            return REFUSED
        taken.append(entry.id)
        return TAKEN

    rule = Refusals(lambda entry, *_: given_up.append(entry.id), tries=2, most_in_a_row=3)
    one = follower(genealogy, send, from_beginning=True, refusals=rule)
    running = Running(one)
    until(lambda: len(given_up) == 3)
    time.sleep(0.2)
    assert given_up == ids[:3]
    assert one.status().position == 3
    mended.set()
    until(lambda: len(taken) == 3)
    running.end()
    assert taken == ids[3:]


def test_when_giving_up_cannot_be_recorded_nothing_is_given_up(genealogy: Genealogy):
    ids = commit(genealogy, 2)
    tried: list[str] = []

    def full(*_: Any) -> None:
        raise StorageError("the disk is full: nothing was recorded")

    def send(entry: ChainEntry) -> Answer:
        tried.append(entry.id)
        return REFUSED

    one = follower(genealogy, send, from_beginning=True, refusals=Refusals(full, tries=2))
    running = Running(one)
    until(lambda: len(tried) > 6)
    assert set(tried) == {ids[0]}
    until(lambda: "the disk is full" in one.status().sentence)
    running.end()


def test_an_unforeseen_error_is_seen_and_tried_again(genealogy: Genealogy):
    commit(genealogy, 1)
    tries: list[int] = []

    def send(entry: ChainEntry) -> Answer:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("never thought of")
        return TAKEN

    one = follower(genealogy, send, from_beginning=True)
    running = Running(one)
    until(lambda: one.status().position == 1)
    running.end()
    assert len(tries) == 3


def test_a_record_that_cannot_be_read_for_a_while(genealogy: Genealogy):
    ids = commit(genealogy, 2)
    broken = threading.Event()
    broken.set()

    @event.listens_for(genealogy.engine, "begin")
    def fail(connection: Any) -> None:
        if broken.is_set() and threading.current_thread().name == "follower":
            raise OSError(5, "Input/output error")

    seen: list[str] = []
    one = follower(genealogy, lambda entry: seen.append(entry.id) or TAKEN, from_beginning=True)
    stop = threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,), name="follower", daemon=True)
    thread.start()
    until(lambda: "Input/output error" in one.status().sentence)
    broken.clear()
    until(lambda: seen == ids)
    until(lambda: one.status().sentence == "")
    stop.set()
    thread.join(5)


def test_a_damaged_entry_is_not_sent_and_those_before_it_are(genealogy: Genealogy):
    ids = commit(genealogy, 3)
    with genealogy.engine.begin() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in names:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE chain SET body = CAST('{}' AS BLOB) WHERE cursor = 2")
    assert [entry.id for entry in entries_behind(genealogy, 0, 10)] == ids[:1]
    with pytest.raises(IntegrityError, match="chain 2"):
        entries_behind(genealogy, 1, 10)


def test_positions_are_kept_in_time_and_not_at_every_entry(genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch):
    """Each is a durable write beside the cell's own commits."""
    monkeypatch.setattr(following, "KEEP_EVERY_S", 0.3)
    moved: list[int] = []

    def counted(genealogy: Genealogy, name: str, cursor: int, **more: Any) -> None:
        moved.append(cursor)
        move_to(genealogy, name, cursor, **more)

    monkeypatch.setattr(following, "move_to", counted)
    monkeypatch.setattr(following, "POLL_S", 0.05)
    commit(genealogy, 60)
    running = Running(follower(genealogy, lambda _: TAKEN, from_beginning=True))
    until(lambda: moved[-1:] == [60])
    running.end()
    assert len(moved) <= 3


def test_costs_next_to_nothing_while_nothing_happens(genealogy: Genealogy):
    commit(genealogy, 3)
    running = Running(follower(genealogy, lambda _: TAKEN))
    until(lambda: position(genealogy, "test") == 3)
    before = time.process_time()
    time.sleep(2.0)
    spent_s = time.process_time() - before
    running.end()
    assert spent_s < 0.05 * 2.0


def test_pauses_double_up_to_the_longest_and_differ():
    low, high = Pause(1.0, 300.0, lambda: 0.0), Pause(1.0, 300.0, lambda: 1.0)
    assert [low.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert [high.next_s() for _ in range(11)] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0]
    high.reset()
    assert high.next_s() == 1.0
    assert high.next_s(asked_s=40.0) == 40.0
    assert high.next_s(asked_s=1e9) == 300.0
    for _ in range(2000):
        assert high.next_s() <= 300.0

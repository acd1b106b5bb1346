"""Pictures go by rule, named before they go; nothing else goes, ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from station.errors import InputError, StorageError
from station.genealogy import disk
from station.genealogy.disk import DiskBudget, disk_state
from station.genealogy.frames import ContentFolder
from station.genealogy.inspection import Inspection
from station.genealogy.parts import Decision, dispose
from station.genealogy.retention import REMOVED, RetentionRule, Thinned, thin_out
from station.genealogy.store import Genealogy
from tests.genealogy.builders import NOW, diameter, draft, evidence

ALL = RetentionRule(keep_days=30.0, keep_one_in=10**9)
LATER = NOW + timedelta(days=31)


def inspected(
    genealogy: Genealogy, number: int, verdict: str = "PASS", picture: int | None = None, at: datetime = NOW
) -> Inspection:
    one = draft(serial=f"S-{number}", verdict=verdict, characteristics=(diameter(verdict=verdict),))
    return genealogy.commit(one, evidence(number if picture is None else picture), committed=at)


def kept(genealogy: Genealogy, record: Inspection) -> bool:
    return genealogy.keeps_frame(record.frames[0].sha256)


def thin(genealogy: Genealogy, rule: RetentionRule = ALL, **how: object) -> Thinned:
    return thin_out(genealogy, rule, **{"now": LATER, "by": "rule", **how})  # type: ignore[arg-type]


def test_only_old_pass_goes_and_the_record_says_so(genealogy: Genealogy) -> None:
    bad = [inspected(genealogy, n, verdict) for n, verdict in enumerate(("FAIL", "UNDECIDED", "ERROR"))]
    good = [inspected(genealogy, 10 + n) for n in range(5)]
    assert thin(genealogy, now=NOW + timedelta(days=29)) == Thinned(0, 0, 0)
    counted = thin(genealogy, apply=False)
    assert all(kept(genealogy, one) for one in good)
    assert thin(genealogy) == counted == Thinned(5, 5, counted.bytes)
    assert counted.bytes > 0
    assert all(kept(genealogy, one) for one in bad)
    assert not any(kept(genealogy, one) for one in good)
    (said,) = genealogy.events(REMOVED)
    assert set(said.payload["sha256"]) == {one.frames[0].sha256 for one in good}
    assert said.payload["rule"] == "of PASS one in 1000000000 keeps its pictures once older than 30 days"
    assert thin(genealogy) == Thinned(0, 0, 0)  # nobody looks twice


def test_some_are_kept_and_anybody_can_say_which(genealogy: Genealogy) -> None:
    rule = replace(ALL, keep_one_in=3)
    records = [inspected(genealogy, n) for n in range(60)]
    thin(genealogy, rule)
    assert {one.id for one in records if kept(genealogy, one)} == {one.id for one in records if rule.samples(one.id)}
    assert 8 <= sum(kept(genealogy, one) for one in records) <= 34  # 20 expected, 3.6 standard deviations


def test_what_people_touched_or_another_record_needs_stays(genealogy: Genealogy) -> None:
    touched, shared, other = inspected(genealogy, 1), inspected(genealogy, 2), inspected(genealogy, 3, "FAIL", 2)
    dispose(genealogy, touched.id, Decision.SCRAP, reason_code="LOST", by="anna", at=NOW)
    drawn = inspected(genealogy, 4)
    genealogy.add_overlay(drawn.id, b"a picture", at=NOW)
    thin(genealogy)
    assert kept(genealogy, touched)
    assert kept(genealogy, shared)
    assert kept(genealogy, other)
    assert not kept(genealogy, drawn)  # an overlay is nothing that people did


def test_a_full_disk_presses(genealogy: Genealogy) -> None:
    rule = RetentionRule(keep_days=None, keep_one_in=10**9, keep_free_gb=5.0, pressed_days=7.0)
    records = [inspected(genealogy, n) for n in range(3)]
    assert thin(genealogy, rule, free=lambda: 6 * 10**9) == Thinned(0, 0, 0)
    assert thin(genealogy, rule, free=lambda: 4 * 10**9, now=NOW + timedelta(days=6)) == Thinned(0, 0, 0)
    assert thin(genealogy, rule, free=lambda: 4 * 10**9).pictures == 3
    assert not any(kept(genealogy, one) for one in records)


def test_killed_between_saying_and_doing(genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [inspected(genealogy, n) for n in range(3)]

    def killed(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ContentFolder, "discard", killed)
        with pytest.raises(KeyboardInterrupt):
            thin(genealogy)
    again = inspected(genealogy, 9, picture=1, at=LATER)  # one of them is taken again, bit by bit
    thin(genealogy)
    assert [kept(genealogy, one) for one in records] == [False, True, False]
    assert kept(genealogy, again)


def test_what_cannot_be_recorded_is_not_removed(genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch) -> None:
    record = inspected(genealogy, 1)

    def full(*_: object, **__: object) -> NoReturn:
        raise StorageError("the disk is full")

    monkeypatch.setattr(genealogy, "add_event", full)
    with pytest.raises(StorageError):
        thin(genealogy)
    assert kept(genealogy, record)


@pytest.mark.parametrize("bad", [{"keep_one_in": 0}, {"keep_days": -1.0}, {"pressed_days": -1.0}])
def test_rules_that_are_none(bad: dict[str, float]) -> None:
    with pytest.raises(InputError):
        RetentionRule(**bad)  # type: ignore[arg-type]


def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = DiskBudget(warn_gb=2.0, lock_gb=0.5)
    for free_gb, locked, warned in ((3.0, False, False), (1.9, False, True), (0.4, True, False)):
        monkeypatch.setattr(disk, "free_bytes", lambda _, gb=free_gb: int(gb * 1e9))
        state = disk_state(tmp_path, budget)
        assert (bool(state.locked), bool(state.warning)) == (locked, warned)
    with pytest.raises(InputError):
        DiskBudget(warn_gb=0.1, lock_gb=0.5)
    monkeypatch.undo()
    assert disk.free_bytes(tmp_path) > 0
    with pytest.raises(StorageError):
        disk.free_bytes(tmp_path / "nowhere")

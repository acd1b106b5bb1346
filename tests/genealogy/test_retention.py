"""Pictures go by rule, named before they go; nothing else goes, ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from station.errors import InputError, StorageError
from station.genealogy import disk, rows
from station.genealogy.database import writing
from station.genealogy.disk import DiskBudget, disk_state
from station.genealogy.events import Event
from station.genealogy.frames import ContentFolder
from station.genealogy.inspection import Inspection
from station.genealogy.parts import Decision, Material, PartKey, add_link, correct, dispose
from station.genealogy.retention import REMOVED, RetentionRule, Thinned, _Run, thin_out
from station.genealogy.shift_checks import record_check
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from tests.genealogy.builders import NOW, diameter, draft, evidence

ALL = RetentionRule(keep_days=30.0, keep_one_in=10**9)
LATER = NOW + timedelta(days=31)


def inspected(
    genealogy: Genealogy, number: int, verdict: str = "PASS", picture: int | None = None, at: datetime = NOW
) -> Inspection:
    one = draft(serial=f"S-{number}", verdict=verdict, characteristics=(diameter(verdict=verdict),))
    return genealogy.commit(one, evidence(number if picture is None else picture), committed=at)


def failing(serial: str) -> Inspection:
    return draft(serial=serial, verdict="FAIL", characteristics=(diameter(verdict="FAIL"),))


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

    monkeypatch.setattr(rows, "add_event", full)
    with pytest.raises(StorageError):
        thin(genealogy)
    assert kept(genealogy, record)


@pytest.mark.parametrize("moment", ["inspection", "_discard"])
def test_what_is_taken_again_meanwhile_stays(
    genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The cell commits the same picture, of a part that fails, after it was looked at, and after it was named."""
    records = [inspected(genealogy, n) for n in range(3)]
    owner: type[object] = Genealogy if moment == "inspection" else _Run
    before = getattr(owner, moment)
    again: list[Inspection] = []

    def meanwhile(*arguments: object) -> object:
        if not again:
            again.append(genealogy.commit(failing("S-9"), evidence(1), committed=NOW))
        return before(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(owner, moment, meanwhile)
        thin(genealogy)
    assert [kept(genealogy, one) for one in records] == [False, True, False]
    assert kept(genealogy, again[0])
    (said,) = genealogy.events(REMOVED)
    assert len(said.payload["sha256"]) == (2 if moment == "inspection" else 3)


def test_a_decision_about_another_attempt_keeps_the_part(genealogy: Genealogy) -> None:
    first = inspected(genealogy, 1)
    second = inspected(genealogy, 1, "FAIL", picture=2)
    dispose(genealogy, second.id, Decision.USE_AS_IS, reason_code="C", by="anna", at=NOW)
    link = add_link(genealogy, PartKey("MO-2026-000417", "S-3"), Material("L"), by="mes", at=NOW)
    linked, third = inspected(genealogy, 4), inspected(genealogy, 3)
    add_link(genealogy, PartKey("MO-2026-000417", "S-4"), Material("L"), by="mes", at=NOW)
    correct(genealogy, link.id, reason="another lot", by="anna", at=NOW)
    thin(genealogy)
    assert kept(genealogy, first)
    assert kept(genealogy, third)
    assert not kept(genealogy, linked)  # that it has material is nothing that people decided


def test_masters_are_kept_however_many_checks_followed(genealogy: Genealogy) -> None:
    shown = inspected(genealogy, 1)
    digest = shown.frames[0].sha256
    with writing(genealogy.engine) as connection:
        for number in range(1001):
            frames = [{"sha256": digest}] if number == 0 else []
            rows.add_event(connection, "shift-check", "main", {"masters": [{"frames": frames}]}, at=NOW)
    thin(genealogy)
    assert kept(genealogy, shown)


def test_a_master_taken_while_its_picture_goes(genealogy: Genealogy, monkeypatch: pytest.MonkeyPatch) -> None:
    same = inspected(genealogy, 1)
    picture = evidence(1).frames[0].data
    add_event = Genealogy.add_event

    def late(*arguments: Any, **named: Any) -> Event:
        monkeypatch.undo()
        thin(genealogy)
        return add_event(*arguments, **named)

    monkeypatch.setattr(Genealogy, "add_event", late)
    masters = [{"frames": [{"sha256": same.frames[0].sha256}]}]
    record_check(genealogy, "main", {"masters": masters}, [(picture, ".png")], at=NOW)
    assert kept(genealogy, same)
    assert verify_home(genealogy.home).is_intact


def test_a_rule_says_when_it_counts() -> None:
    assert RetentionRule().sentence == "all pictures are kept"
    pressed = "once older than 7 days while less than 5 GB are free"
    assert RetentionRule(keep_free_gb=5.0).sentence == f"of PASS one in 20 keeps its pictures {pressed}"
    both = RetentionRule(keep_days=90.0, keep_free_gb=5.0).sentence
    assert both == f"of PASS one in 20 keeps its pictures once older than 90 days or {pressed}"


@pytest.mark.parametrize(
    "bad", [{"keep_one_in": 0}, {"keep_days": -1.0}, {"pressed_days": -1.0}, {"keep_days": 1e9}, {"pressed_days": 1e9}]
)
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

"""Cursors: opaque, tied to their record, told apart from what never was one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.mes.cursors import BEGINNING, LETTERS, cursor_text, read_cursor
from station.mes.problems import Problem

from .service import Api, commit, problem, served, two_orders

HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.integers(0, 2**48 - 1), HASHES)
def test_a_cursor_gives_back_its_position_and_fits_its_entry_alone(position: int, digest: str) -> None:
    text = cursor_text(position, digest)
    assert len(text) == LETTERS
    cursor = read_cursor(text)
    assert cursor.position == position
    assert cursor.fits(digest)
    assert not cursor.fits(None)
    assert not cursor.fits(f"{int(digest[0], 16) ^ 1:x}{digest[1:]}")


@given(st.integers(0, 2**48 - 1), HASHES, st.integers(0, LETTERS - 1), st.sampled_from("AZaz09-_+/= \n"))
def test_a_cursor_with_another_letter_is_none(position: int, digest: str, place: int, letter: str) -> None:
    text = cursor_text(position, digest)
    if text[place] != letter:
        with pytest.raises(Problem, match="not a cursor"):
            read_cursor(f"{text[:place]}{letter}{text[place + 1 :]}")


@given(st.text(max_size=60))
def test_what_was_made_up_is_none(text: str) -> None:
    with pytest.raises(Problem) as caught:
        read_cursor(text)
    assert caught.value.status_code == 400


def test_the_beginning_is_the_same_for_every_record() -> None:
    assert read_cursor(cursor_text(0, "0" * 64)) == BEGINNING


def test_a_cursor_of_another_record_is_gone(api: Api, tmp_path: Path) -> None:
    with served(tmp_path / "other", fill=two_orders) as other:
        theirs = other.get("/records").json()["next"]
    for path in ("/records", "/records.ndjson", "/entries.ndjson", "/events"):
        assert "another record" in problem(api.get(path, params={"after": theirs}), 410)
    assert "Last-Event-ID" in problem(api.get("/events", headers={"Last-Event-ID": theirs}), 410)


def test_after_a_restored_backup_a_newer_cursor_is_gone_for_good(tmp_path: Path) -> None:
    """Also once the record has grown as long again, when a mere number would skip what came instead."""
    with served(tmp_path / "home", fill=two_orders) as api:
        before = api.get("/records").json()["next"]
        copy = tmp_path / "copy"
        copy.mkdir()
        with closing(sqlite3.connect(api.genealogy.home.database)) as database:
            database.execute("VACUUM INTO ?", (str(copy / "station.db"),))
        commit(api.genealogy)
        lost = api.get("/records").json()["next"]
    with served(copy) as restored:
        assert restored.get("/records", params={"after": before}).status_code == 200
        problem(restored.get("/records", params={"after": lost}), 410)
        for _ in range(5):
            commit(restored.genealogy)
        problem(restored.get("/records", params={"after": lost}), 410)


@pytest.mark.parametrize("after", ["", "0", "1", "-1", "9" * 28, "../x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "\x00", "ü"])
def test_a_made_up_cursor_is_refused(still: Api, after: str) -> None:
    for path in ("/records", "/records.ndjson", "/entries.ndjson", "/events"):
        assert "not a cursor" in problem(still.get(path, params={"after": after}), 400)

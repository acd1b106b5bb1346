"""The table of a run names the characteristic that decided a part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from station.tables.records import RunTable
from tests.genealogy.builders import draft
from tests.genealogy.exports.series import answers


def test_of_several_errors_the_one_that_was_seen_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = answers()
    changed = tuple(replace(one, verdict="ERROR", reason="why", measured=one.id == second.id) for one in answers())
    RunTable(quiet=False).summary([draft(characteristics=changed, verdict="ERROR")])
    out = " ".join(capsys.readouterr().out.split())
    assert f"{second.id} {second.type}" in out
    assert f"{first.id} {first.type}" not in out

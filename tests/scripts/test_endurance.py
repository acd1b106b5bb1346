"""How scripts/endure.py judges what a run left behind: by hand-written logs over an empty record."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.endurance.judge import Verdict, judge, table
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

FLAT = [f"memory {number} {300.0 + number % 3}" for number in range(50, 1050, 50)]


def judged(folder: Path, *lines: str) -> Verdict:
    (folder / "log.txt").write_text("\n".join(["start", *lines]) + "\n", encoding="ascii")
    Genealogy.open(StationHome(folder / "home")).close()
    return judge(folder, kills=0)


def test_a_run_in_which_nothing_was_wrong_passes(tmp_path: Path) -> None:
    lines = ["begin BAD-0", "present BAD-0", "held BAD-0", "begin GOOD-1", "trouble GATE_STUCK", "held GOOD-1"]
    found = judged(tmp_path, *lines, *FLAT)
    assert found.passed
    assert (found.parts, found.good, found.through, found.troubles) == (2, 1, 0, 1)
    assert found.growth_mb == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["begin BAD-0", "through BAD-0"], "bad_through"),
        (["begin GOOD-0", "through GOOD-0"], "unrecorded"),
        (["begin GOOD-0", "present GOOD-0", "held GOOD-0"], "good_held"),
        (["begin GOOD-0", "begin GOOD-0"], "twice"),
    ],
)
def test_what_was_wrong_fails_the_run(tmp_path: Path, lines: list[str], wrong: str) -> None:
    found = judged(tmp_path, *lines)
    assert not found.passed
    assert len(getattr(found, wrong)) == 1


def test_a_record_that_the_cell_told_of_and_that_is_not_there_is_lost(tmp_path: Path) -> None:
    found = judged(tmp_path, "begin GOOD-0", "recorded GOOD-0 some-id PASS")
    assert found.lost == ("GOOD-0",)
    assert not found.passed


def test_memory_that_grows_fails_the_run(tmp_path: Path) -> None:
    found = judged(tmp_path, *(f"memory {number} {300.0 + 0.01 * number}" for number in range(50, 1050, 50)))
    assert found.growth_mb == pytest.approx(10.0)
    assert not found.passed


def test_processes_that_were_killed_early_tell_nothing_about_memory(tmp_path: Path) -> None:
    found = judged(tmp_path, *FLAT[:5], "start", *FLAT[5:10])
    assert found.growth_mb is None
    assert "not known" in table(found)

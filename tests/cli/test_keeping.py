"""What people do about parts and about the record, on the command line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from station.app.services import read_services, services_of
from station.errors import InputError
from station.genealogy.disk import DiskBudget
from station.genealogy.home import StationHome
from station.genealogy.retention import RetentionRule
from station.genealogy.store import Genealogy
from tests.genealogy.builders import NOW, at, diameter, draft, evidence

from .program import ROOT, station


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ids(home: Path) -> list[str]:
    with Genealogy.open(StationHome(home)) as genealogy:
        return [
            genealogy.commit(
                draft(order_id="MO-1", serial=f"S-{n}", verdict=verdict, characteristics=(diameter(verdict=verdict),)),
                evidence(n),
                committed=at(n),
            ).id
            for n, verdict in enumerate(("PASS", "FAIL"))
        ]


def test_what_people_decide_stands_in_the_family(home: Path, ids: list[str]) -> None:
    done = station(home, "dispose", ids[1], "rework", "--code", "BURR", "--by", "anna", "--remark", "by hand")
    assert done.status == 0
    event = done.out.removeprefix("Recorded as ").strip(".\n")
    assert station(home, "withdraw", ids[0], "--reason", "another part lay there", "--by", "anna").status == 0
    parts = station(home, "genealogy", "MO-1", "--json").document["parts"]
    assert [(part["serial"], part["verdict"]) for part in parts] == [("S-0", None), ("S-1", "FAIL")]
    (decided,) = parts[1]["attempts"][0]["dispositions"]
    assert decided["payload"] == {
        "order_id": "MO-1", "serial": "S-1", "decision": "rework", "reason_code": "BURR", "remark": "by hand",
        "by": "anna",
    }  # fmt: skip
    told = station(home, "genealogy", "MO-1").out
    for words in ("✓ PASS", "does not stand", "another part lay there", "✗ FAIL", "rework, BURR, by hand", "anna"):
        assert words in told
    assert station(home, "correct", event, "--reason", "wrong code", "--by", "anna").status == 0
    assert station(home, "genealogy", "MO-1", "--json").document["parts"][1]["attempts"][0]["dispositions"] == []
    assert station(home, "verify").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dispose", "ID", "polish", "--code", "X", "--by", "anna"), "use-as-is, rework"),
        (("dispose", "ID", "scrap", "--by", "anna"), "reason_code: this must not be empty"),
        (("withdraw", "ID", "--by", "anna"), "reason: this must not be empty"),
        (("correct", "ID", "--reason", "x", "--by", "anna"), "no event with this id"),
        (("withdraw", "nothing", "--reason", "x", "--by", "anna"), "no inspection with this id"),
        (("genealogy", "MO-2"), "nothing about this order"),
    ],
)
def test_refusals(home: Path, ids: list[str], arguments: tuple[str, ...], words: str) -> None:
    given = [ids[0] if one == "ID" else one for one in arguments]
    assert words in station(home, *given).sentence


def test_there_and_back(home: Path, ids: list[str], tmp_path: Path) -> None:
    copied = station(home, "backup", tmp_path / "copy", "--json").document
    assert (copied["entries"], copied["files"]) == (2, 2)
    assert station(home, "verify", tmp_path / "copy").status == 0
    assert "restored" in station(tmp_path / "again", "restore", tmp_path / "copy").out
    again = station(tmp_path / "again", "records", "--json").document["records"]
    assert [one["id"] for one in again] == ids
    assert "where there is none" in station(home, "restore", tmp_path / "copy").sentence


def test_retention_counts_first(home: Path, ids: list[str]) -> None:
    (home / "services.toml").write_text("[retention]\nkeep_days = 0.0\nkeep_one_in = 1000000000\n")
    assert NOW.year == 2026  # the records are of the past
    counted = station(home, "retention", "--json").document
    assert (counted["applied"], counted["pictures"]) == (False, 1)
    assert station(home, "retention").out.startswith("Rule: of PASS one in 1000000000 keeps its pictures once older")
    assert station(home, "retention", "--apply", "--json").document["pictures"] == 1
    assert station(home, "retention", "--apply", "--json").document["pictures"] == 0


def test_services(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATION_HOME", str(home))
    assert read_services().retention == RetentionRule()
    home.mkdir()
    file = home / "services.toml"
    file.write_text("[retention]\nkeep_days = 90\n[disk]\nwarn_gb = 3\n")
    assert read_services().retention == RetentionRule(keep_days=90.0)
    assert read_services().disk == DiskBudget(warn_gb=3.0)
    for text, place in (
        ("[retention]\nkeep_day = 90\n", "keep_day"),
        ("[retention]\nkeep_one_in = 0\n", "keep_one_in"),
        ("[disc]\n", "disc"),
        ("[disk]\nwarn_gb = 0.1\n", "lock_gb"),
        ("[disk\n", "TOML"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=place):
            read_services()


@pytest.mark.parametrize("page", ["services.md", "keeping.md"])
def test_the_settings_on_the_page_are_settings(page: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "services.toml"
    file.write_text(block)
    services = services_of(file)
    assert services.retention.keep_days == 90.0
    assert services.disk == DiskBudget()
    if page == "services.md":
        assert {one.name for one in fields(services)} == set(tomllib.loads(block))

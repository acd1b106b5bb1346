"""What scripts share: refusals in one sentence, places looked at before the work, results as files."""

import argparse
import json
from pathlib import Path

import pytest

from station.errors import InputError
from station.script import add_json, add_out, add_page, add_signed, check_places, deliver, program, run, signed_of, tell


def parser():
    made = program("calibrate_it", "What it does.")
    add_out(made, "document")
    add_page(made)
    add_signed(made)
    add_json(made, "document")
    return made


def test_a_refusal_is_one_sentence_and_status_2(capsys):
    def work(_: argparse.Namespace) -> int:
        raise InputError("this is not usable", place="table.csv, row 3")

    assert run(parser(), work, ["--out", "x.json"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "calibrate_it: table.csv, row 3: this is not usable\n")


def test_the_status_is_that_of_the_work():
    assert run(parser(), lambda args: 1 if args.out == Path("x.json") else 0, ["--out", "x.json"]) == 1


def test_places_are_refused_before_any_work(tmp_path: Path):
    check_places(tmp_path / "new.json", None)
    with pytest.raises(InputError, match="cannot be written"):
        check_places(tmp_path / "new.json", tmp_path / "no" / "page.html")
    with pytest.raises(InputError, match="cannot be written"):
        check_places(tmp_path)


def test_who_signs(monkeypatch):
    given = ["--out", "x", "--by", "Ann", "--camera-serial", "C-1", "--temperature", "21.5"]
    signed = signed_of(parser().parse_args(given))
    assert (signed.by, signed.camera_serial, signed.lamp_serial, signed.temperature_c) == ("Ann", "C-1", "", 21.5)
    assert signed.created.utcoffset() is not None
    monkeypatch.setattr("station.script.operator_name", lambda: "logged in")
    assert parser().parse_args(["--out", "x"]).by == "logged in"


def test_json_is_the_document_and_nothing_else(tmp_path: Path, capsys):
    out = tmp_path / "d.json"
    args = parser().parse_args(["--out", str(out), "--json"])
    tell(args, "looking at")("a.png")

    def never():
        raise AssertionError

    assert deliver(args, {"a": 1}, page=never, show=never) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out) == json.loads(out.read_text()) == {"a": 1}


def test_people_see_what_is_looked_at_and_a_table(tmp_path: Path, capsys):
    args = parser().parse_args(["--out", str(tmp_path / "d.json")])
    tell(args, "looking at")("a.png")
    assert deliver(args, {"a": 1}, page=lambda: pytest.fail("no page was asked for"), show=lambda: print("table")) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("table\n", "looking at a.png\n")

"""Codes, texts and surfaces on the terminal: what was read beside what was asked, and by which score."""

from __future__ import annotations

import pytest

from station.cycle.replay import Change, Figures, Replayed
from station.tables.inspections import print_explanation, print_inspection
from station.tables.replays import print_replays, replays_document
from station.visible import visible
from tests.genealogy.builders import draft
from tests.genealogy.exports.series import answers
from tests.genealogy.marked import MARKED, with_marks


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("verdict", MARKED)
def test_an_inspection_with_marks(capsys: pytest.CaptureFixture[str], verdict: str) -> None:
    document = with_marks(draft(characteristics=answers()), verdict).to_document()
    print_inspection(document)
    out = printed(capsys)
    code = {"PASS": "A1␝B2", "FAIL": "ANMA 22.11.26 – <0>"}.get(verdict, "–")
    assert f"8 code {code} A1␝B2" in out
    size = {"PASS": "0 mm", "FAIL": "0.4321 mm", "UNDECIDED": "0.0512346 mm", "ERROR": "–"}[verdict]
    assert f"10 surface {size} ≤ 0.05" in out
    for id in ("8", "9", "10"):
        row = next(one for one in document["characteristics"] if one["id"] == id)
        print_explanation(document, row)
    out = printed(capsys)
    if verdict == "FAIL":
        assert "Read ANMA 22.11.26 – <0> Expected ANNA By score -12.5, threshold -1, model text" in out
        assert "A scratch of 0.43 mm." in out
        assert "Value 0.4321 mm, limits ≤ 0.05 By score 4.75, threshold 2.5, model surface" in out
    if verdict == "PASS":
        assert "Read A1␝B2 Expected A1␝B2 By GS1 (01)07612345678900(21)A<1>&€" in out


def test_a_mark_read_otherwise_when_measured_again(capsys: pytest.CaptureFixture[str]) -> None:
    long = 400 * "A"
    changes = (
        Change("8", "code", "1", Figures("PASS", "A1\x1dB2", None), Figures("FAIL", "A1\x1b[2JB2", None)),
        Change("9", "text", "1", Figures("PASS", long, None), Figures("UNDECIDED", None, None)),
        Change("10", "surface", "mm", Figures("PASS", 0, None), Figures("FAIL", 0.4321, None)),
    )
    once = Replayed("i", "o", "s", "PASS", "FAIL", "", ("1", "2"), ("", ""), changes)
    assert [change.any for change in changes] == [True, True, True]
    print_replays([once], [], only_verdicts=False)
    out = printed(capsys)
    for said in ("A1␝B2", "A1␛[2JB2", "0 mm", "0.4321 mm"):
        assert said in out
    assert long not in out.replace(" ", "")
    (told,) = replays_document([once], [])["inspections"]
    assert told["changes"][0]["before"]["value"] == "A1\x1dB2"


def test_a_surface_without_defects_is_the_same_when_measured_again() -> None:
    assert Figures("PASS", 0, None).same_as(Figures("PASS", 0.0, None))
    assert not Figures("PASS", 0, None).same_as(Figures("PASS", 1e-6, None))
    assert not Figures("PASS", "0", None).same_as(Figures("PASS", 0.0, None))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ANNA 22.11.26", "ANNA 22.11.26"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("01\x1d21", "01␝21"),
        ("שלום", "שלום"),
        ("a\u202eb", "a\ufffdb"),
        ("\x7f\x85\u2028", "␡\ufffd\ufffd"),
        ("", ""),
    ],
)
def test_nothing_in_a_text_acts_on_a_screen(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_a_long_text_is_cut() -> None:
    assert visible("ABCDEF", 4) == "ABC…"
    assert visible("ABCD", 4) == "ABCD"

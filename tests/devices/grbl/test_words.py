"""Every alarm and every error has plain words, and the page for the people at the cell has them all."""

import re
from pathlib import Path

import pytest

from station.devices.grbl.alarms import BY_DIALECT, alarm_words
from station.devices.grbl.page import alarm_table
from station.devices.grbl.refusals import BY_DIALECT as REFUSALS
from station.devices.grbl.refusals import refusal_words
from station.devices.grbl.said import Dialect

PAGE = Path(__file__).resolve().parents[3] / "docs" / "stage.md"
GRBL_ERRORS = {*range(1, 18), *range(20, 39)}  # 18 and 19 are not used: error_codes_en_US.csv of Grbl 1.1


def test_every_number_has_words():
    assert set(BY_DIALECT[Dialect.GRBL]) == set(range(1, 10))
    assert set(BY_DIALECT[Dialect.GRBLHAL]) == set(range(1, 19))
    assert set(BY_DIALECT[Dialect.FLUIDNC]) == set(range(1, 20))
    assert set(REFUSALS[Dialect.GRBL]) == GRBL_ERRORS
    assert set(REFUSALS[Dialect.GRBLHAL]) >= GRBL_ERRORS | set(range(39, 59)) | {18, 19, 79}
    assert set(REFUSALS[Dialect.FLUIDNC]) >= GRBL_ERRORS | {18, 39, 40, 80, 81, 110, 120}


@pytest.mark.parametrize("dialect", list(Dialect))
def test_words_are_sentences_that_say_what_to_do(dialect):
    for words in BY_DIALECT[dialect].values():
        assert re.fullmatch(r"[A-Z].*[^.]", words.what)
        assert re.fullmatch(r"[A-Z].*[^.]", words.do)
        assert re.search(r"recover|Recover|replace", words.do)
    for text in REFUSALS[dialect].values():
        assert re.fullmatch(r"[a-z].*[^.]", text)


def test_unknown_numbers_are_said_to_be_so():
    assert "alarm 99" in alarm_words(99).what
    assert "error 99" in refusal_words(99)
    assert "alarm 10" in alarm_words(10, Dialect.GRBL).what
    assert "emergency stop" in alarm_words(10, Dialect.GRBLHAL).what


def test_the_page_has_the_table_of_the_code():
    text = PAGE.read_text(encoding="utf-8")
    assert alarm_table() in text, "docs/stage.md: put in what `python -m station.devices.grbl.page` prints"

"""The texts of the certificate: the same in all languages, and the words of the pages."""

from __future__ import annotations

import string
from pathlib import Path

import matplotlib
import pytest
from fontTools.ttLib import TTFont

from station.genealogy.exports.certificate.glyphs import shown
from station.genealogy.parts import Decision
from station.genealogy.standing import Standing
from station.genealogy.values import VERDICTS
from station.hmi.language import load_texts
from station.order.model import CharacteristicType
from station.texts import LANGUAGES, texts_of

TEXTS = {language: texts_of("station.genealogy.exports.certificate", language) for language in LANGUAGES}


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_key_with_the_same_values(language: str) -> None:
    assert set(TEXTS[language].table) == set(TEXTS["en"].table)
    for key, text in TEXTS[language].table.items():
        assert text.strip(), key
        assert fields_of(text) == fields_of(TEXTS["en"].table[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_those_of_the_pages(language: str) -> None:
    pages, own = load_texts()[language], TEXTS[language]
    for verdict in VERDICTS:
        assert own(f"verdict.{verdict}") == pages(f"verdict.{verdict}")
    for kind in CharacteristicType:
        assert own(f"type.{kind}") == pages(f"type.{kind}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_word_for_everything_that_a_record_can_say(language: str) -> None:
    texts = TEXTS[language]
    for decision in Decision:
        assert texts(f"decided.{decision}")
    for rule in ("iso14253-1", "jcgm106", "simple"):
        assert texts(f"rule.{rule}", percent="95")
    for of in ("openings", "teeth", "pieces", "left", "right", "arc", "chord"):
        assert texts(f"of.{of}")
    every = Standing("PASS", ("simulated",), object(), object(), (), (), ()).marks  # type: ignore[arg-type]
    assert [texts(f"mark.{mark}") for mark in every]
    assert len(every) == 3
    for ground in ("simulated", "no_rule", "no_calibration", "expired"):
        assert texts(f"note.{ground}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_verdict_reads_like_a_pass(language: str) -> None:
    texts = TEXTS[language]
    good = texts("verdict.PASS")
    for verdict in VERDICTS - {"PASS"}:
        assert good not in texts(f"verdict.{verdict}")
    assert texts("title.certificate") not in texts("title.report")


def test_the_fonts_have_every_character_of_every_text() -> None:
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        with TTFont(fonts / name) as font:
            characters = font.getBestCmap()
        for texts in TEXTS.values():
            for text in texts.table.values():
                assert shown(text, characters) == " ".join(text.split())

from __future__ import annotations

import re
import string
from importlib.resources import files

import pytest

from station.cycle.state import FaultKind, Progress
from station.cycle.transitions import State
from station.genealogy.values import VERDICTS
from station.hmi.language import LANGUAGES, choose_language, load_texts
from station.hmi.stop import LOCKED
from station.order.model import CharacteristicType

TEXTS = load_texts()


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_key_with_the_same_values(language: str) -> None:
    assert set(TEXTS[language].table) == set(TEXTS["en"].table)
    for key, text in TEXTS[language].table.items():
        assert text.strip(), key
        assert fields_of(text) == fields_of(TEXTS["en"].table[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_station_has_a_text(language: str) -> None:
    texts = TEXTS[language]
    for group, names in (
        ("state", list(State)),
        ("progress", list(Progress)),
        ("verdict", sorted(VERDICTS)),
        ("meaning", sorted(VERDICTS)),
        ("type", list(CharacteristicType)),
        ("happened", [*FaultKind, LOCKED]),
        ("todo", [*FaultKind, LOCKED]),
    ):
        words = [texts(f"{group}.{name}") for name in names]
        assert len(set(words)) == len(words), f"two words of {group} are the same"
    assert all(texts(f"look.{kind}") for kind in FaultKind)


def test_every_text_is_used_and_every_text_that_is_used_exists() -> None:
    folder = files("station.hmi").joinpath("templates")
    source = "".join(entry.read_text(encoding="utf-8") for entry in folder.iterdir())
    asked = set(re.findall(r'"((?:page|label|notice|stop|zoom)\.\w+)"', source))
    by_name = (
        "state.",
        "verdict.",
        "meaning.",
        "progress.",
        "type.",
        "error.",
        "happened.",
        "todo.",
        "look.",
        "page.name",
    )
    assert asked - {"page.name"} == {key for key in TEXTS["en"].table if not key.startswith(by_name)}


def test_unknown_words_stay_readable() -> None:
    assert TEXTS["de"].word("type", "thread_depth") == "thread depth"


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        (None, None, "en"),
        ("de", "fr", "de"),
        ("xx", "fr", "fr"),
        (None, "it-CH, de;q=0.9", "it"),
        (None, "ja, fr;q=0.2, de;q=0.7", "de"),
        (None, "de;q=0, fr;q=nonsense", "en"),
        (None, "de;q=nan, fr;q=inf", "en"),
        (None, ";;,,=," * 5000, "en"),
    ],
)
def test_language_is_the_one_asked_for_else_the_browsers(asked: str | None, header: str | None, language: str) -> None:
    assert choose_language(asked, header) == language

"""Texts of the pages, one table per language, and which language a reader gets."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

LANGUAGES = ("en", "de", "fr", "it")
DEFAULT = "en"
_LONGEST_HEADER = 500


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language by key, such as ``verdict.PASS``."""

    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with its values filled in; a key that nobody wrote is a KeyError."""
        return self.table[key].format(**values) if values else self.table[key]

    def word(self, group: str, name: str) -> str:
        """The word for `name`, or `name` itself, readable, when this table does not have it."""
        return self.table.get(f"{group}.{name}", name.replace("_", " "))


def load_texts() -> dict[str, Texts]:
    """All languages, read from the package."""
    return {language: Texts(language, _table(language)) for language in LANGUAGES}


def _table(language: str) -> dict[str, str]:
    source = files("station.hmi").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    groups: dict[str, dict[str, str]] = tomllib.loads(source)
    return {f"{group}.{key}": text for group, entries in groups.items() for key, text in entries.items()}


def choose_language(asked: str | None, accept_language: str | None) -> str:
    """`asked` (from ``?lang=``) if there is such a language, else the best of Accept-Language (RFC 9110 12.5.4)."""
    if asked in LANGUAGES:
        return str(asked)
    best, best_weight = DEFAULT, 0.0
    for item in (accept_language or "")[:_LONGEST_HEADER].split(","):
        name, _, parameter = item.partition(";")
        language = name.strip().lower().split("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0

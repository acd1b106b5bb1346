"""Texts for people: one TOML table per language, in the folder `texts` of the package that shows them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

LANGUAGES = ("en", "de", "fr", "it")
DEFAULT = "en"


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


def texts_of(package: str, language: str) -> Texts:
    """The texts of one of `LANGUAGES` as they stand in a package, such as ``station.hmi``."""
    source = files(package).joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    groups: dict[str, dict[str, str]] = tomllib.loads(source)
    return Texts(
        language, {f"{group}.{key}": text for group, entries in groups.items() for key, text in entries.items()}
    )

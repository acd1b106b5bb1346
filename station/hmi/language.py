"""Texts of the pages, one table per language, and which language a reader gets."""

from __future__ import annotations

from station.texts import DEFAULT, LANGUAGES, Texts, texts_of

__all__ = ["LANGUAGES", "Texts", "choose_language", "load_texts"]

_LONGEST_HEADER = 500


def load_texts() -> dict[str, Texts]:
    """All languages, read from the package."""
    return {language: texts_of("station.hmi", language) for language in LANGUAGES}


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

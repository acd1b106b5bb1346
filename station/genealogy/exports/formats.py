"""The formats of `station export`, and how each is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from station.errors import InputError
from station.genealogy.dossier import Dossier
from station.genealogy.exports import qif

LANGUAGES = ("en", "de", "fr", "it")


@dataclass(frozen=True, slots=True)
class Format:
    """One format: file suffix with its dot, media type, and the function that makes the file of one inspection."""

    suffix: str
    media_type: str
    make: Callable[[Dossier], bytes]


FORMATS: dict[str, Format] = {
    "qif": Format(qif.SUFFIX, qif.MEDIA_TYPE, qif.make),
}


def format_of(name: str) -> Format:
    """The format of this name. Raises: InputError: there is none."""
    if name not in FORMATS:
        raise InputError(f"{name[:40]!r} is not a format; there are {', '.join(FORMATS)}", place="format")
    return FORMATS[name]

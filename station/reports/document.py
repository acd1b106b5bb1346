"""A page as data: what was asked, the answer, and what it rests on. Studies, calibrations and checks fill in the same
form, so that an auditor finds everything at the same place."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import station
from station.documents import read_limited

MAX_INPUT_BYTES = 512 * 1024 * 1024


class Tone(StrEnum):
    """How good an answer is, as symbol and colour show it; `NONE` where nothing is judged."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer: one word or two, and a sentence with the figures that decide."""

    tone: Tone
    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what it is."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file that the page rests on, and what it is."""

    name: str
    sha256: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture in a table, as the bytes of a PNG."""

    png: bytes
    description: str

    @property
    def base64(self) -> str:
        """The bytes as a page holds them."""
        return base64.b64encode(self.png).decode("ascii")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `number` ones stand to the right."""

    label: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, as many as columns."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Thumbnail, ...], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture: an SVG element, with what it shows in words. `wide` ones take the whole width."""

    title: str
    caption: str
    svg: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it, in this order."""

    title: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole page. `asked` is the question, `made_on` the day as text, `about` says of what (instrument, serials),
    `parameters` are those without which the figures mean nothing."""

    title: str
    method: str
    asked: str
    judgement: Judgement
    made_by: str
    made_on: str
    about: tuple[Fact, ...]
    parameters: tuple[Fact, ...]
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    software: str = f"station {station.__version__}"


def facts_of(rows: Sequence[tuple[str, str]]) -> tuple[Fact, ...]:
    """Names and what they are, as facts."""
    return tuple(Fact(name, text) for name, text in rows)


def moment_text(moment: datetime) -> str:
    """A moment to the minute, with its zone."""
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def words(*labels: str) -> tuple[Column, ...]:
    """Columns of words."""
    return tuple(Column(label) for label in labels)


def numbers(*labels: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(label, number=True) for label in labels)


def source_of(path: Path, what: str = "") -> Source:
    """A file as it is now.

    Raises:
        InputError: it cannot be read.
    """
    return Source(path.name, hashlib.sha256(read_limited(path, MAX_INPUT_BYTES)).hexdigest(), what)

"""The manifest of a learned model, `models/NAME/model.toml`: what goes in, what comes out, where its threshold lies
and how that was chosen, and the hashes by which the files beside it are told to be the ones that are meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from station.errors import InputError
from station.facts import check_keys, facts_of, read_table, table_of, value_of

NAME = "model.toml"
MOST_AXES = 5
MOST_VALUES = 64 * 1024 * 1024  # of one call, whatever a manifest says: 256 MB of float32
_MODEL = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_Settings = TypeVar("_Settings")


@dataclass(frozen=True, slots=True)
class Input:
    """The one input: float32; an axis of length 0 in `shape` may have any. `channels` says what each holds, in order;
    `normalisation` how they are computed from a picture; `most_values` bounds one call, and so its memory."""

    name: str
    layout: str
    shape: tuple[int, ...]
    channels: tuple[str, ...]
    normalisation: str
    most_values: int

    def __post_init__(self) -> None:
        _check_shape(self.layout, self.shape, "input")
        if not 1 <= self.most_values <= MOST_VALUES:
            raise InputError(f"this must lie between 1 and {MOST_VALUES:,}", place="input.most_values")
        if "C" in self.layout and len(self.channels) != self.shape[self.layout.index("C")]:
            raise InputError("each channel of the input has one text that says what it holds", place="input.channels")


@dataclass(frozen=True, slots=True)
class Output:
    """The one output: float32; `meaning` says what its numbers are."""

    name: str
    layout: str
    shape: tuple[int, ...]
    meaning: str

    def __post_init__(self) -> None:
        _check_shape(self.layout, self.shape, "output")


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where the station draws a line through what the model says, and how that line was chosen."""

    name: str
    value: float
    chosen: str


@dataclass(frozen=True, slots=True)
class Training:
    """How the model came about; the card beside it tells more."""

    script: str
    data: str
    made: str
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Golden:
    """A stored input and what must come out of it (arrays `input` and `output`), to within `tolerance` each value."""

    file: str
    sha256: str
    tolerance: float

    def __post_init__(self) -> None:
        _check_file(self.file, self.sha256, "golden")
        if self.tolerance < 0.0:
            raise InputError("this must not be negative", place="golden.tolerance")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a manifest says; `settings` are the model's own, for the code that uses it."""

    name: str
    version: str
    purpose: str
    file: str
    sha256: str
    opset: int
    input: Input
    output: Output
    training: Training
    golden: Golden
    thresholds: tuple[Threshold, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name)
        _check_file(self.file, self.sha256, "")
        names = [one.name for one in self.thresholds]
        if len(set(names)) < len(names):
            raise InputError("two of them have the same name", place="thresholds")

    def threshold(self, name: str) -> float:
        """The value of one threshold. Raises: InputError when the manifest has none such."""
        for one in self.thresholds:
            if one.name == name:
                return one.value
        raise InputError(f"the model {self.name!r} has no threshold {name!r}", place=NAME)

    def settings_as(self, kind: type[_Settings]) -> _Settings:
        """The model's own settings as a frozen dataclass. Raises: InputError for a key that is unknown or missing."""
        return facts_of(kind, self.settings, f"{self.name}/{NAME}: settings")


_HEAD = {"name": "str", "version": "str", "purpose": "str", "file": "str", "sha256": "str", "opset": "int"}
_TABLES = {"input": Input, "output": Output, "training": Training, "golden": Golden}
_MAY_MISS = {"thresholds", "settings"}


def read_manifest(path: Path) -> Manifest:
    """The manifest of one file.

    Raises:
        InputError: an unknown, missing or wrong key, with its place.
    """
    return manifest_of(read_table(path), str(path))


def manifest_of(table: Mapping[str, Any], place: str) -> Manifest:
    """The manifest that a TOML table says; raises as `read_manifest`."""
    check_keys(table, {*_HEAD, *_TABLES, *_MAY_MISS}, place, {*_HEAD, *_TABLES})
    thresholds = table.get("thresholds", [])
    if not isinstance(thresholds, list):
        raise InputError("each is a table of its own: [[thresholds]]", place=f"{place}: thresholds")
    try:
        found: dict[str, Any] = {key: value_of(table[key], kind, f"{place}: {key}") for key, kind in _HEAD.items()}
        found |= {key: facts_of(kind, table[key], f"{place}: {key}") for key, kind in _TABLES.items()}
        found["thresholds"] = tuple(
            facts_of(Threshold, one, f"{place}: thresholds[{at}]") for at, one in enumerate(thresholds)
        )
        found["settings"] = table_of(table.get("settings", {}), f"{place}: settings")
        return Manifest(**found)
    except InputError as error:
        if error.place.startswith(place):
            raise
        raise InputError(error.sentence, place=f"{place}: {error.place}") from error


def check_name(name: str) -> str:
    """The name, if it can be a model's. Raises: InputError."""
    if not _MODEL.fullmatch(name):
        raise InputError("a model's name is 1 to 40 small letters, digits, - and _, a letter first", place="name")
    return name


def _check_shape(layout: str, shape: tuple[int, ...], place: str) -> None:
    if not 1 <= len(shape) <= MOST_AXES or len(layout) != len(shape) or not layout.isalpha():
        raise InputError(f"layout has one letter for each of the 1 to {MOST_AXES} axes of shape", place=place)
    if not all(0 <= length <= MOST_VALUES for length in shape):
        raise InputError("a length is 0 (any) or positive", place=f"{place}.shape")


def _check_file(name: str, sha256: str, place: str) -> None:
    if not _FILE.fullmatch(name):
        raise InputError("this must be the plain name of a file beside the manifest", place=f"{place}.file".lstrip("."))
    if not _SHA256.fullmatch(sha256):
        raise InputError("this must be a SHA-256 in 64 small hexadecimal digits", place=f"{place}.sha256".lstrip("."))

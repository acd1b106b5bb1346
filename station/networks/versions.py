"""The models of a station: which there are and whether each may be used, and going back to an earlier version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from station.documents import read_limited, sha256_hex
from station.durable import synchronise, write_whole
from station.errors import InputError, ModelError
from station.networks.adding import SHORT
from station.networks.golden import MOST_BYTES
from station.networks.load import MOST_MODEL_BYTES, load_model, model_of
from station.networks.manifest import NAME, Manifest, read_manifest


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a model; `id` are the first digits of its manifest's SHA-256."""

    id: str
    manifest: Manifest
    path: Path
    is_active: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """A model that a station would load: what it is, or the sentence why it must not be used."""

    name: str
    folder: Path
    manifest: Manifest | None
    fault: str = ""


def check_models(found: Mapping[str, Path], threads: int) -> tuple[Checked, ...]:
    """Every model of `find_models`, loaded and held against its golden vector."""
    checked = []
    for name, folder in found.items():
        try:
            checked.append(Checked(name, folder, load_model(folder, threads).manifest))
        except ModelError as error:
            checked.append(Checked(name, folder, None, str(error)))
    return tuple(checked)


def versions_of(folder: Path) -> tuple[Version, ...]:
    """The versions that `add_model` kept, the newest first; one whose manifest cannot be read is left out."""
    active = _id(folder / NAME)
    found = []
    for path in sorted(folder.glob("manifest-*.toml"), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            found.append(Version(_id(path), read_manifest(path), path, _id(path) == active))
        except InputError:
            continue
    return tuple(found)


def go_back(folder: Path, wanted: str = "", *, threads: int = 1) -> Manifest:
    """Put an earlier version in force again: that whose id begins with `wanted`, or the newest but the active one.

    Raises:
        InputError: there is none such.
        ModelError: its files are not what they were.
    """
    others = [one for one in versions_of(folder) if one.id.startswith(wanted) and not one.is_active]
    if not others or (wanted and len(others) > 1):
        what = f"one earlier version {wanted!r}" if wanted else "earlier version"
        raise InputError(f"there is no {what} to go back to", place=str(folder))
    made = others[0].manifest
    graph = read_limited(folder / made.file, MOST_MODEL_BYTES)
    golden = read_limited(folder / made.golden.file, MOST_BYTES)
    model_of(made, graph, golden, threads, place=str(folder))
    text = read_limited(others[0].path)
    write_whole(folder / NAME, text)
    return made


def withdraw(folder: Path) -> None:
    """Take a quality engineer's own model out of use: one of the project with that name counts again. Its versions
    stay. Raises: InputError when there is none."""
    try:
        (folder / NAME).unlink()
        synchronise(folder)
    except OSError as error:
        raise InputError(f"there is no model to withdraw ({error.strerror})", place=str(folder)) from error


def _id(path: Path) -> str:
    try:
        return sha256_hex(read_limited(path))[:SHORT]
    except InputError:
        return ""

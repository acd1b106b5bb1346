"""A file is there whole or not at all, with its rights, and one that must be new replaces nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from station.durable import write_whole


def test_replaces_whole_and_with_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    write_whole(file, b"one", 0o600)
    write_whole(file, b"two", 0o600)
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_new_one_replaces_nothing(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    write_whole(file, b"one", new=True)
    with pytest.raises(FileExistsError):
        write_whole(file, b"two", new=True)
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]


def test_what_fails_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key.pem"
    write_whole(file, b"one")

    def full(_: int) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, b"two")
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from station.errors import IntegrityError, StorageError
from station.genealogy.frames import ContentFolder


@pytest.fixture
def folder(tmp_path: Path) -> ContentFolder:
    return ContentFolder(tmp_path)


def test_a_file_is_named_by_what_sha256sum_says(folder: ContentFolder):
    digest, fresh = folder.keep(b"picture", ".png")
    path = folder.path / digest[:2] / f"{digest}.png"
    assert fresh
    assert digest == hashlib.sha256(b"picture").hexdigest()
    printed = subprocess.run(["sha256sum", str(path)], capture_output=True, text=True, check=True).stdout
    assert printed.split()[0] == digest
    assert folder.read(digest) == b"picture"


def test_the_same_bytes_are_stored_once(folder: ContentFolder):
    digest, _ = folder.keep(b"picture", ".png")
    assert folder.keep(b"picture", ".jpg") == (digest, False)
    assert len(list(folder.path.glob("??/*"))) == 1


def test_a_damaged_file_is_reported_and_storing_it_again_repairs_it(folder: ContentFolder):
    digest, _ = folder.keep(b"picture", ".png")
    path = folder.path / digest[:2] / f"{digest}.png"
    path.write_bytes(b"picturE")
    with pytest.raises(IntegrityError, match="is not what was stored") as caught:
        folder.read(digest)
    assert path.name in caught.value.place
    folder.keep(b"picture", ".png")
    assert folder.read(digest) == b"picture"
    path.unlink()
    with pytest.raises(IntegrityError, match="missing"):
        folder.read(digest)


@pytest.mark.parametrize("suffix", ["", "png", ".", "./x", ".PNG", ".png/..", ".a b"])
def test_only_suffixes(folder: ContentFolder, suffix: str):
    with pytest.raises(StorageError, match="suffix"):
        folder.keep(b"x", suffix)


def test_the_file_is_durable_before_it_has_its_name(folder: ContentFolder, monkeypatch: pytest.MonkeyPatch):
    """fsync of the data, then rename, then fsync of the folder: the order that survives a power cut."""
    calls: list[str] = []
    synchronise, rename = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        calls.append("folder" if Path(f"/proc/self/fd/{handle}").resolve().is_dir() else "data")
        synchronise(handle)

    def replace(path: Path, target: Path) -> Path:
        calls.append("rename")
        return rename(path, target)

    folder.keep(b"first", ".png")
    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    folder.keep(b"second", ".png")
    assert calls[-3:] == ["data", "rename", "folder"]


def test_a_failing_write_leaves_nothing(folder: ContentFolder, monkeypatch: pytest.MonkeyPatch):
    def fsync(handle: int) -> None:
        raise OSError(28, "No space left on device")

    folder.keep(b"first", ".png")
    monkeypatch.setattr("os.fsync", fsync)
    with pytest.raises(StorageError, match="disk is full"):
        folder.keep(b"second", ".png")
    assert len([path for path in folder.path.rglob("*") if path.is_file()]) == 1


def test_tidy_takes_only_what_nobody_writes(folder: ContentFolder):
    import fcntl

    folder.keep(b"first", ".png")
    incoming = folder.path / "incoming"
    (incoming / "stale").write_bytes(b"x")
    with (incoming / "busy").open("wb") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        assert folder.tidy() == 1
    assert [path.name for path in incoming.iterdir()] == ["busy"]

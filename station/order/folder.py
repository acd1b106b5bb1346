"""Folders of orders as they are now: files come, change and go while the station runs.

An order is a `*.json` in the folder itself, or in a folder of its own there, with its drawing beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from station.documents import read_limited
from station.errors import InputError
from station.order.read import read_document

Stamp = tuple[int, int, int]  # what tells that a file was written again: mtime in ns, size, inode


@dataclass(frozen=True, slots=True)
class Listed:
    """An order file: what its order is called, for which part, and in `fault` why it cannot be used; empty if it can.

    Looked at is the document alone: what is wrong with its drawing or geometry shows when it is read.
    """

    path: Path
    order_id: str = ""
    serial: str = ""
    part_number: str = ""
    fault: str = ""


class OrderFolder(Mapping[str, Path]):
    """Serial -> order file, by order id; a part that two orders are for has none, until one of them is taken away."""

    def __init__(self, *folders: Path) -> None:
        """Lists the folders. Raises: InputError: there is none, or it cannot be read."""
        self._folders = folders
        self._files: dict[Path, tuple[Stamp, Listed]] = {}
        self._inside: dict[Path, tuple[Stamp, dict[Path, Stamp]]] = {}  # what folders of single orders held
        self._paths: dict[str, Path] = {}
        self.listed: tuple[Listed, ...] = ()
        self.look()

    def look(self) -> bool:
        """Lists the folders again; whether anything changed. Raises: InputError: one cannot be read."""
        now: dict[Path, Stamp] = {}
        for folder in self._folders:
            try:
                now |= self._orders_in(folder)
            except FileNotFoundError:
                raise InputError("there is no such folder of orders", place=str(folder)) from None
            except OSError as error:
                raise InputError(f"the orders cannot be read ({error.strerror})", place=str(folder)) from error
        before = self._files
        if now == {path: stamp for path, (stamp, _) in before.items()}:
            return False
        self._files = {
            path: before[path] if path in before and before[path][0] == stamp else (stamp, _listed(path))
            for path, stamp in sorted(now.items())
        }
        self._sort()
        return True

    def _orders_in(self, folder: Path) -> dict[Path, Stamp]:
        found: dict[Path, Stamp] = {}
        inside: dict[Path, tuple[Stamp, dict[Path, Stamp]]] = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                path = folder / entry.name
                if entry.name.endswith(".json"):
                    found[path] = _stamp(entry)
                elif not entry.name.startswith(".") and entry.is_dir():
                    inside[path] = self._single(path, _stamp(entry))
        self._inside = {path: held for path, held in self._inside.items() if path.parent != folder} | inside
        return found | {path: stamp for _, held in inside.values() for path, stamp in held.items()}

    def _single(self, folder: Path, stamp: Stamp) -> tuple[Stamp, dict[Path, Stamp]]:
        """The orders in a folder below; it is looked into again once something came into it or went."""
        known = self._inside.get(folder)
        if known is not None and known[0] == stamp:
            return known
        try:
            with os.scandir(folder) as entries:
                return stamp, {folder / one.name: _stamp(one) for one in entries if one.name.endswith(".json")}
        except OSError:  # gone meanwhile, or somebody else's: no orders here
            return stamp, {}

    def _sort(self) -> None:
        found = sorted((listed for _, listed in self._files.values()), key=lambda one: (one.order_id, one.serial))
        of: dict[str, list[Listed]] = {}
        for one in found:
            if not one.fault:
                of.setdefault(one.serial, []).append(one)
        self._paths = {serial: same[0].path for serial, same in of.items() if len(same) == 1}
        self.listed = tuple(
            one if one.fault or one.serial in self._paths else replace(one, fault=_twice(of[one.serial]))
            for one in found
        )

    def __getitem__(self, serial: str) -> Path:
        return self._paths[serial]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    try:
        found = entry.stat()
    except OSError:  # gone meanwhile, or a link to nowhere: reading it says so
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino


def _twice(same: list[Listed]) -> str:
    return f"{len(same)} orders are for the part {same[0].serial}: {', '.join(one.path.name for one in same[:5])}"


def _listed(path: Path) -> Listed:
    try:
        document = read_document(read_limited(path), path.name)
    except InputError as error:
        return Listed(path, fault=str(error))
    part = document.part
    return Listed(path, document.order_id, part.serial, part.part_number)

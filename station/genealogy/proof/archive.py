"""The one file of a bundle: a zip (PKWARE APPNOTE 6.3) that any program unpacks, written in one way only.

Files are stored, not compressed, one behind the other, all dated 1980-01-01 and readable; nothing else is in between.
So the same content gives the same bytes, and reading accepts exactly what writing makes: there is no room for
compression bombs, links, names that lead elsewhere, hidden or overlapping files, and every bit counts.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from station.errors import InputError, StorageError

MAX_FILES = 20_000
MAX_BYTES = 0xFFFF_0000  # of the whole; beyond it the format needs an extension
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
CHUNK = 1 << 20
_LOCAL, _CENTRAL, _END = (
    struct.Struct("<4sHHHHHIIIHH"),
    struct.Struct("<4sHHHHHHIIIHHHHHII"),
    struct.Struct("<4sHHHHIIH"),
)
_VERSION, _UNIX, _DATE, _READABLE = 20, 3 << 8, 1 << 5 | 1, 0o100644 << 16


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take them all."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its name, CRC-32, how many bytes, and where its header begins."""

    name: str
    crc: int
    size: int
    offset: int

    def local(self) -> bytes:
        """The header before its bytes."""
        name = self.name.encode("ascii")
        sizes = (self.crc, self.size, self.size, len(name), 0)
        return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, *sizes) + name

    def central(self) -> bytes:
        """Its line in the directory at the end."""
        name = self.name.encode("ascii")
        sizes = (self.crc, self.size, self.size, len(name), 0, 0)
        head = _CENTRAL.pack(
            b"PK\x01\x02", _UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE, *sizes, 0, 0, _READABLE, self.offset
        )
        return head + name


def _end(count: int, size: int, offset: int) -> bytes:
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


class ArchiveWriter:
    """Writes files one after the other; `stream` need not be one that can go back."""

    def __init__(self, stream: Sink) -> None:
        self._stream = stream
        self._members: list[Member] = []
        self._at = 0

    def add(self, name: str, data: bytes) -> None:
        """The next file.

        Raises:
            StorageError: the archive would become too large.
        """
        if self._at + len(data) > MAX_BYTES or len(self._members) >= MAX_FILES:
            raise StorageError("this does not fit into one bundle (4 GB, 20 000 files)", place=name)
        member = Member(name, zlib.crc32(data), len(data), self._at)
        head = member.local()
        self._stream.write(head)
        self._stream.write(data)
        self._members.append(member)
        self._at += len(head) + len(data)

    def close(self) -> None:
        """The directory; without it the file is no archive."""
        directory = b"".join(member.central() for member in self._members)
        self._stream.write(directory)
        self._stream.write(_end(len(self._members), len(directory), self._at))


class ArchiveReader:
    """Reads what `ArchiveWriter` writes, and nothing else.

    Raises:
        InputError: it is anything else; the file, and where in it, is the place.
    """

    def __init__(self, stream: BinaryIO, place: str) -> None:
        self._stream, self._place = stream, place
        self._members = {member.name: member for member in self._directory()}
        self._check_headers()

    @property
    def names(self) -> tuple[str, ...]:
        """The files, in sequence."""
        return tuple(self._members)

    def size(self, name: str) -> int:
        """How many bytes a file has."""
        return self._members[name].size

    def crc(self, name: str) -> int:
        """Its CRC-32, as the archive says."""
        return self._members[name].crc

    def read(self, name: str, limit: int) -> bytes:
        """The whole of a small file. Raises: InputError: it is not there, or larger than `limit`."""
        member = self._members.get(name)
        if member is None:
            raise InputError("the file is missing", place=name)
        if member.size > limit:
            raise InputError(f"the file is larger than the {limit:,} bytes allowed", place=name)
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, a portion at a time."""
        member = self._members[name]
        self._stream.seek(member.offset + len(member.local()))
        left = member.size
        while left:
            data = self._stream.read(min(left, CHUNK))
            if not data:
                raise self._unusable("it ends in the midst of a file", name)
            left -= len(data)
            yield data

    def _directory(self) -> list[Member]:
        size = self._stream.seek(0, 2)
        if not _END.size < size <= MAX_BYTES + MAX_FILES * 200:
            raise self._unusable("it is empty, or too large for one")
        self._stream.seek(size - _END.size)
        tail = self._stream.read(_END.size)
        _, _, _, count, _, length, start, _ = _END.unpack(tail)
        if tail != _end(count, length, start) or start + length + _END.size != size:
            raise self._unusable("it does not end as one: cut short, added to, or packed by another program")
        if count > MAX_FILES:
            raise self._unusable("there are more files in it than a bundle has")
        self._stream.seek(start)
        found, names, at = [], set(), 0
        for _ in range(count):
            member = self._line()
            if member.name in names:
                raise self._unusable("there are two files of this name", member.name)
            if member.offset != at:
                raise self._unusable("it does not lie behind the file before it", member.name)
            names.add(member.name)
            found.append(member)
            at += len(member.local()) + member.size
        if at != start or self._stream.tell() != start + length:
            raise self._unusable("there is something between the files and the directory")
        return found

    def _line(self) -> Member:
        head = self._stream.read(_CENTRAL.size)
        if len(head) < _CENTRAL.size:
            raise self._unusable("its directory is cut short")
        fields = _CENTRAL.unpack(head)
        raw = self._stream.read(min(fields[10], 300))
        name = raw.decode("ascii", "replace")
        if not NAME.fullmatch(name):
            raise self._unusable(f"{name[:80]!r} is not the name of a file in a bundle")
        member = Member(name, fields[7], fields[9], fields[16])
        if head + raw != member.central():
            raise self._unusable("it is compressed, a link, or described in another way than here", name)
        return member

    def _check_headers(self) -> None:
        for member in self._members.values():
            self._stream.seek(member.offset)
            expected = member.local()
            if self._stream.read(len(expected)) != expected:
                raise self._unusable("its header is not the one that the directory gives", member.name)

    def _unusable(self, sentence: str, name: str = "") -> InputError:
        where = f"{name}: " if name else ""
        return InputError(f"this is not a bundle as the station packs it: {where}{sentence}", place=self._place)

"""What one inspection was made from, taken out of the record to where it is measured again: another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from station.documents import sha256_hex
from station.errors import IntegrityError
from station.genealogy.reading import RecordReader


class EvidenceSource(Protocol):
    """Where an inspection, its documents and its pictures can be read; `RecordReader` is one."""

    def inspection(self, id: str) -> dict[str, Any]:
        """The `inspection/1` document as committed."""
        ...

    def document(self, sha256: str) -> bytes:
        """An order, a drawing or a calibration."""
        ...

    def frame(self, sha256: str) -> bytes:
        """The stored file of a picture."""
        ...

    def keeps_frame(self, sha256: str) -> bool:
        """Whether the file of a picture is still there."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """One inspection with the bytes that it was made from, each by its SHA-256, and checked by it when read."""

    record: dict[str, Any]
    documents: Mapping[str, bytes]
    frames: Mapping[str, bytes]

    def inspection(self, id: str) -> dict[str, Any]:
        """The document, whatever `id` says: there is one."""
        del id
        return self.record

    def document(self, sha256: str) -> bytes:
        """The bytes of this hash. Raises: IntegrityError: they were changed on the way."""
        return _checked(self.documents[sha256], sha256)

    def frame(self, sha256: str) -> bytes:
        """The bytes of this hash. Raises: IntegrityError: they were changed on the way."""
        return _checked(self.frames[sha256], sha256)

    def keeps_frame(self, sha256: str) -> bool:
        """Whether it was there when this was taken out of the record."""
        return sha256 in self.frames


def carry(reader: RecordReader, id: str) -> Carried:
    """Takes an inspection out of the record.

    Raises:
        InputError: there is no such inspection.
        IntegrityError: a document or picture is not what was committed.
    """
    record = reader.inspection(id)
    calibration = record["calibration"]
    named = (record["order_sha256"], record.get("drawing_sha256"), calibration and calibration["sha256"])
    kept = [digest for digest in dict.fromkeys(f["sha256"] for f in record["frames"]) if reader.keeps_frame(digest)]
    return Carried(
        record,
        {digest: reader.document(digest) for digest in named if digest},
        {digest: reader.frame(digest) for digest in kept},
    )


def _checked(data: bytes, sha256: str) -> bytes:
    if sha256_hex(data) != sha256:
        raise IntegrityError("this is not what was sent", place=sha256)
    return data

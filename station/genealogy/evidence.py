"""The bytes that belong to a record, and how a draft inspection is tied to them by their hashes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from station.documents import sha256_hex
from station.errors import IntegrityError
from station.genealogy.inspection import FrameReference, Inspection


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A picture as it is to be stored: the bytes of the file, its suffix, its size in pixels."""

    view: str
    data: bytes
    suffix: str = ".png"
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a decision was made from, byte for byte."""

    order: bytes
    drawing: bytes | None = None
    calibration: bytes | None = None
    frames: tuple[StoredFrame, ...] = ()

    def documents(self) -> tuple[bytes, ...]:
        """The documents among it: order, drawing, calibration."""
        return tuple(data for data in (self.order, self.drawing, self.calibration) if data is not None)


def ties(draft: Inspection, evidence: Evidence) -> dict[str, Any]:
    """The fields of an inspection that tie it to its evidence by hashes, for `dataclasses.replace`.

    Raises:
        IntegrityError: the draft already names a hash, and the evidence has another.
    """
    calibration = draft.calibration
    if (calibration is None) != (evidence.calibration is None):
        raise IntegrityError("a calibration is named without its bytes, or given without being named")
    if calibration is not None and evidence.calibration is not None:
        digest = _same(calibration.sha256, evidence.calibration, "calibration.sha256")
        calibration = replace(calibration, sha256=digest)
    frames = tuple(
        FrameReference(view=frame.view, sha256=sha256_hex(frame.data), width=frame.width, height=frame.height)
        for frame in evidence.frames
    )
    if draft.frames and draft.frames != frames:
        raise IntegrityError("the pictures named are not the pictures given", place="frames")
    return {
        "order_sha256": _same(draft.order_sha256, evidence.order, "order_sha256"),
        "drawing_sha256": _same(draft.drawing_sha256, evidence.drawing, "drawing_sha256"),
        "calibration": calibration,
        "frames": frames,
    }


def _same(named: str, data: bytes | None, place: str) -> str:
    digest = "" if data is None else sha256_hex(data)
    if named and named != digest:
        raise IntegrityError("the hash named is not that of the bytes given", place=place)
    return digest

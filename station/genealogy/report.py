"""What a verification found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

NEVER_REMOVED = (
    "the picture was removed, and belongs to an inspection that is not PASS or to a check: no rule does that"
)
Progress = Callable[[int, int], None]  # told (done, total) now and then


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was committed: where, and what, in one sentence."""

    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a signing key vouches for: `checkpoints` signed notes, over `first` entries up to over `last`; `known` says
    whether it was compared with one known from elsewhere, and is it."""

    fingerprint: str
    checkpoints: int
    first: int
    last: int
    known: bool


@dataclass(frozen=True, slots=True)
class Signatures:
    """What signs the chain: up to which entry checkpoints that hold cover it, and the keys that made them; `kept` are
    the sizes of checkpoints from elsewhere that it agrees with."""

    checkpoints: int = 0
    time_stamps: int = 0
    signed: int = 0
    keys: tuple[KeyUse, ...] = ()
    kept: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How much was checked, the hash of the newest entry, and what is wrong.

    `removed` are pictures that a rule of retention took away and an event names: no fault.
    """

    inspections: int
    events: int
    documents: int
    pictures: int
    head: str
    faults: tuple[Fault, ...]
    removed: int = 0
    signatures: Signatures = Signatures()

    @property
    def is_intact(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    def to_document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {"intact": self.is_intact, **asdict(self), "faults": [asdict(fault) for fault in self.faults]}


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What the check of a bundle found.

    `fingerprint` is that of the key that signed it, `known` whether it was compared with one known from elsewhere, and
    is it; `checkpoint` how many entries the station had then and `made` when, by its own clock; `dated` the moment of
    the time stamp, None where there is none; `removed` counts pictures that retention took away; `kept` the
    checkpoints from elsewhere that the record agrees with.
    """

    inspection: str
    order_id: str
    serial: str
    files: int
    entries: int
    pictures: int
    removed: int
    fingerprint: str
    known: bool
    checkpoint: int
    made: str
    dated: str | None
    faults: tuple[Fault, ...]
    kept: int = 0

    @property
    def is_intact(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    def to_document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {"intact": self.is_intact, **asdict(self), "faults": [asdict(fault) for fault in self.faults]}

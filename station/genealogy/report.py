"""What a verification found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Progress = Callable[[int, int], None]  # told (done, total) now and then


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was committed: where, and what, in one sentence."""

    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How much was checked, the hash of the newest entry, and what is wrong."""

    inspections: int
    events: int
    documents: int
    pictures: int
    head: str
    faults: tuple[Fault, ...]

    @property
    def is_intact(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    def to_document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {"intact": self.is_intact, **asdict(self), "faults": [asdict(fault) for fault in self.faults]}

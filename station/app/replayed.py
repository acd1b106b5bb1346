"""An inspection that could not be measured again."""

from __future__ import annotations

from dataclasses import dataclass

from station.errors import RecordError, StationError


@dataclass(frozen=True, slots=True)
class NotReplayed:
    """Which, and why; `intact` is False where what is stored is not what was committed, and True where there only is
    no picture, or another camera's."""

    id: str
    sentence: str
    intact: bool


def not_replayed(inspection: str, error: StationError) -> NotReplayed:
    """What kept an inspection from being measured again."""
    return NotReplayed(inspection, str(error), not isinstance(error, RecordError))

"""Why a picture is not measured: data, not an exception. Each says what, where and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """What the quality gate or the search for the part ran into."""

    UNDEREXPOSED = "under-exposed"
    CLIPPED = "clipped"
    OUT_OF_FOCUS = "out of focus"
    NOTHING = "nothing there"
    SEVERAL = "several parts"
    CUT = "cut by the border"
    DIRTY = "dirty field"
    OTHER_PART = "another part"
    MIRRORED = "mirrored"
    UNSTEADY = "no edge"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A vision failure: `sentence` is for a person, `where_px` (x, y) the place in the picture if there is one."""

    trouble: Trouble
    sentence: str
    where_px: tuple[float, float] | None = None

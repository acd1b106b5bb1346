"""What a search for devices finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """Something attached: which `driver` would drive it as which `kind` of device, `where` as a rig's file has it, and
    what it is in a few `words`."""

    kind: str
    driver: str
    where: str
    words: str

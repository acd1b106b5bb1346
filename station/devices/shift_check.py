"""What a rig asks of the shift check: one of the facts that its file says, real or simulated."""

from __future__ import annotations

from enum import StrEnum

from station.errors import InputError


class ShiftCheck(StrEnum):
    """What a missing or expired shift check does. A failed one locks whatever the rig asks."""

    OFF = "off"  # none is expected
    WARN = "warn"  # a missing one is named
    REQUIRED = "required"  # a missing one locks


def shift_check_of(text: str, place: str) -> ShiftCheck:
    """The one of this name. Raises: InputError when there is none."""
    try:
        return ShiftCheck(text)
    except ValueError:
        raise InputError(f"{text!r} is none of {', '.join(ShiftCheck)}", place=place) from None

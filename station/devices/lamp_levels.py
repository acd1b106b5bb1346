"""Which views a light has lamps for and how bright they are, checked alike for every driver."""

from __future__ import annotations

from collections.abc import Mapping

from station.devices.protocols import View
from station.errors import InputError


def check_levels(
    lamps: Mapping[str, object], levels: Mapping[str, float], what: str, place: str, most: float = 1.0
) -> None:
    """`lamps` names the pin, register or channel (`what`) of each view; `levels` what share of full light some get.

    Raises:
        InputError: a name is no view's, or its view has no lamp; a level is not more than 0 and at most `most`.
    """
    for view in {**lamps, **levels}:
        if view not in set(View) or view not in lamps:
            raise InputError(f"{view!r} is no view with a {what} (views: {', '.join(View)})", place=place)
    for view, level in levels.items():
        if not 0.0 < level <= most:
            raise InputError(f"the level {level:g} of {view} is not within 0 to {most:g}", place=place)

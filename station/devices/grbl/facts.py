"""What a rig's file says about a stage behind a Grbl controller."""

from __future__ import annotations

import math
from dataclasses import dataclass

from station.errors import InputError

AXES = "XYZABC"  # in the order of the numbers in a status report


@dataclass(frozen=True, slots=True)
class GrblFacts:
    """One stage.

    `port` is a device (/dev/serial/by-id/…) or socket://host:port; `axes` are the letters that are the stage's, in the
    order of its positions. A sign of -1 turns an axis round: the stage's millimetres are the machine's, times the sign.
    `feed_mm_per_min` 0 is as fast as the machine goes. `homing` false lets a machine without limit switches ($22=0)
    move; its zero is then where it stood when it was switched on. `lowest_mm` and `highest_mm`, in the stage's
    millimetres, replace the travel that the machine's own settings ($130…) allow. `homing_s` 0 is computed.
    """

    port: str
    baud: int = 115200
    axes: str = "XYZ"
    signs: tuple[float, ...] = ()
    feed_mm_per_min: float = 0.0
    homing: bool = True
    lowest_mm: tuple[float, ...] = ()
    highest_mm: tuple[float, ...] = ()
    boot_s: float = 4.0
    answer_s: float = 1.0
    stall_s: float = 1.0
    homing_s: float = 0.0
    poll_s: float = 0.05

    def __post_init__(self) -> None:
        """Raises: InputError for facts that no machine has."""
        if not self.axes or len(set(self.axes)) != len(self.axes) or set(self.axes) - set(AXES):
            raise InputError(f"this must be some of the letters {AXES}, each once", place="axes")
        for name, values in (("signs", self.signs), ("lowest_mm", self.lowest_mm), ("highest_mm", self.highest_mm)):
            if values and len(values) != len(self.axes):
                raise InputError(f"this must have {len(self.axes)} numbers, one for each axis", place=name)
        if any(sign not in (-1.0, 1.0) for sign in self.signs):
            raise InputError("every sign must be 1 or -1", place="signs")
        if bool(self.lowest_mm) != bool(self.highest_mm):
            raise InputError("lowest_mm and highest_mm are given both or neither", place="lowest_mm")
        if any(not low < high for low, high in zip(self.lowest_mm, self.highest_mm, strict=True)):
            raise InputError("every lowest_mm must lie below its highest_mm", place="lowest_mm")
        for name in ("feed_mm_per_min", "homing_s"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise InputError("this must not be negative", place=name)
        for name in ("boot_s", "answer_s", "stall_s", "poll_s"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError("this must be more than nothing", place=name)

    def places(self) -> tuple[int, ...]:
        """Where in a report's list of numbers each of the stage's axes stands."""
        return tuple(AXES.index(letter) for letter in self.axes)

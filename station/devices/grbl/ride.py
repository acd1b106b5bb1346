"""What a machine on its way may look like, judged report by report. Pure but for what it remembers of the way."""

from __future__ import annotations

from collections.abc import Sequence

from station.errors import StoppedError

_ASTRAY = 2  # so many reports in a row off the way: one may be a garbled digit


def state_words(state: str, sub: int | None) -> str:
    """What a state in which the stage does not move means to a person; empty for one in which it may."""
    if state == "Door":
        if sub in (0, 3):
            return "The door was opened, and is closed again. Recover and home"
        return "The door is open. Close it, then recover and home"
    return {
        "Hold": "Somebody pressed feed hold at the controller. See why, then recover and home",
        "Alarm": "The controller is locked after an alarm. Recover and home",
        "Sleep": "The controller is asleep and its motors are off. Recover and home",
        "Check": "The controller is in check mode and moves nothing. Recover and home",
        "Tool": "The controller waits for a change of tool. Recover and home",
        "Home": "The controller is homing, though nobody asked it to now. Recover and home",
        "Jog": "Somebody else moves the machine. Only one program may drive it; then recover and home",
    }.get(state, "")


class Ride:
    """One way from `start` to `target`, in the machine's millimetres."""

    def __init__(
        self,
        start: Sequence[float],
        target: Sequence[float],
        slack_mm: Sequence[float],
        began_s: float,
        longest_s: float,
        stall_s: float,
    ) -> None:
        self._target, self._slack = tuple(target), tuple(slack_mm)
        pairs = list(zip(start, target, slack_mm, strict=True))
        self._low = tuple(min(a, b) - slack for a, b, slack in pairs)
        self._high = tuple(max(a, b) + slack for a, b, slack in pairs)
        self._began_s, self._longest_s, self._stall_s = began_s, longest_s, stall_s
        self._last, self._moved_s, self._astray = tuple(start), began_s, 0

    def arrived(self, now_s: float, state: str, sub: int | None, position: tuple[float, ...]) -> bool:
        """Whether it stands at the target.

        Raises:
            StoppedError: it will not get there: stopped, astray, stalled, or too late.
        """
        if words := state_words(state, sub):
            raise StoppedError(words)
        if state == "Idle" and self._at_target(position):
            return True
        inside = all(low <= at <= high for low, at, high in zip(self._low, position, self._high, strict=True))
        self._astray = 0 if inside else self._astray + 1
        if self._astray >= _ASTRAY:
            raise StoppedError(
                f"The stage went to {place_words(position)}, off its way to {place_words(self._target)}: the line to "
                "the controller is garbled, or another program drives it. Look at the cable, then recover and home"
            )
        if position != self._last:
            self._last, self._moved_s = position, now_s
        if now_s - self._moved_s > self._stall_s:
            raise StoppedError(
                f"The stage stands at {place_words(position)} and does not go on to {place_words(self._target)}. "
                "Look at the controller, then recover and home"
            )
        if now_s - self._began_s > self._longest_s:
            raise StoppedError(
                f"The stage should have reached {place_words(self._target)} in {self._longest_s:.1f} s and is at "
                f"{place_words(position)}. Look what slows it down, then recover and home"
            )
        return False

    def _at_target(self, position: Sequence[float]) -> bool:
        trio = zip(position, self._target, self._slack, strict=True)
        return all(abs(at - target) <= slack for at, target, slack in trio)


def place_words(position_mm: Sequence[float]) -> str:
    """A position as people read it."""
    return "(" + ", ".join(f"{one:.3f}" for one in position_mm) + ") mm"

"""What Grbl's program does between lines: alarms, resets, reports, holds, the door, cycle start and end.

A generator stands for the program: each `yield` lets a thousandth of a second pass. So it is deaf where the real one
is: half a second after an alarm, and after a hard or soft limit until it is reset.
"""

from __future__ import annotations

from collections.abc import Iterator

from station.twin.grbl.chip import Chip

_ALARM_S = 0.5
_HOLDS = ("hold", "door", "sleep", "motion cancel")


def execute(chip: Chip) -> Iterator[None]:
    """One checkpoint of the program; in a hold it stays here until it is resumed or reset."""
    yield from _system(chip)
    while chip.suspend and not chip.aborting():
        if "held" in chip.suspend and chip.state in ("Door", "Sleep"):
            if "retracted" not in chip.suspend:
                accessories_off(chip)
                chip.suspend.add("retracted")
            elif chip.state == "Sleep":
                chip.say("[MSG:Sleeping]")
                while not chip.aborting():
                    yield from _system(chip)
                    yield
                return
            else:
                if not chip.door_open:
                    chip.suspend.discard("ajar")
                if "restoring" in chip.suspend:
                    chip.suspend.add("restored")
                    chip.flags.add("start")
        yield from _system(chip)
        yield


def accessories_off(chip: Chip) -> None:
    """Spindle and coolant; the next report says so."""
    chip.spindle, chip.coolant = "M5", "M9"
    chip.fields.overrides_changed()


def _system(chip: Chip) -> Iterator[None]:
    if chip.alarm:
        number = chip.alarm
        chip.state = "Alarm"
        chip.say(f"ALARM:{number}")
        yield from chip.delay(_ALARM_S)
        if number in (1, 2):
            chip.say("[MSG:Reset to continue]")
            chip.flags.discard("reset")
            while "reset" not in chip.flags:
                yield
        chip.alarm = 0
    flags = set(chip.flags)
    if "reset" in flags:
        chip.abort = True
        return
    if "status" in flags:
        chip.say(chip.report())
        chip.flags.discard("status")
    if flags & set(_HOLDS):
        _hold(chip, flags)
        chip.flags -= set(_HOLDS)
    if "start" in flags:
        if not flags & set(_HOLDS):
            _start(chip)
        chip.flags.discard("start")
    if "cycle end" in flags:
        _cycle_end(chip)
        chip.flags.discard("cycle end")


def _hold(chip: Chip, flags: set[str]) -> None:
    if chip.state not in ("Alarm", "Check"):
        if chip.state in ("Run", "Jog") and not chip.suspend & {"jog cancel", "motion cancel"}:
            chip.motion.hold()
            chip.holding = True
            if chip.state == "Jog" and "sleep" not in flags:
                chip.suspend.add("jog cancel")
        if chip.state == "Idle":
            chip.suspend = {"held"}
        if "hold" in flags and chip.state not in ("Door", "Jog", "Sleep"):
            chip.state = "Hold"
        if "door" in flags:
            chip.say("[MSG:Check Door]")
            if "jog cancel" not in chip.suspend and chip.state != "Sleep":
                if chip.state == "Door" and "restoring" in chip.suspend:
                    chip.suspend -= {"retracted", "restoring", "restored"}
                chip.state = "Door"
            chip.suspend.add("ajar")
    if "sleep" in flags:
        if chip.state == "Alarm":
            chip.suspend |= {"retracted", "held"}
        chip.state = "Sleep"


def _start(chip: Chip) -> None:
    if chip.state == "Door" and "ajar" not in chip.suspend:
        if "restored" in chip.suspend:
            chip.state = "Idle"
        elif "retracted" in chip.suspend:
            chip.suspend.add("restoring")
    if chip.state == "Idle" or (chip.state == "Hold" and "held" in chip.suspend):
        cancelled = "motion cancel" in chip.suspend
        chip.suspend = set()
        if chip.motion.queue and not cancelled:
            chip.state = "Run"
            chip.motion.start(chip.memory.axis(100))
        else:
            chip.state = "Idle"


def _cycle_end(chip: Chip) -> None:
    if chip.state in ("Hold", "Door", "Sleep") and not chip.soft_limit and "jog cancel" not in chip.suspend:
        if chip.holding:
            chip.suspend.add("held")
        chip.holding = False
        return
    if "jog cancel" in chip.suspend:
        chip.motion.kill()
    chip.holding = False
    if "ajar" in chip.suspend:
        chip.suspend = {"held", "ajar"}
        chip.state = "Door"
    else:
        chip.suspend, chip.state = set(), "Idle"

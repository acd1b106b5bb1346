"""What Grbl does with one line: a system command ($…), a jog, or g-code. Each ends with a status number, 0 for ok."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from station.twin.grbl import homing
from station.twin.grbl.blocks import block_to, planned_mm
from station.twin.grbl.chip import Chip
from station.twin.grbl.motion import Block
from station.twin.grbl.realtime import accessories_off, execute
from station.twin.grbl.reports import BUILD, HELP, parameters
from station.twin.grbl.words import Asked, Modes, read

_BLOCKS = 15


def run(chip: Chip, line: str) -> Generator[None, None, int]:
    """One line, upper case and without blanks."""
    if line[0] == "$":
        return (yield from _system(chip, line))
    if chip.state in ("Alarm", "Jog"):
        return 9
    asked = read(line, chip.modes)
    if isinstance(asked, int):
        return asked
    yield from _perform(chip, asked)
    return 0


def _system(chip: Chip, line: str) -> Generator[None, None, int]:
    idle, locked = chip.state == "Idle", chip.state == "Alarm"
    if line == "$":
        chip.say(HELP)
    elif line.startswith("$J="):
        if chip.state not in ("Idle", "Jog"):
            return 8
        return (yield from _jog(chip, line[3:]))
    elif line == "$$":
        if chip.state in ("Run", "Hold"):
            return 8
        for one in chip.memory.lines():
            chip.say(one)
    elif line == "$G":
        chip.say(chip.modes.report())
    elif line == "$X":
        if locked:
            if chip.door_open:
                return 13
            chip.say("[MSG:Caution: Unlocked]")
            chip.state = "Idle"
    elif line == "$C":
        if chip.state == "Check":
            chip.kill()
            chip.say("[MSG:Disabled]")
        elif not idle:
            return 8
        else:
            chip.state = "Check"
            chip.say("[MSG:Enabled]")
    elif not (idle or locked):
        return 8
    elif line == "$#":
        for one in parameters(chip.memory, chip.shift):
            chip.say(one)
    elif line == "$H":
        if not chip.memory.flag(22):
            return 5
        if chip.door_open:
            return 13
        yield from homing.home(chip)
    elif line == "$SLP":
        chip.flags.add("sleep")
    elif line == "$I":
        for one in BUILD:
            chip.say(one)
    elif line == "$N":
        for at, one in enumerate(chip.memory.startup):
            chip.say(f"$N{at}={one}")
    elif line[:2] == "$N" and line[2:4] in ("0=", "1="):
        if not idle:
            return 8
        chip.memory.startup[int(line[2])] = line[4:]
    else:
        return _store(chip, line)
    return 0


def _store(chip: Chip, line: str) -> int:
    name, equals, text = line[1:].partition("=")
    if not name.isdigit():
        return 2
    if not equals:
        return 3
    try:
        value = float(text)
    except ValueError:
        return 2
    return chip.memory.store(int(name), value)


def _jog(chip: Chip, line: str) -> Generator[None, None, int]:
    asked = read(line, chip.modes, jog=True)
    if isinstance(asked, int):
        return asked
    target = _target(chip, asked)
    if chip.memory.flag(20) and _outside(chip, target):
        return 15
    yield from _queue(chip, block_to(chip, target, asked.modes.feed_mm_per_min))
    if chip.state == "Idle" and chip.motion.queue:
        chip.state = "Jog"
        chip.motion.start(chip.memory.axis(100))
    return 0


def _perform(chip: Chip, asked: Asked) -> Iterator[None]:
    """Grbl's order: spindle, coolant, dwell, coordinate systems, motion, end of program."""
    old, chip.modes = chip.modes, asked.modes
    new = asked.modes
    if (new.spindle, new.coolant) != (old.spindle, old.coolant) or new.speed_rpm != old.speed_rpm:
        yield from synchronise(chip)
        if chip.state != "Check":
            chip.spindle, chip.coolant, chip.running_rpm = new.spindle, new.coolant, new.speed_rpm
            chip.fields.overrides_changed()
    if asked.once == "4":
        yield from synchronise(chip)
        yield from _dwell(chip, asked.values["P"])
    elif asked.once in ("10", "28.1", "30.1", "92", "92.1"):
        yield from synchronise(chip)
        _place(chip, asked)
    elif asked.once in ("28", "30"):
        if asked.axes:
            yield from _go(chip, _target(chip, asked), 0.0)
        yield from _go(chip, list(chip.memory.systems[f"G{asked.once}"]), 0.0)
    elif asked.moves and new.motion != "80":
        yield from _go(chip, _target(chip, asked), new.feed_mm_per_min if new.motion == "1" else 0.0)
    if asked.stop and chip.state != "Check":
        yield from synchronise(chip)
        if asked.stop in ("M2", "M30"):
            accessories_off(chip)
            chip.modes = replace(Modes(), units=new.units, feed_mm_per_min=new.feed_mm_per_min, tool=new.tool)
            chip.say("[MSG:Pgm End]")
        elif asked.stop == "M0":
            chip.flags.add("hold")
            yield from execute(chip)


def _dwell(chip: Chip, seconds: float) -> Iterator[None]:
    until = chip.now_s + seconds
    while chip.now_s < until - 1e-9 and not chip.aborting() and chip.state != "Check":
        yield from execute(chip)
        yield


def _place(chip: Chip, asked: Asked) -> None:
    """Coordinate systems and the shift (G10, G28.1, G30.1, G92); the next report has the offset again."""
    memory, here = chip.memory, chip.position_mm()
    letters = {"XYZ".index(letter): value for letter, value in asked.axes.items()}
    if asked.once == "10":
        system = f"G{53 + int(asked.values['P'])}" if asked.values["P"] else f"G{chip.modes.system}"
        new = list(memory.systems[system])
        for axis, value in letters.items():
            new[axis] = value if asked.values["L"] == 2 else here[axis] - chip.shift[axis] - value
        memory.systems[system] = tuple(new)
    elif asked.once in ("28.1", "30.1"):
        memory.systems[f"G{asked.once[:2]}"] = here
    elif asked.once == "92":
        origin = memory.systems[f"G{chip.modes.system}"]
        shift = [letters.get(axis) for axis in range(3)]
        chip.shift = tuple(
            old if value is None else at - zero - value
            for old, value, at, zero in zip(chip.shift, shift, here, origin, strict=True)
        )
    else:
        chip.shift = (0.0, 0.0, 0.0)
    chip.fields.offset_changed()


def _target(chip: Chip, asked: Asked) -> list[float]:
    """In machine coordinates."""
    target, offset = list(planned_mm(chip)), chip.offset_mm()
    for letter, value in asked.axes.items():
        axis = "XYZ".index(letter)
        if asked.once == "53":
            target[axis] = value
        elif asked.modes.distance == "90":
            target[axis] = value + offset[axis]
        else:
            target[axis] += value
    return target


def _outside(chip: Chip, target: Sequence[float]) -> bool:
    travels = chip.memory.axis(130)
    return any(at > 0.0 or at < -travel for at, travel in zip(target, travels, strict=True))


def _go(chip: Chip, target: Sequence[float], feed_mm_per_min: float) -> Iterator[None]:
    if chip.memory.flag(20) and chip.state not in ("Home", "Check") and _outside(chip, target):
        yield from _soft_limit(chip)
        return
    if chip.state != "Check":
        yield from _queue(chip, block_to(chip, target, feed_mm_per_min))


def _soft_limit(chip: Chip) -> Iterator[None]:
    chip.soft_limit = True
    if chip.state == "Run":
        chip.flags.add("hold")
        while chip.state != "Idle":
            yield from execute(chip)
            if chip.aborting():
                return
            yield
    chip.kill()
    chip.alarm = 2
    yield from execute(chip)


def _queue(chip: Chip, block: Block) -> Iterator[None]:
    """Waits for room in the planner; a way of no length is nothing."""
    while True:
        yield from execute(chip)
        if chip.aborting():
            return
        if len(chip.motion.queue) < _BLOCKS:
            break
        chip.flags.add("start")
        yield
    if block.length_mm:
        chip.motion.queue.append(block)


def synchronise(chip: Chip) -> Iterator[None]:
    """Until all that is queued has been done."""
    if chip.motion.queue:
        chip.flags.add("start")
    while True:
        yield from execute(chip)
        if chip.aborting() or not (chip.motion.queue or chip.state == "Run"):
            return
        yield

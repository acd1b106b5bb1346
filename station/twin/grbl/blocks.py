"""Blocks of motion from where the queue ends."""

from __future__ import annotations

from collections.abc import Sequence

from station.twin.grbl.chip import Chip
from station.twin.grbl.motion import Block


def planned_mm(chip: Chip) -> tuple[float, ...]:
    """Where the last block in the queue will end."""
    steps = chip.motion.queue[-1].target if chip.motion.queue else chip.motion.steps
    return tuple(step / per for step, per in zip(steps, chip.memory.axis(100), strict=True))


def block_to(chip: Chip, target: Sequence[float], feed_mm_per_min: float) -> Block:
    """A planned block from the end of the queue; feed 0 is a rapid."""
    memory, start = chip.memory, chip.motion.queue[-1].target if chip.motion.queue else chip.motion.steps
    per_mm = memory.axis(100)
    block = Block(start, [round(at * per) for at, per in zip(target, per_mm, strict=True)], per_mm)
    if block.length_mm:
        rates = zip(memory.axis(110), memory.axis(120), block.shares, strict=True)
        limits = [(rate / 60.0 / share, gain / share) for rate, gain, share in rates if share]
        speed = min(rate for rate, _ in limits)
        block.plan(min(speed, feed_mm_per_min / 60.0) if feed_mm_per_min else speed, min(gain for _, gain in limits))
    return block

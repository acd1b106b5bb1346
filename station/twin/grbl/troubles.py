"""What may go wrong between a host and the controller, or in it, on request."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


def same(data: bytes) -> bytes:
    """Nothing goes wrong."""
    return data


@dataclass(slots=True)
class Troubles:
    """`to_controller` and `to_host` are what the wire makes of bytes; `late_s` holds back what the controller says;
    `silent` loses all of it; `resets_on_open` is a board that restarts when its port is opened, for `boots_s`."""

    to_controller: Callable[[bytes], bytes] = same
    to_host: Callable[[bytes], bytes] = same
    late_s: float = 0.0
    silent: bool = False
    resets_on_open: bool = False
    boots_s: float = 1.5


@dataclass(slots=True)
class NoisyWire:
    """Loses and garbles bytes at random: each with these probabilities."""

    lost: float
    garbled: float
    rng: random.Random = field(default_factory=random.Random)

    def __call__(self, data: bytes) -> bytes:
        """What is left of the bytes."""
        out = bytearray()
        for byte in data:
            chance = self.rng.random()
            if chance < self.lost:
                continue
            out.append(byte ^ (1 << self.rng.randrange(7)) if chance < self.lost + self.garbled else byte)
        return bytes(out)


@dataclass(slots=True)
class Once:
    """Replaces `old` by `new` the first time it comes by, in one piece."""

    old: bytes
    new: bytes
    done: bool = False

    def __call__(self, data: bytes) -> bytes:
        """The bytes, changed once."""
        if self.done or self.old not in data:
            return data
        self.done = True
        return data.replace(self.old, self.new, 1)

"""All parts by name, in the document's sequence, and one run of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from .api import api
from .blur_error import blur_error
from .circles import circles
from .commits import commits
from .comparison import comparison
from .contours import contours
from .hard import hard
from .lines import lines
from .machine import machine
from .memory import memory
from .parallel import parallel
from .part import Part, Sizes, Tell
from .poses import poses
from .renderer import renderer
from .speed import speed
from .stream import stream

PARTS: dict[str, Callable[[Sizes, Tell], Part]] = {
    "circles": circles,
    "lines": lines,
    "contours": contours,
    "pose": poses,
    "blur": blur_error,
    "hard": hard,
    "speed": speed,
    "parallel": parallel,
    "stream": stream,
    "memory": memory,
    "peers": comparison,
    "renderer": renderer,
    "commits": commits,
    "api": api,
}


Done = Callable[[str, float], None]


def run(names: Sequence[str], sizes: Sizes, size: str, tell: Tell, done: Done) -> dict[str, Any]:
    """The parts with these names as one JSON document; `done` hears of every part and its seconds."""
    document: dict[str, Any] = {
        "schema": "bench/1",
        "size": size,
        "machine": machine(),
        "sizes": asdict(sizes),
        "parts": {},
    }
    began = time.perf_counter()
    for name in PARTS:
        if name in names:
            start = time.perf_counter()
            document["parts"][name] = PARTS[name](sizes, tell).document()
            done(name, time.perf_counter() - start)
    document["seconds"] = time.perf_counter() - began
    return document

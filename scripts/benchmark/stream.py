"""Lot size one for a long time: distinct orders, one after the other, in one process.

Every order has sizes, places and a serial of its own and is parsed and compiled anew; the pictures come from a pool,
because rendering them all would take longer than inspecting them.

A shared machine drifts by more in an hour than what is looked for. So a copy of the process is put to sleep before
its first order, and wakes when the last thousand are due: both take turns then, in the same minutes.
"""

from __future__ import annotations

import statistics
import time
import warnings
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeAlias

import numpy as np

from station.cycle.measure import inspect_picture
from station.metrology.calibration import Calibration
from station.order.model import Order
from station.plan.compile import compile_plan
from station.twin.part import part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene
from station.vision.picture import picture_from

from .memory import resident_mb
from .part import Part, Row, Sizes, Table, Tell
from .scenes import AT_20_C, MM_PER_PX, Document, chain, circle, exact, order, size, zone
from .spread import generator
from .unit import Pixels, placed

Times: TypeAlias = "array[float]"
WIDTH_PX, HEIGHT_PX = 1200, 900
VARY_PX = 0.2  # how far an order's nominal sizes lie from the part in the picture
WINDOW = 1000


@dataclass(frozen=True, slots=True)
class Blank:
    """A part of the pool: half its width and height, its holes (x, y, radius), all px, and its picture."""

    half: tuple[float, float]
    holes: tuple[tuple[float, float, float], ...]
    pixels: Pixels


@dataclass(slots=True)
class Belt:
    """Where the orders come from, one after the other."""

    pool: list[Blank]
    calibration: Calibration
    rng: np.random.Generator
    serial: int = 0

    def inspect(self) -> tuple[float, float]:
        """Seconds to compile the next order's plan and to inspect its part."""
        piece = self.pool[self.serial % len(self.pool)]
        what = request(piece, self.serial, self.rng)
        t0 = time.perf_counter()
        plan = compile_plan(what, self.calibration)
        t1 = time.perf_counter()
        outcome = inspect_picture(what, plan, self.calibration, picture_from(piece.pixels), AT_20_C)
        t2 = time.perf_counter()
        if outcome.refusal is not None:
            raise RuntimeError(outcome.refusal.sentence)
        self.serial += 1
        return t1 - t0, t2 - t1

    def round(self) -> list[float]:
        """Seconds of one inspection of every part of the pool."""
        return [self.inspect()[1] for _ in self.pool]


def stream(sizes: Sizes, tell: Tell) -> Part:
    """Inspects until the number of orders or the time is reached, then takes turns with the process as it began."""
    rng = generator(sizes.seed, 9)
    tell("stream: rendering the pool")
    pool = [blank(rng) for _ in range(sizes.pool)]
    belt = Belt(pool, exact(Optics(WIDTH_PX, HEIGHT_PX, MM_PER_PX, 1.0)), rng)
    belt.round()  # compiled loops, caches
    with _asleep(belt) as young:
        # Plain doubles, so that keeping times adds next to nothing to the memory that is watched.
        inspecting, compiling, memory = (array("d") for _ in range(3))
        began = time.perf_counter()
        turns = max(1, min(WINDOW, sizes.orders // 2) // sizes.pool)
        while (left := sizes.orders - turns * sizes.pool - len(inspecting)) > 0:
            for _ in range(min(left, sizes.pool)):
                plan_s, inspect_s = belt.inspect()
                compiling.append(plan_s)
                inspecting.append(inspect_s)
            memory.append(resident_mb())
            tell(f"stream: order {len(inspecting):,} of {sizes.orders:,}")
            if time.perf_counter() - began > sizes.stream_s:
                break
        first, last = _in_turns(young, belt, turns)
    return _part(first, last, inspecting, compiling, memory, sizes)


def _in_turns(young: Connection, belt: Belt, turns: int) -> tuple[list[float], list[float]]:
    """Seconds per inspection of the process as it began and of this one, round by round."""
    first: list[float] = []
    last: list[float] = []
    # What the copy touches first it has to copy: that is no inspection's time.
    _round_of(young)
    for _ in range(turns):
        first += _round_of(young)
        last += belt.round()
    return first, last


def _round_of(young: Connection) -> list[float]:
    young.send(True)
    times = young.recv()
    assert isinstance(times, list)
    return times


@contextmanager
def _asleep(belt: Belt) -> Iterator[Connection]:
    """A copy of this process, as it is now; whatever is sent to it makes it inspect one round."""
    context = get_context("fork")
    near, far = context.Pipe()
    worker = context.Process(target=_serve, args=(belt, far), daemon=True)
    with warnings.catch_warnings():
        # A copy by fork has one thread only; no other thread of this process holds a lock that an inspection takes.
        warnings.simplefilter("ignore", DeprecationWarning)
        worker.start()
    far.close()
    try:
        yield near
    finally:
        near.close()
        worker.kill()  # nothing to tidy up, and a handler of this process would catch anything gentler
        worker.join()


def _serve(belt: Belt, pipe: Connection) -> None:
    while pipe.recv():
        pipe.send(belt.round())


def _part(
    first: list[float], last: list[float], inspecting: Times, compiling: Times, memory: Times, sizes: Sizes
) -> Part:
    done = len(inspecting) + len(last)
    ratio = statistics.median(last) / statistics.median(first)
    share = statistics.median(compiling) / statistics.median(inspecting)
    whole = done >= sizes.orders >= 100_000
    reached = f"over {done:,} orders" if whole else f"over {done:,} orders only"
    rows = (
        Row(
            f"100 000 distinct orders in one process: time per inspection, last {len(last):,} / first {len(first):,}",
            "≤ 1.05",
            f"{ratio:.3f} {reached}",
            _shown(ratio <= 1.05, done, whole),
        ),
        Row("the same: plan compilation / inspection", "≤ 0.2", f"{share:.2f} {reached}", share <= 0.2),
    )
    line = (
        *(f"{done:,}", f"{1e3 * statistics.median(compiling):.2f}", f"{1e3 * statistics.median(inspecting):.2f}"),
        *(f"{1e3 * statistics.median(first):.2f}", f"{1e3 * statistics.median(last):.2f}"),
        *(f"{memory[0]:.0f}", f"{memory[-1]:.0f}"),
    )
    columns = (
        *("orders", "plan, ms", "inspection, ms", "as at first, ms", "beside it at last, ms"),
        *("process at first, MB", "at last, MB"),
    )
    table = Table(f"Distinct orders one after the other ({WIDTH_PX} × {HEIGHT_PX} px)", columns, (line,))
    data = {"orders": done, "last_over_first": ratio, "plan_over_inspection": share}
    return Part(rows, (table,), {**data, "memory_mb": [memory[0], memory[-1]]})


def _shown(holds: bool, done: int, whole: bool) -> bool | None:
    """A target that fails over two full thousands fails; it holds only when the whole stream was run."""
    if whole:
        return holds
    return None if holds or done < 2 * WINDOW else False


def blank(rng: np.random.Generator) -> Blank:
    """A plate with two to five holes, and its picture."""
    wide, high = float(rng.uniform(380, 480)), float(rng.uniform(260, 340))
    count = int(rng.integers(2, 6))
    slots = [(-0.62 + 0.62 * (k % 3), -0.45 if k < 3 else 0.45) for k in rng.permutation(6)[:count]]
    holes = tuple(
        (float(x * wide + rng.uniform(-20, 20)), float(y * high + rng.uniform(-20, 20)), float(rng.uniform(20, 80)))
        for x, y in slots
    )
    piece = Blank((wide, high), holes, np.zeros((1, 1), np.uint8))
    part = part_of_order(request(piece, 0, None))
    x, y = MM_PER_PX * rng.uniform(-20, 20, 2)
    pose = Pose(float(x), float(y), float(rng.uniform(-8, 8)))
    scene = Scene(Optics(WIDTH_PX, HEIGHT_PX, MM_PER_PX, 1.0), Lamp(), (PlacedPart(part, pose),), ())
    return Blank((wide, high), holes, placed(render(scene, rng).astype(np.uint8)))


def request(piece: Blank, serial: int, rng: np.random.Generator | None) -> Order:
    """An order for a part of the pool: sizes and places of its own within VARY_PX, three to twelve characteristics."""

    def near(value: float) -> float:
        return value if rng is None else value + float(rng.uniform(-VARY_PX, VARY_PX))

    (w, h), holes = piece.half, [tuple(near(v) for v in hole) for hole in piece.holes]
    w, h = near(w), near(h)
    features: list[Document] = chain([(-w, -h), (w, -h), (w, h), (-w, h)])
    asked: list[Document] = []
    for number, (x, y, r) in enumerate(holes, start=1):
        features.append(circle(f"H{number}", (x, y), r, "inner"))
        asked.append(size("diameter", f"H{number}", 2.0 * r * MM_PER_PX))
        asked.append(zone("position", f"H{number}", 0.1, "A", "B"))
        asked.append(zone("roundness", f"H{number}"))
    asked.append(size("distance", ["L1", "L3"], 2.0 * h * MM_PER_PX))
    if rng is not None:
        keep = rng.permutation(len(asked))[: int(rng.integers(3, 13))]
        asked = [asked[k] for k in sorted(keep)]
    return order(features, asked, serial=f"{serial:07d}", datums={"A": "L1", "B": "L4"})

"""What the second core is worth: two inspections side by side against one, in two processes and in two threads."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection

from station.cycle.measure import inspect_picture
from station.plan.compile import compile_plan
from station.vision.picture import picture_from

from .large import mixed_plate
from .part import Part, Row, Sizes, Table, Tell
from .scenes import AT_20_C
from .unit import seconds

TARGET = 1.15


def parallel(sizes: Sizes, tell: Tell) -> Part:
    """Two rows: processes and threads."""
    rows, lines, data = [], [], {}
    for name, measure in (("processes", _processes), ("threads", _threads)):
        tell(f"side by side: two {name}")
        alone, both = measure(sizes)
        ratio = both / alone
        data[name] = ratio
        what = f"second core: two inspections side by side in two {name} / one"
        rows.append(Row(what, f"≤ {TARGET}", f"{ratio:.2f}", ratio <= TARGET))
        lines.append((f"two {name}", f"{1e3 * alone:.0f}", f"{1e3 * both:.0f}", f"{ratio:.2f}"))
    table = Table("Two inspections of 12 MP side by side", ("", "one, ms", "two, ms", "ratio"), tuple(lines))
    return Part(tuple(rows), (table,), {"ratio": data})


def inspection(sizes: Sizes) -> Callable[[], object]:
    """The inspection that is timed: 300 characteristics on 12 MP."""
    large = mixed_plate(sizes)
    plan = compile_plan(large.order, large.calibration)
    return lambda: inspect_picture(large.order, plan, large.calibration, picture_from(large.pixels), AT_20_C)


def _rounds(sizes: Sizes, alone: Callable[[], object], both: Callable[[], object]) -> tuple[float, float]:
    """Median times of one and of two side by side, in turn."""
    ones: list[float] = []
    twos: list[float] = []
    began = time.perf_counter()
    while len(ones) < sizes.pairs and (len(ones) < 2 or time.perf_counter() - began < 2.0 * sizes.seconds):
        ones.append(seconds(alone))
        twos.append(seconds(both))
    return statistics.median(ones), statistics.median(twos)


def _threads(sizes: Sizes) -> tuple[float, float]:
    run = inspection(sizes)
    run()
    with ThreadPoolExecutor(2) as pool:

        def both() -> None:
            for done in [pool.submit(run), pool.submit(run)]:
                done.result()

        return _rounds(sizes, run, both)


def _processes(sizes: Sizes) -> tuple[float, float]:
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    workers = [context.Process(target=_serve, args=(sizes, far), daemon=True) for _, far in pipes]
    for worker in workers:
        worker.start()
    near = [pipe[0] for pipe in pipes]
    try:
        _ask(near)  # warm
        return _rounds(sizes, lambda: _ask(near[:1]), lambda: _ask(near))
    finally:
        for pipe in near:
            pipe.send(False)
        for worker in workers:
            worker.join()


def _ask(pipes: list[Connection[bool, bool]]) -> None:
    for pipe in pipes:
        pipe.send(True)
    for pipe in pipes:
        pipe.recv()


def _serve(sizes: Sizes, pipe: Connection[bool, bool]) -> None:
    """Inspects once for every True, until False."""
    run = inspection(sizes)
    while pipe.recv():
        run()
        pipe.send(True)

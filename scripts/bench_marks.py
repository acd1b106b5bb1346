#!/usr/bin/env python3
"""What code, text and surface of one 12 MP view cost: in blurs of the same picture, in seconds here, and in memory.

A rendered tag fills the picture; its code, its text and its whole face are decided, each alone and all together. A
blur is one single-threaded 5×5 Gaussian blur of the whole picture, timed beside what is measured. `--slower` says how
many times longer a core of the target takes for one core's work here; the estimate for it is no more than that product.
About two minutes.
"""

from __future__ import annotations

import json
import math
import sys
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from benchmark.memory import peak_mb, resident_mb, restart_peak
from benchmark.scenes import exact
from benchmark.unit import in_blurs, placed, seconds

from station.cycle.marks.look import look_at_marks
from station.cycle.marks.placing import Placement
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict
from station.networks.load import Model, load_model
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.script import add_json, program, run
from station.tables.basics import console, print_json, table
from station.twin.part import part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Polarity, Scene, Surface
from station.twin.scene import Pose as TwinPose
from station.vision.picture import picture_from
from station.vision.pose import Pose

ROOT = Path(__file__).resolve().parent.parent
WIDTH_PX, HEIGHT_PX, MM_PER_PX = 4000, 3000, 0.005
HALF_MM = (0.46 * WIDTH_PX * MM_PER_PX, 0.46 * HEIGHT_PX * MM_PER_PX)
CUT_MM = 1.0
LYING = Pose(math.radians(1.3), 0.06, -0.04)
KINDS = ("code", "text", "surface")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of these kinds of marks: blurs, and seconds here."""

    kinds: str
    blurs: float
    seconds: float


def main() -> int:
    """Exit status 0 when it ran, whatever holds; 2 for bad usage."""
    parser = program("bench_marks", __doc__)
    parser.add_argument("--models", type=Path, default=ROOT / "models", metavar="FOLDER")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the models (default 2)")
    parser.add_argument("--slower", type=float, default=3.0, metavar="TIMES", help="the target's core (default 3)")
    parser.add_argument("--target", default="a Raspberry Pi 5", metavar="NAME", help="what the target is called")
    add_json(parser, "figures")
    return run(parser, _bench)


def _bench(args: Namespace) -> int:
    models = _models(args.models, args.threads)
    order, calibration, pixels = scene()
    region_mp = 2.0 * HALF_MM[0] * (2.0 * HALF_MM[1] - CUT_MM) / MM_PER_PX**2 / 1e6
    rows = []
    with console().status("…") as status:
        for kinds in (*((kind,) for kind in KINDS), KINDS):
            status.update(", ".join(kinds))
            once = looking(order, calibration, pixels, models, kinds)
            rows.append(Cost(", ".join(kinds), in_blurs(once, pixels, pairs=5, limit_s=60.0), seconds(once)))
        status.update("memory")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            memory = pool.submit(memory_mb, str(args.models), args.threads).result()
    if args.json:
        found = {"rows": [asdict(row) for row in rows], "memory_mb": memory, "region_mp": region_mp}
        print_json(found | {"threads": args.threads, "slower": args.slower})
        return 0
    shown = table(f"12 MP, {region_mp:.0f} MP of it the face; {args.threads} threads", "blurs", "here", args.target)
    for row in rows:
        shown.add_row(row.kinds, f"{row.blurs:.0f}", f"{row.seconds:.2f} s", f"≈ {args.slower * row.seconds:.1f} s")
    console().print(shown, "")
    console().print(
        f"{memory:.0f} MB above the idle process. What {args.target} takes is an estimate: {args.slower:g} times the "
        "seconds here, with as many threads."
    )
    return 0


def scene() -> tuple[Order, Calibration, np.ndarray]:
    """A tag with a code, a text and its face, as a camera of 12 MP sees it."""
    order = parse_order(json.dumps(_document()).encode(), None, "bench")
    optics = Optics(WIDTH_PX, HEIGHT_PX, MM_PER_PX, 1.0)
    part = part_of_order(order)
    lamp = Lamp(0.04, 0.62, Polarity.FRONTLIT, 0.08)
    turned = TwinPose(LYING.x, LYING.y, math.degrees(LYING.angle_rad))
    lying = PlacedPart(part, turned, order.geometry.face, Surface(grain=0.02))
    pixels = render(Scene(optics, lamp, (lying,)), np.random.default_rng(12))
    return order, exact(optics), placed(np.asarray(pixels, np.uint8))


def looking(
    order: Order, calibration: Calibration, pixels: np.ndarray, models: Callable[[str], Model], kinds: tuple[str, ...]
) -> Callable[[], None]:
    """A call that decides the marks of these kinds."""
    plan = compile_plan(order, calibration)
    items = [item for item in plan.items if str(item.characteristic.type) in kinds]

    def once() -> None:
        placement = Placement(LYING, calibration)
        answers = look_at_marks(order, plan, items, "front", picture_from(pixels), placement, None, models)
        for answer in answers.values():
            if answer.verdict is not Verdict.PASS:
                raise RuntimeError(answer.reason)

    return once


def memory_mb(models: str, threads: int) -> float:
    """Peak of deciding all three above what the process had when picture and models were there."""
    order, calibration, pixels = scene()
    shelf = _models(Path(models), threads)
    once = looking(order, calibration, pixels, shelf, KINDS)
    shelf("text"), shelf("surface")
    restart_peak()
    ready = resident_mb()
    once()
    return peak_mb() - ready


def _document() -> dict[str, Any]:
    x, y = HALF_MM
    corners = [[-x, -y], [x, -y], [x, y - CUT_MM], [x - CUT_MM, y], [-x, y]]  # the cut corner says how it lies
    sides = [
        {"id": f"L{number}", "type": "line", "start": start, "end": end, "material": "left"}
        for number, (start, end) in enumerate(zip(corners, [*corners[1:], corners[0]], strict=True))
    ]
    code = {"type": "code", "symbology": "datamatrix", "expected": "TAG-0001", "region": [[-8.0, -1.5], [-5.0, 1.5]]}
    text = {"type": "text", "expected": "ANNA 22.11.26", "region": [[-4.6, -0.6], [7.4, 0.6]], "height": 0.9}
    surface = {"type": "surface", "region": [[-x, -y], [x, y - CUT_MM]], "max_defect_mm": 0.2}
    return {
        "schema": "order/1",
        "order_id": "BENCH",
        "part": {"serial": "BENCH-1"},
        "geometry": {"features": sides, "partial": True},
        "characteristics": [{"id": kind, **one} for kind, one in zip(KINDS, (code, text, surface), strict=True)],
    }


def _models(folder: Path, threads: int) -> Callable[[str], Model]:
    opened = {name: load_model(folder / name, threads) for name in ("text", "surface")}
    return opened.__getitem__


if __name__ == "__main__":
    sys.exit(main())

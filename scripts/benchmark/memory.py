"""How much memory one 12 MP inspection takes beyond a process that is ready for it."""

from __future__ import annotations

import resource
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from station.cycle.measure import inspect_picture
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.twin.scene import Optics
from station.vision.picture import picture_from

from .large import mixed_plate
from .part import Part, Row, Sizes, Table, Tell
from .scenes import AT_20_C, MM_PER_PX, disc, exact, inspected, placed
from .spread import generator

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


def memory(sizes: Sizes, tell: Tell) -> Part:
    """Order document and picture file to verdicts in a fresh process; its peak above what it had when ready."""
    tell("memory")
    large = mixed_plate(sizes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.npy"
        np.save(path, large.pixels)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            idle, peak = pool.submit(_inspect, large.order.document, str(path)).result()
    image = large.pixels.nbytes / 1e6
    above, allowed = peak - idle, 4.0 * image + 100.0
    row = Row(
        "peak memory above the idle process for a 12 MP inspection",
        f"≤ 4 × the image + 100 MB = {allowed:.0f} MB",
        f"{above:.0f} MB",
        above <= allowed,
    )
    columns = ("image, MB", "ready, MB", "peak, MB", "above, MB", "allowed, MB")
    line = tuple(f"{value:.0f}" for value in (image, idle, peak, above, allowed))
    note = (
        "Ready: everything imported, and one small part inspected. Then the order is parsed and compiled, the picture "
        "loaded, 300 characteristics decided."
    )
    table = Table("Memory of one inspection", columns, (line,), note)
    return Part((row,), (table,), {"above_mb": above, "allowed_mb": allowed})


def _inspect(document: bytes, picture: str) -> tuple[float, float]:
    """Resident memory (MB) when ready, and its peak from there on."""
    rng = generator(1, 10)
    small = disc(30.0)
    inspected(small, placed(small, 1.0, rng), rng)
    restart_peak()
    idle = resident_mb()
    order = parse_order(document, None, "memory")
    pixels = np.load(picture)
    calibration = exact(Optics(pixels.shape[1], pixels.shape[0], MM_PER_PX))
    plan = compile_plan(order, calibration)
    outcome = inspect_picture(order, plan, calibration, picture_from(pixels), AT_20_C)
    if outcome.refusal is not None:
        raise RuntimeError(outcome.refusal.sentence)
    return idle, peak_mb()


def resident_mb() -> float:
    """Memory of this process now; its peak where the system does not say."""
    return _status("VmRSS") or peak_mb()


def peak_mb() -> float:
    """Largest memory of this process since `restart_peak`, or since its start where the system cannot say."""
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def restart_peak() -> None:
    """Linux forgets the peak of a process that writes 5 here."""
    if _RESET.exists():
        _RESET.write_text("5")


def _status(name: str) -> float:
    if not _STATUS.exists():
        return 0.0
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1]) * 1024.0 / 1e6
    return 0.0

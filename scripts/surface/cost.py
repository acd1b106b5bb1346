"""What a surface costs: in single-threaded 5×5 blurs of the same picture, per megapixel of region, and in memory."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from benchmark.memory import peak_mb, resident_mb, restart_peak
from benchmark.unit import in_blurs, seconds
from numpy.typing import NDArray

from station.networks.load import load_model
from station.training.surface.faces import make_sample
from station.vision.surface.findings import find_defects
from station.vision.surface.score import defect_scores

PATCH = (500, 750)
PICTURE = (3000, 4000)


@dataclass(frozen=True, slots=True)
class Cost:
    """One thread: blurs (of as many pixels) and seconds per megapixel, here; peak memory of 12 MP above a process that
    is ready, in MB."""

    blurs: float
    seconds_per_mp: float
    memory_mb: float


def cost(folder: Path) -> Cost:
    """Measured on a rendered face repeated over 12 megapixels, all of it the region."""
    pixels = face(PICTURE)
    region = pixels[:1024, :1024].copy()
    model = load_model(folder, threads=1)
    threshold = model.manifest.threshold("defect")

    def run() -> None:
        valid = np.ones(region.shape, np.bool_)
        find_defects(defect_scores(region, valid, model.run), valid, threshold, 0.01)

    blurs = in_blurs(run, region, pairs=5, limit_s=30.0)
    taken = min(seconds(run) for _ in range(3))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        memory = pool.submit(memory_mb, str(folder)).result()
    return Cost(blurs, taken / (region.size / 1e6), memory)


def face(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """A rendered face repeated up to this size."""
    one = make_sample(np.random.default_rng(5), PATCH, defective=1.0).grey
    times = (-(-shape[0] // PATCH[0]), -(-shape[1] // PATCH[1]))
    return np.tile(one, times)[: shape[0], : shape[1]].copy()


def memory_mb(folder: str) -> float:
    """Peak of scoring 12 MP above what the process had when its model had run once."""
    model = load_model(Path(folder), threads=1)
    pixels = face(PICTURE)
    small = pixels[:64, :64]
    defect_scores(small, np.ones(small.shape, np.bool_), model.run)
    valid = np.ones(pixels.shape, np.bool_)
    restart_peak()
    ready = resident_mb()
    scores = defect_scores(pixels, valid, model.run)
    find_defects(scores, valid, model.manifest.threshold("defect"), 0.01)
    return peak_mb() - ready

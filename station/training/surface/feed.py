"""Rendered samples as the network takes them, made by a process of their own while it learns."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue

import cv2
import numpy as np
from numpy.typing import NDArray

from station.training.surface.faces import make_sample
from station.vision.surface.contrast import CHANNELS, local_contrast

Halves = NDArray[np.float16]
Bytes = NDArray[np.uint8]

SIDE_PX = 160
MOST = 8000  # samples kept: each is seen a few times, turned and mirrored
LEAST = 64  # before training begins
GOOD, DEFECT, UNCLEAR = 0, 1, 2


def one(rng: np.random.Generator) -> tuple[Halves, Bytes]:
    """Channels (160, 160, 3) and what every pixel is (160, 160): GOOD, DEFECT or UNCLEAR, which does not count.

    Beside the region every pixel is unclear.
    """
    sample = make_sample(rng, (SIDE_PX, SIDE_PX))
    channels = local_contrast(sample.grey, sample.valid).tile(0, 0, SIDE_PX, SIDE_PX)
    truth = np.where(sample.defect, DEFECT, np.where(sample.unclear | ~sample.valid, UNCLEAR, GOOD))
    turns = int(rng.integers(0, 4))
    return (
        np.rot90(channels.transpose(1, 2, 0), turns).astype(np.float16),
        np.rot90(truth, turns).astype(np.uint8),
    )


class Pool:
    """The last samples that were made, of which batches are drawn."""

    def __init__(self, queue: Queue[tuple[Halves, Bytes]], rng: np.random.Generator) -> None:
        self._queue, self._rng = queue, rng
        self._pictures = np.zeros((MOST, SIDE_PX, SIDE_PX, CHANNELS), np.float16)
        self._truths = np.zeros((MOST, SIDE_PX, SIDE_PX), np.uint8)
        self.made = 0

    def batch(self, size: int) -> tuple[NDArray[np.float32], Bytes]:
        """Pictures (size, 160, 160, 3) and truths (size, 160, 160)."""
        while self.made < LEAST or not self._queue.empty():
            place = self.made % MOST
            self._pictures[place], self._truths[place] = self._queue.get()
            self.made += 1
        drawn = self._rng.integers(0, min(self.made, MOST), size)
        pictures, truths = self._pictures[drawn], self._truths[drawn]
        for number in range(size):
            flip = tuple(axis for axis in (0, 1) if self._rng.random() < 0.5)
            pictures[number], truths[number] = np.flip(pictures[number], flip), np.flip(truths[number], flip)
        return pictures.astype(np.float32), truths


@contextmanager
def feeding(seed: int, processes: int) -> Iterator[Pool]:
    """A pool that is filled as long as the context lasts."""
    # Not forked: the process that learns has threads.
    context = multiprocessing.get_context("spawn")
    queue: Queue[tuple[Halves, Bytes]] = context.Queue(200)
    makers = [context.Process(target=_make, args=(queue, seed, n), daemon=True) for n in range(processes)]
    for maker in makers:
        maker.start()
    try:
        yield Pool(queue, np.random.default_rng((seed, processes)))
    finally:
        for maker in makers:
            maker.terminate()


def _make(queue: Queue[tuple[Halves, Bytes]], seed: int, number: int) -> None:
    cv2.setNumThreads(1)
    rng = np.random.default_rng((seed, number))
    while True:
        queue.put(one(rng))

"""Cells of the accuracy tables on several processes: each has its own seed, so their number changes no figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import numpy as np

from .part import Tell

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


def spread(
    run: Callable[[_Job], _Result], jobs: Sequence[_Job], processes: int, tell: Tell, name: str
) -> list[_Result]:
    """`run` of every job, in the jobs' order; `run` and the jobs are such as can be sent to another process."""
    found: list[_Result] = []
    if processes <= 1 or len(jobs) <= 1:
        for number, job in enumerate(jobs, start=1):
            tell(f"{name}: {number} of {len(jobs)}")
            found.append(run(job))
        return found
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for number, result in enumerate(pool.map(run, jobs), start=1):
            tell(f"{name}: {number} of {len(jobs)} done")
            found.append(result)
    return found


def generator(seed: int, *cell: int) -> np.random.Generator:
    """The random numbers of one cell."""
    return np.random.default_rng(np.random.SeedSequence([seed, *cell]))

"""What an endurance run left behind, judged: by its log, its record, and what each part truly was."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

_PAGE = 1000
_READINGS = 10  # of memory that a slope is taken from
_FILLING = 450  # parts behind the first reading, while caches and the queue of the board fill
MOST_GROWTH_MB = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`parts` came, `good` of them; `through` left as good. What must be nothing: bad ones that left, ones that left
    without a PASS in the record, good ones that were held though nothing was wrong, recorded inspections that are lost
    or there twice, attempts that do not count up, a chain that is not whole. `growth_mb` is the slope of memory over a
    thousand parts, within processes that lived for long; None where none did."""

    parts: int
    good: int
    through: int
    troubles: int
    kills: int
    inspections: int
    by_verdict: dict[str, int]
    bad_through: tuple[str, ...]
    unrecorded: tuple[str, ...]
    good_held: tuple[str, ...]
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    gaps: tuple[str, ...]
    intact: bool
    growth_mb: float | None

    @property
    def passed(self) -> bool:
        """Whether all that must be nothing is, and memory is flat as far as that is known."""
        wrong = self.bad_through or self.unrecorded or self.good_held or self.lost or self.twice or self.gaps
        return self.intact and not wrong and (self.growth_mb is None or self.growth_mb <= MOST_GROWTH_MB)


def judge(folder: Path, kills: int) -> Verdict:
    """Reads the log and the record of a run."""
    lines = [line.split() for line in (folder / "log.txt").read_text(encoding="ascii").splitlines()]
    began = [words[1] for words in lines if words[0] == "begin"]
    through = [words[1] for words in lines if words[0] == "through"]
    told = {words[2]: words[1] for words in lines if words[0] == "recorded"}
    home = StationHome(folder / "home")
    with Genealogy.open(home, read_only=True) as genealogy:
        rows, after = [], None
        while page := genealogy.records(after, _PAGE).to_document()["records"]:
            rows += page
            after = str(page[-1]["cursor"])
    passed = {row["serial"] for row in rows if row["verdict"] == "PASS"}
    times = Counter(row["id"] for row in rows)
    attempts: dict[str, list[int]] = {}
    for row in rows:
        attempts.setdefault(row["serial"], []).append(row["attempt"])
    return Verdict(
        parts=len(began),
        good=sum(serial.startswith("GOOD") for serial in began),
        through=len(through),
        troubles=sum(words[0] == "trouble" for words in lines),
        kills=kills,
        inspections=len(rows),
        by_verdict=dict(Counter(row["verdict"] for row in rows)),
        bad_through=tuple(serial for serial in through if not serial.startswith("GOOD")),
        unrecorded=tuple(serial for serial in through if serial not in passed),
        good_held=_good_held(lines),
        lost=tuple(serial for id_, serial in told.items() if id_ not in times),
        twice=tuple([id_ for id_, count in times.items() if count > 1] + _again(began) + _again(through)),
        gaps=tuple(serial for serial, some in attempts.items() if some != list(range(1, len(some) + 1))),
        intact=verify_home(home).is_intact,
        growth_mb=_growth(lines),
    )


def _again(serials: list[str]) -> list[str]:
    return [serial for serial, count in Counter(serials).items() if count > 1]


def _good_held(lines: list[list[str]]) -> tuple[str, ...]:
    """Good ones that were held though no trouble came with them: a cell that holds everything is safe and useless."""
    troubled = {begun[1] for begun, then in pairwise(lines) if begun[0] == "begin" and then[0] == "trouble"}
    held = (words[1] for words in lines if words[0] == "held")
    return tuple(serial for serial in held if serial.startswith("GOOD") and serial not in troubled)


def _growth(lines: list[list[str]]) -> float | None:
    """Mean slope over the processes that lived for long enough; the median of all pairs' slopes (Theil and Sen), as
    memory is a saw-tooth, of which a least-squares line makes growth."""
    runs: list[list[tuple[float, float]]] = [[]]
    for words in lines:
        if words[0] == "start":
            runs.append([])
        elif words[0] == "memory":
            runs[-1].append((float(words[1]), float(words[2])))
    filled = [[reading for reading in run if reading[0] - run[0][0] >= _FILLING] for run in runs]
    slopes = [_slope(np.array(run)) for run in filled if len(run) >= _READINGS]
    return 1000.0 * float(np.mean(slopes)) if slopes else None


def _slope(readings: NDArray[np.float64]) -> float:
    first, second = np.triu_indices(len(readings), 1)
    steps = readings[second] - readings[first]
    return float(np.median(steps[:, 1] / steps[:, 0]))


def table(verdict: Verdict) -> str:
    """For people."""
    words = {
        "parts that came (good)": f"{verdict.parts} ({verdict.good})",
        "let through": verdict.through,
        "troubles, kills": f"{verdict.troubles}, {verdict.kills}",
        "inspections recorded": f"{verdict.inspections} {json.dumps(verdict.by_verdict)}",
        "bad parts let through": len(verdict.bad_through),
        "let through without a PASS in the record": len(verdict.unrecorded),
        "good ones held though nothing was wrong": len(verdict.good_held),
        "recorded and lost": len(verdict.lost),
        "there twice": len(verdict.twice),
        "attempts that do not count up": len(verdict.gaps),
        "the chain": "whole" if verdict.intact else "NOT WHOLE",
        "memory per thousand parts": "not known: every process was killed too early"
        if verdict.growth_mb is None
        else f"{verdict.growth_mb:+.2f} MB",
    }
    return "\n".join(f"{name:42} {value}" for name, value in words.items())

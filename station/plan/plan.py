"""The plan: what will be measured where, made from an order and an optics before the part exists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.characteristics import Question
from station.order.geometry import Point
from station.order.model import Characteristic
from station.plan.marks import MarkTarget
from station.plan.targets import Target
from station.plan.track import Track

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Item:
    """One characteristic as planned. `refusal` says why this station cannot measure it; `mark` is where a code, a text
    or a surface is looked for, and None for what is measured, or refused."""

    characteristic: Characteristic
    question: Question
    lower: float | None
    upper: float | None
    refusal: str = ""
    mark: MarkTarget | None = None


@dataclass(frozen=True, slots=True)
class OutlineCheck:
    """A closed outline of the silhouette that the picture must show: its probes and by how much its edge may lie off
    the drawing before something is there that no tolerance of the order allows."""

    name: str
    target: Target | None  # None: too small or too ragged to be probed, looked for as an area only
    opening: bool
    allowed_mm: float
    profiled: bool  # a line profile of the order decides this outline
    center_mm: Point
    size_mm: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the cycle needs. Polygons (n, 2) in mm, part frame. `edges` has the kind of edge that each probe of
    the track looks for (as `Kinds.rows`)."""

    items: tuple[Item, ...]
    track: Track
    targets: tuple[Target, ...]  # of what is asked for, and of the straight edges that meet such ones at a corner
    counted: tuple[Target, ...]  # what a count speaks of: probes along those features
    checks: tuple[OutlineCheck, ...]
    outer: tuple[Floats, ...]
    openings: tuple[Floats, ...]
    mirrored: bool
    partial: bool
    mm_per_px: float
    area_mm2: float  # of the filled outer outlines
    size_mm: float  # diagonal of the bounding box
    refusal: str = ""  # the part as a whole cannot be looked at: larger than the field
    edges: NDArray[np.intp] | None = None

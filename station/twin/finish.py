"""What the faces of parts look like by their finish, as a gain on the light that falls on them.

A pure function of a random generator: the same seed gives the same face. Lay angles are of the picture: 0 along x,
growing from x to y (downwards). What a face carries besides its finish, and is no defect either, is in finish_marks.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from station.twin.grain import Floats, Shape, along_lay, cloudy, coordinates, streaks, unit


class Finish(StrEnum):
    """How the face was made."""

    GROUND = "ground"
    BRUSHED = "brushed"
    TURNED = "turned"
    MILLED = "milled"
    CAST = "cast"
    BLASTED = "blasted"
    LAPPED = "lapped"
    PLAIN = "plain"


SHARES = {  # how often each is met among the parts a station sees; ground and brushed faces are the hard ones
    Finish.GROUND: 0.28,
    Finish.BRUSHED: 0.20,
    Finish.TURNED: 0.12,
    Finish.MILLED: 0.10,
    Finish.CAST: 0.10,
    Finish.BLASTED: 0.08,
    Finish.LAPPED: 0.07,
    Finish.PLAIN: 0.05,
}


@dataclass(frozen=True, slots=True)
class Face:
    """A face's gain (h, w) about 1, the standard deviation `grain` of its texture, and where its lay runs."""

    gain: Floats
    grain: float
    lay_rad: float


def draw_finish(rng: np.random.Generator) -> Finish:
    """A finish, as often as it is met."""
    return list(SHARES)[int(rng.choice(len(SHARES), p=np.array(list(SHARES.values()))))]


def draw_lay(rng: np.random.Generator) -> float:
    """A lay (rad): along a side of the picture as machines clamp parts, or any, as parts lie."""
    if rng.random() < 0.6:
        return float(rng.uniform(0.0, math.pi))
    return float(rng.integers(0, 2) * math.pi / 2 + rng.normal(0.0, 0.03))


def make_face(
    rng: np.random.Generator,
    shape: Shape,
    finish: Finish,
    *,
    grain: float | None = None,
    lay_rad: float | None = None,
) -> Face:
    """A face of this finish over a patch of `shape` (rows, columns).

    `grain` is the standard deviation of its texture as a fraction of its level, `lay_rad` the direction of the lay;
    None draws them as they are met.
    """
    lay = draw_lay(rng) if lay_rad is None else lay_rad
    if grain is None:
        grain = float(rng.uniform(0.01, 0.05) if rng.random() < 0.5 else rng.uniform(0.03, 0.12))
    texture = unit(_texture(rng, shape, finish, lay))
    oxide = rng.uniform(0.0, 0.08) * cloudy(rng, shape, rng.uniform(2.5, 4.0))
    gain = np.maximum((1.0 + grain * texture) * (1.0 + oxide), 0.02)
    return Face(gain.astype(np.float32), grain, lay)


def _texture(rng: np.random.Generator, shape: Shape, finish: Finish, lay: float) -> Floats:
    match finish:
        case Finish.GROUND:
            fine = along_lay(rng, shape, rng.uniform(3.0, 12.0), 0.6, lay)
            speckle = along_lay(rng, shape, 0.6, 0.6, 0.0)
            rough = rng.uniform(0.2, 1.2) * fine + rng.uniform(0.0, 0.6) * speckle
            return np.asarray(streaks(rng, shape, lay, None) + rough, np.float32)
        case Finish.BRUSHED:
            fine = along_lay(rng, shape, rng.uniform(4.0, 30.0), rng.uniform(0.4, 1.2), lay)
            broad = along_lay(rng, shape, rng.uniform(10.0, 60.0), rng.uniform(1.0, 4.0), lay)
            return np.asarray(fine + rng.uniform(0.0, 0.8) * broad, np.float32)
        case Finish.TURNED:
            center = (rng.uniform(-1.5, 2.5) * shape[1], rng.uniform(-1.5, 2.5) * shape[0])
            speckle = along_lay(rng, shape, 0.7, 0.7, 0.0)
            return np.asarray(streaks(rng, shape, lay, center) + rng.uniform(0.2, 1.0) * speckle, np.float32)
        case Finish.MILLED:
            return _feed_marks(rng, shape, lay)
        case Finish.CAST:
            return cloudy(rng, shape, rng.uniform(0.8, 2.0))
        case Finish.BLASTED:
            return along_lay(rng, shape, rng.uniform(0.5, 2.2), rng.uniform(0.5, 2.2), lay)
        case Finish.LAPPED:
            turns = rng.uniform(0.0, math.pi, int(rng.integers(2, 4)))
            crossed = [along_lay(rng, shape, rng.uniform(8.0, 30.0), 0.7, float(turn)) for turn in turns]
            return np.asarray(np.sum(crossed, axis=0), np.float32)
        case Finish.PLAIN:
            return along_lay(rng, shape, 0.7, 0.7, 0.0)


def _feed_marks(rng: np.random.Generator, shape: Shape, lay: float) -> Floats:
    """The waves that a cutter leaves at every feed: straight ones, or arcs of an end mill."""
    x, y = coordinates(shape)
    if rng.random() < 0.5:
        across = y * math.cos(lay) - x * math.sin(lay)
    else:
        across = np.hypot(x - rng.uniform(-2.0, 3.0) * shape[1], y - rng.uniform(-2.0, 3.0) * shape[0])
    phase = 2.0 * math.pi * across / rng.uniform(4.0, 25.0) + rng.uniform(0.0, 2.0 * math.pi)
    waves = np.sin(phase + 0.3 * cloudy(rng, shape, 2.5))
    rough = along_lay(rng, shape, rng.uniform(1.0, 8.0), 0.7, lay)
    return np.asarray(waves + rng.uniform(0.2, 1.0) * rough, np.float32)

"""Pictures of faces, good and bad, as a camera would take them, with the truth about every pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.twin.finish import Face, draw_finish, make_face
from station.twin.finish_marks import (
    background,
    chamfers,
    glare,
    hairlines,
    illumination,
    smears,
    specks,
    stroke_lines,
)
from station.twin.flaws_surface import Defect, any_defect, draw_defect
from station.twin.grain import Floats, Shape, cloudy, soft

Bools = NDArray[np.bool_]

PAD_PX = 16  # rendered around the picture and cut off, so that nothing ends at its border
SEEN = 1.5  # standard deviations of the sensor's noise that a defect differs by, or nobody could see it


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture (h, w) of a face, the region to be judged, the pixels of defects, and those that nobody can judge."""

    grey: NDArray[np.uint8]
    valid: Bools
    defect: Bools
    unclear: Bools
    defects: tuple[Defect, ...] = ()


def any_face(rng: np.random.Generator, shape: Shape) -> Face:
    """A good face with what good faces carry."""
    face = make_face(rng, shape, draw_finish(rng))
    gain, grain, lay = face.gain, face.grain, face.lay_rad
    if rng.random() < 0.75:
        gain = stroke_lines(rng, gain, grain, lay)
    if rng.random() < 0.35:
        gain = glare(rng, gain, lay)
    if rng.random() < 0.6:
        gain = hairlines(rng, gain, grain)
    if rng.random() < 0.5:
        gain = specks(rng, gain, grain)
    if rng.random() < 0.4:
        gain = smears(rng, gain)
    if rng.random() < 0.55:
        gain = chamfers(rng, gain, PAD_PX)
    return Face(gain, grain, lay)


def make_sample(rng: np.random.Generator, shape: Shape, defective: float = 0.75) -> Sample:
    """A picture of a face of `shape`; `defective` is the share of faces that have a defect or several."""
    wide = (shape[0] + 2 * PAD_PX, shape[1] + 2 * PAD_PX)
    face = any_face(rng, wide)
    good, gain = face.gain, face.gain
    mask, drawn = np.zeros(wide, np.bool_), []
    if rng.random() < defective:
        for _ in range(1 + int(rng.poisson(0.7))):
            found = any_defect(rng, wide, face.grain, face.lay_rad)
            flawed = draw_defect(rng, gain, found)
            gain, mask = flawed.gain, mask | flawed.mask
            drawn.append(found)
    if rng.random() < 0.25:
        gain = background(rng, gain, PAD_PX)
    light = illumination(rng, wide) * rng.uniform(0.18, 0.75)
    signal, clean = gain * light, good * light
    sigma = rng.uniform(0.4, 1.1) if rng.random() < 0.5 else 0.0
    if sigma > 0.0:
        signal, clean = soft(signal, sigma), soft(clean, sigma)
    noise = np.sqrt(np.maximum(signal, 0.0) / 10.0 ** rng.uniform(3.2, 4.3) + 1e-6)
    grey = _exposed(rng, signal, noise)
    hidden = _hidden(mask, np.abs(signal - clean), noise)
    valid = _region(rng, wide) if rng.random() < 0.5 else np.ones(wide, np.bool_)
    if not valid.all():
        grey = _beside(rng, grey, valid)
    inner = (slice(PAD_PX, -PAD_PX), slice(PAD_PX, -PAD_PX))
    kept = mask & valid & ~hidden
    return Sample(*(np.ascontiguousarray(a[inner]) for a in (grey, valid, kept, hidden & valid)), tuple(drawn))


def _exposed(rng: np.random.Generator, signal: Floats, noise: Floats) -> NDArray[np.uint8]:
    """Noise, rounding to 8 bit, and for every third picture what JPEG does to it."""
    noisy = signal + noise * rng.standard_normal(signal.shape, dtype=np.float32)
    grey = np.clip(np.round(255.0 * noisy), 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        _, packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 98))])
        grey = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return grey


def _hidden(mask: Bools, change: Floats, noise: Floats) -> Bools:
    """The pixels of defects that the picture does not show: too dark there, blurred away, or outside of the part."""
    if not mask.any():
        return mask
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    of = labels[mask]
    visible = np.bincount(of, np.minimum(change[mask] / np.hypot(noise[mask], 1.0 / 255.0), 9.0), count)
    lost = visible < SEEN * np.bincount(of, minlength=count)
    lost[0] = False
    return np.asarray(cv2.dilate(lost[labels].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~(
        mask & ~lost[labels]
    )


def _region(rng: np.random.Generator, shape: Shape) -> Bools:
    """What an order's region may leave of the picture: a ring, a disc, a strip, a corner cut off."""
    region = np.zeros(shape, np.uint8)
    height, width = shape
    form = int(rng.integers(0, 3))
    if form == 0:
        center = (int(rng.uniform(0.0, 1.0) * width), int(rng.uniform(0.0, 1.0) * height))
        radius = rng.uniform(0.45, 1.2) * max(shape)
        cv2.circle(region, center, int(radius), 1, -1)
        if rng.random() < 0.6:
            cv2.circle(region, center, int(radius - rng.uniform(24.0, 0.9 * radius)), 0, -1)
    else:
        middle = np.array([rng.uniform(0.3, 0.7) * width, rng.uniform(0.3, 0.7) * height])
        half = np.array([rng.uniform(0.15 if form == 1 else 0.4, 0.8), rng.uniform(0.4, 0.9)]) * max(shape)
        turn = rng.uniform(0.0, math.pi)
        along, across = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
        corners = [middle + a * half[0] * along + b * half[1] * across for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
        cv2.fillPoly(region, [np.round(corners).astype(np.int32)], 1)
    if rng.random() < 0.3:
        hole = (int(rng.uniform(0.0, 1.0) * width), int(rng.uniform(0.0, 1.0) * height))
        cv2.circle(region, hole, int(rng.uniform(5.0, 40.0)), 0, -1)
    return region > 0


def _beside(rng: np.random.Generator, grey: NDArray[np.uint8], valid: Bools) -> NDArray[np.uint8]:
    """Beside the region anything may lie: the part goes on, or there is another level with its own texture. A region
    is drawn a little too wide or too narrow: the other level begins within two pixels of its border.
    """
    if rng.random() < 0.4:
        return grey
    off = int(rng.integers(0, 3))
    kernel = np.ones((2 * off + 1, 2 * off + 1), np.uint8)
    beyond = cv2.erode((~valid).astype(np.uint8), kernel) > 0
    other = rng.uniform(0.0, 255.0) * (1.0 + 0.1 * cloudy(rng, grey.shape, 1.5))
    return np.where(beyond, np.clip(other, 0, 255).astype(np.uint8), grey)

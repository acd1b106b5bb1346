"""The part of a picture that is compared, the drawing in it, and how deep a pixel of one lies in the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from station.vision.depth import Segments, deeper, deepest, segments_of
from station.vision.encode import encode_within
from station.vision.ideal import Ideal, Outlines, drawn, outlines_px
from station.vision.inner import inner, surrounded
from station.vision.picture import Picture
from station.vision.runs import Integers, Runs, whole_rows, without

Floats = NDArray[np.float64]

_PIXEL_PX = 0.5  # a pixel reaches that far beyond its middle


@dataclass(frozen=True)
class View:
    """The part of the picture that is compared, from its pixel (`left`, `top`), and the drawing in it: `beside` is all
    that the drawing leaves free."""

    left: int
    top: int
    width: int
    height: int
    ideal: Ideal
    beside: Runs
    outlines: Outlines

    @cached_property
    def segments(self) -> Segments:
        """Only what is wrong asks for exact distances."""
        return segments_of(self.outlines, (self.left, self.top), self.width, self.height)

    def deepest(self, runs: Runs) -> tuple[tuple[float, float], float]:
        """The place (x, y) in the picture farthest from the outline, and how far."""
        where, depth = deepest(runs, self.segments)
        return self.shifted(where), depth + _PIXEL_PX

    def faint(self, picture: Picture, level: float, depth_px: float) -> tuple[Runs, Integers]:
        """The pixels above `level` that may lie deeper than that in the drawing's material, and the number of the run
        of material that holds each piece."""
        inside, number = inner(self.ideal.material, int(depth_px - _PIXEL_PX))
        light, of = encode_within(picture.grey, (self.left, self.top), level, inside)
        return light, number[of]

    def deeper(self, runs: Runs, of: Integers, shape: Runs, depth_px: float) -> tuple[Runs, Integers]:
        """The pixels that reach deeper than that into `shape`, and the number of the run each piece comes from."""
        limit = depth_px - _PIXEL_PX
        candidates, number = surrounded(runs, of, shape, int(limit), self.height)
        if len(candidates) == 0:
            return candidates, number
        deep, of_candidate = deeper(candidates, limit, self.segments)
        return deep, number[of_candidate]

    def shifted(self, where: Floats | tuple[float, float]) -> tuple[float, float]:
        """From the view to the picture."""
        return float(where[0]) + self.left, float(where[1]) + self.top


def view_of(
    picture: Picture, outer_px: tuple[Floats, ...], openings_px: tuple[Floats, ...], margin_px: int
) -> View | None:
    """The drawing's box with a margin, as far as the picture goes; None where the drawing is not in it at all."""
    outlines = outlines_px(outer_px, openings_px)
    around = outlines.points_px[: outlines.first[len(outer_px)]]
    left, top = (max(int(v) - margin_px, 0) for v in np.floor(around.min(axis=0)))
    right, bottom = (int(v) + margin_px + 1 for v in np.ceil(around.max(axis=0)))
    width, height = min(right, picture.width_px) - left, min(bottom, picture.height_px) - top
    if width <= 0 or height <= 0:
        return None
    ideal = drawn(outlines, (left, top), width, height)
    beside = without(whole_rows(width + 1, height), ideal.material)
    return View(left, top, width, height, ideal, beside, outlines)

"""How much every pixel looks like a defect: a learned network over tiles of local contrast, at two resolutions.

Tiles overlap by more than the network sees, so the scores do not depend on where tiles begin; one tile is in memory at
a time. At half the resolution the same network sees what is large and soft. The two scores are added, but what is too
fine for half the resolution is not denied by it: its score counts from -1 upwards.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.surface.contrast import LocalContrast, halved, local_contrast

Floats = NDArray[np.float32]
Network = Callable[[Floats], Floats]  # (1, 3, h, w) -> (1, 1, h, w), h and w multiples of STRIDE

STRIDE = 16  # what the network halves its picture to
TILE_PX = 1024
MARGIN_PX = 96  # of a tile that its neighbours decide
DENIED = np.float32(-1.0)  # as far as half the resolution can speak against a place; chosen by rendered faces
NOTHING = np.float32(-30.0)  # the score beside the region


def defect_scores(grey: NDArray[np.uint8], valid: NDArray[np.bool_], network: Network) -> Floats:
    """Raw scores (h, w) of a grey picture: the network's logits at full and at half resolution, the latter from -1 on.

    Beside `valid` (h, w) they are -30. Only tiles that hold something of the region are looked at.

    Raises:
        ValueError: the two shapes differ.
    """
    if grey.shape != valid.shape or grey.ndim != 2:
        raise ValueError("grey and valid must be two pictures of one size")
    scores = np.full(grey.shape, NOTHING)
    if not valid.any():
        return scores
    # What lies around the region costs nothing: only its box is looked at.
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    grey, valid = np.ascontiguousarray(grey[box]), np.ascontiguousarray(valid[box])
    fine = _tiled(local_contrast(grey, valid), network)
    half = _tiled(local_contrast(*halved(grey, valid)), network)
    coarse = cv2.resize(half, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)[: grey.shape[0], : grey.shape[1]]
    scores[box] = np.where(valid, fine + np.maximum(coarse, DENIED), NOTHING)
    return scores


def _tiled(picture: LocalContrast, network: Network) -> Floats:
    """The network's logits (h, w); every pixel from the tile whose middle it lies in."""
    height, width = picture.grey.shape
    logits = np.full((height, width), NOTHING)
    for top, first, last in _cuts(height):
        for left, begin, end in _cuts(width):
            if not picture.valid[first:last, begin:end].any():
                continue
            rows, columns = (_up(min(TILE_PX, side - at)) for side, at in ((height, top), (width, left)))
            out = network(picture.tile(top, left, rows, columns)[None])
            logits[first:last, begin:end] = out[0, 0, first - top : last - top, begin - left : end - left]
    return logits


def _cuts(side: int) -> list[tuple[int, int, int]]:
    """Along one side: where each tile begins, and the first and the end of the pixels that it decides."""
    step = TILE_PX - 2 * MARGIN_PX
    starts = [0]
    while starts[-1] + TILE_PX < side:
        starts.append(starts[-1] + step)
    ends = [start + TILE_PX - MARGIN_PX for start in starts[:-1]] + [side]
    return [(start, first, end) for start, first, end in zip(starts, [0, *ends[:-1]], ends, strict=True)]


def _up(side: int) -> int:
    return -(-side // STRIDE) * STRIDE

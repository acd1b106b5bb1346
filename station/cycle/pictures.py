"""Picture files in: checked before they are decoded, and kept byte for byte as evidence."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from station.background import in_background
from station.devices.picture_files import MAX_PICTURE_BYTES, decode_pixels
from station.documents import read_limited
from station.errors import ImageError, InputError

# Of what a camera takes, noise is what costs: half the time of the usual filter, and smaller.
_PNG = [
    cv2.IMWRITE_PNG_COMPRESSION, 1,
    cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TakenPicture:
    """A picture under one light: `pixels` (h, w[, 3 or 4]) of 8 or 16 bits and the file it is stored as, which may
    still be in the making."""

    view: str
    pixels: NDArray[np.generic]
    coded: bytes | Future[bytes]
    suffix: str
    name: str

    @property
    def data(self) -> bytes:
        """The file. Raises ImageError where a frame could not be encoded."""
        return self.coded if isinstance(self.coded, bytes) else self.coded.result()

    @property
    def width_px(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])


def read_picture(path: Path, view: str) -> TakenPicture:
    """A PNG, JPEG, BMP, TIFF or PGM file.

    Raises:
        ImageError: one sentence with the path.
    """
    try:
        data = read_limited(path, MAX_PICTURE_BYTES)
    except InputError as error:
        raise ImageError(error.sentence, place=str(path)) from error
    return decode_picture(data, view, path.name, place=str(path))


def decode_picture(data: bytes, view: str, name: str, *, place: str) -> TakenPicture:
    """The picture in the bytes of a file.

    Raises:
        ImageError: one sentence with the place.
    """
    pixels, suffix = decode_pixels(data, place=place)
    return TakenPicture(view, pixels, data, suffix, name)


def encode_picture(view: str, pixels: NDArray[np.generic], name: str) -> TakenPicture:
    """A frame from a camera as lossless PNG, encoded while it is looked at already."""
    coded = in_background(lambda: _png(pixels, name), f"encoding {name}")
    return TakenPicture(view, pixels, coded, ".png", name)


def _png(pixels: NDArray[np.generic], name: str) -> bytes:
    done, coded = cv2.imencode(".png", np.asarray(pixels), _PNG)
    if not done:
        raise ImageError("the frame cannot be stored as PNG", place=name)
    return coded.tobytes()

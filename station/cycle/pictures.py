"""Picture files in: checked before they are decoded, and kept byte for byte as evidence."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from station.documents import read_limited
from station.errors import ImageError, InputError

MAX_PICTURE_BYTES = 512 * 1024 * 1024
MAX_PICTURE_PIXELS = 150_000_000
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "BMP": ".bmp", "TIFF": ".tif", "PPM": ".pgm"}


@dataclass(frozen=True, slots=True)
class TakenPicture:
    """A picture under one light: `pixels` (h, w[, 3 or 4]) of 8 or 16 bits and the file it is stored as."""

    view: str
    pixels: NDArray[np.generic]
    data: bytes
    suffix: str
    name: str

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

    The size is read off the header before anything is decoded, and a file that ends early is refused: OpenCV alone
    would fill the rest with grey.

    Raises:
        ImageError: one sentence with the place.
    """
    if not data:
        raise ImageError("the picture is empty (0 bytes)", place=place)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=tuple(_SUFFIXES)) as image:
                width, height, kind = image.width, image.height, str(image.format)
                if width * height > MAX_PICTURE_PIXELS:
                    raise ImageError(
                        f"the picture says it has {width} × {height} pixels, "
                        f"more than the {MAX_PICTURE_PIXELS:,} allowed",
                        place=place,
                    )
                image.load()
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError("this is not a PNG, JPEG, BMP, TIFF or PGM picture", place=place) from error
    except Image.DecompressionBombError as error:
        raise ImageError("the picture says it is far larger than any camera's", place=place) from error
    except Exception as error:  # Pillow's plugins raise whatever a damaged file makes them
        raise ImageError(f"the picture is damaged or cut off ({error})", place=place) from error
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ImageError("the picture cannot be decoded", place=place) from error
    if pixels is None or pixels.size == 0 or pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError("the picture cannot be decoded to 8 or 16 bits", place=place)
    if min(pixels.shape[:2]) < 16:
        raise ImageError(f"the picture has only {width} × {height} pixels", place=place)
    return TakenPicture(view, pixels, data, _SUFFIXES[kind], name)


def encode_picture(view: str, pixels: NDArray[np.generic], name: str) -> TakenPicture:
    """A frame from a camera as lossless PNG."""
    done, coded = cv2.imencode(".png", np.asarray(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ImageError("the frame cannot be stored as PNG", place=name)
    return TakenPicture(view, pixels, coded.tobytes(), ".png", name)

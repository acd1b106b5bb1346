"""Pixels from the bytes of a picture file, which may be damaged, cut off, or made to do harm."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from station.errors import ImageError

MAX_PICTURE_BYTES = 512 * 1024 * 1024
MAX_PICTURE_PIXELS = 150_000_000
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "BMP": ".bmp", "TIFF": ".tif", "PPM": ".pgm"}
_ENDINGS = frozenset((*_SUFFIXES.values(), ".jpeg", ".tiff"))


def is_picture(path: Path) -> bool:
    """Whether a file's name says that it is a picture."""
    return path.suffix.lower() in _ENDINGS and path.is_file()


def decode_pixels(data: bytes, *, place: str) -> tuple[NDArray[np.generic], str]:
    """Pixels (h, w[, 3 or 4]) of 8 or 16 bits, and the ending that files of this kind have.

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
    return pixels, _SUFFIXES[kind]

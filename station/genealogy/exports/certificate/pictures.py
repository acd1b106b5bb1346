"""Pictures for the certificate: small JPEGs of what lies in the record, whose own bytes stay as they are."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image

ALL_BYTES = 1_400_000  # of all pictures of one certificate together
_QUALITIES = (88, 75, 60)
_LEAST_PX = 64


def small_jpeg(data: bytes, longest_px: int, most_bytes: int) -> tuple[bytes, int, int] | None:
    """A JPEG of at most so many pixels on its longer side and, if at all possible, so many bytes; with its size.

    None where the data cannot be read as a picture. Deep greys are stretched to their own brightest level.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as opened:
                picture = _eight_bits(opened)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        return None
    while True:
        picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            made = io.BytesIO()
            picture.save(made, "JPEG", quality=quality, optimize=True)
            if made.tell() <= most_bytes:
                return made.getvalue(), *picture.size
        if longest_px <= _LEAST_PX:
            return made.getvalue(), *picture.size
        longest_px = longest_px * 3 // 4


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        levels = np.asarray(picture, np.float64)
        return Image.fromarray((levels * (255.0 / max(1.0, float(levels.max())))).astype(np.uint8))
    return picture.convert("L" if picture.mode in ("1", "L", "LA") else "RGB")

"""The modules of a code, drawn by zxing-cpp's writer."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from station.errors import InputError

SQUARE = {"datamatrix": "DataMatrix", "qr": "QRCode", "microqr": "MicroQRCode", "aztec": "Aztec"}
LINEAR = {"code128": "Code128", "code39": "Code39", "ean13": "EAN13"}
BAR_HEIGHT = 0.25  # of a linear code's width


@lru_cache(maxsize=64)
def code_modules(symbology: str, content: str, gs1: bool) -> NDArray[np.bool_]:
    """Which modules (rows, columns) are dark, without the quiet zone.

    Raises:
        InputError: the symbology is not one that the twin marks, or cannot hold the content.
    """
    import zxingcpp

    name = {**SQUARE, **LINEAR}.get(symbology)
    if name is None:
        raise InputError(f"the twin cannot mark a code of the symbology {symbology!r}", place="code")
    written = _bracketed(content) if gs1 else content
    square = {"force_square": True} if symbology == "datamatrix" else {}
    try:
        made = zxingcpp.create_barcode(written, getattr(zxingcpp.BarcodeFormat, name), gs1=gs1, **square)
    except ValueError as error:
        raise InputError(f"the twin cannot mark {content!r} as {symbology}: {error}", place="code") from None
    dark = np.asarray(made.to_image(add_quiet_zones=False)) < 128
    if symbology in SQUARE:
        return dark
    return np.repeat(dark[:1], max(1, round(BAR_HEIGHT * dark.shape[1])), axis=0)


def _bracketed(content: str) -> str:
    """An element string with its application identifiers in brackets, as the writer wants it."""
    from biip import ParseError
    from biip.gs1_messages import GS1Message

    try:
        return str(GS1Message.parse(content).as_hri())
    except ParseError as error:
        raise InputError(f"{content!r} is not a GS1 element string: {error}", place="code") from None

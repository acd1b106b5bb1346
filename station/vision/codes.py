"""Codes read from a grey picture by zxing-cpp, asked again of ever better prepared pictures until it reads.

The reader binarises and follows edges, so it wants modules of some pixels that touch where they belong together. What a
part shows is often otherwise: peened dots stand apart, ground metal has streaks, light falls off. The preparations that
mend this (`station.vision.code_preparations`) are tried in the order of their cost.

What is read may be believed: Data Matrix, QR, Aztec, PDF417 and MaxiCode carry Reed-Solomon words that a wrong reading
does not satisfy. Linear codes have one check digit or none, and Micro QR little more: they count only where two
different preparations read the same, and nothing else was read at that place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from station.vision.code_preparations import Prepared, preparations

if TYPE_CHECKING:
    import zxingcpp

Floats = NDArray[np.float64]

READABLE = {
    "datamatrix": "DataMatrix",
    "qr": "QRCode",
    "microqr": "MicroQRCode",
    "rmqr": "RMQRCode",
    "aztec": "Aztec",
    "pdf417": "PDF417",
    "micropdf417": "MicroPDF417",
    "maxicode": "MaxiCode",
    "code128": "Code128",
    "code39": "Code39",
    "code93": "Code93",
    "codabar": "Codabar",
    "itf": "ITF",
    "telepen": "Telepen",
    "ean13": "EAN13",
    "ean8": "EAN8",
    "upca": "UPCA",
    "upce": "UPCE",
    "databar": "DataBar",
    "databarexpanded": "DataBarExp",
    "databarlimited": "DataBarLtd",
}
_VOUCHED = frozenset({"datamatrix", "qr", "rmqr", "aztec", "pdf417", "micropdf417", "maxicode"})
_LEAST_PX = 8


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code as read: FNC1 between GS1 elements is a group separator in `content`, and bytes that are no text are
    characters of the same numbers; `is_gs1`: FNC1 at its beginning
    says that it carries such elements. `corners_px` (4, 2) from the code's own top left, clockwise as it is read."""

    content: str
    symbology: str
    is_gs1: bool
    corners_px: Floats


def read_codes(grey: NDArray[np.uint8], symbology: str) -> tuple[FoundCode, ...]:
    """Codes of one symbology (`READABLE`) in a grey picture (h, w); none where none can be read for certain.

    All that the first successful preparation shows, from the top to the bottom. The same picture always gives the same
    answer.

    Raises:
        ValueError: a symbology that this station does not read.
    """
    if symbology not in READABLE:
        raise ValueError(f"this station does not read the symbology {symbology!r}")
    if min(grey.shape) < _LEAST_PX:
        return ()
    seen: list[list[FoundCode]] = []
    for prepared in preparations(grey):
        now = _read(prepared, symbology)
        certain = now if symbology in _VOUCHED else [code for code in now if _confirmed(code, seen)]
        if certain:
            return tuple(sorted(certain, key=lambda code: tuple(code.corners_px.mean(axis=0)[::-1].tolist())))
        if now:
            seen.append(now)
    return ()


def _confirmed(code: FoundCode, before: Sequence[Sequence[FoundCode]]) -> bool:
    """Whether an earlier preparation read the same at that place, and none anything else."""
    there = [other.content for codes in before for other in codes if _same_place(code, other)]
    return bool(there) and all(content == code.content for content in there)


def _same_place(one: FoundCode, other: FoundCode) -> bool:
    size = max(float(np.ptp(one.corners_px, axis=0).max()), float(np.ptp(other.corners_px, axis=0).max()))
    return math.dist(one.corners_px.mean(axis=0), other.corners_px.mean(axis=0)) < 0.5 * size + 1.0


def _read(prepared: Prepared, symbology: str) -> list[FoundCode]:
    # Imported here: a station that reads no codes loads no reader.
    import zxingcpp

    binarizer = zxingcpp.Binarizer.GlobalHistogram if prepared.one_level else zxingcpp.Binarizer.LocalAverage
    found = zxingcpp.read_barcodes(
        prepared.grey,
        formats=getattr(zxingcpp.BarcodeFormat, READABLE[symbology]),
        try_downscale=False,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
    )
    return [
        FoundCode(_content(one), symbology, one.content_type == zxingcpp.ContentType.GS1, prepared.back(_corners(one)))
        for one in found
    ]


def _content(code: zxingcpp.Barcode) -> str:
    """The text; of bytes that are no text each one as the character of its number (ISO 8859-1)."""
    return code.text or code.bytes.decode("latin-1")


def _corners(code: zxingcpp.Barcode) -> Floats:
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return np.array([(corner.x, corner.y) for corner in corners], np.float64)

"""Pictures of codes, rendered: printed and dot-peened ones, in any rotation, light and state."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

_FINE = 16  # pixels per module before the picture is sampled
_FORMATS = {
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "code128": zxingcpp.BarcodeFormat.Code128,
    "aztec": zxingcpp.BarcodeFormat.Aztec,
    "pdf417": zxingcpp.BarcodeFormat.PDF417,
    "code39": zxingcpp.BarcodeFormat.Code39,
    "ean13": zxingcpp.BarcodeFormat.EAN13,
    "itf": zxingcpp.BarcodeFormat.ITF,
    "codabar": zxingcpp.BarcodeFormat.Codabar,
}
LINEAR = frozenset({"code128", "code39", "ean13", "itf", "codabar"})


@dataclass(frozen=True)
class Look:
    """How a code appears. Levels 0 to 1; `dots`: diameter of a peened dot in modules (None: printed squares);
    `jitter`: how far dots lie off their place, in modules (sigma); `blur_px`, `noise` (sigma, of the level)."""

    module_px: float = 6.0
    angle_deg: float = 0.0
    code: float = 0.1
    ground: float = 0.9
    dots: float | None = None
    jitter: float = 0.0
    missing: float = 0.0
    quiet: float = 2.0  # modules of plain ground around it
    beyond: float | None = None  # level outside the quiet zone (None: the ground goes on)
    blur_px: float = 0.6
    noise: float = 0.01
    grain: float = 0.0  # brushed ground: contrast of its streaks
    slope: float = 0.0  # light falls off by this much across the picture
    damage: float = 0.0  # share of the code's area that a round stain covers


def modules(symbology: str, content: str, *, gs1: bool = False) -> NDArray[np.bool_]:
    """The code's modules (rows, columns), True where it is marked, without a quiet zone."""
    options = {"gs1": True} if gs1 else {}
    made = zxingcpp.create_barcode(content, _FORMATS[symbology], **options)
    picture = np.asarray(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False))
    marked = picture < 128
    return np.repeat(marked[:1], 40, axis=0) if symbology in LINEAR else marked


def picture(marked: NDArray[np.bool_], look: Look, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A grey picture (h, w) with the code somewhere in its middle."""
    rows, columns = marked.shape
    margin = look.quiet + 4.0
    high, wide = int((rows + 2 * margin) * _FINE), int((columns + 2 * margin) * _FINE)
    shape = np.zeros((high, wide), np.float32)
    if look.dots is None:
        big = np.repeat(np.repeat(marked, _FINE, axis=0), _FINE, axis=1).astype(np.float32)
        start = int(margin * _FINE)
        shape[start : start + big.shape[0], start : start + big.shape[1]] = big
    else:
        for row, column in np.argwhere(marked):
            if rng.random() < look.missing:
                continue
            x, y = (np.array([column, row]) + 0.5 + margin + rng.normal(0.0, look.jitter, 2)) * _FINE
            center, radius = (round(x * 16), round(y * 16)), round(look.dots * _FINE * 8 * rng.uniform(0.9, 1.1))
            cv2.circle(shape, center, radius, 1.0, -1, cv2.LINE_AA, 4)
    if look.damage:
        radius = np.sqrt(look.damage * rows * columns / np.pi) * _FINE
        at = [rng.uniform(0.35, 0.65) * (side + 2 * margin) * _FINE for side in (columns, rows)]
        cv2.circle(shape, (round(at[0]), round(at[1])), round(radius), 0.5, -1, cv2.LINE_AA)
    level = look.ground + (look.code - look.ground) * shape
    if look.beyond is not None:
        inner = np.zeros_like(shape)
        edge = round(4.0 * _FINE)
        inner[edge : high - edge, edge : wide - edge] = 1.0
        level = look.beyond + (level - look.beyond) * inner
    outside = look.ground if look.beyond is None else look.beyond
    scale, size = look.module_px / _FINE, int(np.hypot(high, wide) * look.module_px / _FINE) + 8
    level = cv2.GaussianBlur(level, (0, 0), max(0.45 / scale, 0.3))
    turn = cv2.getRotationMatrix2D(((wide - 1) / 2, (high - 1) / 2), look.angle_deg, scale)
    turn[:, 2] += (size - 1) / 2 - np.array([(wide - 1) / 2, (high - 1) / 2]) + rng.uniform(-0.5, 0.5, 2)
    seen = cv2.warpAffine(level, turn, (size, size), flags=cv2.INTER_LINEAR, borderValue=outside)
    if look.grain:
        streaks = cv2.GaussianBlur(rng.normal(0.0, 1.0, (size, size)).astype(np.float32), (0, 0), 12.0, sigmaY=0.7)
        seen += look.grain * streaks / streaks.std()
    if look.slope:
        seen *= 1.0 - look.slope * np.linspace(0.0, 1.0, size, dtype=np.float32)
    seen = cv2.GaussianBlur(seen, (0, 0), look.blur_px) + rng.normal(0.0, look.noise, seen.shape)
    return np.asarray(np.clip(np.rint(seen * 255.0), 0, 255), np.uint8)

"""What a camera's calibration from a board says of itself: pictures used and refused, remarks, evidence to keep."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.metrology.camera import CameraModel
from station.metrology.camera_evidence import MOST_ACROSS, MOST_DOWN, CameraEvidence, ViewEvidence
from station.metrology.lens import CameraCalibration

_TELEPHOTO_WIDTHS = 20.0  # a focal length of more picture widths is hardly one
_THUMBNAIL_PX = 200


@dataclass(frozen=True, slots=True)
class BoardReport:
    """Which pictures were used, with their residuals, and which were not and why.

    `remarks` are what a person should know of some picture or of the lens, by name; `thumbnails` (h, w) of all.
    """

    fit: CameraCalibration
    refused: tuple[tuple[str, str], ...]
    remarks: tuple[tuple[str, str], ...] = ()
    thumbnails: tuple[tuple[str, NDArray[np.uint8]], ...] = ()


def evidence_of(fit: CameraCalibration, refused: tuple[tuple[str, str], ...]) -> CameraEvidence:
    """What the model rests on, as its document keeps it."""
    width, height = fit.model.width_px, fit.model.height_px
    down = min(MOST_DOWN, max(1, round(MOST_ACROSS * height / width)))
    ends = [(-0.5, height - 0.5), (-0.5, width - 0.5)]
    counts, _, _ = np.histogram2d(fit.residuals[:, 1], fit.residuals[:, 0], bins=(down, MOST_ACROSS), range=ends)
    return CameraEvidence(
        tuple(ViewEvidence(v.name, v.corners, v.rms_px) for v in fit.views),
        refused,
        tuple(tuple(int(n) for n in row) for row in counts),
        fit.terms,
        tuple(tuple(row) for row in fit.spread.tolist()),
        fit.telecentricity_u_per_mm,
    )


def lens_remarks(fit: CameraCalibration, *, telecentric: bool, focal_given: bool) -> list[tuple[str, str]]:
    """What a person should know of the lens, as (name, sentence)."""
    model, remarks = fit.model, []
    if not telecentric and len(fit.views) > 1 and not focal_given:
        widths = model.matrix[0] / max(model.width_px, model.height_px)
        if widths > _TELEPHOTO_WIDTHS or (fit.focal_relative_u or 0.0) > 0.5:
            sentence = "the pictures hardly show any perspective: try --lens telecentric"
            remarks.append(("lens", f"a focal length of {widths:.0f} picture widths, {sentence}"))
    if "pixels" in fit.terms and telecentric:
        stretch = stretch_of(model)
        seen = f"the plane is seen {100 * stretch:.3g} % shorter in one direction"
        why = f"pixels that are not square, or a board (and then the part's plane) tilted by {model.tilt_deg:.2f}°"
        remarks.append(("lens", f"{seen}: {why}"))
    sentence = "the board is tilted out of the measuring plane here, which was allowed for"
    remarks += [(name, sentence) for name in fit.tilted]
    return remarks


def stretch_of(model: CameraModel) -> float:
    """By how much lengths at the picture's middle are shorter in one direction than across it."""
    middle = [((model.width_px - 1) / 2, (model.height_px - 1) / 2)]
    sizes = np.linalg.svd(model.mm_per_px(middle)[0], compute_uv=False)
    return float(1.0 - sizes[1] / sizes[0])


def thumbnail(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(h, w) grey, stretched in contrast, `_THUMBNAIL_PX` wide at most."""
    grey = pixels if pixels.ndim == 2 else pixels[:, :, : min(3, pixels.shape[2])].mean(axis=2)
    factor = min(1.0, _THUMBNAIL_PX / max(grey.shape))
    size = max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor))
    small = np.asarray(cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    low, high = float(small.min()), float(small.max())
    return np.asarray((small - low) * (255.0 / max(high - low, 0.02 * high, 1e-6))).astype(np.uint8)

"""What is compared: the station's network, and what a user would take without one.

Every method turns a picture and its region into scores (h, w), higher is worse; `whole` is the one number by which it
ranks whole pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.networks.load import Model
from station.vision.surface.findings import mass
from station.vision.surface.score import NOTHING, defect_scores

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

INSTALL = "the filter bank is left out: pip install 'scikit-image>=0.25' (the extra `bench`)"


@dataclass(frozen=True, slots=True)
class Method:
    """A name, how pixels are scored, and how a whole picture is."""

    name: str
    score: Callable[[Pixels, Bools], Floats]
    whole: Callable[[Floats, Bools], float]


def methods(model: Model) -> list[Method]:
    """The station's, and all baselines that can run here."""
    doubt = model.manifest.threshold("doubt")
    network = Method(
        f"station: {model.name}",
        lambda grey, valid: defect_scores(grey, valid, model.run),
        lambda scores, valid: mass(scores, valid, doubt),
    )
    bank = [Method("filter bank + robust Mahalanobis", filter_bank, _strongest)] if has_filters() else []
    return [
        network,
        Method("difference of Gaussians", difference_of_gaussians, _strongest),
        Method("top-hat and black-hat", top_hat, _strongest),
        Method("local-contrast z-score, half resolution", z_score, _strongest),
        *bank,
    ]


def has_filters() -> bool:
    """Whether scikit-image is here."""
    try:
        import skimage.feature  # noqa: F401
    except ImportError:
        return False
    return True


def difference_of_gaussians(grey: Pixels, valid: Bools) -> Floats:
    """|blur of 1 px - blur of 4 px|: the classic blob and line finder."""
    field = grey.astype(np.float32)
    return _inside(np.abs(_blur(field, 1.0) - _blur(field, 4.0)), valid)


def top_hat(grey: Pixels, valid: Bools) -> Floats:
    """The larger of white and black top-hat with a disc of 15 px: what is narrower than that and stands out."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    hats = [cv2.morphologyEx(grey, kind, disc) for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)]
    return _inside(_blur(np.maximum(*hats).astype(np.float32), 1.0), valid)


def z_score(grey: Pixels, valid: Bools) -> Floats:
    """|grey - local mean| / local deviation at half resolution, 15 px around."""
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = _blur(half, 15.0)
    deviation = np.sqrt(_blur((half - mean) ** 2, 15.0)) + 1.0
    score = _blur(np.abs(half - mean) / deviation, 1.0)
    return _inside(cv2.resize(score, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), valid)


def filter_bank(grey: Pixels, valid: Bools) -> Floats:
    """scikit-image's intensities, edges and textures at scales 1 to 8, and how far a pixel's are from the picture's own
    median in its own covariance (of the middle nine tenths).
    """
    from skimage.feature import multiscale_basic_features

    found = multiscale_basic_features(grey, sigma_min=1, sigma_max=8)
    features = found.reshape(-1, found.shape[-1])[valid.ravel()].astype(np.float64)
    off = features - np.median(features, axis=0)
    for _ in range(2):
        distance = np.einsum("ij,ij->i", off @ np.linalg.pinv(np.cov(off.T)), off)
        kept = off[distance <= np.quantile(distance, 0.9)]
        covariance = np.cov(kept.T)
    scores = np.full(grey.shape, NOTHING)
    scores[valid] = np.sqrt(np.maximum(np.einsum("ij,ij->i", off @ np.linalg.pinv(covariance), off), 0.0))
    return scores


def _blur(field: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


def _inside(scores: Floats, valid: Bools) -> Floats:
    return np.where(valid, scores, NOTHING).astype(np.float32)


def _strongest(scores: Floats, valid: Bools) -> float:
    """The mean of the thirty strongest pixels: steadier than the one strongest."""
    return float(np.mean(np.partition(scores[valid], -30)[-30:]))

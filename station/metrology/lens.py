"""A camera's calibration from views of a printed board.

Views that do not serve are rejected by name, single corners that lie far off are dropped, and what remains gives the
camera, the plane of one chosen view and how well the fit knows that plane's scale. The board's own scale (its
certificate) is the caller's to add.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import cv2
import numpy as np

from station.errors import CalibrationError
from station.metrology.camera import CameraModel
from station.metrology.distortion import Floats
from station.metrology.eccentricity import eccentricity_px
from station.metrology.lens_fit import GUESSED_FOCAL_WIDTHS, Corners, LensFit, fit_one, fit_several
from station.metrology.lens_uncertainty import correlation_factor, model_spread, moved, scale_u
from station.metrology.telecentric import fit_telecentric

MIN_CORNERS = 12
NEARLY_EMPTY = 1 / 3  # of the views' median number of corners
BLURRED = 0.5  # of the views' median sharpness
OUTLYING = 2.5  # times the views' median misfit
FAR_OFF = 6.0  # times the corners' median distance from the model
FOCAL_KNOWN = 0.02  # relative standard uncertainty beyond which the distance counts as unknown


class View(Protocol):
    """Corners of a board in one picture, as `station.vision.boards` finds them."""

    @property
    def points_px(self) -> Floats:
        """(n, 2) pixels."""

    @property
    def points_mm(self) -> Floats:
        """(n, 2) mm on the board."""

    @property
    def sharpness(self) -> float:
        """Larger is sharper; compared between the views."""

    @property
    def name(self) -> str:
        """What the picture is called."""

    @property
    def dot_mm(self) -> float:
        """Diameter of the dots whose ellipses' middles the points are; 0 for corners."""


@dataclass(frozen=True, slots=True)
class RejectedView:
    """A view that was left out, and why in one sentence."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ViewResidual:
    """How well one view that was used fits."""

    name: str
    corners: int
    rms_px: float


@dataclass(frozen=True, slots=True, eq=False)
class CameraCalibration:
    """What a set of views tells about a camera.

    Attributes:
        model: origin at the picture's centre, x along the picture's rows there.
        views: what was used, in the order given.
        residuals: (n, 4) of all corners used: x, y, dx, dy in pixels, seen minus predicted.
        scale_relative_u: relative standard uncertainty that the fit leaves to lengths over the area that the board
            covers; neighbouring corners' errors are taken as correlated as they are found to be.
        focal_relative_u: the focal length's relative standard uncertainty; None where it was not fitted.
        rejected: views left out.
        dropped_corners: corners left out of the views used.
        terms: what the lens model holds, by name.
        spread: (p, 18) the model's covariance as `CameraEvidence` keeps it.
        telecentricity_u_per_mm: standard uncertainty of the residual telecentricity, where it was fitted.
        tilted: names of views tilted out of the measuring plane (telecentric lenses; the others lie in it).
    """

    model: CameraModel
    views: tuple[ViewResidual, ...]
    residuals: Floats
    scale_relative_u: float
    focal_relative_u: float | None
    rejected: tuple[RejectedView, ...]
    dropped_corners: int
    terms: tuple[str, ...] = ()
    spread: Floats = field(default_factory=lambda: np.zeros((0, 18)))
    telecentricity_u_per_mm: float | None = None
    tilted: tuple[str, ...] = ()


def calibrate(
    views: Sequence[View],
    width_px: int,
    height_px: int,
    *,
    focal_length_px: float | None = None,
    plane_view: int = 0,
    telecentric: bool = False,
    heights_mm: Sequence[float | None] | None = None,
) -> CameraCalibration:
    """The camera that saw `views`, measuring on the plane of `views[plane_view]`.

    With one view the focal length is `focal_length_px`, or a guess of two picture widths; the plane is mapped as well
    either way, but without a given focal length its distance stays unknown. With several it is fitted unless given.
    A `telecentric` lens has none of this; `heights_mm` are those of the views' boards (None: not known), and two
    different ones tell how far it is from telecentric.

    Raises:
        CalibrationError: nothing usable remains, or the chosen view was rejected.
    """
    if not 0 <= plane_view < len(views):
        raise CalibrationError(f"there is no view number {plane_view} among the {len(views)} given")
    if focal_length_px is not None and not 0 < focal_length_px < math.inf:
        raise CalibrationError("the focal length is not positive")
    focal = float(focal_length_px) if focal_length_px else GUESSED_FOCAL_WIDTHS * max(width_px, height_px)
    lens = _Lens(width_px, height_px, focal, focal_length_px is not None, telecentric, heights_mm)
    used, rejected = _presort(views)
    corners = {index: _centred(views[index], lens) for index in used}
    dropped, cleaned = 0, False
    while True:
        if plane_view not in corners:
            reason = next(reason for index, reason in rejected if index == plane_view)
            raise CalibrationError(
                f"the view of the measuring plane, {_name(views, plane_view)}, is rejected: {reason}"
            )
        fit = _fit(corners, lens, plane_view)
        outlying = _outlying_view(corners, fit, robust=not cleaned)
        if outlying is not None:
            index, off, usual = outlying
            rejected.append((index, f"outlying: its corners lie {off:.2f} px off where {usual:.2f} px are usual"))
            del corners[index]
        elif cleaned:
            break
        else:
            corners, dropped = _without_far_off(corners, fit)
            cleaned = True
    return _report(views, corners, fit, rejected, dropped, plane_view)


def _presort(views: Sequence[View]) -> tuple[list[int], list[tuple[int, str]]]:
    """Indices of usable views, and the others with the reason."""
    usual_count = float(np.median([len(view.points_px) for view in views]))
    usual_sharpness = float(np.median([view.sharpness for view in views]))
    used, rejected = [], []
    for index, view in enumerate(views):
        count = len(view.points_px)
        if view.sharpness < BLURRED * usual_sharpness:
            rejected.append(
                (index, f"blurred: a sharpness of {view.sharpness:.2f} where {usual_sharpness:.2f} is usual")
            )
        elif count < max(MIN_CORNERS, NEARLY_EMPTY * usual_count):
            rejected.append((index, f"nearly empty: {count} corners where {usual_count:.0f} are usual"))
        elif np.linalg.matrix_rank(view.points_mm - view.points_mm.mean(axis=0), tol=1e-6) < 2:
            rejected.append((index, "its corners lie on one line"))
        else:
            used.append(index)
    return used, rejected


@dataclass(frozen=True, slots=True)
class _Lens:
    """What is known of the lens before the fit."""

    width_px: int
    height_px: int
    focal_px: float
    focal_known: bool
    telecentric: bool
    heights_mm: Sequence[float | None] | None


def _fit(corners: dict[int, Corners], lens: _Lens, plane_view: int) -> LensFit:
    size = lens.width_px, lens.height_px
    try:
        position = list(corners).index(plane_view)
        if lens.telecentric:
            heights = None if lens.heights_mm is None else [lens.heights_mm[index] for index in corners]
            return fit_telecentric(list(corners.values()), *size, plane_view=position, heights_mm=heights)
        if len(corners) > 1:
            return fit_several(
                list(corners.values()), *size, lens.focal_px, focal_known=lens.focal_known, plane_view=position
            )
        return fit_one(corners[plane_view], *size, lens.focal_px, focal_known=lens.focal_known)
    except (np.linalg.LinAlgError, ValueError, cv2.error) as error:
        raise CalibrationError("no camera fits the corners of these views") from error


def _centred(view: View, lens: _Lens) -> Corners:
    """The view's corners; dots' middles where they would be seen, by a camera fitted to this view alone."""
    corners = Corners(view.points_px, view.points_mm)
    if not view.dot_mm:
        return corners
    for _ in range(2):
        camera = _fit({0: corners}, replace(lens, heights_mm=None), 0).camera
        off = eccentricity_px(view.points_mm, view.dot_mm, camera.to_px)
        corners = Corners(view.points_px - off, view.points_mm)
    return corners


def _outlying_view(corners: dict[int, Corners], fit: LensFit, *, robust: bool) -> tuple[int, float, float] | None:
    """Index, misfit and usual misfit of the worst view if it is far worse than usual.

    `robust` judges by the median of its corners, before single ones that lie far off are dropped; then it is the rms.
    """
    if len(corners) < 4:
        return None
    off = np.array([np.median(np.hypot(*errors.T)) if robust else _rms(errors) for errors in fit.errors_px])
    usual, worst = float(np.median(off)), int(np.argmax(off))
    return (list(corners)[worst], float(off[worst]), usual) if off[worst] > OUTLYING * usual + 0.05 else None


def _without_far_off(corners: dict[int, Corners], fit: LensFit) -> tuple[dict[int, Corners], int]:
    lengths = [np.hypot(errors[:, 0], errors[:, 1]) for errors in fit.errors_px]
    limit = FAR_OFF * float(np.median(np.concatenate(lengths))) + 0.05
    kept = {
        index: Corners(view.points_px[length <= limit], view.points_mm[length <= limit])
        for (index, view), length in zip(corners.items(), lengths, strict=True)
    }
    return kept, int(sum((length > limit).sum() for length in lengths))


def _report(
    views: Sequence[View],
    corners: dict[int, Corners],
    fit: LensFit,
    rejected: list[tuple[int, str]],
    dropped: int,
    plane_view: int,
) -> CameraCalibration:
    errors = np.concatenate(fit.errors_px)
    variance = float((errors**2).sum()) / max(2 * len(errors) - fit.fitted, 1)
    area_px = corners[plane_view].points_px
    point_u = math.sqrt(variance) * correlation_factor(corners.values(), fit)
    fit_u = scale_u(fit, area_px) * point_u
    focal_u = None
    model = fit.camera
    if fit.focal_index is not None:
        index = fit.focal_index
        focal_u = math.sqrt(variance * float(fit.unit_covariance[index, index])) / float(fit.parameters[index])
        if focal_u > FOCAL_KNOWN:
            model = replace(model, distance_mm=None)
    move = _squaring(model)
    steepness = fit.telecentricity_index
    return CameraCalibration(
        moved(replace(model, rms_px=_rms(errors)), move),
        tuple(
            ViewResidual(_name(views, index), len(part), _rms(part))
            for index, part in zip(corners, fit.errors_px, strict=True)
        ),
        np.column_stack([np.concatenate([view.points_px for view in corners.values()]), errors]),
        fit_u,
        focal_u,
        tuple(RejectedView(_name(views, index), reason) for index, reason in sorted(rejected)),
        dropped,
        fit.terms,
        model_spread(fit, move) * point_u,
        None if steepness is None else point_u * math.sqrt(float(fit.unit_covariance[steepness, steepness])),
        tuple(_name(views, list(corners)[index]) for index in fit.tilted),
    )


def _squaring(model: CameraModel) -> Floats:
    """(3, 3) move of the plane's frame: origin under the picture's centre, x along the picture's rows there."""
    centre = np.array([[(model.width_px - 1) / 2, (model.height_px - 1) / 2]])
    along = model.mm_per_px(centre)[0, :, 0]
    c, s = along / float(np.hypot(along[0], along[1]))
    x, y = model.to_mm(centre)[0]
    return np.array([[c, s, -c * x - s * y], [-s, c, s * x - c * y], [0, 0, 1]])


def _rms(errors: Floats) -> float:
    return math.sqrt(float((errors**2).sum(axis=1).mean()))


def _name(views: Sequence[View], index: int) -> str:
    return views[index].name or f"view {index}"

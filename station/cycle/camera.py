"""Calibrate a camera from pictures of a board: which pictures served, the lens, the plane, and what the scale is
worth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from station.cycle.pictures import read_picture
from station.errors import CalibrationError
from station.metrology.calibration import Calibration, Clipping
from station.metrology.lens import CameraCalibration, calibrate
from station.vision.boards import BoardView, Refusal, find_board, parse_board

UNKNOWN_PLANE_U = 0.009  # a part a few millimetres off the board's plane at an ordinary working distance
KNOWN_PLANE_U = 0.001
# No edge was calibrated: diffraction, gamma and a clipped field each move edges by up to a third of a pixel.
UNCALIBRATED_EDGE_PX = 0.30


@dataclass(frozen=True, slots=True)
class BoardPlane:
    """Where the parts lie: the board's plane in the picture `view` (None: the first usable), `offset_mm` nearer to the
    camera; `u_scale` what is not known of that (relative, None: by default), `u_board` of the board's own size."""

    view: Path | None
    offset_mm: float
    u_scale: float | None
    u_board: float


@dataclass(frozen=True, slots=True)
class BoardReport:
    """Which pictures were used, with their residuals, and which were not and why."""

    fit: CameraCalibration
    refused: tuple[tuple[str, str], ...]


def calibrate_from_board(
    images: Sequence[Path],
    board_spec: str,
    plane: BoardPlane,
    *,
    focal_length_px: float | None,
    made: datetime,
    valid_for: timedelta,
    identity: str,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Calibration, BoardReport]:
    """A calibration without masters: scale and lens from the board, edges uncalibrated and paid for in U.

    Raises:
        InputError: a picture or the board's description cannot be read.
        CalibrationError: no picture serves, or the plane's offset needs a distance that is not known.
    """
    board = parse_board(board_spec)
    views: list[BoardView] = []
    paths: list[Path] = []
    refused: list[tuple[str, str]] = []
    size: tuple[int, int] | None = None
    for path in images:
        progress(path.name)
        picture = read_picture(path, "front")
        if size is not None and size != (picture.width_px, picture.height_px):
            raise CalibrationError("the board's pictures differ in size", place=str(path))
        size = (picture.width_px, picture.height_px)
        found = find_board(picture.pixels, board, name=path.name)
        if isinstance(found, Refusal):
            refused.append((path.name, found.sentence))
        else:
            views.append(found)
            paths.append(path)
    if not views or size is None:
        reasons = "; ".join(f"{name}: {sentence}" for name, sentence in refused[:3])
        raise CalibrationError(f"no picture shows the board ({reasons})")
    fit = _fitted(views, paths, size, plane.view, focal_length_px)
    model = fit.model.raised_by(plane.offset_mm) if plane.offset_mm else fit.model
    u_plane = plane.u_scale if plane.u_scale is not None else (KNOWN_PLANE_U if plane.offset_mm else UNKNOWN_PLANE_U)
    calibration = Calibration(
        id=identity,
        created=made,
        valid_until=made + valid_for,
        camera=model,
        u_scale=math.sqrt(fit.scale_relative_u**2 + plane.u_board**2 + u_plane**2),
        edge_offset_px=0.0,
        u_edge_px=UNCALIBRATED_EDGE_PX,
        correlation=0.0,
        local_px=fit.model.rms_px / math.sqrt(2.0),
        psf_sigma_px=None,
        clipping=Clipping.ANY,
        temperature_c=20.0,
        made_from=f"{board_spec} in {len(fit.views)} pictures",
    )
    all_refused = refused + [(r.name, r.reason) for r in fit.rejected]
    return calibration, BoardReport(fit, tuple(all_refused))


def _fitted(
    views: list[BoardView], paths: list[Path], size: tuple[int, int], wanted: Path | None, focal_length_px: float | None
) -> CameraCalibration:
    """The lens; the measuring plane is that of `wanted`, or of the first view that the fit does not reject."""
    width, height = size
    if wanted is not None:
        if wanted not in paths:
            raise CalibrationError(
                "the picture of the measuring plane is not among those that show the board", place=str(wanted)
            )
        return calibrate(views, width, height, focal_length_px=focal_length_px, plane_view=paths.index(wanted))
    for number in range(len(views)):
        try:
            return calibrate(views, width, height, focal_length_px=focal_length_px, plane_view=number)
        except CalibrationError:
            if number == len(views) - 1:
                raise
    raise CalibrationError("no picture shows the board")

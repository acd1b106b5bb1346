"""Calibrate a camera from pictures of a board: which pictures served, the lens, the plane, and what the scale is
worth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from station.cycle.camera_report import BoardReport, evidence_of, lens_remarks, thumbnail
from station.cycle.pictures import read_picture
from station.errors import CalibrationError, InputError
from station.metrology.calibration import Calibration, Clipping
from station.metrology.lens import CameraCalibration, calibrate
from station.vision.boards import BoardView, Refusal, find_board, parse_board

UNKNOWN_PLANE_U = 0.009  # a part a few millimetres off the board's plane at an ordinary working distance
KNOWN_PLANE_U = 0.001
# A telecentric lens as makers sell it: 0.1 degrees seen 6 mm off the axis, a part one millimetre off the plane.
UNKNOWN_TELECENTRICITY_U = 3e-4
PLANE_KNOWN_MM = 1.0  # how near the part's plane is to the one given, where the telecentricity was measured
BOARD_TEMPERATURE_U_K = 1.0
# No edge was calibrated: diffraction, gamma and a clipped field each move edges by up to a third of a pixel.
UNCALIBRATED_EDGE_PX = 0.30


@dataclass(frozen=True, slots=True)
class BoardPlane:
    """Where the parts lie: the board's plane in the picture `view` (None: the first usable), `offset_mm` nearer to the
    camera; `u_scale` what is not known of that (relative, None: by default), `u_board` of the board's own size, which
    is certified at 20 °C: at `temperature_c` it is longer by its `cte_ppm_per_k` (0: not corrected)."""

    view: Path | None
    offset_mm: float
    u_scale: float | None
    u_board: float
    temperature_c: float = 20.0
    cte_ppm_per_k: float = 0.0

    @property
    def growth(self) -> float:
        """Length of the board as it was used over its certified length."""
        return 1.0 + 1e-6 * self.cte_ppm_per_k * (self.temperature_c - 20.0)

    @property
    def board_relative_u(self) -> float:
        """Relative standard uncertainty of the board's length as it was used."""
        return math.hypot(self.u_board, 1e-6 * self.cte_ppm_per_k * BOARD_TEMPERATURE_U_K)


@dataclass(frozen=True, slots=True)
class LensKind:
    """What is known of the lens: its focal length in pixels (pinhole only), or that it is telecentric; then
    `heights_mm` of the board in some pictures, towards the camera, tell by how much it is not."""

    focal_length_px: float | None = None
    telecentric: bool = False
    heights_mm: Mapping[Path, float] = field(default_factory=dict)


def calibrate_from_board(
    images: Sequence[Path],
    board_spec: str,
    plane: BoardPlane,
    *,
    lens: LensKind,
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
    _check_asked(images, plane, lens)
    views: list[BoardView] = []
    paths: list[Path] = []
    refused: list[tuple[str, str]] = []
    remarks: list[tuple[str, str]] = []
    thumbnails: list[tuple[str, NDArray[np.uint8]]] = []
    size: tuple[int, int] | None = None
    for path in images:
        progress(path.name)
        picture = read_picture(path, "front")
        if size is not None and size != (picture.width_px, picture.height_px):
            raise CalibrationError("the board's pictures differ in size", place=str(path))
        size = (picture.width_px, picture.height_px)
        thumbnails.append((path.name, thumbnail(picture.pixels)))
        found = find_board(picture.pixels, board, name=path.name)
        if isinstance(found, Refusal):
            refused.append((path.name, found.sentence))
        else:
            views.append(replace(found, points_mm=found.points_mm * plane.growth, dot_mm=found.dot_mm * plane.growth))
            paths.append(path)
            if found.remark:
                remarks.append((path.name, found.remark))
    if not views or size is None:
        reasons = "; ".join(f"{name}: {sentence}" for name, sentence in refused[:3])
        raise CalibrationError(f"no picture shows the board ({reasons})")
    fit = _fitted(views, paths, size, plane.view, lens)
    all_refused = tuple(refused + [(r.name, r.reason) for r in fit.rejected])
    model = replace(fit.model, evidence=evidence_of(fit, all_refused))
    model = model.raised_by(plane.offset_mm) if plane.offset_mm else model
    u_plane = plane.u_scale if plane.u_scale is not None else _plane_u(fit, plane.offset_mm)
    calibration = Calibration(
        id=identity,
        created=made,
        valid_until=made + valid_for,
        camera=model,
        u_scale=math.sqrt(fit.scale_relative_u**2 + plane.board_relative_u**2 + u_plane**2),
        edge_offset_px=0.0,
        u_edge_px=UNCALIBRATED_EDGE_PX,
        correlation=0.0,
        local_px=fit.model.rms_px / math.sqrt(2.0),
        psf_sigma_px=None,
        clipping=Clipping.ANY,
        temperature_c=plane.temperature_c,
        made_from=f"{board_spec} in {len(fit.views)} picture{'s' if len(fit.views) != 1 else ''}"
        f"{', telecentric lens' if lens.telecentric else ''}",
    )
    remarks += lens_remarks(fit, telecentric=lens.telecentric, focal_given=lens.focal_length_px is not None)
    return calibration, BoardReport(fit, all_refused, tuple(remarks), tuple(thumbnails))


def _check_asked(images: Sequence[Path], plane: BoardPlane, lens: LensKind) -> None:
    if lens.telecentric and lens.focal_length_px is not None:
        raise InputError("a telecentric lens has no focal length that acts on the scale", place="--focal-length")
    if lens.heights_mm and not lens.telecentric:
        raise InputError("heights serve a telecentric lens; a pinhole's follow from its pictures", place="--height")
    for path, height in lens.heights_mm.items():
        if path not in images:
            raise InputError(f"the picture {path} is not among those given", place="--height")
        if not abs(height) <= 1000.0:
            raise InputError(f"a height of {height:g} mm makes no sense", place="--height")
    if not (-40.0 <= plane.temperature_c <= 150.0 and 0.0 <= plane.cte_ppm_per_k <= 200.0):
        raise InputError(
            f"{plane.temperature_c:g} °C and {plane.cte_ppm_per_k:g} ppm/K are not those of a board",
            place="--board-cte",
        )
    if plane.temperature_c != 20.0 and plane.cte_ppm_per_k == 0.0:
        raise InputError(
            "the board's temperature counts only with its expansion: give --board-cte (soda-lime glass 8.5, "
            "borosilicate 3.3, fused silica 0.5, aluminium 23, paper and film not at all well known)",
            place="--board-temperature",
        )


def _plane_u(fit: CameraCalibration, offset_mm: float) -> float:
    """What the scale is uncertain by because nobody knows better where the part's plane is."""
    if not fit.model.telecentric:
        return KNOWN_PLANE_U if offset_mm else UNKNOWN_PLANE_U
    if fit.telecentricity_u_per_mm is None:
        return UNKNOWN_TELECENTRICITY_U * max(1.0, abs(offset_mm))
    known = fit.model.telecentricity_per_mm * PLANE_KNOWN_MM
    return math.hypot(known, fit.telecentricity_u_per_mm * max(PLANE_KNOWN_MM, abs(offset_mm)))


def _fitted(
    views: list[BoardView], paths: list[Path], size: tuple[int, int], wanted: Path | None, lens: LensKind
) -> CameraCalibration:
    """The lens; the measuring plane is that of `wanted`, or of the first view that the fit does not reject."""
    heights = [lens.heights_mm.get(path) for path in paths] if lens.heights_mm else None

    def fit(plane_view: int) -> CameraCalibration:
        return calibrate(
            views,
            *size,
            focal_length_px=lens.focal_length_px,
            plane_view=plane_view,
            telecentric=lens.telecentric,
            heights_mm=heights,
        )

    if wanted is not None:
        if wanted not in paths:
            raise CalibrationError(
                "the picture of the measuring plane is not among those that show the board", place=str(wanted)
            )
        return fit(paths.index(wanted))
    for number in range(len(views)):
        try:
            return fit(number)
        except CalibrationError:
            if number == len(views) - 1:
                raise
    raise CalibrationError("no picture shows the board")

"""What is known of camera and lamp, `light/1`: noise, linearity, pixels that differ, how the lamp lights the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from station.errors import CalibrationError
from station.metrology.estimate import Estimate
from station.metrology.photon_transfer import PhotonTransfer
from station.metrology.sections import Made, from_document, to_document

SCHEMA = "light/1"
CHANGE_PERCENT = 5.0  # of the lamp's level or of a place of its map: beyond, somebody should look


@dataclass(frozen=True, slots=True)
class PixelDifferences:
    """How pixels differ (EMVA 1288, 8): in the dark in electrons, under light in percent; `dsnu_e` and `prnu_percent`
    over everything, so with the lamp's shape, the others without what is smooth. `frames` bright ones were averaged at
    `exposure_us`. Defective pixels as (column, row), the worst first; at most 200 of each are listed."""

    exposure_us: float
    frames: int
    dark_frames: int
    dsnu_e: Estimate
    dsnu_rows_e: Estimate
    dsnu_columns_e: Estimate
    dsnu_pixels_e: Estimate
    prnu_percent: Estimate
    prnu_rows_percent: Estimate
    prnu_columns_percent: Estimate
    prnu_pixels_percent: Estimate
    hot_count: int
    dead_count: int
    hot: tuple[tuple[int, int], ...]
    dead: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class LampState:
    """The light over the field: `center_dn` above dark at `exposure_us`, `center_dn_per_us` and as a share of
    saturation; `falloff_percent` from the brightest to the darkest cell of `cells` (rows of means relative to the
    brightest); `flicker_percent` from frame to frame; `correction_noise` by how much a flat-field correction raises a
    pixel's noise on average."""

    exposure_us: float
    center_dn: float
    center_dn_per_us: float
    center_share: float
    falloff_percent: float
    flicker_percent: Estimate
    correction_noise: float
    cells: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class LampChange:
    """Against an earlier state, in percent: the level in the middle at equal exposure, the fall-off (points), and the
    place (row, column of the map) that changed most relative to the others."""

    center_percent: float
    falloff_points: float
    worst_percent: float
    worst_cell: tuple[int, int]

    @property
    def notable(self) -> bool:
        """Whether somebody should look at the lamp."""
        return max(abs(self.center_percent), abs(self.falloff_points), abs(self.worst_percent)) > CHANGE_PERCENT


@dataclass(frozen=True, slots=True)
class Light:
    """The document `light/1`."""

    made: Made
    width_px: int
    height_px: int
    bit_depth: int
    transfer: PhotonTransfer
    pixels: PixelDifferences
    lamp: LampState
    change: LampChange | None
    notes: tuple[str, ...]

    def to_document(self) -> dict[str, Any]:
        """As JSON, with its hash."""
        return to_document(self, SCHEMA)

    @classmethod
    def from_document(cls, document: object, place: str) -> Light:
        """Raises: CalibrationError with the place."""
        return from_document(cls, SCHEMA, document, place)


def changed(now: LampState, before: LampState) -> LampChange:
    """How the lamp changed.

    Raises:
        CalibrationError: the two maps differ in size.
    """
    new, old = np.array(now.cells), np.array(before.cells)
    if new.shape != old.shape:
        raise CalibrationError("the accepted document has another map of the lamp: it cannot be compared")
    ratio = (new / new.mean()) / (old / old.mean()) - 1.0
    row, column = divmod(int(np.abs(ratio).argmax()), ratio.shape[1])
    return LampChange(
        center_percent=100.0 * (now.center_dn_per_us / before.center_dn_per_us - 1.0),
        falloff_points=now.falloff_percent - before.falloff_percent,
        worst_percent=100.0 * float(ratio[row, column]),
        worst_cell=(row, column),
    )

"""How sharp a camera sees edges, `psf/1`, and at which heights, `focus/1`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from station.metrology.estimate import Estimate
from station.metrology.focus import FocalPlane, FocusCell, FocusCurve
from station.metrology.sections import Made, from_document, to_document

PSF_SCHEMA = "psf/1"
FOCUS_SCHEMA = "focus/1"


@dataclass(frozen=True, slots=True)
class FocusPosition:
    """One picture of the series: the median edge spread (px) of `edges` stretches, the size relative to the picture
    nearest the best position (null where it could not be told)."""

    z_mm: float
    sigma_px: float
    edges: int
    size: float | None


@dataclass(frozen=True, slots=True)
class Focus:
    """The document `focus/1`.

    `allowed_px` is the edge spread that was allowed, `depth_mm` how far above and below the best position it is kept;
    `sideways_mm`: best position of edges whose normal runs across the picture less that of edges whose normal runs
    down (astigmatism); `plane` how the best position changes over the field, `tilt_deg` the same where the scale is
    known; `size_per_mm`: relative change of size per millimetre of height, with `chief_ray_deg` at the field's edge and
    `size_depth_mm`, the height that changes a size by `size_allowed` (relative), where they can be told."""

    made: Made
    width_px: int
    height_px: int
    mm_per_px: float | None
    curve: FocusCurve
    allowed_px: float
    depth_mm: float
    sideways_mm: Estimate | None
    plane: FocalPlane | None
    tilt_deg: Estimate | None
    cells: tuple[FocusCell, ...]
    size_per_mm: Estimate | None
    size_allowed: float
    size_depth_mm: float | None
    chief_ray_deg: float | None
    positions: tuple[FocusPosition, ...]
    notes: tuple[str, ...]

    def to_document(self) -> dict[str, Any]:
        """As JSON, with its hash."""
        return to_document(self, FOCUS_SCHEMA)

    @classmethod
    def from_document(cls, document: object, place: str) -> Focus:
        """Raises: CalibrationError with the place."""
        return from_document(cls, FOCUS_SCHEMA, document, place)


@dataclass(frozen=True, slots=True)
class PsfPlace:
    """One edge: where, which way its normal points (degrees, x right and y down), how sharp. `sigma_px` of the slanted
    edge's Gaussian step and `core_sigma_px` of the vision core hold lens and pixel together; `mtf50` in cycles per
    pixel (null where more is transferred throughout), `misfit_percent` rms of what the Gaussian step leaves of the
    contrast, of which `noise_percent` is noise; `mtf` at 0, 0.025, … 1 cycles per pixel."""

    image: str
    x_px: float
    y_px: float
    normal_deg: float
    length_px: float
    sigma_px: Estimate
    core_sigma_px: float
    mtf50: Estimate | None
    mtf_nyquist: Estimate
    misfit_percent: float
    noise_percent: float
    mtf: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PsfSummary:
    """Medians over all places: edge spread by both ways, of edges whose normal runs across the picture and down it,
    least and largest over the field, MTF50, MTF at the Nyquist frequency, and what the Gaussian step leaves beyond
    noise."""

    places: int
    sigma_px: Estimate
    core_sigma_px: float
    across_px: Estimate | None
    down_px: Estimate | None
    least_px: float
    largest_px: float
    mtf50: float | None
    mtf_nyquist: float
    misfit_percent: float


@dataclass(frozen=True, slots=True)
class Psf:
    """The document `psf/1`."""

    made: Made
    width_px: int
    height_px: int
    summary: PsfSummary
    places: tuple[PsfPlace, ...]
    notes: tuple[str, ...]

    def to_document(self) -> dict[str, Any]:
        """As JSON, with its hash."""
        return to_document(self, PSF_SCHEMA)

    @classmethod
    def from_document(cls, document: object, place: str) -> Psf:
        """Raises: CalibrationError with the place."""
        return from_document(cls, PSF_SCHEMA, document, place)

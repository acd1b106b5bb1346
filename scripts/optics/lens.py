"""What a sensor and a telecentric lens give, by the formulas that lens makers use.

Sources: Rayleigh's 0.61 λ/NA; σ = 0.21 λ/NA for the Gaussian nearest to an Airy pattern (B. Zhang, J. Zerubia and
J.-C. Olivo-Marin, Applied Optics 46 (2007) 1819); depth λ/NA² + e/(M NA) (S. Inoué and K. Spring, Video Microscopy,
1997); a coherently lit edge appears at half of its light 0.106 λ/NA inside the light, from Si(v) = (√2 - 1) π/2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WAVELENGTH_UM = 0.52  # a green LED
STROBE_US = 100.0
SMEAR_PX = 0.5  # a part may move that far while it is exposed
HEIGHT_MM = 0.1  # by which the upper edge of a part may lie higher than the masters'
ALUMINIUM_PPM_PER_K = 23.5


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor with square pixels."""

    name: str
    width_px: int
    height_px: int
    pixel_um: float

    @property
    def diagonal_mm(self) -> float:
        """What the lens's image circle must cover."""
        return math.hypot(self.width_px, self.height_px) * self.pixel_um / 1000.0


@dataclass(frozen=True, slots=True)
class Lens:
    """A lens; `na` is the numerical aperture on the part's side, `telecentricity_deg` and `distortion_percent` the most
    that its class has, `known` who says so: "data sheet" or "class"."""

    name: str
    magnification: float
    na: float
    working_mm: float
    telecentricity_deg: float
    distortion_percent: float
    known: str


@dataclass(frozen=True, slots=True)
class Optics:
    """A sensor behind a lens, for a field whose longer side is `field_mm`. Lengths on the part unless said."""

    field_mm: int
    sensor: Sensor
    lens: Lens

    @property
    def pixel_um(self) -> float:
        """A pixel's side, seen on the part."""
        return self.sensor.pixel_um / self.lens.magnification

    @property
    def seen_mm(self) -> tuple[float, float]:
        """The field of view, the longer side first."""
        return self.sensor.width_px * self.pixel_um / 1000.0, self.sensor.height_px * self.pixel_um / 1000.0

    @property
    def f_number(self) -> float:
        """The working f-number, on the sensor's side."""
        return self.lens.magnification / (2.0 * self.lens.na)

    @property
    def airy_um(self) -> float:
        """Radius of the Airy disc: the finest detail that is told from its neighbour."""
        return 0.61 * WAVELENGTH_UM / self.lens.na

    @property
    def blur_px(self) -> float:
        """Standard deviation of an ideal lens's blur, without the pixel's own box: `psf_sigma_px` of the twin."""
        return 0.21 * WAVELENGTH_UM / self.lens.na / self.pixel_um

    @property
    def step_px(self) -> float:
        """Standard deviation of an edge's step in the picture, with the pixel's box."""
        return math.hypot(self.blur_px, math.sqrt(1.0 / 12.0))

    @property
    def edge_offset_px(self) -> float:
        """How far diffraction moves an edge outwards at a collimated backlight; the calibration takes it off."""
        return 0.106 * WAVELENGTH_UM / self.lens.na / self.pixel_um

    @property
    def depth_um(self) -> float:
        """Depth of field, all of it: diffraction's share and the height at which defocus is one pixel wide."""
        return WAVELENGTH_UM / self.lens.na**2 + self.pixel_um / self.lens.na

    @property
    def height_error_um(self) -> float:
        """How far an edge moves in the picture when it lies 0.1 mm higher."""
        return 1000.0 * HEIGHT_MM * math.tan(math.radians(self.lens.telecentricity_deg))

    @property
    def distortion_um(self) -> float:
        """How far a corner of the field lies off, before the dot grid has calibrated the lens."""
        return 10.0 * self.lens.distortion_percent * math.hypot(*self.seen_mm) / 2.0

    @property
    def speed_mm_s(self) -> float:
        """The fastest a part may move under the strobe."""
        return SMEAR_PX * self.pixel_um / 1000.0 / (STROBE_US * 1e-6)

    @property
    def focus_drift_um_per_k(self) -> float:
        """How far an aluminium column as long as the working distance carries the focus."""
        return ALUMINIUM_PPM_PER_K * self.lens.working_mm / 1000.0

"""How many photons a pixel gets, from what a power meter says (EMVA 1288, release 4 linear, 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from station.errors import InputError
from station.metrology.estimate import Estimate

_PLANCK_J_S, _LIGHT_M_PER_S = 6.62607015e-34, 299_792_458.0


@dataclass(frozen=True, slots=True)
class Irradiance:
    """What reaches the sensor's plane: µW/cm² with its relative standard uncertainty, wavelength, side of a pixel."""

    uw_per_cm2: float
    u_relative: float
    wavelength_nm: float
    pixel_um: float

    def photons_per_us(self) -> Estimate:
        """Photons that reach one pixel in a microsecond.

        Raises:
            InputError: a number that is none.
        """
        for name, value in (
            ("irradiance", self.uw_per_cm2),
            ("wavelength", self.wavelength_nm),
            ("pixel", self.pixel_um),
        ):
            if not 0.0 < value < 1e9:
                raise InputError(f"the {name} has to be a positive number, not {value:g}")
        watts = self.uw_per_cm2 * 1e-6 * (self.pixel_um * 1e-4) ** 2
        photon_j = _PLANCK_J_S * _LIGHT_M_PER_S / (self.wavelength_nm * 1e-9)
        per_us = watts / photon_j * 1e-6
        return Estimate(per_us, per_us * abs(self.u_relative))

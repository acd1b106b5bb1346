"""Who calibrates what, as the documents of light, focus and PSF say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from station import __version__
from station.errors import CalibrationError
from station.metrology.sections import InputFile, Made

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Signed:
    """When, by whom, of which camera and lamp (serials; empty: not said), at which temperature (None: not known)."""

    created: datetime
    by: str = ""
    camera_serial: str = ""
    lamp_serial: str = ""
    temperature_c: float | None = None

    def made_from(self, inputs: Sequence[InputFile]) -> Made:
        """The head of a document.

        Raises:
            CalibrationError: a temperature that is none, or a name that is too long.
        """
        if self.temperature_c is not None and not -40.0 <= self.temperature_c <= 150.0:
            raise CalibrationError(f"{self.temperature_c:g} °C is no temperature to calibrate at")
        for text in (self.by, self.camera_serial, self.lamp_serial):
            if len(text) > _LONGEST:
                raise CalibrationError(f"{text[:20]!r}… is longer than the {_LONGEST} characters allowed")
        serials = self.camera_serial, self.lamp_serial
        return Made(self.created, self.by, *serials, self.temperature_c, __version__, tuple(inputs))

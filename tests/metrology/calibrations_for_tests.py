"""A calibration made by hand: of any camera, certain of everything but what a test says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import CameraModel

WHEN = datetime(2026, 11, 22, tzinfo=UTC)


def exact_calibration(camera: CameraModel, **changes: Any) -> Calibration:
    """Without any uncertainty of its own, and without knowledge of the blur."""
    known: dict[str, Any] = {
        "id": "exact",
        "created": WHEN,
        "valid_until": WHEN.replace(year=2030),
        "camera": camera,
        "u_scale": 0.0,
        "edge_offset_px": 0.0,
        "u_edge_px": 0.0,
        "correlation": 0.0,
        "local_px": 0.0,
        "psf_sigma_px": None,
        "clipping": Clipping.NONE,
        "temperature_c": 20.0,
        "made_from": "a test",
    }
    return Calibration(**{**known, **changes})

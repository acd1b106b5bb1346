"""Stand-ins for learned models whose answer one can work out by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.cycle.marks.surface import SurfaceSettings

Floats = NDArray[np.float32]


@dataclass
class DarkIsBad:
    """Scores each pixel by how much darker than its surroundings it is: 2 for each unit of the local contrast beyond 4,
    at both scales together."""

    settings: SurfaceSettings = field(default_factory=lambda: SurfaceSettings(0.0, 0.05, 1.0, 4.0))
    name: str = "surface"
    sha256: str = "5" * 64
    thresholds: dict[str, float] = field(default_factory=lambda: {"defect": 2.0, "doubt": 1.0})

    @property
    def manifest(self) -> Any:
        return SimpleNamespace(threshold=self.thresholds.__getitem__, settings_as=lambda _: self.settings)

    def run(self, x: Floats) -> Floats:
        # Contrasts are halved on their way in.
        return np.asarray(-2.0 * (2.0 * x[:, 1:2]) - 8.0, np.float32)

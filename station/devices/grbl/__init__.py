"""A stage behind a Grbl 1.1 controller, or one that speaks like it (grblHAL, FluidNC); serial port or TCP."""

from station.devices.grbl.facts import GrblFacts
from station.devices.grbl.find import find
from station.devices.grbl.stage import GrblStage

__all__ = ["GrblFacts", "GrblStage", "find"]

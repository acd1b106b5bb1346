"""Our own light and I/O controller (hw/firmware): one client for its serial line, and the devices behind it.

What is safe when something fails is decided in the firmware, not here: see `client`.
"""

from station.devices.controller.client import Controller, ControllerFacts, find
from station.devices.controller.gate import Gate, GateFacts
from station.devices.controller.inputs import Button, Interlock, InterlockFacts
from station.devices.controller.light import Light, LightFacts, Shot
from station.devices.controller.tower import Tower

__all__ = [
    "Button",
    "Controller",
    "ControllerFacts",
    "Gate",
    "GateFacts",
    "Interlock",
    "InterlockFacts",
    "Light",
    "LightFacts",
    "Shot",
    "Tower",
    "find",
]

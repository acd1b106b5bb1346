"""Devices at the pins of the Pi's header, through gpiozero (and lgpio on a Pi): lamps, gate, tower, start button,
interlock, line handshake."""

from station.devices.gpio.button import Button
from station.devices.gpio.gate import Gate, GateFacts
from station.devices.gpio.handshake import Handshake, HandshakeFacts
from station.devices.gpio.interlock import Interlock, InterlockFacts
from station.devices.gpio.lamps import Light, LightFacts
from station.devices.gpio.pins import InputFacts
from station.devices.gpio.tower import Tower, TowerFacts

__all__ = [
    "Button",
    "Gate",
    "GateFacts",
    "Handshake",
    "HandshakeFacts",
    "InputFacts",
    "Interlock",
    "InterlockFacts",
    "Light",
    "LightFacts",
    "Tower",
    "TowerFacts",
]

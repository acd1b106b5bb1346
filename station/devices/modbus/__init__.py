"""Devices over Modbus, through pymodbus: the line handshake for PLCs (we are the server), light controllers (we are
the client, over TCP or RTU)."""

from station.devices.modbus.handshake import Handshake, HandshakeFacts
from station.devices.modbus.lamps import Light, LightFacts

__all__ = ["Handshake", "HandshakeFacts", "Light", "LightFacts"]

"""Which pin does what. The controller's are its firmware's (hw/firmware/src/pins.h); the header's are our suggestion,
and a rig's TOML says what is really wired."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wire:
    """One line from a `pin` (as printed on the board) to what hangs on it: `through` a driver or a contact to `to`."""

    pin: str
    role: str
    through: str
    to: str


MOSFET = "MOSFET driver, 10 kΩ to 0 V"
LOW_SIDE = "ULN2803 channel, 10 kΩ to 0 V"
CONTACT = "contact to 0 V"
OPTO_OUT = "optocoupler, 10 kΩ to 0 V"
OPTO_IN = "optocoupler to 0 V"

CONTROLLER_OUT = (
    Wire("D6", "lamp 1", MOSFET, "backlight"),
    Wire("D5", "lamp 2", MOSFET, "ring"),
    Wire("D11", "lamp 3", MOSFET, "dark field"),
    Wire("D3", "lamp 4", MOSFET, "front"),
    Wire("A0", "lamp 5", MOSFET, "free (1 kHz)"),
    Wire("A1", "lamp 6", MOSFET, "free (1 kHz)"),
    Wire("A2", "lamp 7", MOSFET, "free (1 kHz)"),
    Wire("A3", "lamp 8", MOSFET, "free (1 kHz)"),
    Wire("D9", "camera", OPTO_OUT, "trigger of the camera"),
    Wire("D10", "gate", MOSFET, "valve, from 24 V S"),
    Wire("A4", "tower red", LOW_SIDE, "tower"),
    Wire("A5", "tower amber", LOW_SIDE, "tower"),
    Wire("D12", "tower green", LOW_SIDE, "tower"),
    Wire("D13", "tower blue", LOW_SIDE, "tower"),
)
CONTROLLER_IN = (
    Wire("D2", "start", CONTACT, "push button, normally open"),
    Wire("D4", "door", CONTACT, "door switch, closed when shut"),
    Wire("D7", "emergency stop", CONTACT, "safety relay's signal contact"),
    Wire("D8", "trigger", OPTO_IN, "line or light barrier"),
)

HEADER_OUT = (
    Wire("GPIO18", "lamp backlight", MOSFET, "backlight"),
    Wire("GPIO23", "lamp front", MOSFET, "front"),
    Wire("GPIO24", "lamp ring", MOSFET, "ring"),
    Wire("GPIO25", "lamp dark", MOSFET, "dark field"),
    Wire("GPIO17", "gate (kicked)", "watchdog relay, 10 kΩ to 0 V", "valve, from 24 V S"),
    Wire("GPIO22", "tower red", LOW_SIDE, "tower"),
    Wire("GPIO27", "tower yellow", LOW_SIDE, "tower"),
    Wire("GPIO10", "tower green", LOW_SIDE, "tower"),
    Wire("GPIO9", "tower blue", LOW_SIDE, "tower"),
    Wire("GPIO11", "tower buzzer", LOW_SIDE, "tower"),
    Wire("GPIO12", "line: ready", OPTO_OUT, "PLC"),
    Wire("GPIO13", "line: busy", OPTO_OUT, "PLC"),
    Wire("GPIO16", "line: result valid", OPTO_OUT, "PLC"),
    Wire("GPIO20", "line: OK", OPTO_OUT, "PLC"),
    Wire("GPIO21", "line: NOK", OPTO_OUT, "PLC"),
    Wire("GPIO19", "line: fault", OPTO_OUT, "PLC"),
    Wire("GPIO26", "line: alive", OPTO_OUT, "PLC"),
)
HEADER_IN = (
    Wire("GPIO4", "start", CONTACT, "push button, normally open"),
    Wire("GPIO5", "door", CONTACT, "door switch, closed when shut"),
    Wire("GPIO6", "emergency stop", CONTACT, "safety relay's signal contact"),
    Wire("GPIO7", "line: trigger", OPTO_IN, "PLC"),
    Wire("GPIO8", "gate sense", CONTACT, "closed while the gate holds"),
)

# Of the header of every Raspberry Pi since the B+.
BOARD = {
    "GPIO2": 3, "GPIO3": 5, "GPIO4": 7, "GPIO14": 8, "GPIO15": 10, "GPIO17": 11, "GPIO18": 12, "GPIO27": 13,
    "GPIO22": 15, "GPIO23": 16, "GPIO24": 18, "GPIO10": 19, "GPIO9": 21, "GPIO25": 22, "GPIO11": 23, "GPIO8": 24,
    "GPIO7": 26, "GPIO0": 27, "GPIO1": 28, "GPIO5": 29, "GPIO6": 31, "GPIO12": 32, "GPIO13": 33, "GPIO19": 35,
    "GPIO16": 36, "GPIO26": 37, "GPIO20": 38, "GPIO21": 40,
}  # fmt: skip

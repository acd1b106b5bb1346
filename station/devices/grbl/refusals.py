"""Every error answer in plain words.

Numbers 1 to 38 are Grbl 1.1's (gnea/grbl, doc/csv/error_codes_en_US.csv); beyond, grblHAL (core/errors.h) and FluidNC
(Error.h) each have their own. Those that speak of a line (1, 2, 3, 11, 20 to 38) mean that it arrived garbled: the
station sends only lines that are right.
"""

from __future__ import annotations

from station.devices.grbl.said import Dialect

_GARBLED = "; it arrived garbled: look at the cable"

COMMON = {
    1: "a word of the line has no letter" + _GARBLED,
    2: "a number of the line is missing or wrong" + _GARBLED,
    3: "it does not know this $ command" + _GARBLED,
    4: "a value that must be positive is negative" + _GARBLED,
    5: "homing is switched off in the controller ($22=0): have it switched on, or say homing = false in the rig's file",
    6: "a step pulse shorter than 3 µs is not possible: have its setting $0 put right",
    7: "its stored settings could not be read and are the factory's now: have them set again before anything moves",
    8: "it is busy and takes no command now: wait until it stands, or recover",
    9: "it is locked after an alarm: recover and home",
    10: "soft limits need homing: have it switched on ($22=1)",
    11: "the line is longer than it can take" + _GARBLED,
    12: "a setting asks for more steps a second than it can make: have $100 to $112 put right",
    13: "the door is open: close it, then recover and home",
    14: "the text is longer than it can keep",
    15: "the target lies beyond the machine's travel",
    16: "this is no jog command" + _GARBLED,
    17: "laser mode needs a spindle output with PWM: have $32 set to 0",
    20: "it does not know a command of the line" + _GARBLED,
    21: "two commands of the line exclude each other" + _GARBLED,
    22: "the speed is missing" + _GARBLED,
    23: "a command needs a whole number" + _GARBLED,
    24: "two commands of the line want the same axes" + _GARBLED,
    25: "a word stands twice in the line" + _GARBLED,
    26: "the axes are missing in the line" + _GARBLED,
    27: "the line's number is not possible" + _GARBLED,
    28: "a command lacks its value" + _GARBLED,
    29: "it does not have this coordinate system" + _GARBLED,
    30: "machine coordinates (G53) go only with straight moves" + _GARBLED,
    31: "there are axes in a line that needs none" + _GARBLED,
    32: "an arc lacks its axes" + _GARBLED,
    33: "the target is not possible" + _GARBLED,
    34: "the arc's radius is not possible" + _GARBLED,
    35: "an arc lacks its centre" + _GARBLED,
    36: "there are values in the line that nothing uses" + _GARBLED,
    37: "the tool's length is given for another axis than the tool's" + _GARBLED,
    38: "the tool's number is too large" + _GARBLED,
}

_GRBLHAL = {
    18: "it was reset meanwhile: recover and home",
    19: "a value that must be positive is not" + _GARBLED,
    39: "a value lies outside of what is possible" + _GARBLED,
    40: "it waits for a change of tool: finish it, or recover",
    41: "the spindle does not turn",
    42: "the plane is wrong for this command" + _GARBLED,
    43: "the speed is higher than the machine can go: lower feed_mm_per_min",
    44: "the spindle's speed is not possible",
    45: "a limit switch is pressed, and it allows nothing but homing: home",
    46: "it must be homed first: home",
    47: "it does not know which tool it holds",
    48: "two values of the line exclude each other" + _GARBLED,
    49: "its self-test failed: switch it off and on; if it fails again, replace the controller",
    50: "the emergency stop is pressed: release it, then recover and home",
    51: "a motor drive reports a fault: look at the drive and its motor",
    52: "a setting's value is not possible",
    53: "this controller does not have this setting",
    54: "the way back lies below the hole" + _GARBLED,
    55: "its settings for homing do not fit the machine: have them put right",
    56: "the coordinate system is locked",
    57: "a file's end stands where none may be" + _GARBLED,
    58: "it does not have this input or output",
    60: "its memory card could not be opened",
    61: "a file of it could not be read",
    62: "a folder of it could not be opened",
    63: "a folder of it is not there",
    64: "it has no memory card",
    65: "it has no files",
    66: "its files cannot be written",
    70: "its Bluetooth did not start",
    71: "an expression has an unknown sign" + _GARBLED,
    72: "an expression divides by zero" + _GARBLED,
    73: "an expression's value is not possible" + _GARBLED,
    74: "an expression's value is of the wrong kind" + _GARBLED,
    75: "an expression is not complete" + _GARBLED,
    76: "an expression has no result" + _GARBLED,
    77: "it asks for a password: have it taken off, or another controller's port used",
    78: "it does not allow this here",
    79: "it allows nothing before the alarm's cause is mended: recover",
    80: "this command is allowed in a stored program only" + _GARBLED,
    81: "it does not know this command of a stored program" + _GARBLED,
    82: "a stored program is nested too deeply",
    83: "a stored program needs more memory than there is",
    84: "a file of it could not be opened",
    253: "a stored program stopped with an error of its own",
}

_FLUIDNC = {
    18: "its settings name no axis that homes: have them put right",
    19: "it does not home single axes",
    38: "a value is larger than possible" + _GARBLED,
    39: "a parameter's number is larger than possible" + _GARBLED,
    40: "an input (door, button or stop) is active: release it, then recover and home",
    60: "its files could not be opened",
    61: "a file of it could not be read",
    62: "a folder of it could not be opened",
    63: "a folder of it is not there",
    64: "a file of it is empty",
    65: "a file of it is not there",
    66: "a file of it could not be opened",
    67: "its files are in use",
    68: "a folder of it could not be removed",
    69: "a file of it could not be removed",
    70: "a file of it could not be renamed",
    71: "its wireless network did not start",
    80: "a setting's number is not possible",
    81: "a setting's value is not possible",
    82: "a file of it could not be made",
    83: "its memory could not be formatted",
    90: "it could not send a message",
    100: "a setting could not be kept",
    101: "its settings could not be counted",
    110: "it asks for a password: have it taken off, or another controller's port used",
    111: "a line ended where none may end" + _GARBLED,
    120: "another program drives it: only one may",
}

BY_DIALECT = {
    Dialect.GRBL: COMMON,
    Dialect.GRBLHAL: COMMON | _GRBLHAL,
    Dialect.FLUIDNC: COMMON | _FLUIDNC,
}


def refusal_words(number: int, dialect: Dialect = Dialect.GRBL) -> str:
    """Why a line was not taken, as a part of a sentence; an unknown number is said to be so."""
    return BY_DIALECT[dialect].get(number, f"its error {number}, which this program does not know")

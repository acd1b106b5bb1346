"""Every alarm in plain words: what happened, and what a person does about it.

Numbers 1 to 9 are Grbl 1.1's (gnea/grbl, doc/csv/alarm_codes_en_US.csv); from 10 on grblHAL (core/alarms.c) and FluidNC
(ExecAlarm) each have their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.devices.grbl.said import Dialect


@dataclass(frozen=True, slots=True)
class AlarmWords:
    """`what` happened, and what to `do`; both are whole sentences without their full stops.

    `silent`: it answers nothing more, not even how it is, until it is reset. `of_reset`: it may come of the station's
    own reset, and nothing but homing mends it.
    """

    what: str
    do: str
    silent: bool = False
    of_reset: bool = False


COMMON = {
    1: AlarmWords(
        "A limit switch was hit, and the drives were stopped at once; the position is lost",
        "Look what is in the way, free the axis from its switch by hand, then recover and home",
        silent=True,
    ),
    2: AlarmWords(
        "A target beyond the machine's travel reached the controller, which refused it",
        "Compare the rig's file with the machine's settings $130 to $132, then recover and home",
        silent=True,
    ),
    3: AlarmWords(
        "The controller was reset while the axes moved; the position is lost",
        "See that nothing is in the way, then recover and home",
        of_reset=True,
    ),
    4: AlarmWords(
        "The probe was not in the state that probing starts from",
        "Look at the probe and its cable, then recover and home",
    ),
    5: AlarmWords(
        "The probe touched nothing within its travel",
        "Look at the probe, and whether the part lies there, then recover and home",
    ),
    6: AlarmWords(
        "Homing was cut off by a reset", "See that nothing is in the way, then recover and home", of_reset=True
    ),
    7: AlarmWords("The door was opened during homing", "Close the door, then recover and home"),
    8: AlarmWords(
        "After homing the axis did not come free of its limit switch",
        "Look whether the switch sticks or its cable is broken, or have the pull-off distance ($27) made longer; "
        "then recover and home",
    ),
    9: AlarmWords(
        "Homing did not find a limit switch",
        "Look whether the axis moves, and whether the switch and its cable work; then recover and home",
    ),
}

_GRBLHAL = {
    10: AlarmWords(
        "The emergency stop is pressed", "Mend the cause, release the emergency stop, then recover and home"
    ),
    11: AlarmWords("The machine must be homed before it does anything else", "Recover and home", of_reset=True),
    12: AlarmWords("A limit switch is pressed", "Free the axis from its switch by hand, then recover and home"),
    13: AlarmWords("The probe was hit outside of probing", "Look at the probe, then recover and home"),
    14: AlarmWords("The spindle did not reach its speed", "Look at the spindle and its drive, then recover and home"),
    15: AlarmWords(
        "Homing did not find the second switch of an axis with two drives",
        "Look at both switches of that axis and their cables, then recover and home",
    ),
    16: AlarmWords(
        "The controller's self-test failed", "Switch it off and on; if it fails again, replace the controller"
    ),
    17: AlarmWords(
        "A motor drive reports a fault", "Look at the drive and its motor, switch off and on, recover and home"
    ),
    18: AlarmWords(
        "The controller's settings for homing do not fit the machine", "Have its settings put right, recover"
    ),
}

_FLUIDNC = {
    10: AlarmWords("The spindle could not be controlled", "Look at the spindle and its drive, then recover and home"),
    11: AlarmWords(
        "An input (limit switch, door or button) was active when the controller started",
        "Free the switch, or release the button, then recover and home",
    ),
    12: AlarmWords(
        "An axis has both its limit switches pressed, or they share an input, so homing cannot know its side",
        "Free the axis by hand so that no switch is pressed, then recover and home",
    ),
    13: AlarmWords("A limit input or a stop input halted the machine", "Mend the cause, then recover and home"),
    14: AlarmWords("The machine must be homed before it does anything else", "Recover and home", of_reset=True),
    15: AlarmWords("The controller has just started and wants to be recovered", "Recover and home", of_reset=True),
    16: AlarmWords(
        "The controller's board for inputs and outputs restarted", "Look at its cable, then recover and home"
    ),
    17: AlarmWords("A program stopped with an error", "Recover and home; if it comes again, call the engineer"),
    18: AlarmWords("A limit switch was hit while probing", "Free the axis from its switch by hand, recover and home"),
    19: AlarmWords("The spindle and the axis lost step with each other", "Look at the spindle, then recover and home"),
}

BY_DIALECT = {
    Dialect.GRBL: COMMON,
    Dialect.GRBLHAL: COMMON | _GRBLHAL,
    Dialect.FLUIDNC: COMMON | _FLUIDNC,
}


def alarm_words(number: int, dialect: Dialect = Dialect.GRBL) -> AlarmWords:
    """What an alarm means; an unknown one is said to be so."""
    return BY_DIALECT[dialect].get(number) or AlarmWords(
        f"The controller raised its alarm {number}, which this program does not know",
        "Look it up in the controller's own manual, mend the cause, then recover and home",
    )

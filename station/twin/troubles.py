"""Every way the twin misbehaves on request: what can go wrong at a rig."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """By the name a person at the cell would give it."""

    CAMERA_LOST = "camera unplugged"  # in the middle of a frame
    STALE_FRAME = "stale frame"  # the frame before the last change is delivered, with its own time
    WRONG_EXPOSURE = "wrong exposure"  # the camera keeps half of the exposure asked for
    HIDDEN_GAIN = "hidden gain"  # a digital gain of 1.5, as the metadata admit
    LAMP_DEAD = "lamp dead"  # the lamp does not light, and nothing says so
    LAMP_AGED = "lamp aged"  # it gives half of its light
    WRONG_LAMP = "wrong lamp"  # two channels are swapped: another view's lamp lights
    BYTES_LOST = "serial bytes lost"  # between Pi and controller
    BYTES_GARBLED = "serial bytes garbled"
    LATE_ANSWER = "late answer"  # the controller does what it is told and says so too late
    CONTROLLER_RESET = "controller reset"  # all its outputs fall
    STAGE_STALLED = "stage stalled"
    LIMIT_ALARM = "limit alarm"
    DOOR_OPEN = "door open"
    E_STOP = "emergency stop"
    PART_MOVED = "part moved"  # during the exposure
    TWO_PARTS = "two parts"  # where one should lie
    GATE_STUCK = "gate stuck"  # it holds and does not open
    PART_STUCK = "part stuck"  # it does not leave
    DISK_FULL = "disk full"
    CLOCK_SET = "clock set"  # the wall clock jumps by hours

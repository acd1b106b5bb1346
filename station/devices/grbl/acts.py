"""What the stage has its controller do: say what it is, find its zero, halt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from station.devices.grbl.facts import GrblFacts
from station.devices.grbl.link import HOLD, RESET, GrblLink
from station.devices.grbl.machine import Machine, machine_of
from station.devices.grbl.refusals import refusal_words
from station.devices.grbl.ride import state_words
from station.devices.grbl.said import Dialect, Setting
from station.errors import LostDeviceError, StoppedError

_SLOWING = (("Run", None), ("Jog", None), ("Hold", 1), ("Door", 2))


def learn(link: GrblLink, facts: GrblFacts) -> Machine:
    """What the machine is by its own settings, read twice, as a digit may get garbled.

    Raises:
        StoppedError: it lacks a setting, says two different things, measures in inches, or cannot home as the rig's
            file has it.
        LostDeviceError: it does not answer.
    """
    options = link.messages("$I").get("OPT", "").split(",")[0]
    settings, again = _settings(link, facts), _settings(link, facts)
    if settings != again:
        raise StoppedError(
            "The controller says its settings differently each time: the line is garbled. Look at the cable"
        )
    if settings.get("13", "0").startswith("1"):
        raise StoppedError("The controller reports inches ($13=1): have $13 set to 0")
    try:
        machine = machine_of(settings, facts.axes, link.dialect, options)
    except KeyError as error:
        raise StoppedError(
            f"The controller does not say its setting ${error.args[0]}, or not as a number that it can be"
        ) from error
    if link.dialect is Dialect.FLUIDNC and not facts.lowest_mm:
        raise StoppedError(
            "FluidNC does not say where its travel lies: give lowest_mm and highest_mm in the rig's file"
        )
    if facts.homing and not machine.homes:
        raise StoppedError(f"The stage cannot find its zero: {refusal_words(5)}")
    if not facts.homing and machine.homes and link.dialect is not Dialect.FLUIDNC:
        raise StoppedError(
            "The rig's file says homing = false, but this machine homes ($22=1): have one of them changed"
        )
    return machine


def _settings(link: GrblLink, facts: GrblFacts) -> dict[str, str]:
    said = link.ask("$$", 2.0 * facts.answer_s)  # a kilobyte takes 0.1 s at 115200 baud, 1.2 s at 9600
    return {one.name: one.value for one in said if isinstance(one, Setting)}


def find_zero(link: GrblLink, facts: GrblFacts, machine: Machine) -> None:
    """Homes ($H). Grbl says nothing at all while it does; the time comes from its own speeds and travel.

    Raises:
        StoppedError: it refuses, or raises an alarm.
        LostDeviceError: it does not end in time.
    """
    link.ask("$H", facts.homing_s or 1.2 * machine.homing_s + 5.0)


def idle_position(link: GrblLink) -> tuple[float, ...]:
    """Where the machine stands, all its axes. Raises: StoppedError when it does not just stand, LostDeviceError."""
    status, position = link.status()
    if status.state != "Idle":
        raise StoppedError(state_words(status.state, status.sub) or "The stage still moves. Recover and home")
    return position


def line_to(axes: str, machine_mm: Sequence[float], feed_mm_per_min: float) -> str:
    """The line for one straight way in machine coordinates; all modes it depends on stand in it."""
    words = "".join(f"{letter}{at + 0.0:.3f}" for letter, at in zip(axes, machine_mm, strict=True))
    return f"G21G90G94G53G1{words}F{feed_mm_per_min:g}" if feed_mm_per_min else f"G21G90G53G0{words}"


def halt(
    link: GrblLink, longest_s: float, poll_s: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> None:
    """Slows down (feed hold), so that no step is lost, then drops what is left of the way (reset).

    Raises:
        LostDeviceError: it does not answer; it was told to stop all the same.
    """
    deadline = clock() + longest_s
    link.realtime(HOLD)
    try:
        while clock() < deadline:
            status, _ = link.status()
            if (status.state, status.sub) not in _SLOWING:
                break
            sleep(poll_s)
    except StoppedError:
        pass  # an alarm, or a start: the drives stand already
    except LostDeviceError:
        link.realtime(RESET)
        raise
    link.reset()

"""A lighting controller that speaks Gardasoft's dialect (RT, PP420/PP520, VTR series and what imitates them).

Two letters, parameters with commas, a carriage return; whatever the answer, it ends with `>`. RS232 or Ethernet (TCP
port 30313). Sources: Gardasoft's user manuals of the RT 20 series (12.2, 12.3), the PP420 (11.1, appendix B) and the
VTR1 (10.3):

    RSc,s          continuous, s percent        RTc,p,d,s[,r]  one pulse of p ms, d ms after the trigger, s percent,
    RWc,s          lit while triggered          VR, GR         version; the last error, which this clears

The PP600/PP860 series has other parameters (`RC1C0V0.2`) and is none of these. Nothing is ever saved (`AW`): after a
power cut the controller does what its keys were set to, and is set anew when it is heard again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from station.devices.lamp_levels import check_levels
from station.devices.protocols import View
from station.devices.serial_line import SerialLine
from station.errors import DeviceError, InputError, LostDeviceError

_VERSION = re.compile(r"\bV\d+")
_ERROR = re.compile(r"\b(?:Err|Evt) ?(?:(\d+),)?(\d+)")
_WORDS = {  # PP420 appendix B, VTR1 10.3
    1: "a value is not possible",
    2: "it does not know the command",
    3: "a number is written wrongly",
    4: "the number of parameters is wrong",
    5: "a time was out of range and was changed",
    12: "its settings were lost",
    34: "it turned an output off, too much power is lost in it",
    35: "the current is too low: no light connected?",
    36: "an output is short circuited",
    37: "a light needs more voltage than before: ageing, or a dead LED?",
    38: "a light needs less voltage than before: a dead LED?",
    39: "the supply voltage is too low for the current",
    40: "a trigger came too soon after the last one",
    41: "the current was too high and the outputs are off",
    44: "it is too hot and has switched off",
    45: "current flows though an output is off",
}


@dataclass(frozen=True, slots=True)
class LightFacts:
    """`where` is a serial port or socket://host:30313; `channels` the output of each view; `levels` what a view gets
    (1 is 100 %, more is possible for pulses). `mode` is "continuous"; "switched": lit while the trigger input is on;
    "pulsed": `pulse_us` long, `delay_us` after the trigger, at least `retrigger_us` apart."""

    where: str
    channels: dict[str, int]
    levels: dict[str, float] = field(default_factory=dict)
    mode: str = "continuous"
    pulse_us: float = 200.0
    delay_us: float = 10.0
    retrigger_us: float = 0.0
    baud: int = 9600
    settle_ms: float = 20.0
    timeout_ms: float = 500.0


class Light:
    """Lamps; all dark on open and on close. They stay as they are when the program dies: that does nobody harm."""

    def __init__(self, facts: LightFacts, place: str = "light", clock: Callable[[], float] = time.monotonic) -> None:
        """Raises: InputError; LostDeviceError when nothing that speaks so answers."""
        self._facts, self._clock, self._place = facts, clock, f"{place} {facts.where}"
        _check(facts, self._place)
        self._lit: View | None = None
        self._version = ""
        self._line = SerialLine(facts.where, facts.baud, clock=clock)
        try:
            self.turn_off()
        except DeviceError:
            self._line.close()
            raise

    def _ask(self, command: str) -> str:
        """One command and what the controller said before its prompt. Raises: DeviceError with its error in words."""
        if not self._version:
            self._meet()
        self._line.clear()
        self._line.write(command.encode() + b"\r")
        answer = self._answer(command)
        if error := _ERROR.search(answer):
            raise DeviceError(f"the light controller refuses {command}: {_in_words(error)}", place=self._place)
        return answer

    def _answer(self, command: str) -> str:
        """What stands before the prompt, without the echo that older controllers send."""
        data = self._line.read_line(self._facts.timeout_ms / 1000.0, b">")
        if data is None:
            self._version, self._lit = "", None
            raise LostDeviceError("the light controller does not answer", place=self._place)
        return data.decode("ascii", "replace").strip().removeprefix(command).strip()

    def _meet(self) -> None:
        """Asks for the version until that is what is answered: late answers to older questions are over then."""
        self._line.clear()
        self._line.write(b"VR\r")
        for _ in range(8):
            if _VERSION.search(answer := self._answer("VR")):
                self._version, self._lit = answer, None
                return
        raise LostDeviceError("what answers does not speak Gardasoft's dialect", place=self._place)

    def _command(self, view: View, level: float) -> str:
        facts, channel, percent = self._facts, self._facts.channels[view], _number(100.0 * level)
        if facts.mode == "pulsed":
            times = f"{_number(facts.pulse_us / 1000.0)},{_number(facts.delay_us / 1000.0)}"
            apart = f",{_number(facts.retrigger_us / 1000.0)}" if facts.retrigger_us else ""
            return f"RT{channel},{times},{percent}{apart}"
        return f"{'RS' if facts.mode == 'continuous' else 'RW'}{channel},{percent}"

    @property
    def views(self) -> frozenset[View]:
        """The views that there is a lamp for."""
        return frozenset(View(view) for view in self._facts.channels)

    def turn_on(self, view: View) -> float:
        """Light this view alone (or let its trigger light it); the time from which its light is steady.

        Raises:
            DeviceError: there is no such lamp, or the controller refuses.
        """
        if view not in self._facts.channels:
            raise DeviceError(f"this rig has no lamp for the view {view.value!r}", place=self._place)
        command = self._command(view, self._facts.levels.get(view, 1.0))
        if self._lit is not view:
            self.turn_off()
        self._ask(command)  # also where it is lit already: a controller that was off and on again does not tell
        self._lit = view
        return self._clock() + self._facts.settle_ms / 1000.0

    def turn_off(self) -> None:
        """All lamps dark."""
        self._lit = None
        for view in self._facts.channels:
            self._ask(self._command(View(view), 0.0))

    def check(self) -> str:
        """What it is. Raises: DeviceError when it had an error since it was last asked."""
        self._ask("VR")
        self._line.write(b"GR\r")
        error = _ERROR.search(self._answer("GR"))
        if error and error[2] != "0":
            raise DeviceError(f"the light controller reports: {_in_words(error)}", place=self._place)
        return f"light controller {self._version}, {self._facts.mode}, channels {len(self._facts.channels)}"

    def close(self) -> None:
        """All lamps dark, and let go of them."""
        with suppress(DeviceError):
            self.turn_off()
        self._line.close()


def _in_words(error: re.Match[str]) -> str:
    number = int(error[2])
    where = f"channel {error[1]}: " if error[1] and error[1] != "0" else ""
    return f"{where}{_WORDS.get(number, 'see its manual')} (error {number})"


def _number(value: float) -> str:
    """As the controller reads it: a point, no exponent."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _check(facts: LightFacts, place: str) -> None:
    if facts.mode not in ("continuous", "switched", "pulsed"):
        raise InputError(f'the mode {facts.mode!r} is not "continuous", "switched" or "pulsed"', place=place)
    check_levels(facts.channels, facts.levels, "channel", place, most=9.99 if facts.mode == "pulsed" else 1.0)
    if len(set(facts.channels.values())) != len(facts.channels) or not all(one > 0 for one in facts.channels.values()):
        raise InputError("channels count from 1, and each is there once", place=place)
    if facts.mode == "pulsed" and not (facts.pulse_us > 0.0 and facts.delay_us >= 0.0 and facts.retrigger_us >= 0.0):
        raise InputError("a pulse needs a length, and times are not negative", place=place)

"""The line to a Grbl controller: one line out, its one answer in; real-time bytes beside that at any time.

Grbl takes 128 bytes into its buffer and answers each line once it has taken it out again. Senders of long programs
count those bytes to keep the buffer full; a stage goes one way at a time and waits for its end, so here there is
**never more than one line on its way**, of 79 bytes at most: every answer belongs to the line before it, nothing can
overflow, and a line whose answer is lost is never sent again. Real-time bytes (? ! ~ 0x18 0x84 0x85) do not go
through that buffer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress

from station.devices.grbl.alarms import alarm_words
from station.devices.grbl.facts import GrblFacts
from station.devices.grbl.refusals import refusal_words
from station.devices.grbl.ride import state_words
from station.devices.grbl.said import Alarm, Banner, Dialect, Message, Noise, Ok, Refused, Said, Status, understand
from station.devices.serial_line import SerialLine
from station.errors import LostDeviceError, StoppedError

STATUS, HOLD, RESET, JOG_CANCEL = b"?", b"!", b"\x18", b"\x85"
_LONGEST_LINE = 79  # what Grbl's line buffer holds; its receive buffer of 128 bytes is never reached
_RESET_AGAIN_S = 1.0  # a reset within the half second after ALARM:1 and ALARM:2 is swallowed by Grbl: it is sent again
_SETTLED_S = 0.15  # so long a silence ends what it says by itself after a start


class GrblLink:
    """One open port. `alarm` and `restarted` are what it shouted since the last reset."""

    def __init__(self, facts: GrblFacts, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Opens the port and brings the controller to a known state, whether or not opening restarted it.

        Raises:
            LostDeviceError: the port is not there, or nothing on it speaks Grbl.
        """
        self._clock, self._facts = clock, facts
        self.dialect, self.version = Dialect.GRBL, ""
        self.alarm: int | None = None
        self.restarted = False
        self._offset_mm: tuple[float, ...] = ()
        self._noise = 0
        self._owes_answer = False
        self._line = SerialLine(facts.port, facts.baud, clock=clock)
        try:
            self._await_life()
            self.reset()
        except LostDeviceError:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the port."""
        self._line.close()

    def realtime(self, byte: bytes) -> None:
        """Sends one byte that acts at once. Raises: LostDeviceError."""
        self._line.write(byte)

    def next(self, timeout_s: float) -> Said | None:
        """The next thing it says, or None in that time; empty lines say nothing. Raises: LostDeviceError."""
        deadline, said = self._clock() + timeout_s, None
        while said is None:
            raw = self._line.read_line(max(deadline - self._clock(), 0.0))
            if raw is None:
                return None
            said = understand(raw)
        match said:
            case Alarm(number):
                self.alarm = number
            case Banner(dialect, version):
                self.dialect, self.version, self.restarted = dialect, version, True
            case Status(offset_mm=offset) if offset:
                self._offset_mm = offset
            case Noise():
                self._noise += 1
        return said

    def heed(self) -> None:
        """Raises: StoppedError for an alarm, or a start that nobody asked for, since the last reset."""
        if self.alarm is not None:
            words = alarm_words(self.alarm, self.dialect)
            raise StoppedError(f"{words.what} (ALARM:{self.alarm}). {words.do}", place=self._facts.port)
        if self.restarted:
            raise StoppedError(
                "The controller started anew by itself (its power failed, or its reset button was pressed); the "
                "position is lost. Look at its power and cable, then recover and home",
                place=self._facts.port,
            )

    def ask(self, text: str, timeout_s: float) -> tuple[Said, ...]:
        """Sends one line; what it says until it has taken it.

        Raises:
            StoppedError: it refuses the line, raises an alarm, starts anew, or is held.
            LostDeviceError: no answer came; whether the line acted is not known, so it must be reset before the next.
        """
        data = text.encode("ascii")
        if len(data) > _LONGEST_LINE or self._owes_answer:
            raise LostDeviceError(f"the line {text!r} cannot be sent now", place=self._facts.port)
        self.catch_up()
        self._owes_answer, before = True, self._noise
        self._line.write(data + b"\n")
        deadline, said = self._clock() + timeout_s, list[Said]()
        while (left := deadline - self._clock()) > 0.0:
            one = self.next(left)
            self.heed()
            match one:
                case Ok():
                    self._owes_answer = False
                    return tuple(said)
                case Refused(number):
                    self._owes_answer = False
                    why = refusal_words(number, self.dialect)
                    raise StoppedError(
                        f"The controller does not take {text!r}: {why} (error:{number})", place=self._facts.port
                    )
                case None:
                    pass
                case _:
                    said.append(one)
        with suppress(LostDeviceError):  # in a hold, or with the door open, lines wait: then that is the reason
            status, _ = self.status()
            if text != "$H" and (words := state_words(status.state, status.sub)):
                raise StoppedError(words, place=self._facts.port)
        garbled = f", {self._noise - before} garbled lines came" if self._noise > before else ""
        raise LostDeviceError(
            f"the controller gave no answer to {text!r} in {timeout_s:g} s{garbled}; it is not sent again, as it could "
            "act twice",
            place=self._facts.port,
        )

    def status(self) -> tuple[Status, tuple[float, ...]]:
        """How it is now, and where in the machine's millimetres. A lost question is asked once again: it moves nothing.

        Raises:
            StoppedError: it raised an alarm, or started anew.
            LostDeviceError: it says nothing.
        """
        self.heed()
        answer_s = self._facts.answer_s
        deadline, asked = self._clock() + answer_s, 0
        while (left := deadline - self._clock()) > 0.0:
            if asked == 0 or (asked == 1 and left < answer_s / 2.0):
                self.realtime(STATUS)
                asked += 1
            said = self.next(min(left, answer_s / 2.0))
            self.heed()
            if isinstance(said, Status) and (position := self._position(said)):
                return said, position
        raise LostDeviceError(f"the controller says nothing any more ({answer_s:g} s)", place=self._facts.port)

    def _position(self, status: Status) -> tuple[float, ...]:
        """Empty while the offset of a work position is not known yet, or the report lacks axes that it had."""
        if status.machine_mm:
            return status.machine_mm
        if len(self._offset_mm) != len(status.work_mm):
            return ()
        return tuple(work + offset for work, offset in zip(status.work_mm, self._offset_mm, strict=True))

    def catch_up(self) -> None:
        """Hears what came meanwhile. Raises: StoppedError, LostDeviceError."""
        while self.next(0.0) is not None:
            pass
        self.heed()

    def reset(self) -> int | None:
        """Soft reset (0x18): motion ends at once, all that waits is dropped; the alarm that came of it, if one did.

        Raises:
            LostDeviceError: it does not start anew.
        """
        self._owes_answer, self._offset_mm = False, ()
        while self.next(0.0) is not None:  # an older start's banner would look like the answer
            pass
        self.alarm, self.restarted = None, False
        deadline, last = self._clock() + self._facts.boot_s, -math.inf
        while not self.restarted:
            now = self._clock()
            if now >= deadline:
                raise LostDeviceError(
                    "nothing on this port speaks Grbl (switched off, another device, another baud rate?)"
                    if not self.version
                    else "the controller does not start anew when it is reset",
                    place=self._facts.port,
                )
            if now - last >= _RESET_AGAIN_S:
                self.realtime(RESET)
                last = now
            self.next(min(deadline - now, last + _RESET_AGAIN_S - now))
        self._settle(deadline + self._facts.answer_s)
        alarm, self.alarm = self.alarm, None
        return alarm

    def _settle(self, deadline: float) -> None:
        """Until it answers a question and then is silent: bytes arrive in order, so no older reset is on its way then.

        Raises:
            LostDeviceError: it starts, but does not answer.
        """
        while True:
            self.restarted, answered = False, False
            self.realtime(STATUS)
            until = self._clock() + self._facts.answer_s
            while said := self.next(_SETTLED_S if answered else until - self._clock()):
                answered = answered or isinstance(said, Status)
            if answered and not self.restarted:
                return
            if self._clock() >= deadline:
                raise LostDeviceError("the controller starts, but does not say how it is", place=self._facts.port)

    def _await_life(self) -> None:
        """Waits while a board that restarts when its port is opened boots; one that does not answers at once."""
        deadline = self._clock() + self._facts.boot_s
        while self._clock() < deadline:
            said = self.next(0.3)
            if isinstance(said, (Banner, Status)):
                return
            if said is None:
                self.realtime(STATUS)

    def messages(self, text: str) -> dict[str, str]:
        """The bracketed messages that a line is answered with, by their kind. Raises: as `ask`."""
        return {one.kind: one.text for one in self.ask(text, self._facts.answer_s) if isinstance(one, Message)}

"""One controller on a serial line, shared by the devices behind it.

Who keeps what alive: a thread of this client says `ping` ten times a second. It stands for *this process*, and keeps
lamps lit and inputs known while the station thinks. It cannot keep the gate open: `pass` carries its own time limit,
which the firmware counts, and only the caller of `Gate.let_through` ever sends it. So the gate falls

- when the process dies, is stopped or is starved, or the cable is pulled: 500 ms after the last line (firmware);
- when the process lives but its cycle hangs: when the time it asked for is over (firmware);
- when the controller is reset, by whatever: at once, its pins float.

A command is sent twice at most, with the same number, and the firmware carries out a number once. Whoever gets no
answer then cannot know: the client is *lost* from there on, every call says so, nothing is sent any more, and the
silence makes everything safe. Open a new one.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from serial.tools import list_ports

from station.devices.controller.frames import NUMBERS, Answer, Complaint, Event, decode, encode
from station.devices.found import Found
from station.devices.serial_line import SerialLine
from station.errors import DeviceError, LostDeviceError

PROTOCOL = "1"
NAME = "station-controller"
KEEP_ALIVE_S = 0.1
DARK = "lamps" + 8 * " 0"
_TRIES = 2
_ERRORS = {
    "range": "a value is outside what the controller can do",
    "busy": "a shot is armed or running there, or its lamp is lit",
    "too-close": "the edges of lamp and camera pulse are less than 20 µs apart",
    "self-test": "its self-test failed: memory or program are damaged, it must be replaced",
    "unknown": "the controller does not know this command",
    "arguments": "the controller does not understand these arguments",
}


@dataclass(frozen=True, slots=True)
class ControllerFacts:
    """Where it is. `answer_s` is how long one try waits: twice that and the keep-alive's 0.1 s must stay below the
    500 ms after which the controller takes the station for dead. `boot_s` is how long it may take to answer after the
    port was opened, which resets an Arduino."""

    port: str
    baud: int = 57600
    answer_s: float = 0.15
    boot_s: float = 4.0


@dataclass(frozen=True, slots=True)
class Inputs:
    """Debounced; True is a closed contact. The counts wrap at 65536."""

    start: bool
    door: bool
    estop: bool
    trigger: bool
    starts: int
    triggers: int
    gate_passing: bool


class Controller:
    """The client. Every device of the rig may call it from its own thread."""

    def __init__(
        self,
        facts: ControllerFacts,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Opens the port, waits for the controller, begins a session: everything is safe and dark.

        Raises:
            LostDeviceError: nothing answers there.
            DeviceError: what answers is another device or protocol, or its self-test failed.
        """
        self.facts, self.clock, self.sleep = facts, clock, sleep
        self._lost = ""
        self._opened: set[str] = set()
        self._closed = threading.Event()
        self._lock = threading.RLock()
        # Where another process began, its numbers must not look like ours repeated.
        self._number = random.randrange(NUMBERS)
        self._line = SerialLine(facts.port, facts.baud, clock=clock)
        try:
            self.version = self._wait_for_version()
            self.request("hello")
            self._latest = self.inputs()
        except BaseException:
            self._line.close()
            raise
        self._keeper = threading.Thread(target=self._keep_alive, name=f"keep-alive {facts.port}", daemon=True)
        self._keeper.start()

    def request(self, command: str) -> Answer:
        """Carries out one command, at most once.

        Raises:
            DeviceError: the controller refuses.
            LostDeviceError: it does not answer, was reset, or was without us for too long.
        """
        with self._lock:
            if self._lost:
                raise LostDeviceError(self._lost, place=self.facts.port)
            try:
                return self._checked(command, self._ask(command, self.facts.answer_s))
            except LostDeviceError as error:
                self._lost = error.sentence
                raise

    def inputs(self) -> Inputs:
        """As they are now. Raises: DeviceError."""
        answer = self.request("ping")
        try:
            found = [
                int(answer.value(key)) for key in ("start", "door", "estop", "trigger", "starts", "triggers", "gate")
            ]
        except ValueError as error:
            raise DeviceError(f"it answers {' '.join(answer.words)!r} to ping", place=self.facts.port) from error
        start, door, estop, trigger, starts, triggers, gate = found
        return Inputs(bool(start), bool(door), bool(estop), bool(trigger), starts, triggers, bool(gate))

    def opened(self) -> set[str]:
        """Which of "door" and "estop" have opened since the last call, however soon they closed again: the controller
        tells each opening by itself, between its answers."""
        with self._lock:
            opened, self._opened = self._opened, set()
        return opened

    def latest(self) -> Inputs:
        """As they were when the keep-alive last looked, a tenth of a second ago at most. Raises: LostDeviceError."""
        if self._lost:
            raise LostDeviceError(self._lost, place=self.facts.port)
        return self._latest

    def check(self) -> str:
        """Its self-test, and what it is. Raises: DeviceError."""
        answer = self.request("self-test")
        if answer.value("ram") != "1" or answer.value("flash") != answer.value("expected"):
            raise DeviceError(_ERRORS["self-test"], place=self.facts.port)
        if (pins := answer.value("pins")) != "0":
            raise DeviceError(
                f"an output is not what it is driven to, look for a short (pins={pins})", place=self.facts.port
            )
        said = self.version
        return f"{NAME} {said.value('firmware')}, build {said.value('build')}, last reset: {said.value('reset')}"

    def close(self) -> None:
        """Everything safe and dark, the session ends; twice is once."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._keeper.join()
        for command in ("reject", "disarm", DARK, "tower 0 0 0 0"):
            with suppress(DeviceError):
                self.request(command)
        with self._lock:
            self._lost = self._lost or "the controller was closed"
        self._line.close()

    def _keep_alive(self) -> None:
        while not self._closed.wait(KEEP_ALIVE_S):
            try:
                self._latest = self.inputs()
            except Exception as error:  # a bug here must not leave old inputs standing
                self._lost = self._lost or str(error)
                return  # whoever calls next hears of it

    def _wait_for_version(self) -> Answer:
        deadline = self.clock() + self.facts.boot_s
        while self.clock() < deadline:
            try:
                answer = self._ask("version", min(self.facts.answer_s, 0.25))
            except _NoAnswerError:
                continue
            if not answer.ok or answer.words[:1] != (NAME,):
                raise DeviceError("what answers there is not our controller", place=self.facts.port)
            if answer.value("protocol") != PROTOCOL:
                said = answer.value("protocol")
                raise DeviceError(
                    f"the controller speaks protocol {said or '?'}, this station {PROTOCOL}: flash the firmware that "
                    "came with the station",
                    place=self.facts.port,
                )
            return answer
        raise LostDeviceError("no controller answers there", place=self.facts.port)

    def _ask(self, command: str, answer_s: float) -> Answer:
        """The answer; the command is sent a second time, the very same bytes, when none comes."""
        self._number = (self._number + 1) % NUMBERS
        frame = encode(self._number, command)
        for _ in range(_TRIES):
            self._line.write(frame)
            answer = self._wait(answer_s, in_session=command not in ("version", "hello"))
            if answer is not None:
                return answer
        raise _NoAnswerError("the controller does not answer", place=self.facts.port)

    def _wait(self, answer_s: float, *, in_session: bool) -> Answer | None:
        """The answer to the last command; None when it did not come, or the controller did not understand.

        Garbled lines and answers to earlier tries are passed over.
        """
        deadline = self.clock() + answer_s
        while (left := deadline - self.clock()) > 0.0:
            line = self._line.read_line(left)
            match decode(line) if line is not None else None:
                case Answer() as answer if answer.number == self._number:
                    return answer
                case Complaint():
                    return None
                case Event(words=("boot", *_)) if in_session:
                    raise LostDeviceError("the controller was reset, its outputs are safe", place=self.facts.port)
                case Event(words=("door" | "estop" as contact, "0")):
                    self._opened.add(contact)
                case Event(words=("silent", *_)) if in_session:
                    raise LostDeviceError("the controller did not hear us for too long", place=self.facts.port)
        return None

    def _checked(self, command: str, answer: Answer) -> Answer:
        """The answer, if it is a good one."""
        if answer.ok:
            return answer
        word = answer.words[0] if answer.words else ""
        if word == "session":
            sentence = "the controller was reset, or did not hear us for too long; its outputs are safe"
            raise LostDeviceError(sentence, place=self.facts.port)
        if word == "sequence":
            raise LostDeviceError("the controller lost count of our commands", place=self.facts.port)
        raise DeviceError(f"{_ERRORS.get(word, f'the controller refuses ({word})')} ({command})", place=self.facts.port)


class _NoAnswerError(LostDeviceError):
    """Neither try was answered."""


def find(ports: Iterable[str] | None = None) -> list[Found]:
    """Controllers at these ports (without any: at every USB serial port that nobody else has open).

    Asks only for `version`, which changes nothing; opening a port resets an Arduino, though.
    """
    if ports is None:
        ports = [one.device for one in list_ports.comports() if one.vid is not None]
    found = []
    for port in ports:
        with suppress(DeviceError):
            line = SerialLine(port, ControllerFacts(port).baud)
            try:
                words = _version_words(line)
            finally:
                line.close()
            if words:
                found.append(Found("light", "controller", port, words))
    return found


def _version_words(line: SerialLine, timeout_s: float = 2.5) -> str:
    """What a controller says of itself; empty when there is none."""
    deadline = time.monotonic() + timeout_s
    number = random.randrange(NUMBERS)
    while time.monotonic() < deadline:
        line.write(encode(number, "version"))
        heard = decode(line.read_line(0.25) or b"")
        if isinstance(heard, Answer) and heard.words[:1] == (NAME,):
            return f"{NAME} {heard.value('firmware')}, build {heard.value('build')}"
    return ""

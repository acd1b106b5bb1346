"""The controller's own firmware in its emulator (tests/peers/avr), and what surrounds the chip."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import subprocess
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import serial

CYCLES_PER_US = 16
ROOT = Path(__file__).resolve().parents[2]
EMULATOR = ROOT / "tests" / "peers" / "avr" / "build" / "emulator"
FIRMWARE = ROOT / "hw" / "firmware" / "build" / "controller.elf"

# Where hw/firmware/README.md has what.
LAMPS = ("D6", "D5", "B3", "D3", "C0", "C1", "C2", "C3")
GATE, CAMERA = "B2", "B1"
RED, AMBER, GREEN, BLUE = "C4", "C5", "B4", "B5"
START, DOOR, ESTOP, TRIGGER = "D2", "D4", "D7", "B0"


@dataclass(frozen=True, slots=True)
class Edge:
    """A pin went to a level at a CPU cycle."""

    pin: str
    level: int
    cycle: int


class Emulator:
    """The running firmware; `port` is its serial line."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="controller")  # a socket's path must be short
        path = Path(self._folder.name) / "control"
        self._process = subprocess.Popen(
            [EMULATOR, FIRMWARE, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.waits: Callable[[], bool] = lambda: False
        threading.Thread(target=self._tick, name="emulator's ticks", daemon=True).start()
        self.port = self._process.stdout.readline().strip()
        assert self.port, "the emulator did not start"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._control = self._socket.makefile("rw", encoding="ascii")
        self._lock = threading.Lock()

    def _tick(self) -> None:
        """The chip lives only while this process does, and stands still while it `waits`: a busy machine is no silent
        host."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # killed, or closed
            while self._process.poll() is None:
                if not self.waits():
                    self._process.stdin.write(".")
                    self._process.stdin.flush()
                time.sleep(0.02)

    def ask(self, command: str) -> str:
        """One command of the control socket, from any thread."""
        with self._lock:
            self._control.write(command + "\n")
            self._control.flush()
            return self._control.readline().strip()

    def close_contact(self, pin: str) -> None:
        """Inputs are pulled up; a closed contact pulls them down."""
        self.ask(f"set {pin} 0")

    def open_contact(self, pin: str) -> None:
        self.ask(f"set {pin} 1")

    def play(self, pin: str, *waits: int) -> int:
        """Turns an input over after so many cycles, and again so many later, and so on: exact to the cycle. The cycle
        from which they count."""
        return int(self.ask(f"play {pin} " + " ".join(map(str, waits))))

    def level(self, pin: str) -> int:
        return int(self.ask(f"get {pin}"))

    def cycle(self) -> int:
        return int(self.ask("cycle"))

    def heard(self) -> int:
        """The cycle at which the last byte had arrived."""
        return int(self.ask("heard"))

    def wait_until_read(self) -> None:
        """Until all that hosts have written has arrived."""
        before = -1
        while (now := self.heard()) != before:
            before = now
            self.run_ms(30)

    def edges(self, pin: str = "") -> list[Edge]:
        """What the outputs did since the last call."""
        found = []
        for word in self.ask("edges").split():
            name, rest = word.split("=")
            level, cycle = rest.split("@")
            found.append(Edge(name, int(level), int(cycle)))
        return [one for one in found if pin in ("", one.pin)]

    def run_ms(self, ms: float) -> None:
        """Waits until the chip has lived so much longer, however slow this machine is."""
        end = self.cycle() + int(ms * 1000 * CYCLES_PER_US)
        while self.cycle() < end:
            time.sleep(0.002)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr]
        self._process.stdout.close()  # type: ignore[union-attr]
        self._control.close()
        self._socket.close()
        self._folder.cleanup()


def crc16(data: bytes) -> int:
    """CRC-16/IBM-3740 bit by bit, as its definition says; the driver uses another implementation."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc


def frame(text: str) -> bytes:
    """A line with its CRC."""
    return b"%s*%04X\n" % (text.encode(), crc16(text.encode()))


class Host:
    """Speaks PROTOCOL.md by hand, without the driver."""

    def __init__(self, port: str) -> None:
        self.line = serial.Serial(port, 57600, timeout=0.02)
        self.number = 1000
        self.events: list[str] = []  # without "!" and number

    def write(self, data: bytes) -> None:
        self.line.write(data)

    def lines(self, quiet_s: float = 0.1) -> list[str]:
        """All whole lines until none came for so long; their CRCs are right."""
        got, deadline = b"", time.monotonic() + quiet_s
        while time.monotonic() < deadline:
            if more := self.line.read(4096):
                got += more
                deadline = time.monotonic() + quiet_s
        texts = []
        for line in got.decode("ascii").splitlines():
            text, _, crc = line.rpartition("*")
            assert int(crc, 16) == crc16(text.encode()), line
            texts.append(text)
            self._note(text)
        return texts

    def _note(self, text: str) -> None:
        if text.startswith("! "):
            self.events.append(text.split(maxsplit=2)[2])

    def ask(self, command: str, number: int | None = None) -> str:
        """The answer's words, without its number; events are passed over."""
        if number is None:
            number = self.number = self.number + 1
        self.write(frame(f"{number} {command}"))
        return self.answer(number)

    def answer(self, number: int) -> str:
        line = b""
        for _ in range(150):  # looks, not seconds: this machine may stand still for a while
            line += self.line.readline()
            if not line.endswith(b"\n"):
                continue
            text, _, crc = line.decode("ascii").strip().rpartition("*")
            assert int(crc, 16) == crc16(text.encode()), line
            if text.startswith(f"{number} "):
                return text.partition(" ")[2]
            self._note(text)
            line = b""
        raise AssertionError(f"no answer to {number}")

    def value(self, command: str, key: str) -> int:
        words = dict(word.split("=") for word in self.ask(command).split() if "=" in word)
        return int(words[key])

    def live(self, emulator: Emulator, ms: float) -> None:
        """Keeps the session alive for so long."""
        end = emulator.cycle() + int(ms * 1000 * CYCLES_PER_US)
        while emulator.cycle() < end:
            assert self.ask("ping").startswith("ok"), "this machine stood still, and the session ended"
            time.sleep(0.02)

    def close(self) -> None:
        self.line.close()


class Proxy:
    """Stands in the line between host and controller and treats what passes: `to_controller` and `to_host` map bytes to
    bytes (they may lose, change or add), `delay_s` holds them back."""

    def __init__(self, port: str) -> None:
        self._device = serial.Serial(port, 57600, timeout=0.0)
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self.to_controller: Callable[[bytes], bytes] = lambda data: data
        self.to_host: Callable[[bytes], bytes] = lambda data: data
        self.delay_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        device = self._device.fileno()
        while not self._stop.is_set():
            for ready in select.select([device, self._master], [], [], 0.05)[0]:
                data = os.read(ready, 4096)
                time.sleep(self.delay_s)
                if ready == device:
                    os.write(self._master, self.to_host(data))
                else:
                    os.write(device, self.to_controller(data))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._device.close()
        os.close(self._master)
        os.close(self._slave)

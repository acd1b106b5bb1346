"""The hardware boundary: devices of a few methods each. A rig is whatever satisfies them; the twin is a peer.

Every method either does what it says or raises `station.errors.DeviceError`; none of them blocks for longer than the
device needs. Times are seconds of the monotonic clock that the rig was built with. All have two methods in common:
`check` asks the device whether it is well, moves and lights nothing, and says in a few words what it is; `close` lets
go of it with its outputs safe, and twice is once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray


class View(StrEnum):
    """Under which light a picture is taken."""

    BACKLIGHT = "backlight"
    FRONT = "front"
    RING = "ring"
    DARK = "dark"


class TowerSign(StrEnum):
    """What the stack light tells the people at the cell."""

    OFF = "off"
    READY = "ready"
    BUSY = "busy"
    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with the camera's own word about how it was taken.

    `image` is (height, width), uint8 or uint16. `captured_at_s` is when the exposure began: a frame older than its
    light must not be trusted. The gains must be 1 and the exposure what was asked for.
    """

    view: View
    image: NDArray[Any]
    captured_at_s: float
    exposure_us: float
    analogue_gain: float = 1.0
    digital_gain: float = 1.0
    bit_depth: int = 8
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """Which camera this is; a calibration belongs to exactly one."""

    model: str
    serial: str
    width_px: int
    height_px: int
    bit_depth: int


@dataclass(frozen=True, slots=True)
class PresentedPart:
    """A part lying in the rig. The serial is what the scanner read; `order_file` only if the feeder knows it."""

    serial: str
    order_file: Path | None = None


class Camera(Protocol):
    """Takes one picture at a time."""

    def facts(self) -> CameraFacts:
        """Which camera this is."""

    def capture(self, view: View, exposure_us: float) -> Frame:
        """A frame whose exposure began after this call, under whatever light is on. Raises: CaptureError."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Let go of the camera; twice is once."""


class Light(Protocol):
    """The lamps; at most one view's lamp is on."""

    @property
    def views(self) -> frozenset[View]:
        """The views that there is a lamp for."""

    def turn_on(self, view: View) -> float:
        """Light this view alone; the time from which its light is steady."""

    def turn_off(self) -> None:
        """All lamps dark."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """All lamps dark, and let go of them."""


class Gate(Protocol):
    """Between the station and the next operation. It holds unless told otherwise, and whenever nobody drives it."""

    def hold(self) -> None:
        """Let nothing through."""

    def let_through(self) -> None:
        """Let the one part that lies in the rig through."""

    def is_holding(self) -> bool:
        """What the gate itself says."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Hold, and let go of it."""


class Tower(Protocol):
    """The stack light."""

    def show(self, sign: TowerSign) -> None:
        """Show this sign and no other."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Dark, and let go of it."""


class Feeder(Protocol):
    """Brings parts into the rig and takes them out again: a person who scans and presses start, a stage, a line."""

    def present(self, timeout_s: float = 0.0) -> PresentedPart | None:
        """The next part once it lies in the rig; None when none came in that time. The last one must have left."""

    def is_finished(self) -> bool:
        """Whether no part will come any more."""

    def clear(self) -> None:
        """The part in the rig leaves: through the gate if it is open, else to where held parts are kept."""

    def halt(self) -> None:
        """No part is asked for until `present` is called again: the station stands, and who brings parts is told so."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Stop feeding."""


class Stage(Protocol):
    """Axes that move the part or the camera; millimetres of the machine, which knows them only once it is homed."""

    def home(self) -> None:
        """Find the machine's zero; returns when it stands there. Raises: StoppedError, LostDeviceError."""

    def move_to(self, position_mm: tuple[float, ...]) -> None:
        """Go there, all axes, and stand still. Raises: StoppedError outside the limits or when stopped on the way."""

    def position_mm(self) -> tuple[float, ...]:
        """Where it stands, by its own word."""

    def stop(self) -> None:
        """Stand still at once; it must be homed before it moves again."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Stand still, and let go of it."""


class Interlock(Protocol):
    """Door and emergency stop. They cut the power by wire; software only learns of it."""

    def stopped_by(self) -> str:
        """What keeps the machine still, or did since the last call, as a part of a sentence ("the door is open");
        empty when nothing does or did."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Let go of it."""


class Scanner(Protocol):
    """Reads the code that comes with a part."""

    def read(self, timeout_s: float) -> str:
        """What was scanned since the last call, or within the time; empty when nothing was."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Let go of it."""


class Button(Protocol):
    """The start button."""

    def wait(self, timeout_s: float) -> bool:
        """Whether it was pressed (anew: a held one counts once) since the last call, or within the time."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Let go of it."""


class Thermometer(Protocol):
    """Measures what the part lies on."""

    def temperature_c(self) -> float:
        """The temperature now, °C. Raises: DeviceError for a reading that cannot be."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """Let go of it."""


class Handshake(Protocol):
    """The line's controller: it triggers and waits for the result; no valid result in its window means reject.

    Ours: ready, busy, result valid, OK, NOK, fault; its own: trigger. A result stands until the trigger falls.
    """

    def set_ready(self, ready: bool) -> None:
        """Whether a trigger will be answered; withdraws any result."""

    def wait_trigger(self, timeout_s: float) -> bool:
        """Whether the line asks for a part: a rising trigger while ready. Busy from then on, ready no more."""

    def serial(self) -> str:
        """Which part it triggered for, where it says so; else empty."""

    def give(self, ok: bool) -> None:
        """OK or NOK, then result valid, then busy no more; withdrawn when the trigger falls."""

    def set_fault(self, fault: bool) -> None:
        """Whether the station needs a person; with a fault no result is valid."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def close(self) -> None:
        """No signal is on, and let go of it."""


@runtime_checkable
class Recovers(Protocol):
    """A device that becomes well again without being opened anew, or that opening anew would not help."""

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""

    def recover(self) -> object:
        """Ready again, nothing moves.

        Raises:
            StoppedError: the cause is still there.
            LostDeviceError: it has to be opened anew.
        """


class Rig(Protocol):
    """One of each."""

    @property
    def name(self) -> str:
        """The rig's name, as records give it."""

    @property
    def simulated(self) -> bool:
        """Whether its pictures are computed."""

    @property
    def camera(self) -> Camera:
        """The camera."""

    @property
    def light(self) -> Light:
        """The lamps."""

    @property
    def gate(self) -> Gate:
        """The gate."""

    @property
    def tower(self) -> Tower:
        """The stack light."""

    @property
    def feeder(self) -> Feeder:
        """The feeder."""

    @property
    def interlock(self) -> Interlock | None:
        """Door and emergency stop, where there are any."""

    @property
    def thermometer(self) -> Thermometer | None:
        """What measures the part's temperature, where there is one."""

    def recover(self) -> None:
        """Every device well again, opened anew where it was lost, outputs safe. Raises: DeviceError of the first that
        is not."""

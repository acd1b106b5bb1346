"""The hardware boundary: five devices of a few methods each. A rig is whatever satisfies them; the twin is a peer.

Every method either does what it says or raises `station.errors.DeviceError`; none of them blocks for longer than the
device needs. Times are seconds of the monotonic clock that the rig was built with.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

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

    def close(self) -> None:
        """Let go of the camera; twice is once."""


class Light(Protocol):
    """The lamps; at most one view's lamp is on."""

    def turn_on(self, view: View) -> float:
        """Light this view alone; the time from which its light is steady."""

    def turn_off(self) -> None:
        """All lamps dark."""

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

    def close(self) -> None:
        """Hold, and let go of it."""


class Tower(Protocol):
    """The stack light."""

    def show(self, sign: TowerSign) -> None:
        """Show this sign and no other."""

    def close(self) -> None:
        """Dark, and let go of it."""


class Feeder(Protocol):
    """Brings parts into the rig and takes them out again."""

    def present(self) -> PresentedPart | None:
        """Bring in the next part and say what it is; None when there is none. The last one must have left."""

    def clear(self) -> None:
        """The part in the rig leaves: through the gate if it is open, else to where held parts are kept."""

    def close(self) -> None:
        """Stop feeding."""


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

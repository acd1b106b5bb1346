"""How parts come and go: a person at the cell, the controller of a line, a pallet on a stage.

Devices are asked for anew each time: one that was lost may have been opened again meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from station.devices.protocols import Button, Gate, Handshake, Interlock, PresentedPart, Scanner, Stage
from station.errors import DeviceError, InterlockError, LostDeviceError, StoppedError

LONGEST_OPEN_S = 15.0  # gates shut by themselves long before
POLL_S = 0.05
SCAN_S = 2.0  # a scanner over a place of the pallet has so long at least


class AttendedFeeder:
    """The operator scans the part's code, places the part and presses start; without a button the scan starts.

    A press before the scan is for nothing, whenever it came: else the part that lay there last could be measured as the
    one that was scanned. A door that was open until then was open to place the part.
    """

    def __init__(
        self,
        scanner: Callable[[], Scanner],
        button: Callable[[], Button | None],
        gate: Callable[[], Gate],
        *,
        interlock: Callable[[], Interlock | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._scanner, self._button, self._gate, self._interlock = scanner, button, gate, interlock
        self._clock, self._sleep = clock, sleep
        self._scanned = self._inside = ""

    def present(self, timeout_s: float = 0.0) -> PresentedPart | None:
        """The part that was scanned last, once start is pressed after that.

        Raises:
            DeviceError: another one is inside, or what was scanned is no text.
            LostDeviceError: scanner, button or interlock is lost.
        """
        _check_empty(self._inside)
        deadline_s = self._clock() + timeout_s
        while not self._is_started():
            if self._clock() >= deadline_s:
                return None
            self._sleep(POLL_S)
        if (interlock := self._interlock()) is not None:
            interlock.stopped_by()  # what opens from now on counts
        self._inside, self._scanned = self._scanned, ""
        return PresentedPart(self._inside)

    def _is_started(self) -> bool:
        button, scan = self._button(), self._scanner().read(0.0)
        pressed = button is not None and button.wait(0.0)
        self._scanned = scan or self._scanned
        return bool(self._scanned) and (button is None or (pressed and not scan))

    def is_finished(self) -> bool:
        """Never: people come again."""
        return False

    def clear(self) -> None:
        """The operator takes it out, to where the tower says: a gate that is open stays so until it shuts by itself.
        A scan that waits for its start is forgotten, too."""
        if self._inside:
            _wait_until_shut(self._gate, self._clock, self._sleep)
        self._inside = self._scanned = ""

    def halt(self) -> None:
        """People see the tower and the page."""

    def check(self) -> str:
        """How parts come."""
        return "a person scans and places the parts"

    def close(self) -> None:
        """Nothing of its own to let go of."""


class LineFeeder:
    """The line's controller places the part and triggers; it waits for the result and takes the part out."""

    def __init__(
        self,
        handshake: Callable[[], Handshake],
        scanner: Callable[[], Scanner | None],
        gate: Callable[[], Gate],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._handshake, self._scanner, self._gate = handshake, scanner, gate
        self._clock, self._sleep = clock, sleep
        self._inside = ""

    def present(self, timeout_s: float = 0.0) -> PresentedPart | None:
        """The part that was triggered for. Raises: DeviceError when nothing says which part it is."""
        _check_empty(self._inside)
        handshake, scanner = self._handshake(), self._scanner()
        handshake.set_fault(False)
        handshake.set_ready(True)
        if not handshake.wait_trigger(timeout_s):
            return None
        serial = handshake.serial() or ("" if scanner is None else scanner.read(timeout_s))
        if not serial:
            handshake.give(False)
            raise DeviceError("the line triggered, and nothing said which part it is", place="handshake")
        self._inside = serial
        return PresentedPart(serial)

    def is_finished(self) -> bool:
        """Never: the line goes on."""
        return False

    def clear(self) -> None:
        """Says OK if the gate is open, else NOK; the line does the rest, as long as the gate stays open by itself. NOK,
        too, for a part that it triggered for while the station stood: nobody knows what was done to it since."""
        is_ok = bool(self._inside) and not self._gate().is_holding()
        was_inside, self._inside = self._inside, ""  # answered once: a handshake that was opened anew was not asked
        handshake = self._handshake()
        if was_inside or handshake.wait_trigger(0.0):
            handshake.give(is_ok)
        if is_ok:
            _wait_until_shut(self._gate, self._clock, self._sleep)

    def halt(self) -> None:
        """Ready no more, and fault."""
        handshake = self._handshake()
        handshake.set_ready(False)
        handshake.set_fault(True)

    def check(self) -> str:
        """How parts come."""
        return "the line's controller triggers"

    def close(self) -> None:
        """Nothing of its own to let go of."""


class PalletFeeder:
    """The stage brings one place of a pallet after the other under the camera. Which part lies there the scanner says;
    without one the parts lie in the order of their serials.

    The stage goes nowhere while door or emergency stop say no. One that was lost and is there again looks for its zero
    only after a person has looked: nobody expects it to move.

    What it scanned before the stage stands is of some part on the way: it has to read what lies still before it, and
    again where it did so before.
    """

    def __init__(
        self,
        stage: Callable[[], Stage],
        places_mm: Sequence[tuple[float, ...]],
        serials: Sequence[str],
        scanner: Callable[[], Scanner | None],
        gate: Callable[[], Gate],
        interlock: Callable[[], Interlock | None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`serials` are those of the orders, in the order of the places; not looked at where there is a scanner."""
        self._stage, self._scanner, self._gate, self._interlock = stage, scanner, gate, interlock
        self._clock, self._sleep = clock, sleep
        known = serials if scanner() is None else [""] * len(places_mm)
        self._left = list(zip(places_mm, known, strict=False))
        self._inside = ""
        self._homed: Stage | None = None

    def present(self, timeout_s: float = 0.0) -> PresentedPart | None:
        """The part at the next place.

        Raises:
            StoppedError: of the stage, which is homed again then.
            DeviceError: the code was not read, and its place is left out.
        """
        _check_empty(self._inside)
        if not self._left:
            return None
        scanner = self._scanner()
        place, serial = self._left[0]
        self._bring(place)
        del self._left[0]
        if scanner is not None:
            _forget_scans(scanner)  # of the parts on the way here
            serial = scanner.read(max(timeout_s, SCAN_S))
        if not serial:
            raise DeviceError(f"the code of the part at {place} could not be read", place="scanner")
        self._inside = serial
        return PresentedPart(serial)

    def _bring(self, place: tuple[float, ...]) -> None:
        interlock = self._interlock()
        if interlock is not None and (why := interlock.stopped_by()):
            raise InterlockError(f"{why[0].upper()}{why[1:]}")
        stage = self._stage()
        try:
            if stage is not self._homed:
                if self._homed is not None:
                    raise StoppedError("The stage was lost and is there again. It looks for its zero, so keep clear")
                stage.home()
                self._homed = stage
            stage.move_to(place)
        except StoppedError:
            self._homed = None  # somebody looks before it moves again, and then it may
            raise

    def is_finished(self) -> bool:
        """Whether all places were visited."""
        return not self._left

    def clear(self) -> None:
        """It stays on its place, under the camera until a gate that is open shuts by itself: whoever takes good parts
        off sees which one it is."""
        if self._inside:
            _wait_until_shut(self._gate, self._clock, self._sleep)
        self._inside = ""

    def halt(self) -> None:
        """It brings nothing unless it is asked to."""

    def check(self) -> str:
        """How parts come."""
        return f"a pallet, {len(self._left)} places left"

    def close(self) -> None:
        """Nothing of its own to let go of."""


def _wait_until_shut(gate: Callable[[], Gate], clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
    deadline_s = clock() + LONGEST_OPEN_S
    while not gate().is_holding() and clock() < deadline_s:
        sleep(POLL_S)


def _check_empty(inside: str) -> None:
    if inside:
        raise DeviceError(f"the part {inside} has not left the rig", place="feeder")


def _forget_scans(scanner: Scanner) -> None:
    try:
        scanner.read(0.0)
    except LostDeviceError:
        raise
    except DeviceError:
        pass  # what was no text is forgotten as well

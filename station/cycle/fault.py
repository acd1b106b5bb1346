"""A fault as people meet it: of what kind, whether somebody has to look, and that somebody did.

Every fault has a name of its own, made by chance: who answers to one answers to that one and to no later one, however
often he presses and however old the page is that he presses on.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from enum import StrEnum

from station.cycle.state import Board, Fault, FaultKind, Needs
from station.cycle.transitions import Event
from station.errors import DeviceError, InterlockError, LineStoppedError, LostDeviceError, StoppedError

_KINDS: tuple[tuple[type[DeviceError], FaultKind], ...] = (
    (InterlockError, FaultKind.INTERLOCK),
    (LineStoppedError, FaultKind.LINE),
    (StoppedError, FaultKind.STOPPED),
    (LostDeviceError, FaultKind.LOST),
    (DeviceError, FaultKind.DEVICE),
)


class Way(StrEnum):
    """How a person says that he has looked."""

    BUTTON = "start button"
    PAGE = "page"
    SIGNAL = "signal"


@dataclass(slots=True)
class Acknowledgement:
    """A person's word that he has looked: asked for by the cycle, given from any thread or from a signal's handler.

    It has no lock, which a handler must not wait for: what is given carries the name of its fault, so one that comes
    late counts for nothing.
    """

    _asked: str = ""
    _given: tuple[str, str] = ("", "")

    def ask(self, fault: str) -> None:
        """From now on somebody's word is waited for about this fault."""
        self._asked = fault

    def withdraw(self) -> None:
        """No word is waited for: what is given now counts for nothing."""
        self._asked = ""

    def give(self, way: str, fault: str | None = None) -> None:
        """Somebody has looked at this fault; None: at the one that is asked about now."""
        self._given = (self._asked if fault is None else fault, way)

    def is_given(self, fault: str) -> bool:
        """Whether somebody has looked at this one."""
        return fault != "" and self._given[0] == fault

    @property
    def way(self) -> str:
        """How the word was given that is waited for; empty as long as it was not."""
        asked, (given, way) = self._asked, self._given
        return way if asked and asked == given else ""


@dataclass(slots=True)
class Standstill:
    """One stop of the cell, from its first fault until all is well and, where a person must look, one did."""

    board: Board
    acknowledged: Acknowledgement
    sentence: str = ""
    _fault: Fault | None = None
    _asks: bool = False

    def caused_by(self, error: DeviceError) -> None:
        """Shows what must be mended; nobody's word counts as long as it must."""
        self.acknowledged.withdraw()
        # A device that was lost comes back by itself; once more than that was wrong, a person looks.
        self._asks = self._asks or not isinstance(error, LostDeviceError)
        needs = Needs.MENDING if self._asks else Needs.DEVICE
        if self._fault is not None and (self.sentence, self._fault.needs) == (str(error), needs):
            return
        self.sentence = str(error)
        self._fault = Fault(secrets.token_hex(8), kind_of(error), needs)
        self.board.happens(Event.FAIL, message=self.sentence, fault=self._fault)

    def may_go_on(self) -> bool:
        """All devices are well: whether that is enough. Asks a person where it is not."""
        if not self._asks or self._fault is None:
            return True
        if self._fault.needs is not Needs.LOOK:
            self._fault = replace(self._fault, needs=Needs.LOOK)
            self.acknowledged.ask(self._fault.id)
            self.board.publish(fault=self._fault)
        return bool(self.acknowledged.way)

    def ended(self) -> None:
        """It goes on."""
        self.acknowledged.withdraw()
        self.board.happens(Event.MEND, message="")


def kind_of(error: DeviceError) -> FaultKind:
    """The kind by which people are told what to do."""
    return next(kind for of, kind in _KINDS if isinstance(error, of))

"""The line handshake as a pure state table, whatever carries its signals: pins, Modbus.

The line raises *trigger* only while *ready* is on and *result valid* is off, and takes the part as rejected unless
*result valid* rises with *OK* (and without *NOK* and *fault*) while it holds the trigger. It lowers the trigger once
it has read the result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from station.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Signals:
    """What the station tells the line."""

    ready: bool = False
    busy: bool = False
    result_valid: bool = False
    ok: bool = False
    nok: bool = False
    fault: bool = False


_ORDER = (
    *(("fault", True), ("result_valid", False), ("ok", False), ("nok", False)),
    *(("ok", True), ("nok", True), ("busy", True), ("ready", False)),
    *(("result_valid", True), ("busy", False), ("ready", True), ("fault", False)),
)


def steps(before: Signals, after: Signals) -> list[tuple[str, bool]]:
    """The changes one by one, in an order in which no moment between them is a wrong result: a result becomes invalid
    before OK and NOK fall, and valid after they rose; busy and ready leave no gap."""
    return [(name, on) for name, on in _ORDER if getattr(after, name) is on is not getattr(before, name)]


class LineSignals:
    """What the station's signals are, after every event. Not for several threads at once."""

    def __init__(self) -> None:
        self.now = Signals()
        self._trigger = True  # until it was seen low, it does not rise
        self._asked = False  # the line holds the trigger that we answer
        self._fault = False

    @property
    def is_awaited(self) -> bool:
        """Whether the line holds a trigger that has no answer yet."""
        return self._asked

    def trigger(self, on: bool) -> bool:
        """The line's trigger is on or off; whether it asks for a part: a rise while ready."""
        rose, self._trigger = on and not self._trigger, on
        if not on:
            self._asked = False  # it waits no longer: whatever stands or would come is not for it
            self._withdraw()
        if rose and self.now.ready:
            self.now, self._asked = Signals(busy=True), True
            return True
        return False

    def lose_line(self) -> None:
        """Nobody is heard: nothing is asked for any more, and the trigger must be seen low before it rises again."""
        self.trigger(False)
        self._trigger = True

    def set_ready(self, ready: bool) -> None:
        """Withdraws any result. A station that is ready has nothing more to answer."""
        self._withdraw()
        if ready:
            self._asked = False
        self.now = replace(self.now, ready=ready and not self._fault, busy=self.now.busy and not ready)

    def give(self, ok: bool) -> None:
        """The result of what was asked for; nobody sees it if the line has withdrawn its trigger or a fault stands.

        Raises:
            DeviceError: nothing was asked for.
        """
        if not self.now.busy:
            raise DeviceError("the line has not asked for a result")
        shown = self._asked and not self._fault
        self._asked = False
        self.now = replace(self.now, busy=False, result_valid=shown, ok=shown and ok, nok=shown and not ok)

    def set_fault(self, fault: bool) -> None:
        """With a fault no result is valid, no trigger is answered, and what was asked for has no result any more."""
        self._fault = fault
        if fault:
            self._asked = False
            self._withdraw()
            self.now = replace(self.now, ready=False)
        self.now = replace(self.now, fault=fault)

    def _withdraw(self) -> None:
        self.now = replace(self.now, result_valid=False, ok=False, nok=False)

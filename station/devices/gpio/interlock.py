"""Door and emergency stop at pins, as software sees them; that they stop the machine is the wiring's affair."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from station.devices.gpio.pins import Input, InputFacts, words
from station.errors import InputError, LostDeviceError


@dataclass(frozen=True, slots=True)
class InterlockFacts:
    """Normally closed auxiliary contacts. `contacts` says what an open one means, as a part of a sentence, and where
    it is wired: `"the door is open" = "GPIO5"`. A closed contact reads `closed`; an open wire must not."""

    contacts: dict[str, str]
    closed: str = "low"
    pull: str = "up"
    debounce_ms: float = 20.0


class Interlock:
    """An open contact counts at once, and one that was open for `debounce_ms` since the last question too; a closed
    one counts when it has stood for so long."""

    def __init__(
        self, facts: InterlockFacts, place: str = "interlock", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises: InputError, LostDeviceError."""
        if not facts.contacts:
            raise InputError("an interlock without contacts would stop nothing", place=place)
        self._contacts: dict[str, Input] = {}
        try:
            for meaning, pin in facts.contacts.items():
                contact = InputFacts(pin, facts.closed, facts.pull, facts.debounce_ms)
                self._contacts[meaning] = Input(contact, place, clock, fail_safe=True)
        except (InputError, LostDeviceError):
            self.close()
            raise

    def stopped_by(self) -> str:
        """What keeps the machine still, or did since the last call; empty: nothing. Raises: LostDeviceError."""
        found = []
        for meaning, contact in self._contacts.items():
            opened = False in contact.changes()
            if not contact.is_steady():
                found.append(meaning)
            elif opened:
                found.append(f"{meaning} (it was, meanwhile)")
        return " and ".join(found)

    def check(self) -> str:
        """What it is, and which contacts are open this moment. Raises: LostDeviceError."""
        now = " and ".join(meaning for meaning, contact in self._contacts.items() if not contact.reads())
        return f"{now or 'nothing stops the machine'}: {words(0, len(self._contacts))}"

    def close(self) -> None:
        """Let go of it."""
        for contact in self._contacts.values():
            contact.close()

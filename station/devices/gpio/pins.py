"""Pins of the Pi's header: outputs that are low (off) unless told otherwise, inputs that count once they are settled.

What holds when the program is gone is the kernel's affair and the wiring's, not ours. A killed program's lines are
released by the kernel. Upstream's drivers then make them inputs; **the Raspberry Pi's own kernel leaves an output as
it was driven** unless `/boot/firmware/config.txt` says `dtparam=strict_gpiod` (raspberrypi/linux#6117). A rig needs
that line, and a pull-down resistor (10 kΩ) at every output that matters: a released pin floats (gpiozero#1146). Even
so a hung Pi holds every level; see `gate` for what does not. A pin that we closed is an input without a pull from then
on, and stays claimed until the program ends: another program cannot have it meanwhile (LGPIOPin.close).
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.devices.gpio.debounce import Debounce
from station.errors import InputError, LostDeviceError, StationError

POLL_S = 0.005
_LATE_S = 60.0  # news of an edge may be that late; a time further off is another clock's
_MANY_EDGES = 4096  # of a line that nobody asks about: older ones are forgotten, the level is read anyway


@dataclass(frozen=True, slots=True)
class InputFacts:
    """A contact at a pin ("GPIO17", or "BOARD11" for the header's numbers): `active` "low" or "high", `pull` "up",
    "down" or "none" (the board has its own resistor); it counts when it has stood for `debounce_ms`."""

    pin: str
    active: str = "low"
    pull: str = "up"
    debounce_ms: float = 20.0


@contextmanager
def pin_errors(place: str) -> Iterator[None]:
    """What gpiozero and lgpio raise, as ours: InputError for what the rig's file asks wrongly, else LostDeviceError."""
    from gpiozero import GPIOPinInUse, GPIOZeroError

    try:
        yield
    except GPIOPinInUse as error:
        raise LostDeviceError("another device of this rig has this pin already", place=place) from error
    except GPIOZeroError as error:
        kind = InputError if isinstance(error, (ValueError, AttributeError)) else LostDeviceError
        raise kind(f"the pin cannot be used so ({error})", place=place) from error
    except OSError as error:
        raise LostDeviceError(f"the pins are not to be had ({error.strerror or error})", place=place) from error
    except Exception as error:
        if (
            type(error).__module__ != "lgpio"
        ):  # its only error is an Exception; importing it for its name costs a thread
            raise
        busy = "another program has this line" if "busy" in str(error) else "the line is gone"
        raise LostDeviceError(f"{busy} ({_plain(error)})", place=place) from error


def _plain(error: Exception) -> str:
    return str(getattr(error, "value", error)).strip("'")


def _factory(place: str) -> None:
    """Has gpiozero choose its pins once: what it tried and why it failed in one sentence."""
    from gpiozero import Device

    if Device.pin_factory is not None:
        return
    with warnings.catch_warnings(record=True) as tried:
        warnings.simplefilter("always")
        try:
            _import_lgpio()
            Device.ensure_pin_factory()
        except Exception as error:  # whatever a pin library raises: without pins we cannot go on
            why = "; ".join(str(one.message).removeprefix("Falling back from ") for one in tried) or _plain(error)
            raise LostDeviceError(f"this machine has no GPIO pins that can be used ({why})", place=place) from error


def _import_lgpio() -> None:
    """Imports lgpio, which leaves a pipe in the working folder for its callbacks (and fails where that is read-only),
    or moves the program to $LG_WD: here neither."""
    if "lgpio" in sys.modules or os.environ.get("GPIOZERO_PIN_FACTORY", "lgpio") != "lgpio":
        return
    here, before = Path.cwd(), os.environ.get("LG_WD")
    with tempfile.TemporaryDirectory(prefix="station-gpio-") as folder, suppress(ImportError):
        os.environ["LG_WD"] = folder
        try:
            import lgpio  # noqa: F401
        finally:
            os.chdir(here)
            del os.environ["LG_WD"]
            if before is not None:
                os.environ["LG_WD"] = before


def level_of(word: str, place: str) -> bool:
    """True for "high". Raises: InputError."""
    if word not in ("high", "low"):
        raise InputError(f'{word!r} is neither "high" nor "low"', place=place)
    return word == "high"


def open_output(pin: str, place: str, *, active_high: bool = True, frequency_hz: float = 0.0) -> Any:
    """A gpiozero LED or PWMLED that is off. Raises: InputError, LostDeviceError."""
    _factory(place)
    from gpiozero import LED, PWMLED

    with pin_errors(f"{place} {pin}"):
        if frequency_hz > 0.0:
            return PWMLED(pin, active_high=active_high, initial_value=0, frequency=frequency_hz)
        return LED(pin, active_high=active_high, initial_value=False)


def close_outputs(*outputs: Any) -> None:
    """All off, whatever becomes of one of them, then let go."""
    for output in outputs:
        with suppress(Exception):  # closed already, or its chip is gone: then there is nothing more to be done
            output.off()
    for output in outputs:
        with suppress(Exception):
            output.close()


def words(outputs: int, inputs: int) -> str:
    """What `check` says: "7 outputs and 1 input through LGPIO"."""
    from gpiozero import Device

    parts = [f"{count} {what}{'s' * (count != 1)}" for count, what in ((outputs, "output"), (inputs, "input")) if count]
    return f"{' and '.join(parts)} through {type(Device.pin_factory).__name__.removesuffix('Factory')}"


class Input:
    """One contact. Edges are only queued where they happen, with the kernel's own times; they are judged when asked."""

    def __init__(self, facts: InputFacts, place: str, clock: Callable[[], float], *, fail_safe: bool = False) -> None:
        """Opens the pin; `clock` is best that of the kernel's events, time.monotonic.

        Raises:
            InputError: the facts cannot be, or with `fail_safe` an open wire would read as active.
            LostDeviceError: the pin is not to be had.
        """
        self.place, self._clock = f"{place} {facts.pin}", clock
        if facts.pull not in ("up", "down", "none"):
            raise InputError(f'the pull {facts.pull!r} is not "up", "down" or "none"', place=self.place)
        if not 0.0 <= facts.debounce_ms <= 1000.0:
            raise InputError(f"{facts.debounce_ms:g} ms of debouncing are not 0 to 1000", place=self.place)
        self._active = level_of(facts.active, self.place)
        if fail_safe and facts.pull == ("up" if self._active else "down"):
            raise InputError("with this pull an open wire would read as a closed contact", place=self.place)
        _factory(place)
        from gpiozero import InputDevice

        self._edges: deque[tuple[float, bool]] = deque(maxlen=_MANY_EDGES)
        pull_up = {"up": True, "down": False, "none": None}[facts.pull]
        self._inverts = pull_up is True  # gpiozero takes what is pulled up for active when low
        with pin_errors(self.place):
            self._device = InputDevice(facts.pin, pull_up=pull_up, active_state=None if pull_up is not None else True)
        try:
            with pin_errors(self.place):
                self._device.pin.when_changed = self._enqueue
            self._debounce = Debounce(facts.debounce_ms / 1000.0, self.reads())
        except StationError:
            self.close()  # else its pin would be taken when it is opened anew
            raise

    def _enqueue(self, at_s: float, state: int) -> None:
        """Called for every edge; `at_s` is the kernel's time of it, of a clock that may not be ours (lgpio)."""
        now_s = self._clock()
        self._edges.append((at_s if 0.0 <= now_s - at_s <= _LATE_S else now_s, bool(state) == self._active))

    def reads(self) -> bool:
        """Whether it is active this moment, settled or not. Raises: LostDeviceError."""
        with pin_errors(self.place):
            high = bool(self._device.value) != self._inverts
        return high == self._active

    def changes(self) -> list[bool]:
        """What it has settled to since the last call, in order. Raises: LostDeviceError."""
        now_s, level = self._clock(), self.reads()
        heard = [self._edges.popleft() for _ in range(len(self._edges))]
        heard += [(now_s, level), (now_s, level)]  # the second settles what the first may have been late to tell
        return [new for at_s, one in heard if (new := self._debounce.feed(at_s, one)) is not None]

    def is_steady(self, level: bool = True) -> bool:
        """Whether it is active (or not) and has been for long enough. Raises: LostDeviceError."""
        self.changes()
        return self._debounce.steady(level, self._clock())

    def close(self) -> None:
        """Lets go of the pin. (Without the first line gpiozero would hear no edge of a pin that is opened again.)"""
        with suppress(Exception):
            self._device.pin.when_changed = None
        with suppress(Exception):
            self._device.close()

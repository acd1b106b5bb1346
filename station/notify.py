"""What systemd wants to hear from a service: that it is up, what it does, that it still lives, that it goes.

The protocol of sd_notify(3) and sd_watchdog_enabled(3): datagrams of `KEY=value` lines to the socket that
`NOTIFY_SOCKET` names. Without systemd nothing is sent and nothing fails. `alive` is for the thread that must not hang,
the cycle's own: sent from a timer it would say that the timer lives.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping

_SEND_S = 0.1  # systemd that takes no datagrams must not stop a cell
_STATUS_CHARACTERS = 500  # systemd ignores a message of more than 4096 bytes
_OFTEN = 10  # signs of life in one interval of the watchdog; more would only wake systemd
_STEP_S = 120.0  # no step of a start takes longer: Python's imports from a slow card, one loop compiled on a Pi


class Notifier:
    """Talks to the service manager; made with an empty address it is silent.

    `watchdog_s` is the time after which systemd kills a service that said nothing; None: it does not watch.
    """

    def __init__(
        self, address: str = "", watchdog_s: float | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.address, self.watchdog_s, self._clock = address, watchdog_s, clock
        self._said_s: float | None = None
        self._is_ready = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Notifier:
        """As systemd asks this very process (`NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`)."""
        found = os.environ if environment is None else environment
        address = found.get("NOTIFY_SOCKET", "")
        # A path, or with @ a name in the abstract name space; vsock is for whole virtual machines.
        return cls(address if address[:1] in ("/", "@") else "", _watchdog_s(found))

    def progress(self, status: str) -> None:
        """One step of many was done that take minutes together, by the thread that must not hang.

        While the service starts, systemd waits two minutes more for the next step, however long it waited already;
        later this is a sign of life.
        """
        if self._is_ready:
            self.alive()
        else:
            self._send(f"EXTEND_TIMEOUT_USEC={_STEP_S * 1e6:.0f}", *_said(status))

    def ready(self, status: str = "") -> None:
        """The service does its work from now on."""
        self._is_ready = True
        self._send("READY=1", *_said(status))

    def status(self, status: str) -> None:
        """What it does, for `systemctl status`."""
        self._send(*_said(status))

    def alive(self) -> None:
        """One turn more was done. Cheap: may be called as often as one likes."""
        if self.watchdog_s is None:
            return
        now_s = self._clock()
        if self._said_s is None or now_s - self._said_s >= self.watchdog_s / _OFTEN:
            # A sign of life that was not taken is given again at the next turn.
            self._said_s = now_s if self._send("WATCHDOG=1") else None

    def stopping(self, status: str = "") -> None:
        """The service was asked to end, and does."""
        self._send("STOPPING=1", *_said(status))

    def _send(self, *lines: str) -> bool:
        """Whether systemd took it: a service goes on working when nobody listens."""
        if not self.address or not lines:
            return False
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(_SEND_S)
                line.sendto("\n".join(lines).encode("utf-8", "replace"), name)
        except OSError:
            return False
        return True


def _said(status: str) -> tuple[str, ...]:
    """One line: what a scanner read must not become a message of its own."""
    text = " ".join(status.split())[:_STATUS_CHARACTERS]
    return (f"STATUS={text}",) if text else ()


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """The watchdog's interval; None when it is not for this process (a child inherits the variables)."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        interval_us = int(environment.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return interval_us / 1e6 if interval_us > 0 else None

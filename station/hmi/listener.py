"""A listening socket that takes so many connections and no more, so that machines of the network can neither use up the
files that the cell needs to keep its record, nor the places of the screen at the cell."""

from __future__ import annotations

import socket
from collections import Counter
from ipaddress import ip_address
from typing import Any
from weakref import WeakSet

MOST = 450
MOST_OTHERS = 300  # of other machines than this one
MOST_EACH = 100  # of one of them


class Listener(socket.socket):
    """Hangs up at once on who is one too many; counts what is open by the address it came from."""

    _open: WeakSet[_Taken]

    def listen(self, backlog: int = 128, /) -> None:
        """As `socket.listen`."""
        self._open = WeakSet()
        super().listen(backlog)

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises BlockingIOError where it was one too many, as if nobody had come."""
        descriptor, address = self._accept()  # type: ignore[attr-defined]  # as `socket.socket.accept` does
        taken = _Taken(self.family, self.type, self.proto, fileno=descriptor)
        taken.setblocking(self.gettimeout() != 0.0)
        taken.origin = _origin(address)
        if self._is_full(taken.origin):
            taken.close()
            raise BlockingIOError
        self._open.add(taken)
        return taken, address

    def _is_full(self, origin: str) -> bool:
        """Whether no more are taken from there; this machine is kept waiting by nobody else."""
        count = Counter(one.origin for one in self._open if one.fileno() >= 0)
        others = count.total() - count[""]
        return count.total() >= MOST or (bool(origin) and (others >= MOST_OTHERS or count[origin] >= MOST_EACH))


class _Taken(socket.socket):
    origin: str = ""


def _origin(address: Any) -> str:
    """The network address of the other end; empty for this machine. Of IPv6 the network: one machine has many there."""
    found = ip_address(str(address[0]).partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback:
        return ""
    return str(found) if found.version == 4 else found.exploded[:19]

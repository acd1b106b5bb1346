"""The controller at the end of a cable: a pseudo-terminal, or a TCP port, in real time."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from station.twin.grbl.controller import Controller
from station.twin.grbl.mechanics import Mechanics
from station.twin.grbl.settings import Memory
from station.twin.grbl.troubles import Troubles

_POLL_S = 0.002
_T = TypeVar("_T")


class GrblPeer:
    """One controller with its cable; `port` is what a rig's file would say. It ends with its `with` block."""

    def __init__(
        self,
        memory: Memory | None = None,
        mechanics: Mechanics | None = None,
        *,
        tcp: bool = False,
        tcp_port: int = 0,
        troubles: Troubles | None = None,
    ) -> None:
        self.memory, self.mechanics = memory or Memory(), mechanics
        self.troubles = troubles or Troubles()
        self.heard = bytearray()  # all that reached the controller
        self._began = time.monotonic()
        self._lock, self._ends = threading.RLock(), threading.Event()
        self._late: deque[tuple[float, bytes]] = deque()
        self._controller: Controller | None = None
        self._off_until_s = 0.0
        self._server: socket.socket | None = None
        self._fd: int | None = None
        self._client: socket.socket | None = None
        self._was_open = False
        if tcp:
            self._server = socket.create_server(("127.0.0.1", tcp_port))
            self._server.setblocking(False)
            self.port = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        else:
            self._fd, slave = os.openpty()
            tty.setraw(slave)
            self.port = os.ttyname(slave)
            os.close(slave)
        self.power_on()
        self._thread = threading.Thread(target=self._run, daemon=True, name="grbl peer")
        self._thread.start()

    def __enter__(self) -> GrblPeer:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Pulls the cable and stops."""
        self._ends.set()
        self._thread.join()
        self.unplug()

    def power_on(self, boots_s: float = 0.0) -> None:
        """Power (off and) on: a new start after so long; what it counted is lost, what the machine is, is not."""
        with self._lock:
            self._off_until_s = self._now() + boots_s
            self._controller = Controller(self.memory, self.mechanics, start_s=self._off_until_s)

    def power_off(self) -> None:
        """The controller is dead; the cable (and its USB chip, or the network) is not."""
        with self._lock:
            self._controller = None

    def unplug(self) -> None:
        """The cable is pulled: the port is gone."""
        with self._lock:
            for one in (self._client, self._server):
                if one is not None:
                    one.close()
            if self._fd is not None:
                os.close(self._fd)
            self._client = self._server = self._fd = None

    def with_controller(self, act: Callable[[Controller], _T]) -> _T:
        """Does something to it while its time stands still: press a switch, open the door, look at its position."""
        with self._lock:
            if self._controller is None:
                raise RuntimeError("it has no power")
            return act(self._controller)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _run(self) -> None:
        while not self._ends.is_set():
            with self._lock:
                data = self._read()
                now, controller = self._now(), self._controller
                if controller is not None and now >= self._off_until_s:
                    if data:
                        self.heard += data
                        controller.receive(data)
                    controller.advance(now)
                    self._late.extend((at + self.troubles.late_s, line) for at, line in controller.said())
                while self._late and self._late[0][0] <= now:
                    line = self.troubles.to_host(self._late.popleft()[1])
                    if not self.troubles.silent:
                        self._write(line)
            time.sleep(_POLL_S)

    def _opened(self) -> None:
        if self.troubles.resets_on_open:
            self.power_on(self.troubles.boots_s)

    def _read(self) -> bytes:
        data = b""
        if self._server is not None:
            if self._client is None:
                try:
                    self._client, _ = self._server.accept()
                except BlockingIOError:
                    return b""
                self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._client.setblocking(False)
                self._opened()
            try:
                data = self._client.recv(4096)
                if not data:
                    self._hang_up()
            except BlockingIOError:
                pass
            except OSError:
                self._hang_up()
        elif self._fd is not None:
            poll = select.poll()
            poll.register(self._fd, select.POLLIN)
            events = dict(poll.poll(0)).get(self._fd, 0)
            is_open = not events & select.POLLHUP
            if is_open and not self._was_open:
                self._opened()
            self._was_open = is_open
            data = os.read(self._fd, 4096) if events & select.POLLIN else b""
        return self.troubles.to_controller(data) if data else b""

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _write(self, data: bytes) -> None:
        try:
            if self._client is not None:
                self._client.sendall(data)
            elif self._fd is not None and self._was_open:
                os.write(self._fd, data)
        except OSError:
            self._hang_up()

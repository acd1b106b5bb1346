"""The library's server with a limit on what it keeps of a message before it is whole.

asyncua 2.1 believes the length that a message says, up to 4 GiB, and collects bytes until they are there, from anybody
who can reach the port.
"""

from __future__ import annotations

from asyncua import Server
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol

CHUNK_BYTES = 65535  # the longest that is agreed on with clients
MOST_PENDING = 20  # messages of one client that wait for their answer


class BoundedServer(Server):  # type: ignore[misc]  # the library's types are not used
    """Starts as the library's does, with connections that are bounded."""

    async def start(self) -> None:
        """Listens. Raises OSError where the port cannot be had."""
        await self._setup_server_nodes()
        await self.iserver.start()
        self.iserver.max_pending_messages_per_connection = MOST_PENDING
        host, port = self._get_bind_socket_info()
        self.bserver = _Listener(self.iserver, host, port, self.limits)
        self.bserver.set_policies(self._policies)
        await self.bserver.start()


class _Listener(BinaryServer):  # type: ignore[misc]
    def _make_protocol(self) -> OPCUAProtocol:
        return _Connection(self.iserver, self._policies, self.clients, self.closing_tasks, self.limits)


class _Connection(OPCUAProtocol):  # type: ignore[misc]
    _buffer: bytes

    def data_received(self, data: bytes) -> None:
        """Whole chunks are taken out of the buffer at once: what stays and is longer than one never will be one."""
        super().data_received(data)
        if len(self._buffer) > CHUNK_BYTES:
            self._buffer = b""
            if self.transport is not None:
                self.transport.abort()

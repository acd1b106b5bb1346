"""The OPC UA server as a service of the station: a thread with a loop of its own, begun again when it fails.

Nothing here may hold up the cell: it takes snapshots and reads the record; what goes wrong is said and tried again.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from station import __version__
from station.cycle.state import Board
from station.errors import InputError, StationError
from station.genealogy.store import Genealogy
from station.mes.opcua.certificate import ServerCertificate, host_name, server_certificate
from station.mes.opcua.facts import NAMESPACE, POLICIES, OpcUaFacts

if TYPE_CHECKING:
    from asyncua import Server
    from asyncua.crypto.truststore import TrustStore

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
NAME = "Station"
PATH = "/station"
_MOST_MESSAGE = 16 * 1024 * 1024  # bytes


@dataclass(slots=True)
class OpcUaService:
    """Serves one station. `checker` says whether a user's token lets him read; `camera` is the one whose calibrations
    are the configurations; `said` hears every sentence about the server itself. `endpoint` is there while it listens;
    `failure` says why it does not."""

    genealogy: Genealogy
    board: Board
    facts: OpcUaFacts
    checker: Callable[[str, str], bool]
    clock: Callable[[], datetime]
    camera: str = "main"
    said: Callable[[str], None] = lambda _: None
    endpoint: str = ""
    failure: str = ""
    listens: threading.Event = field(default_factory=threading.Event)

    def run(self, stop: threading.Event) -> None:
        """Serve in this thread until `stop` is set; after a failure again, later and later. Raises nothing."""
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # what clients do wrong is answered to them
        wait_s = FIRST_WAIT_S
        while not stop.is_set():
            try:
                asyncio.run(self._serve(stop))
            except Exception as error:
                wait_s = FIRST_WAIT_S if self.listens.is_set() else wait_s
                self._stopped(_sentence(error, self.facts))
                stop.wait(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        self._stopped("")

    def _stopped(self, failure: str) -> None:
        self.endpoint = ""
        self.listens.clear()
        if failure and failure != self.failure:
            self.said(failure)
        self.failure = failure

    async def _serve(self, stop: threading.Event) -> None:
        from station.mes.opcua.events import Events
        from station.mes.opcua.follow import Follower
        from station.mes.opcua.methods import Methods
        from station.mes.opcua.nodes import Nodes
        from station.mes.opcua.structures import Structures
        from station.mes.opcua.system import add_system
        from station.mes.opcua.table import machine_vision
        from station.mes.opcua.type_nodes import add_types

        _check_free(self.facts.host, self.facts.port)  # before all the work that comes first
        station_id = self.board.latest().station_id or "station"
        shown = server_certificate(self.genealogy.home, self.facts, station_id, self.clock())
        if shown.warning:
            self.said(shown.warning)
        server = await self._server(shown)
        standard = await server.register_namespace(NAMESPACE)
        own = await server.register_namespace(f"{shown.application_uri}:nodes")
        nodes = Nodes(server, machine_vision(), standard, own)
        await add_types(nodes)
        structures = await Structures.load(server, nodes)
        methods = Methods(self.genealogy, self.board, self.camera, structures)
        system = await add_system(server, nodes, structures, methods, NAME)
        events = Events(nodes, structures, system.nodes[""], system.nodes)
        follower = Follower(self.board, self.genealogy, self.camera, system, events)
        await follower.begin()
        try:
            await server.start()
            port = self.facts.port or server.bserver.port
            self.endpoint = f"opc.tcp://{host_name(self.facts)}:{port}{PATH}"
            self.failure = ""
            self.listens.set()
            self.said(f"OPC UA clients are served at {self.endpoint}.")
            await follower.follow(stop)
        finally:
            await server.stop()

    async def _server(self, shown: ServerCertificate) -> Server:
        from asyncua import ua
        from asyncua.common.connection import TransportLimits

        from station.mes.opcua.guard import GuardedServer, Users
        from station.mes.opcua.transport import CHUNK_BYTES, BoundedServer

        kinds = ua.SecurityPolicyType
        offered = {
            "Basic256Sha256": kinds.Basic256Sha256_SignAndEncrypt,
            "Aes128_Sha256_RsaOaep": kinds.Aes128Sha256RsaOaep_SignAndEncrypt,
            "Aes256_Sha256_RsaPss": kinds.Aes256Sha256RsaPss_SignAndEncrypt,
        }
        users = Users(self.checker, anonymous=self.facts.anonymous)
        server = BoundedServer(iserver=GuardedServer(users, self.facts, await self._trusted()))
        await server.init()
        await server.set_application_uri(shown.application_uri)
        server.application_type = ua.ApplicationType.Server
        server.product_uri = "urn:station"
        server.set_server_name(f"Station {self.board.latest().station_id}".rstrip())
        await server.set_build_info("urn:station", "station", "station", __version__, "0", self.clock())
        server.set_endpoint(f"opc.tcp://{host_name(self.facts)}:{self.facts.port}{PATH}")
        server.socket_address = (self.facts.host, self.facts.port)
        server.limits = TransportLimits(CHUNK_BYTES, CHUNK_BYTES, _MOST_MESSAGE // CHUNK_BYTES + 1, _MOST_MESSAGE)
        await server.load_certificate(shown.certificate)
        await server.load_private_key(shown.private_key)
        plain = [kinds.NoSecurity] if self.facts.unencrypted else []
        server.set_security_policy([*plain, *(offered[name] for name in POLICIES if name in self.facts.policies)])
        return server

    async def _trusted(self) -> TrustStore | None:
        from asyncua.crypto.truststore import TrustStore

        if not self.facts.trusted_clients:
            return None
        folder = Path(self.facts.trusted_clients)
        if not folder.is_dir():
            raise InputError("there is no such folder", place=str(folder))
        store = TrustStore([folder], [])
        await store.load()
        return store


def _check_free(host: str, port: int) -> None:
    """Raises OSError where the port cannot be listened on."""
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
        pass


def _sentence(error: Exception, facts: OpcUaFacts) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"The OPC UA server does not run: port {facts.port} is taken by another program."
    if isinstance(error, (StationError, OSError)):
        return f"The OPC UA server does not run: {error}."
    return f"The OPC UA server failed inside ({type(error).__name__}: {error})."

"""One connection to the hub, the NATS server: opened, used, and given up at the first trouble; its owner comes again.

nats-py can reconnect by itself and keep what is to be sent meanwhile; here everything is on a disk already, and one way
to begin is easier to trust than two.
"""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js import JetStreamContext

from station.documents import read_limited
from station.errors import InputError, ServiceError
from station.plant.facts import HubFacts

CONNECT_S = 5.0
ANSWER_S = 10.0
PING_S = 10  # a hub that answers two of them not is gone
NATS_ERRORS = (nats.errors.Error, nats.js.errors.Error, asyncio.TimeoutError, OSError)
_MOST_SECRET_BYTES = 4096
_FULL = {10047, 10077, 10023}  # JetStream: insufficient storage, maximum bytes, insufficient resources


@dataclass(slots=True)
class Hub:
    """A live connection, and what the server last complained of."""

    client: Client
    stream: JetStreamContext
    complaints: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raises ServiceError once the connection has ended, or the server refused something on it."""
        if self.complaints:
            raise ServiceError(f"the hub refuses: {self.complaints[0]}")
        if not self.client.is_connected:
            raise ServiceError("the connection to the hub ended")


@asynccontextmanager
async def connected(facts: HubFacts, folder: Path, *, name: str, inbox: str) -> AsyncIterator[Hub]:
    """A connection under `name`; answers come to subjects below `_INBOX_<inbox>`. Files lie in `folder`.

    Raises:
        InputError: a file with a secret or a certificate cannot be used.
        ServiceError: the hub cannot be reached, or turns us away.
    """
    client = Client()
    complaints: list[str] = []

    async def complain(error: Exception) -> None:
        if "permissions violation" in str(error).lower():
            complaints.append(str(error).removeprefix("nats: ")[:200])
        elif not client.is_connected:
            causes.append(error)

    causes: list[Exception] = []
    secrets = _secrets(facts, folder, client)
    try:
        async with asyncio.timeout(CONNECT_S * (1 + len(facts.servers))):
            await client.connect(
                list(facts.servers),
                name=name,
                inbox_prefix=f"_INBOX_{inbox}",
                error_cb=complain,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=int(CONNECT_S),
                ping_interval=PING_S,
                max_outstanding_pings=2,
                **secrets,
            )
        if facts.is_private and not _is_tls(client):
            raise ServiceError("the hub does not offer TLS, and is not spoken to without", place=facts.servers[0])
        yield Hub(client, client.jetstream(timeout=ANSWER_S), complaints)
    except NATS_ERRORS as error:
        raise ServiceError(_sentence([*causes, error][0]), place=_shown(facts)) from error
    finally:
        with suppress(*NATS_ERRORS):
            await asyncio.wait_for(client.close(), CONNECT_S)


def _secrets(facts: HubFacts, folder: Path, client: Client) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if facts.is_private:
        found["tls"] = _tls(facts, folder)
    if facts.user:
        path = folder / facts.password_file
        secret = read_limited(path, _MOST_SECRET_BYTES).decode("utf-8", "replace").strip()
        if path.stat().st_mode & stat.S_IROTH:
            raise InputError("everybody on this computer may read this password: chmod 600", place=str(path))

        def password() -> str:  # asked for once TLS stands: whoever is in between could have said that there is none
            if facts.is_private and not _is_tls(client):
                raise ServiceError("the hub does not offer TLS: it is not told the password", place=facts.servers[0])
            return secret

        found |= {"user": facts.user, "password": password}
    return found


def _tls(facts: HubFacts, folder: Path) -> ssl.SSLContext:
    path = folder / facts.ca_file
    try:
        context = ssl.create_default_context(cafile=str(path) if facts.ca_file else None)
        if facts.certificate_file:
            path = folder / facts.certificate_file
            context.load_cert_chain(path, folder / facts.key_file, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        raise InputError("these certificates cannot be used", place=str(path)) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_tls(client: Client) -> bool:
    return bool(client._server_info.get("tls_required"))  # nats-py goes by this word of the server and by no other


def _shown(facts: HubFacts) -> str:
    """The servers without what a URL may carry."""
    return ", ".join(server.split("@")[-1].removeprefix("nats://") for server in facts.servers)


def _sentence(error: Exception) -> str:
    match error:
        case nats.js.errors.NoStreamResponseError():
            return "the hub does not know the stream: 'station plant run' makes it when it reaches the hub"
        case nats.js.errors.APIError() if error.err_code in _FULL:
            return "the hub is full, and takes more once the plant has taken what is there"
        case nats.js.errors.APIError():
            return f"the hub refuses: {error.description}"
        case ssl.SSLCertVerificationError():
            return f"the hub's certificate is not accepted ({error.verify_message})"
        case nats.errors.AuthorizationError():
            return "the hub does not know this user, or not with this password"
        case asyncio.TimeoutError():
            return "the hub does not answer"
        case OSError() if error.strerror:
            return f"the hub cannot be reached ({error.strerror})"
        case _:
            text = str(error).removeprefix("nats: ").strip("'") or type(error).__name__
            if "authorization violation" in text.lower():
                return "the hub does not know this user, or not with this password"
            return f"the hub cannot be used ({text[:200]})"

"""Who may come in, and what the library lets through that it should not.

asyncua 2.1 answers a client on an unencrypted channel even where no such endpoint is offered, looks at the certificate
that a client names and not at the one of its channel, and lets anybody register other servers. A station does not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.crypto.truststore import TrustStore
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from cryptography.x509 import load_der_x509_certificate

from station.mes.opcua.facts import OpcUaFacts

Checker = Callable[[str, str], bool]
MOST_CHARACTERS = 512  # of a user name or a token
MOST_SUBSCRIPTIONS = 100
_log = logging.getLogger(__name__)


class Users:
    """Asks `checker` about a user name and a token; without a name only where `anonymous`. All read, none writes."""

    def __init__(self, checker: Checker, *, anonymous: bool) -> None:
        self.checker, self.anonymous = checker, anonymous

    def get_user(
        self, _server: Any, username: str | None = None, password: str | None = None, **_more: Any
    ) -> User | None:
        """The user; None who may not come in. Called by the library, in the server's thread."""
        if username is None:
            return User(UserRole.User, "") if self.anonymous else None
        token = password or ""
        if len(username) > MOST_CHARACTERS or len(token) > MOST_CHARACTERS:
            return None
        try:
            return User(UserRole.User, username) if self.checker(username, token) else None
        except Exception as error:  # whoever cannot be checked does not come in
            _log.warning("a user of OPC UA could not be checked: %s", error)
            return None


class GuardedServer(InternalServer):  # type: ignore[misc]  # the library's types are not used
    """The library's server with the doors closed that its configuration leaves open. `trusted` are the clients'
    certificates (None: any)."""

    def __init__(self, users: Users, facts: OpcUaFacts, trusted: TrustStore | None = None) -> None:
        super().__init__(user_manager=users)
        self.is_encrypted_only = not facts.unencrypted
        self.trusted = trusted
        self.allow_remote_admin = False
        self.max_connections = facts.clients
        self.max_subscriptions = MOST_SUBSCRIPTIONS
        tokens = [ua.UserNameIdentityToken, *([ua.AnonymousIdentityToken] if facts.anonymous else [])]
        self.supported_tokens = tuple(tokens)

    def create_session(self, name: str, user: User | None = None, external: bool = False) -> InternalSession:
        """What one client talks to."""
        user = user or User()
        return GuardedSession(self, self.aspace, self.subscription_service, name, user=user, external=external)

    def register_server(self, *_asked: Any) -> None:
        """Nobody else is announced here: this is no discovery server."""
        raise ServiceError(ua.StatusCodes.BadServiceUnsupported)


class GuardedSession(InternalSession):  # type: ignore[misc]
    """What one client may do: read."""

    iserver: GuardedServer

    def activate_session(
        self, params: ua.ActivateSessionParameters, peer_certificate: bytes | None
    ) -> ua.ActivateSessionResult:
        """Lets a client in whose channel is encrypted, where that is asked for, and whose certificate is trusted.

        `peer_certificate` is the one that the channel was opened with; what the client says in other places proves
        nothing.
        """
        if self.iserver.is_encrypted_only and not peer_certificate:
            raise ServiceError(ua.StatusCodes.BadSecurityModeInsufficient)
        if self.iserver.trusted is not None and not _is_trusted(self.iserver.trusted, peer_certificate):
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)
        return super().activate_session(params, peer_certificate)

    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        """The station writes; clients do not."""
        if self.external:
            return [ua.StatusCode(ua.StatusCodes.BadNotWritable) for _ in params.NodesToWrite]
        written: list[ua.StatusCode] = await super().write(params)
        return written


def _is_trusted(trusted: TrustStore, certificate: bytes | None) -> bool:
    if not certificate:
        return False
    try:
        return bool(trusted.validate(load_der_x509_certificate(certificate)))
    except ValueError:
        return False

"""Who asks, and whether he may: every route says which roles it is for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from station.mes.facts import ApiFacts
from station.mes.guard import address_of
from station.mes.limits import Buckets, too_many
from station.mes.metrics import Counts
from station.mes.problems import Problem, not_there
from station.mes.threads import Threads
from station.mes.tokens import Role, Token

READERS = (Role.OPERATOR, Role.QUALITY, Role.MES, Role.CUSTOMER)
STAFF = (Role.OPERATOR, Role.QUALITY, Role.MES)
_log = logging.getLogger("station.mes")
_BEARER = HTTPBearer(
    scheme_name="token", bearerFormat="st_…", description="A token of `station token add`.", auto_error=False
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: a valid token, and the address it came from."""

    token: Token
    address: str

    @property
    def only_order(self) -> str | None:
        """The one order that a customer may see; None: all."""
        return self.token.order_id

    def may_see(self, order_id: str) -> bool:
        """Whether what is about this order is for him."""
        return self.only_order is None or self.only_order == order_id

    def signature(self) -> Mapping[str, Any]:
        """What an event says of whoever had it recorded; nothing that he said himself."""
        return {"token": self.token.id, "name": self.token.name, "role": str(self.token.role), "address": self.address}


class Gate:
    """Finds the token of a request; `find` gives the valid token with a secret, or None."""

    def __init__(
        self,
        find: Callable[[str, datetime], Token | None],
        clock: Callable[[], datetime],
        facts: ApiFacts,
        counts: Counts,
        threads: Threads,
    ) -> None:
        self.threads = threads  # where the work of those who were let in is done
        self._find, self._clock, self._facts, self._counts = find, clock, facts, counts
        self._by_token = Buckets(facts.requests_per_s, facts.burst)
        per_minute = facts.wrong_tokens_per_minute
        self._wrong = Buckets(per_minute / 60.0, max(1.0, per_minute))

    def only(self, *roles: Role) -> Callable[..., Caller]:
        """What a route depends on: gives the caller, if his token has one of these roles."""

        def caller(
            request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
        ) -> Caller:
            found = self._caller(request, credentials)
            if found.token.role in roles:
                return found
            if found.token.role is Role.CUSTOMER:
                raise not_there()
            raise Problem(403, f"this is for tokens with the role {' or '.join(roles)}, not {found.token.role}")

        return self.threads.wrapped(caller)

    def _caller(self, request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
        address = address_of(request.scope)
        if "authorization" in request.headers and not self._facts.takes_tokens_from(request.url.scheme, address):
            raise Problem(
                403, "tokens are taken over TLS only: this connection can be overheard, so the token is burnt"
            )
        one = len(request.headers.getlist("authorization")) == 1  # of two, a proxy may have looked at the other
        secret = "" if credentials is None or not one else credentials.credentials
        token = self._find(secret, self._clock()) if secret else None
        if token is None:
            raise self._refused(address, tried=bool(request.headers.get("authorization")))
        if waiting_s := self._by_token.take(token.id):
            raise too_many(waiting_s)
        return Caller(token, address)

    def _refused(self, address: str, *, tried: bool) -> Problem:
        if not tried:
            return _unauthorised("this needs a token: Authorization: Bearer st_…", 'Bearer realm="station"')
        self._counts.wrong_token()
        # Only wrong tokens wait: nobody can lock out the right ones of his address.
        if waiting_s := self._wrong.take(address):
            return too_many(waiting_s, "too many wrong tokens came from this address")
        _log.warning("a wrong, expired or revoked token came from %s", address or "somewhere")
        return _unauthorised(
            "this token is none, has expired or was revoked", 'Bearer realm="station", error="invalid_token"'
        )


def _unauthorised(sentence: str, challenge: str) -> Problem:
    return Problem(401, sentence, headers={"WWW-Authenticate": challenge})

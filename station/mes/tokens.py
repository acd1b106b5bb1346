"""Who may ask the API: tokens with a role.

A token is `st_` and 256 random bits. Kept is its SHA-256 alone: what is this random cannot be guessed from its hash,
so a slow hash as for passwords would add nothing. Whoever reads the database can use no token of it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update

from station.documents import sha256_hex
from station.errors import InputError
from station.genealogy.database import translated, writing
from station.genealogy.schema import tokens
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text

PREFIX = "st_"
MADE = "token-made"
REVOKED = "token-revoked"
LONGEST_NAME = 64
MOST_DAYS = 3660
_SECRET_BYTES = 32
_NOT_READ = "the tokens cannot be read"
_NOT_KEPT = "the token cannot be kept"


class Role(StrEnum):
    """What a token is for."""

    OPERATOR = "operator"  # reads
    QUALITY = "quality"  # reads, and decides about parts
    MES = "mes"  # reads, sends orders and what happened to parts
    CUSTOMER = "customer"  # reads what is about one order


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: never the secret itself. Moments are UTC text; `order_id` is a customer's."""

    id: str
    name: str
    role: Role
    order_id: str | None
    made: str
    expires: str | None
    revoked: str | None

    def state(self, now: datetime) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= utc_text(now) else "valid"


def make_token(
    genealogy: Genealogy,
    name: str,
    role: str,
    *,
    by: str,
    at: datetime,
    order_id: str | None = None,
    days: int | None = None,
) -> tuple[Token, str]:
    """A new token and its secret, which is told this once. That it was made is in the record first.

    Raises:
        InputError: no such role, a customer without an order or another role with one, a name that cannot be read.
        StorageError: there is no new token.
    """
    kind = _role(role)
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"a token's name has 1 to {LONGEST_NAME} printable characters", place="name")
    if (kind is Role.CUSTOMER) != (order_id is not None):
        raise InputError("a customer's token is for exactly one order, and no other token is for one", place="order")
    if order_id is not None and (not order_id.strip() or len(order_id) > 128):
        raise InputError("this is not the id of an order", place="order")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InputError(f"a token is valid for 1 to {MOST_DAYS} days", place="days")
    secret = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")
    expires = None if days is None else utc_text(at + timedelta(days=days))
    token = Token(secrets.token_hex(6), name, kind, order_id, utc_text(at), expires, None)
    about = {"name": name, "role": str(kind), "order_id": order_id, "expires": expires, "by": by}
    genealogy.add_event(MADE, token.id, about, at=at)
    with translated(_NOT_KEPT), writing(genealogy.engine) as connection:
        connection.execute(
            insert(tokens).values(
                id=token.id, name=name, role=str(kind), order_id=order_id, hash=_hash(secret), made=token.made,
                expires=expires,
            )
        )  # fmt: skip
    return token, secret


def list_tokens(genealogy: Genealogy) -> tuple[Token, ...]:
    """All tokens there ever were, oldest first."""
    with translated(_NOT_READ), genealogy.engine.connect() as connection:
        return tuple(map(_token, connection.execute(select(tokens).order_by(tokens.c.made, tokens.c.id))))


def revoke_token(genealogy: Genealogy, id: str, *, by: str, at: datetime) -> Token:
    """Takes a token back, at once and for good; the record says so afterwards.

    Raises:
        InputError: there is none with this id, or it was revoked before.
        StorageError: it still counts.
    """
    with translated(_NOT_KEPT), writing(genealogy.engine) as connection:
        row = connection.execute(select(tokens).where(tokens.c.id == id)).first()
        if row is None:
            raise InputError("there is no token with this id", place=id[:80])
        if row.revoked is not None:
            raise InputError(f"this token was revoked before, at {row.revoked}", place=id)
        connection.execute(update(tokens).where(tokens.c.id == id).values(revoked=utc_text(at)))
    genealogy.add_event(REVOKED, id, {"name": row.name, "by": by}, at=at)
    return replace(_token(row), revoked=utc_text(at))


def find_token(genealogy: Genealogy, secret: str, now: datetime) -> Token | None:
    """The valid token with this secret; None where there is none, whatever the reason."""
    digest = _hash(secret)
    with translated(_NOT_READ), genealogy.engine.connect() as connection:
        row = connection.execute(select(tokens).where(tokens.c.hash == digest)).first()
    # The index compared hashes, which tell nothing of a secret; still, nothing here ends earlier for a better guess.
    if row is None or not hmac.compare_digest(row.hash, digest):
        return None
    token = _token(row)
    return token if token.state(now) == "valid" else None


def _hash(secret: str) -> str:
    return sha256_hex(secret.encode("utf-8", "surrogatepass"))


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise InputError(f"{name[:40]!r} is not a role; there are {', '.join(Role)}", place="role") from None


def _token(row: Row[Any]) -> Token:
    return Token(row.id, row.name, Role(row.role), row.order_id, row.made, row.expires, row.revoked)

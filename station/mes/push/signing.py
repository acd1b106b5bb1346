"""Signatures of webhooks after Standard Webhooks 1.0 (standardwebhooks.com), so that receivers can check them with the
libraries they have: HMAC-SHA256, in base64, over ``id.timestamp.body``."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime

from station.errors import InputError

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64


def key_of(secret: str, place: str) -> bytes:
    """The key in a secret as Standard Webhooks writes it: ``whsec_`` and 24 to 64 bytes in base64.

    Raises:
        InputError: it is not written so; the sentence does not repeat it.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"the secret must be {PREFIX!r} and base64", place=place) from error
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise InputError(f"the secret must have {FEWEST_BYTES} to {MOST_BYTES} bytes, not {len(key)}", place=place)
    return key


def signed_headers(id: str, body: bytes, keys: Sequence[bytes], at: datetime) -> dict[str, str]:
    """The three headers of one try. Each key signs, so that a receiver can go over from an old one to a new one."""
    timestamp = str(int(at.timestamp()))
    content = f"{id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys)
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }

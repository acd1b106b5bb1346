"""Time stamps of RFC 3161: a third party says that a checkpoint existed at a moment, so the station's clock need not be
believed. Asked for over HTTP (RFC 3161, 3.4); what comes back is checked before it is kept."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto.tsp import TimeStampResp  # type: ignore[import-untyped]
from cryptography.x509 import Certificate, ObjectIdentifier, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from station.documents import read_limited
from station.errors import InputError

MAX_ANSWER_BYTES = 64 * 1024
_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_GRANTED = b"\x30\x03\x02\x01\x00"  # PKIStatusInfo { status granted(0) }


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A token (DER of a TimeStampToken), the moment it vouches for, the authority's certificates that it carries."""

    token: bytes
    moment: datetime
    authorities: tuple[str, ...]


def ask(url: str, data: bytes, roots: Sequence[Certificate], *, timeout_s: float) -> TimeStamp:
    """Have `data` dated by the authority at `url`; with `roots` the token must come from one of them.

    Raises:
        InputError: it cannot be reached, refuses, or answers something else than what was asked.
    """
    if not url.startswith(("http://", "https://")):
        raise InputError("this is not the address of a time-stamping authority (http:// or https://)", place=url[:200])
    request = TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()
    post = urllib.request.Request(
        url,
        request.as_bytes(),
        {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
    )
    try:
        with urllib.request.urlopen(post, timeout=timeout_s) as answer:
            received = answer.read(MAX_ANSWER_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise InputError(f"the time-stamping authority does not answer ({error})", place=url) from error
    if len(received) > MAX_ANSWER_BYTES:
        raise InputError("the time-stamping authority answers more than a token", place=url)
    response = _decoded(_in_der(received, url), url)
    if response.status != 0:
        raise InputError(f"the time-stamping authority refuses ({'; '.join(response.status_string)})", place=url)
    if response.tst_info.nonce != request.nonce:
        raise InputError("the time-stamping authority answers another question (nonce)", place=url)
    return check(response.time_stamp_token(), data, roots, url)


def check(token: bytes, data: bytes, roots: Sequence[Certificate], place: str) -> TimeStamp:
    """The time stamp in `token`, when it is one over `data`; its signature is checked against `roots`, where given.

    Raises:
        InputError: it is none, is over something else, or none of `roots` vouches for it.
    """
    response = _decoded(_as_response(token), place)
    imprint = response.tst_info.message_imprint
    if imprint.hash_algorithm != _SHA256 or imprint.message != hashlib.sha256(data).digest():
        raise InputError("this time stamp is over something else", place=place)
    if roots:
        builder = VerifierBuilder()
        for certificate in roots:
            builder = builder.add_root_certificate(certificate)
        try:
            builder.build().verify_message(response, data)
        except (VerificationError, ValueError) as error:
            raise InputError(f"no authority given vouches for this time stamp ({error})", place=place) from error
    signers = sorted(response.signed_data.signer_infos, key=lambda one: one.serial_number)
    authorities = tuple(one.issuer.rfc4514_string() for one in signers)
    return TimeStamp(token, response.tst_info.gen_time, authorities)


def certificates(path: Path) -> tuple[Certificate, ...]:
    """The certificates of the authorities that are believed (PEM, one or more). Raises: InputError: with the path."""
    try:
        return tuple(load_pem_x509_certificates(read_limited(path)))
    except ValueError as error:
        raise InputError("these are not certificates (PEM)", place=str(path)) from error


def _in_der(data: bytes, place: str) -> bytes:
    """An answer as it should have been encoded: OpenSSL's authority does not sort the set of certificates, which no
    signature covers."""
    try:
        return bytes(TimeStampResp.load(data, strict=True).dump(force=True))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError("this is not a time stamp (RFC 3161)", place=place) from error


def _decoded(data: bytes, place: str) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(data)
        if response.status == 0:
            response.tst_info  # noqa: B018  # decoded only when it is looked at
    except ValueError as error:
        raise InputError("this is not a time stamp (RFC 3161)", place=place) from error
    return response


def _as_response(token: bytes) -> bytes:
    """A TimeStampResp around the token: `SEQUENCE { status, token }`, in DER."""
    body = _GRANTED + token
    length = len(body).to_bytes(3).lstrip(b"\x00")
    return b"\x30" + (length if len(body) < 0x80 else bytes([0x80 | len(length)]) + length) + body

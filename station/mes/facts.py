"""Facts about how the API is offered: the table `[api]` of the station's services."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from station.errors import InputError

_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True)
class ApiFacts:
    """How the API is offered.

    `tls_certificate` and `tls_key` are PEM files. Without them, tokens are taken from this machine only, unless
    `plain_http` says otherwise; `plain_http_reason` then says in a sentence why that is safe (a proxy ends TLS, say).
    A token may ask `requests_per_s` on average and `burst` at once, all tokens of one address together
    `address_factor` times that; wrong tokens are refused in silence after `wrong_tokens_per_minute`. `streams` may be
    open at once, `streams_per_token` by one of them, each for `stream_s` at most: whoever follows comes again with his
    cursor, and with a token that is still valid. A request has `body_s` seconds to send its body.
    """

    tls_certificate: str = ""
    tls_key: str = ""
    allowed_hosts: tuple[str, ...] = ()
    plain_http: bool = False
    plain_http_reason: str = ""
    requests_per_s: float = 20.0
    burst: int = 200
    address_factor: float = 3.0
    wrong_tokens_per_minute: float = 10.0
    streams: int = 40
    streams_per_token: int = 4
    stream_s: float = 3600.0
    body_s: float = 60.0

    def __post_init__(self) -> None:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise InputError("TLS needs both tls_certificate and tls_key", place="api")
        if self.plain_http and not self.plain_http_reason.strip():
            raise InputError("plain_http needs a plain_http_reason: why tokens are safe on this network", place="api")
        for at, host in enumerate(self.allowed_hosts):
            if not _HOST.fullmatch(host):
                raise InputError(
                    f"{host[:60]!r} is not the name of a host as browsers send it, without scheme and port"
                    " (cell-3.plant, *.plant)",
                    place=f"api.allowed_hosts[{at}]",
                )
        for name in ("requests_per_s", "wrong_tokens_per_minute", "stream_s", "body_s"):
            if not getattr(self, name) > 0.0:
                raise InputError("this must be more than 0", place=f"api.{name}")
        for name in ("burst", "address_factor", "streams", "streams_per_token"):
            if not getattr(self, name) >= 1:
                raise InputError("this must be at least 1", place=f"api.{name}")

    @property
    def tls(self) -> tuple[Path, Path] | None:
        """Certificate and key; None: plain HTTP."""
        return (Path(self.tls_certificate), Path(self.tls_key)) if self.tls_certificate else None

    def takes_tokens_from(self, scheme: str, address: str) -> bool:
        """Whether a token that comes by this scheme from this address was out of others' sight on its way."""
        return scheme == "https" or self.plain_http or is_this_machine(address)


def is_this_machine(address: str) -> bool:
    """Whether an address is a loopback one."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def check_tls(facts: ApiFacts) -> None:
    """Opens certificate and key, before anything is served with them.

    Raises:
        InputError: they cannot be read, or do not belong together.
    """
    if facts.tls is None:
        return
    certificate, key = facts.tls
    for path in facts.tls:
        if not path.is_file():
            raise InputError("there is no such file", place=str(path))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except (ssl.SSLError, OSError) as error:
        raise InputError("this certificate cannot be used with this key", place=str(certificate)) from error

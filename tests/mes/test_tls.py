"""Tokens over TLS, and over nothing else that can be overheard."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from station.errors import InputError
from station.mes.facts import ApiFacts, check_tls

from .service import AT_ONCE, served, two_orders


def certificate(folder: Path, name: str = "station") -> tuple[Path, Path]:
    """A certificate for this machine, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def test_the_api_over_tls(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    facts = replace(AT_ONCE, tls_certificate=str(pem), tls_key=str(key))
    check_tls(facts)
    trusting = ssl.create_default_context(cafile=str(pem))
    with served(tmp_path / "home", facts, fill=two_orders) as api:
        with (
            socket.create_connection(("127.0.0.1", api.port)) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
        ):
            assert secured.version() in ("TLSv1.2", "TLSv1.3")
            secured.sendall(
                b"GET /v1/records HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                b"Authorization: Bearer " + api.secrets["mes"].encode() + b"\r\n\r\n"
            )
            assert secured.recv(100).startswith(b"HTTP/1.1 200 OK")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", api.port)) as plain, pytest.raises(ssl.SSLError):
            old.wrap_socket(plain)
        with socket.create_connection(("127.0.0.1", api.port)) as plain:
            plain.sendall(b"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"200" not in plain.recv(100)


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    pem, _ = certificate(tmp_path)
    _, other = certificate(tmp_path, "other")
    with pytest.raises(InputError, match="cannot be used with this key"):
        check_tls(ApiFacts(tls_certificate=str(pem), tls_key=str(other)))
    with pytest.raises(InputError, match="no such file"):
        check_tls(ApiFacts(tls_certificate=str(pem), tls_key=str(tmp_path / "nothing")))
    check_tls(ApiFacts())


def test_over_plain_http_only_this_machine_is_believed() -> None:
    facts = ApiFacts()
    assert facts.takes_tokens_from("http", "127.0.0.1")
    assert not facts.takes_tokens_from("http", "10.0.0.7")
    assert facts.takes_tokens_from("https", "10.0.0.7")
    behind = ApiFacts(plain_http=True, plain_http_reason="the plant's proxy ends TLS on a wire of its own")
    assert behind.takes_tokens_from("http", "10.0.0.7")


def test_a_token_over_plain_http_from_elsewhere_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.mes.access.address_of", lambda _: "10.0.0.7")
    with served(tmp_path / "home", fill=two_orders) as api:
        answer = api.get("/records")
        assert answer.status_code == 403
        assert "over TLS only" in answer.json()["detail"]
        assert api.get("/health", "").status_code == 200

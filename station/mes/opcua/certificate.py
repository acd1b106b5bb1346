"""The certificate by which clients know this server: given by the plant, or made once and kept with the station's keys.

Clients trust it by its fingerprint, so it is never made anew by itself; who wants another removes the files.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from station.durable import write_whole
from station.errors import InputError, StorageError
from station.genealogy.home import StationHome
from station.mes.opcua.facts import OpcUaFacts

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

DAYS = 3650
FOLDER = "opcua"  # in the home's keys
WARN_DAYS = 30


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """The two files, and what is wrong with the certificate or soon will be (empty: nothing)."""

    certificate: Path
    private_key: Path
    application_uri: str
    warning: str = ""


def host_name(facts: OpcUaFacts) -> str:
    """How clients reach this machine."""
    return facts.name or socket.gethostname()


def server_certificate(home: StationHome, facts: OpcUaFacts, station_id: str, now: datetime) -> ServerCertificate:
    """The certificate to show, made if the plant gave none and none was made before.

    Raises:
        InputError: what the plant gave cannot be read.
        StorageError: a new one cannot be kept.
    """
    own = home.keys / FOLDER
    certificate = Path(facts.certificate) if facts.certificate else own / "certificate.der"
    private_key = Path(facts.private_key) if facts.private_key else own / "private_key.pem"
    if not facts.certificate and not (certificate.is_file() and private_key.is_file()):
        _make(certificate, private_key, f"urn:{host_name(facts)}:station:{station_id}", host_name(facts))
    found = _read(certificate)
    return ServerCertificate(certificate, private_key, _application_uri(found, certificate), _warning(found, now))


def _make(certificate: Path, private_key: Path, application_uri: str, name: str) -> None:
    from asyncua.crypto.cert_gen import (
        dump_private_key_as_pem,
        generate_private_key,
        generate_self_signed_app_certificate,
    )
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import DNSName, UniformResourceIdentifier
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = generate_private_key()
    made = generate_self_signed_app_certificate(
        key,
        "station",
        {"organizationName": "station"},
        [UniformResourceIdentifier(application_uri), DNSName(name)],
        [ExtendedKeyUsageOID.SERVER_AUTH],
        DAYS,
    )
    try:
        certificate.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(private_key, dump_private_key_as_pem(key), 0o600)
        write_whole(certificate, made.public_bytes(Encoding.DER), 0o600)
    except OSError as error:
        raise StorageError(f"the certificate cannot be kept ({error.strerror})", place=str(certificate)) from error


def _read(path: Path) -> Certificate:
    from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

    try:
        data = path.read_bytes()
        return load_pem_x509_certificate(data) if data.startswith(b"-----") else load_der_x509_certificate(data)
    except (OSError, ValueError) as error:
        raise InputError("this is no certificate that can be read", place=str(path)) from error


def _application_uri(found: Certificate, path: Path) -> str:
    """OPC 10000-6, 6.2.2: a server's URI is the one that its certificate names."""
    from cryptography.x509 import ExtensionNotFound, SubjectAlternativeName, UniformResourceIdentifier

    try:
        names = found.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        names = None
    uris = [] if names is None else names.get_values_for_type(UniformResourceIdentifier)
    if not uris:
        raise InputError("the certificate names no application URI (subjectAltName), as OPC UA needs", place=str(path))
    return str(uris[0])


def _warning(found: Certificate, now: datetime) -> str:
    until = found.not_valid_after_utc
    if now >= until:
        return f"The certificate of the OPC UA server expired on {until:%Y-%m-%d}."
    if (until - now.astimezone(UTC)).days < WARN_DAYS:
        return f"The certificate of the OPC UA server expires on {until:%Y-%m-%d}."
    return ""

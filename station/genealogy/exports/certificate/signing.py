"""The key that signs certificates, with its own certificate: made on first use, or a company's own.

It is an ECDSA key on NIST P-256, apart from the record's Ed25519 key: what people check a PDF with does not understand
that one (NSS, and with it `pdfsig`: "isn't signed or corrupted data"). The home's `keys/` holds `certificate.key.pem`
and `certificate.pem`; a company that has its own key and certificate (its issuers' below it) puts them there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import NameOID

from station.documents import read_limited
from station.durable import write_whole
from station.errors import InputError
from station.genealogy.home import StationHome

KEY, CERTIFICATE = "certificate.key.pem", "certificate.pem"
YEARS = 30
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}  # FIPS 186-5
_LONGEST_NAME = 64  # characters of a common name (X.520)
_MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Signer:
    """A key (PKCS #8, DER) with its certificate and those of its issuers."""

    key: bytes
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def name(self) -> str:
        """Whose certificate it is: the common name, else the whole subject."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    @property
    def issuer(self) -> str:
        """Who vouches for it, as in the certificate; the subject itself where it is self-signed."""
        return self.certificate.issuer.rfc4514_string()

    @property
    def self_signed(self) -> bool:
        """Whether nobody else vouches for the name."""
        return self.certificate.issuer == self.certificate.subject

    @property
    def algorithm(self) -> str:
        """What it signs with, as people name it."""
        key = self.certificate.public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            return f"ECDSA {_CURVES.get(key.curve.name, key.curve.name)}"
        return "RSA"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate as ``openssl x509 -fingerprint -sha256`` writes it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def sign(self, pdf: bytes) -> bytes:
        """`pdf` with an invisible signature added behind it; the bytes before it stay as they are."""
        from station.genealogy.exports.certificate.pades import signed

        return signed(pdf, self.key, (self.certificate, *self.issuers), self.name)


def signer_in(home: StationHome, name: str, at: datetime, *, make: bool = True) -> Signer | None:
    """The signer in the home's `keys/`, made for `name` on first use unless `make` is False; None: there is none, or
    this user can neither read nor make it.

    Raises:
        InputError: what lies there cannot be used: no key, another's certificate, one that is not valid at `at`; or the
            folder that STATION_KEYS names is not there. Like that of the record's key, it is never made.
    """
    if home.keys_elsewhere is not None and not home.keys.is_dir():
        raise InputError("the folder for keys that STATION_KEYS names is not there", place=str(home.keys))
    key, certificate = home.keys / KEY, home.keys / CERTIFICATE
    try:
        if not (key.exists() and certificate.exists()):
            if not (make and home.keys.is_dir()):
                return None
            with home.alone():
                _make_missing(key, certificate, name, at)
        if not os.access(key, os.R_OK):
            return None
    except OSError:
        return None
    found = _read(key, certificate)
    if not found.certificate.not_valid_before_utc <= at <= found.certificate.not_valid_after_utc:
        raise InputError("the certificate that signs is not valid now: put another one there", place=str(certificate))
    return found


def _make_missing(key: Path, certificate: Path, name: str, at: datetime) -> None:
    if certificate.exists() and not key.exists():
        raise InputError("there is a certificate without its key", place=str(certificate))
    if not key.exists():
        write_whole(key, _pem(ec.generate_private_key(ec.SECP256R1())), 0o600)
    if not certificate.exists():
        write_whole(certificate, _self_signed(_key(key), name, at), 0o644)


def _self_signed(key: PrivateKeyTypes, name: str, at: datetime) -> bytes:
    """PEM of a certificate for `name`, valid from the day before: clocks differ."""
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise InputError("this key is neither of ECDSA nor of RSA", place=KEY)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_LONGEST_NAME] or "station")])
    usage = {"digital_signature": True, "content_commitment": True}
    others = ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")
    only = ("encipher_only", "decipher_only")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=365.25 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage, **dict.fromkeys((*others, *only), False)), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def _read(key: Path, certificate: Path) -> Signer:
    private = _key(key)
    try:
        own, *issuers = x509.load_pem_x509_certificates(read_limited(certificate, _MOST_BYTES))
    except ValueError as error:
        raise InputError("this is not a certificate in PEM", place=str(certificate)) from error
    if own.public_key() != private.public_key():
        raise InputError(f"the certificate is not that of the key in {KEY}", place=str(certificate))
    encoded = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signer(encoded, own, tuple(issuers))


def _key(path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(read_limited(path, _MOST_BYTES), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("this is not a private key in PEM without a pass phrase", place=str(path)) from error


def _pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

"""The station's Ed25519 signing key (RFC 8032): made once, readable by the station's user only, never overwritten.

signing.pem       the private key, PKCS #8
signing.pub.pem   the public key, SubjectPublicKeyInfo; its fingerprint is the SHA-256 of that structure in DER
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from station.documents import read_limited, sha256_hex
from station.durable import write_whole
from station.errors import InputError, StorageError
from station.genealogy.values import is_sha256

PRIVATE, PUBLIC = "signing.pem", "signing.pub.pem"
MAX_KEY_BYTES = 4096


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its file, its 32 bytes as RFC 8032 writes them, and its fingerprint in hexadecimal."""

    pem: bytes
    raw: bytes
    fingerprint: str

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` (64 bytes) is of `data` and made with this key's other half."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The station's key, both halves."""

    public: PublicKey
    _private: Ed25519PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 64 bytes; the same for the same data."""
        return self._private.sign(data)


def signing_key(folder: Path) -> SigningKey:
    """The key in `folder`, made there now if there is none.

    Raises:
        StorageError: the key can be read by others, is none, or cannot be made or read; one sentence with its file.
    """
    path = folder / PRIVATE
    try:
        if not path.exists():
            _make(folder)
        return _load(path)
    except OSError as error:
        raise StorageError(f"the signing key cannot be used ({error.strerror})", place=str(path)) from error


def public_key(pem: bytes, place: str) -> PublicKey:
    """The public key in a PEM file. Raises: InputError: it is not an Ed25519 key as `station key` prints it."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError("this is not a public key (PEM)", place=place) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("this is not an Ed25519 key", place=place)
    found = _public(key)
    if found.pem != pem:
        raise InputError("this is not a public key as the station writes it", place=place)
    return found


def known_fingerprint(text: str) -> str:
    """The fingerprint that a person gave, or that of the public key in the file named.

    Raises:
        InputError: it is neither.
    """
    if is_sha256(text.lower()):
        return text.lower()
    path = Path(text)
    if not path.is_file():
        raise InputError("this is neither a fingerprint (64 hexadecimal digits) nor a file", place=text[:200])
    return public_key(read_limited(path, MAX_KEY_BYTES), text).fingerprint


def _public(key: Ed25519PublicKey) -> PublicKey:
    return PublicKey(
        pem=key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        raw=key.public_bytes(Encoding.Raw, PublicFormat.Raw),
        fingerprint=sha256_hex(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    )


def _load(path: Path) -> SigningKey:
    with path.open("rb") as stream:
        found = os.fstat(stream.fileno())
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise StorageError(
                "the signing key can be read by others, so it proves nothing: make a new one (move this away), or say "
                "chmod 600 if you know that nobody has read it",
                place=str(path),
            )
        data = stream.read(MAX_KEY_BYTES)
    try:
        private = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise StorageError("this is not a signing key (PKCS #8 PEM without a password)", place=str(path)) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise StorageError("this is not an Ed25519 key", place=str(path))
    public = _public(private.public_key())
    beside = path.with_name(PUBLIC)
    if not beside.exists():
        with suppress(FileExistsError):  # another process makes the key just now
            write_whole(beside, public.pem, 0o644, new=True)
    if beside.read_bytes() != public.pem:
        raise StorageError(f"this is not the public half of {PRIVATE}", place=str(beside))
    return SigningKey(public, private)


def _make(folder: Path) -> None:
    """Both halves; the public half of a key that is gone (a backup has no other) stays under another name."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # one process makes it
        if (folder / PRIVATE).exists():
            return
        orphan = folder / PUBLIC
        if orphan.exists():
            orphan.rename(folder / f"signing-{sha256_hex(orphan.read_bytes())[:16]}.pub.pem")
        private = Ed25519PrivateKey.generate()
        write_whole(
            folder / PRIVATE, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600, new=True
        )
        with suppress(FileExistsError):  # another process read the private half already
            write_whole(folder / PUBLIC, _public(private.public_key()).pem, 0o644, new=True)
    finally:
        os.close(handle)

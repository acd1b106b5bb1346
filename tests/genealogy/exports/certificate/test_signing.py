"""The signature: made by us, judged by poppler (NSS) and openssl."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from station.errors import InputError
from station.genealogy.dossier import dossier_of
from station.genealogy.exports.certificate.issue import issue
from station.genealogy.exports.certificate.signing import CERTIFICATE, KEY, Signer, signer_in
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

from . import samples
from .poppler import needs_poppler, run, text_of

NOW = datetime.now(UTC)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[StationHome]:
    found = StationHome(tmp_path / "made")
    found.prepare()
    yield found
    found.keys.chmod(0o700)


def signer(home: StationHome) -> Signer:
    found = signer_in(home, "cell-3", NOW)
    assert found is not None
    return found


def own(subject: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, **changes: object) -> bytes:
    """A company's certificate for a key, by an authority of its own; its issuer's below it."""
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Company CA")])

    def issued(name: x509.Name, public: object, ca: bool) -> bytes:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority)
            .public_key(public)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=20))
            .not_valid_after(changes.get("until", NOW + timedelta(days=20)))  # type: ignore[arg-type]
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(issuer_key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    return issued(name, key.public_key(), False) + issued(authority, issuer_key.public_key(), True)


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, secret: bytes = b"") -> bytes:
    how = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


@needs_poppler
def test_poppler_says_that_it_is_valid_and_covers_everything(genealogy: Genealogy, tmp_path: Path) -> None:
    found = dossier_of(genealogy, samples.commit(genealogy))
    pdf = issue(found)
    path = tmp_path / "c.pdf"
    path.write_bytes(pdf)
    said = run("pdfsig", path)
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "Common Name: cell-3" in said
    assert "ETSI.CAdES.detached" in said
    assert said.count("Signature #") == 1
    run("qpdf", "--check", path)
    assert "PDF version: 1.7" in " ".join(run("pdfinfo", path).split())  # PDF/A-3
    assert 'pdfaid:part="3"' in run("pdfinfo", "-meta", path)
    text = text_of(pdf, tmp_path)
    key = signer(genealogy.home)
    assert f"SHA-256 fingerprint {key.fingerprint}" in text
    assert "PAdES, ECDSA P-256" in text
    assert "not signed" not in text


@needs_poppler
def test_what_is_signed_is_what_was_laid_out(genealogy: Genealogy) -> None:
    from station.genealogy.exports.certificate.document import laid_out
    from station.texts import texts_of

    found, key = dossier_of(genealogy, samples.commit(genealogy)), signer(genealogy.home)
    before = laid_out(found, texts_of("station.genealogy.exports.certificate", "en"), key)
    assert key.sign(before).startswith(before)


@needs_poppler
@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7])
def test_one_flipped_bit_is_found(genealogy: Genealogy, tmp_path: Path, part: float) -> None:
    pdf = issue(dossier_of(genealogy, samples.commit(genealogy)))
    (tmp_path / "c.pdf").write_bytes(pdf)
    signed = re.search(r"Signed Ranges: \[0 - (\d+)\]", run("pdfsig", tmp_path / "c.pdf"))
    assert signed is not None
    place = _inside_a_stream(pdf, int(int(signed[1]) * part))
    (tmp_path / "c.pdf").write_bytes(pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :])
    said = subprocess.run(["pdfsig", str(tmp_path / "c.pdf")], capture_output=True, check=False).stdout.decode()
    assert "Signature is Valid." not in said
    assert "Digest Mismatch" in said


def _inside_a_stream(pdf: bytes, place: int) -> int:
    """Where a flipped bit leaves a file that can still be read."""
    start = pdf.index(b"stream\n", place) + len(b"stream\n")
    return start + (pdf.index(b"endstream", start) - start) // 2


@needs_poppler
def test_something_added_behind_the_signature_is_said(genealogy: Genealogy, tmp_path: Path) -> None:
    path = tmp_path / "c.pdf"
    path.write_bytes(issue(dossier_of(genealogy, samples.commit(genealogy))) + b"\n% and another line\n")
    assert "Not total document signed" in run("pdfsig", path)


def test_the_key_is_made_once_for_the_owner_alone(made: StationHome) -> None:
    first, second = signer(made), signer(made)
    assert first.fingerprint == second.fingerprint
    assert stat.S_IMODE((made.keys / KEY).stat().st_mode) == 0o600
    assert {path.name for path in made.keys.iterdir()} == {KEY, CERTIFICATE}
    assert first.name == "cell-3"
    assert first.self_signed
    assert first.certificate.not_valid_before_utc < NOW
    assert first.certificate.not_valid_after_utc > NOW + timedelta(days=25 * 365)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_reads_key_and_certificate_and_prints_the_same_fingerprint(made: StationHome) -> None:
    found = signer(made)
    printed = run("openssl", "x509", "-in", made.keys / CERTIFICATE, "-noout", "-fingerprint", "-sha256")
    assert printed.strip().split("=")[1] == found.fingerprint
    text = run("openssl", "x509", "-in", made.keys / CERTIFICATE, "-noout", "-text")
    assert "NIST CURVE: P-256" in text
    assert "Digital Signature, Non Repudiation" in text
    assert run("openssl", "pkey", "-in", made.keys / KEY, "-pubout") == run(
        "openssl", "x509", "-in", made.keys / CERTIFICATE, "-noout", "-pubkey"
    )


@needs_poppler
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_a_company_signs_with_its_own(genealogy: Genealogy, tmp_path: Path, kind: str) -> None:
    key = ec.generate_private_key(ec.SECP384R1()) if kind == "ecdsa" else rsa.generate_private_key(65537, 3072)
    (genealogy.home.keys / KEY).write_bytes(pem(key))
    (genealogy.home.keys / CERTIFICATE).write_bytes(own("Uhrenteile AG, Prüfstelle", key))
    pdf = issue(dossier_of(genealogy, samples.commit(genealogy)))
    (tmp_path / "c.pdf").write_bytes(pdf)
    said = run("pdfsig", tmp_path / "c.pdf")
    assert "Signature is Valid." in said
    assert "Uhrenteile AG, Prüfstelle" in said
    text = text_of(pdf, tmp_path)
    assert "Signed by Uhrenteile AG, Prüfstelle" in text
    assert "Issued by CN=Company CA" in text
    assert ("PAdES, ECDSA P-384" if kind == "ecdsa" else "PAdES, RSA") in text


def test_a_key_alone_gets_a_certificate(made: StationHome) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (made.keys / KEY).write_bytes(pem(key))
    assert signer(made).certificate.public_key() == key.public_key()


def test_what_cannot_be_used_is_said(made: StationHome) -> None:
    key, certificate_ = made.keys / KEY, made.keys / CERTIFICATE
    mine, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def refused(sentence: str) -> None:
        with pytest.raises(InputError, match=sentence):
            signer_in(made, "cell-3", NOW)

    certificate_.write_bytes(own("A", mine))
    refused("there is a certificate without its key")
    key.write_bytes(pem(other))
    refused("the certificate is not that of the key")
    key.write_bytes(pem(mine, b"secret"))
    refused("this is not a private key in PEM without a pass phrase")
    key.write_bytes(b"nonsense")
    refused("this is not a private key in PEM")
    key.write_bytes(pem(mine))
    certificate_.write_bytes(b"nonsense")
    refused("this is not a certificate in PEM")
    certificate_.write_bytes(own("A", mine, until=NOW - timedelta(days=1)))
    refused("is not valid now")


@pytest.mark.skipif(os.geteuid() == 0, reason="for root every folder can be written")
def test_a_home_that_cannot_be_written_signs_nothing(made: StationHome) -> None:
    made.keys.chmod(0o500)
    assert signer_in(made, "cell-3", NOW) is None


def test_the_folder_that_station_keys_names_is_never_made(tmp_path: Path) -> None:
    home = StationHome(tmp_path / "home", tmp_path / "medium")
    home.prepare()
    with pytest.raises(InputError, match="STATION_KEYS"):
        signer_in(home, "cell-3", NOW)
    assert not home.keys.exists()


def test_a_home_that_is_not_there_signs_nothing(tmp_path: Path) -> None:
    assert signer_in(StationHome(tmp_path / "nowhere"), "cell-3", NOW) is None


@needs_poppler
def test_a_disk_that_takes_nothing_gives_a_certificate_that_says_so(
    genealogy: Genealogy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = dossier_of(genealogy, samples.commit(genealogy))

    def read_only(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("station.genealogy.exports.certificate.signing.os.open", read_only)
    assert "This document is not signed: the station had no key to sign with." in text_of(issue(found), tmp_path)

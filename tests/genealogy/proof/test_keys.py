"""The signing key: made once, kept from others, read by openssl."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from station.errors import InputError, StorageError
from station.genealogy.home import default_home
from station.genealogy.proof.keys import PRIVATE, PUBLIC, known_fingerprint, public_key, signing_key


def test_a_key_is_made_once_and_stays(tmp_path: Path):
    made = signing_key(tmp_path)
    before = (tmp_path / PRIVATE).read_bytes()
    assert signing_key(tmp_path).public == made.public
    assert (tmp_path / PRIVATE).read_bytes() == before
    assert stat.S_IMODE((tmp_path / PRIVATE).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [PRIVATE, PUBLIC]
    assert made.public.verifies(made.sign(b"x"), b"x")
    assert not made.public.verifies(made.sign(b"x"), b"y")
    assert "_private" not in repr(made)


def test_many_at_once_make_one_key(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        found = {key.public.fingerprint for key in pool.map(signing_key, [tmp_path] * 16)}
    assert len(found) == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_openssl_reads_it(tmp_path: Path):
    key = signing_key(tmp_path)
    (tmp_path / "data").write_bytes(b"data")
    (tmp_path / "sig").write_bytes(key.sign(b"data"))
    check = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", PUBLIC, "-rawin", "-in", "data", "-sigfile", "sig"]
    subprocess.run(check, cwd=tmp_path, check=True, capture_output=True)
    der = subprocess.run(
        ["openssl", "pkey", "-in", PRIVATE, "-pubout", "-outform", "DER"], cwd=tmp_path, check=True, capture_output=True
    ).stdout
    assert hashlib.sha256(der).hexdigest() == key.public.fingerprint


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int):
    signing_key(tmp_path)
    (tmp_path / PRIVATE).chmod(mode)
    with pytest.raises(StorageError, match="can be read by others"):
        signing_key(tmp_path)


def test_what_is_no_key_is_refused_and_left_alone(tmp_path: Path):
    for wrong in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        (tmp_path / PRIVATE).write_bytes(wrong)
        (tmp_path / PRIVATE).chmod(0o600)
        with pytest.raises(StorageError, match="not a signing key"):
            signing_key(tmp_path)
        assert (tmp_path / PRIVATE).read_bytes() == wrong


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_a_key_of_another_kind_is_refused(tmp_path: Path):
    make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", PRIVATE]
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / PRIVATE).chmod(0o600)
    with pytest.raises(StorageError, match="not an Ed25519 key"):
        signing_key(tmp_path)


def test_a_public_half_of_another_key_is_refused(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        signing_key(tmp_path / name)
    shutil.copy(tmp_path / "a" / PUBLIC, tmp_path / "b" / PUBLIC)
    with pytest.raises(StorageError, match="not the public half"):
        signing_key(tmp_path / "b")


def test_after_a_backup_without_the_secret_half_there_is_a_new_key(tmp_path: Path):
    old = signing_key(tmp_path).public
    (tmp_path / PRIVATE).unlink()
    new = signing_key(tmp_path).public
    assert new != old
    assert (tmp_path / PUBLIC).read_bytes() == new.pem
    (kept,) = tmp_path.glob("signing-*.pub.pem")
    assert kept.read_bytes() == old.pem


def test_a_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot be used"):
        signing_key(tmp_path / "missing")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="cannot be used"):
        signing_key(tmp_path)


def test_the_key_may_lie_elsewhere(tmp_path: Path):
    home = default_home({"STATION_HOME": str(tmp_path / "home"), "STATION_KEYS": str(tmp_path / "keys")})
    assert home.keys == tmp_path / "keys"
    home.prepare()
    assert not home.keys.exists(), "a medium that is not there is not imitated"
    assert default_home({"STATION_HOME": str(tmp_path / "home")}).keys == tmp_path / "home" / "keys"


def test_a_known_key_is_a_fingerprint_or_a_file(tmp_path: Path):
    key = signing_key(tmp_path).public
    assert known_fingerprint(str(tmp_path / PUBLIC)) == key.fingerprint
    assert known_fingerprint(key.fingerprint.upper()) == key.fingerprint
    for wrong in ("", "abc", str(tmp_path / "missing"), str(tmp_path)):
        with pytest.raises(InputError, match="neither a fingerprint"):
            known_fingerprint(wrong)
    with pytest.raises(InputError, match="not a public key"):
        known_fingerprint(str(tmp_path / PRIVATE))
    with pytest.raises(InputError, match="as the station writes it"):
        public_key(key.pem + b"\n", "here")

"""Signed notes against the example in the documentation of Go's golang.org/x/mod/sumdb/note, and against damage."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.errors import InputError
from station.genealogy.proof.checkpoint import Checkpoint, origin_of, read_checkpoint
from station.genealogy.proof.keys import PublicKey, public_key, signing_key
from station.genealogy.proof.note import key_id, read_note, sign

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# https://c2sp.org/tlog-checkpoint
C2SP_NOTE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def go_key() -> PublicKey:
    raw = base64.b64decode(GO_KEY.split("+", 2)[2])[1:]
    spki = Ed25519PublicKey.from_public_bytes(raw)
    return public_key(spki.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "go")


def test_a_note_signed_by_go() -> None:
    key = go_key()
    assert key_id("PeterNeumann", key).hex() == "c74f20a3"
    note = read_note(GO_NOTE.encode(), "note")
    assert note.is_signed_by(key, "PeterNeumann")
    assert not note.is_signed_by(key, "Peter")
    assert not read_note(GO_NOTE.replace("answer", "Answer").encode(), "note").is_signed_by(key, "PeterNeumann")


def test_the_example_of_the_specification_is_read() -> None:
    note = read_note(C2SP_NOTE.encode(), "note")
    assert note.signatures[0][0] == "example.com/behind-the-sofa"
    assert len(note.signatures[0][2]) == 64


def test_a_signature_is_what_go_would_have_made(tmp_path: Path) -> None:
    key = signing_key(tmp_path)
    text = sign("a\n", "station.example/x", key)
    assert text.startswith("a\n\n— station.example/x ")
    data = base64.b64decode(text.split(" ")[-1])
    assert data == key_id("station.example/x", key.public) + key.sign(b"a\n")


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n- name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA".encode(),
        "text\n\n— na+me AAAAAAAA\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\n\n— name AAAAAAB=\n".encode(),  # bits behind the last byte
        "te\rxt\n\n— name AAAAAAAA\n".encode(),
        b"\xff\n\n",
        b"x" * 20_000,
    ],
)
def test_what_is_no_note(wrong: bytes) -> None:
    with pytest.raises(InputError, match="note") as caught:
        read_note(wrong, "here")
    assert caught.value.place == "here"


def test_any_flipped_bit_of_a_note_is_found(tmp_path: Path) -> None:
    key = signing_key(tmp_path)
    text = Checkpoint("station.example/x", 7, b"r" * 32, "ab" * 32, "2026-11-22T09:12:03.512Z").text()
    whole = sign(text, "station.example/x", key).encode()
    assert read_note(whole, "").is_signed_by(key.public, "station.example/x")
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            note = read_note(bytes(changed), "")
        except InputError:
            continue
        assert not note.is_signed_by(key.public, "station.example/x"), bit


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    made = Checkpoint("station.example/x", 7, b"r" * 32, "ab" * 32, "2026-11-22T09:12:03.512Z")
    text = made.text()
    assert read_checkpoint(text, "") == made
    lines = text.split("\n")
    for at, line in (
        (0, ""),
        (0, "a b"),
        (1, "07"),
        (1, "-7"),
        (1, "7" * 20),
        (2, "cg=="),
        (3, "chain x"),
        (4, "time now"),
    ):
        changed = [*lines[:at], line, *lines[at + 1 :]]
        with pytest.raises(InputError, match="not a checkpoint"):
            read_checkpoint("\n".join(changed), "")
    for more in (text + "more\n", text[:-1], "\n".join(lines[:3]) + "\n"):
        with pytest.raises(InputError, match="not a checkpoint"):
            read_checkpoint(more, "")


def test_an_origin_has_no_spaces() -> None:
    assert origin_of("cell-3") == "station.example/cell-3"
    assert origin_of("cell 3+ä/x") == "station.example/cell-3---x"
    assert origin_of("") == "station.example/station"

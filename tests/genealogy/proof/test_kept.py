"""A checkpoint kept elsewhere finds what the home itself no longer shows, also where whoever tampered has the key."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from station.documents import sha256_hex
from station.errors import IntegrityError, StorageError
from station.genealogy.dossier import dossier_of
from station.genealogy.home import StationHome
from station.genealogy.parts import Decision, dispose
from station.genealogy.proof.bundle_check import check_bundle
from station.genealogy.proof.checkpoint import Checkpoint
from station.genealogy.proof.checkpoints import SignedCheckpoint, Signer, announce, key_of_record, sign_checkpoint
from station.genealogy.proof.keys import PRIVATE, signing_key
from station.genealogy.proof.note import sign
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

from ..builders import at, diameter, draft, evidence
from ..exports.certificate import samples
from .made import bundle_of, fill, packed, signer_of_home, unpacked


def found(home: StationHome, *kept: SignedCheckpoint, known: tuple[str, ...] = ()) -> str:
    report = verify_home(home, kept=kept, known_keys=known)
    return "\n".join(f"{fault.place}: {fault.sentence}" for fault in report.faults)


def grown(home: StationHome) -> SignedCheckpoint:
    """A home with a FAIL that its owner would rather not have; the checkpoint that somebody kept."""
    with Genealogy.open(home) as genealogy:
        fill(genealogy)
        sign_checkpoint(genealogy, signer_of_home(home), at=at(10))
        shutil.copytree(home.path, home.path.with_name("before"))
        bad = diameter(verdict="FAIL", value=23.8)
        genealogy.commit(draft(verdict="FAIL", characteristics=(bad,)), evidence(7), committed=at(11))
        kept = sign_checkpoint(genealogy, signer_of_home(home), at=at(12))
        genealogy.add_event("stopped", "cell-3", {"reason": "door"}, at=at(13))
        return kept


def test_a_home_that_grew_agrees(home: StationHome):
    kept = grown(home)
    assert found(home, kept) == ""
    assert verify_home(home, kept=[kept]).signatures.kept == (kept.checkpoint.size,)
    assert "not the one known" in found(home, kept, known=("0" * 64,))


def test_an_owner_who_goes_on_from_a_copy_of_an_older_home_is_found(home: StationHome):
    kept = grown(home)
    old = StationHome(home.path.with_name("before"))
    assert found(old) == ""
    assert f"the chain ends with entry {kept.checkpoint.size - 1}" in found(old, kept)
    with Genealogy.open(old) as genealogy:  # with the key: everything in it is signed and intact
        for number in range(4):
            genealogy.commit(draft(), evidence(20 + number), committed=at(30 + number))
        sign_checkpoint(genealogy, signer_of_home(old), at=at(40))
    assert found(old) == ""
    assert "not the one that it signed" in found(old, kept)


def test_a_checkpoint_of_a_key_that_the_record_does_not_know_is_a_fault(home: StationHome, tmp_path: Path):
    kept = grown(home)
    made_anew = StationHome(tmp_path / "anew")
    with Genealogy.open(made_anew) as genealogy:
        fill(genealogy)
        fill(genealogy)
        sign_checkpoint(genealogy, signer_of_home(made_anew), at=at(50))
    assert found(made_anew) == ""
    assert "none of the keys in the chain up to there has signed it" in found(made_anew, kept)


def test_a_bundle_shows_what_its_record_began_with(home: StationHome, tmp_path: Path):
    kept = grown(home)
    with Genealogy.open(home) as genealogy:
        id = genealogy.records().records[0].id
        plain, with_proof = bundle_of(genealogy, id), bundle_of(genealogy, id, since=kept)
        later = sign_checkpoint(genealogy, signer_of_home(home), at=at(60))

    def said(data: bytes, *checkpoints: SignedCheckpoint) -> str:
        path = tmp_path / "b.zip"
        path.write_bytes(data)
        return "\n".join(f"{one.place}: {one.sentence}" for one in check_bundle(path, kept=checkpoints).faults)

    assert said(with_proof) == said(with_proof, kept) == said(with_proof, kept, later) == said(plain, later) == ""
    assert "ask for one exported with --since" in said(plain, kept)
    with Genealogy.open(StationHome(home.path.with_name("before"))) as old:
        forged = signed_over(kept.checkpoint, signer_of_home(old.home), root=b"x" * 32)
        path = packed(signed_anew({**unpacked(with_proof), "since/checkpoint.txt": forged}, old), tmp_path / "c.zip")
    (fault,) = check_bundle(path).faults  # though the key of the station signed all of it
    assert (fault.place, fault.sentence) == (
        "since/proof.json",
        "the record does not begin as the older checkpoint signed it",
    )
    with Genealogy.open(StationHome(home.path.with_name("before"))) as old:
        for number in range(4):
            old.commit(draft(), evidence(20 + number), committed=at(30 + number))
        forked = old.records().records[0].id
        with pytest.raises(IntegrityError, match="not the one that this checkpoint signed"):
            bundle_of(old, forked, since=kept)
        assert "ask for one exported with --since" in said(bundle_of(old, forked), kept)


def signed_over(one: Checkpoint, signer: Signer, *, root: bytes) -> bytes:
    return sign(replace(one, root=root).text(), signer.origin, signer.key).encode()


def signed_anew(files: dict[str, bytes], genealogy: Genealogy) -> dict[str, bytes]:
    content = {name: data for name, data in files.items() if not name.startswith("SHA256SUMS")}
    sums = "".join(f"{sha256_hex(data)}  {name}\n" for name, data in content.items()).encode()
    return {**content, "SHA256SUMS": sums, "SHA256SUMS.sig": signing_key(genealogy.home.keys).sign(sums)}


def test_a_list_of_hashes_that_sha256sum_would_read_otherwise_is_found(home: StationHome, tmp_path: Path):
    """Python ends a line where sha256sum does not."""
    with Genealogy.open(home) as genealogy:
        files = unpacked(bundle_of(genealogy, fill(genealogy).id))
        sums = files["SHA256SUMS"].replace(b"\n", b"\x0b", 1)
        files |= {"SHA256SUMS": sums, "SHA256SUMS.sig": signing_key(home.keys).sign(sums)}
    faults = check_bundle(packed(files, tmp_path / "b.zip")).faults
    assert [fault.place for fault in faults] == ["SHA256SUMS"]


def test_a_copy_of_a_home_without_its_key_signs_nothing(home: StationHome, tmp_path: Path):
    with Genealogy.open(home) as genealogy:
        announce(genealogy, key_of_record(genealogy), at=at(0))  # the first is made
        assert key_of_record(genealogy).public == signing_key(home.keys).public
        samples.commit(genealogy)
    shutil.copytree(home.path, tmp_path / "copy", ignore=shutil.ignore_patterns("keys"))
    with Genealogy.open(StationHome(tmp_path / "copy")) as copy:
        with pytest.raises(StorageError, match="the key that signed this record is not here"):
            key_of_record(copy)
        assert not (copy.home.keys / PRIVATE).exists()
        signing_key(copy.home.keys)
        with pytest.raises(StorageError, match="this key never signed this record"):
            key_of_record(copy)


def test_a_certificate_from_a_copy_is_not_signed_in_the_stations_name(home: StationHome, tmp_path: Path):
    from station.genealogy.exports.certificate.issue import signer_of
    from station.genealogy.exports.formats import FORMATS

    with Genealogy.open(home) as genealogy:
        announce(genealogy, key_of_record(genealogy), at=at(0))
        id = samples.commit(genealogy)
        assert signer_of(dossier_of(genealogy, id)) is not None
        assert FORMATS["pdf"].remark(dossier_of(genealogy, id)) == ""
    shutil.copytree(home.path, tmp_path / "copy", ignore=shutil.ignore_patterns("keys"))
    with Genealogy.open(StationHome(tmp_path / "copy")) as copy:
        found = dossier_of(copy, id)
        assert signer_of(found) is None
        assert list(copy.home.keys.iterdir()) == []
        assert "the certificate is not signed" in FORMATS["pdf"].remark(found)


def test_a_picture_of_a_fail_that_a_rule_is_said_to_have_removed_is_a_fault(home: StationHome, tmp_path: Path):
    """An owner with the key takes away the evidence, and records that a rule did."""
    with Genealogy.open(home) as genealogy:
        bad = diameter(verdict="FAIL", value=23.8)
        record = genealogy.commit(draft(verdict="FAIL", characteristics=(bad,)), evidence(7), committed=at(1))
        digest = record.frames[0].sha256
        next((home.frames / digest[:2]).iterdir()).unlink()
        genealogy.add_event("pictures-removed", "cell-3", {"rule": "PASS after 90 days", "sha256": [digest]}, at=at(2))
        data = bundle_of(genealogy, record.id)
    assert "no rule does that" in found(home)
    (tmp_path / "b.zip").write_bytes(data)
    assert any("no rule does that" in one.sentence for one in check_bundle(tmp_path / "b.zip").faults)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"characteristics": (diameter(verdict="FAIL", value=23.8),)}, "characteristic 1 is not"),
        ({"characteristics": ()}, "nothing was decided"),
    ],
)
def test_a_pass_over_what_is_not_is_a_fault(
    home: StationHome, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], sentence: str
):
    """An owner with the key writes what the store would not."""
    monkeypatch.setattr("station.genealogy.inspection.Inspection._check_pass", lambda self: None)
    with Genealogy.open(home) as genealogy:
        genealogy.commit(draft(**changes), evidence(), committed=at(1))
        record = genealogy.records().records[0]
        dispose(genealogy, record.id, Decision.SCRAP, reason_code="X", by="eva", at=at(2))
        sign_checkpoint(genealogy, signer_of_home(home), at=at(3))
    assert "its verdict is PASS, though" in found(home)
    assert sentence in found(home)

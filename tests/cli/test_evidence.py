"""`station key`, `checkpoint`, `export`, and `verify` of what they gave: as their users call them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from station.genealogy.exports import formats
from station.genealogy.store import Genealogy, StoredFrame

from ..genealogy.builders import at, draft, evidence
from .program import Ran, station
from .small import ring_order


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two attempts at one part; the program runs in a folder of its own."""
    from station.genealogy.home import StationHome

    order = json.dumps(ring_order()).encode()
    with Genealogy.open(StationHome(tmp_path / "home")) as genealogy:
        for number in range(2):
            one = evidence(number)
            given = replace(
                one,
                order=order,
                drawing=None,
                frames=(*one.frames, StoredFrame("front", b"x%d" % number, ".png", 1, 1)),
            )
            genealogy.commit(draft(order_id="MO/1", serial="../S 1"), replace(given, order=order), committed=at(number))
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    return tmp_path / "home"


def last_id(home: Path) -> str:
    return str(station(home, "records", "--json").document["records"][-1]["id"])


def exported(home: Path, *more: object) -> Ran:
    return station(home, "export", last_id(home), "--format", "bundle", *more)


def test_the_key_is_made_once_and_printed(home: Path) -> None:
    shown = station(home, "key", "--json").document
    again = station(home, "key")
    assert again.status == 0
    assert shown["fingerprint"] in again.out
    assert shown["pem"] in again.out
    assert shown["pem"] == (home / "keys" / "signing.pub.pem").read_text()
    assert "PRIVATE" not in again.out
    kinds = sqlite3.connect(home / "station.db").execute("SELECT kind FROM events").fetchall()
    assert kinds == [("signing-key",)]


def test_a_key_that_others_can_read_is_refused_in_one_sentence(home: Path) -> None:
    station(home, "key")
    (home / "keys" / "signing.pem").chmod(0o644)
    for command in (("key",), ("checkpoint",), ("export", last_id(home))):
        assert "can be read by others" in station(home, *command).sentence
    assert list(Path().iterdir()) == []


def test_the_key_may_lie_elsewhere(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATION_KEYS", str(tmp_path / "medium"))
    assert "cannot be used" in station(home, "key").sentence
    (tmp_path / "medium").mkdir()
    assert station(home, "key", "--json").document["folder"] == str(tmp_path / "medium")
    assert list((home / "keys").iterdir()) == []
    assert exported(home).status == 0


def test_a_checkpoint_is_printed(home: Path) -> None:
    found = station(home, "checkpoint", "--json").document
    note = station(home, "checkpoint").out
    assert note == found["note"]
    assert note.splitlines()[:2] == ["station.example/cell-test", "3"]
    chain = sqlite3.connect(home / "station.db").execute("SELECT hash FROM chain WHERE cursor = 3").fetchone()[0]
    assert found["chain"] == chain


def test_a_bundle_is_written_and_verified(home: Path) -> None:
    told = exported(home, "--json")
    assert told.status == 0
    path = Path(told.document["file"])
    assert path.name == "MO_1-.._S_1-2.zip"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == told.document["sha256"]
    assert path.stat().st_size == told.document["bytes"]
    assert zipfile.ZipFile(path).testzip() is None
    shown = station(home, "verify", path)
    assert shown.status == 0
    assert shown.out.startswith("✓")
    assert "was not compared" in shown.out
    key = station(home, "key", "--json").document["fingerprint"]
    for known in (key, home / "keys" / "signing.pub.pem"):
        shown = station(home, "verify", path, "--key", known)
        assert (shown.status, "was not compared" in shown.out) == (0, False)
    shown = station(home, "verify", path, "--key", "0" * 64, "--json")
    assert (shown.status, shown.document["intact"], shown.document["known"]) == (1, False, False)
    shutil.rmtree(home)
    found = station(home, "verify", path, "--json")
    assert (found.status, found.document["intact"], found.document["order_id"]) == (0, True, "MO/1")
    assert not home.exists()


def test_a_tampered_bundle_is_named(home: Path) -> None:
    path = Path(exported(home, "--json").document["file"])
    data = bytearray(path.read_bytes())
    place = data.find(b"23.6684")
    data[place] ^= 1
    path.write_bytes(bytes(data))
    done = station(home, "verify", path)
    assert done.status == 1
    assert "entries/000000000001.json" in done.out
    path.write_bytes(bytes(data)[:-1])
    assert "not a bundle" in station(home, "verify", path).sentence


def test_a_signed_home_is_verified_with_the_key(home: Path) -> None:
    key = station(home, "key", "--json").document["fingerprint"]
    station(home, "checkpoint")
    shown = station(home, "verify")
    assert shown.status == 0
    assert key in shown.out
    assert "was not compared" in shown.out
    assert "Signed up to entry 3; 0 entries since." in shown.out
    shown = station(home, "verify", "--key", key)
    assert (shown.status, "was not compared" in shown.out) == (0, False)
    assert station(home, "verify", "--key", "1" * 64).status == 1
    assert "neither a fingerprint" in station(home, "verify", "--key", "nothing").sentence


def test_where_to(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "there.zip"
    target.write_bytes(b"before")
    assert exported(home, "--out", target).status == 0
    assert zipfile.is_zipfile(target)
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="utf-8")
    assert station(home, "export", last_id(home), "--out", "-", out=out).status == 0
    assert raw.getvalue() == target.read_bytes(), "the same record, the same bytes"
    assert list(Path().iterdir()) == []
    assert "not both" in exported(home, "--out", "-", "--json").sentence
    for wrong in (tmp_path, tmp_path / "missing" / "x.zip"):
        assert "cannot be written" in exported(home, "--out", wrong).sentence
    assert "no inspection" in station(home, "export", "nobody").sentence
    assert "is not a format" in station(home, "export", last_id(home), "--format", "xls").sentence


def test_a_failed_export_leaves_what_was_there(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "there.zip"
    exported(home, "--out", target)
    before = target.read_bytes()
    for frame in (home / "frames").glob("??/*"):
        frame.write_bytes(b"damaged")
    assert "not what was stored" in exported(home, "--out", target).sentence
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cwd", "home", "there.zip"]


def test_another_format(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = formats.Format(".txt", "text/plain", lambda dossier: dossier.inspection["serial"].encode())
    monkeypatch.setitem(formats.FORMATS, "serial", made)
    before = (home / "station.db").read_bytes()
    told = station(home, "export", last_id(home), "--format", "serial", "--json").document
    assert (told["file"], Path(told["file"]).read_bytes()) == ("MO_1-.._S_1-2.txt", b"../S 1")
    assert (home / "station.db").read_bytes() == before, "nothing is written"


def test_a_checkpoint_kept_elsewhere(home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(station(home, "checkpoint").out, encoding="utf-8")
    shown = station(home, "verify", "--checkpoint", kept)
    assert (shown.status, "begins as the checkpoint over 3 entries" in shown.out) == (0, True)
    bundle = Path(exported(home, "--since", kept, "--json").document["file"])
    assert station(home, "verify", bundle, "--checkpoint", kept).status == 0
    assert "in a bundle alone" in station(home, "export", last_id(home), "--format", "csv", "--since", kept).sentence
    kept.write_text("nonsense")
    assert "not a signed note" in station(home, "verify", "--checkpoint", kept).sentence


def test_a_copy_without_the_key_signs_nothing(home: Path, tmp_path: Path) -> None:
    assert exported(home).status == 0
    shutil.copytree(home, tmp_path / "copy", ignore=shutil.ignore_patterns("keys"))
    for command in (("checkpoint",), ("export", last_id(home), "--format", "bundle")):
        assert "none is made in the station's name" in station(tmp_path / "copy", *command).sentence
    assert station(tmp_path / "copy", "key").status == 0  # the station itself, after its key was lost
    assert station(tmp_path / "copy", "checkpoint").status == 0


def test_the_help_names_every_format(home: Path) -> None:
    """It is written out, so that the command line starts without loading them."""
    from station.app.evidence import format_names

    shown = " ".join(station(home, "export", "--help").out.replace("│", " ").split())
    listed = shown.partition("bundle, or ")[2].partition(".")[0]
    assert sorted(listed.split(", ")) == sorted(format_names()[1:])

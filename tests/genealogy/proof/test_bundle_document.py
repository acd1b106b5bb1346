"""The commands in docs/record.md and in a bundle's README check it without a line of ours; each tampering is found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from station.genealogy.home import StationHome
from station.genealogy.proof.checkpoints import sign_checkpoint
from station.genealogy.proof.keys import public_key, signing_key
from station.genealogy.store import Genealogy

from ..builders import at
from .made import bundle_of, fill, signer_of_home, unpacked

PAGE = Path(__file__).parents[3] / "docs" / "record.md"
TOOLS = ("bash", "sha256sum", "xxd", "jq", "openssl", "diff", "base64")
Files = dict[str, bytes]

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in TOOLS), reason=f"needs {', '.join(TOOLS)} on the path"
)


def script() -> str:
    page = PAGE.read_text(encoding="utf-8").partition("## 11. ")[2]
    assert page
    return "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))


def written(files: Files, folder: Path) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def by_hand(files: Files, folder: Path, key: str, commands: str = "", **more: str) -> str:
    written(files, folder)
    tools = folder.parent / "tools"
    tools.mkdir(exist_ok=True)
    if not (tools / "python3").exists():  # an auditor's Python, which has pymerkle and not the station
        (tools / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "$@"\n')
        (tools / "python3").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "STATION_KEY": key, **more}
    done = subprocess.run(
        ["bash", "-u", "-c", commands or script()], cwd=folder, capture_output=True, text=True, env=environment
    )
    return done.stdout + done.stderr


def key_of(files: Files) -> str:
    return public_key(files["key.pem"], "").fingerprint


def first(files: Files, start: str, number: int = 0) -> str:
    return sorted(name for name in files if name.startswith(start))[number]


def test_an_intact_bundle(files: Files, tmp_path: Path):
    output = by_hand(files, tmp_path / "b", key_of(files))
    assert "BROKEN" not in output
    assert "Failure" not in output
    for line in ("files ok", "list ok", "key ok", "attempts ok"):
        assert line in output
    assert output.count("Signature Verified Successfully") == 2
    assert len(re.findall(r"entry \d{12} ok", output)) == 11
    assert len(re.findall(r"entries/\d{12}.proof ok", output)) == 11
    assert len(re.findall(r"\w+ there", output)) == 11
    root = re.search(r"root (\w{64})", output)
    assert root is not None
    assert root[1].encode() in files["manifest.json"]


def test_the_record_begins_as_a_checkpoint_that_was_kept(tmp_path: Path):
    home = StationHome(tmp_path / "home")
    with Genealogy.open(home) as genealogy:
        last = fill(genealogy)
        older = sign_checkpoint(genealogy, signer_of_home(home), at=at(10))
        genealogy.add_event("stopped", "cell-3", {"reason": "door"}, at=at(11))
        files = unpacked(bundle_of(genealogy, last.id, since=older))
    output = by_hand(files, tmp_path / "b", key_of(files))
    assert "since ok" in output
    assert "BROKEN" not in output
    other = files["since/checkpoint.txt"].replace(older.checkpoint.chain.encode(), b"0" * 64)
    assert "since BROKEN" in by_hand({**files, "since/checkpoint.txt": other}, tmp_path / "c", key_of(files))


def test_what_the_readme_in_the_bundle_says(files: Files, tmp_path: Path):
    lines = [line for line in files["README.txt"].decode().splitlines() if re.match(r" {7}\S", line)]
    assert len(lines) == 3
    output = by_hand(files, tmp_path / "b", "", "\n".join(lines))
    assert output.count(": OK") == len(files) - 2
    assert "Signature Verified Successfully" in output
    assert key_of(files) in output


def flipped(name: str) -> Callable[[Files], str]:
    def change(files: Files) -> str:
        found = first(files, name)
        data = bytearray(files[found])
        data[len(data) // 2] ^= 1
        files[found] = bytes(data)
        return f"{found}: FAILED" if name != "SHA256SUMS.sig" else "signature BROKEN"

    return change


def dropped(files: Files) -> str:
    name = first(files, "entries/", 3)
    del files[name]
    return name


def dropped_quietly(files: Files) -> str:
    """Out of the list as well."""
    name = first(files, "entries/", 9).partition(".")[0]
    for suffix in (".json", ".link", ".proof"):
        del files[name + suffix]
    files["SHA256SUMS"] = b"".join(
        line for line in files["SHA256SUMS"].splitlines(keepends=True) if name.encode() not in line
    )
    return "signature BROKEN"


def inserted(files: Files) -> str:
    files["entries/000000000004.json"] = files[first(files, "entries/")]
    return "> entries/000000000004.json"


def reordered(files: Files) -> str:
    one, two = "entries/000000000005", "entries/000000000008"
    for suffix in (".json", ".link", ".proof"):
        files[one + suffix], files[two + suffix] = files[two + suffix], files[one + suffix]
    return "entry 000000000005 BROKEN"


def swapped_frames(files: Files) -> str:
    one, two = first(files, "frames/"), first(files, "frames/", 1)
    files[one], files[two] = files[two], files[one]
    return f"{one} BROKEN"


def missing_frame(files: Files) -> str:
    name = first(files, "frames/")
    del files[name]
    return f"{name.partition('.')[0]} BROKEN"


@pytest.mark.parametrize(
    "change",
    [
        *[
            flipped(name)
            for name in (
                "README", "manifest", "key.pem", "checkpoint", "entries/000000000005.json", "entries/000000000005.link",
                "entries/000000000005.proof", "documents", "frames", "overlays", "SHA256SUMS.sig",
            )
        ],
        dropped, dropped_quietly, inserted, reordered, swapped_frames, missing_frame,
    ],
)  # fmt: skip
def test_each_tampering_is_found_by_hand(files: Files, tmp_path: Path, change: Callable[[Files], str]):
    key, changed = key_of(files), dict(files)
    expected = change(changed)
    output = by_hand(changed, tmp_path / "b", key)
    assert expected in output
    assert "BROKEN" in output


def test_a_bundle_of_somebody_elses_key_is_found_by_hand(files: Files, tmp_path: Path):
    """Everything in it agrees; only the key noted elsewhere tells."""
    with Genealogy.open(StationHome(tmp_path / "forged")) as genealogy:
        forged = unpacked(bundle_of(genealogy, fill(genealogy).id))
        other = signing_key(genealogy.home.keys).public.fingerprint
    output = by_hand(forged, tmp_path / "b", key_of(files))
    assert f"key BROKEN: signed by {other}" in output
    assert output.count("BROKEN") == 1


def test_a_forged_entry_under_recomputed_hashes_is_found_by_the_proof(files: Files, tmp_path: Path):
    """Body, link and list agree with each other again, and the list is signed anew: with whatever key."""
    import hashlib

    changed = dict(files)
    name = "entries/000000000008"
    changed[f"{name}.json"] = changed[f"{name}.json"].replace(b"23.6684", b"23.7000")
    lines = changed[f"{name}.link"].decode().splitlines()
    lines[5] = hashlib.sha256(changed[f"{name}.json"]).hexdigest()
    changed[f"{name}.link"] = "".join(f"{line}\n" for line in lines).encode()
    output = by_hand(changed, tmp_path / "b", key_of(files))
    assert f"{name}.proof BROKEN" in output
    assert "entry 000000000008 ok" in output

"""The commands of docs/exports/pdf.md, run as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from station.genealogy.dossier import dossier_of
from station.genealogy.exports.certificate.issue import issue
from station.genealogy.exports.certificate.signing import CERTIFICATE
from station.genealogy.store import Genealogy

from . import samples
from .poppler import needs_poppler, run, text_of

DOCUMENT = Path(__file__).parents[4] / "docs" / "exports" / "pdf.md"


@needs_poppler
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_stranger_checks_a_certificate(genealogy: Genealogy, tmp_path: Path) -> None:
    pdf = issue(dossier_of(genealogy, samples.commit(genealogy)))
    (tmp_path / "certificate.pdf").write_bytes(pdf)
    text = text_of(pdf, tmp_path)

    def printed(pattern: str) -> tuple[str, ...]:
        found = re.search(pattern, text)
        assert found is not None, pattern
        return tuple(found.groups())

    entry, committed = printed(r"Entry in the chain (\d+), committed (\S+)")
    (before,) = printed(r"Hash of the entry before ([0-9a-f]{64})")
    said = {}
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name, block in zip(("signature", "key", "record", "entry"), blocks, strict=True):
        script = f"entry={entry} committed={committed} before={before}\n{block}"
        said[name] = subprocess.run(
            ["sh", "-e", "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout
    assert "Signature is Valid" in said["signature"]
    assert "Total document signed" in said["signature"]
    assert printed(r"SHA-256 fingerprint ([0-9A-F:]{95})")[0] in said["key"]
    kept = run(
        *("openssl", "x509", "-in", genealogy.home.keys / CERTIFICATE, "-noout", "-subject", "-fingerprint", "-sha256")
    )
    assert said["key"] == kept
    assert said["record"].startswith(printed(r"SHA-256 of the record ([0-9a-f]{64})")[0])
    assert said["entry"].startswith(printed(r"Hash of the entry ([0-9a-f]{64})")[0])

"""Reading a PDF with programs that are not ours: poppler's and qpdf."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = ("pdftotext", "pdfinfo", "pdfsig", "pdfdetach", "pdffonts", "pdfimages", "qpdf")
needs_poppler = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason="poppler-utils and qpdf are not installed"
)


def run(*words: str | Path) -> str:
    """What a program says; that it fails is a failure of the test."""
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout.decode()


def text_of(pdf: bytes, folder: Path, page: int | None = None) -> str:
    """The text of a file (or of one page, from 1) in the order it was drawn, with single spaces."""
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    only = () if page is None else ("-f", str(page), "-l", str(page))
    return " ".join(run("pdftotext", "-raw", *only, path, "-").split())


def pages_of(pdf: bytes, folder: Path) -> int:
    """How many pages there are."""
    path = folder / "count.pdf"
    path.write_bytes(pdf)
    return int(next(line for line in run("pdfinfo", path).splitlines() if line.startswith("Pages:")).split()[1])

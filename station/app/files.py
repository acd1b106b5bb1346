"""What commands and scripts write for people and programs."""

from __future__ import annotations

import json
import os
from pathlib import Path

from station.errors import InputError


def check_writable(path: Path) -> None:
    """Refuse a result's file before any work is done for it.

    Raises:
        InputError: its folder is not there, or it cannot be written.
    """
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError("this file cannot be written", place=str(path))


def write_json(path: Path, document: object) -> None:
    """A document for people and programs: indented JSON.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error

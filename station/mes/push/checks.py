"""What is checked of the settings of webhooks and of MQTT alike."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from station.errors import InputError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def checked_name(name: str) -> str:
    """The name, when a follower of the record can be called so. Raises: InputError."""
    if not _NAME.fullmatch(name):
        raise InputError("a name is 1 to 40 small letters, digits and hyphens", place=name[:60])
    return name


def check_start(start: str, place: str) -> None:
    """Raises InputError unless `start` says where a new follower begins."""
    if start not in ("present", "beginning"):
        raise InputError("start must be 'present' or 'beginning'", place=place)


def check_api(url: str, place: str) -> None:
    """Raises InputError unless `url` can stand before the paths of the API: empty, or without a slash at its end."""
    if url and (not url.startswith(("https://", "http://")) or url.endswith("/")):
        raise InputError("api_url must begin with https:// or http:// and not end with a slash", place=place)


def certificates(ca_file: str, folder: Path, place: str) -> ssl.SSLContext:
    """Whom to trust: the system's authorities, or only those of `ca_file` (relative to `folder`).

    Raises:
        InputError: they cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=str(folder / ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"the certificates in {ca_file} cannot be used", place=place) from error

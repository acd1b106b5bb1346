"""Secrets come from a file or from an environment variable, never from the settings themselves."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from station.documents import read_limited
from station.errors import InputError

MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is kept: the path of a file (relative to `folder`) or the name of an environment variable. It is
    read anew each time, so that it can be changed while the station runs."""

    file: str
    variable: str
    folder: Path
    place: str
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def __post_init__(self) -> None:
        if self.file and self.variable:
            raise InputError("a secret is in a file or in an environment variable, not in both", place=self.place)

    @property
    def is_named(self) -> bool:
        """Whether there is to be a secret at all."""
        return bool(self.file or self.variable)

    def lines(self) -> tuple[str, ...]:
        """The secrets, one a line, without the white space around them.

        Raises:
            InputError: it is not there, is empty, is no text, or everybody on this computer may read the file.
        """
        text = self._from_file() if self.file else self.environment.get(self.variable, "")
        found = tuple(line.strip() for line in text.splitlines() if line.strip())
        if not found:
            where = f"the file {self.file}" if self.file else f"the environment variable {self.variable}"
            raise InputError(f"there is no secret in {where}", place=self.place)
        return found

    def _from_file(self) -> str:
        path = self.folder / self.file
        data = read_limited(path, MOST_BYTES)
        if path.stat().st_mode & stat.S_IROTH:
            raise InputError("everybody on this computer may read this secret: chmod 600", place=str(path))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError("the secret is not text", place=str(path)) from error

"""Where a station keeps everything: the one folder `STATION_HOME`. Nothing is written elsewhere.

station.db      the chain of records and events, orders, drawings, calibrations (SQLite)
frames/         the pictures as they were taken, named by their SHA-256
overlays/       pictures derived for people, named by their SHA-256
calibrations/   readable copies of accepted calibrations, named by their SHA-256
orders/         orders that came through the API, each in a folder of its own with its drawing
models/         learned models of a quality engineer's own, before those of the project
keys/           the station's signing key; STATION_KEYS names another folder for it
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from station.errors import StorageError


@dataclass(frozen=True, slots=True)
class StationHome:
    """The layout of one `STATION_HOME`; making one touches no disk."""

    path: Path
    keys_elsewhere: Path | None = None

    @property
    def database(self) -> Path:
        """The SQLite file; SQLite keeps `-wal` and `-shm` beside it while the station runs."""
        return self.path / "station.db"

    @property
    def frames(self) -> Path:
        """Pictures as taken: `frames/ab/abcdef….png`."""
        return self.path / "frames"

    @property
    def overlays(self) -> Path:
        """Derived pictures: `overlays/ab/abcdef….png`."""
        return self.path / "overlays"

    @property
    def calibrations(self) -> Path:
        """Copies of accepted calibrations: `calibrations/ab/abcdef….json`."""
        return self.path / "calibrations"

    @property
    def orders(self) -> Path:
        """Orders that came through the API: `orders/MO-7-abcdef…/order.json`; the first one makes the folder."""
        return self.path / "orders"

    @property
    def models(self) -> Path:
        """Learned models of one's own: `models/surface/model.toml`; the first one makes the folder."""
        return self.path / "models"

    @property
    def keys(self) -> Path:
        """The signing key; readable by the station's user only."""
        return self.keys_elsewhere or self.path / "keys"

    def prepare(self) -> None:
        """Create what is missing and make sure that it can be written.

        Raises:
            StorageError: the folder cannot be created or written, with its path as the place.
        """
        keys = self.path / "keys"
        for folder in (self.path, self.frames, self.overlays, self.calibrations, keys):
            try:
                folder.mkdir(mode=0o700 if folder == keys else 0o755, parents=folder == self.path, exist_ok=True)
            except FileExistsError as error:
                raise StorageError("this is a file, a folder is needed here", place=str(folder)) from error
            except OSError as error:
                raise StorageError(f"the folder cannot be created ({error.strerror})", place=str(folder)) from error
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise StorageError("the folder cannot be written by this user", place=str(folder))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder's lock: while the database is created or its layout is changed, by one process at a time."""
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def default_home(environment: Mapping[str, str] | None = None) -> StationHome:
    """`STATION_HOME`, else systemd's `STATE_DIRECTORY` (``/var/lib/station``), else ``~/.local/share/station``.

    `STATION_KEYS` names a folder for the signing key outside of it, on a medium of its own, say; it must be there.

    Raises:
        StorageError: the last is needed, and this user has no home folder.
    """
    found = os.environ if environment is None else environment
    chosen_keys = found.get("STATION_KEYS")
    keys = Path(chosen_keys).expanduser().absolute() if chosen_keys else None
    if chosen := found.get("STATION_HOME"):
        return StationHome(Path(chosen).expanduser().absolute(), keys)
    if state := found.get("STATE_DIRECTORY"):  # systemd separates several with a colon
        return StationHome(Path(state.split(":")[0]), keys)
    try:
        return StationHome(Path.home() / ".local" / "share" / "station", keys)
    except RuntimeError as error:
        raise StorageError("this user has no home folder: say with STATION_HOME where the station's is") from error

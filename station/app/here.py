"""Where and by whom this program runs: its one clock, its names in records, the record of STATION_HOME."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime

from station import __version__
from station.genealogy.home import default_home
from station.genealogy.inspection import StationRecord
from station.genealogy.store import Genealogy

MAIN_CAMERA = "main"
Warn = Callable[[str], None]


def now() -> datetime:
    """The one clock of the program."""
    return datetime.now(UTC)


def station_record(rig: str, *, simulated: bool) -> StationRecord:
    """How this station calls itself in records; STATION_ID overrides the machine's name."""
    return StationRecord(
        id=os.environ.get("STATION_ID") or socket.gethostname() or "station",
        software=__version__,
        rig=rig,
        simulated=simulated,
    )


def operator_name() -> str:
    """Who is logged in; empty where the system does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def database_url() -> str | None:
    """Where the record's tables lie, if not in STATION_HOME: STATION_DATABASE, such as postgresql+psycopg://…"""
    return os.environ.get("STATION_DATABASE") or None


def has_record() -> bool:
    """Whether there is a record to read; with a database elsewhere opening it tells."""
    return database_url() is not None or default_home().database.exists()


def open_record(*, read_only: bool = False) -> Genealogy:
    """The record of STATION_HOME."""
    return Genealogy.open(default_home(), url=database_url(), read_only=read_only)

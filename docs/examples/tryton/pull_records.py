"""Pulls inspection records from a station into Tryton, as far as there are any, and ends; a timer starts it again.

    STATION_TOKEN=… TRYTON_PASSWORD=… python pull_records.py STATION_URL TRYTON_URL TRYTON_USER CURSOR_FILE

Exit status: 0 all is entered; 2 something is in the way, one sentence says what. Run it again, whatever happened.
"""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xmlrpc.client import Error as TrytonError

from proteus import config
from station_api import RefusedError, Station
from tryton_books import Books


def main() -> int:
    """Pulls everything behind the cursor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("station", help="address of the station, such as https://cell-3.example")
    parser.add_argument("tryton", help="address of Tryton's XML-RPC, such as https://erp.example/DATABASE/rpc/")
    parser.add_argument("user", help="user in Tryton; the password is in TRYTON_PASSWORD")
    parser.add_argument("cursor", type=Path, help="file that remembers how far the records were entered")
    parser.add_argument("--limit", type=int, default=100, help="records in a page (default: 100)")
    parser.add_argument("--simulated", action="store_true", help="enter records of simulated rigs too: for tests")
    given = parser.parse_args()
    station = Station(given.station, os.environ["STATION_TOKEN"])
    try:
        with (
            _alone(given.cursor.absolute().parent),
            config.set_xmlrpc_session(given.tryton, given.user, os.environ["TRYTON_PASSWORD"]),
        ):
            pull(station, given.cursor, given.limit, given.simulated)
    except RefusedError as refused:
        again = f" Remove {given.cursor} to begin anew: nothing is entered twice." if refused.status == 410 else ""
        print(f"The station refuses: {refused}.{again}", file=sys.stderr)
        return 2
    except (OSError, TrytonError) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    return 0


def pull(station: Station, cursor_file: Path, limit: int, simulated: bool) -> None:
    """Enters record after record. The cursor follows each one, so that after a crash the last comes again."""
    books = Books()
    while True:
        records, cursor = station.page(_read(cursor_file), limit)
        for record in records:
            inspection = record["inspection"]
            if inspection["station"]["simulated"] and not simulated:
                print(f"{record['order_id']}, {record['serial']}: simulated, not entered.", flush=True)
            else:
                print(books.enter(record, station.document(inspection["order_sha256"])), flush=True)
            _write(cursor_file, record["cursor"])
        _write(cursor_file, cursor)
        if not records:
            return


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time, for all stations with a cursor in this folder: what one looks up and misses, no other makes."""
    with (folder / "pull_records.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(cursor_file: Path) -> str | None:
    return cursor_file.read_text(encoding="ascii").strip() or None if cursor_file.exists() else None


def _write(cursor_file: Path, cursor: str) -> None:
    """Whole or not at all."""
    new = cursor_file.with_suffix(".new")
    new.write_text(cursor + "\n", encoding="ascii")
    new.replace(cursor_file)


if __name__ == "__main__":
    sys.exit(main())

"""Stored inspections measured again on a Dask cluster. Its workers need this software and nothing of the record: what
an inspection was made from is sent along, and what comes back is what a process of this machine would have found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from station import __version__
from station.app.here import open_record
from station.app.models import process_models
from station.app.replayed import NotReplayed, not_replayed
from station.cycle.carried import Carried, carry
from station.cycle.replay import Replayed, read_stored, replay
from station.errors import InputError, StationError
from station.metrology.calibration import Calibration

if TYPE_CHECKING:
    from distributed import Client, Future

    Promised = Future[Replayed | NotReplayed]

ANSWER_S = 10.0
AHEAD = 2  # inspections under way for each thread of the cluster: enough that none waits, few enough for its memory


def recheck_on_cluster(
    inspections: Sequence[str], calibration: Calibration | None, address: str
) -> Iterator[Replayed | NotReplayed]:
    """Every inspection measured again, in their sequence.

    Raises:
        InputError: nothing answers at `address`, it has no workers, these have other software, or all was lost.
    """
    client = _connected(address)
    try:
        yield from _measured(client, inspections, calibration, address)
    except (OSError, TimeoutError, CancelledError) as error:  # what is said of inspections is no exception
        raise InputError(f"the cluster was lost ({type(error).__name__})", place=address) from error
    finally:
        client.close(timeout=ANSWER_S)


def _measured(
    client: Client, inspections: Sequence[str], calibration: Calibration | None, address: str
) -> Iterator[Replayed | NotReplayed]:
    window = AHEAD * _threads(client, address)
    other = None if calibration is None else client.scatter(calibration, broadcast=True)
    under_way: deque[tuple[str, Promised | NotReplayed]] = deque()
    with open_record(read_only=True) as genealogy:
        for inspection in inspections:
            try:
                carried = carry(genealogy, inspection)
                under_way.append((inspection, client.submit(measure_again, carried, other, pure=False)))
            except StationError as error:
                under_way.append((inspection, not_replayed(inspection, error)))
            if len(under_way) >= window:
                yield _result(*under_way.popleft())
    while under_way:
        yield _result(*under_way.popleft())


def measure_again(carried: Carried, calibration: Calibration | None) -> Replayed | NotReplayed:
    """What a worker does."""
    inspection = str(carried.record["id"])
    try:
        return replay(read_stored(carried, inspection), calibration, process_models())[0]
    except StationError as error:
        return not_replayed(inspection, error)


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("a cluster needs the extra 'cluster': pip install distributed", place="--cluster") from error
    try:
        return Client(address, timeout=ANSWER_S, set_as_default=False)
    except (TimeoutError, OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers ({error})", place=address) from error


def _threads(client: Client, address: str) -> int:
    threads: dict[str, int] = client.nthreads()
    if not threads:
        raise InputError("this cluster has no workers", place=address)
    for worker, found in client.run(_software, on_error="return").items():
        if isinstance(found, OSError):  # it died just now; the scheduler will hear of it
            continue
        if isinstance(found, BaseException):
            raise InputError(f"the worker {worker} does not have this software ({found})", place=address)
        if found != __version__:
            raise InputError(f"the worker {worker} has software {found}, this is {__version__}", place=address)
    return sum(threads.values())


def _software() -> str:
    from station import __version__

    return __version__


def _result(inspection: str, found: Promised | NotReplayed) -> Replayed | NotReplayed:
    if isinstance(found, NotReplayed):
        return found
    from distributed import KilledWorker

    try:
        result: Replayed | NotReplayed = found.result()
    except KilledWorker:
        return NotReplayed(inspection, "every worker that measured it died over it", intact=True)
    return result

"""A plant of many stations, put together: the database, what collects from the hub, the API."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from pathlib import Path

from station.app.here import now
from station.errors import StorageError
from station.facts import check_keys, facts_of, read_table
from station.genealogy.home import default_home
from station.genealogy.pause import Pause
from station.hmi.server import listen, serve
from station.mes.facts import ApiFacts, check_tls
from station.notify import Notifier
from station.plant.collector import Collector
from station.plant.database import PlantDatabase
from station.plant.facts import HubFacts, PlantFacts, StreamFacts
from station.plant.serving import plant_app

NAME = "plant.toml"
_log = logging.getLogger("station.plant")


def plant_home(chosen: Path | None) -> Path:
    """The plant's folder: as chosen, else STATION_PLANT_HOME, else `station-plant` beside a station's home."""
    named = os.environ.get("STATION_PLANT_HOME")
    return (chosen or (Path(named) if named else default_home().path.with_name("station-plant"))).absolute()


def read_plant(folder: Path, nats: str | None) -> PlantFacts:
    """The facts in the folder's ``plant.toml``, all defaults where there is none; `nats` names another server.

    Raises:
        InputError: an unknown, missing or wrong key, with its place.
    """
    path = folder / NAME
    tables = read_table(path) if path.exists() else {}
    check_keys(tables, {"hub", "stream", "api"}, str(path))
    hub = facts_of(HubFacts, tables.get("hub", {}), f"{path}: hub")
    return PlantFacts(
        hub=hub if nats is None else replace(hub, servers=(nats,)),
        stream=facts_of(StreamFacts, tables.get("stream", {}), f"{path}: stream"),
        api=facts_of(ApiFacts, tables.get("api", {}), f"{path}: api"),
    )


def run_plant(
    folder: Path, facts: PlantFacts, database: str, host: str, port: int, stop: threading.Event, notifier: Notifier
) -> None:
    """Collect and serve until `stop` is set.

    Raises:
        InputError: something about database, address or certificates is wrong.
    """
    check_tls(facts.api)
    waited = _opened(folder, database, stop, notifier)
    if waited is None:
        return
    with waited as opened, listen(host, port) as listener:
        collector = Collector(opened, facts, stop=stop, clock=now)
        thread = threading.Thread(target=collector.run, name="collector")
        thread.start()
        try:
            app = plant_app(opened, facts.api, stop=stop, clock=now)
            notifier.ready(f"serves {host}:{port}")
            serve(app, host, port, stop, listener=listener, tls=facts.api.tls)
        finally:
            stop.set()
            notifier.stopping()
            thread.join()


def _opened(folder: Path, database: str, stop: threading.Event, notifier: Notifier) -> PlantDatabase | None:
    """The database, once it can be reached: both may start at the same moment. None: `stop` was set before."""
    pause, said = Pause(most_s=10.0), ""
    while not stop.is_set():
        try:
            return PlantDatabase.open(folder, database)
        except StorageError as error:
            if str(error) != said:
                said = str(error)
                _log.warning("plant: %s", said)
            notifier.progress(said)
            stop.wait(pause.next_s())
    return None

"""A station of its own process that shows its state over MQTT until it is killed: mqtt_worker.py HOME PORT CA_FILE."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from station.cycle.state import Board, Snapshot
from station.cycle.transitions import State
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.mes.push.mqtt import MqttFacts, MqttPush

from .conftest import now


def main(home: str, port: str, ca_file: str) -> None:
    facts = MqttFacts(
        host="localhost", port=int(port), ca_file=ca_file, username="station", password_file="mqtt.password"
    )
    board = Board(Snapshot(station_id="cell-3", state=State.READY))
    with Genealogy.open(StationHome(Path(home))) as genealogy:
        MqttPush(facts, genealogy, board, now).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])

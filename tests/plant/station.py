"""A station's process without a cell: commits small records while HOME/produce is there, and relays them.

    station.py HOME NATS NAME PACE_S

Prints the id of each record once its commit has returned. Goes on where it was killed.
"""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from station.background import set_by_signals
from station.genealogy.home import StationHome
from station.genealogy.parts import Material, PartKey, add_link
from station.genealogy.store import Genealogy
from station.plant.facts import RelayFacts
from station.plant.relay import Relay
from tests.genealogy.builders import draft, evidence


def main() -> None:
    home, nats, name, pace_s = Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
    stop = threading.Event()
    set_by_signals(stop, signal.SIGTERM)
    facts = RelayFacts(servers=(nats,), look_s=0.1, ask_s=1.0, longest_pause_s=2.0)

    def clock() -> datetime:
        return datetime.now(UTC)

    with Genealogy.open(StationHome(home)) as genealogy:
        relay = threading.Thread(target=Relay(genealogy, facts, station=name, stop=stop, clock=clock).run)
        relay.start()
        number = 0
        while not stop.wait(pace_s):
            if not (home / "produce").exists():
                continue
            now = clock()
            serial = f"{name}-{now.timestamp():.3f}"
            order = b'{"schema": "order/1", "order_id": "%s"}' % serial.encode()
            given = replace(evidence(int(now.timestamp() * 1000) % 10**8), order=order)
            committed = genealogy.commit(draft(order_id=serial, serial=serial), given, committed=now)
            print(committed.id, flush=True)
            number += 1
            if number % 5 == 0:
                add_link(genealogy, PartKey(serial, serial), Material(f"LOT-{number}"), by="mes", at=clock())
        relay.join()


if __name__ == "__main__":
    main()

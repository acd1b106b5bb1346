"""A Grbl controller to try programs against: python -m station.twin.grbl [TCP-PORT]."""

from __future__ import annotations

import sys
import time

from station.twin.grbl.mechanics import Mechanics
from station.twin.grbl.peer import GrblPeer
from station.twin.grbl.settings import Memory


def main() -> None:
    """Runs until it is interrupted."""
    memory = Memory()
    memory.values |= {21: 1.0, 22: 1.0, 20: 1.0}
    given = sys.argv[1:]
    with GrblPeer(memory, Mechanics(), tcp=bool(given), tcp_port=int(given[0]) if given else 0) as peer:
        sys.stdout.write(f"{peer.port}\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(1.0)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()

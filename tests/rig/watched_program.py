"""Stands for the cell under its unit: up, a turn every tenth of a second, until it is told to hang, fail or end.

Started by tests/rig/test_systemd.py; the first thing it does is to write down what it may and may not do.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from station.genealogy.home import default_home
from station.notify import Notifier

TURN_S = 0.1


def allowed(act: Callable[[], object]) -> bool:
    try:
        act()
    except OSError:
        return False
    return True


def readable(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def report() -> dict[str, object]:
    return {
        "home": str(default_home().path),
        "uid": os.getuid(),
        "groups": os.getgroups(),
        "watchdog_s": Notifier.from_environment().watchdog_s,
        "writes": [path for path in ("/var/lib/station", "/var/cache/station", "/etc", "/opt/station", "/usr", "/run")
                   if allowed(Path(path, "written").touch)],
        "homes": [str(path) for home in (Path("/root"), Path("/home")) if readable(home) for path in home.iterdir()],
        "sets_clock": allowed(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time())),
        "opens_packet_socket": allowed(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        # numba needs memory that is written and then run
        "runs_what_it_wrote": allowed(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)),
        "reads_cpuinfo": allowed(Path("/proc/cpuinfo").read_text),
    }  # fmt: skip


def main() -> int:
    home, ending = default_home().path, []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
    (home / "report.json").write_text(json.dumps(report()), encoding="utf-8")
    notifier = Notifier.from_environment()
    notifier.ready("waits for a part")
    while not ending:
        if (home / "hang").exists():
            (home / "hang").unlink()
            time.sleep(3600.0)
        if (home / "fail").exists():
            return 1
        notifier.alive()
        time.sleep(TURN_S)
    notifier.stopping("was asked to end")
    (home / "ended").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The kernel's watchdog: a machine runs while a program feeds it, and starts anew when that program hangs.

STATION_VM is the machine's folder (scripts/test_vm makes it); it is booted here, for only its host sees it start anew.
What feeds is busybox's `watchdog`, as systemd's RuntimeWatchdogSec does on a Raspberry Pi.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.rig.vm.machine import run

LIMIT_S = 180.0
TIMEOUT_S = 5
FEED = f"modprobe softdog; busybox watchdog -F -T {TIMEOUT_S} -t 1 /dev/watchdog & feeder=$!; sleep {2 * TIMEOUT_S}"
pytestmark = pytest.mark.skipif("STATION_VM" not in os.environ, reason="no virtual machine: scripts/test_vm makes one")


def test_a_hung_program_makes_the_machine_start_anew(tmp_path: Path) -> None:
    hang = f"{FEED}; echo fed >/talk/fed; kill -STOP $feeder; sleep 100; echo late >/talk/late"
    ended = run(Path(os.environ["STATION_VM"]), hang, tmp_path, limit_s=LIMIT_S)
    assert (tmp_path / "fed").exists(), "it did not run while it was fed"
    assert not (tmp_path / "late").exists()
    assert (ended.reason, ended.status) == ("guest-reset", None)


def test_a_program_that_is_ended_in_order_leaves_the_machine_running(tmp_path: Path) -> None:
    end = f"{FEED}; kill -TERM $feeder; wait $feeder; sleep {2 * TIMEOUT_S}; exit 7"
    ended = run(Path(os.environ["STATION_VM"]), end, tmp_path, limit_s=LIMIT_S)
    assert (ended.reason, ended.status) == ("guest-shutdown", 7)

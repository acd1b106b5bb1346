"""The state of the station as MQTT shows it: small, whole, the newest only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from station.cycle.state import Progress, QueueEntry, Snapshot
from station.cycle.transitions import OPC_40100
from station.documents import canonical


def state_bytes(snapshot: Snapshot) -> bytes:
    """Canonical JSON of what the station is and does; of the queue what is measured just now and how much waits."""
    measuring = next((one for one in snapshot.queue if one.progress is Progress.MEASURING), None)
    return canonical(
        {
            "online": True,
            "station": snapshot.station_id,
            "rig": snapshot.rig,
            "simulated": snapshot.simulated,
            "state": str(snapshot.state),
            "state_40100": OPC_40100[snapshot.state],
            "since": snapshot.since,
            "message": snapshot.message,
            "warning": snapshot.warning,
            "fault": None if snapshot.fault is None else {k: str(v) for k, v in asdict(snapshot.fault).items()},
            "measuring": _part(measuring),
            "last": _part(snapshot.last),
            "waiting": sum(one.progress is Progress.WAITING for one in snapshot.queue),
        }
    )


def offline_bytes(station_id: str) -> bytes:
    """What stands there when the station is gone: said by itself at its end, by the broker when it was lost."""
    return canonical({"online": False, "station": station_id, "state": "offline"})


def _part(entry: QueueEntry | None) -> dict[str, Any] | None:
    return None if entry is None else {key: str(value) for key, value in asdict(entry).items()}

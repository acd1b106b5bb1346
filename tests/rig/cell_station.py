"""The station as its users start it, `station run --rig FILE`, beside the world of a cell."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from tests.cli.small import ring_order, write_calibration, write_order
from tests.peers.cell_world import CAMERA, World, place_mm, until
from tests.peers.program import ROOT

PATIENCE_S = 240.0  # with a busy machine; a quiet one needs a tenth of it at most
PROGRAM = Path(sys.executable).with_name("station")
RIG = """
name = "whole-cell"
[cell]
exposure_us = 2000.0
shift_check = "off"
[feeder]
driver = "pallet"
places_mm = {places}
[camera]
driver = "aravis"
serial = "{camera}"
width_px = 400
height_px = 300
timeout_s = 20.0
raw_packets = false
[controller]
port = "{line}"
answer_s = 2.0  # a machine with other things to do
[light]
driver = "controller"
channels = {{ backlight = [1] }}
settle_ms = 50.0
[gate]
driver = "controller"
open_ms = {open_ms}
[tower]
driver = "controller"
[button]
driver = "controller"
[interlock]
driver = "controller"
[stage]
driver = "grbl"
port = "{stage}"
axes = "XY"
feed_mm_per_min = 900.0
answer_s = 2.0
stall_s = 2.0
"""


def serial_of(place: int) -> str:
    """Of the part at a place of the pallet: parts lie there in the order of their serials."""
    return f"RING-4-{place:04d}"


class Station:
    """A folder with a rig's file, orders and a STATION_HOME, and the program that runs on them."""

    def __init__(self, folder: Path, places: int) -> None:
        self.folder, self.home, self._places = folder, folder / "home", places
        (folder / "orders").mkdir()
        for place in range(places):
            document = ring_order(order_id=f"MO-{place}", part={"serial": serial_of(place), "part_number": "RING-4"})
            write_order(folder / "orders", document, f"{place:04d}.json")
        calibration = write_calibration(folder / "calibration.json")
        self.says("accept", calibration, "--camera", f"Aravis Fake {CAMERA}")
        self.process: subprocess.Popen[str] | None = None
        self.snapshots: list[dict[str, Any]] = []

    def _command(self, *words: object) -> list[str]:
        return [str(PROGRAM), *map(str, words)]

    @property
    def _environment(self) -> dict[str, str]:
        own = {"STATION_HOME": str(self.home), "STATION_ID": "cell-test", "PYTHONPATH": str(ROOT)}
        return {**os.environ, **own}

    def says(self, *words: object, status: int = 0) -> str:
        """Standard output of `station WORDS…`, which ends with this status."""
        done = subprocess.run(self._command(*words), env=self._environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == status, f"{words}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def rig_file(self, world: World, cell: str = "", open_ms: int = 400) -> Path:
        """The rig's file over this world; `cell` is more of its table [cell]."""
        places = [list(place_mm(place)) for place in range(self._places)]
        text = RIG.format(places=places, camera=CAMERA, line=world.line.port, stage=world.stage.port, open_ms=open_ms)
        path = self.folder / "rig.toml"
        path.write_text(text.replace("[feeder]", f"{cell}\n[feeder]"), encoding="utf-8")
        return path

    def run_once(self, rig: Path) -> dict[str, Any]:
        """`station run --once --json`: its document; some verdicts are not PASS."""
        words = ("run", "--rig", rig, "--orders", self.folder / "orders", "--once", "--json")
        document: dict[str, Any] = json.loads(self.says(*words, status=1))
        return document

    def start(self, rig: Path) -> None:
        """`station run`, until it is told to stop; what its page is sent is kept in `snapshots`."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = ("run", "--rig", rig, "--orders", self.folder / "orders", "--pace", "0", "--port", port)
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                self._command(*words), env=self._environment, stdout=log, stderr=subprocess.STDOUT, text=True
            )
        self._listener = threading.Thread(target=self._listen, args=(port,), daemon=True)
        self._listener.start()

    def _listen(self, port: int) -> None:
        assert self.process is not None
        while self.process.poll() is None:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=30.0)
            with suppress(OSError, http.client.HTTPException), closing(line):
                line.request("GET", "/events")
                for text in line.getresponse():
                    if text.startswith(b"data: {"):
                        self.snapshots.append(json.loads(text[6:]))

    def log(self) -> str:
        """What it said, and what it shows."""
        shown = [(one["state"], one["message"]) for one in self.snapshots]
        with Genealogy.open(StationHome(self.home), read_only=True) as record:
            kept = [(one.serial, one.verdict) for one in record.records(limit=1000).records]
        return f"{(self.folder / 'log').read_text()}\n{shown[-12:]}\n{kept}"

    def state(self) -> str:
        """Of the cell, as its page has it."""
        return str(self.snapshots[-1]["state"]) if self.snapshots else ""

    def wait_state(self, *states: str, seconds: float = PATIENCE_S) -> None:
        """Until the page shows one of these states."""
        until(lambda: self._is_alive() and self.state() in states, seconds, self.log)

    def _is_alive(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        return True

    def records(self, serial: str) -> list[dict[str, Any]]:
        """The inspections of one part, from the record."""
        with Genealogy.open(StationHome(self.home), read_only=True) as record:
            found = [one for one in record.records(limit=1000).records if one.serial == serial]
            return [record.inspection(one.id) for one in found]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What the record says of these events, the newest first."""
        with Genealogy.open(StationHome(self.home), read_only=True) as record:
            return [dict(one.payload) for one in record.events(kind)]

    def wait_recorded(self, serial: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """The first inspection of a part, once it is committed."""
        until(lambda: self._is_alive() and self.records(serial), seconds, self.log, every_s=0.2)
        return self.records(serial)[0]

    def kill(self) -> None:
        """As a power cut of the Pi does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._listener.join()

    def stop(self) -> int:
        """As systemd does; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30.0)
        self._listener.join()
        return status

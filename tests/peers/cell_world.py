"""The world around a whole cell: parts on a stage, under a camera, over a lamp, before a gate.

Everything that the station talks to is another program or speaks the real protocol: the controller's own firmware in
its emulator, a Grbl controller over TCP, Aravis's GigE Vision camera. What they have in common is what a workshop has
in common: the picture is bright only while the firmware drives the lamp's pin, and shows what lies where the stage's
carriage really is at the moment of the exposure.
"""

from __future__ import annotations

import hashlib
import math
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.twin.grbl import GrblPeer, Mechanics
from station.twin.part import MadePart
from station.twin.render import expose, scene_light
from station.twin.scene import Lamp, PlacedPart, Scene
from tests.cli.small import OPTICS, POSE
from tests.peers.controller import CYCLES_PER_US, DOOR, ESTOP, GATE, LAMPS, START, Edge, Emulator, Proxy
from tests.peers.program import Program
from tests.rig.motion_bench import quick_memory

CAMERA = "CELL-1"
PITCH_MM, ACROSS = 10.0, 5  # the pallet's places; the field is 8 mm wide
AT_PLACE_MM = 0.02
HOST_SPEAKS_CYCLES = 300 * 1000 * CYCLES_PER_US  # the firmware waits for 500 ms
HOST_IS_GONE_S = 5.0
SHINE, DARK = Lamp(), Lamp(0.004, 0.004)
_PASS = re.compile(rb"(\d+) pass \d+\*")


def place_mm(place: int) -> tuple[float, float]:
    """Where the stage brings this place under the camera, in the machine's millimetres."""
    row, column = divmod(place, ACROSS)
    return -PITCH_MM * (1 + column), -PITCH_MM * (1 + row)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the camera saw, and what the world was like: the nearest place, how far from it the carriage really was,
    which lamps' pins were driven."""

    place: int
    away_mm: float
    lamps: tuple[int, ...]
    pixels: str  # SHA-256


@dataclass(frozen=True, slots=True)
class Passing:
    """The station asks the controller to open the gate: what lay under the camera at that moment, and what the newest
    record in the station's own database said."""

    place: int
    serial: str
    verdict: str


class World:
    """Everything but the station, whose record is in `home`. `parts` lie on the pallet, None is an empty place."""

    def __init__(self, folder: Path, home: Path, parts: Sequence[MadePart | None]) -> None:
        self.parts, self._home = parts, home
        self.exposures: list[Exposure] = []
        self.passings: list[Passing] = []
        self.edges: list[Edge] = []
        self.during: dict[int, Callable[[], object]] = {}  # happens in the first exposure of a place
        self.lamp_is_cut = False
        self._rng = np.random.default_rng(20261123)
        self._lights: dict[tuple[float, float, bool], Any] = {}
        self._record: Genealogy | None = None
        self._asked: set[bytes] = set()
        self._rest = b""
        self._ends = threading.Event()
        self._heard_s = -math.inf

        self.emulator = Emulator()
        for contact in (DOOR, ESTOP):
            self.emulator.close_contact(contact)
        self.emulator.waits = self._host_is_late
        self.line = Proxy(self.emulator.port)
        self.line.to_controller = self._overhear
        self.stage = GrblPeer(quick_memory(), Mechanics([-5.0, -4.0, -3.0]), tcp=True)
        self._scene = socket.socket(socket.AF_UNIX)
        self._scene.bind(str(folder / "scene"))
        self._scene.listen()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._show, self._watch)]
        for thread in self._threads:
            thread.start()
        self.camera = Program(sys.executable, "-m", "tests.peers.gige_camera", CAMERA, str(folder / "scene"))

    def close(self) -> None:
        """Everything ends."""
        self._ends.set()
        self.camera.kill()
        self._scene.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._scene.close()
        self.stage.end()
        self.line.close()
        self.emulator.close()
        if self._record is not None:
            self._record.close()

    def press_start(self) -> None:
        """As a person does."""
        self.emulator.close_contact(START)
        self.emulator.run_ms(100)
        self.emulator.open_contact(START)
        self.emulator.run_ms(100)

    def lamps(self) -> tuple[int, ...]:
        """The numbers of the lamps whose pins are driven."""
        return tuple(number for number, pin in enumerate(LAMPS, 1) if self.emulator.level(pin))

    def away_mm(self, place: int) -> float:
        """How far the carriage really is from a place."""
        return math.dist(self._carriage(), place_mm(place))

    def openings(self) -> int:
        """How often the firmware's gate pin rose."""
        return sum(edge.pin == GATE and edge.level == 1 for edge in self.edges)

    def open_ms(self) -> list[float]:
        """How long the gate was open each time, by the chip's own clock."""
        turns = [edge for edge in self.edges if edge.pin == GATE]
        pairs = zip(turns[::2], turns[1::2], strict=False)
        return [(down.cycle - up.cycle) / 16_000 for up, down in pairs]

    def of_place(self, place: int) -> list[Exposure]:
        """The exposures of one place."""
        return [one for one in self.exposures if one.place == place]

    def _carriage(self) -> tuple[float, float]:
        assert self.stage.mechanics is not None
        x, y, _ = self.stage.mechanics.carriage_mm
        return x, y

    def _nearest(self) -> int:
        return min(range(len(self.parts)), key=self.away_mm)

    def _host_is_late(self) -> bool:
        """A station on a busy machine says nothing for a while; after some seconds of that it is gone indeed."""
        if time.monotonic() - self._heard_s > HOST_IS_GONE_S:
            return False
        return self.emulator.cycle() - self.emulator.heard() > HOST_SPEAKS_CYCLES

    def _overhear(self, data: bytes) -> bytes:
        """What the station says to the controller, looked at before it is handed on."""
        self._heard_s = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            asks = _PASS.match(line)
            if asks is not None and asks[1] not in self._asked:  # an unanswered line is sent twice
                self._asked.add(asks[1])
                self._record = self._record or Genealogy.open(StationHome(self._home), read_only=True)
                records = self._record.records(limit=1000).records
                newest = (records[-1].serial, records[-1].verdict) if records else ("", "")
                self.passings.append(Passing(self._nearest(), *newest))
        return data

    def _watch(self) -> None:
        while not self._ends.wait(0.01):
            self.edges += self.emulator.edges()

    def _show(self) -> None:
        while not self._ends.is_set():
            try:
                camera, _ = self._scene.accept()
                with camera:
                    while camera.recv(1):
                        camera.sendall(self._expose())
            except OSError:
                continue  # the camera was killed, or everything ends

    def _expose(self) -> bytes:
        place = self._nearest()
        if (happens := self.during.pop(place, None)) is not None:
            happens()
        lamps, away_mm, (x, y) = self.lamps(), self.away_mm(place), self._carriage()
        lit = 1 in lamps and not self.lamp_is_cut
        key = round(x, 4), round(y, 4), lit
        if key not in self._lights:
            self._lights[key] = scene_light(self._scene_at(x, y, SHINE if lit else DARK))
        image = expose(self._lights[key], SHINE if lit else DARK, self._rng)
        self.exposures.append(Exposure(place, away_mm, lamps, hashlib.sha256(image.tobytes()).hexdigest()))
        return image.tobytes()

    def _scene_at(self, x: float, y: float, lamp: Lamp) -> Scene:
        placed = []
        for place, part in enumerate(self.parts):
            dx, dy = place_mm(place)[0] - x, place_mm(place)[1] - y
            if part is not None and math.hypot(dx, dy) < PITCH_MM:
                placed.append(PlacedPart(part, replace(POSE, x_mm=POSE.x_mm + dx, y_mm=POSE.y_mm + dy)))
        return Scene(OPTICS, lamp, tuple(placed))


def until(holds: Callable[[], object], seconds: float, says: Callable[[], object], *, every_s: float = 0.02) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, says()
        time.sleep(every_s)

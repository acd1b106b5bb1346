"""Every trouble of the twin in turn: a good part before, a good and a bad one in it, a good one when it is mended."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from pathlib import Path

from station.cycle.transitions import State
from station.genealogy.events import OVERLAY
from station.genealogy.inspection import Inspection
from station.twin.troubles import Trouble

from .world import TOLERANCE_MM, World

BAD_MM = TOLERANCE_MM + 0.03
_PATIENCE = 3  # turns of a fault before anybody comes


@dataclass(frozen=True, slots=True)
class Row:
    """What the station did in one trouble: the state it went to, what it showed, what it recorded of the good part,
    whether that one and the bad one left as good, whether it went on by itself once mended, whether the next part
    passed, and the events it recorded beside what was drawn."""

    trouble: Trouble
    state: State
    shown: str
    recorded: tuple[str, ...]
    good_left: bool
    bad_left: bool
    by_itself: bool
    passes_after: bool
    events: tuple[str, ...]


@dataclass(slots=True)
class _Scene:
    """One run of the cell: what comes next whenever the rig is empty."""

    world: World
    trouble: Trouble
    folder: Path
    steps: list[str]
    left: list[str] = field(default_factory=list)
    inspections: list[Inspection] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    turns: int = 0
    by_itself: bool = True
    inside: bool = False

    def alive(self) -> None:
        """A turn of the cell's loop."""
        world, board = self.world, self.world.board.latest()
        for event in world.rig.history:
            if event.device == "feeder":
                self.inside = event.what.startswith("present")
                if event.what.startswith("through"):
                    self.left.append(event.what.removeprefix("through "))
        world.rig.forget(len(world.rig.history))
        if board.state is State.FAULT:
            self.states.append(State.FAULT)
            self.shown.append(board.message)
            self.turns += 1
            if self.turns == _PATIENCE:
                world.misbehave()  # mended, but nobody says so
            elif self.turns == 2 * _PATIENCE:
                self.by_itself = False
                world.cell.acknowledged.give("a person")
            return
        if self.inside or not world.rig.feeder.is_finished():
            return
        if self.steps:
            step = self.steps.pop(0)
            self.turns = 0
            world.misbehave(*[self.trouble] if step in ("GOOD", "BAD") else [])
            world.add(step, BAD_MM if step == "BAD" else 0.0, self.folder)

    def done(self, inspection: Inspection) -> None:
        """One that stands."""
        self.inspections.append(inspection)
        self.shown.append(inspection.reason)


def row_of(trouble: Trouble, folder: Path) -> Row:
    """The trouble called up over a cell whose record is in `folder`."""
    world = World(folder / "home", seed=7)
    scene = _Scene(world, trouble, folder, ["BEFORE", "GOOD", "BAD", "AFTER"])
    world.run(threading.Event(), scene.alive, scene.done)
    scene.alive()
    rows = world.genealogy.records(None, 100).to_document()["records"]
    recorded = tuple(row["verdict"] for row in rows if row["serial"] == "GOOD")
    # That a person looked is a column of its own.
    told = {OVERLAY, "stopped", "fault-acknowledged"}
    events = tuple(event.kind for event in world.genealogy.events() if event.kind not in told)
    world.close()
    sentence = next((words for words in scene.shown if words), "")
    return Row(
        trouble,
        State.FAULT if State.FAULT in scene.states else State.DECIDED,
        sentence,
        recorded,
        "GOOD" in scene.left,
        "BAD" in scene.left,
        scene.by_itself,
        "BEFORE" in scene.left and "AFTER" in scene.left,
        events,
    )


def line_of(row: Row) -> str:
    """The row of a page."""
    state = "stops, outputs safe" if row.state is State.FAULT else "goes on"
    recorded = ", ".join(row.recorded) or "nothing"
    left = "leaves" if row.good_left else "held"
    bad = "LEAVES" if row.bad_left else "held"
    again = "–" if row.state is not State.FAULT else "by itself" if row.by_itself else "after a person looked"
    # How long a frame was late is another number each time.
    shown = re.sub(r"\d+ ms", "… ms", row.shown.split(";")[0]) if row.state is State.FAULT else "–"
    events = f"; event {', '.join(dict.fromkeys(row.events))}" if row.events else ""
    return f"| {row.trouble} | {state} | {recorded}{events} | {left} | {bad} | {again} | {shown} |"

"""The cell over the twin: without a committed PASS nothing is let through, whatever goes wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from station.cycle import cell as cell_module
from station.cycle import queue as queue_module
from station.cycle.capture import Shooting
from station.cycle.cell import Cell
from station.cycle.inspect import Instrument
from station.cycle.state import Board, Progress, Snapshot
from station.cycle.transitions import State
from station.devices.protocols import TowerSign, View
from station.documents import canonical
from station.errors import DeviceError, LostDeviceError, StorageError
from station.genealogy.home import StationHome
from station.genealogy.inspection import Inspection, StationRecord
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from station.order.model import Face
from station.order.read import read_order
from station.twin.bench import Workpiece
from station.twin.part import CircleDeviation, Deviation, Flaw, FlawKind, part_of_order
from station.twin.rig import TwinRig
from station.twin.rig_file import CameraTable, FieldTable, TwinFacts
from station.twin.scene import Lamp
from station.twin.troubles import Trouble
from tests.cli.small import NOW, OPTICS, calibration, ring_order, write_order

STATION = StationRecord(id="cell-test", software="0", rig="twin", simulated=True)


def facts() -> TwinFacts:
    camera = CameraTable("small-cam", "SC-1", 2000.0, 8, 10500.0, 2.3)
    return TwinFacts("small", 7, OPTICS, camera, 0.002, ((View.BACKLIGHT, Lamp()),), FieldTable())


class Watched(Genealogy):
    """The record, remembering how much had happened at the rig when each commit was done; fails on request."""

    rig: TwinRig
    commits: list[int]
    failing: bool

    def commit(self, *arguments: Any, **more: Any) -> Inspection:
        if self.failing:
            raise StorageError("the disk is full")
        done = super().commit(*arguments, **more)
        self.commits.append(len(self.rig.history))
        return done


class Bench:
    """A cell with a feeder that tests fill."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self.rig = TwinRig(facts())
        self.genealogy = Watched.open(StationHome(folder / "home"))
        self.genealogy.rig, self.genealogy.commits, self.genealogy.failing = self.rig, [], False
        made = calibration()
        instrument = Instrument(made, canonical(made.to_document()), STATION)
        self.orders: dict[str, Path] = {}
        self.board = Board(Snapshot())
        self.cell = Cell(
            self.rig,
            self.genealogy,
            instrument,
            self.orders,
            self.board,
            Shooting(2000.0),
            "Mia",
            clock,
            patient=False,
        )

    def part(self, serial: str, *deviations: Deviation, order: bool = True, **more: Any) -> str:
        """Put a part into the feeder, and its order into the folder."""
        path = write_order(self.folder, ring_order(part={"serial": serial}), f"{serial}.json")
        self.rig.add(Workpiece(serial, part_of_order(read_order(path), tuple(deviations)), Face.TOP, **more))
        if order:
            self.orders[serial] = path
        return serial

    def run(self) -> list[Inspection]:
        done: list[Inspection] = []
        self.cell.run(threading.Event(), done.append)
        return done

    def happened(self, device: str) -> list[str]:
        return [event.what for event in self.rig.history if event.device == device]

    def passed(self) -> list[str]:
        """Serials that went through the gate."""
        return [what.removeprefix("through ") for what in self.happened("feeder") if what.startswith("through ")]

    def held(self) -> list[str]:
        return [what.removeprefix("held ") for what in self.happened("feeder") if what.startswith("held ")]

    def bodies(self) -> list[dict[str, Any]]:
        """Everything in the chain, inspections and events."""
        with self.genealogy.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT body FROM chain ORDER BY cursor").all()
        return [json.loads(bytes(row[0])) for row in rows]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, lambda: datetime.now(UTC))
    yield made
    made.genealogy.close()
    assert made.rig.gate.is_holding()
    assert verify_home(StationHome(tmp_path / "home")).is_intact


def test_a_pass_opens_the_gate_once_and_only_after_its_record_is_committed(bench: Bench) -> None:
    serial = bench.part("A")
    (inspection,) = bench.run()
    assert (inspection.verdict, inspection.attempt, bench.passed()) == ("PASS", 1, [serial])
    whole = [f"{e.device} {e.what}" for e in bench.rig.history]
    opened = whole.index("gate let through A")
    assert whole.count("gate let through A") == 1
    assert bench.genealogy.commits == [opened]  # nothing moved between commit and gate
    assert "gate hold" in whole[: whole.index("camera capture backlight 2000 us")]
    assert whole.index("tower pass") > opened
    assert bench.genealogy.inspection(inspection.id)["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("deviation", "verdict"), [(0.08, "FAIL"), (-0.08, "FAIL"), (0.05, "UNDECIDED"), (-0.05, "UNDECIDED")]
)
def test_whatever_is_no_pass_is_held(bench: Bench, deviation: float, verdict: str) -> None:
    bench.part("A", CircleDeviation("OD", deviation))
    (inspection,) = bench.run()
    assert (inspection.verdict, bench.passed(), bench.held()) == (verdict, [], ["A"])
    assert not any("let through" in what for what in bench.happened("gate"))
    assert bench.happened("tower")[-1] == verdict.lower()
    last = bench.board.latest().last
    assert last is not None
    assert (last.verdict, last.inspection_id, last.progress) == (verdict, inspection.id, Progress.DONE)
    assert last.reason == inspection.reason != ""


def test_a_part_with_a_crack_and_one_on_another_orders_outline_are_held(bench: Bench) -> None:
    bench.part("A")
    crack = Flaw(FlawKind.CRACK, ((1.4, -0.02), (2.2, -0.02), (2.2, 0.02), (1.4, 0.02)))
    order = bench.orders["A"]
    bench.rig.add(Workpiece("B", part_of_order(read_order(order), (), (crack,))))
    bench.orders["B"] = write_order(bench.folder, ring_order(part={"serial": "B"}), "B.json")
    wide = ring_order(part={"serial": "C"})
    wide["geometry"]["features"][0]["diameter"] = 5.0
    wide["characteristics"][0].update(nominal=5.0)
    bench.orders["C"] = write_order(bench.folder, wide, "C.json")
    bench.rig.add(Workpiece("C", part_of_order(read_order(order))))
    verdicts = [i.verdict for i in bench.run()]
    assert verdicts[0] == "PASS"
    assert "PASS" not in verdicts[1:]
    assert (bench.passed(), bench.held()) == (["A"], ["B", "C"])


def test_a_cell_that_settles_looks_until_the_part_lies_still(bench: Bench) -> None:
    taken = []
    for settles in (False, True):
        bench.cell = replace(bench.cell, shooting=Shooting(2000.0, settles=settles))
        bench.part(f"P-{settles}")
        before = len(bench.happened("camera"))
        assert [i.verdict for i in bench.run()] == ["PASS"]
        taken.append(len(bench.happened("camera")) - before)
    assert taken[1] == taken[0] + 2


def test_who_brings_parts_hears_of_a_fault(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    halted: list[bool] = []
    monkeypatch.setattr(type(bench.rig.feeder), "halt", lambda _: halted.append(bench.rig.gate.is_holding()))
    bench.part("A")
    bench.run()
    assert halted == []
    bench.rig.misbehave(Trouble.GATE_STUCK)
    bench.part("B")
    bench.run()
    assert halted
    assert all(halted)


def test_what_is_drawn_for_people_is_added_after_the_gate(bench: Bench) -> None:
    bench.part("A")
    seen = bench.board.latest().version
    (done,) = bench.run()
    assert [body["schema"] for body in bench.bodies()] == ["inspection/1", "event/1"]
    drawn = bench.genealogy.overlay(done.id)
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG")
    assert bench.board.latest().version > seen


@pytest.mark.parametrize("trouble", [StorageError("the disk is full"), ValueError("a bug")])
def test_a_picture_that_cannot_be_drawn_changes_nothing_for_the_part(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(cell_module, "add_overlay", Mock(side_effect=trouble))
    bench.part("A")
    bench.part("B")
    assert [i.verdict for i in bench.run()] == ["PASS", "PASS"]
    assert bench.passed() == ["A", "B"]
    missing = [body for body in bench.bodies() if body.get("kind") == "overlay-missing"]
    assert len(missing) == 2
    assert str(trouble) in missing[0]["payload"]["reason"]


def test_an_order_that_changed_while_it_waited_is_read_anew(bench: Bench) -> None:
    bench.part("A")
    bench.part("B")
    document = ring_order(part={"serial": "B"})
    document["characteristics"][0].update(nominal=5.0)
    done: list[str] = []

    def change(inspection: Inspection) -> None:
        done.append(inspection.verdict)
        write_order(bench.folder, document, "B.json")

    bench.cell.run(threading.Event(), change)
    assert done == ["PASS", "FAIL"]


def test_a_part_that_a_stuck_gate_held_has_that_in_the_record(bench: Bench) -> None:
    bench.rig.misbehave(Trouble.GATE_STUCK)
    bench.part("A")
    bench.run()
    assert "gate" in " ".join(json.dumps(body) for body in bench.bodies())


@pytest.mark.parametrize("kind", ["missing", "unreadable", "another serial", "drawing missing"])
def test_without_its_own_readable_order_a_part_is_held_and_the_event_recorded(bench: Bench, kind: str) -> None:
    bench.part("A", order=kind not in ("missing",))
    if kind == "unreadable":
        bench.orders["A"].write_text('{"schema": "order/1", ')
    elif kind == "another serial":
        bench.orders["A"] = write_order(bench.folder, ring_order(part={"serial": "B"}), "B.json")
    elif kind == "drawing missing":
        changed = ring_order(part={"serial": "A"})
        changed["geometry"]["drawing"] = "none.dxf"
        write_order(bench.folder, changed, "A.json")
    bench.part("NEXT")
    (after,) = bench.run()
    assert (after.serial, after.verdict) == ("NEXT", "PASS")
    assert (bench.passed(), bench.held()) == (["NEXT"], ["A"])
    event, *_ = bench.bodies()
    assert (event["kind"], event["subject"]) == ("order-refused", "A")
    assert event["payload"]["reason"]
    entry = next(q for q in bench.board.latest().queue if q.serial == "A")
    assert (entry.verdict, entry.inspection_id) == ("ERROR", "")
    assert entry.reason == event["payload"]["reason"]


def test_when_the_record_fails_the_part_is_held_and_the_next_works(bench: Bench) -> None:
    bench.genealogy.failing = True
    bench.part("A")
    assert bench.run() == []
    last = bench.board.latest().last
    assert last is not None
    assert "the disk is full" in last.reason
    assert (last.verdict, bench.happened("tower")[-1], bench.bodies()) == ("ERROR", "error", [])
    bench.genealogy.failing = False
    bench.part("B")
    bench.run()
    assert (bench.passed(), bench.held()) == (["B"], ["A"])


def test_when_even_the_error_cannot_be_recorded_the_part_is_held(bench: Bench) -> None:
    bench.genealogy.failing = True
    bench.rig.misbehave(Trouble.WRONG_EXPOSURE)
    bench.part("A")
    assert bench.run() == []
    assert bench.held() == ["A"]
    last = bench.board.latest().last
    assert last is not None
    assert "1000 µs instead of 2000 µs" in last.reason


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), MemoryError(), RecursionError("deep"), KeyError("x")])
def test_a_bug_inside_holds_the_part_and_leaves_a_trace(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cell_module, "inspect_pictures", fail)
    bench.part("A")
    (inspection,) = bench.run()
    assert (inspection.verdict, inspection.characteristics) == ("ERROR", ())
    assert type(error).__name__ in inspection.reason
    monkeypatch.undo()
    bench.part("B")
    bench.run()
    assert (bench.passed(), bench.held()) == (["B"], ["A"])


def test_ended_from_outside_in_the_middle_the_gate_holds(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cell_module, "inspect_pictures", fail)
    bench.part("A")
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    assert bench.rig.gate.is_holding()
    assert bench.bodies() == []


def test_an_expired_calibration_is_an_error_record_and_the_part_is_held(bench: Bench) -> None:
    old = calibration(valid_until=NOW.replace(year=2020))
    instrument = Instrument(old, canonical(old.to_document()), STATION)
    bench.cell = replace(bench.cell, instrument=instrument)
    bench.part("A")
    (inspection,) = bench.run()
    assert (inspection.verdict, bench.held()) == ("ERROR", ["A"])
    assert "expired" in inspection.reason
    assert "capture" not in " ".join(bench.happened("camera"))


def test_a_tower_that_fails_stops_nothing_from_being_held(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = bench.rig.tower.show

    def fail_when_busy(sign: TowerSign) -> None:
        if sign is TowerSign.BUSY:
            raise DeviceError("the stack light does not answer", place="tower")
        shown(sign)

    monkeypatch.setattr(bench.rig.tower, "show", fail_when_busy)
    bench.part("A")
    (inspection,) = bench.run()
    assert (inspection.verdict, bench.passed()) == ("ERROR", [])
    assert "stack light" in inspection.reason


def test_a_pass_whose_light_cannot_be_shown_is_an_attempt_that_stands(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = bench.rig.tower.show

    def fail_on_pass(sign: TowerSign) -> None:
        if sign is TowerSign.PASS:
            raise DeviceError("the stack light does not answer", place="tower")
        shown(sign)

    monkeypatch.setattr(bench.rig.tower, "show", fail_on_pass)
    bench.part("A")
    (inspection,) = bench.run()
    assert inspection.verdict == "PASS"
    last = bench.board.latest().last
    assert last is not None
    assert "stack light" in last.reason


def test_an_interlock_that_was_lost_is_opened_anew_with_what_it_hangs_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, lost, recover = [], [False], bench.rig.recover

    def stopped_by() -> str:
        asked.append(True)
        lost[0] = lost[0] or len(asked) == 1
        if lost[0]:
            raise LostDeviceError("the controller was reset", place="controller")
        return ""

    def recovered() -> None:
        lost[0] = False
        recover()

    monkeypatch.setattr(bench.rig.interlock, "stopped_by", stopped_by)
    monkeypatch.setattr(bench.rig, "recover", recovered)
    bench.cell = replace(bench.cell, patient=True, recheck_s=0.01)
    bench.part("A")
    bench.part("B")
    done: list[Inspection] = []
    stop = threading.Event()
    guard = threading.Timer(30.0, stop.set)
    guard.start()
    bench.cell.run(stop, done.append)
    guard.cancel()
    assert [(i.serial, i.verdict) for i in done] == [("A", "ERROR"), ("B", "PASS")]


def test_the_same_part_again_is_a_second_attempt(bench: Bench) -> None:
    bench.part("A", CircleDeviation("OD", 0.08))
    bench.part("A")
    first, second = bench.run()
    assert [(i.verdict, i.attempt) for i in (first, second)] == [("FAIL", 1), ("PASS", 2)]
    assert (bench.held(), bench.passed()) == (["A"], ["A"])


def test_the_order_that_the_feeder_knows_comes_first(bench: Bench) -> None:
    path = write_order(bench.folder, ring_order(part={"serial": "A"}, order_id="MO-FEEDER"), "feeder.json")
    bench.part("A", order_file=path)
    (inspection,) = bench.run()
    assert inspection.order_id == "MO-FEEDER"


def test_the_board_forgets_the_oldest_of_a_line_without_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "QUEUE_KEPT", 2)
    for serial in ("A", "B", "C"):
        bench.part(serial)
    assert len(bench.run()) == 3
    assert [q.serial for q in bench.board.latest().queue] == ["B", "C"]


def test_stop_ends_the_run_between_two_parts(bench: Bench) -> None:
    bench.part("A")
    bench.part("B")
    stop = threading.Event()
    done: list[Inspection] = []

    def first(inspection: Inspection) -> None:
        done.append(inspection)
        stop.set()

    bench.cell.run(stop, first)
    assert [i.serial for i in done] == ["A"]
    assert bench.rig.gate.is_holding()


def test_the_board_counts_up_and_ends_decided(bench: Bench) -> None:
    bench.part("A")
    seen: list[Snapshot] = []
    finished = threading.Event()

    def watch() -> None:
        version = 0
        while not finished.is_set():
            snapshot = bench.board.wait(version, 0.05)
            if snapshot.version > version:
                seen.append(snapshot)
                version = snapshot.version

    watcher = threading.Thread(target=watch)
    watcher.start()
    bench.run()
    time.sleep(0.06)
    finished.set()
    watcher.join()
    assert [s.version for s in seen] == sorted({s.version for s in seen})
    assert seen[-1].state is State.DECIDED
    for snapshot in seen:  # nobody is shown a verdict that is not in the record
        for entry in snapshot.queue:
            assert bool(entry.verdict) == (entry.progress is Progress.DONE)

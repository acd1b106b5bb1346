"""What clients are told while the cell works, step by step: no network, no clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua

from station.cycle.state import Board, FaultKind, Snapshot
from station.cycle.transitions import Event
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.mes.opcua.events import Events, _Event
from station.mes.opcua.facts import NAMESPACE
from station.mes.opcua.follow import Follower
from station.mes.opcua.methods import Methods
from station.mes.opcua.nodes import Nodes
from station.mes.opcua.structures import Structures
from station.mes.opcua.system import VisionSystem, add_system
from station.mes.opcua.table import machine_vision
from station.mes.opcua.type_nodes import add_types
from tests.mes.opcua.world import World

SAFETY = "SafetyStateManagement/VisionSafetyTriggered"


@dataclass(frozen=True, slots=True)
class Recorder(Events):
    """Keeps what is told."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def tell(self, kind: str, source: str, message: str, fields: Any = None, *, severity: int = 100) -> None:
        values = {name: value for name, (value, _) in (fields or {}).items()}
        self.told.append((kind, {**values, "Message": message, "SourceName": source, "Severity": severity}))


@dataclass
class Scene:
    world: World
    follower: Follower
    system: VisionSystem
    recorder: Recorder

    async def look(self) -> None:
        await self.follower.catch_up(self.world.board.latest())

    def value(self, path: str) -> Any:
        found = self.system.server.iserver.aspace.read_attribute_value(self.system.nodes[path], ua.AttributeIds.Value)
        return found.Value.Value if found.StatusCode.is_good() else found.StatusCode.name

    def told(self, *kinds: str) -> list[str]:
        """What was told since the last time, in short."""
        found, self.recorder.told[:] = list(self.recorder.told), []
        return [_short(kind, fields) for kind, fields in found if not kinds or kind in kinds]


def _short(kind: str, fields: dict[str, Any]) -> str:
    short = {
        "StateChangedEventType": lambda: fields["Transition"].Text,
        "JobStartedEventType": lambda: f"job {fields['JobId'].Id}",
        "ReadyEventType": lambda: f"ready {fields['JobId'].Id}",
        "ResultReadyEventType": lambda: f"result {fields['JobId'].Id} {fields['ResultContent'][0].Value}",
        "RecipePreparedEventType": lambda: f"recipe {fields['InternalId'].Id}",
        "VisionSafetyEventType": lambda: f"safety {fields['VisionSafetyTriggered']}",
    }
    return str(short[kind]()) if kind in short else kind


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> VisionSystem:
    """The address space, made once: that takes longer than all the tests."""

    async def build() -> VisionSystem:
        server = Server()
        await server.init()
        nodes = Nodes(server, machine_vision(), await server.register_namespace(NAMESPACE), 3)
        await add_types(nodes)
        structures = await Structures.load(server, nodes)
        with Genealogy.open(StationHome(tmp_path_factory.mktemp("home"))) as unused:
            methods = Methods(unused, Board(Snapshot()), "main", structures)
            return await add_system(server, nodes, structures, methods, "Station")

    return asyncio.run(build())


Play = Callable[[Callable[[Scene], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(system: VisionSystem, tmp_path: Path) -> Play:
    """Runs a script with a station of its own, that has just been started."""

    def run(script: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
        async def whole(genealogy: Genealogy) -> None:
            board = Board(Snapshot(station_id="cell-3"))
            recorder = Recorder(system.made, system.structures, system.nodes[""], system.nodes)
            follower = Follower(board, genealogy, "main", system, recorder)
            await follower.begin()
            world = World(genealogy, board, None)  # type: ignore[arg-type]  # nothing is served
            await script(Scene(world, follower, system, recorder))

        with Genealogy.open(StationHome(tmp_path / "home")) as genealogy:
            asyncio.run(whole(genealogy))

    return run


def test_a_shift_from_lock_to_the_second_part(play: Play) -> None:
    async def script(scene: Scene) -> None:
        world = scene.world
        assert scene.told() == []
        assert scene.value("VisionStateMachine/CurrentState").Text == "Preoperational"
        assert scene.value("VisionStateMachine/AutomaticModeStateMachine/CurrentState") == "BadStateNotActive"
        world.board.happens(Event.LOCK, message="The station is locked.")
        await scene.look()
        assert scene.told() == ["PreoperationalToHaltedAuto"]
        assert scene.value("SystemState").StateDescription == "The station is locked."
        world.board.happens(Event.UNLOCK, message="")
        world.wait("P-1")
        await scene.look()
        assert scene.told() == [
            "recipe MO-1",
            "HaltedToPreoperationalAuto",
            "PreoperationalToOperationalAuto",
            "InitializedToReadyAuto",
        ]
        assert scene.value("VisionStateMachine/AutomaticModeStateMachine/CurrentState").Text == "Ready"
        world.begin("P-1")
        await scene.look()
        assert scene.told() == ["ReadyToSingleExecutionAuto", "job MO-1/P-1/1"]
        assert scene.value("SystemState").State.name == "PRD_1"
        done = world.commit("P-1")
        await scene.look()
        assert scene.told() == ["result MO-1/P-1/1 PASS"]
        world.decide("P-1", done)
        await scene.look()
        assert scene.told() == ["SingleExecutionToReadyAuto", "ready MO-1/P-1/1"]
        number = scene.value("VisionStateMachine/AutomaticModeStateMachine/LastTransition/Number")
        assert number == 760  # OPC 40100-1: SingleExecutionToReadyAuto
        world.measure("P-2", verdict="FAIL")  # quicker than anybody looks
        await scene.look()
        assert scene.told() == [
            "ReadyToSingleExecutionAuto",
            "job MO-1/P-2/1",
            "result MO-1/P-2/1 FAIL",
            "SingleExecutionToReadyAuto",
            "ready MO-1/P-2/1",
        ]
        await scene.look()
        assert scene.told() == []

    play(script)


def test_a_part_that_is_measured_again_within_its_cycle_has_a_result_for_each(play: Play) -> None:
    async def script(scene: Scene) -> None:
        world = scene.world
        world.board.happens(Event.UNLOCK)
        world.begin("P-1")
        await scene.look()
        scene.told()
        world.commit("P-1", verdict="ERROR")
        world.decide("P-1", world.commit("P-1"))
        await scene.look()
        assert scene.told() == [
            "result MO-1/P-1/1 ERROR",
            "result MO-1/P-1/2 PASS",
            "SingleExecutionToReadyAuto",
            "ready MO-1/P-1/2",
        ]

    play(script)


def test_a_result_of_another_program_is_told_without_a_job(play: Play) -> None:
    async def script(scene: Scene) -> None:
        scene.world.board.happens(Event.UNLOCK)
        await scene.look()
        scene.told()
        scene.world.commit("P-9")
        await scene.look()
        assert scene.told() == ["result MO-1/P-9/1 PASS"]

    play(script)


def test_a_result_that_was_tampered_with_is_not_told_and_stops_nothing(play: Play) -> None:
    async def script(scene: Scene) -> None:
        genealogy = scene.world.genealogy
        scene.world.commit("P-1")
        with genealogy.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER chain_no_update")
            connection.exec_driver_sql(
                "UPDATE chain SET body = CAST(replace(CAST(body AS TEXT), 'PASS', 'FAIL') AS BLOB)"
            )
        scene.world.commit("P-2")
        await scene.look()
        assert scene.told() == ["result MO-1/P-2/1 PASS"]

    play(script)


def test_an_open_door_is_an_error_and_a_matter_of_safety(play: Play) -> None:
    async def script(scene: Scene) -> None:
        world = scene.world
        world.board.happens(Event.UNLOCK)
        world.begin("P-1")
        await scene.look()
        scene.told()
        world.fail(FaultKind.INTERLOCK, "The door is open.")
        await scene.look()
        assert [(kind, fields["Message"], fields["Severity"]) for kind, fields in scene.recorder.told] == [
            ("StateChangedEventType", "The door is open.", 800),
            ("ErrorEventType", "The door is open.", 800),
            ("VisionSafetyEventType", "The door is open.", 800),
        ]
        scene.told()
        assert scene.value(SAFETY) is True
        assert scene.value("SafetyStateManagement/VisionSafetyInformation") == "The door is open."
        world.board.happens(Event.MEND, message="")
        world.board.happens(Event.UNLOCK)
        await scene.look()
        assert scene.told() == [
            "ErrorToOperationalAuto",
            "ErrorResolvedEventType",
            "InitializedToReadyAuto",
            "safety False",
        ]
        assert scene.value(SAFETY) is False
        world.fail(FaultKind.LOST, "The camera does not answer.")
        await scene.look()
        assert scene.told("VisionSafetyEventType") == []
        assert scene.value(SAFETY) is False

    play(script)


def test_a_client_may_ask_an_event_for_anything() -> None:
    """A name is looked up among the event's fields only: the library would hand out, or fall over, any attribute."""
    event = _Event()
    event.add_property("Message", ua.LocalizedText("as said"), ua.VariantType.LocalizedText)

    def asked(*path: str) -> ua.SimpleAttributeOperand:
        return ua.SimpleAttributeOperand(BrowsePath=[ua.QualifiedName(name) for name in path])

    fields = event.to_event_fields([asked("Message"), asked("__class__"), asked("emitting_node"), asked(), asked("X")])
    assert [field.Value for field in fields] == [ua.LocalizedText("as said"), None, None, None, None]
